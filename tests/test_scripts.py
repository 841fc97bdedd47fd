from callcenter.scripts import Choice, Script, Step, fields_of, filled

SCRIPT = Script(
    "sales",
    "Sales",
    (
        Step("greeting", "Good day {customer.name}, this is {agent.name}.", (Choice("{customer.tier}: buys", "end"),)),
        Step("end", "Goodbye {customer.name}. {nobody.knows}"),
    ),
)


def test_texts_and_choices_are_filled_and_what_is_not_known_is_left_out() -> None:
    shown = filled(SCRIPT, {"customer.name": "Dana {customer.tier}", "agent.name": None, "customer.tier": "gold"})
    assert shown.steps[0].text == "Good day Dana {customer.tier}, this is ."  # a customer's braces are text
    assert shown.steps[0].choices == (Choice("gold: buys", "end"),)
    assert shown.steps[1].text == "Goodbye Dana {customer.tier}. "


def test_the_fields_of_a_text_are_told_in_order() -> None:
    assert fields_of("{a.b} and {} and {c}") == ["a.b", "", "c"]
    assert fields_of("none") == []

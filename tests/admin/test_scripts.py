"""What scripts make; how they are told to be wrong is in tests/broken_rules."""

from callcenter.admin.model import QueueEntry, RoutingFile, ScriptEntry
from callcenter.admin.scripts import scripts_of, wrong
from callcenter.admin.yaml_source import parse
from callcenter.scripts import Choice, Script, Step

SALES = {
    "title": "Sales call",
    "steps": {
        "greeting": {"text": "Good day {customer.name}", "choices": [{"label": "buys", "to": "order"}]},
        "order": {"text": "What may it be?"},
    },
}


def test_each_queue_gets_the_script_that_it_names() -> None:
    routing = RoutingFile.model_construct(
        scripts={
            "sales": ScriptEntry.model_validate(SALES),
            "unused": ScriptEntry.model_validate({**SALES, "title": None}),
        },
        queues={"sales": QueueEntry(script="sales"), "vip": QueueEntry(script="sales"), "general": QueueEntry()},
    )
    made = scripts_of(routing)
    assert list(made) == ["sales", "vip"]
    steps = (Step("greeting", "Good day {customer.name}", (Choice("buys", "order"),)), Step("order", "What may it be?"))
    assert made["vip"] == Script("sales", "Sales call", steps)  # type: ignore[index]


def test_what_is_of_the_wrong_shape_is_passed_over() -> None:
    for text in (
        "scripts: 1",
        "scripts: {a: 1}",
        "scripts: {a: {steps: 1}}",
        "scripts: {a: {steps: {b: {choices: 1}}}}",
    ):
        assert list(wrong(parse(text, "rules.yaml"))) == []
    assert list(wrong(parse("queues: {a: {script: [b]}}", "rules.yaml"))) != []

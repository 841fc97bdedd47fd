import pytest

from callcenter.admin.model import RoutingFile, attribute_value
from callcenter.admin.schema import validate
from callcenter.admin.yaml_source import parse
from callcenter.types import AttributeKind, AttributeValue

LEAST = "version: 2\ntiers: [gold]\ndefault_tier: gold\ndefault_queue: sales\nqueues: {sales: }\n"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (AttributeKind.TEXT, "", ""),
        (AttributeKind.TEXT, "5", "5"),
        (AttributeKind.NUMBER, "5", 5),
        (AttributeKind.NUMBER, "-0.5", -0.5),
        (AttributeKind.NUMBER, "", None),
        (AttributeKind.NUMBER, "nan", None),
        (AttributeKind.NUMBER, "1e999", None),
        (AttributeKind.FLAG, "true", True),
        (AttributeKind.FLAG, "false", False),
        (AttributeKind.FLAG, "yes", None),
        (AttributeKind.DATE, "2026-12-24", "2026-12-24"),
        (AttributeKind.DATE, "20261224", None),
        (AttributeKind.DATE, "2026-02-30", None),
        (AttributeKind.DATE, "", None),
    ],
)
def test_a_text_is_a_value_of_its_kind_or_nothing(kind: AttributeKind, text: str, value: AttributeValue | None) -> None:
    got = attribute_value(kind, text)
    assert (got, type(got)) == (value, type(value))


def test_the_least_that_rules_are_made_of() -> None:
    made, mistakes = validate(RoutingFile, parse(LEAST, "f"))
    assert mistakes == []
    assert made is not None
    assert (made.timezone, made.rules, made.hours, made.entries) == ("UTC", (), {}, {})


def test_a_condition_is_an_expression_or_a_mapping_of_facts() -> None:
    rules = "rules:\n  - {name: a, when: customer.known, route: {queue: sales}}\n"
    rules += "  - {name: b, when: {tier: gold}, route: {queue: sales}}\n  - {name: c, when: , route: {queue: sales}}\n"
    made, mistakes = validate(RoutingFile, parse(LEAST + rules, "f"))
    assert mistakes == []
    assert made is not None
    first, second, third = (rule.when for rule in made.rules)
    assert first == "customer.known"
    assert not isinstance(second, str)
    assert second.tier == ("gold",)
    assert not isinstance(third, str)
    assert third.tier is None


@pytest.mark.parametrize(
    ("when", "mistake"),
    [
        ("[a]", "f:7:15: rules[0].when: is a list. It should be keys with values, `key: value`, one to a line"),
        ("{tier: []}", "f:7:22: rules[0].when.tier: is empty. Name at least one"),
        ("' '", "f:7:21: rules[0].when: is ' '. It should be an expression, such as `customer.known`"),
    ],
)
def test_a_condition_of_another_form_is_told_without_the_words_of_the_model(when: str, mistake: str) -> None:
    rules = f"rules:\n  - {{name: a, when: {when}, route: {{queue: sales}}}}\n"
    _, mistakes = validate(RoutingFile, parse(LEAST + rules, "f"))
    assert [str(one) for one in mistakes] == [mistake]

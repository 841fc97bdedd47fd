import pytest

from callcenter.admin.expressions import places, wrong
from callcenter.admin.yaml_source import parse

RULES = """tiers: [gold, standard]
attributes:
  spend: {type: number, default: 0}
  broken: {type: numbr, default: 0}
lists: {vips: ["+491"]}
hours: {office: {week: {mon: 24h}}}
queues: {sales: , vip-line: }
conditions:
  rich: customer.spend > 100
  rich_and_open: conditions.rich and open('office')
tier_rules:
  - {when: conditions.rich, tier: gold}
rules:
  - when: WHEN
  - when: {tier: gold}
"""


def told(when: str, rules: str = RULES) -> list[str]:
    return [str(mistake) for mistake in wrong(parse(rules.replace("WHEN", when), "f"))]


@pytest.mark.parametrize(
    "when",
    [
        "conditions.rich_and_open and contact.caller in lists.vips",
        "queue.vip-line.waiting > 3 and now.weekday == 'mon'",
        "customer.broken > 3",  # the attribute is told already
        "",
    ],
)
def test_expressions_in_order(when: str) -> None:
    assert told(when) == []


def test_each_mistake_of_an_expression_stands_at_its_own_place() -> None:
    assert told("customer.tier == 'glod' or\n      contact.caller in lists.vip") == [
        "f:14:28: rules[0].when: `'glod'` is no value of `customer.tier`. Did you mean `gold`?",
        "f:15:31: rules[0].when: there is no list `lists.vip`. Did you mean `lists.vips`?",
    ]


def test_what_is_wrong_elsewhere_hides_nothing() -> None:
    rules = RULES.replace("tier: gold}\nrules", "tier: 5}\nnonsense: [}\nrules".replace("[}", "[]"))
    assert told("customer.spend > 'x'", rules.replace('lists: {vips: ["+491"]}', "lists: 5")) == [
        "f:15:28: rules[0].when: `'x'` is a text, and `customer.spend` is a number. Write a number, without quotes"
    ]


def test_all_expressions_are_found_in_the_order_of_their_sections() -> None:
    found = [path for path, _ in places(parse(RULES, "f"))]
    assert found == [
        ("conditions", "rich"),
        ("conditions", "rich_and_open"),
        ("tier_rules", 0, "when"),
        ("rules", 0, "when"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "rules: 1",
        "rules: [1, {when: [a]}]",
        "conditions: [a]",
        "conditions: {a: , b: [1]}\nlists: {a: {b: c}}\nhours: [a]\nattributes: {a: [1], b: {type: [text]}, c: }\n"
        "queues: 3\ntiers: {a: b}\nrules: [{when: customer.known}]",
    ],
)
def test_documents_of_any_shape_can_be_looked_at(text: str) -> None:
    assert [str(mistake) for mistake in wrong(parse(text, "f"))] == []

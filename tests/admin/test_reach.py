import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.admin.reach import MAX_PARTS, AllOf, Known, culprit, form_of, implies, possible
from callcenter.routing.language.fields import schema_of
from callcenter.routing.language.parse import parse
from callcenter.routing.language.tree import Comparison, Field, Junction, Literal, Node, Not, Values
from callcenter.types import (
    Attribute,
    AttributeKind,
    Condition,
    Configuration,
    Hours,
    NamedList,
    QueueConfig,
    QueueName,
    Tier,
)

DOUBLED = [Condition("c0", "customer.known and contact.language == 'de'")]
DOUBLED += [Condition(f"c{n}", f"conditions.c{n - 1} and conditions.c{n - 1}") for n in range(1, 17)]
CONFIGURATION = Configuration(
    tiers=(Tier("gold"), Tier("silver"), Tier("standard")),
    default_tier=Tier("standard"),
    default_queue=QueueName("sales"),
    queues=(QueueConfig(QueueName("sales"), 0, 0, 0),),
    rules=(),
    agents=(),
    hours=(Hours("office", ()),),
    attributes=(
        Attribute("spend", AttributeKind.NUMBER, 0),
        Attribute("since", AttributeKind.DATE, "2000-01-01"),
    ),
    lists=(NamedList("none", ()), NamedList("vips", ("+1", "+2"))),
    conditions=(Condition("german", "contact.language in ('de', 'at')"), *DOUBLED),
)
SCHEMA = schema_of(CONFIGURATION)


def tree(when: str) -> Node:
    return parse(when, SCHEMA).tree


@pytest.mark.parametrize(
    "when",
    [
        "customer.tier == 'gold' and customer.tier == 'silver'",
        "customer.tier not in ('gold', 'silver', 'standard')",
        "customer.tier != 'gold' and customer.tier != 'silver' and not customer.tier == 'standard'",
        "customer.known and not customer.known",
        "now.hour >= 24",
        "now.minute < 0",
        "queue.sales.waiting < 0",
        "now.weekday in ('mon', 'tue') and now.weekday in ('sat', 'sun')",
        "customer.spend > 5 and customer.spend < 5",
        "customer.spend > 5 and customer.spend <= 5",
        "5 > customer.spend > 7",
        "customer.spend == 5 and customer.spend != 5",
        "customer.since < '2020-01-01' and customer.since > '2021-01-01'",
        "contact.caller in lists.none",
        "contact.caller in lists.vips and contact.caller == '+3'",
        "conditions.german and contact.language == 'fr'",
        "customer.tier == 'gold' and (customer.tier == 'silver' or customer.tier == 'standard')",
        "customer.known and (not customer.known or now.hour == 30)",
        "lower(contact.intent) == 'x' and not lower(contact.intent) == 'x'",
        "not (customer.known or not customer.known)",
        "open('office') and not open('office')",
        "False",
        "not True",
        "1 > 2",
    ],
)
def test_what_can_never_hold_is_found(when: str) -> None:
    assert not possible(form_of(tree(when)))


@pytest.mark.parametrize(
    "when",
    [
        "True",
        "1 < 2",
        "customer.tier != 'gold'",
        "customer.spend >= 5 and customer.spend <= 5",
        "customer.spend > 5 and customer.spend < 5.1",
        "customer.spend + 1 > 5 and customer.spend + 1 < 3",  # no, and nobody looks that closely
        "contact.language == 'de' or contact.language == 'fr'",
        "now.hour >= 8 and now.hour < 18 and now.minute == 59",
        "contact.caller not in lists.none",
    ],
)
def test_what_may_hold_is_possible(when: str) -> None:
    assert possible(form_of(tree(when)))


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("customer.known", "True"),
        ("customer.known and customer.shared", "customer.shared"),
        ("customer.tier == 'gold'", "customer.tier in ('gold', 'silver')"),
        ("customer.tier == 'gold'", "customer.tier != 'silver'"),
        ("customer.known", "customer.tier in ('gold', 'silver', 'standard')"),
        ("customer.known", "now.hour < 24"),
        ("customer.known", "queue.sales.waiting >= 0"),
        ("customer.spend > 5", "customer.spend > 5"),
        ("customer.spend > 5", "customer.spend >= 5"),
        ("customer.spend == 7", "5 < customer.spend <= 7"),
        ("10 < customer.spend < 20", "customer.spend > 3"),
        ("customer.spend > 5", "customer.spend != 5"),
        ("customer.spend != 5 and customer.spend < 9", "customer.spend != 5"),
        ("customer.since == '2024-05-01'", "customer.since >= '2024-01-01'"),
        ("contact.language == 'at'", "conditions.german"),
        ("customer.known", "customer.known or customer.shared"),
        ("customer.known or customer.shared", "customer.known or customer.shared"),
        ("lower(contact.intent) == 'x' and customer.known", "lower(contact.intent) == 'x'"),
        ("starts_with(contact.caller, '+49') and customer.known", "starts_with(contact.caller, '+49')"),
        ("not (customer.known or customer.shared)", "not customer.known"),
    ],
)
def test_what_holds_whenever_another_does_is_found(narrow: str, wide: str) -> None:
    assert implies(Known(form_of(tree(narrow))), form_of(tree(wide)))


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("customer.tier in ('gold', 'silver')", "customer.tier == 'gold'"),
        ("customer.known", "customer.known and customer.shared"),
        ("customer.known or customer.shared", "customer.known"),
        ("customer.spend >= 5", "customer.spend > 5"),
        ("customer.spend < 5", "customer.spend != 3"),
        ("customer.spend < 5", "customer.spend > 1"),
        ("customer.known", "contact.language != 'de'"),
        ("customer.known", "contact.caller in lists.vips"),
        ("starts_with(contact.caller, '+49')", "not starts_with(contact.caller, '+49')"),
        ("customer.known", "False"),
    ],
)
def test_what_need_not_hold_with_another_is_not_called_so(narrow: str, wide: str) -> None:
    assert not implies(Known(form_of(tree(narrow))), form_of(tree(wide)))


def test_the_field_that_nothing_is_left_for_is_named() -> None:
    form = AllOf((form_of(tree("contact.dialled == '8001'")), form_of(tree("contact.dialled == '8002'"))))
    assert culprit(form) == "contact.dialled"
    assert culprit(form_of(tree("False"))) is None
    assert culprit(form_of(tree("customer.tier == 'gold'"))) is None


def test_conditions_that_double_at_each_step_are_looked_at_up_to_a_bound() -> None:
    assert MAX_PARTS < 2**16
    form = form_of(tree("conditions.c16"))
    assert possible(form)
    assert implies(Known(form), form)


# ---- against all facts that there can be, for expressions of a few fields

FACTS = [
    {"customer.tier": tier, "customer.known": known, "now.hour": hour}
    for tier in ("gold", "silver", "standard")
    for known in (True, False)
    for hour in (0, 7, 8, 9, 23)
]
ATOMS = st.sampled_from(
    [
        "customer.tier == 'gold'",
        "customer.tier != 'gold'",
        "customer.tier in ('gold', 'silver')",
        "customer.tier not in ('silver', 'standard')",
        "customer.known",
        "customer.known == False",
        "now.hour < 8",
        "now.hour >= 8",
        "7 < now.hour < 9",
        "now.hour != 8",
        "now.hour in (0, 23)",
        "True",
    ]
)
WHENS = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda it: f"({it[0]}) {it[1]} ({it[2]})")
        | inner.map(lambda it: f"not ({it})")
    ),
    max_leaves=6,
)


def holds(node: Node, facts: dict[str, str | bool | int]) -> bool:
    match node:
        case Junction():
            return (all if node.all_of else any)(holds(part, facts) for part in node.parts)
        case Not():
            return not holds(node.part, facts)
        case Comparison():
            operands = [node.first, *(operand for _, operand in node.rest)]
            pairs = zip(operands, node.rest, strict=False)
            return all(_compared(value(left, facts), op, value(right, facts)) for left, (op, right) in pairs)
        case _:
            return bool(value(node, facts))


def value(node: Node, facts: dict[str, str | bool | int]) -> object:
    match node:
        case Literal():
            return node.value
        case Field():
            return facts[node.path]
        case Values():
            return [item.value for item in node.items]
    raise AssertionError(node)


def _compared(left: object, operator: str, right: object) -> bool:
    return bool(eval(f"left {operator} right", {"left": left, "right": right}))


@given(WHENS, WHENS)
def test_no_rule_is_called_unreachable_that_some_facts_reach(narrow: str, wide: str) -> None:
    one, other = tree(narrow), tree(wide)
    where = [facts for facts in FACTS if holds(one, facts)]
    if where:
        assert possible(form_of(one))
    if not all(holds(other, facts) for facts in where):
        assert not implies(Known(form_of(one)), form_of(other))

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.admin import hidden as hidden_rules
from callcenter.admin.hidden import Hidden, Puzzle, hidden
from callcenter.admin.reach import AllOf, Atom, Between, Form, Some
from callcenter.routing.language.tree import Node, Value
from tests.admin.test_reach import FACTS, WHENS, holds, tree


def found(*whens: str) -> list[Hidden]:
    """`;` stands between the parts of what a rule asks; nothing between them: it asks nothing."""
    return list(hidden([[tree(part) for part in when.split(";") if part] for when in whens]))


@pytest.mark.parametrize(
    ("whens", "index", "by"),
    [
        (["customer.tier in ('gold', 'silver')", "customer.tier in ('silver', 'standard')", ""], 2, (0, 1)),
        (["customer.tier == 'gold'", "now.hour < 9", "customer.tier != 'gold'", "customer.known"], 3, (0, 2)),
        (["customer.spend >= 100", "customer.spend < 100", "customer.known"], 2, (0, 1)),
        (["customer.spend > 100", "customer.spend == 100", "customer.spend < 100", ""], 3, (0, 1, 2)),
        (["customer.since < '2020-01-01'", "customer.since >= '2020-01-01'", ""], 2, (0, 1)),
        (["open('office')", "not open('office')", "customer.known"], 2, (0, 1)),
        (["now.hour < 8", "now.hour >= 18", "7 < now.hour < 18 and customer.known", "customer.known"], 3, (0, 1, 2)),
        (["starts_with(contact.caller, '+49')", "not starts_with(contact.caller, '+49')", ""], 2, (0, 1)),
        (["customer.spend + 1 > 5", "customer.spend + 1 <= 5", ""], 2, (0, 1)),
        (["customer.known and now.hour < 12", "customer.known and now.hour >= 12", "customer.known"], 2, (0, 1)),
        (["customer.known or customer.shared", "not customer.known", "not customer.shared"], 2, (0, 1)),
        (
            ["contact.dialled == '1';customer.known", "not customer.known;now.hour < 25", "contact.dialled == '1'"],
            2,
            (0, 1),
        ),
        (
            [
                "customer.known and now.hour < 9",
                "customer.shared",
                "customer.shared or customer.known and now.hour < 5",
            ],
            2,
            (0, 1),
        ),
        (
            ["not (now.hour >= 8 and now.hour < 18)", "now.hour in (8, 9, 10, 11, 12)", "now.hour > 12", ""],
            3,
            (0, 1, 2),
        ),
        (["queue.sales.waiting > 0", "queue.sales.waiting == 0", "customer.known"], 2, (0, 1)),
        (["not conditions.german", "contact.language == 'de'", "contact.language == 'at'", ""], 3, (0, 1, 2)),
    ],
)
def test_a_rule_is_found_that_several_above_it_hide_and_these_are_named(
    whens: list[str], index: int, by: tuple[int, ...]
) -> None:
    assert found(*whens) == [Hidden(index, by)]


@pytest.mark.parametrize(
    "whens",
    [
        ["customer.tier == 'gold'", "customer.tier == 'silver'", ""],
        ["customer.spend > 100", "customer.spend < 100", ""],
        ["contact.dialled == '8001'", "contact.dialled == '8002'", ""],
        ["customer.known and now.hour < 12", "not customer.known and now.hour >= 12", "customer.known"],
        ["lower(contact.intent) == 'a'", "lower(contact.intent) != 'b'", "customer.known"],
        # infinity less infinity is no number, and neither smaller than one nor not
        ["customer.spend * 2 - customer.spend * 2 > 1", "customer.spend * 2 - customer.spend * 2 <= 1", ""],
        ["contact.language == 'de'", "customer.since < '2020-01-01'", "now.weekday == 'mon'"],
        ["conditions.german", "contact.language == 'fr'", "contact.language != 'de'"],
    ],
)
def test_a_rule_that_some_contact_reaches_is_left_alone(whens: list[str]) -> None:
    assert found(*whens) == []


def test_what_only_looks_possible_is_found_to_contradict_itself() -> None:
    when = "(customer.known or customer.shared) and (not customer.known or now.hour > 23) and not customer.shared"
    assert found(when, "customer.tier != 'gold';customer.tier == 'gold'") == [Hidden(0, ()), Hidden(1, ())]


def test_rules_without_parts_hide_all_below_and_are_named_first() -> None:
    assert found("", "", "customer.known") == [Hidden(1, (0,)), Hidden(2, (0,))]


def test_each_is_named_that_is_needed_and_no_other() -> None:
    by_the_hour = [f"now.hour == {hour}" for hour in range(24)]
    others = [f"contact.intent == '{number}'" for number in range(10)]
    assert found(*others, *by_the_hour, "customer.known") == [Hidden(34, tuple(range(10, 34)))]


def test_of_what_takes_too_many_steps_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    whens = ["customer.tier in ('gold', 'silver')", "customer.tier in ('silver', 'standard')"]
    whens += ["now.hour > 7", "customer.known", "now.hour < 7"]
    hiding = [Hidden(2, (0, 1)), Hidden(3, (0, 1)), Hidden(4, (0, 1))]
    assert found(*whens) == hiding
    monkeypatch.setattr(hidden_rules, "MAX_STEPS", 4)
    assert found(*whens) == []
    monkeypatch.undo()
    monkeypatch.setattr(hidden_rules, "MAX_STEPS_OF_ALL", 25)  # the first of them takes about 20
    assert found(*whens) == hiding[:1]


def test_a_puzzle_that_takes_too_long_ends() -> None:
    """As many pigeons as holes and one more: no plain search sees soon that they do not fit."""
    sits = [[f"starts_with(contact.caller, '{pigeon}/{hole}')" for hole in range(9)] for pigeon in range(10)]
    rules = [f"not ({' or '.join(holes)})" for holes in sits]
    for one, other in combinations(range(10), 2):
        rules += [f"{sits[one][hole]} and {sits[other][hole]}" for hole in range(9)]
    assert found(*rules, "") == []


@pytest.mark.parametrize("count", [1, 1000])
def test_a_part_that_names_many_values_counts_as_several_steps(count: int) -> None:
    values = frozenset[Value](range(count))
    failing: dict[int, Form] = {0: Atom("x", Some(values)), 1: Atom("x", Between(without=values))}
    puzzle = Puzzle(10_000)
    assert puzzle.hiding(AllOf(()), failing) == (0, 1)
    assert puzzle.steps >= 2 * (1 + count // 8)


# ---- against all facts that there can be, for expressions of a few fields


def holding(node: Node) -> frozenset[int]:
    return frozenset(number for number, facts in enumerate(FACTS) if holds(node, facts))


@settings(max_examples=150)
@given(st.lists(WHENS, min_size=2, max_size=6))
def test_no_rule_is_called_hidden_that_some_facts_reach_and_none_is_named_in_vain(whens: list[str]) -> None:
    trees = [tree(when) for when in whens]
    taken = [holding(node) for node in trees]
    for it in hidden([[node] for node in trees]):
        assert all(other < it.index for other in it.by)
        assert taken[it.index] <= frozenset[int]().union(*(taken[other] for other in it.by))


HOURS = st.lists(st.integers(0, 23), min_size=1, max_size=20, unique=True).map(
    lambda hours: f"now.hour in ({', '.join(map(str, hours))},)"
)
TIERS = st.lists(st.sampled_from(["gold", "silver", "standard"]), min_size=1, max_size=3, unique=True).map(
    lambda tiers: f"customer.tier in ({', '.join(map(repr, tiers))},)"
)
ALL = [
    {"customer.tier": tier, "customer.known": known, "now.hour": hour}
    for tier in ("gold", "silver", "standard")
    for known in (True, False)
    for hour in range(24)
]


@settings(max_examples=150)
@given(st.lists(st.lists(HOURS | TIERS | st.just("customer.known"), max_size=3), min_size=2, max_size=7))
def test_of_fields_with_few_values_every_hidden_rule_is_found(rules: list[list[str]]) -> None:
    trees = [[tree(part) for part in parts] for parts in rules]
    reaching = [
        frozenset(number for number, facts in enumerate(ALL) if all(holds(part, facts) for part in parts))
        for parts in trees
    ]
    hiding = {it.index: it.by for it in hidden(trees)}
    for index, takes in enumerate(reaching):
        above = frozenset[int]().union(*reaching[:index])
        assert (takes <= above) is (index in hiding)
        if index in hiding:
            together = [reaching[other] for other in hiding[index]]
            assert takes <= frozenset[int]().union(*together)
            for left_out in range(len(together)):
                rest = frozenset[int]().union(*together[:left_out], *together[left_out + 1 :])
                assert not takes <= rest

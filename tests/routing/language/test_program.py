"""The compiled rules: one function that asks little, cannot fail, and decides as a plain walk over the rules does."""

import dataclasses
from types import FunctionType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.routing.language.facts import Facts
from callcenter.routing.language.mistakes import ExpressionError
from callcenter.routing.language.program import compile_rules
from callcenter.routing.language.trace import trace
from callcenter.types import Condition, RuleConfig, Tier, TierRule
from tests.playbook import rule
from tests.routing.language.drawn import expressions, some_facts
from tests.routing.language.examples import NOON_MS, Board, asking, configuration, customer, facts

OPEN_MS = NOON_MS - 1


def test_the_first_rule_that_holds_decides() -> None:
    config = configuration("customer.tier == 'gold'", "contact.dialled == '8003'", "True", "True")
    program = compile_rules(config)
    assert program.first(facts(tier="gold", dialled="8003")) == 0
    assert program.first(facts(dialled="8003")) == 1
    assert program.first(facts()) == 2
    assert program.first(facts(), start=3) == 3
    assert program.first(facts(tier="gold"), start=1) == 2
    assert program.first(facts(), start=4) is None


def test_without_rules_or_with_none_that_holds_there_is_none() -> None:
    assert compile_rules(configuration()).first(facts()) is None
    assert compile_rules(configuration("False")).first(facts()) is None


def test_entry_facts_of_version_1_and_expression_must_all_hold() -> None:
    both = dataclasses.replace(
        rule("both", tier="gold", intent="billing", language="de"), entry=("8001", "8003"), when="customer.known"
    )
    program = compile_rules(configuration(rules=(both,)))
    anna = customer(language="de")
    assert program.first(facts(None, anna, tier="gold", intent="billing", dialled="8003")) == 0
    assert program.first(facts(None, anna, tier="gold", intent="billing", dialled="8002")) is None
    assert program.first(facts(None, anna, tier="silver", intent="billing", dialled="8003")) is None
    assert program.first(facts(None, anna, tier="gold", intent="", dialled="8003")) is None
    assert program.first(facts(None, anna, tier="gold", intent="billing", dialled="8003", language="en")) is None
    assert program.first(facts(tier="gold", intent="billing", dialled="8003", language="de")) is None


def test_a_tier_is_computed_by_its_own_rules() -> None:
    pyramid = (
        TierRule("customer.spend_12m >= 10000", Tier("platinum")),
        TierRule("customer.spend_12m >= 1000 and customer.since < '2020-01-01'", Tier("gold")),
    )
    program = compile_rules(configuration(tier_rules=pyramid))
    assert program.tier(facts(None, customer(spend_12m=20_000))) == "platinum"
    assert program.tier(facts(None, customer(spend_12m=2_000, since="2019-05-01"))) == "gold"
    assert program.tier(facts(None, customer(spend_12m=2_000, since="2021-05-01"))) is None
    assert program.tier(facts()) is None
    assert compile_rules(configuration()).tier(facts()) is None


def test_why_is_told_by_the_facts_that_were_asked() -> None:
    config = configuration(
        "customer.tier in lists.good-tiers and contact.dialled == '8003'",
        "conditions.office and not customer.known and queue.sales.waiting * 2 > 5",
        rules=(
            rule("both", tier="gold", dialled="8009"),
            rule("all of version 1", tier="gold", dialled="8008", intent="billing", language="de"),
            asking("", "asks nothing but the number", entry=("8001",)),
        ),
    )
    program = compile_rules(config)
    assert program.because(0, facts(tier="gold", dialled="8009")) == "tier is gold and dialled is 8009"
    told = program.because(1, facts(tier="gold", dialled="8008", intent="billing", language="de"))
    assert told == "tier is gold and dialled is 8008 and intent is billing and language is de"
    assert program.because(2, facts(dialled="8001")) == "contact.dialled is 8001"
    assert program.because(3, facts(tier="gold", dialled="8003")) == "customer.tier is gold and contact.dialled is 8003"
    told = program.because(4, facts(now_ms=OPEN_MS, board=Board(waiting=3)))
    assert told == (
        "open('office') is true and holiday('xmas') is false and customer.known is false and queue.sales.waiting is 3"
    )


def test_a_rule_that_asks_nothing_says_so() -> None:
    program = compile_rules(configuration("True", rules=(rule("all"),)))
    assert program.first(facts()) == 0
    assert program.because(0, facts()) == "the rule asks nothing"
    assert program.because(1, facts()) == "its condition always holds"


def test_what_costs_is_asked_only_by_the_rule_that_wants_it_and_once() -> None:
    config = configuration(
        "contact.dialled == '1' and queue.sales.waiting > 2",
        "contact.dialled == '2' and (queue.sales.waiting > 100 or queue.sales.waiting > 2)",
        "agents.general.ready > 0",
    )
    program = compile_rules(config)
    board = Board()
    assert program.first(facts(dialled="3", board=board)) == 2
    assert board.asked == ["agents.general.ready"]
    board = Board()
    assert program.first(facts(dialled="2", board=board)) == 1
    assert board.asked == ["queue.sales.waiting"]


def test_conditions_that_use_each_other_twice_over_are_worked_out_once() -> None:
    """Written out where they are used, thirty of them would be a thousand million comparisons."""
    chain = [Condition("c0", "queue.sales.waiting == 3")]
    chain += [Condition(f"c{n}", f"conditions.c{n - 1} == conditions.c{n - 1}") for n in range(1, 19)]
    config = configuration("conditions.c18", conditions=chain)
    board = Board()
    given_facts = facts(config, board=board)
    assert compile_rules(config).first(given_facts) == 0
    assert trace(config, given_facts)[0].matched
    assert board.asked == ["queue.sales.waiting"]


def test_an_expression_with_mistakes_is_not_compiled() -> None:
    with pytest.raises(ExpressionError, match=r"customer\.teir"):
        compile_rules(configuration("True", "customer.teir == 'gold'"))
    with pytest.raises(ExpressionError):
        compile_rules(configuration(tier_rules=(TierRule("nonsense", Tier("gold")),)))
    with pytest.raises(ExpressionError):
        compile_rules(configuration(conditions=(Condition("broken", "nonsense"),)))


def test_the_function_reaches_nothing_but_its_fields() -> None:
    config = configuration(
        "lower(contact.intent) == 'x' and starts_with(contact.caller, '+') and conditions.valued_now"
    )
    first = compile_rules(config)._first
    assert isinstance(first, FunctionType)
    assert first.__globals__ == {"__builtins__": {}}
    assert set(first.__code__.co_names) == {"lower", "startswith"}
    assert first.__closure__ is None


def test_facts_of_an_earlier_configuration_raise_nothing() -> None:
    """Attributes and queues may have come since the facts were made."""
    program = compile_rules(configuration("customer.city == 'unknown' and queue.sales.open and not customer.insured"))
    assert program.first(Facts({}, configuration(), None, 0)) == 0


@given(expressions(), some_facts())
def test_compiled_and_walked_come_to_the_same(source: str, given_facts: Facts) -> None:
    config = configuration(source)
    (walked,) = trace(config, given_facts)
    assert compile_rules(config).first(given_facts) == (0 if walked.matched else None)


_RULES = st.builds(
    asking,
    st.one_of(st.just(""), expressions()),
    st.just("drawn"),
    st.sampled_from([(), ("8003",), ("8001", "")]),
    st.sampled_from([(), ("gold",), ("gold", "silver")]),
)


@given(st.lists(_RULES, max_size=6), some_facts())
def test_the_first_match_is_that_of_a_loop_over_the_rules(rules: list[RuleConfig], given_facts: Facts) -> None:
    alone = [compile_rules(configuration(rules=(one,))).first(given_facts) == 0 for one in rules]
    program = compile_rules(configuration(rules=rules))
    assert program.first(given_facts) == next((index for index, holds in enumerate(alone) if holds), None)
    for start in range(1, len(rules) + 1):
        assert program.first(given_facts, start) == next((i for i in range(start, len(rules)) if alone[i]), None)
    for index in range(len(rules)):
        assert program.because(index, given_facts)


def test_how_long_ago_something_was_is_asked_without_anybody_counting_the_days() -> None:
    config = configuration(
        "days_since(customer.since) <= 30 and customer.known", "30 < days_since(customer.since) <= 30 + 60"
    )
    program = compile_rules(config)
    told = [program.first(facts(config, customer(since=day))) for day in ("2026-12-24", "2026-11-24", "2026-11-23")]
    assert told == [0, 0, 1]
    assert program.first(facts(config, customer(since="2026-12-25"))) == 0, "a day to come is less than none ago"
    assert program.first(facts(config, customer(since="2026-09-24"))) is None
    assert program.first(facts(config)) is None
    assert program.because(1, facts(config, customer(since="2026-11-23"))) == "days_since(customer.since) is 31"


def test_the_language_that_counts_is_the_calls_else_the_customers() -> None:
    config = configuration("contact.spoken == 'de'")
    program = compile_rules(config)
    assert program.first(facts(config, customer(language="de"))) == 0
    assert program.first(facts(config, customer(language="de"), language="en")) is None
    assert program.first(facts(config, customer(language="en"), language="de")) == 0
    assert program.first(facts(config, customer(language="de"), customer(language="de"))) is None

"""What each part of a condition came to, told for people."""

from callcenter.routing.language.conditions import asked_of
from callcenter.routing.language.fields import schema_of
from callcenter.routing.language.trace import MAX_REASONS, Part, because, holds, trace, trace_tiers, words_of
from callcenter.types import Condition, Tier, TierRule
from tests.playbook import rule
from tests.routing.language.examples import Board, asking, configuration, customer, facts


def part(when: str, intent: str = "") -> Part:
    config = configuration(when)
    (traced,) = trace(config, facts(config, board=Board(), intent=intent))
    (one,) = traced.parts
    return one


def test_rules_are_told_in_order_until_the_one_that_matched() -> None:
    config = configuration("customer.known", "True", "True", rules=(rule("for gold", tier="gold"),))
    told = [(traced.name, traced.matched) for traced in trace(config, facts(config))]
    assert told == [("for gold", False), ("rule 0", False), ("rule 1", True)]


def test_a_rule_that_asks_nothing_matches_without_parts() -> None:
    config = configuration(rules=(rule("all"),))
    (traced,) = trace(config, facts(config))
    assert (traced.matched, traced.parts) == (True, ())


def test_facts_of_version_1_and_entries_are_told_as_one_would_write_them() -> None:
    config = configuration(rules=(asking("customer.known", entry=("8001", "8003"), tier=("gold",)),))
    (traced,) = trace(config, facts(config, tier="gold", dialled="8003"))
    assert [(one.source, one.value) for one in traced.parts] == [
        ("tier == 'gold'", True),
        ("contact.dialled in ('8001', '8003')", True),
        ("customer.known", False),
    ]
    assert traced.parts[1].parts == (Part("contact.dialled", "8003"),)


def test_a_part_that_was_not_asked_has_no_value() -> None:
    told = part("customer.known and contact.caller == 'x'")
    assert told == Part(
        "customer.known and contact.caller == 'x'",
        False,
        (Part("customer.known", False), Part("contact.caller == 'x'", None)),
    )


def test_calculations_and_functions_are_told_with_their_parts() -> None:
    told = part("-queue.sales.waiting * 2 + 1 < 0 and not starts_with(lower(contact.intent), 'b')", intent="Bills")
    sums, negation = told.parts
    assert sums.value is True
    assert sums.parts[0] == Part(
        "-queue.sales.waiting * 2 + 1",
        -5.0,
        (
            Part(
                "-queue.sales.waiting * 2",
                -6.0,
                (Part("-queue.sales.waiting", -3.0, (Part("queue.sales.waiting", 3),)),),
            ),
        ),
    )
    lowered = Part("lower(contact.intent)", "bills", (Part("contact.intent", "Bills"),))
    starts = Part("starts_with(lower(contact.intent), 'b')", True, (lowered,))
    assert negation == Part("not starts_with(lower(contact.intent), 'b')", False, (starts,))


def test_a_chain_is_told_up_to_the_comparison_that_failed() -> None:
    assert part("13 < now.hour < now.minute") == Part("13 < now.hour < now.minute", False, (Part("now.hour", 12),))


def test_a_condition_is_told_in_full_where_it_comes_first() -> None:
    config = configuration(
        "conditions.known or conditions.known", conditions=[Condition("known", "customer.known or customer.shared")]
    )
    (traced,) = trace(config, facts(config))
    first, again = traced.parts[0].parts
    assert first.source == "conditions.known"
    assert [one.source for one in first.parts[0].parts] == ["customer.known", "customer.shared"]
    assert again == Part("conditions.known", False)


def test_rules_for_the_tier_are_told_by_the_tiers() -> None:
    rules = (TierRule("customer.spend_12m > 10", Tier("platinum")), TierRule("customer.known", Tier("gold")))
    config = configuration(tier_rules=rules)
    told = trace_tiers(config, facts(config, customer(spend_12m=3)))
    assert [(traced.name, traced.matched) for traced in told] == [("platinum", False), ("gold", True)]
    assert told[0].parts[0].parts == (Part("customer.spend_12m", 3),)


def test_the_words_about_a_rule_are_bounded() -> None:
    many = " and ".join(
        f"queue.{queue}.{figure} >= 0"
        for queue in ("general", "sales", "german-support")
        for figure in ("waiting", "longest_wait_s")
    )
    many += " and " + " and ".join(f"contact.{name} != '?'" for name in ("caller", "caller_name", "intent", "language"))
    many += " and " + " and ".join(f"agents.{queue}.ready >= 0" for queue in ("general", "sales", "german-support"))
    config = configuration(many)
    asked = asked_of(config.rules[0], schema_of(config))
    told = because(asked, facts(config, board=Board(), caller="x" * 100))
    assert told.count(" and ") == MAX_REASONS
    assert told.endswith(" and 1 more")
    assert f"contact.caller is {'x' * 60}… and" in told
    assert holds(asked, facts(config, board=Board()))


def test_values_are_told_as_people_write_them() -> None:
    assert [words_of(value) for value in (True, False, "", "gold", 3, 2.5, 10**15, 6.0)] == [
        "true",
        "false",
        "empty",
        "gold",
        "3",
        "2.5",
        "1e+15",
        "6",
    ]


def test_days_are_told_with_the_date_that_they_are_counted_from() -> None:
    config = configuration("days_since(customer.since) < 10 or days_since('2026-12-01') < 20")
    (traced,) = trace(config, facts(config, customer(since="2026-12-01")))
    first, second = traced.parts[0].parts
    assert first.parts == (Part("days_since(customer.since)", 23, (Part("customer.since", "2026-12-01"),)),)
    assert second.parts == (Part("days_since('2026-12-01')", 23),)

"""Every field has a value; what costs something is asked once, and only when somebody wants it."""

import dataclasses
from math import inf, nan

import pytest

from callcenter.routing.language.declared import without_conditions
from callcenter.routing.language.facts import LANGUAGE_SPOKEN, LONG_AGO_DAYS, MAX_MAGNITUDE
from callcenter.routing.language.trace import trace
from callcenter.types import Tier
from tests.routing.language.examples import DAY_MS, HOUR_MS, NOON_MS, Board, configuration, customer, facts


def test_every_field_that_may_be_named_has_a_value_of_its_kind() -> None:
    made = facts(board=Board())
    for path, declared in without_conditions(configuration()).fields.items():
        assert type(made.ask(path, declared.default)) in (type(declared.default), int, float)


def test_without_a_record_a_customer_is_nobody_in_particular() -> None:
    made = facts()
    assert made.values["customer.known"] is False
    assert made.values["customer.shared"] is False
    assert made.values["customer.name"] == ""
    assert made.values["customer.city"] == "unknown"
    assert made.values["customer.tier"] == "standard"


def test_the_only_record_tells_all_and_several_tell_only_that_they_are_several() -> None:
    anna = customer(language="de", spend_12m=12.5, insured=True)
    alone = facts(None, anna, tier="gold").values
    assert (alone["customer.known"], alone["customer.shared"], alone["customer.name"]) == (True, False, "Anna")
    assert (alone["customer.spend_12m"], alone["customer.insured"], alone["customer.segment"]) == (12.5, True, "")
    shared = facts(None, anna, anna, tier="gold").values
    assert (shared["customer.known"], shared["customer.shared"], shared["customer.name"]) == (False, True, "")
    assert (shared["customer.spend_12m"], shared["customer.tier"]) == (0, "gold")


def test_a_customers_own_language_counts_where_the_call_has_none() -> None:
    anna = customer(language="de")
    assert facts(None, anna).values[LANGUAGE_SPOKEN] == "de"
    assert facts(None, anna, language="en").values[LANGUAGE_SPOKEN] == "en"
    assert facts(None, anna).values["contact.language"] == ""
    assert facts(None, anna, given={"contact.language": "fr"}).values[LANGUAGE_SPOKEN] == "fr"
    assert facts(None, anna, given={"customer.language": "it"}).values[LANGUAGE_SPOKEN] == "it"


@pytest.mark.parametrize(
    ("attribute", "wrong", "default"),
    [
        ("spend_12m", "12", 0),
        ("spend_12m", True, 0),
        ("spend_12m", nan, 0),
        ("segment", "wholesale", ""),
        ("segment", 3, ""),
        ("insured", "yes", False),
        ("insured", 1, False),
        ("since", "last year", ""),
        ("since", 2020, ""),
    ],
)
def test_an_attribute_of_the_wrong_kind_counts_as_not_known(
    attribute: str, wrong: str | float | bool, default: object
) -> None:
    anna = dataclasses.replace(customer(), attributes={attribute: wrong})
    assert facts(None, anna).values[f"customer.{attribute}"] == default


def test_numbers_from_outside_are_cut_where_floating_point_ends() -> None:
    for number in (10**400, inf, 1e300):
        assert facts(None, customer(spend_12m=number)).values["customer.spend_12m"] == MAX_MAGNITUDE
        assert facts(None, customer(spend_12m=-number)).values["customer.spend_12m"] == -MAX_MAGNITUDE


def test_no_attribute_takes_the_place_of_a_field_that_is_always_there() -> None:
    assert facts(None, customer(tier="gold", name="somebody else"), tier="gold").values["customer.name"] == "Anna"


def test_figures_are_asked_when_they_are_wanted_and_once() -> None:
    board = Board(waiting=3)
    made = facts(board=board)
    assert board.asked == []
    assert [made.ask("queue.german-support.waiting", 0) for _ in range(3)] == [3, 3, 3]
    assert made.ask("queue.sales.open", True) is False
    assert made.ask("queue.general.longest_wait_s", 0) == 90.5
    assert (made.ask("agents.sales.ready", 0), made.ask("agents.sales.signed_in", 0)) == (2, 5)
    assert board.asked == [
        "queue.german-support.waiting",
        "queue.sales.open",
        "queue.general.longest_wait_s",
        "agents.sales.ready",
        "agents.sales.signed_in",
    ]
    assert made.values["queue.german-support.waiting"] == 3


def test_what_nobody_knows_is_the_default() -> None:
    made = facts(board=Board())
    assert made.ask("queue.general.mood", 7) == 7
    assert made.ask("customer.shoe_size", 42) == 42
    assert facts().ask("queue.general.waiting", 0) == 0
    assert made.ask("open.nowhere", False) is False


def test_what_is_given_counts_more_than_all_else() -> None:
    made = facts(board=Board(), given={"queue.sales.waiting": 12, "now.hour": 3, "customer.tier": "gold"})
    assert made.ask("queue.sales.waiting", 0) == 12
    assert (made.ask("now.hour", 0), made.ask("now.date", "")) == (3, "2026-12-24")
    assert made.values["customer.tier"] == "gold"


def test_local_time_follows_the_zone() -> None:
    made = facts(now_ms=NOON_MS)
    told = [made.ask(f"now.{name}", 0) for name in ("date", "weekday", "hour", "minute")]
    assert told == ["2026-12-24", "thu", 12, 0]
    early = facts(now_ms=NOON_MS - 2 * DAY_MS)  # before the zone begins it is as at its beginning
    assert early.ask("now.hour", 0) == 12


def test_opening_hours_are_half_open() -> None:
    opens, closes = NOON_MS - 4 * HOUR_MS, NOON_MS
    told = [facts(now_ms=at).ask("open.office", False) for at in (opens - 1, opens, closes - 1, closes)]
    assert told == [False, True, True, False]
    assert facts(now_ms=NOON_MS + HOUR_MS).ask("open.office", False) is True
    assert facts(now_ms=NOON_MS).ask("holiday.xmas", False) is True
    assert facts(now_ms=NOON_MS).ask("holiday.office", False) is False


def test_a_computed_tier_takes_the_place_of_the_records() -> None:
    board = Board()
    made = facts(board=board, tier="silver")
    made.ask("queue.sales.waiting", 0)
    other = made.with_tier(Tier("gold"))
    assert (made.values["customer.tier"], other.values["customer.tier"]) == ("silver", "gold")
    assert other.ask("queue.sales.waiting", 0) == 3
    assert len(board.asked) == 1


@pytest.mark.parametrize(
    ("of", "days"),
    [
        ("2026-12-24", 0),
        ("2026-12-23", 1),
        ("2026-12-25", -1),
        ("2024-02-29", 1029),
        ("now.date", 0),
        ("customer.since", LONG_AGO_DAYS),
    ],
)
def test_days_are_counted_from_a_date_to_today(of: str, days: int) -> None:
    made = facts()
    assert made.ask(f"days_since.{of}", 0) == days
    assert made.values[f"days_since.{of}"] == days


def test_the_day_that_counts_is_the_local_one() -> None:
    anna = customer(since="2026-12-20")
    told = [
        facts(None, anna, now_ms=at).ask("days_since.customer.since", 0)
        for at in (NOON_MS + 12 * HOUR_MS - 1, NOON_MS + 12 * HOUR_MS)  # midnight in Berlin
    ]
    assert told == [4, 5]


def test_a_date_that_is_not_known_is_before_every_other_one() -> None:
    config = configuration("customer.since < '0000-01-01'", "days_since(customer.since) > days_since('0000-01-01')")
    assert int(facts(config).ask("days_since.0000-01-01", 0)) < LONG_AGO_DAYS
    assert all(
        one.matched
        for one in (trace(dataclasses.replace(config, rules=(it,)), facts(config))[0] for it in config.rules)
    )

"""Contacts that are made up: their facts by path, their time, and what the rules say."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callcenter.admin.load import Made
from callcenter.rulebook.trial import Clock, Draft, FactError, Rules, fields_of
from callcenter.types import AgentId, Customer, Tier
from tests.rules_samples import made, write_files

ANN = Customer(7, "A-7", "Ann", Tier("gold"), "de", account_manager=AgentId("anna"), attributes={"spend_12m": 10})


@pytest.fixture
def sample(tmp_path: Path) -> Made:
    return made(write_files(tmp_path))


def draft(sample: Made, **facts: str) -> Draft:
    one = Draft(sample.configuration, fields_of(sample.configuration))
    for path, text in facts.items():
        one.give(path.replace("__", "."), text)
    return one


# ---- facts


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("contact.dialled", "0800", "0800"),
        ("customer.spend_12m", "70000", 70_000),
        ("customer.spend_12m", "-1.5", -1.5),
        ("customer.newsletter", "True", True),
        ("customer.since", "2024-02-29", "2024-02-29"),
        ("customer.segment", "retail", "retail"),
        ("customer.shared", "true", True),
        ("queue.sales.longest_wait_s", "61.5", 61.5),
        ("agents.sales.ready", "0", 0),
    ],
)
def test_a_fact_is_what_the_schema_says_it_is(sample: Made, path: str, text: str, value: object) -> None:
    one = draft(sample)
    one.give(path, text)
    assert one.given == {path: value}


@pytest.mark.parametrize(
    ("text", "region", "value"),
    [
        ("030 1234567", "DE", "+49301234567"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("+49 30 1234567", "US", "+49301234567"),
        ("214", "DE", "214"),
        ("", "DE", ""),
    ],
)
def test_a_callers_number_is_read_as_the_daemon_reads_it(sample: Made, text: str, region: str, value: str) -> None:
    one = Draft(sample.configuration, fields_of(sample.configuration), region)
    one.give("contact.caller", text)
    assert one.given == {"contact.caller": value}


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("customer.spend_12", "1", "there is no fact `customer.spend_12`. Did you mean `customer.spend_12m`?"),
        ("queue.slaes.waiting", "1", "there is no fact `queue.slaes.waiting`. Did you mean `queue.sales.waiting`?"),
        (
            "contact.spoken",
            "de",
            "`contact.spoken` follows from the language of call and customer. Give one of them instead: the call's "
            "counts, where it has one",
        ),
        ("now.hour", "9", "`now.hour` follows from the time. Give the time instead, `at`"),
        ("open.office", "true", "`open.office` follows from the time. Give the time instead, `at`"),
        ("customer.tier", "glod", "is 'glod'. Did you mean `gold`?"),
        ("customer.spend_12m", "much", "is 'much'. It should be a number"),
        ("customer.spend_12m", "nan", "is 'nan'. It should be a number"),
        ("customer.since", "2025-02-29", "is '2025-02-29'. It should be a date, such as 2026-12-24"),
        ("customer.newsletter", "perhaps", "is 'perhaps'. It should be true or false"),
        ("queue.sales.waiting", "-1", "is '-1'. It should be a number, 0 or greater"),
    ],
)
def test_a_fact_that_cannot_be_says_what_would_be_right(sample: Made, path: str, text: str, words: str) -> None:
    with pytest.raises(FactError) as caught:
        draft(sample).give(path, text)
    assert str(caught.value) == words


def test_a_quiet_moment_has_everybody_at_work_and_nobody_waiting(sample: Made) -> None:
    trial = draft(sample, queue__sales__waiting="3").trial(0)
    assert trial.facts["queue.sales.waiting"] == 3
    assert trial.facts["queue.general.waiting"] == 0
    assert (trial.facts["agents.support.ready"], trial.facts["agents.sales.signed_in"]) == (4, 2)
    assert trial.facts["queue.support.open"] is True


def test_a_fact_of_the_customer_makes_a_record(sample: Made) -> None:
    assert draft(sample).trial(0).customers == ()
    (record,) = draft(sample, customer__spend_12m="5", customer__tier="gold").trial(0).customers
    assert (record.tier, record.attributes) == ("gold", {"spend_12m": 5})
    (blank,) = draft(sample, customer__known="true").trial(0).customers
    assert blank.tier == "standard"
    assert len(draft(sample, customer__shared="true", customer__tier="gold").trial(0).customers) == 2
    assert draft(sample, customer__known="false", customer__tier="gold").trial(0).customers == ()


def test_what_is_given_counts_more_than_the_record_that_was_found(sample: Made) -> None:
    (record,) = draft(sample, customer__spend_12m="99", customer__name="Anne").trial(0, [ANN]).customers
    assert (record.id, record.name, record.tier, record.attributes) == (7, "Anne", "gold", {"spend_12m": 99})
    assert (record.account_manager, record.language) == ("anna", "de")


# ---- the time


def test_a_time_is_of_the_rules_own_zone(sample: Made) -> None:
    clock = Clock(sample.routing)
    at_ms = clock.moment("2026-12-24T17:00")
    assert at_ms == datetime(2026, 12, 24, 17, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1_000
    assert clock.words(at_ms) == "Thu 2026-12-24 17:00 (Europe/Berlin)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tomorrow", "'tomorrow' is no time. Write the time as 2026-12-24T17:00"),
        ("2026-02-30T10:00", "'2026-02-30T10:00' is no time. Write the time as 2026-12-24T17:00"),
        ("0001-01-01T00:00", "'0001-01-01T00:00' is no time. Write the time as 2026-12-24T17:00"),
        ("9999-12-31T23:59", "9999-12-31T23:59 is too far away. Write a year from 1971 to 2100"),
        ("2026-03-29T02:30", "2026-03-29T02:30 does not exist in Europe/Berlin: clocks go forward over it."),
    ],
)
def test_a_time_that_does_not_exist_is_refused(sample: Made, text: str, words: str) -> None:
    with pytest.raises(FactError) as caught:
        Clock(sample.routing).moment(text)
    assert str(caught.value).startswith(words)


def test_hours_are_known_around_each_moment_that_is_asked_about(sample: Made) -> None:
    """However far from now: a case does not grow stale."""
    clock = Clock(sample.routing)
    moments = {
        clock.moment(text): queue
        for text, queue in {
            "2019-05-03T10:00": "sales",  # a Friday
            "2019-05-01T10:00": "general",  # a holiday
            "2031-08-04T17:59": "sales",
            "2031-08-04T18:00": "general",
            "2026-12-24T11:59": "sales",
            "2026-12-24T12:00": "general",
        }.items()
    }
    rules = Rules(clock.around(sample.configuration, moments))
    one = draft(sample, contact__dialled="8001")
    assert {at_ms: rules.ask(one.trial(at_ms)).route.queue for at_ms in moments} == moments
    starts = [at_ms for at_ms, _ in rules.configuration.zone]
    assert starts == sorted(set(starts))
    stretches = rules.configuration.hours[0].open
    assert all(before[1] <= after[0] for before, after in pairwise(stretches))


# ---- asking


def ask(sample: Made, at: str = "2026-01-14T10:00", **facts: str) -> tuple[str, str, int | None]:
    clock = Clock(sample.routing)
    at_ms = clock.moment(at)
    answer = Rules(clock.around(sample.configuration, [at_ms])).ask(draft(sample, **facts).trial(at_ms))
    return answer.route.rule, answer.tier, answer.tier_rule


def test_the_tier_is_that_of_the_first_tier_rule_that_matches_else_of_the_record(sample: Made) -> None:
    assert ask(sample, customer__spend_12m="70000", customer__segment="business") == ("vip", "platinum", 0)
    assert ask(sample, customer__segment="business") == ("(no rule)", "gold", 1)
    assert ask(sample, customer__tier="platinum") == ("vip", "platinum", None)
    assert ask(sample, customer__tier="platinum", customer__shared="true") == ("vip", "platinum", None)


def test_rules_see_lists_queues_and_agents(sample: Made) -> None:
    assert ask(sample, contact__caller="+49301234567")[0] == "vip"
    crowd = {"contact__dialled": "8001", "queue__sales__waiting": "11"}
    assert ask(sample, **crowd)[0] == "Sales line (default)"
    assert ask(sample, **crowd, agents__sales__ready="0")[0] == "crowded"


def test_the_rules_tried_are_told_with_the_value_of_each_part(sample: Made) -> None:
    clock = Clock(sample.routing)
    at_ms = clock.moment("2026-01-14T10:00")
    rules = Rules(clock.around(sample.configuration, [at_ms]))
    tried = rules.tried(draft(sample, customer__spend_12m="50000").trial(at_ms))
    assert [(it.name, it.matched) for it in tried.tier_rules] == [("platinum", True)]
    assert [(it.name, it.matched) for it in tried.rules] == [("nobody there", False), ("vip", True)]
    (condition,) = tried.rules[1].parts
    assert [(it.source, it.value) for it in condition.parts] == [
        ("customer.tier == 'platinum'", True),
        ("contact.caller in lists.vip_numbers", None),
    ]

"""Contacts: every count that the core has is told, by outcome, tier and queue, from zero on."""

from dataclasses import replace

import pytest

from callcenter.commands import ContactRouted, RecordDecision
from callcenter.metrics.contacts import LEFT
from callcenter.stories import QueueLeft
from callcenter.types import ContactId, DecisionKind, Outcome
from tests.metrics.scraping import ANSWERED, GOLD, SALES, STANDARD, SUPPORT, Scrape, contacts, metrics_of

CONTACT = ContactId("c")
STAY = QueueLeft(CONTACT, SALES, GOLD, Outcome.ANSWERED, 15_000, 17_000, 5_000)


def test_counters_of_what_is_configured_start_at_zero() -> None:
    scrape = Scrape(metrics_of())
    for outcome in Outcome:
        assert scrape("contacts_total", queue="support", tier="standard", outcome=outcome.value) == 0
    for end in LEFT:
        assert scrape("queue_left_total", queue="support", tier="standard", outcome=end) == 0
    for kind in DecisionKind:
        assert scrape("contact_decisions_total", queue="sales", kind=kind.value) == 0
    assert scrape("answer_seconds_bucket", queue="sales", tier="gold", le="17.0") == 0
    assert scrape("queue_answered_within_total", queue="sales", tier="gold") == 0
    assert scrape("rule_hits_total", rule="all") == 0
    assert scrape("relaxation_steps_total", queue="sales") == 0
    assert scrape("contacts_default_queue_total") == 0


def test_contacts_count_by_outcome_also_before_they_had_a_queue() -> None:
    early = replace(ANSWERED, queue=None, outcome=Outcome.ABANDONED, service_level_ms=None)
    scrape = Scrape(metrics_of(*contacts(*Outcome, Outcome.ANSWERED), early))
    by_outcome = {one: scrape("contacts_total", queue="sales", tier="gold", outcome=one.value) for one in Outcome}
    assert by_outcome == {**dict.fromkeys(Outcome, 1), Outcome.ANSWERED: 2}
    assert scrape("contacts_total", queue="none", tier="gold", outcome="abandoned") == 1


def test_stays_in_a_queue_count_with_what_was_in_time_and_how_long_it_took() -> None:
    stays = [
        STAY,
        replace(STAY, waited_ms=17_001),
        replace(STAY, outcome=Outcome.ABANDONED, waited_ms=2_000),
        replace(STAY, outcome=Outcome.ABANDONED, waited_ms=17_000),
        replace(STAY, outcome=Outcome.OVERFLOWED, waited_ms=30_000, to=SUPPORT),
        replace(STAY, outcome=Outcome.FALLBACK),
    ]
    scrape = Scrape(metrics_of(*stays))
    ends = {end: scrape("queue_left_total", queue="sales", tier="gold", outcome=end) for end in LEFT}
    assert ends == {"answered": 2, "abandoned": 1, "short_abandoned": 1, "overflowed": 1, "other": 1}
    assert scrape("queue_answered_within_total", queue="sales", tier="gold") == 1
    assert scrape("queue_abandoned_within_total", queue="sales", tier="gold") == 2
    assert scrape("overflows_total", queue="sales", to="support") == 1
    assert scrape("answer_seconds_sum", queue="sales", tier="gold") == pytest.approx(32.001)
    assert scrape("answer_seconds_bucket", queue="sales", tier="gold", le="17.0") == 1
    assert scrape("abandon_seconds_bucket", queue="sales", le="5.0") == 1
    assert scrape("abandon_seconds_count", queue="sales") == 2


def test_routing_and_decisions_are_told() -> None:
    step = RecordDecision(CONTACT, 1, DecisionKind.RELAXED, 1_000, SUPPORT, 20, "french 7 or above", None)
    scrape = Scrape(
        metrics_of(
            ContactRouted(CONTACT, SUPPORT, STANDARD, "default", matched=False, again=False),
            ContactRouted(CONTACT, SALES, GOLD, "all", matched=True, again=True),
            step,
            replace(step, number=2),
        )
    )
    assert scrape("contacts_routed_total", queue="support", tier="standard", matched="false") == 1
    assert scrape("contacts_routed_total", queue="sales", tier="gold", matched="true") == 1
    assert scrape("contacts_rerouted_total", queue="sales") == 1
    assert scrape("contacts_default_queue_total") == 1
    assert scrape("rule_hits_total", rule="all") == 1
    assert scrape("contact_decisions_total", queue="support", kind="relaxed") == 2
    assert scrape("relaxation_steps_total", queue="support") == 2

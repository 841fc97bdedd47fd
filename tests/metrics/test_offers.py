"""Offers and agents' parts: what is told of them."""

import pytest

from callcenter.commands import EventIgnored, OfferClosed
from callcenter.facts import HandedTo, RecordPart
from callcenter.metrics.offers import ENDS
from callcenter.talks import Direction
from callcenter.types import ContactId, OfferId, OfferState
from tests.metrics.scraping import ANNA, GOLD, SALES, Scrape, metrics_of

CONTACT = ContactId("c")
PART = RecordPart(
    CONTACT, 1, ANNA, SALES, GOLD, "100", Direction.IN, 0, 70_000, 2_000, 40_000, 20_000, 10_000, 5_000, 2,
    HandedTo.AGENT, "sold",
)  # fmt: skip


def offer(state: OfferState, ring_ms: int) -> OfferClosed:
    return OfferClosed(OfferId("o"), CONTACT, ANNA, SALES, state, ring_ms)


def test_offers_are_told_by_how_they_ended_and_how_long_they_rang() -> None:
    scrape = Scrape(metrics_of(offer(OfferState.ACCEPTED, 2_500), offer(OfferState.EXPIRED, 20_000)))
    ends = {end: scrape("offers_total", queue="sales", outcome=end) for end in ENDS}
    assert ends == {"accepted": 1, "declined": 0, "expired": 1, "withdrawn": 0, "failed": 0}
    assert scrape("rona_total", queue="sales") == 1
    assert scrape("rona_total", queue="support") == 0
    assert scrape("offer_ring_seconds_sum", outcome="expired") == 20
    assert scrape("offer_answer_seconds_sum", queue="sales") == 2.5
    assert scrape("offer_answer_seconds_count", queue="sales") == 1


def test_every_end_that_an_offer_can_have_is_there() -> None:
    assert set(ENDS) == {state.value for state in OfferState} - {"pending", "ringing"}


def test_parts_are_told_with_transfers_and_consultations() -> None:
    scrape = Scrape(metrics_of(PART))
    names = ("talk", "hold", "wrap_up", "handle")
    assert [scrape(f"{name}_seconds_sum", queue="sales") for name in names] == pytest.approx([40, 20, 10, 70])
    assert [scrape("transfers_total", queue="sales", to=to.value) for to in HandedTo] == [0, 1, 0]
    assert scrape("consults_total", queue="sales") == 2


def test_ignored_events_start_at_zero() -> None:
    scrape = Scrape(metrics_of(EventIgnored("OfferEnded", "late")))
    assert scrape("events_ignored_total", event="OfferEnded") == 1
    assert scrape("events_ignored_total", event="CallerLeft") == 0

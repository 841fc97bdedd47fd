"""A contact held against itself: one that is right, and one of each mistake."""

from typing import Any

import pytest

from callcenter.reconcile.consistency import Channels, check
from callcenter.reconcile.findings import Findings
from callcenter.reconcile.recount import parts_of
from tests.reconcile.made import C, answered, contact, decision, segment


def found(log: Any) -> list[tuple[str, str]]:
    findings = Findings()
    check(log, parts_of(log), findings)
    return [(one.check, one.what) for tally in findings.tallies.values() for one in tally.shown]


def test_contact_that_is_right_agrees_with_itself() -> None:
    assert found(answered()) == []


@pytest.mark.parametrize(
    ("changes", "name", "what"),
    [
        ({"waited_ms": 5_001}, "contact-times", "waited_ms"),
        ({"connected_ms": 30_000, "waited_ms": 30_000}, "contact-times", "arrived, connected, ended"),
        ({"outcome": "abandoned"}, "contact-outcome", "outcome"),
        ({"connected_ms": None, "waited_ms": 20_000}, "contact-outcome", "connected_ms"),
        ({"offers": 0}, "contact-offers", "offers"),
        ({"direction": "out"}, "contact-offers", "offers"),
        ({"agent": None}, "contact-agent", "agent"),
        ({"queue": "billing"}, "contact-queue", "queue"),
        ({"priority": 21}, "contact-queue", "priority"),
        ({"disposition": None}, "contact-wrap-up", "disposition"),
        ({"handled_ms": 1}, "contact-wrap-up", "handled_ms"),
        ({"arrived_ms": 1, "waited_ms": 4_999}, "segments", "segment 1 (waiting) begins"),
        ({"ended_ms": 20_001}, "segments", "the last stretch ends"),
    ],
)
def test_column_that_is_wrong_is_found(changes: dict[str, Any], name: str, what: str) -> None:
    assert (name, what) in found(answered(contact=contact(**changes)))


def test_segments_and_decisions_that_are_wrong_are_found() -> None:
    log = answered()
    del log.segments[1]
    assert ("segments", "numbers") in found(log)
    log = answered()
    log.segments[2].started_ms = 6_000
    assert ("segments", "segment 3 (talk) begins") in found(log)
    log = answered()
    log.segments[3].agent = "bob"
    assert ("segments", "segment 4 (wrap_up): agent") in found(log)
    log = answered()
    log.segments[3].ended_ms = 19_000
    assert {("segments", "segment 4")} <= set(found(log))
    log = answered(decisions=[decision(1, "routed", 0), decision(3, "prioritised", 1)])
    assert ("decisions", "numbers") in found(log)
    log = answered(decisions=[decision(1, "routed", 9), decision(2, "prioritised", 8), decision(3, "moved", 99_000)])
    assert found(log) == [("decisions", "decision 2"), ("decisions", "decision 3")]


def test_supervisor_may_leave_a_talk_while_its_agent_wraps_up() -> None:
    log = answered(decisions=[decision(1, "routed", 9), decision(2, "listened", 25_000)])
    assert found(log) == []


def test_offers_of_consultations_and_parallel_rings_leave_no_hole() -> None:
    log = answered(contact=contact(offers=2))
    log.segments[1:1] = [segment(2, "offer", 2_000, 5_000, agent="bob", offer=f"{C}.2", result="withdrawn")]
    log.segments.insert(4, segment(5, "offer", 7_000, 8_000, agent="bob", offer=f"{C}-c1.1", result="expired"))
    log.segments = [*log.segments[:3], log.segments[4], log.segments[3], *log.segments[5:]]
    for number, one in enumerate(log.segments, 1):
        one.number = number
    assert found(log) == []


def test_disposition_that_waits_for_a_contact_that_is_there_is_found() -> None:
    early: Any = [segment(1, "early", 0, 0)]
    assert [name for name, _ in found(answered(early=early))] == ["early-dispositions"]


def test_channel_in_two_contacts_at_once_is_found() -> None:
    findings, channels = Findings(), Channels()
    for one in (contact(), contact(id="b", arrived_ms=20_000, ended_ms=21_000), contact(id="c", channel="2")):
        channels.check(one, findings)
    assert findings.differences == 0
    channels.check(contact(id="d", arrived_ms=20_500, ended_ms=20_600), findings)
    [difference] = findings.tallies["contact-twice"].shown
    assert (difference.subject, difference.found) == ("d", "in b until 21000")

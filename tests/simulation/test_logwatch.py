"""What goes into the log is judged record by record: numbers, times, decisions, and the counters made of them."""

import dataclasses

import pytest

from callcenter.commands import RecordContact, RecordDecision, RecordSegment
from callcenter.events import Event
from callcenter.simulation.logwatch import IN_SERVICE_LEVEL
from callcenter.simulation.promises import BrokenInvariantError
from callcenter.types import Configuration, DecisionKind, QueueName
from tests.playbook import (
    Distort,
    Playbook,
    agent,
    answered,
    arrived,
    changed,
    configuration,
    feed_distorted,
    left,
    moved,
    prioritised,
    queue,
    without,
)


def _center() -> Configuration:
    both = dataclasses.replace(queue("general"), ring_at_once=2)
    return configuration(agent("ada"), agent("bob"), queues=(both, queue("sales")))


OFFER: tuple[Event, ...] = (arrived("anna"),)
ANSWER: tuple[Event, ...] = (*OFFER, answered("anna.2"))
HANG_UP: tuple[Event, ...] = (*ANSWER, left("anna"))
MOVE: tuple[Event, ...] = (*OFFER, moved("anna", "sales"))


@pytest.mark.parametrize(
    ("events", "distort", "promise"),
    [
        (OFFER, changed(RecordDecision, number=2), "decisions are numbered without a gap"),
        (OFFER, changed(RecordDecision, at_ms=0), "recorded when it is made"),
        (OFFER, changed(RecordDecision, words=""), "told in words"),
        (OFFER, without(RecordDecision), "each decision is"),
        (HANG_UP, changed(RecordContact, tags=("late",)), "the log has the tags of its last rule"),
        (MOVE, changed(RecordDecision, kind=DecisionKind.ROUTED), "each decision is recorded once, and no other"),
        (MOVE, changed(RecordDecision, by=None), "each decision is recorded once, and no other"),
        (MOVE, changed(RecordDecision, queue=QueueName("general")), "each decision is recorded once"),
        (ANSWER, changed(RecordSegment, started_ms=0), "from its making to its end"),
        (ANSWER, changed(RecordSegment, result="accepted"), "a segment says how its offer ended"),
        (HANG_UP, changed(RecordSegment, started_ms=0), "segments follow each other without a gap"),
        (HANG_UP, changed(RecordContact, queue=QueueName("sales")), "the log says where the contact was"),
        (HANG_UP, changed(RecordContact, offers=1), "how often it was offered"),
        (HANG_UP, changed(RecordContact, service_level_ms=5), "what the service level was"),
    ],
)
def test_a_wrong_record_is_noticed(events: tuple[Event, ...], distort: Distort, promise: str) -> None:
    story = Playbook.open(_center())
    with pytest.raises(BrokenInvariantError, match=promise):
        feed_distorted(story, distort, *events)


def test_both_offers_of_a_parallel_ring_have_a_segment_and_the_talk_begins_with_the_answer() -> None:
    story = Playbook.open(_center()).at(100, arrived("anna")).at(900, answered("anna.2"))
    assert sorted(_segments(story)) == [("offer", 2, "anna.2", 800), ("offer", 3, "anna.1", 800)]
    assert _segments(story.at(1_000, left("anna"))) == [("talk", 4, "anna.2", 100)]


def _segments(story: Playbook) -> list[tuple[str, int, str | None, int]]:
    segments = [command for command in story.came if isinstance(command, RecordSegment)]
    return [(each.kind.value, each.number, each.offer, each.ended_ms - each.started_ms) for each in segments]


def test_the_service_level_counts_who_was_answered_in_time() -> None:
    quick = dataclasses.replace(queue("general", wrap_up_ms=0, offer_timeout_ms=60_000), service_level_ms=5_000)
    story = Playbook.open(configuration(agent("ada"), queues=(quick,)))
    story.at(100, arrived("anna")).at(5_100, answered("anna.1")).at(6_000, left("anna"))
    story.at(7_000, arrived("ben")).at(12_001, answered("ben.1")).at(13_000, left("ben"))
    assert story.auditor.counts["answered"] == 2
    assert story.auditor.counts[IN_SERVICE_LEVEL] == 1


def test_each_kind_of_decision_is_counted() -> None:
    story = Playbook.open(_center()).at(100, arrived("anna"), prioritised("anna", 9))
    assert story.auditor.counts["decisions prioritised"] == 1

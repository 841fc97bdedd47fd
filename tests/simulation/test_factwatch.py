"""The facts of which all figures are made: wrong ones are noticed, and right ones add up in every grouping."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain, combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.commands import Command, RecordContact
from callcenter.events import AgentNotReady, CallHeld, CallTransferred, Event, WrapUpEnded
from callcenter.facts import RecordPart, RecordStretch, RecordVisit, VisitEnd
from callcenter.simulation.promises import BrokenInvariantError
from callcenter.simulation.world import World
from callcenter.stories import QueueLeft
from callcenter.talks import Direction, Target
from callcenter.types import AgentId, AgentState, Configuration, ContactId, Outcome, QueueName
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
    queue,
    without,
)
from tests.simulation.hearing import Hearing, heard

ADA, ANNA = AgentId("ada"), ContactId("anna")
MAX_EXAMPLES = 30


def _center() -> Configuration:
    return configuration(agent("ada"), agent("bob", "sales"), queues=(queue("general"), queue("sales")))


OFFER: tuple[Event, ...] = (arrived("anna"),)
ANSWER: tuple[Event, ...] = (*OFFER, answered("anna.1"))
LEAVE: tuple[Event, ...] = (*OFFER, left("anna"))
MOVE: tuple[Event, ...] = (*OFFER, moved("anna", "sales"))
HOLD: tuple[Event, ...] = (*ANSWER, CallHeld(ADA, ANNA, True))
HAND_ON: tuple[Event, ...] = (*ANSWER, CallTransferred(ADA, ANNA, Target(queue=QueueName("sales"))))
OVER: tuple[Event, ...] = (*HOLD, left("anna"), WrapUpEnded(ADA, ANNA, "sold"))
LUNCH: tuple[Event, ...] = (AgentNotReady(ADA, "lunch"),)
TRAINING: tuple[Event, ...] = (*LUNCH, AgentNotReady(ADA, "training"))


def _last(kind: type[Command], **fields: Any) -> Distort:
    """Other fields in the last command of this kind alone."""

    def distort(commands: list[Command]) -> list[Command]:
        last = max(at for at, command in enumerate(commands) if isinstance(command, kind))
        changed: Any = dataclasses.replace(commands[last], **fields)
        return [*commands[:last], changed, *commands[last + 1 :]]

    return distort


def _except_last(commands: list[Command]) -> list[Command]:
    last = max(at for at, command in enumerate(commands) if isinstance(command, RecordStretch))
    return [*commands[:last], *commands[last + 1 :]]


@pytest.mark.parametrize(
    ("events", "distort", "promise"),
    [
        (OFFER, without(RecordVisit), "who waits is on a visit"),
        (OFFER, changed(RecordVisit, number=2), "visits are numbered without a gap"),
        (OFFER, changed(RecordVisit, queue=QueueName("sales")), "who waits is on a visit to that queue"),
        (OFFER, changed(RecordVisit, began_ms=0), "a visit begins now"),
        (OFFER, changed(RecordVisit, queued_ms=0), "a visit waits since"),
        (OFFER, changed(RecordVisit, entry="800"), "a visit says what was dialled"),
        (ANSWER, without(RecordVisit), "a visit ends as the contact leaves its queue"),
        (ANSWER, changed(RecordVisit, outcome=VisitEnd.OTHER, agent=None), "a visit ends as the contact leaves"),
        (ANSWER, changed(RecordVisit, agent=AgentId("bob")), "each answered visit is the begin of a part"),
        (ANSWER, changed(RecordVisit, waited_ms=5), "a visit waited until now"),
        (ANSWER, changed(RecordVisit, ended_ms=1), "a visit ends now"),
        (ANSWER, changed(RecordVisit, began_ms=1), "a visit ends as it began"),
        (ANSWER, changed(RecordVisit, service_level_ms=1), "a visit has its queue's limits"),
        (LEAVE, changed(RecordVisit, outcome=VisitEnd.OVERFLOWED), "a visit ends as the contact leaves its queue"),
        (LEAVE, changed(RecordVisit, agent=ADA), "only an answer is somebody's"),
        (MOVE, _last(RecordVisit, queue=QueueName("general")), "a visit goes on for who stays"),
        (MOVE, _last(RecordVisit, after_transfer=True), "one by transfer if it is"),
        (HAND_ON, changed(RecordVisit, after_transfer=False), "one by transfer if it is"),
        (OVER, without(RecordPart), "each part is recorded once"),
        (OVER, changed(RecordPart, number=2), "parts are numbered without a gap"),
        (OVER, changed(RecordPart, hold_ms=0), "a part took what a stopwatch says"),
        (OVER, changed(RecordPart, ring_ms=0), "a part took what a stopwatch says"),
        (OVER, changed(RecordPart, direction=Direction.OUT), "a part took what a stopwatch says"),
        (OVER, changed(RecordPart, disposition=None), "a part has the disposition"),
        (OVER, changed(RecordPart, queue=QueueName("sales")), "a part is in the queue whose visit was answered"),
        (OVER, changed(RecordPart, entry=""), "a part says what was dialled"),
        (LUNCH, without(RecordStretch), "who is signed in is in a stretch of that state"),
        (LUNCH, _last(RecordStretch, number=1), "stretches are numbered upwards"),
        (LUNCH, _last(RecordStretch, began_ms=1), "a stretch begins now"),
        (LUNCH, _last(RecordStretch, reason=None), "a stretch has the agent's reason"),
        (LUNCH, _except_last, "stretches follow each other without a gap"),
        (TRAINING, without(RecordStretch), "a stretch has the agent's reason"),
    ],
)
def test_a_wrong_fact_is_noticed(events: tuple[Event, ...], distort: Distort, promise: str) -> None:
    story = Playbook.open(_center())
    with pytest.raises(BrokenInvariantError, match=promise):
        feed_distorted(story, distort, *events)


def test_a_stretch_that_does_not_add_up_to_the_day_is_noticed() -> None:
    story = Playbook.open(_center()).at(100, AgentNotReady(ADA, "lunch"))
    tally = story.engine.snapshot().tally.agents[ADA]
    tally.figures = dataclasses.replace(tally.figures, ready_ms=1)
    with pytest.raises(BrokenInvariantError, match="an agent's stretches add up to its day"):
        story.at(200, AgentNotReady(ADA, "training"))


# ---- whatever happens, the sums hold


_KEYS: dict[str, Callable[[RecordVisit], object]] = {
    "quarter": lambda visit: visit.began_ms // 900_000,
    "hour": lambda visit: visit.began_ms // 3_600_000,
    "queue": lambda visit: visit.queue,
    "tier": lambda visit: visit.tier,
    "entry": lambda visit: visit.entry,
    "after transfer": lambda visit: visit.after_transfer,
}
_GROUPINGS = list(chain.from_iterable(combinations(_KEYS, many) for many in range(len(_KEYS) + 1)))


def _grouped(visits: Iterable[RecordVisit], by: tuple[str, ...]) -> dict[object, Counter[str]]:
    groups: dict[object, Counter[str]] = {}
    for visit in visits:
        groups.setdefault(tuple(_KEYS[key](visit) for key in by), Counter())[_became(visit)] += 1
    return groups


def _became(visit: RecordVisit) -> str:
    if visit.outcome is None or visit.waited_ms is None:
        return "waiting"
    short = visit.outcome is VisitEnd.ABANDONED and visit.waited_ms < visit.short_abandon_ms
    return "short_abandoned" if short else visit.outcome.value


@settings(max_examples=MAX_EXAMPLES, deadline=None)
@given(seed=st.integers(0, 1 << 32), events=st.integers(1, 400))
def test_for_any_sequence_of_events_the_sums_hold(seed: int, events: int) -> None:
    world, hearing = heard(seed, events)
    visits: dict[tuple[str, int], RecordVisit] = {}
    begun = 0
    for visit in hearing.of(RecordVisit):
        begun += (visit.contact, visit.number) not in visits
        visits[visit.contact, visit.number] = visit
    for by in _GROUPINGS:
        groups = _grouped(visits.values(), by)
        offered = Counter(tuple(_KEYS[key](visit) for key in by) for visit in visits.values())
        assert {key: sum(counts.values()) for key, counts in groups.items()} == dict(offered)
        assert sum(offered.values()) == begun
    _same_as_said_otherwise(world, hearing, list(visits.values()))
    _same_as_is(world, hearing, list(visits.values()))


def _same_as_said_otherwise(world: World, hearing: Hearing, visits: list[RecordVisit]) -> None:
    """What became of visits is what the core has said for the live figures; parts are what was answered, and more."""
    ends = {Outcome.ANSWERED: "answered", Outcome.ABANDONED: "abandoned", Outcome.OVERFLOWED: "overflowed"}
    told = Counter((left.queue, ends.get(left.outcome, "other"), left.waited_ms) for left in hearing.of(QueueLeft))
    assert told == Counter((one.queue, one.outcome.value, one.waited_ms) for one in visits if one.outcome is not None)
    waited = {one.contact for one in visits}
    abandoned = [one for one in hearing.of(RecordContact) if one.outcome is Outcome.ABANDONED and one.queue is not None]
    assert all(one.contact in waited for one in abandoned)
    answers = Counter((one.agent, one.contact, one.ended_ms) for one in visits if one.outcome is VisitEnd.ANSWERED)
    parts = Counter((one.agent, one.contact, one.began_ms) for one in hearing.of(RecordPart))
    open_ = Counter(
        (agent.config.id, agent.contact, agent.part.connected_ms)
        for agent in world.engine.snapshot().agents.values()
        if agent.part is not None and agent.contact is not None
    )
    assert answers <= parts + open_


def _same_as_is(world: World, hearing: Hearing, visits: list[RecordVisit]) -> None:
    """Who waits, and in which state each agent is, is what goes on."""
    saved = world.engine.snapshot()
    waiting = {one.contact: one.queue for one in visits if one.outcome is None}
    assert waiting == {one.id: one.visit.queue for one in saved.contacts.values() if one.visit is not None}
    last = {(one.agent, one.began_ms): one for one in hearing.of(RecordStretch)}
    going_on = {one.agent: one.state for one in last.values() if one.ended_ms is None}
    at_work = {one.config.id: one.state for one in saved.agents.values() if one.state is not AgentState.LOGGED_OUT}
    assert going_on == at_work
    by_agent: dict[AgentId, list[RecordStretch]] = {}
    for one in sorted(last.values(), key=lambda one: one.began_ms):
        by_agent.setdefault(one.agent, []).append(one)
    for stretches in by_agent.values():
        for before, after in pairwise(stretches):
            assert before.ended_ms is not None
            assert before.ended_ms <= after.began_ms

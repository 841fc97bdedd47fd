"""The auditor speaks up: commands that are left out, doubled or wrong, and a state that is not what was said."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from callcenter.commands import (
    AgentChanged,
    Command,
    ConfirmConnection,
    LookUpCustomer,
    OfferClosed,
    RecordContact,
    RecordDisposition,
    RecordSegment,
    RingDevice,
    ScreenClear,
    ScreenPop,
    StopRinging,
)
from callcenter.events import AgentReady, Event, WrapUpEnded
from callcenter.simulation.auditor import BrokenInvariantError
from callcenter.types import AgentId, ContactId, LegEnd, OfferId, OfferState
from tests.playbook import Playbook, agent, answered, arrived, configuration, customer, device, found, left, leg_ended

Distort = Callable[[list[Command]], list[Command]]


def _without(kind: type[Command]) -> Distort:
    return lambda commands: [command for command in commands if not isinstance(command, kind)]


def _twice(kind: type[Command]) -> Distort:
    return lambda commands: [twin for c in commands for twin in ([c, c] if isinstance(c, kind) else [c])]


def _changed(kind: type[Command], **fields: Any) -> Distort:
    return lambda commands: [
        dataclasses.replace(command, **fields) if isinstance(command, kind) else command for command in commands
    ]


LOOK_UP: tuple[Event, ...] = (arrived("anna", caller="+1"),)
OFFER: tuple[Event, ...] = (arrived("anna"),)
ANSWER: tuple[Event, ...] = (*OFFER, answered("anna.1"))
LEAVE: tuple[Event, ...] = (*OFFER, left("anna"))
HANG_UP: tuple[Event, ...] = (*ANSWER, left("anna"))
DONE: tuple[Event, ...] = (*HANG_UP, WrapUpEnded(AgentId("ada"), ContactId("anna"), "sold"))
LATE: tuple[Event, ...] = (*OFFER, leg_ended("anna.1", LegEnd.BUSY), answered("anna.1"))


@pytest.mark.parametrize(
    ("events", "distort", "promise"),
    [
        (LOOK_UP, _without(LookUpCustomer), "looked up once"),
        (OFFER, _without(RingDevice), "nobody waits"),
        (OFFER, _without(ScreenPop), "the screen pops before"),
        (OFFER, _without(AgentChanged), "the desktop was told"),
        (OFFER, _twice(RingDevice), "an offer's id is new"),
        (OFFER, _changed(RingDevice, offer="anna.2"), "the screen pops before"),
        (OFFER, _changed(ScreenPop, agent="eve"), "an agent who is offered is available"),
        (OFFER, _changed(ScreenPop, agent="bob"), "the agent's own device"),
        (OFFER, _changed(ScreenPop, tier="gold"), "the screen says what is known"),
        (OFFER, _changed(ScreenPop, rule="gold first"), "the screen says why"),
        (OFFER, _changed(RecordSegment, number=2), "numbered without a gap"),
        (OFFER, _changed(RecordSegment, ended_ms=1), "a segment ends now"),
        (ANSWER, _without(OfferClosed), "each offer ends once"),
        (ANSWER, _twice(OfferClosed), "each offer ends once"),
        (ANSWER, _changed(OfferClosed, state=OfferState.FAILED), "each offer ends once|screen is cleared"),
        (ANSWER, _without(ConfirmConnection), "each conversation is confirmed"),
        (
            ANSWER,
            lambda commands: [*commands, StopRinging(OfferId("anna.1"), device("ada"))],
            "no live offer or conversation is stopped",
        ),
        (LEAVE, _without(StopRinging), "a phone that should not ring is stopped"),
        (LEAVE, _without(ScreenClear), "a screen is cleared"),
        (LEAVE, _without(RecordContact), "each contact ends once"),
        (LEAVE, _twice(RecordContact), "nothing is logged twice"),
        (LEAVE, _changed(RecordContact, waited_ms=7), "a wait is arrival to"),
        (HANG_UP, _changed(RecordContact, connected_ms=None), "answered means connected"),
        (HANG_UP, _without(RecordSegment), "a contact's segments reach its end"),
        (DONE, _without(RecordDisposition), "each wrap-up ends once"),
        (DONE, _twice(RecordDisposition), "nothing is logged twice"),
        (DONE, _changed(RecordDisposition, disposition=None), "each wrap-up ends once"),
        (LATE, _without(StopRinging), "a phone that should not ring is stopped"),
    ],
)
def test_a_distorted_answer_to_the_last_event_is_noticed(
    events: tuple[Event, ...], distort: Distort, promise: str
) -> None:
    story = Playbook.open(configuration(agent("ada"), agent("bob")))
    with pytest.raises(BrokenInvariantError, match=promise):
        _feed(story, events, distort)


def _feed(story: Playbook, events: tuple[Event, ...], distort: Distort) -> None:
    for step, event in enumerate(events, start=1):
        now_ms = story.START_MS + step
        commands = story.engine.handle(now_ms, event)
        told = distort(commands) if step == len(events) else commands
        story.auditor.observe(now_ms, event, told, story.engine.snapshot())


def test_a_state_that_is_not_what_was_said_is_noticed() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"))
    story.engine.snapshot().contacts[ContactId("anna")].agent = None
    with pytest.raises(BrokenInvariantError, match="contacts are conserved"):
        story.at(200, AgentReady(AgentId("ada")))


def test_a_reserved_agent_without_a_timer_is_noticed() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"))
    story.engine.snapshot().timers.armed.clear()
    with pytest.raises(BrokenInvariantError, match="has a deadline"):
        story.at(200, AgentReady(AgentId("ada")))


def test_a_wrong_number_on_the_screens_is_noticed() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"), arrived("ben"))
    overview = story.engine.overview(0)
    story.auditor.overview(overview)
    wrong = dataclasses.replace(overview.queues[0], waiting=1)
    with pytest.raises(BrokenInvariantError, match="counters equal a recount"):
        story.auditor.overview(dataclasses.replace(overview, queues=(wrong,)))


def test_a_late_record_that_does_not_reach_the_screen_is_noticed() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna", caller="+1")).wait_until(1_000)
    event = found("anna", customer(1, "gold"))
    commands = story.engine.handle(story.START_MS + 1_100, event)
    with pytest.raises(BrokenInvariantError, match="a late record reaches the screen"):
        story.auditor.observe(story.START_MS + 1_100, event, _without(ScreenPop)(commands), story.engine.snapshot())

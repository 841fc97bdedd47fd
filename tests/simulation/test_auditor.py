"""The auditor speaks up: commands that are left out, doubled or wrong, and a state that is not what was said."""

import dataclasses

import pytest

from callcenter.commands import (
    AgentChanged,
    Command,
    ConfirmConnection,
    ContactRouted,
    LookUpCustomer,
    OfferClosed,
    QueueChanged,
    RecordContact,
    RecordDisposition,
    RecordSegment,
    RingDevice,
    ScreenClear,
    ScreenPop,
    SendAway,
    StopRinging,
)
from callcenter.events import AgentReady, Event, TimePassed, WrapUpEnded
from callcenter.simulation.auditor import BrokenInvariantError
from callcenter.types import AgentId, ContactId, LegEnd, OfferId, OfferState, Outcome, QueueState
from tests.playbook import (
    Distort,
    Playbook,
    agent,
    answered,
    arrived,
    changed,
    configuration,
    customer,
    device,
    feed_distorted,
    found,
    left,
    leg_ended,
    overflow,
    queue,
    queue_set,
    rule,
    sent_away,
    synced,
    want,
    withdrawn,
    without,
)


def _twice(kind: type[Command]) -> Distort:
    return lambda commands: [twin for c in commands for twin in ([c, c] if isinstance(c, kind) else [c])]


LOOK_UP: tuple[Event, ...] = (arrived("anna", caller="+1"),)
OFFER: tuple[Event, ...] = (arrived("anna"),)
ANSWER: tuple[Event, ...] = (*OFFER, answered("anna.1"))
LEAVE: tuple[Event, ...] = (*OFFER, left("anna"))
HANG_UP: tuple[Event, ...] = (*ANSWER, left("anna"))
DONE: tuple[Event, ...] = (*HANG_UP, WrapUpEnded(AgentId("ada"), ContactId("anna"), "sold"))
WITHDRAW: tuple[Event, ...] = (*OFFER, withdrawn("anna"))
CLOSE: tuple[Event, ...] = (*OFFER, queue_set("general", QueueState.CLOSED))
LATE: tuple[Event, ...] = (*OFFER, leg_ended("anna.1", LegEnd.BUSY), answered("anna.1"))


@pytest.mark.parametrize(
    ("events", "distort", "promise"),
    [
        (LOOK_UP, without(LookUpCustomer), "looked up once"),
        (OFFER, without(RingDevice), "nobody waits"),
        (OFFER, without(ScreenPop), "the screen pops before"),
        (OFFER, without(AgentChanged), "the desktop was told"),
        (OFFER, _twice(RingDevice), "an offer's id is new"),
        (OFFER, changed(RingDevice, offer="anna.2"), "the screen pops before"),
        (OFFER, changed(ScreenPop, agent="eve"), "an agent who is offered is available"),
        (OFFER, changed(ScreenPop, agent="bob"), "the agent's own device"),
        (OFFER, changed(ScreenPop, tier="gold"), "the screen says what is known"),
        (OFFER, changed(ScreenPop, rule="gold first"), "the screen says why"),
        (OFFER, changed(RecordSegment, number=2), "numbered without a gap"),
        (OFFER, changed(RecordSegment, ended_ms=1), "a segment ends now"),
        (ANSWER, without(OfferClosed), "each offer ends once"),
        (ANSWER, _twice(OfferClosed), "each offer ends once"),
        (ANSWER, changed(OfferClosed, state=OfferState.FAILED), "each offer ends once|screen is cleared"),
        (ANSWER, without(ConfirmConnection), "each conversation is confirmed"),
        (
            ANSWER,
            lambda commands: [*commands, StopRinging(OfferId("anna.1"), device("ada"))],
            "no live offer or conversation is stopped",
        ),
        (LEAVE, without(StopRinging), "a phone that should not ring is stopped"),
        (LEAVE, without(ScreenClear), "a screen is cleared"),
        (LEAVE, without(RecordContact), "each contact ends once"),
        (LEAVE, _twice(RecordContact), "nothing is logged twice"),
        (LEAVE, changed(RecordContact, waited_ms=7), "a wait is arrival to"),
        (HANG_UP, changed(RecordContact, connected_ms=None), "answered means connected"),
        (HANG_UP, without(RecordSegment), "a contact's segments reach its end"),
        (DONE, without(RecordDisposition), "each wrap-up ends once"),
        (DONE, _twice(RecordDisposition), "nothing is logged twice"),
        (DONE, changed(RecordDisposition, disposition=None), "each wrap-up ends once"),
        (LATE, without(StopRinging), "a phone that should not ring is stopped"),
        (OFFER, without(ContactRouted), "a contact goes where its rule says"),
        (WITHDRAW, without(SendAway), "who is sent away is sent once, and nobody else"),
        (WITHDRAW, _twice(SendAway), "who is sent away is sent once, and nobody else"),
        (WITHDRAW, changed(SendAway, outcome=Outcome.CLOSED), "who is sent away hears why"),
        (CLOSE, without(QueueChanged), "a queue's new state is told once"),
    ],
)
def test_a_distorted_answer_to_the_last_event_is_noticed(
    events: tuple[Event, ...], distort: Distort, promise: str
) -> None:
    story = Playbook.open(configuration(agent("ada"), agent("bob")))
    with pytest.raises(BrokenInvariantError, match=promise):
        feed_distorted(story, distort, *events)


def test_a_state_that_is_not_what_was_said_is_noticed() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"))
    story.engine.snapshot().contacts[ContactId("anna")].ringing = ()
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
    with pytest.raises(BrokenInvariantError, match="what becomes known reaches the screen"):
        story.auditor.observe(story.START_MS + 1_100, event, without(ScreenPop)(commands), story.engine.snapshot())


def test_a_queue_that_is_not_open_is_so_on_the_screens() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, queue_set("general", QueueState.DRAINED))
    overview = story.engine.overview(0)
    story.auditor.overview(overview)
    wrong = dataclasses.replace(overview.queues[0], state=QueueState.OPEN)
    with pytest.raises(BrokenInvariantError, match="whether a queue is open"):
        story.auditor.overview(dataclasses.replace(overview, queues=(wrong,)))


def test_a_figure_of_the_day_that_is_not_so_is_noticed() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"))
    story.engine.snapshot().agents[AgentId("ada")].ready_ms += 1
    with pytest.raises(BrokenInvariantError, match="figures of the day"):
        story.at(200, AgentReady(AgentId("ada")))


def test_who_overflows_away_and_hears_something_else_is_noticed() -> None:
    config = configuration(queues=(dataclasses.replace(queue("general"), overflow=overflow(2)),))
    with pytest.raises(BrokenInvariantError, match="who is sent away hears why"):
        feed_distorted(
            Playbook(config), changed(SendAway, outcome=Outcome.WITHDRAWN), arrived("anna"), TimePassed(), TimePassed()
        )


@pytest.mark.parametrize("message", ["closed", ""])
def test_who_is_sent_away_by_a_rule_and_hears_another_message_is_noticed(message: str) -> None:
    gone = dataclasses.replace(rule("gone", to="away"), away="holiday")
    with pytest.raises(BrokenInvariantError, match="who is sent away hears the message of its rule"):
        feed_distorted(Playbook(configuration(rules=(gone,))), changed(SendAway, message=message), arrived("anna"))


def test_who_is_held_still_after_a_reconnect_hears_the_same_again() -> None:
    gone = dataclasses.replace(rule("gone", to="away"), away="holiday")
    story = Playbook(configuration(rules=(gone,))).at(10, synced()).at(20, arrived("anna"))
    story.at(2_000, synced(waiting=(arrived("anna"),))).expect(want(SendAway, contact="anna", message="holiday"))
    config = configuration(queues=(dataclasses.replace(queue("general"), overflow=overflow(1_000)),))
    story = Playbook(config).at(10, synced()).at(20, arrived("anna")).at(1_020, TimePassed())
    story.at(2_000, synced(waiting=(arrived("anna"),))).expect(sent_away("anna", Outcome.OVERFLOWED))

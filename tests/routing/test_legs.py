"""What the PBX says of legs: in time, late, twice, in another order."""

import itertools

from callcenter.commands import AgentChanged, ConfirmConnection, EventIgnored, OfferClosed, RecordContact, RingDevice
from callcenter.events import Event
from callcenter.types import AgentState, LegEnd, OfferState, Outcome
from tests.playbook import (
    Playbook,
    agent,
    answered,
    arrived,
    becomes,
    closed,
    configuration,
    left,
    leg_ended,
    recorded,
    ring,
    ringing,
    stop,
    talking,
    want,
)

CONFIG = configuration(agent("ada"))


def test_ringing_is_noted_and_a_second_time_changes_nothing() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna")).at(200, ringing("anna.1"), ringing("anna.1"))
    assert [offer.state for offer in story.engine.snapshot().offers.values()] == [OfferState.RINGING]
    story.expect_nothing_of(EventIgnored, AgentChanged)


def test_an_answer_before_the_ringing_connects() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna")).at(200, answered("anna.1"), ringing("anna.1"))
    story.expect(want(ConfirmConnection, offer="anna.1"), want(EventIgnored, event="OfferRinging"))
    story.agent_is("ada", AgentState.TALKING)


def test_an_end_before_the_answer_ends_the_offer_and_the_late_answer_is_taken_down() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna")).at(200, leg_ended("anna.1", LegEnd.BUSY))
    story.at(300, ringing("anna.1"), answered("anna.1")).expect(
        want(EventIgnored, event="OfferRinging"), want(EventIgnored, event="OfferConnected"), stop("anna.1")
    )


def test_the_end_of_an_old_offer_does_not_touch_the_new_one() -> None:
    config = configuration(agent("ada"), agent("bob"))
    story = Playbook.open(config).at(100, arrived("anna")).at(200, leg_ended("anna.1", LegEnd.BUSY))
    story.expect(closed("anna.1", OfferState.DECLINED), ring("anna.2", device="bob"))
    late: list[Event] = [*(leg_ended("anna.1", how) for how in LegEnd), ringing("anna.1"), answered("anna.1")]
    story.at(300, *late).expect_nothing_of(OfferClosed, AgentChanged, RecordContact)
    story.agent_is("bob", AgentState.RESERVED)
    story.at(400, answered("anna.2")).at(500, *late).expect_nothing_of(OfferClosed, AgentChanged, RecordContact)
    story.expect(stop("anna.1")).agent_is("bob", AgentState.TALKING)


def test_whatever_is_said_of_an_unknown_offer_changes_nothing() -> None:
    for event in (ringing("x.1"), answered("x.1"), leg_ended("x.1", LegEnd.HUNG_UP), answered("odd"), answered("")):
        story = Playbook.open(CONFIG).at(100, event).expect(want(EventIgnored))
        assert len(story.came) == 1


def test_the_agent_hangs_up_first() -> None:
    story = (
        talking(CONFIG)
        .at(2_000, leg_ended("anna.1", LegEnd.HUNG_UP))
        .expect(recorded("anna", Outcome.ANSWERED), becomes("ada", AgentState.WRAP_UP))
    )
    story.at(2_001, left("anna")).expect(want(EventIgnored, event="CallerLeft")).expect_nothing_of(RecordContact)


def test_messages_of_one_call_in_any_order_never_break_anything() -> None:
    messages: tuple[Event, ...] = (
        ringing("anna.1"),
        answered("anna.1"),
        leg_ended("anna.1", LegEnd.HUNG_UP),
        left("anna"),
        leg_ended("anna.1", LegEnd.CALLER_GONE),
    )
    for order in itertools.permutations(messages):  # the auditor listens to each of them
        story = Playbook.open(CONFIG).at(100, arrived("anna"))
        records = 0
        for at_ms, message in enumerate(order, start=200):
            story.at(at_ms, message, message)
            records += sum(isinstance(command, RecordContact) for command in story.came)
        assert records == 1
        story.wait_until(100_000).expect_nothing_of(RingDevice)
        story.agent_is("ada", AgentState.READY)

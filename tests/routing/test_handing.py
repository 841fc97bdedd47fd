"""Calls that are handed over: to a queue, to an agent, to a number outside."""

from dataclasses import replace

import pytest

from callcenter.call_commands import ReturnCaller, RingNumber
from callcenter.commands import ConfirmConnection, EventIgnored, RecordContact, RecordDisposition, RingDevice, ScreenPop
from callcenter.events import AgentNotReady, CallerReturned, CallTransferred, PbxLost, WrapUpEnded
from callcenter.talks import Target
from callcenter.types import (
    AgentId,
    AgentState,
    ContactId,
    ContactState,
    DecisionKind,
    LegEnd,
    Outcome,
    QueueName,
    QueueState,
    SegmentKind,
)
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    decided,
    left,
    leg,
    leg_ended,
    no,
    pop,
    queue,
    queue_set,
    recorded,
    ring,
    ringing,
    segment,
    stop,
    synced,
    talking,
    want,
)

ADA, BOB, ANNA = AgentId("ada"), AgentId("bob"), ContactId("anna")
QUEUES = (queue("general"), queue("sales"))
SALES, TO_BOB = Target(queue=QueueName("sales")), Target(agent=BOB)
NUMBER = Target(number="+4930123456")
BACK = CallerReturned(ANNA)


def handed(to: Target, note: str = "") -> Playbook:
    """ada, who serves general, talks with anna since 1_000 and hands her over at 9_000; bob serves sales."""
    config = configuration(agent("ada"), agent("bob", "sales"), queues=QUEUES)
    return talking(config).at(9_000, CallTransferred(ADA, ANNA, to, note))


def test_to_a_queue_the_contact_waits_there_and_the_agent_wraps_up_its_part() -> None:
    story = handed(SALES, "Wants three.")
    story.expect(
        segment("anna", 3, kind=SegmentKind.TALK, agent=ADA),
        decided("anna", 2, DecisionKind.TRANSFERRED, queue="sales", by="ada"),
        want(ReturnCaller, contact=ANNA),
        stop("anna.1"),
        no(RingDevice),
        no(RecordContact),
    )
    story.agent_is("ada", AgentState.WRAP_UP)
    story.at(9_100, leg_ended("anna.1", LegEnd.HUNG_UP)).expect(want(EventIgnored))
    story.at(9_200, BACK).expect(pop("anna.2", agent=BOB, contact=ANNA), ring("anna.2"))
    notes = story.first(ScreenPop).notes
    assert [(note.by, note.text) for note in notes] == [("ada", "Wants three.")]


def test_each_part_has_a_disposition_of_its_own() -> None:
    story = handed(SALES).at(9_200, BACK).at(12_000, answered("anna.2"))
    story.at(15_000, WrapUpEnded(ADA, ANNA, "sent on"))
    story.expect(want(RecordDisposition, agent=ADA, queue="general", disposition="sent on", handled_ms=14_000))
    story.at(20_000, leg_ended("anna.2", LegEnd.HUNG_UP)).expect(recorded("anna", Outcome.ANSWERED, agent=BOB))
    story.at(21_000, WrapUpEnded(BOB, ANNA, "sold"))
    story.expect(want(RecordDisposition, agent=BOB, queue="sales", disposition="sold", handled_ms=9_000))
    assert story.is_gone("anna")


def test_a_contact_that_ends_before_the_first_agents_wrap_up_is_remembered_for_it() -> None:
    story = handed(SALES).at(9_200, BACK, left("anna"))
    story.at(15_000, WrapUpEnded(ADA, ANNA, "sent on")).expect(want(RecordDisposition, agent=ADA))
    assert story.is_gone("anna")


def test_a_caller_who_gives_up_after_a_transfer_was_answered_and_its_last_wait_says_so() -> None:
    story = handed(SALES).at(9_200, BACK).at(9_900, leg_ended("anna.2", LegEnd.BUSY)).at(12_000, left("anna"))
    story.expect(
        want(RecordContact, outcome=Outcome.ANSWERED, agent=ADA),
    )
    story.at(13_000, WrapUpEnded(ADA, ANNA, None))
    assert story.is_gone("anna")


def test_to_an_agent_who_serves_another_queue() -> None:
    story = handed(TO_BOB).at(9_200, BACK)
    story.expect(pop("anna.2", agent=BOB, given_by="ada", queue="general"), ring("anna.2"))


def test_to_an_agent_who_does_not_answer_it_waits_in_its_queue_in_front() -> None:
    story = handed(TO_BOB).at(9_200, BACK).at(9_300, ringing("anna.2")).wait_until(30_000)
    assert (story.contact("anna").queue, story.contact("anna").priority) == ("general", 100)
    story.at(50_000, WrapUpEnded(ADA, ANNA, None)).expect(want(RecordDisposition), ring("anna.3"))


def test_to_an_agent_who_is_gone_when_the_caller_comes_it_waits_in_front() -> None:
    story = handed(TO_BOB).at(9_100, AgentNotReady(BOB, "lunch")).at(9_200, BACK).expect(no(RingDevice))
    assert story.contact("anna").priority == 100


@pytest.mark.parametrize(
    "to", [Target(queue=QueueName("none")), Target(agent=ADA), Target(agent=AgentId("eve")), Target()]
)
def test_what_cannot_be_is_ignored_aloud_and_the_talk_goes_on(to: Target) -> None:
    story = handed(to)
    story.expect(want(EventIgnored, event="CallTransferred"), no(ReturnCaller))
    story.agent_is("ada", AgentState.TALKING)


def test_a_number_that_answers_has_the_caller() -> None:
    story = handed(NUMBER).at(9_200, BACK)
    story.expect(want(RingNumber, offer="anna.2", number="+4930123456"), no(RingDevice))
    story.at(9_500, ringing("anna.2")).at(12_000, answered("anna.2"))
    story.expect(want(ConfirmConnection, offer="anna.2"))
    assert story.contact("anna").state is ContactState.AWAY
    story.at(20_000, leg_ended("anna.2", LegEnd.HUNG_UP))
    story.expect(
        segment("anna", 6, kind=SegmentKind.AWAY, started_ms=story.ms(12_000)),
        recorded("anna", Outcome.ANSWERED, agent=ADA),
    )
    story.at(21_000, WrapUpEnded(ADA, ANNA, None))
    assert story.is_gone("anna")


@pytest.mark.parametrize("how", [LegEnd.BUSY, LegEnd.NO_ANSWER, LegEnd.UNREACHABLE])
def test_a_number_that_does_not_answer_brings_the_caller_back_in_front(how: LegEnd) -> None:
    story = handed(NUMBER).at(9_200, BACK).at(9_500, leg_ended("anna.2", how))
    assert story.contact("anna").state is ContactState.WAITING
    assert (story.contact("anna").queue, story.contact("anna").priority) == ("general", 100)


def test_a_queue_that_closes_meanwhile_does_not_take_the_caller_from_the_number() -> None:
    story = handed(NUMBER).at(9_100, queue_set("general", QueueState.CLOSED)).at(9_200, BACK)
    story.expect(want(RingNumber))


def test_a_caller_who_leaves_while_the_number_rings() -> None:
    story = handed(NUMBER).at(9_200, BACK).at(9_500, left("anna"))
    story.expect(stop("anna.2"), recorded("anna", Outcome.ANSWERED))


def test_after_a_reconnect_the_pbx_is_told_again() -> None:
    story = handed(SALES).at(9_050, PbxLost(PBX))
    story.at(9_100, synced(waiting=(arrived("anna"),), legs=(leg("anna.1", "anna"),)))
    story.expect(want(ReturnCaller, contact=ANNA), stop("anna.1"))


def test_after_a_reconnect_who_talks_with_a_number_still_does() -> None:
    story = handed(NUMBER).at(9_200, BACK).at(12_000, answered("anna.2")).at(13_000, PbxLost(PBX))
    story.at(14_000, synced(waiting=(arrived("anna"),), legs=(leg("anna.2", "anna"),)))
    story.expect(want(ConfirmConnection, offer="anna.2"))
    assert story.contact("anna").state is ContactState.AWAY
    story.at(15_000, PbxLost(PBX)).at(16_000, synced())
    story.expect(recorded("anna", Outcome.ANSWERED))


def test_the_agents_own_order_of_queues_and_its_refusals_count_again() -> None:
    config = configuration(agent("ada"), agent("bob"), queues=QUEUES)
    story = talking(replace(config, decline_backoff_ms=0)).at(9_000, CallTransferred(ADA, ANNA, TO_BOB))
    story.at(9_100, WrapUpEnded(ADA, ANNA, None)).at(9_200, BACK).expect(ring("anna.2"))
    story.at(9_900, leg_ended("anna.2", LegEnd.BUSY)).expect(ring("anna.3"))

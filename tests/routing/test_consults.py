"""Agents who ask somebody while the customer is on hold: back, handed over, a talk of three, and whoever hangs up."""

from dataclasses import replace

import pytest

from callcenter.call_commands import ConferCallers, FetchCaller, HoldCaller, ReleaseCaller, RingNumber
from callcenter.commands import (
    CallChanged,
    EventIgnored,
    PlaySounds,
    RecordContact,
    RecordDisposition,
    RingDevice,
    ScreenClear,
    ScreenPop,
)
from callcenter.events import (
    CallConsulted,
    CallHeld,
    CallHungUp,
    CallTransferred,
    ConsultCancelled,
    ConsultCompleted,
    ConsultConferred,
    ContactMoved,
    PbxLost,
)
from callcenter.talks import ConsultState, TalkState, Target
from callcenter.types import (
    AgentId,
    AgentState,
    ChannelRef,
    ContactId,
    ContactState,
    DecisionKind,
    LegEnd,
    OfferId,
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
    queue,
    queue_set,
    recorded,
    ring,
    segment,
    stop,
    synced,
    talking,
    want,
)

ADA, BOB, ANNA = AgentId("ada"), AgentId("bob"), ContactId("anna")
ASKED, LEG, BOBS = ContactId("anna-c1"), OfferId("anna.1"), OfferId("anna-c1.1")
TO_BOB, SALES, NUMBER = Target(agent=BOB), Target(queue=QueueName("sales")), Target(number="+4930123456")
COMPLETE, CANCEL = ConsultCompleted(ADA, ANNA, "Three."), ConsultCancelled(ADA, ANNA)
CONFER = ConsultConferred(ADA, ANNA)
HELD = replace(leg("anna.1"), holds=ANNA)
BESIDE = replace(leg("anna-c1.1"), beside=LEG)


def asking(to: Target = TO_BOB) -> Playbook:
    """ada talks with anna since 1_000 and asks somebody at 9_000; bob serves sales."""
    queues = (queue("general"), queue("sales"))
    story = talking(configuration(agent("ada"), agent("bob", "sales"), queues=queues))
    return story.at(9_000, CallConsulted(ADA, ANNA, to))


def asked(to: Target = TO_BOB) -> Playbook:
    """And whoever was asked has answered at 10_000."""
    return asking(to).at(10_000, answered("anna-c1.1"))


def of_three() -> Playbook:
    return asked().at(11_000, CONFER)


def shown(story: Playbook) -> ConsultState | None:
    talk = story.contact("anna").talk
    return talk.consult.state if talk is not None and talk.consult is not None else None


@pytest.mark.parametrize("to", [TO_BOB, SALES])
def test_the_caller_is_held_and_the_agents_own_leg_is_the_caller_of_the_consultation(to: Target) -> None:
    story = asking(to)
    story.expect(
        want(HoldCaller, contact=ANNA),
        want(ScreenPop, agent=BOB, contact=ASKED),
        ring("anna-c1.1", channel=ChannelRef(PBX, LEG)),
    )
    story.expect(decided("anna", 2, DecisionKind.CONSULTED, by="ada"))
    assert shown(story) is ConsultState.RINGING
    story.at(10_000, answered("anna-c1.1")).expect(
        want(CallChanged, agent=BOB, contact=ASKED), want(CallChanged, agent=ADA, contact=ANNA), no(RecordContact)
    )
    assert shown(story) is ConsultState.TALKING


def test_a_number_is_asked() -> None:
    story = asking(NUMBER)
    story.expect(want(RingNumber, number="+4930123456", channel=ChannelRef(PBX, LEG)), no(RingDevice))
    story.at(10_000, answered("anna-c1.1"))
    assert shown(story) is ConsultState.TALKING


def test_back_to_the_customer() -> None:
    story = asked().at(15_000, CANCEL)
    story.expect(
        segment("anna", 5, kind=SegmentKind.CONSULT, agent=BOB, result="ended"),
        stop("anna-c1.1"),
        want(ScreenClear, agent=BOB),
        segment("anna", 6, kind=SegmentKind.HOLD, agent=ADA),
        want(FetchCaller, offer=LEG),
    )
    story.agent_is("bob", AgentState.READY)
    story.at(15_100, leg_ended("anna-c1.1", LegEnd.HUNG_UP)).expect(want(EventIgnored))
    assert shown(story) is None


def test_handed_over_with_the_notes() -> None:
    story = asked().at(15_000, COMPLETE)
    story.expect(
        segment("anna", 5, kind=SegmentKind.CONSULT, agent=BOB, result="completed"),
        segment("anna", 6, kind=SegmentKind.HOLD, agent=ADA),
        decided("anna", 3, DecisionKind.TRANSFERRED, by="ada"),
        want(ScreenPop, agent=BOB, contact=ANNA, offer=BOBS),
        want(FetchCaller, contact=ANNA, offer=BOBS),
        stop("anna.1"),
    )
    story.agent_is("ada", AgentState.WRAP_UP)
    assert story.agent("bob").contact == ANNA
    assert [note.text for note in story.contact("anna").notes] == ["Three."]
    story.at(15_100, leg_ended("anna.1", LegEnd.HUNG_UP)).expect(want(EventIgnored))
    story.at(20_000, leg_ended("anna-c1.1", LegEnd.HUNG_UP)).expect(recorded("anna", Outcome.ANSWERED, agent=BOB))
    story.agent_is("bob", AgentState.WRAP_UP)


def test_a_number_that_was_asked_gets_the_customer() -> None:
    story = asked(NUMBER).at(15_000, COMPLETE)
    story.expect(want(FetchCaller, contact=ANNA, offer=BOBS), stop("anna.1"))
    assert story.contact("anna").state is ContactState.AWAY
    story.at(20_000, leg_ended("anna-c1.1", LegEnd.HUNG_UP)).expect(recorded("anna", Outcome.ANSWERED, agent=ADA))


@pytest.mark.parametrize("how", [LegEnd.BUSY, LegEnd.UNREACHABLE, LegEnd.CALLER_GONE])
def test_nobody_answers_and_the_customer_stays_on_hold(how: LegEnd) -> None:
    story = asking().at(10_000, leg_ended("anna-c1.1", how))
    assert shown(story) is ConsultState.FAILED
    assert story.contact("anna").talk.state is TalkState.HELD  # type: ignore[union-attr]
    story.at(12_000, CANCEL).expect(want(FetchCaller, offer=LEG))


def test_whoever_was_asked_hangs_up() -> None:
    story = asked().at(12_000, leg_ended("anna-c1.1", LegEnd.HUNG_UP))
    assert shown(story) is ConsultState.FAILED
    story.agent_is("bob", AgentState.READY)
    story.at(13_000, CallConsulted(ADA, ANNA, TO_BOB)).expect(ring("anna-c2.1"), no(HoldCaller))


def test_a_queue_that_is_asked_rings_the_next_one_and_says_nothing_to_the_agent() -> None:
    story = asking(SALES).at(10_000, leg_ended("anna-c1.1", LegEnd.BUSY)).expect(no(PlaySounds))
    assert shown(story) is ConsultState.RINGING
    story.at(11_000, queue_set("sales", QueueState.CLOSED))
    assert shown(story) is ConsultState.FAILED


def test_a_talk_of_three_and_back_to_two() -> None:
    story = of_three()
    story.expect(
        segment("anna", 5, kind=SegmentKind.HOLD),
        want(ConferCallers, contact=ANNA, legs=(LEG, BOBS)),
        want(CallChanged, agent=ADA, conference=True, on_hold=False),
    )
    story.at(15_000, CANCEL).expect(
        stop("anna-c1.1"),
        want(CallChanged, agent=BOB, contact=None),
        want(CallChanged, agent=ADA, contact=ANNA, conference=False),
    )
    story.at(16_000, CallHeld(ADA, ANNA, True)).expect(want(HoldCaller, offer=LEG))


def test_the_agent_leaves_a_talk_of_three_and_whoever_was_asked_has_the_customer() -> None:
    story = of_three().at(15_000, CallHungUp(ADA, ANNA)).expect(stop("anna.1"))
    story.at(15_100, leg_ended("anna.1", LegEnd.HUNG_UP)).expect(no(FetchCaller), no(RecordContact))
    story.agent_is("ada", AgentState.WRAP_UP)
    assert story.contact("anna").agent == BOB
    story.at(20_000, left("anna")).expect(recorded("anna", Outcome.ANSWERED, agent=BOB), stop("anna-c1.1"))


def test_the_caller_leaves_a_talk_of_three() -> None:
    story = of_three().at(15_000, left("anna")).expect(stop("anna-c1.1"), stop("anna.1"))
    story.agent_is("ada", AgentState.WRAP_UP)
    story.agent_is("bob", AgentState.READY)


def test_the_caller_hangs_up_on_hold() -> None:
    story = asked().at(12_000, left("anna")).expect(stop("anna-c1.1"), stop("anna.1"))
    story.agent_is("ada", AgentState.WRAP_UP)
    story.agent_is("bob", AgentState.READY)
    story.expect(no(RecordDisposition))


def test_the_agent_hangs_up_by_phone_while_it_asks() -> None:
    story = asked().at(12_000, leg_ended("anna.1", LegEnd.HUNG_UP))
    story.expect(stop("anna-c1.1"), recorded("anna", Outcome.ANSWERED), want(ReleaseCaller, contact=ANNA))


def test_a_transfer_ends_the_consultation() -> None:
    story = asked().at(12_000, CallTransferred(ADA, ANNA, SALES)).expect(stop("anna-c1.1"), stop("anna.1"))
    assert story.contact("anna").queue == "sales"


@pytest.mark.parametrize("order", [COMPLETE, CONFER])
def test_nobody_is_handed_over_to_who_has_not_answered(order: ConsultCompleted | ConsultConferred) -> None:
    asking().at(9_500, order).expect(want(EventIgnored), no(FetchCaller), no(ConferCallers))


def test_a_consultation_is_nobody_elses_contact() -> None:
    story = asked()
    story.at(11_000, CallHeld(BOB, ASKED, True)).expect(want(EventIgnored), no(HoldCaller))
    story.at(11_100, CallConsulted(ADA, ANNA, SALES)).expect(want(EventIgnored))
    story.at(11_200, ContactMoved(ASKED, QueueName("general"), "sue")).expect(want(EventIgnored))
    assert [view.id for view in story.engine.overview(story.ms(11_300)).contacts] == [ANNA]


def synced_with(*legs: object, held: bool) -> object:
    sync = synced(waiting=(arrived("anna"),), legs=legs)  # type: ignore[arg-type]
    return replace(sync, held=(ANNA,) if held else ())


def test_after_a_reconnect_they_talk_as_before() -> None:
    story = asked().at(12_000, PbxLost(PBX)).at(13_000, synced_with(HELD, BESIDE, held=True))  # type: ignore[arg-type]
    story.expect(no(FetchCaller), no(CallChanged))
    assert shown(story) is ConsultState.TALKING


def test_after_a_reconnect_an_answer_is_found() -> None:
    story = asking().at(9_500, PbxLost(PBX)).at(10_000, synced_with(HELD, BESIDE, held=True))  # type: ignore[arg-type]
    assert shown(story) is ConsultState.TALKING


def test_after_a_reconnect_what_the_pbx_was_not_told_is_told_again() -> None:
    story = asked().at(12_000, COMPLETE).at(12_100, PbxLost(PBX))
    story.at(13_000, synced_with(HELD, BESIDE, held=True))  # type: ignore[arg-type]
    story.expect(want(FetchCaller, contact=ANNA, offer=BOBS), stop("anna.1"))
    story = of_three().at(12_100, PbxLost(PBX)).at(13_000, synced_with(HELD, BESIDE, held=True))  # type: ignore[arg-type]
    story.expect(want(ConferCallers))


def test_after_a_reconnect_three_talk_still() -> None:
    legs = (leg("anna.1", "anna"), leg("anna-c1.1", "anna"))
    story = of_three().at(12_100, PbxLost(PBX)).at(13_000, synced_with(*legs, held=False))  # type: ignore[arg-type]
    story.expect(no(ConferCallers), no(FetchCaller))
    assert story.contact("anna").talk.state is TalkState.CONFERENCE  # type: ignore[union-attr]


def test_after_a_reconnect_whoever_was_asked_is_gone() -> None:
    story = asked().at(12_000, PbxLost(PBX)).at(13_000, synced_with(HELD, held=True))  # type: ignore[arg-type]
    assert shown(story) is ConsultState.FAILED
    story.agent_is("bob", AgentState.READY)

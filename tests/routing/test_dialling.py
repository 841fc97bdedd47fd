"""Agents who call customers: the own phone, the number, and from the answer on a call as any other."""

from dataclasses import replace

import pytest

from callcenter.call_commands import DialCustomer, FetchCaller, HoldCaller, RingOwnPhone, StopDialling
from callcenter.commands import (
    CallChanged,
    ConfirmConnection,
    EventIgnored,
    LookUpCustomer,
    RecordContact,
    ScreenPop,
    SendAway,
)
from callcenter.events import (
    AgentNotReady,
    CallDialled,
    CallHeld,
    CallTransferred,
    ContactArrived,
    NumberFailed,
    PbxLost,
    WrapUpEnded,
)
from callcenter.talks import Direction, Target
from callcenter.types import (
    AgentId,
    AgentState,
    ChannelRef,
    ContactId,
    DeviceStatus,
    LegEnd,
    OfferId,
    Outcome,
    QueueName,
    SegmentKind,
)
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    leg,
    leg_ended,
    no,
    phone,
    queue,
    recorded,
    ring,
    segment,
    stop,
    synced,
    want,
)

ADA, OUT = AgentId("ada"), ContactId("pbx1-out-1")
CHANNEL = ChannelRef(PBX, "out")
DIAL = CallDialled(ADA, OUT, CHANNEL, "+4930123456", QueueName("sales"))
LEG = OfferId("pbx1-out-1.1")
THERE = ContactArrived(OUT, CHANNEL, "+4930123456", "", "+4930123456", outbound=True)
FAILED = NumberFailed(OUT, LegEnd.BUSY)


def dialling() -> Playbook:
    """ada calls since 1_000."""
    config = configuration(agent("ada"), agent("bob", "sales"), queues=(queue("general"), queue("sales")))
    return Playbook.open(config).at(1_000, DIAL)


def called() -> Playbook:
    """And has answered her own phone at 2_000."""
    return dialling().at(2_000, answered(LEG))


def test_the_own_phone_rings_and_the_record_is_looked_up() -> None:
    story = dialling().expect(
        want(LookUpCustomer, caller="+4930123456"),
        want(ScreenPop, agent=ADA, contact=OUT, queue="sales"),
        want(CallChanged, contact=OUT, dialling=True, direction=Direction.OUT, number="+4930123456"),
        want(RingOwnPhone, offer=LEG, number="+4930123456"),
        no(DialCustomer),
    )
    story.agent_is("ada", AgentState.TALKING)


def test_then_the_number_is_called_once() -> None:
    story = called().expect(want(DialCustomer, contact=OUT, number="+4930123456"))
    story.at(2_100, answered(LEG)).expect(no(DialCustomer))


def test_the_customer_answers_and_it_is_a_call_as_any_other() -> None:
    story = called().at(5_000, THERE)
    story.expect(
        segment(OUT, 1, kind=SegmentKind.DIALLING, agent=ADA),
        want(ConfirmConnection, offer=LEG),
        want(FetchCaller, contact=OUT, offer=LEG),
        want(CallChanged, dialling=False),
    )
    story.at(6_000, CallHeld(ADA, OUT, True)).expect(want(HoldCaller, contact=OUT))
    story.at(7_000, CallTransferred(ADA, OUT, Target(queue=QueueName("sales"))))
    assert story.contact(OUT).queue == "sales"


def test_the_log_says_that_it_was_ours_and_it_counts_for_no_service_level() -> None:
    story = called().at(5_000, THERE).at(9_000, leg_ended(LEG, LegEnd.HUNG_UP))
    story.expect(
        recorded(OUT, Outcome.ANSWERED, direction=Direction.OUT, waited_ms=4_000, service_level_ms=None, queue="sales")
    )
    story.agent_is("ada", AgentState.WRAP_UP)


@pytest.mark.parametrize("event", [FAILED, leg_ended(LEG, LegEnd.HUNG_UP)])
def test_nobody_is_there_to_talk_to(event: NumberFailed) -> None:
    story = called().at(5_000, event)
    story.expect(
        segment(OUT, 1, kind=SegmentKind.DIALLING, result="unreached"),
        recorded(OUT, Outcome.UNREACHED, connected_ms=None),
        want(StopDialling, contact=OUT),
    )
    story.agent_is("ada", AgentState.WRAP_UP)
    story.at(6_000, FAILED).expect(want(EventIgnored))


def test_the_own_phone_is_not_answered() -> None:
    story = dialling().at(5_000, leg_ended(LEG, LegEnd.NO_ANSWER)).expect(recorded(OUT, Outcome.UNREACHED))
    story.agent_is("ada", AgentState.WRAP_UP)


def test_a_customer_who_answers_when_nobody_wants_it_any_more_is_not_kept_waiting() -> None:
    story = called().at(5_000, leg_ended(LEG, LegEnd.HUNG_UP)).at(5_100, THERE)
    story.expect(want(SendAway, contact=OUT))
    assert THERE.contact in story.engine.snapshot().ended


def test_who_was_not_ready_is_so_again_afterwards() -> None:
    config = configuration(agent("ada"))
    story = Playbook.open(config).at(500, AgentNotReady(ADA, "lunch")).at(1_000, DIAL)
    story.at(2_000, leg_ended(LEG, LegEnd.BUSY)).at(3_000, WrapUpEnded(ADA, OUT, None))
    story.agent_is("ada", AgentState.NOT_READY, "lunch")


def test_what_cannot_be_is_ignored_aloud() -> None:
    story = dialling()
    story.at(1_100, DIAL).expect(want(EventIgnored), no(RingOwnPhone))
    story.at(1_200, replace(DIAL, contact=ContactId("pbx1-out2-1"))).expect(want(EventIgnored), no(RingOwnPhone))
    story.at(1_300, CallHeld(ADA, OUT, True)).expect(want(EventIgnored), no(HoldCaller))
    other = Playbook.open(configuration(agent("ada"))).at(500, phone("ada", DeviceStatus.IN_USE))
    other.at(1_000, DIAL).expect(want(EventIgnored), no(RingOwnPhone))


def test_a_caller_is_offered_to_somebody_else_meanwhile() -> None:
    dialling().at(2_000, arrived("anna")).expect(no(RecordContact))


def test_after_a_reconnect_the_number_is_called_still() -> None:
    at_desk = replace(leg(LEG), at_desk=True)
    story = called().at(3_000, PbxLost(PBX)).at(4_000, replace(synced(legs=(at_desk,)), dialling=(OUT,)))
    story.expect(no(RecordContact), no(DialCustomer))
    story.at(5_000, THERE).expect(want(FetchCaller, contact=OUT))


def test_after_a_reconnect_the_customer_is_there() -> None:
    at_desk = replace(leg(LEG), at_desk=True)
    story = called().at(3_000, PbxLost(PBX)).at(4_000, synced(waiting=(THERE,), legs=(at_desk,)))
    story.expect(want(FetchCaller, contact=OUT))


def test_after_a_reconnect_nobody_is_there_any_more() -> None:
    at_desk = replace(leg(LEG), at_desk=True)
    called().at(3_000, PbxLost(PBX)).at(4_000, synced(legs=(at_desk,))).expect(
        stop(LEG), recorded(OUT, Outcome.UNREACHED), stop(LEG)
    )


def test_after_a_reconnect_the_own_phone_has_been_answered() -> None:
    at_desk = replace(leg(LEG), at_desk=True)
    dialling().at(3_000, PbxLost(PBX)).at(4_000, synced(legs=(at_desk,))).expect(want(DialCustomer, contact=OUT))


def test_an_agent_who_is_called_back_gets_nobody_elses_contact() -> None:
    story = called().at(5_000, FAILED).at(6_000, WrapUpEnded(ADA, OUT, "no answer"))
    story.at(7_000, arrived("anna")).expect(ring("anna.1"))

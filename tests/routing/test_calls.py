"""What agents order for their calls, and what becomes of it when a side hangs up or the link is lost."""

from dataclasses import replace

from callcenter.call_commands import FetchCaller, HoldCaller, ReleaseCaller
from callcenter.commands import CallChanged, ConfirmConnection, EventIgnored, RecordSegment, StopRinging
from callcenter.events import CallHeld, CallHungUp, CallResumed, Event, PbxLost
from callcenter.talks import TalkState
from callcenter.types import AgentId, AgentState, ContactId, LegEnd, OfferId, Outcome, SegmentKind
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    arrived,
    configuration,
    left,
    leg,
    leg_ended,
    no,
    recorded,
    segment,
    stop,
    synced,
    talking,
    want,
)

ADA, ANNA = AgentId("ada"), ContactId("anna")
LEG = OfferId("anna.1")
HOLD, BACK = CallHeld(ADA, ANNA, True), CallHeld(ADA, ANNA, False)


def story(*orders: Event) -> Playbook:
    """ada talks with anna since 1_000; the orders come from 2_000 on, a second apart."""
    told = talking(configuration(agent("ada")))
    for number, order in enumerate(orders, 2):
        told.at(number * 1_000, order)
    return told


def test_hold_and_back() -> None:
    told = story(HOLD)
    told.expect(
        segment("anna", 3, kind=SegmentKind.TALK),
        want(CallChanged, contact=ANNA, on_hold=True, held_since_ms=told.ms(2_000)),
        want(HoldCaller, contact=ANNA, offer=LEG, number=1),
    )
    told.at(5_000, BACK).expect(
        segment("anna", 4, kind=SegmentKind.HOLD, agent=ADA),
        want(CallChanged, on_hold=False, held_since_ms=None),
        want(FetchCaller, contact=ANNA, offer=LEG, number=2),
    )
    told.agent_is("ada", AgentState.TALKING)


def test_the_page_is_told_of_the_call_and_of_its_end() -> None:
    told = story()
    told.at(2_000, leg_ended("anna.1", LegEnd.HUNG_UP)).expect(want(CallChanged, agent=ADA, contact=None))


def test_hang_up_by_the_page_takes_the_leg_down_and_the_rest_is_as_at_any_hang_up() -> None:
    told = story(CallHungUp(ADA, ANNA))
    told.expect(stop("anna.1"), no(RecordSegment))
    told.agent_is("ada", AgentState.TALKING)
    told.at(2_500, leg_ended("anna.1", LegEnd.HUNG_UP)).expect(recorded("anna", Outcome.ANSWERED), no(ReleaseCaller))


def test_what_makes_no_sense_is_ignored_aloud() -> None:
    told = story()
    orders: list[Event] = [BACK, CallHeld(AgentId("bob"), ANNA, True), CallHungUp(ADA, ContactId("ben"))]
    for number, order in enumerate(orders, 2):
        told.at(number * 1_000, order).expect(want(EventIgnored), no(HoldCaller), no(FetchCaller), no(StopRinging))
    told.at(6_000, HOLD).at(7_000, HOLD).expect(want(EventIgnored, event="CallHeld"), no(HoldCaller))


def test_nothing_is_ordered_of_a_pbx_that_does_not_answer() -> None:
    told = story(PbxLost(PBX), HOLD)
    told.expect(want(EventIgnored, why=f"the PBX {PBX} does not answer"))


def test_a_caller_who_hangs_up_on_hold_frees_the_agent() -> None:
    told = story(HOLD)
    told.at(3_000, left("anna")).expect(recorded("anna", Outcome.ANSWERED), stop("anna.1"))
    told.agent_is("ada", AgentState.WRAP_UP)
    told.at(3_100, leg_ended("anna.1", LegEnd.HUNG_UP)).expect(want(EventIgnored))


def test_an_agent_who_hangs_up_while_holding_lets_the_caller_go_on() -> None:
    told = story(HOLD)
    told.at(3_000, leg_ended("anna.1", LegEnd.HUNG_UP)).expect(
        segment("anna", 4, kind=SegmentKind.HOLD), recorded("anna", Outcome.ANSWERED), want(ReleaseCaller, contact=ANNA)
    )


def test_the_pbx_has_put_them_together_by_itself() -> None:
    told = story(HOLD, CallResumed(LEG))
    told.expect(want(CallChanged, on_hold=False), no(FetchCaller))
    told.at(4_000, CallResumed(LEG)).expect(want(EventIgnored))


def test_after_a_reconnect_who_is_on_hold_stays_on_hold() -> None:
    told = story(HOLD, PbxLost(PBX))
    there = replace(leg("anna.1"), holds=ANNA)
    told.at(4_000, replace(synced(waiting=(arrived("anna"),), legs=(there,)), held=(ANNA,)))
    told.expect(want(ConfirmConnection), no(FetchCaller), no(CallChanged))
    assert told.contact("anna").talk is not None
    assert told.contact("anna").talk.state is TalkState.HELD  # type: ignore[union-attr]


def test_after_a_reconnect_who_talks_at_the_pbx_talks() -> None:
    told = story(HOLD, PbxLost(PBX))
    told.at(4_000, synced(waiting=(arrived("anna"),), legs=(leg("anna.1", "anna"),)))
    told.expect(want(CallChanged, on_hold=False), no(FetchCaller))


def test_after_a_reconnect_nobody_is_left_on_hold_by_mistake() -> None:
    told = story(HOLD, BACK, PbxLost(PBX))
    there = replace(leg("anna.1"), holds=ANNA)
    told.at(5_000, replace(synced(waiting=(arrived("anna"),), legs=(there,)), held=(ANNA,)))
    told.expect(want(FetchCaller, contact=ANNA, offer=LEG))


def test_who_is_held_from_before_our_memory_begins_is_given_back() -> None:
    told = Playbook.open(configuration(agent("ada")), sync=False)
    there = replace(leg("anna.1"), holds=ANNA)
    told.at(1_000, synced(waiting=(arrived("anna"),), legs=(there,)))
    told.expect(want(FetchCaller, contact=ANNA, offer=LEG), no(StopRinging))

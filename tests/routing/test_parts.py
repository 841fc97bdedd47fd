"""Agents' parts in contacts: what each took, told at the end of its wrap-up, however the part ended."""

from dataclasses import replace

import msgspec

from callcenter.engine import Engine
from callcenter.events import (
    CallConsulted,
    CallDialled,
    CallerReturned,
    CallHeld,
    CallTransferred,
    ConsultCancelled,
    ConsultCompleted,
    ContactArrived,
    NumberFailed,
    PbxLost,
    WrapUpEnded,
)
from callcenter.facts import HandedTo, RecordPart
from callcenter.state import Saved
from callcenter.talks import Direction, Target
from callcenter.types import AgentId, AgentState, ChannelRef, ContactId, LegEnd, QueueName
from tests.playbook import (
    PBX,
    WRAP_UP_MS,
    Playbook,
    Want,
    agent,
    answered,
    configuration,
    customer,
    found,
    left,
    no,
    queue,
    synced,
    talking,
    want,
)

ADA, BOB, ANNA, OUT = AgentId("ada"), AgentId("bob"), ContactId("anna"), ContactId("out")
CONFIG = configuration(agent("ada"), agent("bob", "sales"), queues=(queue("general"), queue("sales")))
TO_BOB, TO_SALES, TO_NUMBER = Target(agent=BOB), Target(queue=QueueName("sales")), Target(number="+4930123456")


def is_over(contact: str, number: int, agent: str, **fields: object) -> Want:
    return want(RecordPart, contact=contact, number=number, agent=agent, **fields)


def test_a_part_is_told_at_the_end_of_its_wrap_up_with_all_that_it_took() -> None:
    story = talking(CONFIG).at(4_000, CallHeld(ADA, ANNA, True)).at(6_000, CallHeld(ADA, ANNA, False))
    story.at(9_000, CallHeld(ADA, ANNA, True)).at(9_500, left("anna")).expect(no(RecordPart))
    story.at(12_000, WrapUpEnded(ADA, ANNA, "sold")).expect(
        is_over(
            "anna",
            1,
            "ada",
            queue="general",
            tier="standard",
            entry="100",
            direction=Direction.IN,
            began_ms=story.ms(1_000),
            ended_ms=story.ms(12_000),
            ring_ms=500,
            talk_ms=6_000,
            hold_ms=2_500,
            wrap_up_ms=2_500,
            consult_ms=0,
            consults=0,
            transfer=None,
            disposition="sold",
        )
    )


def test_a_restart_in_the_middle_changes_nothing() -> None:
    story = talking(CONFIG).at(4_000, CallHeld(ADA, ANNA, True))
    story.engine = Engine(msgspec.json.decode(msgspec.json.encode(story.engine.snapshot()), type=Saved))
    story.at(5_000, left("anna")).wait_until(5_000 + WRAP_UP_MS).expect(
        is_over("anna", 1, "ada", talk_ms=3_000, hold_ms=1_000, wrap_up_ms=WRAP_UP_MS, disposition=None)
    )


def test_an_agent_whose_leg_is_gone_after_a_reconnect_has_talked_until_then() -> None:
    story = talking(CONFIG).at(2_000, PbxLost(PBX)).at(7_000, synced()).wait_until(7_000 + WRAP_UP_MS)
    story.expect(is_over("anna", 1, "ada", talk_ms=6_000, wrap_up_ms=WRAP_UP_MS))


def test_a_transfer_is_credited_to_who_did_it_and_each_agent_has_a_part() -> None:
    story = talking(CONFIG).at(3_000, CallTransferred(ADA, ANNA, TO_SALES)).at(4_000, WrapUpEnded(ADA, ANNA, None))
    story.expect(is_over("anna", 1, "ada", transfer=HandedTo.QUEUE, talk_ms=2_000, wrap_up_ms=1_000, queue="general"))
    story.at(4_500, CallerReturned(ANNA)).at(6_000, answered("anna.2")).at(7_000, left("anna"))
    story.at(7_700, WrapUpEnded(BOB, ANNA, "sold"))
    story.expect(is_over("anna", 2, "bob", transfer=None, queue="sales", ring_ms=1_500, talk_ms=1_000, wrap_up_ms=700))


def test_a_consultation_counts_for_who_asks_and_is_no_part_of_who_is_asked() -> None:
    story = talking(CONFIG).at(3_000, CallConsulted(ADA, ANNA, TO_BOB)).at(5_000, answered("anna-c1.1"))
    story.at(9_000, ConsultCancelled(ADA, ANNA)).expect(no(RecordPart)).agent_is("bob", AgentState.READY)
    story.at(9_500, CallConsulted(ADA, ANNA, TO_NUMBER)).at(10_000, left("anna")).at(
        11_000, WrapUpEnded(ADA, ANNA, None)
    )
    story.expect(is_over("anna", 1, "ada", consults=2, consult_ms=4_000, talk_ms=2_500, hold_ms=6_500, transfer=None))


def test_who_is_handed_the_contact_over_has_a_part_from_then_on() -> None:
    story = talking(CONFIG).at(3_000, CallConsulted(ADA, ANNA, TO_BOB)).at(5_000, answered("anna-c1.1"))
    story.at(8_000, ConsultCompleted(ADA, ANNA)).at(8_500, WrapUpEnded(ADA, ANNA, None))
    story.expect(is_over("anna", 1, "ada", transfer=HandedTo.AGENT, consults=1, consult_ms=3_000, hold_ms=5_000))
    story.at(9_000, left("anna")).at(9_900, WrapUpEnded(BOB, ANNA, "sold"))
    story.expect(
        is_over("anna", 2, "bob", began_ms=story.ms(8_000), ring_ms=2_000, talk_ms=1_000, wrap_up_ms=900, consults=0)
    )


def _calls() -> Playbook:
    call = CallDialled(ADA, OUT, ChannelRef(PBX, "chan-out"), "+4930123456", QueueName("sales"))
    return Playbook.open(CONFIG).at(100, call).at(200, found("out", customer(1, "gold"))).at(900, answered("out.1"))


def test_a_call_out_rings_until_the_customer_answers_and_the_number_is_not_told() -> None:
    there = ContactArrived(OUT, ChannelRef(PBX, "chan-out"), None, "", "+4930123456", outbound=True)
    story = _calls().at(2_100, there).at(5_100, left("out")).at(5_600, WrapUpEnded(ADA, OUT, "sold"))
    story.expect(
        is_over(
            "out",
            1,
            "ada",
            direction=Direction.OUT,
            entry="",
            queue="sales",
            tier="gold",
            began_ms=story.ms(100),
            ring_ms=2_000,
            talk_ms=3_000,
            hold_ms=0,
            wrap_up_ms=500,
        )
    )


def test_a_call_out_that_nobody_answers_is_a_part_without_talk() -> None:
    story = _calls().at(3_100, NumberFailed(OUT, LegEnd.NO_ANSWER)).at(3_300, WrapUpEnded(ADA, OUT, None))
    story.expect(is_over("out", 1, "ada", direction=Direction.OUT, ring_ms=3_000, talk_ms=0, wrap_up_ms=200))


def test_a_queue_without_wrap_up_ends_the_part_with_the_talk() -> None:
    config = configuration(agent("ada"), queues=(replace(queue("general"), wrap_up_ms=0),))
    story = talking(config).at(2_000, left("anna"))
    story.expect(is_over("anna", 1, "ada", ended_ms=story.ms(2_000), talk_ms=1_000, wrap_up_ms=0))

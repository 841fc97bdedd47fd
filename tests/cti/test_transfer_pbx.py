"""Calls handed over on a real Asterisk: to a queue, to an agent, to a number, and what becomes of those that fail."""

from dataclasses import replace

import pytest

from callcenter.commands import RecordContact, RecordDecision, RecordSegment, ScreenPop
from callcenter.events import CallHeld, CallTransferred
from callcenter.talks import Target
from callcenter.types import (
    AgentConfig,
    AgentId,
    AgentState,
    Configuration,
    ContactState,
    DecisionKind,
    DeviceRef,
    Outcome,
    PbxName,
    QueueName,
    SegmentKind,
)
from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, What
from tests.cti.floor import Floor, floor
from tests.helpers import run_async
from tests.playbook import agent, configuration, queue

pytestmark = pytest.mark.pbx

ERIKA = Caller("+493012345678", "5000")
ANN, BEN = AgentId("ann"), AgentId("ben")
SALES = Target(queue=QueueName("sales"))


def at(number: str, name: str, *queues: str) -> AgentConfig:
    return replace(agent(name, *queues), device=DeviceRef(PbxName("main"), f"PJSIP/{number}"))


def center() -> Configuration:
    """Ann serves the first queue, Ben the second."""
    staff = (at("1001", "ann", "general"), at("1002", "ben", "sales"))
    return configuration(*staff, queues=(queue("general"), queue("sales")))


async def hand_over(on: Floor, to: Target, note: str = "") -> None:
    await on.until_state("ann", AgentState.TALKING)
    await on.until_together()
    on.feed(CallTransferred(ANN, on.contact().id, to, note))


@pytest.mark.parametrize("held", [False, True])
@run_async
async def test_to_a_queue(pbx: Pbx, held: bool) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001", "1002"]) as phones,
        Callers(pbx.sip_port, [ERIKA]) as callers,
    ):
        async with floor(pbx, center(), "ann", "ben") as on:
            if held:
                await on.until_together()
                on.feed(CallHeld(ANN, on.contact().id, True))
                await on.until(lambda: on.placed("callcenter-desk") == 1)
                on.feed(CallTransferred(ANN, on.contact().id, SALES, "Wants three."))
            else:
                await hand_over(on, SALES, "Wants three.")
            await on.until_state("ben", AgentState.TALKING)
            await on.until_together()
            assert on.state("ann") is AgentState.WRAP_UP
            assert pbx.channels() == 2
            assert not callers.steps(What.ENDED)
            pops = [one for one in on.commands if isinstance(one, ScreenPop) and one.agent == "ben"]
            assert [(note.by, note.text) for note in pops[0].notes] == [("ann", "Wants three.")]
            assert len(phones.steps(What.ENDED)) == 1


@run_async
async def test_to_an_agent_of_another_queue(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001", "1002"]), Callers(pbx.sip_port, [ERIKA]):
        async with floor(pbx, center(), "ann", "ben") as on:
            await hand_over(on, Target(agent=BEN))
            await on.until_state("ben", AgentState.TALKING)
            await on.until_together()
            assert on.contact().queue == "general"


@run_async
async def test_to_an_agent_who_declines_and_it_waits_in_front(pbx: Pbx) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.refusing(pbx.sip_port, ["1002"]),
        Callers(pbx.sip_port, [ERIKA]) as callers,
    ):
        async with floor(pbx, center(), "ann", "ben") as on:
            await hand_over(on, Target(agent=BEN))
            await on.until(lambda: on.contact().offers_made == 2 and on.contact().state is ContactState.WAITING)
            assert (on.contact().queue, on.contact().priority) == ("general", 100)
            assert not callers.steps(What.ENDED)
            assert on.placed("callcenter-hold") == 1


@run_async
async def test_to_a_number_and_its_end(pbx: Pbx) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.answering(pbx.sip_port, ["1010"], after_ms=500, talk_ms=2_000) as outside,
        Callers(pbx.sip_port, [ERIKA]) as callers,
    ):
        async with floor(pbx, center(), "ann") as on:
            await hand_over(on, Target(number="1010"))
            await on.until(lambda: on.contact().state is ContactState.AWAY)
            assert on.state("ann") is AgentState.WRAP_UP
            (rang,) = outside.steps(What.RINGING)
            assert rang.other == "+493012345678"
            await on.killed()
            assert on.contact().state is ContactState.AWAY
            await callers.until(What.ENDED)
            await on.until(lambda: [one for one in on.commands if isinstance(one, RecordContact)])
            (record,) = [one for one in on.commands if isinstance(one, RecordContact)]
            assert record.outcome is Outcome.ANSWERED
            await on.until(lambda: pbx.channels() == 0)
            kinds = [one.kind for one in on.commands if isinstance(one, RecordSegment)]
            assert SegmentKind.AWAY in kinds


@pytest.mark.parametrize(("number", "result"), [("1002", "declined"), ("1049", "failed"), ("+99", "failed")])
@run_async
async def test_to_a_number_that_cannot_be_reached_and_the_caller_is_back_in_the_queue(
    pbx: Pbx, number: str, result: str
) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.refusing(pbx.sip_port, ["1002"]),
        Callers(pbx.sip_port, [ERIKA]) as callers,
    ):
        async with floor(pbx, center(), "ann") as on:
            await hand_over(on, Target(number=number))
            await on.until(lambda: on.contact().offers_made == 2 and on.contact().state is ContactState.WAITING)
            assert (on.contact().queue, on.contact().priority) == ("general", 100)
            results = [
                one.result for one in on.commands if isinstance(one, RecordSegment) and one.kind is SegmentKind.OFFER
            ]
            assert results == ["accepted", result]
            assert on.placed("callcenter-hold") == 1
            assert not callers.steps(What.ENDED)


@run_async
async def test_the_caller_hangs_up_while_it_is_handed_over(pbx: Pbx) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.silent(pbx.sip_port, ["1010"]) as outside,
        Callers(pbx.sip_port, [ERIKA], hold_ms=2_000),
    ):
        async with floor(pbx, center(), "ann") as on:
            await hand_over(on, Target(number="1010"))
            await outside.until(What.RINGING)
            await outside.until(What.CANCELLED)
            await on.until(lambda: pbx.channels() == 0)
            ended = [one for one in on.commands if isinstance(one, RecordSegment) and one.kind is SegmentKind.WAITING]
            assert ended[-1].result == "abandoned"


@run_async
async def test_the_daemon_dies_in_the_middle_of_a_transfer(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001", "1002"]), Callers(pbx.sip_port, [ERIKA]) as callers:
        async with floor(pbx, center(), "ann") as on:
            await hand_over(on, SALES)
            await on.killed()
            assert on.contact().state is ContactState.WAITING
            await on.at_work("ben")
            await on.until_state("ben", AgentState.TALKING)
            await on.until_together()
            assert not callers.steps(What.ENDED)


@run_async
async def test_a_transfer_that_the_pbx_was_not_told_is_told_after_the_reconnect(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001", "1002"]), Callers(pbx.sip_port, [ERIKA]) as callers:
        async with floor(pbx, center(), "ann", "ben") as on:
            await on.until_state("ann", AgentState.TALKING)
            await on.until_together()
            on.asterisk.execute = lambda command: None  # type: ignore[method-assign]
            on.feed(CallTransferred(ANN, on.contact().id, SALES))
            await on.killed()
            await on.until_state("ben", AgentState.TALKING)
            await on.until_together()
            assert on.state("ann") is AgentState.WRAP_UP
            assert not callers.steps(What.ENDED)
            decided = [one for one in on.commands if isinstance(one, RecordDecision)]
            assert [one.by for one in decided if one.kind is DecisionKind.TRANSFERRED] == ["ann"]

"""Asking a colleague or a number on a real Asterisk: back, handed over, a talk of three; the daemon dies in each."""

import pytest

from callcenter.commands import RecordSegment
from callcenter.events import (
    CallConsulted,
    CallHungUp,
    ConsultCancelled,
    ConsultCompleted,
    ConsultConferred,
)
from callcenter.talks import ConsultState, TalkState, Target
from callcenter.types import AgentId, AgentState, ContactId, ContactState, QueueName, SegmentKind
from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, What
from tests.cti.floor import Floor, floor
from tests.cti.test_transfer_pbx import center
from tests.helpers import run_async

pytestmark = pytest.mark.pbx

ERIKA = Caller("+493012345678", "5000")
ANN, BEN = AgentId("ann"), AgentId("ben")
TO_BEN, SALES, OUTSIDE = Target(agent=BEN), Target(queue=QueueName("sales")), Target(number="1010")


async def asking(on: Floor, to: Target) -> ContactId:
    """Ann talks with whom she asks, and the caller hears music."""
    await on.until_state("ann", AgentState.TALKING)
    await on.until_together()
    contact = on.contact().id
    on.feed(CallConsulted(ANN, contact, to))
    await on.until(lambda: shown(on) is ConsultState.TALKING)
    await on.until_together(2, *far(to))
    assert on.placed("callcenter-parked") == 1
    return contact


def far(to: Target) -> tuple[int, ...]:
    """A number outside is reached through a Local channel, whose far half is in a bridge of its own."""
    return (2,) if to.number is not None else ()


def shown(on: Floor) -> ConsultState | None:
    call = on.call("ann")
    return call.consult.state if call is not None and call.consult is not None else None


@pytest.mark.parametrize("to", [TO_BEN, SALES], ids=["agent", "queue"])
@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed"])
@run_async
async def test_ask_and_hand_over(pbx: Pbx, to: Target, killed: bool) -> None:
    with Phones.answering(pbx.sip_port, ["1001", "1002"]) as phones, Callers(pbx.sip_port, [ERIKA]) as callers:
        async with floor(pbx, center(), "ann", "ben") as on:
            contact = await asking(on, to)
            if killed:
                await on.killed()
                assert shown(on) is ConsultState.TALKING
            on.feed(ConsultCompleted(ANN, contact, "Wants three."))
            await phones.until(What.ENDED)
            await on.until_together()
            assert (on.state("ann"), on.state("ben")) == (AgentState.WRAP_UP, AgentState.TALKING)
            assert on.engine.snapshot().agents[BEN].contact == contact
            assert not callers.steps(What.ENDED)
            await on.killed()
            on.feed(CallHungUp(BEN, contact))
            await callers.until(What.ENDED)
            await on.until_state("ben", AgentState.WRAP_UP)
            await on.until(lambda: pbx.channels() == 0)


@run_async
async def test_ask_and_back_to_the_customer(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001", "1002"]) as phones, Callers(pbx.sip_port, [ERIKA]) as callers:
        async with floor(pbx, center(), "ann", "ben") as on:
            contact = await asking(on, TO_BEN)
            on.feed(ConsultCancelled(ANN, contact))
            await phones.until(What.ENDED)
            await on.until(lambda: pbx.channels() == 2)
            await on.until_together()
            await on.until_state("ben", AgentState.READY)
            assert on.state("ann") is AgentState.TALKING
            assert not callers.steps(What.ENDED)
            asked = [one for one in on.commands if isinstance(one, RecordSegment) and one.kind is SegmentKind.CONSULT]
            assert [(one.contact, one.agent, one.result) for one in asked] == [(contact, "ben", "ended")]


@run_async
async def test_whoever_is_asked_hangs_up_and_the_customer_stays_on_hold(pbx: Pbx) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.answering(pbx.sip_port, ["1002"], talk_ms=1_500),
        Callers(pbx.sip_port, [ERIKA]),
    ):
        async with floor(pbx, center(), "ann", "ben") as on:
            contact = await asking(on, TO_BEN)
            await on.until(lambda: shown(on) is ConsultState.FAILED)
            await on.until(lambda: on.placed("callcenter-desk") == 1)
            on.feed(ConsultCancelled(ANN, contact))
            await on.until_together()


@pytest.mark.parametrize("number", ["1002", "1049"])
@run_async
async def test_a_number_that_does_not_answer(pbx: Pbx, number: str) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.refusing(pbx.sip_port, ["1002"]),
        Callers(pbx.sip_port, [ERIKA]),
    ):
        async with floor(pbx, center(), "ann") as on:
            await on.until_together()
            contact = on.contact().id
            on.feed(CallConsulted(ANN, contact, Target(number=number)))
            await on.until(lambda: shown(on) is ConsultState.FAILED)
            on.feed(ConsultCancelled(ANN, contact))
            await on.until_together()


@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed"])
@run_async
async def test_a_number_is_asked_and_gets_the_customer(pbx: Pbx, killed: bool) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]) as phones,
        Phones.answering(pbx.sip_port, ["1010"]),
        Callers(pbx.sip_port, [ERIKA]) as callers,
    ):
        async with floor(pbx, center(), "ann") as on:
            contact = await asking(on, OUTSIDE)
            if killed:
                await on.killed()
            on.feed(ConsultCompleted(ANN, contact))
            await phones.until(What.ENDED)
            await on.until_together(2, 2)
            assert on.contact().state is ContactState.AWAY
            assert not callers.steps(What.ENDED)


@pytest.mark.parametrize("to", [TO_BEN, OUTSIDE], ids=["agent", "number"])
@run_async
async def test_a_talk_of_three_goes_on_without_the_third(pbx: Pbx, to: Target) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.answering(pbx.sip_port, ["1002", "1010"]),
        Callers(pbx.sip_port, [ERIKA]) as callers,
    ):
        async with floor(pbx, center(), "ann", "ben") as on:
            contact = await asking(on, to)
            on.feed(ConsultConferred(ANN, contact))
            await on.until_together(3, *far(to))
            await on.killed()
            assert on.contact().talk is not None
            assert on.contact().talk.state is TalkState.CONFERENCE  # type: ignore[union-attr]
            on.feed(ConsultCancelled(ANN, contact))
            await on.until_together(2)
            assert on.state("ann") is AgentState.TALKING
            assert not callers.steps(What.ENDED)


@run_async
async def test_a_talk_of_three_goes_on_without_the_first(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001", "1002"]), Callers(pbx.sip_port, [ERIKA]) as callers:
        async with floor(pbx, center(), "ann", "ben") as on:
            contact = await asking(on, TO_BEN)
            on.feed(ConsultConferred(ANN, contact))
            await on.until_together(3)
            on.feed(CallHungUp(ANN, contact))
            await on.until_together(2)
            await on.until_state("ann", AgentState.WRAP_UP)
            assert on.engine.snapshot().agents[BEN].contact == contact
            on.feed(CallHungUp(BEN, contact))
            await callers.until(What.ENDED)
            await on.until(lambda: pbx.channels() == 0)


@run_async
async def test_the_caller_leaves_a_talk_of_three(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001", "1002"]), Callers(pbx.sip_port, [ERIKA], hold_ms=4_000):
        async with floor(pbx, center(), "ann", "ben") as on:
            contact = await asking(on, TO_BEN)
            on.feed(ConsultConferred(ANN, contact))
            await on.until_together(3)
            await on.until_state("ann", AgentState.WRAP_UP)
            await on.until_state("ben", AgentState.READY)
            await on.until(lambda: pbx.channels() == 0)


@run_async
async def test_the_caller_hangs_up_while_somebody_is_asked(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001", "1002"]), Callers(pbx.sip_port, [ERIKA], hold_ms=3_000):
        async with floor(pbx, center(), "ann", "ben") as on:
            await asking(on, TO_BEN)
            await on.until_state("ann", AgentState.WRAP_UP)
            await on.until_state("ben", AgentState.READY)
            await on.until(lambda: pbx.channels() == 0)


@run_async
async def test_a_daemon_that_stays_away_brings_the_agent_back_to_the_customer(pbx: Pbx) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.answering(pbx.sip_port, ["1002"], talk_ms=2_500),
        Callers(pbx.sip_port, [ERIKA]) as callers,
    ):
        async with floor(pbx, center(), "ann", "ben") as on:
            await asking(on, TO_BEN)
            snapshot = await on.die()
            pbx.cli("dialplan set global CALLCENTER_PATIENCE 1")
            await on.until(lambda: pbx.channels() == 2)
            await on.until_together()
            await on.rise(snapshot)
            assert on.contact().talk is not None
            assert on.contact().talk.state is TalkState.TALKING  # type: ignore[union-attr]
            assert not callers.steps(What.ENDED)

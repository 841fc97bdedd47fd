"""Hold, back, and hang-up by the page on a real Asterisk, and what becomes of them when the daemon dies."""

import asyncio
from dataclasses import replace

import pytest

from callcenter.commands import RecordContact, RecordSegment
from callcenter.events import CallHeld, CallHungUp, CallResumed
from callcenter.talks import TalkState
from callcenter.types import AgentId, AgentState, Configuration, ContactId, DeviceRef, Outcome, PbxName, SegmentKind
from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, What
from tests.cti.floor import Floor, floor
from tests.helpers import run_async
from tests.playbook import agent, configuration

pytestmark = pytest.mark.pbx

ERIKA = Caller("+493012345678", "5000")


def center() -> Configuration:
    ann = replace(agent("ann"), device=DeviceRef(PbxName("main"), "PJSIP/1001"))
    return configuration(ann)


async def talking(on: Floor) -> ContactId:
    await on.until_state("ann", AgentState.TALKING)
    await on.until_together()
    return on.contact().id


async def on_hold(on: Floor) -> ContactId:
    contact = await talking(on)
    on.feed(CallHeld(AgentId("ann"), contact, True))
    await on.until(lambda: on.placed("callcenter-parked") == 1)
    await on.until_apart()
    return contact


@run_async
async def test_hold_and_back(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"]) as phones, Callers(pbx.sip_port, [ERIKA]) as callers:
        async with floor(pbx, center(), "ann") as on:
            contact = await on_hold(on)
            told = on.call("ann")
            assert told is not None
            assert (told.contact, told.on_hold, told.number) == (contact, True, "+493012345678")
            await asyncio.sleep(6)  # longer than the dialplan's own look at where it is
            assert on.placed("callcenter-parked") == 1
            assert on.placed("callcenter-desk") == 1
            on.feed(CallHeld(AgentId("ann"), contact, False))
            await on.until_together()
            on.feed(CallHungUp(AgentId("ann"), contact))
            await on.until_state("ann", AgentState.WRAP_UP)
            await phones.until(What.ENDED)
            await callers.until(What.ENDED)
    kinds = [one.kind for one in on.commands if isinstance(one, RecordSegment)]
    assert kinds[-3:] == [SegmentKind.TALK, SegmentKind.HOLD, SegmentKind.TALK]
    told = on.call("ann")
    assert told is not None
    assert told.contact is None


@run_async
async def test_hold_and_back_many_times_in_a_row(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA]):
        async with floor(pbx, center(), "ann") as on:
            contact = await talking(on)
            for _ in range(10):
                on.feed(CallHeld(AgentId("ann"), contact, True))
                on.feed(CallHeld(AgentId("ann"), contact, False))
                on.feed(CallHeld(AgentId("ann"), contact, True))
                await on.until(lambda: on.placed("callcenter-desk") == 1)
                on.feed(CallHeld(AgentId("ann"), contact, False))
                await on.until_together()
            assert on.pbx.channels() == 2
            assert on.state("ann") is AgentState.TALKING


@run_async
async def test_a_caller_who_hangs_up_on_hold_frees_the_agent(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"]) as phones, Callers(pbx.sip_port, [ERIKA], hold_ms=1_500):
        async with floor(pbx, center(), "ann") as on:
            await on_hold(on)
            await on.until_state("ann", AgentState.WRAP_UP)
            await phones.until(What.ENDED)
            await on.until(lambda: pbx.channels() == 0)


@run_async
async def test_an_agent_who_hangs_up_while_holding_lets_the_caller_go_on(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"], talk_ms=1_500), Callers(pbx.sip_port, [ERIKA]) as callers:
        async with floor(pbx, center(), "ann") as on:
            await on_hold(on)
            await on.until_state("ann", AgentState.WRAP_UP)
            await callers.until(What.ENDED)
            (record,) = [one for one in on.commands if isinstance(one, RecordContact)]
            assert record.outcome is Outcome.ANSWERED


@run_async
async def test_the_daemon_dies_while_somebody_is_on_hold_and_comes_back(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA]):
        async with floor(pbx, center(), "ann") as on:
            contact = await on_hold(on)
            await on.killed()
            assert on.contact().talk is not None
            assert on.contact().talk.state is TalkState.HELD  # type: ignore[union-attr]
            told = on.call("ann")
            assert told is not None
            assert told.on_hold
            await on.cut()
            on.feed(CallHeld(AgentId("ann"), contact, False))
            await on.until_together()


@run_async
async def test_a_daemon_that_stays_away_leaves_nobody_on_hold(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA]):
        async with floor(pbx, center(), "ann") as on:
            await on_hold(on)
            snapshot = await on.die()
            pbx.cli("dialplan set global CALLCENTER_PATIENCE 1")
            await on.until_together()
            await on.rise(snapshot)
            talk = on.contact().talk
            assert talk is not None
            assert talk.state is TalkState.TALKING


@run_async
async def test_a_daemon_that_is_silent_hears_that_the_pbx_has_put_them_together(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA]):
        async with floor(pbx, center(), "ann") as on:
            await on_hold(on)
            on.asterisk.hold_heart()
            pbx.cli("dialplan set global CALLCENTER_PATIENCE 1")
            await on.until_together()
            await on.until(lambda: any(isinstance(event, CallResumed) for event in on.events))
            talk = on.contact().talk
            assert talk is not None
            assert talk.state is TalkState.TALKING


@run_async
async def test_an_agent_who_hangs_up_while_holding_and_the_daemon_is_away(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"], talk_ms=2_000), Callers(pbx.sip_port, [ERIKA]) as callers:
        async with floor(pbx, center(), "ann") as on:
            await on_hold(on)
            snapshot = await on.die()
            await callers.until(What.ENDED)
            await on.rise(snapshot)
            await on.until_state("ann", AgentState.WRAP_UP)


@run_async
async def test_a_daemon_without_memory_gives_a_held_caller_back(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA]):
        async with floor(pbx, center(), "ann") as on:
            await on_hold(on)
            await on.die()
        async with floor(pbx, center(), "ann") as on:
            await on.until_together()

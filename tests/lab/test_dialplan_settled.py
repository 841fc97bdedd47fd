"""Answers that come while their caller is on the way into a bridge or out of it, in the dialplan of a real Asterisk.

Each such moment is some microseconds long; here one after the other is made long enough to be met for certain. Who is
fetched in it is taken out of its dialplan by a masquerade, which now and then leaves a channel behind (decision 25).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from lab.pbx import Pbx
from lab.sipp import Callers, Phones
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, value
from tests.lab.capture import offer
from tests.lab.test_dialplan import ERIKA, daemon
from tests.lab.test_dialplan_away import change_dialplan, come
from tests.pbx_fixtures import NewPbx

pytestmark = pytest.mark.pbx

BEAT_AT_A_DESK = 'GotoIf($["${GLOBAL(CALLCENTER_BEAT)}" != "${GLOBAL(CALLCENTER_BEAT_SEEN)}"]?new)'
HOLDING, TALKING = "holding_bridge", "simple_bridge"


async def dawdling(new_pbx: NewPbx, extension: str, step: str = "") -> Pbx:
    """A PBX whose callers take their time before one step of the dialplan."""
    pbx = new_pbx(agents=1)
    await asyncio.to_thread(pbx.start)
    change_dialplan(pbx, extension + step, f"{extension}Wait(0.5)\n same => n,{step}")
    return pbx


@contextlib.asynccontextmanager
async def call(pbx: Pbx) -> AsyncIterator[tuple[AmiProbe, str]]:
    """A manager client, and the caller's channel; there is a phone that is answered at once."""
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA]):
            yield ami, await come(ami)


async def answer(ami: AmiProbe, caller: str) -> list[str]:
    """Offer a caller to a phone that is answered at once; the kinds of bridges that the caller has been in then."""
    await offer(ami, caller, name="offer-early")
    entered = await ami.event("BridgeEnter", Uniqueid="offer-early")
    await ami.event("BridgeEnter", Uniqueid=caller, BridgeUniqueid=value(entered, "BridgeUniqueid"))
    return [value(frame, "BridgeTechnology") for frame in ami.seen("BridgeEnter", Uniqueid=caller)]


@run_async
async def test_a_leg_waits_for_a_caller_who_has_only_just_come(new_pbx: NewPbx) -> None:
    pbx = await dawdling(new_pbx, "exten => new,1,")
    async with call(pbx) as (ami, caller):
        assert await answer(ami, caller) == [HOLDING, TALKING]


@run_async
async def test_a_leg_waits_until_its_caller_has_looked_at_the_heartbeat(new_pbx: NewPbx) -> None:
    pbx = await dawdling(new_pbx, "exten => beat,1,")
    async with call(pbx) as (ami, caller):
        await ami.event("BridgeLeave", Uniqueid=caller)
        assert await answer(ami, caller) == [HOLDING, HOLDING, TALKING]


@run_async
async def test_a_leg_waits_for_a_caller_who_is_about_to_leave_the_bridge(new_pbx: NewPbx) -> None:
    """The caller says to stay for no longer than the margin, so the leg cannot know that it is still there."""
    pbx = new_pbx(agents=1)
    await asyncio.to_thread(pbx.start)
    change_dialplan(
        pbx,
        "exten => new,1,MSet(BRIDGEPEER=nobody,CALLCENTER_SETTLED_TO=$[${STRFTIME(,,%s%3q)} + 1000])",
        "exten => new,1,MSet(BRIDGEPEER=nobody,CALLCENTER_SETTLED_TO=$[${STRFTIME(,,%s%3q)} + 40])",
    )
    async with call(pbx) as (ami, caller):
        await ami.event("BridgeEnter", Uniqueid=caller)
        assert await answer(ami, caller) == [HOLDING, HOLDING, TALKING]


@run_async
async def test_a_leg_waits_for_another_leg_that_looks_at_the_heartbeat_from_its_desk(new_pbx: NewPbx) -> None:
    pbx = await dawdling(new_pbx, "exten => s,1,", BEAT_AT_A_DESK)
    async with call(pbx) as (ami, caller):
        await ami.event("BridgeEnter", Uniqueid=caller)
        seen = len(ami.frames)
        await ami.action("Redirect", Channel=caller, Context="callcenter-desk", Exten="s", Priority="1")
        await ami.event("BridgeEnter", Uniqueid=caller, after=seen)
        await ami.event("BridgeLeave", Uniqueid=caller, after=len(ami.frames))
        assert await answer(ami, caller) == [HOLDING, HOLDING, HOLDING, TALKING]

"""Callers in the PBX's own queue, and the way back to the holding place, in the dialplan of a real Asterisk.

The daemon is played by a manager client: it is silent, then it asks the queue for the caller, as the daemon would.
"""

import asyncio

import pytest

from lab.pbx import Pbx
from lab.sipp import Callers, Phones, What
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, Frame, eventually, heart, value
from tests.lab.test_dialplan import ERIKA, daemon, place_of
from tests.pbx_fixtures import NewPbx

pytestmark = pytest.mark.pbx


async def silent_pbx(new_pbx: NewPbx) -> Pbx:
    """A PBX that waits for its daemon no longer than a second."""
    pbx = new_pbx(agents=1)
    await asyncio.to_thread(pbx.start)
    await asyncio.to_thread(pbx.cli, "dialplan set global CALLCENTER_PATIENCE 1")
    return pbx


async def ask_for(ami: AmiProbe, told: Frame) -> str:
    answer = await ami.action("QueueWithdrawCaller", Queue=value(told, "Queue"), Caller=value(told, "Channel"))
    return value(answer, "Response")


async def back(ami: AmiProbe, told: Frame) -> None:
    """Ask until the queue lets go of the caller: right after the arrival there it may not know the caller yet."""
    contact = value(told, "Contact")

    async def returned() -> bool:
        await ask_for(ami, told)
        return bool(ami.seen("UserEvent", UserEvent="CallcenterReturned", Contact=contact))

    await eventually(returned)


@pytest.mark.parametrize("phone", ["absent", "busy"])
@run_async
async def test_whom_nobody_answers_goes_back_and_waits_on(new_pbx: NewPbx, phone: str) -> None:
    pbx = await silent_pbx(new_pbx)
    phones = Phones.refusing(pbx.sip_port, ["1900"] if phone == "busy" else ["1001"])
    async with daemon(pbx, beats=False) as ami:
        with phones, Callers(pbx.sip_port, [ERIKA, ERIKA]) as callers:
            first = await ami.user_event("CallcenterFallback", limit_s=25)
            channel = value(first, "Uniqueid")

            async def both() -> bool:
                return len(ami.seen("UserEvent", UserEvent="CallcenterFallback")) == 2

            await eventually(both)
            async with heart(pbx.ami_port, pbx.ami_secret):
                for told in ami.seen("UserEvent", UserEvent="CallcenterFallback"):
                    assert value(told, "Queue") == "callcenter-fallback"
                    await back(ami, told)
                    assert await place_of(ami, value(told, "Uniqueid")) == "callcenter-hold"
                mark = len(ami.frames)
                await ami.event("BridgeLeave", Uniqueid=channel, limit_s=10, after=mark)  # it looks for the beat
                await ami.event("BridgeEnter", Uniqueid=channel, limit_s=10, after=mark)
                assert await place_of(ami, channel) == "callcenter-hold"
                answer = await ami.action("Getvar", Channel=channel, Variable="CALLCENTER_FALLBACK")
                assert value(answer, "Value") == ""
            assert callers.steps(What.ENDED) == []


@run_async
async def test_whose_phone_rings_there_goes_back_when_nobody_answers_it(new_pbx: NewPbx) -> None:
    pbx = await silent_pbx(new_pbx)
    async with daemon(pbx, beats=False) as ami:
        with Phones.silent(pbx.sip_port, ["1900"]) as phones, Callers(pbx.sip_port, [ERIKA]):
            told = await ami.user_event("CallcenterFallback", limit_s=25)
            await phones.until(What.RINGING)
            async with heart(pbx.ami_port, pbx.ami_secret):
                assert await ask_for(ami, told) == "Success"
                await phones.until(What.CANCELLED, limit_s=30)
                await ami.user_event("CallcenterReturned")
                assert await place_of(ami, value(told, "Uniqueid")) == "callcenter-hold"


@run_async
async def test_who_is_talking_there_is_left_alone(new_pbx: NewPbx) -> None:
    pbx = await silent_pbx(new_pbx)
    async with daemon(pbx, beats=False) as ami:
        with Phones.answering(pbx.sip_port, ["1900"], talk_ms=3_000) as phones, Callers(pbx.sip_port, [ERIKA]):
            told = await ami.user_event("CallcenterFallback", limit_s=25)
            await phones.until(What.ANSWERED)
            await ami.event("BridgeEnter", Uniqueid=value(told, "Uniqueid"), Context="callcenter-fallback")
            assert await ask_for(ami, told) == "Error"
            await phones.until(What.HUNG_UP)
            hung_up = await ami.event("Hangup", Uniqueid=value(told, "Uniqueid"))
            assert value(hung_up, "Context") == "callcenter-fallback"
            assert ami.seen("UserEvent", UserEvent="CallcenterReturned") == []

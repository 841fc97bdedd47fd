"""Legs of a daemon that is no longer in charge, under the sample dialplan on a real Asterisk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from lab.pbx import Pbx
from lab.sipp import Callers, Phones, What
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, value
from tests.lab.capture import offer
from tests.lab.test_dialplan import ERIKA, arrival, daemon, place_of

pytestmark = pytest.mark.pbx

EPOCH = 1_795_315_942_963


@asynccontextmanager
async def in_charge(pbx: Pbx) -> AsyncIterator[AmiProbe]:
    async with daemon(pbx) as ami:
        await ami.action("Setvar", Variable="GLOBAL(CALLCENTER_EPOCH)", Value=str(EPOCH))
        yield ami


@run_async
async def test_a_leg_of_an_older_epoch_gets_no_caller(pbx: Pbx) -> None:
    async with in_charge(pbx) as ami:
        phones = Phones.answering(pbx.sip_port, ["1001"])
        with phones, Callers(pbx.sip_port, [ERIKA], hold_ms=3_000) as callers:
            channel = value(await arrival(ami), "Uniqueid")
            await offer(ami, channel, name="offer-old", epoch=EPOCH - 1)
            told = await ami.user_event("CallcenterBridge", Offer="offer-old")
            assert value(told, "Result") == "FENCED", "the caller is still there: nobody may take it for gone"
            await phones.until(What.ENDED)
            assert await place_of(ami, channel) == "callcenter-hold"
            await callers.until(What.HUNG_UP, limit_s=20)
    assert await asyncio.to_thread(pbx.channels) == 0


@pytest.mark.parametrize("epoch", [None, EPOCH, EPOCH + 1])
@run_async
async def test_a_leg_of_the_newest_epoch_gets_the_caller(pbx: Pbx, epoch: int | None) -> None:
    """None: a channel that has no value of its own reads the global one; so legs of an older version's daemon count."""
    async with in_charge(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA], hold_ms=2_000) as callers:
            channel = value(await arrival(ami), "Uniqueid")
            await offer(ami, channel, name="offer-new", epoch=epoch)
            await ami.event("BridgeEnter", Uniqueid="offer-new")
            await callers.until(What.HUNG_UP, limit_s=20)


@run_async
async def test_a_leg_that_rings_at_a_takeover_gets_the_caller_once_it_has_the_new_epoch(pbx: Pbx) -> None:
    async with in_charge(pbx) as ami:
        phones = Phones.answering(pbx.sip_port, ["1001"], after_ms=1_000)
        with phones, Callers(pbx.sip_port, [ERIKA], hold_ms=4_000) as callers:
            channel = value(await arrival(ami), "Uniqueid")
            await offer(ami, channel, name="offer-adopted", epoch=EPOCH - 1)
            await phones.until(What.RINGING)
            await ami.action("Setvar", Channel="offer-adopted", Variable="CALLCENTER_EPOCH", Value=str(EPOCH))
            await ami.event("BridgeEnter", Uniqueid="offer-adopted")
            await callers.until(What.HUNG_UP, limit_s=20)

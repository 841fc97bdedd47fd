"""A phone that rings is told to answer, in the dialog of its call: on a real Asterisk, with the rights that needs."""

import asyncio

import pytest

from callcenter.events import ContactArrived, OfferConnected, OfferRinging, PbxSynced
from callcenter.orders import AnswerPhone
from callcenter.types import DeviceRef
from lab.sipp import Callers, Phones, What
from tests.cti.test_asterisk_pbx import ERIKA, OFFER, PBX, Ear, daemon, ring
from tests.helpers import run_async
from tests.pbx_fixtures import NewPbx

pytestmark = pytest.mark.pbx

MAY_TELL = "[callcenter](+)\nwrite = call,originate,system\n"


@run_async
async def test_a_phone_answers_when_it_is_told_to(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=1, extra={"manager.conf": MAY_TELL})
    await asyncio.to_thread(pbx.start)
    ear = Ear()
    with Phones.told(pbx.sip_port, ["1001"], talk_ms=1_000) as phones:
        async with daemon(pbx, ear) as asterisk:
            await ear.until(PbxSynced)
            with Callers(pbx.sip_port, [ERIKA]):
                asterisk.execute(ring(await ear.until(ContactArrived)))
                await ear.until(OfferRinging)
                await phones.until(What.RINGING)
                assert phones.steps(What.ANSWERED) == []
                asterisk.execute(AnswerPhone(OFFER, DeviceRef(PBX, "PJSIP/1001")))
                await phones.until(What.ANSWERED)
                await ear.until(OfferConnected)
                await phones.until(What.HUNG_UP)


@run_async
async def test_without_the_right_the_phone_rings_on_and_the_log_says_what_is_missing(
    new_pbx: NewPbx, caplog: pytest.LogCaptureFixture
) -> None:
    pbx = new_pbx(agents=1)
    await asyncio.to_thread(pbx.start)
    ear = Ear()
    with Phones.told(pbx.sip_port, ["1001"]) as phones:
        async with daemon(pbx, ear) as asterisk:
            await ear.until(PbxSynced)
            with Callers(pbx.sip_port, [ERIKA]):
                asterisk.execute(ring(await ear.until(ContactArrived)))
                await ear.until(OfferRinging)
                asterisk.execute(AnswerPhone(OFFER, DeviceRef(PBX, "PJSIP/1001")))
                async with asyncio.timeout(5):
                    while "`system` among the rights" not in caplog.text:  # noqa: ASYNC110 - a log has no event
                        await asyncio.sleep(0.02)
                assert phones.steps(What.ANSWERED) == []

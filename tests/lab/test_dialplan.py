"""What a caller lives through in `config/asterisk/callcenter/extensions.conf`, on a real Asterisk.

The daemon is played by a manager client: it beats, offers and withdraws as the daemon would.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, What
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, Frame, eventually, heart, value
from tests.lab.capture import connect, offer
from tests.pbx_fixtures import NewPbx

pytestmark = pytest.mark.pbx

ERIKA = Caller("+493012345678", "5000", "Erika", "A-17", "billing", "es-MX")
SURVEY = """
[callcenter-survey]
exten => s,1,UserEvent(SurveyStarted,Contact: ${CALLCENTER_CONTACT})
 same => n,Wait(1)
 same => n,Goto(callcenter,5999,1)
"""
DIRECT = """
[direct]
exten => 8000,1,Set(CALLCENTER_DIALLED=hotline)
 same => n,Goto(callcenter,s,1)
exten => 8001,1,Goto(callcenter,sales,1)
"""


@contextlib.asynccontextmanager
async def daemon(pbx: Pbx, beats: bool = True) -> AsyncIterator[AmiProbe]:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami:
        if not beats:
            yield ami
            return
        async with heart(pbx.ami_port, pbx.ami_secret):
            yield ami


async def arrival(ami: AmiProbe, dialled: str = "5000", limit_s: float = 10.0) -> Frame:
    return await ami.user_event("CallcenterArrived", limit_s=limit_s, Dialled=dialled)


async def place_of(ami: AmiProbe, channel: str) -> str:
    """The dialplan context that a channel is in, "" once it is gone."""
    answer = await ami.action("Status", Channel=channel)
    if value(answer, "Response") != "Success":
        return ""
    return value(await ami.event("Status", ActionID=value(answer, "ActionID")), "Context")


def own(frame: Frame) -> dict[str, str]:
    """The headers that the dialplan itself has put into a UserEvent: those after the event's own name."""
    names = [name for name, _ in frame]
    return dict(frame[names.index("UserEvent") + 1 :])


@run_async
async def test_a_caller_arrives_with_what_the_ivr_knows(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [ERIKA], hold_ms=1_000):
            arrived = await arrival(ami)
            channel = value(arrived, "Uniqueid")
            assert own(arrived) == {
                "Contact": f"{channel}-1",
                "Dialled": "5000",
                "Account": "A-17",
                "Intent": "billing",
                "Language": "es-MX",
                "Withheld": "0",
            }
            assert value(arrived, "CallerIDNum") == "+493012345678"
            assert value(arrived, "CallerIDName") == "Erika"
            assert await place_of(ami, channel) == "callcenter-hold"
            await ami.event("Hangup", Uniqueid=channel)


@run_async
async def test_values_that_would_forge_headers_are_cleaned(pbx: Pbx) -> None:
    hostile = Caller("0301", "5002", account="17,Offer: x", intent='${EPOCH},"a b', language="e" * 100)
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [hostile], hold_ms=500):
            arrived = own(await arrival(ami, "5002"))
            assert (arrived["Account"], arrived["Intent"], arrived["Language"]) == ("17Offerx", "EPOCHab", "e" * 64)
            assert "Offer" not in arrived


@run_async
async def test_a_caller_id_full_of_tricks_stays_a_value(pbx: Pbx) -> None:
    name = rb'"Event: Hangup \xe2\x80\xa8 \xff , ${EPOCH} a\x0dEvent: UserEvent"'
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [Caller("0302", "5003")], hold_ms=500, name=name):
            arrived = await arrival(ami, "5003")
            shown = value(arrived, "CallerIDName")
            assert shown.startswith("Event: Hangup \u2028 ")
            assert "${EPOCH}" in shown
            assert len(ami.seen("UserEvent", UserEvent="CallcenterArrived", Dialled="5003")) == 1


@run_async
async def test_a_number_that_is_withheld_is_marked(pbx: Pbx) -> None:
    known = b'P-Asserted-Identity: "Paul" <sip:+4930999@trunk.invalid>\nPrivacy: id'
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [Caller("anonymous", "5004")], hold_ms=500, headers=known):
            assert own(await arrival(ami, "5004"))["Withheld"] == "1"


@run_async
async def test_names_and_preset_numbers_can_be_dialled_too(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=1, extra={"extensions.conf": DIRECT, "pjsip.conf": "[1001](+)\ncontext = direct\n"})
    await asyncio.to_thread(pbx.start)
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [Caller("1001", "8000"), Caller("1001", "8001")], hold_ms=500):
            assert own(await arrival(ami, "hotline"))["Dialled"] == "hotline"
            assert own(await arrival(ami, "sales"))["Dialled"] == "sales"
        with Callers(pbx.sip_port, [Caller("+4930", "support"), Caller("+4930", "+4989123")], hold_ms=500):
            await arrival(ami, "support")
            await arrival(ami, "+4989123")


@run_async
async def test_while_the_heart_beats_the_caller_stays(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=0)
    await asyncio.to_thread(pbx.start)
    async with daemon(pbx) as ami:
        await ami.action("Setvar", Variable="CALLCENTER_PATIENCE", Value="1")
        with Callers(pbx.sip_port, [ERIKA], hold_ms=6_500) as callers:
            channel = value(await arrival(ami), "Uniqueid")
            await callers.until(What.HUNG_UP)
            hung_up = await ami.event("Hangup", Uniqueid=channel)
            assert value(hung_up, "Context") == "callcenter-hold"
            assert ami.seen("UserEvent", UserEvent="CallcenterFallback") == []


@run_async
async def test_when_the_heart_stops_the_fallback_queue_answers(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=0)
    await asyncio.to_thread(pbx.start)
    async with daemon(pbx, beats=False) as ami:
        await ami.action("Setvar", Variable="CALLCENTER_PATIENCE", Value="2")
        with Phones.answering(pbx.sip_port, ["1900"], talk_ms=500) as phones, Callers(pbx.sip_port, [ERIKA]) as callers:
            async with heart(pbx.ami_port, pbx.ami_secret):
                arrived = await arrival(ami)
                await asyncio.to_thread(pbx.cli, "core show channels")
            lost = await ami.user_event("CallcenterFallback", limit_s=15)
            assert value(lost, "Contact") == value(arrived, "Contact")
            await phones.until(What.ANSWERED)
            await callers.until(What.ENDED)


@run_async
async def test_a_pbx_that_has_just_booted_waits_for_its_daemon(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=0)
    await asyncio.to_thread(pbx.start)
    async with daemon(pbx, beats=False) as ami:
        await ami.action("Setvar", Variable="CALLCENTER_PATIENCE", Value="8")
        with Callers(pbx.sip_port, [ERIKA], hold_ms=12_000) as callers:
            channel = value(await arrival(ami), "Uniqueid")

            async def looked() -> bool:
                return value(await ami.action("Getvar", Variable="CALLCENTER_BEAT_AT"), "Value") != ""

            await eventually(looked)
            async with heart(pbx.ami_port, pbx.ami_secret):
                await callers.until(What.HUNG_UP, limit_s=20)
                assert value(await ami.event("Hangup", Uniqueid=channel), "Context") == "callcenter-hold"


@run_async
async def test_keys_pressed_while_waiting_do_no_harm(new_pbx: NewPbx) -> None:
    admin = "[admin]\nsecret = admin\nread = call\nwrite = all\n"
    pbx = new_pbx(agents=0, extra={"manager.conf": admin})
    await asyncio.to_thread(pbx.start)
    await asyncio.to_thread(pbx.cli, "module load app_senddtmf.so")
    async with daemon(pbx) as ami, await AmiProbe.connect(pbx.ami_port, "admin", username="admin") as keys:
        with Callers(pbx.sip_port, [ERIKA], hold_ms=3_000):
            arrived = await arrival(ami)
            channel = value(arrived, "Uniqueid")
            for key in "1*#9A":
                answer = await keys.action("PlayDTMF", Channel=value(arrived, "Channel"), Digit=key, Receive="yes")
                assert value(answer, "Response") == "Success"
            assert value(await ami.event("Hangup", Uniqueid=channel), "Context") == "callcenter-hold"


@run_async
async def test_an_offer_answered_connects_and_the_call_ends_with_the_agent(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001"], talk_ms=500) as phones, Callers(pbx.sip_port, [ERIKA]) as callers:
            channel = value(await arrival(ami), "Uniqueid")
            await offer(ami, channel, name="offer-talk")
            await connect(ami, channel, "offer-talk")
            await phones.until(What.HUNG_UP)
            await callers.until(What.ENDED)
            assert value(await ami.event("Hangup", Uniqueid=channel), "Context") == "callcenter-after"


@run_async
async def test_the_bridge_result_is_told_when_the_caller_hangs_up(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001"]) as phones, Callers(pbx.sip_port, [ERIKA], hold_ms=1_000):
            channel = value(await arrival(ami), "Uniqueid")
            await offer(ami, channel, name="offer-success")
            told = await ami.user_event("CallcenterBridge", Offer="offer-success")
            assert value(told, "Result") == "SUCCESS"
            await phones.until(What.ENDED)


@run_async
async def test_a_caller_who_is_gone_at_the_answer_is_nonexistent(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        phones = Phones.answering(pbx.sip_port, ["1001"], after_ms=1_000)
        with phones, Callers(pbx.sip_port, [ERIKA], hold_ms=400):
            channel = value(await arrival(ami), "Uniqueid")
            await offer(ami, channel, name="offer-gone")
            told = await ami.user_event("CallcenterBridge", Offer="offer-gone")
            assert value(told, "Result") == "NONEXISTENT"
            await phones.until(What.ENDED)


@run_async
async def test_an_offer_for_a_caller_who_is_gone_takes_no_other_whose_id_begins_alike(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA], hold_ms=2_000):
            channel = value(await arrival(ami), "Uniqueid")
            await offer(ami, channel[:-1], name="offer-alike")
            told = await ami.user_event("CallcenterBridge", Offer="offer-alike")
            assert value(told, "Result") == "NONEXISTENT"
            assert await place_of(ami, channel) == "callcenter-hold"


@run_async
async def test_an_answer_that_raced_with_the_withdrawal_gives_the_caller_the_place_back(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001", "1002"]), Callers(pbx.sip_port, [ERIKA], hold_ms=4_000):
            channel = value(await arrival(ami), "Uniqueid")
            await offer(ami, channel, name="offer-raced")
            await ami.event("BridgeEnter", Uniqueid="offer-raced")
            await ami.action("Hangup", Channel="offer-raced")
            await ami.event("Hangup", Uniqueid="offer-raced")

            async def back() -> bool:
                return await place_of(ami, channel) == "callcenter-hold"

            await eventually(back)
            # The next offer finds the caller where the first one did.
            await offer(ami, channel, device="PJSIP/1002", name="offer-next")
            await ami.event("BridgeEnter", Uniqueid="offer-next")
            assert len(ami.seen("UserEvent", UserEvent="CallcenterArrived")) == 1


@run_async
async def test_a_talk_that_nobody_confirmed_ends_like_any_other(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001"], talk_ms=4_000), Callers(pbx.sip_port, [ERIKA]) as callers:
            channel = value(await arrival(ami), "Uniqueid")
            await offer(ami, channel, name="offer-unseen")
            await callers.until(What.ENDED)
            assert value(await ami.event("Hangup", Uniqueid=channel), "Context") == "callcenter-after"


@run_async
async def test_a_survey_follows_and_may_lead_back_as_a_new_contact(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=1, extra={"extensions.conf": SURVEY})
    await asyncio.to_thread(pbx.start)
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001"], talk_ms=300), Callers(pbx.sip_port, [ERIKA], hold_ms=5_000):
            first = await arrival(ami)
            channel = value(first, "Uniqueid")
            await offer(ami, channel)
            await connect(ami, channel)
            await ami.user_event("SurveyStarted", Contact=f"{channel}-1")
            assert value(await arrival(ami, "5999"), "Contact") == f"{channel}-2"
            answer = await ami.action("Getvar", Channel=channel, Variable="CALLCENTER_CONNECTED")
            assert value(answer, "Value") == ""


def test_the_included_files_are_named_as_the_guide_says() -> None:
    """The two lines of the guide are in the sample PBX itself, so these tests go through them."""
    sample = Path(__file__).parents[2] / "config/asterisk"
    assert '#include "callcenter/extensions.conf"' in (sample / "extensions.conf").read_text()
    assert '#include "callcenter/manager.conf"' in (sample / "manager.conf").read_text()
    assert "Goto(callcenter,${EXTEN},1)" in (sample / "extensions.conf").read_text()

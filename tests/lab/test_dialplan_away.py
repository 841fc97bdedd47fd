"""Callers who are sent away, and callers whom two phones want, in the dialplan of a real Asterisk.

The daemon is played by a manager client: it marks the caller and redirects it, as the daemon would.
"""

import asyncio

import pytest

from lab.pbx import Pbx
from lab.sipp import Callers, Phones, What
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, eventually, value
from tests.lab.capture import connect, offer, send_away
from tests.lab.test_dialplan import ERIKA, arrival, daemon, place_of
from tests.pbx_fixtures import NewPbx

pytestmark = pytest.mark.pbx

MESSAGE = """
[callcenter-message]
exten => withdrawn,1,UserEvent(OwnMessage,Contact: ${CALLCENTER_CONTACT})
exten => holiday,1,UserEvent(OwnMessage,Contact: ${CALLCENTER_CONTACT})
"""


async def come(ami: AmiProbe) -> str:
    return value(await arrival(ami), "Uniqueid")


async def until_in(ami: AmiProbe, channel: str, context: str) -> None:
    async def there() -> bool:
        return await place_of(ami, channel) == context

    await eventually(there)


@pytest.mark.parametrize("outcome", ["withdrawn", "closed", "overflowed"])
@run_async
async def test_a_waiting_caller_hears_a_message_and_the_pbx_hangs_up(pbx: Pbx, outcome: str) -> None:
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [ERIKA]) as callers:
            channel = await come(ami)
            await ami.event("BridgeEnter", Uniqueid=channel)
            await send_away(ami, channel, outcome)
            await until_in(ami, channel, "callcenter-away")
            await callers.until(What.ENDED, limit_s=20)
            hung_up = await ami.event("Hangup", Uniqueid=channel)
            assert (value(hung_up, "Context"), value(hung_up, "Exten")) == ("callcenter-away", outcome)
    assert pbx.channels() == 0


@run_async
async def test_a_caller_who_talks_is_taken_from_the_agent(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001"]) as phones, Callers(pbx.sip_port, [ERIKA]) as callers:
            channel = await come(ami)
            await offer(ami, channel, name="offer-away")
            await connect(ami, channel, "offer-away")
            await send_away(ami, channel)
            await phones.until(What.ENDED)
            assert await place_of(ami, channel) == "callcenter-away"
            await callers.until(What.ENDED, limit_s=20)
    assert pbx.channels() == 0


@run_async
async def test_a_caller_on_the_way_back_from_an_agent(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA]) as callers:
            channel = await come(ami)
            await offer(ami, channel, name="offer-back")
            await ami.event("BridgeEnter", Uniqueid="offer-back")
            await ami.action("Hangup", Channel="offer-back")
            await until_in(ami, channel, "callcenter-after")
            await send_away(ami, channel)
            await callers.until(What.ENDED, limit_s=20)
            assert value(await ami.event("Hangup", Uniqueid=channel), "Context") == "callcenter-away"
    assert pbx.channels() == 0


@run_async
async def test_a_redirect_that_is_lost_is_made_up_for_at_the_next_look(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [ERIKA]) as callers:
            channel = await come(ami)
            await ami.action("Setvar", Channel=channel, Variable="CALLCENTER_AWAY", Value="withdrawn")
            await callers.until(What.ENDED, limit_s=25)
            assert value(await ami.event("Hangup", Uniqueid=channel), "Context") == "callcenter-away"


@run_async
async def test_an_agent_who_answers_does_not_fetch_the_caller_back(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Phones.silent(pbx.sip_port, ["1002"]), Callers(pbx.sip_port, [ERIKA]) as callers:
            channel = await come(ami)
            await send_away(ami, channel)
            with Phones.answering(pbx.sip_port, ["1001"]) as phones:
                await offer(ami, channel, name="offer-too-late")
                told = await ami.user_event("CallcenterBridge", Offer="offer-too-late")
                assert value(told, "Result") == "NONEXISTENT"
                await phones.until(What.ENDED)
            assert await place_of(ami, channel) == "callcenter-away"
            await callers.until(What.ENDED, limit_s=20)
    assert pbx.channels() == 0


@run_async
async def test_an_agent_who_answers_does_not_fetch_the_caller_from_the_fallback_queue(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=1)
    await asyncio.to_thread(pbx.start)
    async with daemon(pbx, beats=False) as ami:
        await ami.action("Setvar", Variable="CALLCENTER_PATIENCE", Value="1")
        with Phones.answering(pbx.sip_port, ["1900", "1001"]), Callers(pbx.sip_port, [ERIKA]):
            channel = await come(ami)
            await ami.user_event("CallcenterFallback", limit_s=25)
            await offer(ami, channel, name="offer-fallback")
            told = await ami.user_event("CallcenterBridge", Offer="offer-fallback")
            assert value(told, "Result") == "NONEXISTENT"
            assert await place_of(ami, channel) == "callcenter-fallback"


@run_async
async def test_an_admins_own_message_comes_in_place_of_ours(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=0, extra={"extensions.conf": MESSAGE})
    await asyncio.to_thread(pbx.start)
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [ERIKA, ERIKA]) as callers:
            first = await come(ami)
            second = await other_channel(ami, first)
            await send_away(ami, first)
            await ami.user_event("OwnMessage", Contact=f"{first}-1")
            await callers.until(What.ENDED)
            await send_away(ami, second, "closed")
            await callers.until(What.ENDED, count=2, limit_s=20)
            assert value(await ami.event("Hangup", Uniqueid=second), "Context") == "callcenter-away"


@run_async
async def test_a_message_that_a_rule_names_is_the_admins_else_that_of_a_closed_queue(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=0, extra={"extensions.conf": MESSAGE})
    await asyncio.to_thread(pbx.start)
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [ERIKA]) as callers:
            channel = await come(ami)
            await send_away(ami, channel, "holiday")
            await ami.user_event("OwnMessage", Contact=f"{channel}-1")
            await callers.until(What.ENDED)
        with Callers(pbx.sip_port, [ERIKA]) as callers:
            channel = await other_channel(ami, channel)
            await ami.event("BridgeEnter", Uniqueid=channel)
            await send_away(ami, channel, "storm")
            await callers.until(What.ENDED, limit_s=20)
            hung_up = await ami.event("Hangup", Uniqueid=channel)
            assert (value(hung_up, "Context"), value(hung_up, "Exten")) == ("callcenter-away", "closed")
            assert len(ami.seen("UserEvent", UserEvent="OwnMessage")) == 1
    assert pbx.channels() == 0


async def other_channel(ami: AmiProbe, first: str) -> str:
    return value(await ami.user_event("CallcenterArrived", Contact=await other(ami, first)), "Uniqueid")


async def other(ami: AmiProbe, first: str) -> str:
    """The contact that is not that channel's, once there is one."""

    def contacts() -> list[str]:
        arrived = ami.seen("UserEvent", UserEvent="CallcenterArrived")
        return [value(one, "Contact") for one in arrived if value(one, "Uniqueid") != first]

    async def come() -> bool:
        return bool(contacts())

    await eventually(come)
    return contacts()[0]


@run_async
async def test_a_sound_that_is_missing_does_not_keep_the_caller(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=0)
    await asyncio.to_thread(pbx.start)
    change_dialplan(pbx, "vm-nobodyavail&vm-goodbye", "no-such-sound&nor-this")
    async with daemon(pbx) as ami:
        with Callers(pbx.sip_port, [ERIKA]) as callers:
            await send_away(ami, await come(ami))
            await callers.until(What.ENDED)


@run_async
async def test_the_second_phone_finds_the_caller_taken_and_the_first_keeps_it(pbx: Pbx) -> None:
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001", "1002"]) as phones, Callers(pbx.sip_port, [ERIKA]):
            channel = await come(ami)
            await offer(ami, channel, name="offer-first")
            await ami.event("BridgeEnter", Uniqueid="offer-first")
            await offer(ami, channel, device="PJSIP/1002", name="offer-second")
            told = await ami.user_event("CallcenterBridge", Offer="offer-second")
            assert value(told, "Result") == "TAKEN"
            assert [step.own for step in await phones.until(What.ENDED)] == ["1002"]
            assert ami.seen("Hangup", Uniqueid="offer-first") == []


@run_async
async def test_a_leg_that_dies_with_the_caller_as_its_own_leaves_it_to_the_next(pbx: Pbx) -> None:
    """As one that is hung up just before its Bridge(): its name is in the list, the leg is not there."""
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001", "1002"]), Callers(pbx.sip_port, [ERIKA]):
            channel = await come(ami)
            for name in ("offer-dead", "offer-dead-too"):
                await ami.action("Setvar", Channel=channel, Variable=f"HASH(CALLCENTER_LEGS,{name})", Value="1")
            await offer(ami, channel, name="offer-alive")
            await ami.event("BridgeEnter", Uniqueid="offer-alive")
            await offer(ami, channel, device="PJSIP/1002", name="offer-second")
            assert value(await ami.user_event("CallcenterBridge", Offer="offer-second"), "Result") == "TAKEN"
            answer = await ami.action("Getvar", Channel=channel, Variable="HASHKEYS(CALLCENTER_LEGS)")
            assert value(answer, "Value") == "offer-second,offer-alive,offer-dead-too,offer-dead"


@pytest.mark.parametrize(
    "moment",
    [
        " same => n(here),",
        " same => n,Set(CALLCENTER_LEGS=${IMPORT(${CALLCENTER_CHANNEL},HASHKEYS",
        " same => n(first),",
        " same => n(mine),",
    ],
)
@run_async
async def test_wherever_two_legs_meet_on_their_way_one_of_them_gets_the_caller(new_pbx: NewPbx, moment: str) -> None:
    """Each moment is some microseconds long; here one after the other is made long enough for both legs to be in it."""
    pbx = new_pbx(agents=2)
    await asyncio.to_thread(pbx.start)
    label = moment[: moment.index(",") + 1]
    change_dialplan(pbx, moment, f"{label}Wait(0.2)\n same => n,{moment[len(label) :]}")
    async with daemon(pbx) as ami:
        with Phones.answering(pbx.sip_port, ["1001", "1002"], after_ms=200), Callers(pbx.sip_port, [ERIKA]):
            channel = await come(ami)
            legs = ("offer-a", "PJSIP/1001"), ("offer-b", "PJSIP/1002")
            await asyncio.gather(*(offer(ami, channel, device=device, name=name) for name, device in legs))
            told = await ami.user_event("CallcenterBridge", Result="TAKEN")
            (winner,) = {name for name, _ in legs} - {value(told, "Offer")}
            await ami.event("BridgeEnter", Uniqueid=winner)
            await ami.event("Hangup", Uniqueid=value(told, "Offer"))
            assert ami.seen("Hangup", Uniqueid=winner) == []


def change_dialplan(pbx: Pbx, before: str, after: str) -> None:
    """Change that PBX's own copy of the dialplan at one place, and load it."""
    dialplan = pbx.folder / "etc/callcenter/extensions.conf"
    text = dialplan.read_text()
    assert text.count(before) == 1
    dialplan.write_text(text.replace(before, after))
    pbx.cli("dialplan reload")

"""Record what a real Asterisk says: `python -m tests.lab.capture` writes `tests/data/ami/*.txt` anew.

Each file is the raw stream of one connection of the least-rights user, from the banner on, around one story. They are
what the byte-level tests of the wire and the translator are fed with.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, register
from tests.lab.ami_probe import AmiProbe, Frame, eventually, heart, value

FOLDER = Path(__file__).parent.parent / "data/ami"
ERIKA = Caller("+493012345678", "5000", "Erika Mustermann", "A-17", "billing", "es")
OFFER = "offer-1"
VARIABLES = (
    "CALLCENTER_CONTACT,CALLCENTER_DIALLED,CALLCENTER_ACCOUNT,CALLCENTER_INTENT,CALLCENTER_LANGUAGE,"
    "CALLCENTER_WITHHELD,CALLCENTER_OFFER,CALLCENTER_CALLER,CALLCENTER_CONNECTED"
)

Story = Callable[[Pbx, AmiProbe], Awaitable[None]]


async def arrive(ami: AmiProbe) -> str:
    """Wait for the next caller; returns its channel's unique id."""
    return value(await ami.user_event("CallcenterArrived"), "Uniqueid")


async def offer(
    ami: AmiProbe,
    caller: str,
    device: str = "PJSIP/1001",
    name: str = OFFER,
    timeout_ms: int = 8_000,
    epoch: int | None = None,
) -> Frame:
    """Make an offer exactly as the daemon does; returns the response, the call goes on."""
    return await ami.action(
        "Originate",
        ("Variable", f"CALLCENTER_OFFER={name}"),
        ("Variable", f"CALLCENTER_CALLER={caller}"),
        *([] if epoch is None else [("Variable", f"CALLCENTER_EPOCH={epoch}")]),
        Channel=device,
        ChannelId=name,
        Context="callcenter-agent",
        Exten="s",
        Priority="1",
        Timeout=str(timeout_ms),
        CallerID='"Erika Mustermann" <+493012345678>',
        Async="true",
    )


async def connect(ami: AmiProbe, caller: str, name: str = OFFER) -> None:
    """Wait until the offer is bridged and say so on the caller's channel, as the daemon does."""
    await ami.event("BridgeEnter", Uniqueid=name)
    await ami.action("Setvar", Channel=caller, Variable="CALLCENTER_CONNECTED", Value=name)


async def send_away(ami: AmiProbe, caller: str, outcome: str = "withdrawn") -> None:
    """Send a caller away exactly as the daemon does."""
    await ami.action("Setvar", Channel=caller, Variable="CALLCENTER_AWAY", Value=outcome)
    answer = await ami.action("Redirect", Channel=caller, Context="callcenter-away", Exten=outcome, Priority="1")
    assert value(answer, "Response") == "Success", answer


async def quiet(pbx: Pbx, ami: AmiProbe) -> None:
    """Wait until no channel is left and what it said has arrived."""

    async def none_left() -> bool:
        return await asyncio.to_thread(pbx.channels) == 0

    await eventually(none_left, limit_s=15)
    await ami.action("Ping")
    await asyncio.sleep(0.3)  # device states follow their channel by some milliseconds


async def arrival_and_hang_up(pbx: Pbx, ami: AmiProbe) -> None:
    with Callers(pbx.sip_port, [ERIKA], hold_ms=1_500):
        await arrive(ami)
        await ami.event("Hangup")
        await quiet(pbx, ami)


async def withheld_number(pbx: Pbx, ami: AmiProbe) -> None:
    """Twice: a caller who is anonymous, and one whose number the network knows but the caller withholds."""
    known = b'P-Asserted-Identity: "Paul" <sip:+4930999@trunk.invalid>\nPrivacy: id'
    with Callers(pbx.sip_port, [Caller("anonymous", "5000", "Anonymous")], hold_ms=300) as callers:
        await arrive(ami)
        await callers.finished()
    with Callers(pbx.sip_port, [Caller("anonymous", "5001", "Anonymous")], hold_ms=300, headers=known):
        await ami.user_event("CallcenterArrived", Dialled="5001")
        await quiet(pbx, ami)


async def hostile_caller_id(pbx: Pbx, ami: AmiProbe) -> None:
    # SIPp turns \x.. into bytes: U+2028, bytes that are not UTF-8, a bare CR. Asterisk itself drops calls with a bare
    # LF, a folded line or NUL inside the quotes.
    name = rb'"Event: Hangup \xe2\x80\xa8 \xff\xfe , ${EPOCH} a\x0dEvent: UserEvent"'
    caller = Caller("+493012345678", account="17,Offer: x", intent='a b"c', language="es-MX")
    with Callers(pbx.sip_port, [caller], hold_ms=300, name=name):
        await arrive(ami)
        await quiet(pbx, ami)


async def talk_agent_hangs_up(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.answering(pbx.sip_port, ["1001"], after_ms=300, talk_ms=700), Callers(pbx.sip_port, [ERIKA]):
        caller = await arrive(ami)
        await offer(ami, caller)
        await connect(ami, caller)
        await quiet(pbx, ami)


async def talk_caller_hangs_up(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.answering(pbx.sip_port, ["1001"], after_ms=300), Callers(pbx.sip_port, [ERIKA], hold_ms=1_500):
        caller = await arrive(ami)
        await offer(ami, caller)
        await connect(ami, caller)
        await quiet(pbx, ami)


async def _refused(pbx: Pbx, ami: AmiProbe, status: int) -> None:
    phones = Phones.refusing(pbx.sip_port, ["1001"], status=status, after_ms=200)
    with phones, Callers(pbx.sip_port, [ERIKA], hold_ms=1_500):
        await offer(ami, await arrive(ami))
        await ami.event("OriginateResponse")
        await quiet(pbx, ami)


async def busy_486(pbx: Pbx, ami: AmiProbe) -> None:
    await _refused(pbx, ami, 486)


async def declined_603(pbx: Pbx, ami: AmiProbe) -> None:
    await _refused(pbx, ami, 603)


async def unavailable_480(pbx: Pbx, ami: AmiProbe) -> None:
    await _refused(pbx, ami, 480)


async def not_found_404(pbx: Pbx, ami: AmiProbe) -> None:
    await _refused(pbx, ami, 404)


async def server_error_500(pbx: Pbx, ami: AmiProbe) -> None:
    await _refused(pbx, ami, 500)


async def no_answer_timeout(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.silent(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA], hold_ms=3_000):
        await offer(ami, await arrive(ami), timeout_ms=1_000)
        await ami.event("OriginateResponse")
        await quiet(pbx, ami)


async def phone_not_registered(pbx: Pbx, ami: AmiProbe) -> None:
    with Callers(pbx.sip_port, [ERIKA], hold_ms=1_000):
        await offer(ami, await arrive(ami), device="PJSIP/1003")
        await ami.event("OriginateResponse")
        await quiet(pbx, ami)


async def phone_unknown(pbx: Pbx, ami: AmiProbe) -> None:
    with Callers(pbx.sip_port, [ERIKA], hold_ms=1_000):
        await offer(ami, await arrive(ami), device="PJSIP/nobody")
        await ami.event("OriginateResponse")
        await quiet(pbx, ami)


async def phone_registered_but_dead(pbx: Pbx, ami: AmiProbe) -> None:
    await asyncio.to_thread(register, pbx.sip_port, ["1004"], 9)
    with Callers(pbx.sip_port, [ERIKA], hold_ms=3_000):
        await offer(ami, await arrive(ami), device="PJSIP/1004", timeout_ms=2_000)
        await ami.event("OriginateResponse")
        await quiet(pbx, ami)


async def caller_hangs_up_while_ringing(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.silent(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA], hold_ms=1_000):
        caller = await arrive(ami)
        await offer(ami, caller)
        await ami.event("Hangup", Uniqueid=caller)
        await ami.action("Hangup", Channel=OFFER)
        await quiet(pbx, ami)


async def withdrawn_before_newchannel(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.silent(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA], hold_ms=2_500):
        caller = await arrive(ami)
        # The answer to the Originate is not waited for, so there may be no channel to hang up yet.
        _, answer = await asyncio.gather(offer(ami, caller), ami.action("Hangup", Channel=OFFER))
        assert value(answer, "Message") == "No such channel", "the channel was there already: record this one again"
        await ami.event("Newchannel", Uniqueid=OFFER)
        await ami.action("Hangup", Channel=OFFER)
        await ami.event("OriginateResponse")
        await quiet(pbx, ami)


async def withdrawn_while_ringing(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.silent(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA], hold_ms=1_500):
        await offer(ami, await arrive(ami))
        await ami.event("Newstate", Uniqueid=OFFER, ChannelStateDesc="Ringing")
        await ami.action("Hangup", Channel=OFFER)
        await ami.event("OriginateResponse")
        await quiet(pbx, ami)


async def withdrawn_crosses_answer_on_the_wire(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.racing(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [ERIKA], hold_ms=2_000):
        await offer(ami, await arrive(ami))
        await ami.event("Newstate", Uniqueid=OFFER, ChannelStateDesc="Ringing")
        await ami.action("Hangup", Channel=OFFER)
        await quiet(pbx, ami)


async def withdrawn_after_bridge(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.answering(pbx.sip_port, ["1001"], after_ms=200), Callers(pbx.sip_port, [ERIKA], hold_ms=2_500):
        await offer(ami, await arrive(ami))
        await ami.event("BridgeEnter", Uniqueid=OFFER)
        await ami.action("Hangup", Channel=OFFER)
        await quiet(pbx, ami)


async def caller_gone_at_the_answer(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.answering(pbx.sip_port, ["1001"], after_ms=1_200), Callers(pbx.sip_port, [ERIKA], hold_ms=600):
        await offer(ami, await arrive(ami))
        await ami.user_event("CallcenterBridge")
        await quiet(pbx, ami)


async def two_answers(pbx: Pbx, ami: AmiProbe) -> None:
    """Two phones ring for one caller and are answered in the same instant; the one that gets it hangs up later."""
    phones = Phones.answering(pbx.sip_port, ["1001", "1002"], after_ms=200, talk_ms=700)
    with phones, Callers(pbx.sip_port, [ERIKA]):
        caller = await arrive(ami)
        await offer(ami, caller)
        await offer(ami, caller, device="PJSIP/1002", name="offer-2")
        await ami.user_event("CallcenterBridge", Result="TAKEN")
        entered = await ami.until(lambda frame: value(frame, "Uniqueid").startswith("offer-") and _enters(frame), 5)
        await connect(ami, caller, value(entered, "Uniqueid"))
        await quiet(pbx, ami)


def _enters(frame: Frame) -> bool:
    return value(frame, "Event") == "BridgeEnter"


async def sent_away(pbx: Pbx, ami: AmiProbe) -> None:
    """While a phone rings, which is answered too late."""
    with Phones.answering(pbx.sip_port, ["1001"], after_ms=1_000), Callers(pbx.sip_port, [ERIKA]):
        caller = await arrive(ami)
        await offer(ami, caller)
        await ami.event("Newstate", Uniqueid=OFFER, ChannelStateDesc="Ringing")
        await send_away(ami, caller)
        await ami.action("Status", Variables=VARIABLES)
        await ami.user_event("CallcenterBridge")
        await quiet(pbx, ami)


async def blind_transfer(pbx: Pbx, ami: AmiProbe) -> None:
    with (
        Phones.transferring(pbx.sip_port, ["1001"], to="1002"),
        Phones.answering(pbx.sip_port, ["1002"], after_ms=300, talk_ms=600),
        Callers(pbx.sip_port, [ERIKA]),
    ):
        caller = await arrive(ami)
        await offer(ami, caller)
        await connect(ami, caller)
        await quiet(pbx, ami)


async def blind_transfer_to_the_call_center(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.transferring(pbx.sip_port, ["1001"], to="6000"), Callers(pbx.sip_port, [ERIKA], hold_ms=2_500):
        caller = await arrive(ami)
        await offer(ami, caller)
        await connect(ami, caller)
        await ami.user_event("CallcenterArrived", Dialled="6000")
        await quiet(pbx, ami)


async def phone_in_another_call(pbx: Pbx, ami: AmiProbe) -> None:
    """1002 (known by its name as the caller's number) calls 1001: both phones are in use without us."""
    with (
        Phones.answering(pbx.sip_port, ["1001"], after_ms=300),
        Phones.silent(pbx.sip_port, ["1002"]),
        Callers(pbx.sip_port, [Caller("1002", "1001")], hold_ms=1_000),
    ):
        await ami.event("BridgeEnter")
        await ami.action("DeviceStateList")
        await ami.event("DeviceStateListComplete")
        await quiet(pbx, ami)


async def phone_comes_and_goes(pbx: Pbx, ami: AmiProbe) -> None:
    with Phones.silent(pbx.sip_port, ["1005"]) as phones:
        await ami.event("DeviceStateChange", Device="PJSIP/1005", State="NOT_INUSE")
        await asyncio.to_thread(phones.unregister)
        await ami.event("DeviceStateChange", Device="PJSIP/1005", State="UNAVAILABLE")


async def resync(pbx: Pbx, ami: AmiProbe) -> None:
    """One caller waits, one is offered to a phone that rings, one talks: what the lists say of them."""
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.silent(pbx.sip_port, ["1002"]),
        Callers(pbx.sip_port, [ERIKA, Caller("0301", "5001"), Caller("0302", "5002")], rate=5, hold_ms=4_000),
    ):
        talking = value(await ami.user_event("CallcenterArrived", Dialled="5000"), "Uniqueid")
        await offer(ami, talking)
        await connect(ami, talking)
        ringing = value(await ami.user_event("CallcenterArrived", Dialled="5001"), "Uniqueid")
        await offer(ami, ringing, device="PJSIP/1002", name="offer-2")
        await ami.event("Newstate", Uniqueid="offer-2", ChannelStateDesc="Ringing")
        await ami.user_event("CallcenterArrived", Dialled="5002")
        await ami.action("Status", Variables=VARIABLES)
        await ami.event("StatusComplete")
        await ami.action("BridgeList")
        await ami.action("CoreShowChannels")
        await ami.action("DeviceStateList")
        await ami.event("DeviceStateListComplete")
        await ami.action("Hangup", Channel="offer-2")
        await quiet(pbx, ami)


async def refused_actions(pbx: Pbx, ami: AmiProbe) -> None:
    """What the least-rights user may not do, and mistakes in what it may."""
    await ami.action("Filter", Operation="Add", Filter="Event: Newchannel")
    await ami.action("Command", Command="core show channels")
    await ami.action("CoreStatus")
    await ami.action("Reload")
    await ami.action("GetConfig", Filename="manager.conf")
    await ami.action("UserEvent", UserEvent="CallcenterArrived")
    await ami.action("NoSuchAction")
    await ami.action("Hangup", Channel="no-such-channel")
    await ami.action("Setvar", Channel="no-such-channel", Variable="X", Value="1")
    await ami.action("Status", Channel="no-such-channel")
    await ami.action("Originate", Channel="PJSIP/1001", Application="System", Data="id", Async="true")
    await ami.action("Originate", Channel="PJSIP/1001", Context="nowhere", Exten="s", Priority="1", Async="true")
    await ami.action("Setvar", Variable="CALLCENTER_BEAT", Value="1700000000123")
    await ami.action("Getvar", Variable="CALLCENTER_BEAT")
    await ami.action("Ping")
    await ami.action("Logoff")


async def fallback(pbx: Pbx, ami: AmiProbe) -> None:
    """Nobody beats, so the caller goes to the plain queue, whose phone answers."""
    with Phones.answering(pbx.sip_port, ["1900"], after_ms=200, talk_ms=500), Callers(pbx.sip_port, [ERIKA]):
        await arrive(ami)
        await ami.user_event("CallcenterFallback", limit_s=20)
        await ami.action("Status", Variables=VARIABLES)
        await quiet(pbx, ami)


async def pbx_stops(pbx: Pbx, ami: AmiProbe) -> None:
    with Callers(pbx.sip_port, [ERIKA]):
        await arrive(ami)
        await asyncio.to_thread(pbx.restart)


STORIES: tuple[Story, ...] = (
    arrival_and_hang_up,
    withheld_number,
    hostile_caller_id,
    talk_agent_hangs_up,
    talk_caller_hangs_up,
    busy_486,
    declined_603,
    unavailable_480,
    not_found_404,
    server_error_500,
    no_answer_timeout,
    phone_not_registered,
    phone_unknown,
    phone_registered_but_dead,
    caller_hangs_up_while_ringing,
    withdrawn_before_newchannel,
    withdrawn_while_ringing,
    withdrawn_crosses_answer_on_the_wire,
    withdrawn_after_bridge,
    caller_gone_at_the_answer,
    two_answers,
    sent_away,
    blind_transfer,
    blind_transfer_to_the_call_center,
    phone_in_another_call,
    phone_comes_and_goes,
    resync,
    refused_actions,
    fallback,
    pbx_stops,
)


async def record(pbx: Pbx, story: Story, name: str) -> None:
    """Play one story and write what was said to its file, finished or not."""
    ami = await AmiProbe.connect(pbx.ami_port, pbx.ami_secret)
    try:
        if story in (fallback, pbx_stops):
            await story(pbx, ami)
        else:
            async with heart(pbx.ami_port, pbx.ami_secret):
                await story(pbx, ami)
    finally:
        await ami.close()
        (FOLDER / f"{name}.txt").write_bytes(ami.raw)


def main(names: list[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    stories = {getattr(story, "__name__", ""): story for story in STORIES}
    with Pbx("capture") as pbx:
        for name in names or list(stories):
            try:
                asyncio.run(record(pbx, stories[name], name))
                print(f"{name}: recorded")
            except (Exception, TimeoutError) as error:
                print(f"{name}: {error!r}\n{pbx.log(5)}")


if __name__ == "__main__":
    main(sys.argv[1:])

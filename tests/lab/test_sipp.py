"""SIPp's callers and phones behave as they are told, and say what happened to each call."""

import asyncio
import itertools
import re
import socket

import pytest

from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, SippFailed, Step, What, register
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, heart
from tests.lab.capture import arrive, offer

pytestmark = pytest.mark.pbx


def kinds(steps: list[Step]) -> list[What]:
    return [step.what for step in steps]


@run_async
async def test_callers_come_at_their_rate_and_leave_when_they_like(pbx: Pbx) -> None:
    people = [Caller(f"0300{number}", "5020") for number in range(6)]
    async with heart(pbx.ami_port, pbx.ami_secret):
        with Callers(pbx.sip_port, people, rate=20, hold_ms=600) as callers:
            steps = await callers.finished()
            assert callers.steps(What.CALLED)[0].own == "03000"
    assert [kinds([step for step in steps if step.own == person.number]) for person in people] == [
        [What.CALLED, What.ANSWERED, What.HUNG_UP]
    ] * 6
    times = [step.at_s for step in steps]
    assert times == sorted(times)


@run_async
async def test_a_caller_of_an_impossible_number_is_refused(pbx: Pbx) -> None:
    with Callers(pbx.sip_port, [Caller("0301", "*")], hold_ms=600) as callers:
        assert kinds(await callers.finished()) == [What.CALLED, What.REFUSED]


@run_async
async def test_phones_ring_answer_talk_and_hang_up(pbx: Pbx) -> None:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami, heart(pbx.ami_port, pbx.ami_secret):
        with (
            Phones.answering(pbx.sip_port, ["1001"], after_ms=200, talk_ms=300) as phones,
            Callers(pbx.sip_port, [Caller("0301", "5021")]) as callers,
        ):
            await offer(ami, await arrive(ami))
            await phones.until(What.HUNG_UP)
            assert kinds(phones.steps()) == [What.RINGING, What.ANSWERED, What.HUNG_UP]
            ringing, answered, _ = phones.steps()
            assert (ringing.own, ringing.other) == ("1001", "+493012345678")
            assert answered.at_s > ringing.at_s
            assert callers.alive


@pytest.mark.parametrize("status", [486, 603, 480])
@run_async
async def test_phones_refuse(pbx: Pbx, status: int) -> None:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami, heart(pbx.ami_port, pbx.ami_secret):
        with (
            Phones.refusing(pbx.sip_port, ["1001"], status=status) as phones,
            Callers(pbx.sip_port, [Caller("0301", "5022")], hold_ms=2_000),
        ):
            await offer(ami, await arrive(ami), name=f"offer-{status}")
            hung_up = await ami.event("Hangup", Uniqueid=f"offer-{status}")
            assert ("TechCause", str(status)) in hung_up
            await phones.until(What.REFUSED)  # the PBX may tell before SIPp has written it down
            assert kinds(phones.steps()) == [What.RINGING, What.REFUSED]


@run_async
async def test_silent_phones_stop_when_they_are_cancelled(pbx: Pbx) -> None:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami, heart(pbx.ami_port, pbx.ami_secret):
        with (
            Phones.silent(pbx.sip_port, ["1001"]) as phones,
            Callers(pbx.sip_port, [Caller("0301", "5023")], hold_ms=2_000),
        ):
            await offer(ami, await arrive(ami))
            await phones.until(What.RINGING)
            await ami.action("Hangup", Channel="offer-1")
            await phones.until(What.CANCELLED)


@run_async
async def test_racing_phones_answer_at_the_moment_of_the_cancel(pbx: Pbx) -> None:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami, heart(pbx.ami_port, pbx.ami_secret):
        with (
            Phones.racing(pbx.sip_port, ["1001"]) as phones,
            Callers(pbx.sip_port, [Caller("0301", "5024")], hold_ms=2_000) as callers,
        ):
            await offer(ami, await arrive(ami))
            await phones.until(What.RINGING)
            await ami.action("Hangup", Channel="offer-1")
            await phones.until(What.ENDED)
            assert kinds(phones.steps()) == [What.RINGING, What.CANCELLED, What.ANSWERED, What.ENDED]
            assert callers.alive


@run_async
async def test_a_phone_that_is_cancelled_when_it_is_about_to_answer_was_cancelled(pbx: Pbx) -> None:
    """Once in a while SIPp has ended its wait, and not answered yet. The PBX is played, to send as many as it takes."""
    with (
        Phones.answering(pbx.sip_port, ["1001"], after_ms=100) as phones,
        socket.socket(type=socket.SOCK_DGRAM) as wire,
    ):
        wire.bind(("127.0.0.1", 0))
        async with asyncio.timeout(60):
            for number in itertools.count():
                wire.sendto(request("INVITE", number, wire, phones), ("127.0.0.1", phones.port))
                await asyncio.sleep(0.1 + number % 140 / 10_000)  # that long it rings, and a little longer
                wire.sendto(request("CANCEL", number, wire, phones), ("127.0.0.1", phones.port))
                if re.search(r"unexpected CANCEL for call: \d+-crossed", phones.errors()):
                    break
        await phones.until(What.CANCELLED)
        steps = phones.steps()
        aborted = re.findall(r"unexpected CANCEL for call: (\d+-crossed)", phones.errors())
        assert aborted
        for call in aborted:
            assert kinds([step for step in steps if step.call == call]) == [What.RINGING, What.CANCELLED]
        assert {step.own for step in steps} == {"1001"}


def request(method: str, number: int, wire: socket.socket, phones: Phones) -> bytes:
    own = f"127.0.0.1:{wire.getsockname()[1]}"
    lines = [
        f"{method} sip:1001@127.0.0.1:{phones.port} SIP/2.0",
        f"Via: SIP/2.0/UDP {own};branch=z9hG4bK-{number}",
        "From: <sip:0301@127.0.0.1>;tag=a",
        "To: <sip:1001@127.0.0.1>",
        f"Call-ID: {number}-crossed",
        f"CSeq: 1 {method}",
        f"Contact: <sip:0301@{own}>",
        "Content-Length: 0",
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


@run_async
async def test_phones_come_and_go(pbx: Pbx) -> None:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami:
        phones = Phones.silent(pbx.sip_port, [f"{number}" for number in range(1010, 1030)])
        await asyncio.to_thread(phones.start)
        for name in phones.names:
            await ami.event("DeviceStateChange", Device=f"PJSIP/{name}", State="NOT_INUSE")
        await asyncio.to_thread(phones.unregister)
        for name in phones.names:
            await ami.event("DeviceStateChange", Device=f"PJSIP/{name}", State="UNAVAILABLE")
        phones.stop()


def test_a_phone_that_the_pbx_does_not_know_can_not_register(pbx: Pbx) -> None:
    with pytest.raises(SippFailed, match="could not register"):
        register(pbx.sip_port, ["nobody"], 9, limit_s=5)


def test_nothing_is_left_of_phones_that_could_not_register(pbx: Pbx) -> None:
    phones = Phones.silent(pbx.sip_port, ["nobody"])
    with pytest.raises(SippFailed, match="could not register"), phones:
        pass
    assert phones.returncode is not None


@run_async
async def test_waiting_for_what_does_not_happen_ends_with_a_reason(pbx: Pbx) -> None:
    phones = Phones.silent(pbx.sip_port, ["1001"])
    with phones, pytest.raises(SippFailed, match=r"0 of 1 `ringing` within 0\.2 s"):
        await phones.until(What.RINGING, limit_s=0.2)


@run_async
async def test_a_process_ends_by_itself_at_its_limit(pbx: Pbx) -> None:
    with Phones.silent(pbx.sip_port, ["1001"], limit_s=1) as phones:
        await phones.finished(limit_s=10)


@pytest.mark.parametrize(
    "caller", [Caller("0301;x"), Caller("03 01"), Caller("0301", name="a\nb"), Caller("1", account="[x]")]
)
def test_what_would_break_the_injection_file_is_refused(caller: Caller) -> None:
    with pytest.raises(ValueError, match=r"can't stand in SIPp's file|no SIP address"):
        Callers(5060, [caller])

"""The same on a real Asterisk with SIPp, plainly and over TLS: what `test_asterisk.py` takes for granted is so."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
from twisted.internet import reactor

from callcenter.commands import ConfirmConnection, RingDevice, StopRinging, TakeBack
from callcenter.cti.asterisk import AsteriskPbx
from callcenter.events import (
    CallerFellBack,
    CallerLeft,
    CallerReturned,
    ContactArrived,
    DeviceChanged,
    Event,
    Leg,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxLost,
    PbxSynced,
)
from callcenter.settings import AmiTls, PbxSettings
from callcenter.types import ContactId, Departure, DeviceRef, DeviceStatus, LegEnd, OfferId, PbxName
from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, What
from tests.helpers import run_async
from tests.pbx_fixtures import NewPbx

pytestmark = pytest.mark.pbx

PBX = PbxName("main")
OFFER = OfferId("cti-offer-1")
LIMIT_S = 15.0
ERIKA = Caller("+493012345678", "5000", "Erika Mustermann", "A-17", "billing", "es")


class Ear:
    """What the core would be told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._more.set()

    async def until(self, kind: type[Any], which: Callable[[Any], bool] = lambda _: True, count: int = 1) -> Any:
        """Wait for the `count`th event of that kind."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                found = [event for event in self.events if isinstance(event, kind) and which(event)]
                if len(found) >= count:
                    return found[count - 1]
                self._more.clear()
                await self._more.wait()

    def about_calls(self) -> list[Event]:
        return [event for event in self.events if not isinstance(event, DeviceChanged | PbxSynced)]


def settings(pbx: Pbx, **more: Any) -> PbxSettings:
    port = pbx.ami_tls_port if "tls" in more else pbx.ami_port
    return PbxSettings.model_validate({"port": port, "reconnect_min_s": 0.1, "reconnect_max_s": 0.5, **more})


@asynccontextmanager
async def daemon(pbx: Pbx, ear: Ear, secret: str | None = None, **more: Any) -> AsyncIterator[AsteriskPbx]:
    asterisk = AsteriskPbx(settings(pbx, **more), secret or pbx.ami_secret, ear, reactor)
    asterisk.start()
    try:
        yield asterisk
    finally:
        await asterisk.stop().asFuture(asyncio.get_running_loop())


def ring(arrival: ContactArrived, device: str = "PJSIP/1001", offer: OfferId = OFFER) -> RingDevice:
    return RingDevice(
        offer, arrival.contact, arrival.channel, DeviceRef(PBX, device), arrival.caller, arrival.caller_name, 8_000
    )


@run_async
async def test_from_arrival_to_hang_up(pbx: Pbx) -> None:
    ear = Ear()
    with Phones.answering(pbx.sip_port, ["1001"], after_ms=100, talk_ms=500) as phones:
        async with daemon(pbx, ear) as asterisk:
            synced = await ear.until(PbxSynced)
            assert DeviceChanged(DeviceRef(PBX, "PJSIP/1001"), DeviceStatus.FREE) in synced.devices
            with Callers(pbx.sip_port, [ERIKA]) as callers:
                arrival = await ear.until(ContactArrived)
                asterisk.execute(ring(arrival))
                await ear.until(OfferConnected)
                asterisk.execute(ConfirmConnection(OFFER, arrival.channel))
                await ear.until(CallerLeft)
                await ear.until(OfferEnded)
                await callers.finished(LIMIT_S)
            (rang,) = phones.steps(What.RINGING)
            assert rang.other == "+493012345678"
            health = asterisk.health
            assert health.synced
            assert health.lag_ms is not None
    assert arrival == ContactArrived(
        contact=ContactId(f"main-{arrival.channel.channel}-1"),
        channel=arrival.channel,
        caller="+493012345678",
        caller_name="Erika Mustermann",
        dialled="5000",
        account="A-17",
        intent="billing",
        language="es",
        number="+493012345678",
    )
    first, second = CallerLeft(arrival.contact, Departure.HUNG_UP), OfferEnded(OFFER, LegEnd.HUNG_UP)
    assert ear.about_calls()[:3] == [arrival, OfferRinging(OFFER), OfferConnected(OFFER)]
    assert ear.about_calls()[3:] in ([first, second], [second, first])


@pytest.mark.parametrize(
    ("device", "how"),
    [("PJSIP/1002", LegEnd.BUSY), ("PJSIP/1003", LegEnd.UNREACHABLE), ("PJSIP/nobody", LegEnd.UNREACHABLE)],
)
@run_async
async def test_an_offer_that_comes_to_nothing(pbx: Pbx, device: str, how: LegEnd) -> None:
    ear = Ear()
    with Phones.refusing(pbx.sip_port, ["1002"]) as phones, Callers(pbx.sip_port, [ERIKA]):
        async with daemon(pbx, ear) as asterisk:
            synced = await ear.until(PbxSynced)
            arrival = synced.waiting[0] if synced.waiting else await ear.until(ContactArrived)
            asterisk.execute(ring(arrival, device))
            ended = await ear.until(OfferEnded)
            assert ended == OfferEnded(OFFER, how)
        phones.unregister()


@run_async
async def test_stopped_at_once_and_stopped_while_it_rings(pbx: Pbx) -> None:
    ear = Ear()
    with Phones.silent(pbx.sip_port, ["1001"]) as phones, Callers(pbx.sip_port, [ERIKA]):
        async with daemon(pbx, ear) as asterisk:
            await ear.until(PbxSynced)
            arrival = await ear.until(ContactArrived)
            command = ring(arrival)
            asterisk.execute(command)
            asterisk.execute(StopRinging(OFFER, command.device))
            await ear.until(OfferEnded)
            other = OfferId("cti-offer-2")
            asterisk.execute(ring(arrival, offer=other))
            await ear.until(OfferRinging, lambda event: event.offer == other)
            asterisk.execute(StopRinging(other, command.device))
            await ear.until(OfferEnded, count=2)
            await phones.until(What.CANCELLED)
            assert pbx.channels() == 1
    assert [event.offer for event in ear.events if isinstance(event, OfferEnded)] == [OFFER, other]


@run_async
async def test_the_connection_is_cut_and_everything_is_found_again(pbx: Pbx) -> None:
    ear = Ear()
    with Phones.answering(pbx.sip_port, ["1001"]), Phones.silent(pbx.sip_port, ["1002"]):
        async with daemon(pbx, ear) as asterisk:
            await ear.until(PbxSynced)
            with Callers(pbx.sip_port, [ERIKA, Caller("0301", "5001"), Caller("0302", "5002")]):
                first, second, third = [await ear.until(ContactArrived, count=number) for number in (1, 2, 3)]
                asterisk.execute(ring(first))
                asterisk.execute(ring(second, "PJSIP/1002", OfferId("cti-offer-2")))
                await ear.until(OfferConnected)
                await ear.until(OfferRinging, lambda event: event.offer == "cti-offer-2")
                cut(asterisk)
                await ear.until(PbxLost)
                synced = await ear.until(PbxSynced, count=2)
                assert list(synced.waiting) == [first, second, third]
                assert set(synced.legs) == {Leg(OFFER, first.contact), Leg(OfferId("cti-offer-2"), None, ringing=True)}
                assert asterisk.health.reconnects == 1
                asterisk.execute(StopRinging(OfferId("cti-offer-2"), DeviceRef(PBX, "")))
                await ear.until(OfferEnded)
    assert sum(isinstance(event, PbxLost) for event in ear.events) == 1


def cut(asterisk: AsteriskPbx) -> None:
    protocol = asterisk._protocol
    assert protocol is not None
    protocol.drop("cut by the test")


@run_async
async def test_a_silent_daemon_loses_the_caller_to_the_fallback(pbx: Pbx) -> None:
    ear = Ear()
    with ExitStack() as calls:
        async with daemon(pbx, ear) as asterisk:
            await ear.until(PbxSynced)
            calls.enter_context(Callers(pbx.sip_port, [ERIKA]))
            arrival = await ear.until(ContactArrived)
            asterisk.hold_heart()
            pbx.cli("dialplan set global CALLCENTER_PATIENCE 1")
            assert await ear.until(CallerFellBack) == CallerFellBack(arrival.contact)
        async with daemon(pbx, ear) as asterisk:
            synced = await ear.until(PbxSynced, count=2)
            assert (synced.waiting, synced.fallback, synced.returnable) == ((), (), (arrival,))
            assert synced.gone is Departure.LOST, "somebody else may have been answered there"
            await true(lambda: asterisk.health.synced)
            asterisk.execute(TakeBack(arrival.contact, arrival.channel))
            assert await ear.until(CallerReturned) == CallerReturned(arrival.contact)


@run_async
async def test_who_fell_back_while_the_link_stood_is_taken_back_as_soon_as_the_heart_beats(pbx: Pbx) -> None:
    ear = Ear()
    with Phones.refusing(pbx.sip_port, ["1900"]), ExitStack() as calls:
        async with daemon(pbx, ear) as asterisk:
            await ear.until(PbxSynced)
            calls.enter_context(Callers(pbx.sip_port, [ERIKA]))
            arrival = await ear.until(ContactArrived)
            asterisk.hold_heart()
            pbx.cli("dialplan set global CALLCENTER_PATIENCE 1")
            await ear.until(CallerFellBack)
            asterisk.execute(TakeBack(arrival.contact, arrival.channel))  # the PBX would give the caller away again
            assert not any(isinstance(event, CallerReturned) for event in ear.events)
            asterisk.hold_heart(False)
            await ear.until(CallerReturned)
            assert sum(isinstance(event, PbxSynced) for event in ear.events) == 1


@run_async
async def test_over_tls(pbx: Pbx) -> None:
    ear = Ear()
    async with daemon(pbx, ear, tls=AmiTls(ca_file=pbx.ca_file, server_name="localhost")) as asterisk:
        await ear.until(PbxSynced)
        assert asterisk.health.connected


@pytest.mark.parametrize("named", [True, False])
@run_async
async def test_over_tls_with_another_name_or_authority_nothing_is_said(pbx: Pbx, named: bool) -> None:
    ear = Ear()
    tls = AmiTls(ca_file=pbx.ca_file, server_name="other.example") if named else AmiTls(server_name="localhost")
    async with daemon(pbx, ear, tls=tls) as asterisk:
        await true(lambda: asterisk.health.last_error is not None)
        assert ("for another name" if named else "pbx.tls.ca_file") in asterisk.health.words
    assert ear.events == []


@run_async
async def test_a_wrong_secret_is_said_in_words(pbx: Pbx) -> None:
    async with daemon(pbx, Ear(), secret="wrong") as asterisk:
        await true(lambda: asterisk.health.last_error is not None)
        assert "Authentication failed; compare pbx.username and pbx.secret" in asterisk.health.words


@run_async
async def test_a_pbx_that_is_killed_and_comes_back(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=2)
    await asyncio.to_thread(pbx.start)
    ear = Ear()
    async with daemon(pbx, ear) as asterisk:
        await ear.until(PbxSynced)
        with Callers(pbx.sip_port, [ERIKA]):
            await ear.until(ContactArrived)
            await asyncio.to_thread(pbx.kill)
            await ear.until(PbxLost)
        await asyncio.to_thread(pbx.start)
        await true(lambda: asterisk.health.synced and knows(ear, "PJSIP/1001", "PJSIP/1002"))
        first = await ear.until(PbxSynced, count=2)  # perhaps while it was still starting, and then there is a third
        assert (first.waiting, first.gone) == ((), Departure.LOST)
    async with daemon(pbx, ear) as asterisk:
        await true(lambda: asterisk.health.synced)
        assert last_sync(ear).gone is Departure.HUNG_UP


async def true(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        for _ in itertools.count():
            if condition():
                return
            await asyncio.sleep(0.01)


def knows(ear: Ear, *devices: str) -> bool:
    return {changed.device.device for changed in last_sync(ear).devices} >= set(devices)


def last_sync(ear: Ear) -> PbxSynced:
    return [event for event in ear.events if isinstance(event, PbxSynced)][-1]


@pytest.mark.parametrize("name", [b'"Event: Hangup \xe2\x80\xa8 \xff\xfe\x01"', b'"' + b"x" * 300 + b'"'])
@run_async
async def test_a_hostile_name_harms_nobody(pbx: Pbx, name: bytes) -> None:
    ear = Ear()
    with Phones.answering(pbx.sip_port, ["1001"], talk_ms=200), Callers(pbx.sip_port, [ERIKA], name=name):
        async with daemon(pbx, ear) as asterisk:
            synced = await ear.until(PbxSynced)
            arrival = synced.waiting[0] if synced.waiting else await ear.until(ContactArrived)
            assert arrival.caller_name.isprintable()
            assert len(arrival.caller_name) <= 80
            asterisk.execute(ring(arrival))
            await ear.until(OfferConnected)
            asterisk.execute(ConfirmConnection(OFFER, arrival.channel))
            await ear.until(CallerLeft)
            assert asterisk.health.bad_messages == 0

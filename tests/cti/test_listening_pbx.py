"""Who hears whom when a supervisor listens, whispers or barges in: on a real Asterisk, by tones."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from callcenter.commands import ConfirmConnection
from callcenter.cti.asterisk import AsteriskPbx
from callcenter.events import ContactArrived, OfferConnected, OfferEnded, PbxSynced
from callcenter.orders import (
    ChangeListening,
    ListeningBegan,
    ListeningEnded,
    ListeningId,
    ListenMode,
    Spy,
    StartListening,
    StopListening,
)
from callcenter.types import DeviceRef, OfferId
from lab.audio import Handset, handset, until_heard
from lab.pbx import Pbx
from lab.sipp import Callers, Phones, What
from tests.cti.test_asterisk_pbx import ERIKA, OFFER, PBX, Ear, daemon, ring
from tests.helpers import run_async

pytestmark = pytest.mark.pbx

CUSTOMER_HZ, AGENT_HZ, SUPERVISOR_HZ = 600, 1_000, 1_400
SPY = ListeningId("cti-offer-1.heard1")
PHONE = DeviceRef(PBX, "PJSIP/1003")


@dataclass
class Floor:
    """A conversation with a handset at each end, and a supervisor's phone that answers at once."""

    pbx: Pbx
    ear: Ear
    asterisk: AsteriskPbx
    customer: Handset
    agent: Handset
    supervisor: Handset
    agents_phone: Phones
    supervisors_phone: Phones
    arrival: ContactArrived

    def listen(self, mode: ListenMode = ListenMode.LISTEN) -> None:
        self.asterisk.execute(StartListening(SPY, PHONE, OFFER, mode, "Ada Berg"))

    def change(self, mode: ListenMode) -> None:
        self.asterisk.execute(ChangeListening(SPY, PHONE, OFFER, mode))

    async def hears(self, *, agent: bool, customer: bool) -> None:
        """Whether agent and customer hear the supervisor is as given; everybody hears the others."""
        tones = (CUSTOMER_HZ, AGENT_HZ)
        ends = ((self.agent, agent, CUSTOMER_HZ), (self.customer, customer, AGENT_HZ))

        def fits() -> bool:
            both = all(self.supervisor.hears(tone) for tone in tones)
            return both and all(e.hears(SUPERVISOR_HZ) is wanted and e.hears(other) for e, wanted, other in ends)

        def seen() -> str:
            ears = {"customer": self.customer, "agent": self.agent, "supervisor": self.supervisor}
            all_tones = (*tones, SUPERVISOR_HZ)
            return str({name: [round(end.amplitude(tone)) for tone in all_tones] for name, end in ears.items()})

        with contextlib.suppress(AssertionError):
            await until_heard(fits, "", limit_s=6)
        assert fits(), seen()
        await asyncio.sleep(0.6)  # a whole window more: nothing that should not be heard comes late
        assert fits(), seen()


@contextlib.asynccontextmanager
async def floor(pbx: Pbx) -> AsyncIterator[Floor]:
    ear = Ear()
    async with handset(CUSTOMER_HZ) as customer, handset(AGENT_HZ) as agent, handset(SUPERVISOR_HZ) as supervisor:
        with (
            Phones.answering(pbx.sip_port, ["1001"], media_port=agent.port) as agents_phone,
            Phones.answering(pbx.sip_port, ["1003"], media_port=supervisor.port) as supervisors_phone,
        ):
            async with daemon(pbx, ear) as asterisk:
                await ear.until(PbxSynced)
                with Callers(pbx.sip_port, [ERIKA], media_port=customer.port):
                    arrival = await ear.until(ContactArrived)
                    await until_heard(lambda: customer.plays, "the music")
                    asterisk.execute(ring(arrival))
                    await ear.until(OfferConnected)
                    asterisk.execute(ConfirmConnection(OFFER, arrival.channel))
                    await until_heard(
                        lambda: agent.hears(CUSTOMER_HZ) and customer.hears(AGENT_HZ), "agent and customer each other"
                    )
                    yield Floor(
                        pbx, ear, asterisk, customer, agent, supervisor, agents_phone, supervisors_phone, arrival
                    )


@run_async
async def test_in_each_mode_those_hear_the_supervisor_who_should_and_a_change_does_not_ring(pbx: Pbx) -> None:
    async with floor(pbx) as on:
        on.listen()
        await on.ear.until(ListeningBegan)
        await on.hears(agent=False, customer=False)
        on.change(ListenMode.WHISPER)
        await on.ear.until(ListeningBegan, count=2)
        await on.hears(agent=True, customer=False)
        on.change(ListenMode.BARGE)
        await on.ear.until(ListeningBegan, count=3)
        await on.hears(agent=True, customer=True)
        on.change(ListenMode.LISTEN)
        await on.ear.until(ListeningBegan, count=4)
        await on.hears(agent=False, customer=False)
        assert len(on.supervisors_phone.steps(What.RINGING)) == 1
        on.asterisk.execute(StopListening(SPY, PHONE))
        await on.ear.until(ListeningEnded)
        await on.supervisors_phone.until(What.ENDED)
        assert pbx.channels() == 2
        assert on.agent.hears(CUSTOMER_HZ)
        assert on.customer.hears(AGENT_HZ)
        assert not [event for event in on.ear.events if isinstance(event, OfferEnded)]


@run_async
async def test_it_ends_with_the_talk(pbx: Pbx) -> None:
    async with floor(pbx) as on:
        on.listen(ListenMode.BARGE)
        await on.ear.until(ListeningBegan)
        pbx.cli(f"channel request hangup {_channel(pbx, 'PJSIP/1001')}")
        await on.ear.until(OfferEnded)
        await on.ear.until(ListeningEnded)
        await on.supervisors_phone.until(What.ENDED)


@run_async
async def test_a_daemon_that_comes_back_finds_it_and_one_that_does_not_leaves_nothing_behind(pbx: Pbx) -> None:
    async with floor(pbx) as on:
        on.listen(ListenMode.WHISPER)
        await on.ear.until(ListeningBegan)
        await on.asterisk.stop().asFuture(asyncio.get_running_loop())
        await on.hears(agent=True, customer=False)
        again = Ear()
        async with daemon(pbx, again) as asterisk:
            synced = await again.until(PbxSynced)
            assert synced.listening == (Spy(SPY, OFFER, ListenMode.WHISPER, True),)
            asterisk.execute(ChangeListening(SPY, PHONE, OFFER, ListenMode.LISTEN))
            await again.until(ListeningBegan)
            await on.hears(agent=False, customer=False)
        pbx.cli(f"channel request hangup {_channel(pbx, 'PJSIP/1001')}")
        await on.supervisors_phone.until(What.ENDED)


@run_async
async def test_a_phone_that_does_not_answer_and_one_that_is_stopped_while_it_rings(pbx: Pbx) -> None:
    async with floor(pbx) as on:
        other = ListeningId("cti-offer-1.heard2")
        with Phones.silent(pbx.sip_port, ["1004"]) as silent, Phones.refusing(pbx.sip_port, ["1005"]):
            on.asterisk.execute(StartListening(other, DeviceRef(PBX, "PJSIP/1004"), OFFER, ListenMode.LISTEN, "Ada"))
            await silent.until(What.RINGING)
            on.asterisk.execute(ChangeListening(other, PHONE, OFFER, ListenMode.BARGE))
            on.asterisk.execute(StopListening(other, DeviceRef(PBX, "PJSIP/1004")))
            await on.ear.until(ListeningEnded, lambda event: event.listening == other)
            await silent.until(What.CANCELLED)
            for number, device in enumerate(("PJSIP/1005", "PJSIP/1006", "PJSIP/nobody"), start=3):
                name = ListeningId(f"cti-offer-1.heard{number}")
                on.asterisk.execute(StartListening(name, DeviceRef(PBX, device), OFFER, ListenMode.LISTEN, "Ada"))
                await on.ear.until(ListeningEnded, count=number - 1)
            at_once = ListeningId("cti-offer-1.heard9")
            on.asterisk.execute(StartListening(at_once, DeviceRef(PBX, "PJSIP/1004"), OFFER, ListenMode.LISTEN, "Ada"))
            on.asterisk.execute(StopListening(at_once, DeviceRef(PBX, "PJSIP/1004")))
            await on.ear.until(ListeningEnded, count=5)
        assert pbx.channels() == 2


@run_async
async def test_a_phone_that_is_answered_when_the_agents_leg_is_gone_is_hung_up_at_once(pbx: Pbx) -> None:
    async with floor(pbx) as on:
        gone = OfferId("cti-offer-9")
        on.asterisk.execute(StartListening(SPY, PHONE, gone, ListenMode.LISTEN, "Ada"))
        await on.supervisors_phone.until(What.ANSWERED)
        await on.ear.until(ListeningEnded)
        assert not [event for event in on.ear.events if isinstance(event, ListeningBegan)]


def _channel(pbx: Pbx, device: str) -> str:
    """The name of the channel that this phone has."""
    lines = pbx.cli("core show channels concise").splitlines()
    return next(line.split("!")[0] for line in lines if line.startswith(f"{device}-"))

"""A PBX with virtual time: callers in the holding place, agents' legs, bridges, and a link that may fail.

It does what PBX.md saw Asterisk do. It knows nothing of queues: it rings when told, and bridges when a phone is
answered. What it says goes through a link on which it may come late, twice, or not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from callcenter.commands import ConfirmConnection, PbxCommand, RingDevice, SendAway, StopRinging
from callcenter.events import (
    CallerLeft,
    ContactArrived,
    DeviceChanged,
    Event,
    Leg,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxSynced,
)
from callcenter.types import ContactId, Departure, DeviceRef, DeviceStatus, LegEnd, OfferId, PbxName

# The dialplan looks this long after the last sign of life from the daemon before it uses its own queue.
HEARTBEAT_LIMIT_MS = 3_000
# A conversation that nobody confirmed and that was shorter was an answer that crossed the offer's withdrawal: the
# dialplan gives the caller back to the holding place. A longer one was real.
CROSSED_MS = 3_000


class Surroundings(Protocol):
    """What the model needs of the world."""

    now_ms: int

    def later(self, delay_ms: int, action: Callable[[], None]) -> None: ...
    def say(self, pbx: PbxName, stream: str, event: Event) -> None: ...
    def phone_rings(self, pbx: PbxName, offer: OfferId) -> None: ...
    def in_conversation(self, pbx: PbxName, offer: OfferId, contact: ContactId) -> None: ...


@dataclass(slots=True)
class Line:
    """A caller at this PBX; `leg` is the agent's leg that it is bridged with."""

    arrival: ContactArrived
    leg: OfferId | None = None
    confirmed: bool = False
    bridged_ms: int = 0


@dataclass(slots=True)
class PhoneLeg:
    contact: ContactId
    device: DeviceRef
    bridged: bool = False


class PbxModel:
    def __init__(self, name: PbxName, world: Surroundings, devices: list[DeviceRef]) -> None:
        self.name = name
        self.world = world
        self.link_up = False
        self.epoch = 0  # counts the links, so that what belongs to an old one is known
        self.lines: dict[ContactId, Line] = {}
        self.legs: dict[OfferId, PhoneLeg] = {}
        self.fallback: list[ContactId] = []
        self.odd_phones: dict[DeviceRef, DeviceStatus] = {}  # in use for something else, or unreachable
        self.devices = devices
        self._in_use: dict[DeviceRef, PhoneLeg] = {}  # the leg at each phone; there is never more than one
        self._tried: set[OfferId] = set()
        self._stopped: set[OfferId] = set()

    # ---- callers

    def arrive(self, arrival: ContactArrived) -> None:
        self.lines[arrival.contact] = Line(arrival)
        self._of_contact(arrival.contact, arrival)
        if not self.link_up:
            self._watch_heartbeat()

    def hang_up(self, contact: ContactId) -> None:
        """The caller puts the phone down, wherever it is."""
        line = self.lines.pop(contact, None)
        if line is None:
            return
        self._of_contact(contact, CallerLeft(contact, Departure.HUNG_UP))
        if line.leg is not None:
            self._end_leg(line.leg, LegEnd.HUNG_UP)

    def is_holding(self, contact: ContactId) -> bool:
        line = self.lines.get(contact)
        return line is not None and line.leg is None

    def held(self) -> int:
        """How many hear music."""
        return len(self.lines) - sum(leg.bridged for leg in self.legs.values())

    # ---- agents' phones

    def status(self, device: DeviceRef) -> DeviceStatus:
        leg = self._in_use.get(device)
        if leg is not None:
            return DeviceStatus.IN_USE if leg.bridged else DeviceStatus.RINGING
        return self.odd_phones.get(device, DeviceStatus.FREE)

    def set_phone(self, device: DeviceRef, status: DeviceStatus) -> None:
        """The phone is used for something else, drops off, or (FREE) is itself again."""
        if status is DeviceStatus.FREE:
            self.odd_phones.pop(device, None)
        else:
            self.odd_phones[device] = status
        self._of_device(device)

    def answer(self, offer: OfferId) -> None:
        leg = self.legs.get(offer)
        if leg is None or leg.bridged:
            return
        line = self.lines.get(leg.contact)
        if line is None:
            self._end_leg(offer, LegEnd.CALLER_GONE)
            return
        if line.leg is not None:  # the dialplan's lock lets exactly one phone have the caller
            self._end_leg(offer, LegEnd.TAKEN)
            return
        line.leg, line.confirmed, leg.bridged = offer, False, True
        line.bridged_ms = self.world.now_ms
        self._of_device(leg.device)
        self.world.say(self.name, offer, OfferConnected(offer))
        self.world.in_conversation(self.name, offer, leg.contact)

    def refuse(self, offer: OfferId, how: LegEnd) -> None:
        """The leg ends unanswered."""
        if offer in self.legs and not self.legs[offer].bridged:
            self._end_leg(offer, how)

    def agent_hangs_up(self, offer: OfferId) -> None:
        leg = self.legs.get(offer)
        if leg is None or not leg.bridged:
            return
        line = self.lines.get(leg.contact)
        self._end_leg(offer, LegEnd.HUNG_UP)
        if line is None or line.leg != offer:
            return
        line.leg = None
        if line.confirmed or self.world.now_ms - line.bridged_ms >= CROSSED_MS:
            del self.lines[leg.contact]
            self._of_contact(leg.contact, CallerLeft(leg.contact, Departure.HUNG_UP))

    def _end_leg(self, offer: OfferId, how: LegEnd) -> None:
        leg = self.legs.pop(offer, None)
        if leg is not None:
            del self._in_use[leg.device]
            self.world.say(self.name, offer, OfferEnded(offer, how))
            self._of_device(leg.device)

    # ---- what the daemon asks for

    def obey(self, command: PbxCommand) -> None:
        match command:
            case RingDevice():
                self._ring(command)
            case StopRinging(offer=offer):
                self._stopped.add(offer)
                self.refuse(offer, LegEnd.NO_ANSWER)
                self.agent_hangs_up(offer)
            case ConfirmConnection(offer=offer):
                leg = self.legs.get(offer)
                line = self.lines.get(leg.contact) if leg is not None else None
                if line is not None and line.leg == offer:
                    line.confirmed = True
            case SendAway(contact=contact):
                self.hang_up(contact)  # a message first, which nobody here listens to

    def _ring(self, ring: RingDevice) -> None:
        if ring.offer in self._tried:
            return
        self._tried.add(ring.offer)
        status = self.status(ring.device)
        refused = {DeviceStatus.UNREACHABLE: LegEnd.UNREACHABLE, DeviceStatus.FREE: None}.get(status, LegEnd.BUSY)
        if ring.offer in self._stopped:
            refused = LegEnd.FAILED
        if refused is not None:
            self.world.say(self.name, ring.offer, OfferEnded(ring.offer, refused))
            return
        self.legs[ring.offer] = self._in_use[ring.device] = PhoneLeg(ring.contact, ring.device)
        self.world.say(self.name, ring.offer, OfferRinging(ring.offer))
        self._of_device(ring.device)
        self.world.later(ring.timeout_ms, lambda: self.refuse(ring.offer, LegEnd.NO_ANSWER))
        self.world.phone_rings(self.name, ring.offer)

    # ---- the link

    def cut(self) -> None:
        self.link_up = False
        self._watch_heartbeat()

    def _watch_heartbeat(self) -> None:
        epoch = self.epoch
        self.world.later(HEARTBEAT_LIMIT_MS, lambda: self._fall_back(epoch))

    def _fall_back(self, epoch: int) -> None:
        if self.link_up or self.epoch != epoch:
            return
        for contact in [contact for contact in self.lines if self.is_holding(contact)]:
            del self.lines[contact]
            self.fallback.append(contact)

    def restart(self) -> None:
        """Everything is gone, and nobody is told."""
        self.lines.clear()
        self.legs.clear()
        self._in_use.clear()
        self.fallback.clear()

    def sync(self) -> PbxSynced:
        """The link is up again: tell all that there is."""
        self.link_up = True
        self.epoch += 1
        fallback, self.fallback = tuple(self.fallback), []
        return PbxSynced(
            pbx=self.name,
            waiting=tuple(line.arrival for line in self.lines.values()),
            fallback=fallback,
            legs=tuple(
                Leg(offer, leg.contact, False) if leg.bridged else Leg(offer, None, True)
                for offer, leg in self.legs.items()
            ),
            devices=tuple(DeviceChanged(device, self.status(device)) for device in self.devices),
        )

    def _of_contact(self, contact: ContactId, event: Event) -> None:
        self.world.say(self.name, contact, event)

    def _of_device(self, device: DeviceRef) -> None:
        self.world.say(self.name, device.device, DeviceChanged(device, self.status(device)))

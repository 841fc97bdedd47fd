"""A PBX with virtual time: callers in the holding place, agents' legs, bridges, and a link that may fail.

It does what PBX.md saw Asterisk do. It knows nothing of queues: it rings when told, and bridges when a phone is
answered. What it says goes through a link on which it may come late, twice, or not at all.
"""

from collections.abc import Callable
from typing import Protocol

from callcenter.call_commands import (
    ConferCallers,
    DialCustomer,
    FetchCaller,
    HoldCaller,
    ReleaseCaller,
    ReturnCaller,
    RingNumber,
    RingOwnPhone,
    StopDialling,
)
from callcenter.commands import (
    ConfirmConnection,
    PbxCommand,
    PlaySounds,
    RingDevice,
    SendAway,
    SetMusic,
    StopRinging,
    TakeBack,
)
from callcenter.events import (
    CallerFellBack,
    CallerLeft,
    CallerReturned,
    ContactArrived,
    DeviceChanged,
    Event,
    NumberFailed,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxSynced,
)
from callcenter.orders import ChangeListening, StartListening, StopListening
from callcenter.simulation.spying import Spies
from callcenter.simulation.talking import LOOK_MS, Line, PhoneLeg, Place, TalkModel
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
    def number_rings(self, pbx: PbxName, contact: ContactId) -> None: ...
    def fell_back(self, pbx: PbxName, contact: ContactId) -> None: ...
    def in_conversation(self, pbx: PbxName, offer: OfferId, contact: ContactId) -> None: ...


class PbxModel(TalkModel):
    def __init__(self, name: PbxName, world: Surroundings, devices: list[DeviceRef]) -> None:
        super().__init__()
        self.name = name
        self.world = world
        self.link_up = False
        self.epoch = 0  # counts the links, so that what belongs to an old one is known
        self.odd_phones: dict[DeviceRef, DeviceStatus] = {}  # in use for something else, or unreachable
        self.devices = devices
        self.spies = Spies(self)
        self._in_use: dict[DeviceRef, PhoneLeg] = {}  # the leg at each phone; there is never more than one
        self.dials: dict[ContactId, DialCustomer] = {}  # numbers that are being called for agents
        self._tried: set[OfferId] = set()
        self._stopped: set[OfferId] = set()
        self._silent = False  # nobody beats, though the link is up
        self._unbroken = False  # since the last sync callers can only have left by hanging up
        self._wanted: list[TakeBack] = []  # those that wait for the next beat

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
        if line.place is not Place.ANSWERED:  # then it has been said that the caller left
            self._of_contact(contact, CallerLeft(contact, Departure.HUNG_UP))
        if line.leg is not None and (line.held or line.room):
            self._watch_heartbeat()  # nobody to go back to: it stays at its desk until it is told, or nobody is there
        elif line.leg is not None:
            self._end_leg(line.leg, LegEnd.HUNG_UP)

    def is_holding(self, contact: ContactId) -> bool:
        return self.waits(contact) and self.lines[contact].place is Place.OURS

    def waits(self, contact: ContactId) -> bool:
        """In the holding place or in the PBX's own queue."""
        line = self.lines.get(contact)
        return line is not None and line.leg is None and not line.held and line.place is not Place.ANSWERED

    def held(self) -> int:
        """How many hear music."""
        return sum(self.waits(contact) for contact in self.lines)

    def answer_there(self, contact: ContactId) -> None:
        """Somebody takes the caller out of the PBX's own queue."""
        line = self.lines.get(contact)
        if line is not None and line.place is Place.FALLBACK:
            line.place = Place.ANSWERED
            self._of_contact(contact, CallerLeft(contact, Departure.FALLBACK))

    # ---- agents' phones

    def status(self, device: DeviceRef) -> DeviceStatus:
        leg = self._in_use.get(device)
        if leg is not None:
            return DeviceStatus.IN_USE if leg.bridged else DeviceStatus.RINGING
        return self.spies.status(device) or self.odd_phones.get(device, DeviceStatus.FREE)

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
        if leg.own:
            leg.bridged = True
            self._of_device(leg.device)
            self.world.say(self.name, offer, OfferConnected(offer))
            return
        if leg.asker is not None:
            self._answer_who_asks(offer, leg, leg.asker)
            return
        line = self.lines.get(leg.contact)
        if line is None or line.place is not Place.OURS:
            self._end_leg(offer, LegEnd.CALLER_GONE, stream=leg.contact if line is not None else offer)
            return
        if line.leg is not None:  # the dialplan's lock lets exactly one phone have the caller
            self._end_leg(offer, LegEnd.TAKEN)
            return
        line.leg, line.confirmed, leg.bridged = offer, False, True
        line.bridged_ms = self.world.now_ms
        self._of_device(leg.device)
        self.world.say(self.name, offer, OfferConnected(offer))
        self.world.in_conversation(self.name, offer, leg.contact)

    def _answer_who_asks(self, offer: OfferId, leg: PhoneLeg, asker: OfferId) -> None:
        if not self.may_talk_with(asker):
            self._end_leg(offer, LegEnd.CALLER_GONE)
            return
        leg.bridged = True
        self._of_device(leg.device)
        self.world.say(self.name, offer, OfferConnected(offer))
        self.world.in_conversation(self.name, offer, leg.contact)

    def number_answers(self, contact: ContactId) -> None:
        """Whom an agent has called comes to the holding place."""
        dialled = self.dials.pop(contact, None)
        if dialled is not None:
            number = dialled.number
            arrival = ContactArrived(contact, dialled.channel, number, "", number, number=number, outbound=True)
            self.lines[contact] = Line(arrival, called=True)
            self._of_contact(contact, arrival)
            self.world.in_conversation(self.name, OfferId(f"{contact}.1"), contact)
            if not self.link_up:
                self._watch_heartbeat()

    def number_fails(self, contact: ContactId, how: LegEnd) -> None:
        if self.dials.pop(contact, None) is not None:
            self._of_contact(contact, NumberFailed(contact, how))

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
        if line is not None and offer in line.room:
            self.leaves_room(line, offer)
            return
        if line is None or line.leg != offer:
            return
        line.leg = None
        if line.held:
            self.world.later(LOOK_MS, lambda: self.looks_for_its_agent(line))
        elif line.confirmed or self.world.now_ms - line.bridged_ms >= CROSSED_MS:
            del self.lines[leg.contact]
            self._of_contact(leg.contact, CallerLeft(leg.contact, Departure.HUNG_UP))

    def _end_leg(self, offer: OfferId, how: LegEnd, stream: str | None = None) -> None:
        leg = self.legs.pop(offer, None)
        if leg is not None:
            if leg.device is not None:
                del self._in_use[leg.device]
            self.world.say(self.name, stream or offer, OfferEnded(offer, how))
            self.spies.leg_ended(offer)
            self._of_device(leg.device)
            if leg.bridged:
                self.leg_is_gone(offer, leg)

    def end_leg(self, offer: OfferId, how: LegEnd) -> None:
        self._end_leg(offer, how)

    # ---- what the daemon asks for

    def obey(self, command: PbxCommand) -> None:
        match command:
            case RingDevice() | RingNumber() | RingOwnPhone():
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
                if contact in self.lines and self.lines[contact].place is not Place.ANSWERED:
                    self.hang_up(contact)  # a message first, which nobody here listens to
            case TakeBack():
                self._take_back(command)
            case DialCustomer():
                self.dials[command.contact] = command
                self.world.number_rings(self.name, command.contact)
            case StopDialling(contact=contact):
                self.number_fails(contact, LegEnd.FAILED)
            case HoldCaller() | FetchCaller() | ReleaseCaller() | ReturnCaller() | ConferCallers():
                self.move(command)
            case SetMusic() | PlaySounds():
                pass  # nobody here listens
            case StartListening() | ChangeListening() | StopListening():
                self.spies.obey(command)

    def _ring(self, ring: RingDevice | RingNumber | RingOwnPhone) -> None:
        if ring.offer in self._tried:
            return
        self._tried.add(ring.offer)
        device = None if isinstance(ring, RingNumber) else ring.device
        status = self.status(device) if device is not None else DeviceStatus.FREE
        refused = {DeviceStatus.UNREACHABLE: LegEnd.UNREACHABLE, DeviceStatus.FREE: None}.get(status, LegEnd.BUSY)
        if ring.offer in self._stopped:
            refused = LegEnd.FAILED
        if refused is not None:
            self.world.say(self.name, ring.offer, OfferEnded(ring.offer, refused))
            return
        leg = self.legs[ring.offer] = PhoneLeg(ring.contact, device, self._asker(ring))
        leg.own = isinstance(ring, RingOwnPhone)
        if device is not None:
            self._in_use[device] = leg
        self.world.say(self.name, ring.offer, OfferRinging(ring.offer))
        self._of_device(device)
        self.world.later(ring.timeout_ms, lambda: self.refuse(ring.offer, LegEnd.NO_ANSWER))
        self.world.phone_rings(self.name, ring.offer)

    def _asker(self, ring: RingDevice | RingNumber | RingOwnPhone) -> OfferId | None:
        """The leg that asks somebody; one that is gone is as good as a caller who is."""
        leg = OfferId(ring.channel.channel)
        return leg if leg in self.legs else None

    def _take_back(self, command: TakeBack) -> None:
        line = self.lines.get(command.contact)
        if self._silent:
            self._wanted.append(command)
        elif line is not None and line.place is not Place.ANSWERED:
            line.place = Place.OURS  # which it may be already
            self._of_contact(command.contact, CallerReturned(command.contact))
            if not self.link_up:
                self._watch_heartbeat()

    # ---- the link

    def cut(self) -> None:
        self.link_up = False
        self._silent, self._wanted = False, []
        self._watch_heartbeat()

    def silence(self, for_ms: int) -> None:
        """The link stands, but the daemon does not beat for longer than the dialplan's patience."""
        epoch, self._silent = self.epoch, True
        self._give_away()

        def beats() -> None:
            if self._silent and self.epoch == epoch:
                wanted, self._wanted, self._silent = self._wanted, [], False
                for command in wanted:
                    self._take_back(command)

        self.world.later(for_ms, beats)

    def _watch_heartbeat(self) -> None:
        epoch = self.epoch
        self.world.later(HEARTBEAT_LIMIT_MS, lambda: self._fall_back(epoch))

    def _fall_back(self, epoch: int) -> None:
        if not self.link_up and self.epoch == epoch:
            self._give_away()

    def _give_away(self) -> None:
        self.give_back()
        for contact in self.lines:
            if self.is_holding(contact):
                self.lines[contact].place = Place.FALLBACK
                self._unbroken = False
                self._of_contact(contact, CallerFellBack(contact))
                self.world.fell_back(self.name, contact)

    def restart(self) -> None:
        """Everything is gone, and nobody is told."""
        self._unbroken = False
        self.lines.clear()
        self.legs.clear()
        self.dials.clear()
        self.spies.restart()
        self._in_use.clear()

    def sync(self) -> PbxSynced:
        """The link is up again: tell all that there is."""
        self.link_up = True
        self.epoch += 1
        lines = self.lines.values()
        gone, self._unbroken = Departure.HUNG_UP if self._unbroken else Departure.LOST, True
        return PbxSynced(
            pbx=self.name,
            waiting=tuple(line.arrival for line in lines if line.place is Place.OURS),
            fallback=tuple(line.arrival.contact for line in lines if line.place is Place.ANSWERED),
            returnable=tuple(line.arrival for line in lines if line.place is Place.FALLBACK),
            legs=tuple(self.found(offer, leg) for offer, leg in self.legs.items()),
            devices=tuple(DeviceChanged(device, self.status(device)) for device in self.devices),
            gone=gone,
            listening=self.spies.found(),
            held=self.on_hold(),
            dialling=tuple(self.dials),
        )

    def has_leg(self, leg: OfferId) -> bool:
        return leg in self.legs

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self.world.later(delay_ms, action)

    def say(self, stream: str, event: Event) -> None:
        self.world.say(self.name, stream, event)

    @property
    def nobody_beats(self) -> bool:
        return self._silent or not self.link_up

    def of_contact(self, contact: ContactId, event: Event) -> None:
        self._of_contact(contact, event)

    def _of_contact(self, contact: ContactId, event: Event) -> None:
        self.world.say(self.name, contact, event)

    def _of_device(self, device: DeviceRef | None) -> None:
        if device is not None:
            self.world.say(self.name, device.device, DeviceChanged(device, self.status(device)))

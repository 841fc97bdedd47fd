"""Where callers and agents' legs are in the PBX model: together, on hold and at a desk, asking somebody, in a room.

It does what the dialplan does with the orders of agents, and what it does by itself when nobody tells it anything.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from callcenter.call_commands import CallCommand, ConferCallers, FetchCaller, HoldCaller, ReleaseCaller, ReturnCaller
from callcenter.events import CallerLeft, CallerReturned, CallResumed, ContactArrived, Event, Leg
from callcenter.types import ContactId, Departure, DeviceRef, LegEnd, OfferId

# Who is on hold looks this often whether its agent is still there.
LOOK_MS = 5_000


class Place(Enum):
    OURS = "ours"  # the holding place, or a conversation with an agent
    FALLBACK = "fallback"  # the PBX's own queue
    ANSWERED = "answered"  # there


@dataclass(slots=True)
class Line:
    """A caller at this PBX; `leg` is the agent's leg that it is bridged with, or on hold for."""

    arrival: ContactArrived
    place: Place = Place.OURS
    leg: OfferId | None = None
    confirmed: bool = False
    bridged_ms: int = 0
    held: bool = False  # parked; `leg` waits at its desk, asks somebody, or is gone
    called: bool = False  # by an agent: it waits for that agent
    room: tuple[OfferId, ...] = ()  # in a room with these legs
    ordered: int = 0  # the number of the last order to move it


@dataclass(slots=True)
class PhoneLeg:
    contact: ContactId
    device: DeviceRef | None  # None: a number outside
    asker: OfferId | None = None  # the leg that it was called for; None: a caller
    bridged: bool = False
    own: bool = False  # of an agent who calls: it waits at its desk


class TalkModel(ABC):
    def __init__(self) -> None:
        self.lines: dict[ContactId, Line] = {}
        self.legs: dict[OfferId, PhoneLeg] = {}

    @abstractmethod
    def end_leg(self, offer: OfferId, how: LegEnd) -> None: ...

    @abstractmethod
    def of_contact(self, contact: ContactId, event: Event) -> None: ...

    @abstractmethod
    def later(self, delay_ms: int, action: Callable[[], None]) -> None: ...

    @abstractmethod
    def say(self, stream: str, event: Event) -> None: ...

    @property
    @abstractmethod
    def nobody_beats(self) -> bool: ...

    # ---- asking somebody

    def may_talk_with(self, asker: OfferId) -> bool:
        """Whether this leg is at its desk, and with nobody."""
        leg = self.legs.get(asker)
        line = self.lines.get(leg.contact) if leg is not None else None
        return leg is not None and line is not None and line.held and line.leg == asker and not self.asked_by(asker)

    def asked_by(self, asker: OfferId) -> list[OfferId]:
        return [offer for offer, leg in self.legs.items() if leg.asker == asker and leg.bridged]

    def leg_is_gone(self, offer: OfferId, leg: PhoneLeg) -> None:
        """Whoever was with it is alone now."""
        for other in self.asked_by(offer):
            self.end_leg(other, LegEnd.HUNG_UP)
        if leg.asker is not None and self.nobody_beats:
            self.later(LOOK_MS, lambda: self.give_back() if self.nobody_beats else None)

    # ---- orders

    def move(self, command: CallCommand) -> None:
        line = self.lines.get(command.contact)
        if line is None and isinstance(command, FetchCaller) and command.offer in self.legs:
            self.end_leg(command.offer, LegEnd.HUNG_UP)  # nobody is there any more
        if line is None or command.number <= line.ordered:
            return
        line.ordered = command.number
        match command:
            case HoldCaller(offer=offer) if line.leg == offer:
                line.held, line.room = True, ()
            case FetchCaller(offer=offer) if (line.held or line.called) and offer in self.legs:
                self._fetch(command.contact, line, offer)
            case ReleaseCaller() if line.leg is None and (line.held or line.room):
                self.looks_for_its_agent(line)
            case ReturnCaller():
                self._return(command.contact, line)
            case ConferCallers(legs=legs):
                there = tuple(leg for leg in legs if leg in self.legs)
                for leg in there:
                    self.legs[leg].asker, self.legs[leg].contact = None, command.contact
                line.held, line.room, line.leg = False, there, there[0] if there else None
            case _:
                pass

    def _fetch(self, contact: ContactId, line: Line, offer: OfferId) -> None:
        line.confirmed = line.confirmed or line.called
        line.held, line.called, line.leg = False, False, offer
        self.legs[offer].asker, self.legs[offer].contact = None, contact
        for other in self.asked_by(offer):
            self.end_leg(other, LegEnd.HUNG_UP)

    def _return(self, contact: ContactId, line: Line) -> None:
        leg, line.leg = line.leg, None
        if leg is not None and not line.held and not line.room:
            self.end_leg(leg, LegEnd.HUNG_UP)
        line.held, line.confirmed, line.room = False, False, ()
        self.of_contact(contact, CallerReturned(contact))

    # ---- what they do by themselves

    def leaves_room(self, line: Line, offer: OfferId) -> None:
        """A leg hangs up in the room: it goes on with those who are left, or the caller goes on alone."""
        line.room = tuple(leg for leg in line.room if leg != offer and leg in self.legs)
        line.leg = line.room[0] if line.room else None
        if line.leg is None:
            self._goes_on(line)

    def looks_for_its_agent(self, line: Line) -> None:
        """Who is on hold for an agent who is gone goes on by itself, unless it was told to before."""
        if self.lines.get(line.arrival.contact) is line and line.held and line.leg is None:
            self._goes_on(line)

    def _goes_on(self, line: Line) -> None:
        contact = line.arrival.contact
        del self.lines[contact]
        self.of_contact(contact, CallerLeft(contact, Departure.HUNG_UP))

    def give_back(self) -> None:
        """The daemon is silent: agents who hold somebody take the caller again; those whose caller is gone hang up."""
        for line in self.lines.values():
            if line.held and line.leg is not None and not self.asked_by(line.leg):
                line.held = False
                self.say(line.leg, CallResumed(line.leg))
        talking = {leg for line in self.lines.values() for leg in (line.leg, *line.room)}
        for offer, leg in list(self.legs.items()):
            alone = leg.bridged and leg.asker is None and offer not in talking and not self.asked_by(offer)
            if alone and not self._in_a_room(leg):
                self.end_leg(offer, LegEnd.HUNG_UP)

    def _in_a_room(self, leg: PhoneLeg) -> bool:
        """Where nobody is told that the caller has left."""
        return leg.contact not in self.lines and any(
            other is not leg and other.contact == leg.contact for other in self.legs.values()
        )

    # ---- what a sync finds

    def found(self, offer: OfferId, leg: PhoneLeg) -> Leg:
        if not leg.bridged:
            return Leg(offer, None, ringing=True)
        if leg.asker is not None:
            return Leg(offer, None, beside=leg.asker if leg.asker in self.legs else None)
        line = self.lines.get(leg.contact)
        if line is None or (line.leg != offer and offer not in line.room):
            return Leg(offer, None, at_desk=leg.own)
        return Leg(offer, None, holds=leg.contact) if line.held else Leg(offer, leg.contact)

    def on_hold(self) -> tuple[ContactId, ...]:
        return tuple(contact for contact, line in self.lines.items() if line.held)

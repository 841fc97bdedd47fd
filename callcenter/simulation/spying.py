"""Supervisors' phones at a simulated PBX: they ring, are answered or not, and hear an agent's leg until it is gone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from callcenter.events import DeviceChanged, Event
from callcenter.orders import (
    ChangeListening,
    ListenCommand,
    ListeningBegan,
    ListeningEnded,
    ListeningId,
    ListenMode,
    Spy,
    StartListening,
    StopListening,
)
from callcenter.types import DeviceRef, DeviceStatus, OfferId

ANSWER_MS = 1_500
RING_MS = 20_000
NEVER_ANSWERED = 4  # one phone of so many


class House(Protocol):
    """What the spies need of their PBX."""

    def has_leg(self, leg: OfferId) -> bool: ...
    def status(self, device: DeviceRef) -> DeviceStatus: ...
    def later(self, delay_ms: int, action: Callable[[], None]) -> None: ...
    def say(self, stream: str, event: Event) -> None: ...


@dataclass(slots=True)
class _Leg:
    id: ListeningId
    device: DeviceRef
    leg: OfferId
    mode: ListenMode
    hears: bool = False


class Spies:
    def __init__(self, house: House) -> None:
        self._house = house
        self._legs: dict[ListeningId, _Leg] = {}
        self._over: set[ListeningId] = set()

    def status(self, device: DeviceRef) -> DeviceStatus | None:
        """What a phone is that rings for a supervisor, or is one; None for all others."""
        leg = next((one for one in self._legs.values() if one.device == device), None)
        if leg is None:
            return None
        return DeviceStatus.IN_USE if leg.hears else DeviceStatus.RINGING

    def obey(self, command: ListenCommand) -> None:
        match command:
            case StartListening():
                self._start(command)
            case ChangeListening(listening=listening, leg=to, mode=mode):
                leg = self._legs.get(listening)
                if leg is not None:
                    leg.leg, leg.mode = to, mode
                    if leg.hears:
                        self._hear(leg)
            case StopListening(listening=listening):
                self._over.add(listening)
                self._end(listening)

    def leg_ended(self, offer: OfferId) -> None:
        """Whoever hears this leg hears nothing any more."""
        for leg in list(self._legs.values()):
            if leg.hears and leg.leg == offer:
                self._end(leg.id)

    def found(self) -> tuple[Spy, ...]:
        return tuple(Spy(leg.id, leg.leg, leg.mode, leg.hears) for leg in self._legs.values())

    def restart(self) -> None:
        self._legs.clear()

    def _start(self, command: StartListening) -> None:
        if command.listening in self._over or command.listening in self._legs:
            return
        if self._house.status(command.device) is not DeviceStatus.FREE:
            self._over.add(command.listening)
            self._house.say(command.listening, ListeningEnded(command.listening))
            return
        leg = _Leg(command.listening, command.device, command.leg, command.mode)
        self._legs[leg.id] = leg
        self._tell(leg.device)
        draw = sum(leg.id.encode())
        if draw % NEVER_ANSWERED:
            self._house.later(draw * 7 % ANSWER_MS, lambda: self._answer(leg))
        self._house.later(RING_MS, lambda: None if leg.hears else self._end(leg.id))

    def _answer(self, leg: _Leg) -> None:
        if self._legs.get(leg.id) is leg:
            leg.hears = True
            self._tell(leg.device)
            self._hear(leg)

    def _hear(self, leg: _Leg) -> None:
        if self._house.has_leg(leg.leg):
            self._house.say(leg.id, ListeningBegan(leg.id))
        else:
            self._end(leg.id)

    def _end(self, listening: ListeningId) -> None:
        leg = self._legs.pop(listening, None)
        if leg is not None:
            self._over.add(listening)
            self._house.say(listening, ListeningEnded(listening))
            self._tell(leg.device)

    def _tell(self, device: DeviceRef) -> None:
        self._house.say(device.device, DeviceChanged(device, self._house.status(device)))

"""What a PBX holds of ours, as far as its events have told: callers, agents' legs, who is in which bridge, devices.

Pure data with the few moves that keep it consistent; what a change means is the translator's business. Only channels
that are ours are in it (a caller's after its arrival, an offer's leg), so other traffic of the PBX costs nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from callcenter.call_commands import CallCommand
from callcenter.events import ContactArrived
from callcenter.types import ContactId, DeviceStatus, OfferId

DEVICE_LIMIT = 100_000  # devices of one PBX; changes of further ones are not taken

# What Asterisk calls the state of a device; anything else is UNKNOWN.
DEVICE_STATUS = MappingProxyType(
    {
        "NOT_INUSE": DeviceStatus.FREE,
        "INUSE": DeviceStatus.IN_USE,
        "BUSY": DeviceStatus.IN_USE,
        "ONHOLD": DeviceStatus.IN_USE,
        "RINGINUSE": DeviceStatus.IN_USE,
        "RINGING": DeviceStatus.RINGING,
        "UNAVAILABLE": DeviceStatus.UNREACHABLE,
        "INVALID": DeviceStatus.UNREACHABLE,
    }
)


class Phase(IntEnum):
    """How far an offer has come. It only ever goes up: a late event can't take it back."""

    ASKED = 0  # the PBX was told, there is no channel yet
    CHANNEL = 1
    RINGING = 2
    UP = 3  # answered, not yet in the bridge
    CONNECTED = 4


@dataclass(slots=True)
class Caller:
    """A caller's channel. `present` is false once the core has been told that the contact left.

    `queue` is the PBX's own queue that the caller waits in, empty for who is in the holding place; `name` is the
    channel's name then, and `asked_for` is true once the core wants the caller back.
    """

    channel: str
    arrival: ContactArrived
    present: bool = True
    queue: str = ""
    name: str = ""
    asked_for: bool = False
    ordered: int = 0  # the number of the last order to move it while it was with an agent
    order: CallCommand | None = None  # that one, until it is seen that it was carried out
    talked_in: str | None = None  # the bridge that it shared with the leg when that order was sent
    next_order: CallCommand | None = None  # the one to carry out then

    def falls_back(self, queue: str, name: str) -> None:
        self.queue, self.name, self.asked_for = queue, name, False


@dataclass(slots=True)
class LiveOffer:
    """An offer whose end has not been told. Its leg's channel has the offer's id as its own."""

    id: OfferId
    caller: str  # the caller's channel
    phase: Phase = Phase.ASKED
    stopping: bool = False  # to be hung up as soon as there is a channel


@dataclass(slots=True)
class Mirror:
    callers: dict[str, Caller] = field(default_factory=dict)
    offers: dict[str, LiveOffer] = field(default_factory=dict)
    devices: dict[str, DeviceStatus] = field(default_factory=dict)
    announcers: dict[str, str] = field(default_factory=dict)  # what speaks to a caller now -> the caller's channel
    dialling: dict[str, ContactId] = field(default_factory=dict)  # numbers that are called for agents, by channel
    moving: dict[str, None] = field(default_factory=dict)  # callers with an order that is being carried out
    _bridge_of: dict[str, str] = field(default_factory=dict)
    _inside: dict[str, dict[str, None]] = field(default_factory=dict)  # bridge -> channels, as they have entered

    def is_ours(self, channel: str) -> bool:
        return channel in self.callers or channel in self.offers

    def enter(self, channel: str, bridge: str) -> None:
        if self.is_ours(channel):
            self._take_out(channel)
            self._bridge_of[channel] = bridge
            self._inside.setdefault(bridge, {})[channel] = None

    def leave(self, channel: str, bridge: str) -> None:
        """A channel that has entered another bridge meanwhile stays there."""
        if self._bridge_of.get(channel) == bridge:
            self._take_out(channel)

    def remove(self, channel: str) -> tuple[Caller | None, LiveOffer | None]:
        """Forget a channel that is no more; returns what it was."""
        self._take_out(channel)
        self.announcers.pop(channel, None)
        self.moving.pop(channel, None)
        return self.callers.pop(channel, None), self.offers.pop(channel, None)

    def bridge_of(self, channel: str) -> str | None:
        return self._bridge_of.get(channel)

    def together(self, first: str, second: str) -> bool:
        bridge = self._bridge_of.get(first)
        return bridge is not None and self._bridge_of.get(second) == bridge

    def offers_to(self, caller: str) -> list[LiveOffer]:
        return [offer for offer in self.offers.values() if offer.caller == caller]

    def speaking_to(self, caller: str) -> list[str]:
        return [announcer for announcer, hears in self.announcers.items() if hears == caller]

    def caller_with(self, leg: str) -> Caller | None:
        """The present caller who shares a bridge with that leg."""
        callers = (self.callers.get(channel) for channel in self._beside(leg))
        return next((caller for caller in callers if caller is not None and caller.present), None)

    def is_with_a_leg(self, caller: str) -> bool:
        return any(channel in self.offers for channel in self._beside(caller))

    def device_changed(self, device: str, status: DeviceStatus) -> bool:
        """Take a device's status; false if it is what was known already, or there is no room for one more device."""
        if self.devices.get(device) is status or (device not in self.devices and len(self.devices) >= DEVICE_LIMIT):
            return False
        self.devices[device] = status
        return True

    def _beside(self, channel: str) -> Iterable[str]:
        """The channels of its bridge, itself included. One look, for at a sync it is asked for every channel."""
        return self._inside.get(self._bridge_of.get(channel, ""), ())

    def _take_out(self, channel: str) -> None:
        bridge = self._bridge_of.pop(channel, None)
        if bridge is not None:
            del self._inside[bridge][channel]
            if not self._inside[bridge]:
                del self._inside[bridge]

"""What a PBX holds of ours, as far as its events have told: callers, agents' legs, who is in which bridge, devices.

Pure data with the few moves that keep it consistent; what a change means is the translator's business. Only channels
that are ours are in it (a caller's after its arrival, an offer's leg), so other traffic of the PBX costs nothing.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from callcenter.events import ContactArrived
from callcenter.types import DeviceStatus, OfferId

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
    _bridge_of: dict[str, str] = field(default_factory=dict)

    def is_ours(self, channel: str) -> bool:
        return channel in self.callers or channel in self.offers

    def enter(self, channel: str, bridge: str) -> None:
        if self.is_ours(channel):
            self._bridge_of[channel] = bridge

    def leave(self, channel: str, bridge: str) -> None:
        """A channel that has entered another bridge meanwhile stays there."""
        if self._bridge_of.get(channel) == bridge:
            del self._bridge_of[channel]

    def remove(self, channel: str) -> tuple[Caller | None, LiveOffer | None]:
        """Forget a channel that is no more; returns what it was."""
        self._bridge_of.pop(channel, None)
        self.announcers.pop(channel, None)
        return self.callers.pop(channel, None), self.offers.pop(channel, None)

    def together(self, first: str, second: str) -> bool:
        bridge = self._bridge_of.get(first)
        return bridge is not None and self._bridge_of.get(second) == bridge

    def offers_to(self, caller: str) -> list[LiveOffer]:
        return [offer for offer in self.offers.values() if offer.caller == caller]

    def speaking_to(self, caller: str) -> list[str]:
        return [announcer for announcer, hears in self.announcers.items() if hears == caller]

    def caller_with(self, leg: str) -> Caller | None:
        """The present caller who shares a bridge with that leg."""
        return next((one for one in self.callers.values() if one.present and self.together(leg, one.channel)), None)

    def device_changed(self, device: str, status: DeviceStatus) -> bool:
        """Take a device's status; false if it is what was known already, or there is no room for one more device."""
        if self.devices.get(device) is status or (device not in self.devices and len(self.devices) >= DEVICE_LIMIT):
            return False
        self.devices[device] = status
        return True

"""What call control asks a PBX for: holding, consulting, handing over, dialling. See `commands` for the others."""

from typing import TYPE_CHECKING

from callcenter.types import ChannelRef, ContactId, DeviceRef, OfferId

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from callcenter.values import dataclass


@dataclass(frozen=True, slots=True)
class RingNumber:
    """Call a number outside; when it answers, bridge it with the caller's channel as an agent's phone."""

    offer: OfferId
    contact: ContactId
    channel: ChannelRef
    number: str
    caller: str | None
    caller_name: str
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class RingOwnPhone:
    """Ring the phone of an agent who calls a number; answered, the leg waits at its desk, told by OfferConnected."""

    offer: OfferId
    contact: ContactId
    channel: ChannelRef
    device: DeviceRef
    number: str
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class DialCustomer:
    """Call the number; when it answers it comes to the holding place as this contact, told by ContactArrived."""

    contact: ContactId
    channel: ChannelRef
    number: str
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class StopDialling:
    """Nobody wants this number any more."""

    contact: ContactId
    channel: ChannelRef


@dataclass(frozen=True, slots=True)
class HoldCaller:
    """Part caller and agent: the caller hears music in a place of its own, the agent's leg waits in silence.

    This and the other commands that move a caller who talks carry a number that rises with each of them, so that one
    which is sent again undoes nothing.
    """

    contact: ContactId
    channel: ChannelRef
    offer: OfferId
    number: int


@dataclass(frozen=True, slots=True)
class FetchCaller:
    """Let the agent's leg have the caller, who is on hold."""

    contact: ContactId
    channel: ChannelRef
    offer: OfferId
    number: int


@dataclass(frozen=True, slots=True)
class ConferCallers:
    """Bring the caller and these legs into one talk, which goes on when one of them leaves it."""

    contact: ContactId
    channel: ChannelRef
    legs: tuple[OfferId, ...]
    number: int


@dataclass(frozen=True, slots=True)
class ReturnCaller:
    """Take the caller from the agent to the holding place, where it waits for somebody else; told by CallerReturned."""

    contact: ContactId
    channel: ChannelRef
    number: int


@dataclass(frozen=True, slots=True)
class ReleaseCaller:
    """The agent has gone while the caller was not in one bridge with it: the caller goes on as after any talk."""

    contact: ContactId
    channel: ChannelRef
    number: int


CallCommand = HoldCaller | FetchCaller | ReleaseCaller | ReturnCaller | ConferCallers

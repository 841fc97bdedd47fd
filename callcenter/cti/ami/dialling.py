"""Numbers that agents call: which are being called, and what the PBX says of those that do not answer."""

from collections.abc import Callable

from callcenter.call_commands import DialCustomer, StopDialling
from callcenter.cti.ami import ringing
from callcenter.cti.ami.leg_ends import leg_end
from callcenter.cti.ami.mirror import Mirror, Phase
from callcenter.cti.ami.wire import Action, Message
from callcenter.events import Event, NumberFailed
from callcenter.types import ContactId, LegEnd


def actions(mirror: Mirror, command: DialCustomer | StopDialling) -> tuple[Action, ...]:
    channel = command.channel.channel
    if isinstance(command, DialCustomer):
        if channel in mirror.dialling:
            return ()
        mirror.dialling[channel] = command.contact
        return (ringing.dial(command),)
    if channel not in mirror.dialling:
        return ()
    return (Action("Hangup", {"ActionID": f"{channel}:stop", "Channel": channel}),)


def found(mirror: Mirror, channel: str, contact: ContactId) -> None:
    """In the list of channels: one that has not answered. Its other half has the same variables."""
    if not channel.endswith(ringing.FAR):
        mirror.dialling[channel] = contact


def hung_up(mirror: Mirror, message: Message, emit: Callable[[Event], None]) -> None:
    """A channel is gone: perhaps that of a number which had not answered."""
    contact = mirror.dialling.pop(message.get("Uniqueid"), None)
    if contact is not None:
        emit(NumberFailed(contact, leg_end(message.get("Cause"), Phase.RINGING)))


def not_made(mirror: Mirror, channel: str, emit: Callable[[Event], None]) -> None:
    """The PBX could not even begin."""
    contact = mirror.dialling.pop(channel, None)
    if contact is not None:
        emit(NumberFailed(contact, LegEnd.UNREACHABLE))

"""Callers in the PBX's own queue: who gets there, who comes back, and how the PBX is asked for them.

The one idea: the queue itself lets go of a caller whom nobody has answered. A Redirect would not ask, and would take
out of a conversation whoever was answered a moment ago.
"""

from collections.abc import Callable

from callcenter.commands import TakeBack
from callcenter.cti.ami.mirror import Caller, Mirror
from callcenter.cti.ami.wire import Action, Message
from callcenter.events import CallerFellBack, CallerReturned, Event

CONTEXT = "callcenter-fallback"


def moved(caller: Caller, message: Message, emit: Callable[[Event], None]) -> bool:
    """The caller has come to that queue, or back from it; false where it is past it, or its dialplan is older."""
    queue = message.get("Queue")
    caller.falls_back(queue, message.get("Channel"))
    if message.get("UserEvent") == "CallcenterFallback" and not queue:
        return False
    if caller.present:
        emit(CallerFellBack(caller.arrival.contact) if queue else CallerReturned(caller.arrival.contact))
    return True


def found(caller: Caller, message: Message, queue: str) -> None:
    """What the list of channels says: in that queue, if the dialplan has named it and nobody has answered."""
    if message.get("Context") == CONTEXT and not message.get("BridgeID"):
        caller.falls_back(queue, message.get("Channel"))


def ask_for(mirror: Mirror, command: TakeBack, emit: Callable[[Event], None]) -> tuple[Action, ...]:
    caller = mirror.callers.get(command.channel.channel)
    if caller is None or caller.arrival.contact != command.contact or not caller.present:
        return ()
    if not caller.queue:
        emit(CallerReturned(command.contact))
        return ()
    return (withdraw(caller),)


def ask_again(mirror: Mirror) -> tuple[Action, ...]:
    """For those who are not back: who had only just come to the queue was not known there yet."""
    return tuple(withdraw(caller) for caller in mirror.callers.values() if caller.present and caller.asked_for)


def withdraw(caller: Caller) -> Action:
    caller.asked_for = True
    keys = {"ActionID": f"{caller.arrival.contact}:back", "Queue": caller.queue, "Caller": caller.name}
    return Action("QueueWithdrawCaller", keys)

"""Callers who are sent away: a message, then the end of the call.

The one idea: a mark is set on the caller's channel before it is moved, and the holding place looks at it: so it makes
no difference where the caller is just then.
"""

import logging

from callcenter.commands import SendAway
from callcenter.cti.ami import fallback
from callcenter.cti.ami.mirror import Mirror
from callcenter.cti.ami.wire import Action

log = logging.getLogger(__name__)

_AWAY = "callcenter-away"  # its extensions are the outcomes and the other messages


def actions(mirror: Mirror, command: SendAway) -> tuple[Action, ...]:
    """The variable first: a Redirect alone can be lost to a Goto of the dialplan in the same moment."""
    channel, message = command.channel.channel, command.message or command.outcome.value
    caller = mirror.callers.get(channel)
    if caller is None or caller.arrival.contact != command.contact:
        log.debug("contact %s is gone already, or its channel is a later contact's", command.contact)
        return ()
    mark = {"Channel": channel, "Variable": "CALLCENTER_AWAY", "Value": message}
    place = {"Channel": channel, "Context": _AWAY, "Exten": message, "Priority": "1"}
    redirect = Action("Redirect", {"ActionID": f"{command.contact}:redirect", **place})
    return (
        Action("Setvar", {"ActionID": f"{command.contact}:away", **mark}),
        fallback.withdraw(caller) if caller.queue else redirect,  # the holding place looks at the mark
    )

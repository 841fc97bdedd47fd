"""What agents do with a call, as actions: hold the caller, fetch the caller back, let the caller go on.

The one idea: the two are moved to places of the dialplan and never bridged from here. On hold the caller is in
[callcenter-parked] and the agent's leg at [callcenter-desk], each in a bridge of its own; a leg that is told to fetch
its caller does so by itself, and does so too when the daemon falls silent.
"""

import logging
from collections.abc import Mapping

from callcenter.call_commands import CallCommand, ConferCallers, FetchCaller, HoldCaller, ReleaseCaller, ReturnCaller
from callcenter.cti.ami.mirror import Caller, LiveOffer, Mirror
from callcenter.cti.ami.wire import Action
from callcenter.types import ContactId, OfferId

log = logging.getLogger(__name__)

PARKED = "callcenter-parked"  # where a caller on hold is
CONFERENCE = "callcenter-conference"
DESK = "callcenter-desk"  # where the agent's leg is meanwhile


def actions(mirror: Mirror, command: CallCommand) -> tuple[Action, ...]:
    """What to send now; nothing for a caller who is gone, or an order that a later one has overtaken."""
    caller = mirror.callers.get(command.channel.channel)
    if caller is None or caller.arrival.contact != command.contact or command.number <= caller.ordered:
        log.debug("the caller of %s is gone already, or was moved since", command.contact)
        return ()
    caller.ordered = command.number
    if caller.order is not None and not isinstance(command, ReleaseCaller):
        caller.next_order = command
        return ()
    return _carry_out(mirror, caller, command)


def go_on(mirror: Mirror) -> tuple[Action, ...]:
    """The orders that have waited for the one before them, of which the bridges say now that it was carried out.

    Two at once would cross in the PBX: one that is taken out of a bridge which it is just about to enter may come to
    where it should go after that bridge.
    """
    found: list[Action] = []
    for channel in list(mirror.moving):
        caller = mirror.callers[channel]
        if caller.order is None or _carried_out(mirror, caller.order):
            following, caller.order, caller.next_order = caller.next_order, None, None
            del mirror.moving[channel]
            if following is not None:
                found += _carry_out(mirror, caller, following)
    return tuple(found)


def _carried_out(mirror: Mirror, command: CallCommand) -> bool:
    caller = command.channel.channel
    match command:
        case HoldCaller(offer=leg):
            places = {mirror.bridge_of(caller), mirror.bridge_of(leg)}
            return leg not in mirror.offers or (
                len(places) > 1 and places.isdisjoint({None, mirror.callers[caller].talked_in})
            )
        case FetchCaller(offer=leg):
            return leg not in mirror.offers or mirror.together(caller, leg)
        case ConferCallers(legs=legs):
            return all(leg not in mirror.offers or mirror.together(caller, leg) for leg in legs)
        case ReturnCaller():
            return False  # the dialplan says so, see `returned`
        case ReleaseCaller():
            return True


def returned(mirror: Mirror, caller: Caller) -> None:
    """The caller is in the holding place."""
    caller.order = None
    mirror.moving.pop(caller.channel, None)


def _carry_out(mirror: Mirror, caller: Caller, command: CallCommand) -> tuple[Action, ...]:
    caller.order = command
    together = isinstance(command, HoldCaller) and mirror.together(caller.channel, command.offer)
    caller.talked_in = mirror.bridge_of(caller.channel) if together else None
    mirror.moving[caller.channel] = None
    action_id = f"{command.contact}:order{command.number}"
    match command:
        case HoldCaller(offer=offer):
            mark = {"Channel": caller.channel, "Variable": "CALLCENTER_HOLDER", "Value": offer}
            extra = {"ExtraChannel": offer, "ExtraContext": DESK, "ExtraExten": "s", "ExtraPriority": "1"}
            return (
                Action("Setvar", {"ActionID": f"{action_id}-holder", **mark}),
                Action("Redirect", {"ActionID": action_id, **_to(caller.channel, PARKED), **extra}),
            )
        case FetchCaller(offer=offer):
            _has(mirror, offer, caller)
            mark = {"Channel": offer, "Variable": "CALLCENTER_CALLER", "Value": caller.channel}
            return (
                Action("Setvar", {"ActionID": f"{action_id}-caller", **mark}),
                Action("Redirect", {"ActionID": action_id, **_to(offer, "callcenter-agent", "fetch")}),
            )
        case ConferCallers(legs=legs):
            return _confer(mirror, caller, legs, action_id)
        case ReturnCaller():
            place = _to(caller.channel, "callcenter-hold", "transferred")
            return (Action("Redirect", {"ActionID": action_id, **place}),)
        case ReleaseCaller():
            return (Action("Redirect", {"ActionID": action_id, **_to(caller.channel, "callcenter-after")}),)


def _confer(mirror: Mirror, caller: Caller, legs: tuple[OfferId, ...], action_id: str) -> tuple[Action, ...]:
    """Each goes to the conference by itself; the caller last, so that somebody is there already."""
    room = caller.arrival.contact
    found: list[Action] = []
    for number, leg in enumerate(legs, 1):
        _has(mirror, leg, caller)
        for name, value in (("CALLCENTER_ROOM", room), ("CALLCENTER_CALLER", caller.channel)):
            mark = {"Channel": leg, "Variable": name, "Value": value}
            found.append(Action("Setvar", {"ActionID": f"{action_id}-{number}{name}", **mark}))
    places = [_to(legs[0], CONFERENCE, "agent"), *(_to(leg, CONFERENCE, "agent") for leg in legs[1:])]
    extra = {f"Extra{key}": value for key, value in places[1].items()}
    found.append(Action("Redirect", {"ActionID": f"{action_id}-legs", **places[0], **extra}))
    mark = {"Channel": caller.channel, "Variable": "CALLCENTER_ROOM", "Value": room}
    found.append(Action("Setvar", {"ActionID": f"{action_id}-room", **mark}))
    found.append(Action("Redirect", {"ActionID": action_id, **_to(caller.channel, CONFERENCE, "caller")}))
    return tuple(found)


def _has(mirror: Mirror, leg: OfferId, caller: Caller) -> None:
    """From now on this leg is with this caller, whomever it was called for."""
    live = mirror.offers.get(leg)
    if live is not None:
        live.caller = caller.channel


def held_by(mirror: Mirror, leg: LiveOffer, contexts: Mapping[str, str]) -> ContactId | None:
    """The contact whose caller is on hold for this leg, by the places of the dialplan that the two are in."""
    caller = mirror.callers.get(leg.caller)
    held = caller is not None and contexts.get(caller.channel) == PARKED and contexts.get(leg.id) == DESK
    return caller.arrival.contact if caller is not None and held else None


def _to(channel: str, context: str, exten: str = "s") -> dict[str, str]:
    return {"Channel": channel, "Context": context, "Exten": exten, "Priority": "1"}

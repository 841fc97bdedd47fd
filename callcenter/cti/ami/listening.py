"""Supervisors' phones that listen to agents, as actions and events; the dialplan's side is [callcenter-listen].

The one idea: a supervisor's leg has the listening's id as its channel's own, so each message that names it can be told
from all others at once, and what the variables on it say is enough to know it again after a restart. Another mode, or
another agent, is two variables and a Redirect back to the beginning: the phone notices nothing.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callcenter.cti.ami.callers import caller_id
from callcenter.cti.ami.wire import Action, Message
from callcenter.events import Event
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
from callcenter.types import OfferId

log = logging.getLogger(__name__)

CONTEXT = "callcenter-listen"
RING_MS = 20_000  # how long the supervisor's phone rings
VARIABLES = ("LISTENING", "LISTEN_TO", "LISTEN_MODE")  # on the supervisor's leg, behind CALLCENTER_
STOPPED_LIMIT = 1_000  # legs to hang up should they still come; beyond that the oldest is forgotten
LEG_LIMIT = 2_000  # one more is not rung
_RING = ":listen"  # ends the ActionID of the Originate


@dataclass(slots=True)
class SpyLeg:
    """A supervisor's leg whose end has not been told. `there`: it has a channel; `up`: it was answered."""

    id: ListeningId
    leg: OfferId
    mode: ListenMode
    there: bool = False
    up: bool = False
    stopping: bool = False
    changes: int = 0  # of mode or leg; those from before it had a channel are told to it then


class Listeners:
    """Those of one PBX. `send` carries out an action whose answer nobody waits for."""

    def __init__(self, emit: Callable[[Event], None], send: Callable[[Action], None]) -> None:
        self.legs: dict[str, SpyLeg] = {}
        self._emit = emit
        self._send = send
        self._stopped: dict[str, None] = {}

    # ---- from the PBX

    def hear(self, message: Message) -> None:
        """Take an event, if it is about a supervisor's leg."""
        if not self.legs and not self._stopped:
            return
        channel = message.get("Uniqueid") or message.get("SpyerUniqueid")
        leg = self.legs.get(channel)
        match message.name:
            case "Newchannel":
                self._there(channel, leg)
            case "Newstate" if leg is not None:
                leg.up |= message.get("ChannelState") == "6"
            case "ChanSpyStart" if leg is not None:
                leg.up = True
                self._emit(ListeningBegan(leg.id))
            case "Hangup":
                self._over(channel)
            case "OriginateResponse":
                asked = self.legs.get(message.get("ActionID").removesuffix(_RING))
                if message.get("Response") == "Failure" and asked is not None and not asked.there:
                    self._over(asked.id)
            case _:
                pass

    def found(self, channel: str, variables: Mapping[str, str], *, up: bool) -> bool:
        """Look at a channel of the list after a connect; whether it is a supervisor's leg."""
        if variables.get("Listening") != channel:
            return False
        modes = {mode.value: mode for mode in ListenMode}
        mode = modes.get(variables.get("Listen_mode", ""), ListenMode.LISTEN)
        self.legs[channel] = SpyLeg(ListeningId(channel), OfferId(variables.get("Listen_to", "")), mode, True, up)
        return True

    def begin_sync(self) -> dict[str, SpyLeg]:
        """Forget all, before the list after a connect is taken; `end_sync` wants what this returns."""
        before, self.legs = self.legs, {}
        return before

    def end_sync(self, before: Mapping[str, SpyLeg]) -> tuple[Spy, ...]:
        """All that the list had. What was asked for before and has no channel yet may still come: nobody wants it."""
        for leg in before.values():
            if leg.id in self.legs and leg.stopping:
                self._send(_hang_up(leg.id))
            elif leg.id not in self.legs and not leg.there:
                self._remember_stopped(leg.id)
        return tuple(Spy(leg.id, leg.leg, leg.mode, leg.up) for leg in self.legs.values())

    def _there(self, channel: str, leg: SpyLeg | None) -> None:
        if leg is not None:
            leg.there = True
            for action in _values(leg) if leg.changes else ():
                self._send(action)
        if channel in self._stopped or (leg is not None and leg.stopping):
            self._stopped.pop(channel, None)
            self._send(_hang_up(channel))

    # ---- to the PBX

    def actions(self, command: ListenCommand) -> tuple[Action, ...]:
        match command:
            case StartListening():
                return self._start(command)
            case ChangeListening():
                return self._change(command)
            case StopListening(listening=listening):
                return self._stop(listening)

    def not_rung(self, listening: ListeningId) -> None:
        """The PBX did not take the Originate, or did not say that it has: should a channel come, it is hung up."""
        leg = self.legs.get(listening)
        if leg is not None and not leg.there:
            self._remember_stopped(listening)
            self._over(listening)

    def _start(self, command: StartListening) -> tuple[Action, ...]:
        if command.listening in self.legs:
            return ()
        if len(self.legs) >= LEG_LIMIT:
            log.error("%s has failed: %d supervisors listen at one PBX", command.listening, LEG_LIMIT)
            self._emit(ListeningEnded(command.listening))
            return ()
        self.legs[command.listening] = SpyLeg(command.listening, command.leg, command.mode)
        keys = {
            "ActionID": f"{command.listening}{_RING}",
            "Async": "true",
            "ChannelId": command.listening,
            "Channel": command.device.device,
            "Context": CONTEXT,
            "Exten": "s",
            "Priority": "1",
            "Timeout": str(RING_MS),
            "CallerID": caller_id("listen", command.agent),
        }
        values = (command.listening, command.leg, command.mode.value)
        return (Action("Originate", keys, dict(zip(map(_variable, VARIABLES), values, strict=True))),)

    def _change(self, command: ChangeListening) -> tuple[Action, ...]:
        leg = self.legs.get(command.listening)
        if leg is None:
            return ()
        leg.leg, leg.mode, leg.changes = command.leg, command.mode, leg.changes + 1
        if not leg.there:
            return ()
        place = {"Channel": command.listening, "Context": CONTEXT, "Exten": "s", "Priority": "1"}
        redirect = Action("Redirect", {"ActionID": f"{command.listening}:again{leg.changes}", **place})
        return (*_values(leg), redirect) if leg.up else _values(leg)

    def _stop(self, listening: ListeningId) -> tuple[Action, ...]:
        leg = self.legs.get(listening)
        if leg is None:
            return ()
        leg.stopping = True
        return (_hang_up(listening),) if leg.there else ()  # else at its Newchannel

    def _over(self, channel: str) -> None:
        leg = self.legs.pop(channel, None)
        if leg is not None:
            self._emit(ListeningEnded(leg.id))

    def _remember_stopped(self, listening: str) -> None:
        while len(self._stopped) >= STOPPED_LIMIT:
            del self._stopped[next(iter(self._stopped))]
        self._stopped[listening] = None


def _values(leg: SpyLeg) -> tuple[Action, ...]:
    """What the dialplan reads when the leg comes to its beginning (again)."""
    values = {"LISTEN_TO": leg.leg, "LISTEN_MODE": leg.mode.value}
    return tuple(
        Action(
            "Setvar",
            {
                "ActionID": f"{leg.id}:{name.lower()}{leg.changes}",  # no two that may be under way are the same
                "Channel": leg.id,
                "Variable": _variable(name),
                "Value": value,
            },
        )
        for name, value in values.items()
    )


def _variable(name: str) -> str:
    return f"CALLCENTER_{name}"


def _hang_up(channel: str) -> Action:
    return Action("Hangup", {"ActionID": f"{channel}:stop", "Channel": channel})

"""A PBX made of nothing: an AMI server that behaves to the daemon as Asterisk does, with callers and phones in it.

For where no PBX can be installed, and for tests that want one that obeys. The daemon runs unmodified against it. Which
events come, with which headers and in which order, was recorded from Asterisk 22 running `config/asterisk/callcenter/`;
nothing sounds, and no SIP is spoken. All time comes from the clock and all chance from the generator that it is given,
so with twisted.internet.task.Clock a run can be repeated exactly.
"""

import uuid
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed

from lab.simulated_ami import Action, AmiLink, Clock, Headers, Links, Timer
from lab.simulated_calls import (
    BUSY,
    CAUSE_WORDS,
    DOWN,
    NO_ANSWER,
    NORMAL,
    REASON_ANSWERED,
    REASON_FAILED,
    REASON_TIMEOUT,
    RING,
    RINGING,
    UP,
    Bridge,
    Channel,
    Globals,
    Phone,
    Range,
    Visitor,
    bridge_headers,
    caller_id,
    cancel_timers,
    clean,
    pair,
    whole,
)

__all__ = ["Phone", "SimulatedPbx", "Visitor"]

SETUP_S = 0.005  # from an Originate to its channel
LOOK_S = 2.0  # how often a waiting caller's dialplan looks for the daemon's heartbeat
BEAT_PATIENCE_S = 10  # a heartbeat that has not changed for longer sends callers to the fallback queue
MESSAGE_S = 4.0  # what a caller hears who is sent away
SHORT_TALK_S = 3  # an unconfirmed talk that was shorter returns the caller to the holding place
MAX_CALLS = 500  # callers at a time; one more is turned away


class SimulatedPbx:
    """`phones` by name, such as "1001". Give `listen` a reactor, or hand `link()` a transport of your own.

    To break things: `cut_links()`; `refuse_logins = True`; `silent = True`: it takes connections, loses what is said.
    """

    def __init__(
        self, clock: Clock, random: Random, phones: Mapping[str, Phone], *, secret: str, username: str = "callcenter"
    ) -> None:
        self.clock = clock
        self.username = username
        self.secret = secret
        self.refuse_logins = False
        self.silent = False
        self.phones = dict(phones)
        self.turned_away = 0
        self._random = random
        self.max_calls = MAX_CALLS
        self._links: list[AmiLink] = []
        self._channels: dict[str, Channel] = {}
        self._timers: set[Timer] = set()
        self.globals = Globals()
        self.originated = 0  # phones that it was asked to ring
        self._devices: dict[str, str] = {}
        self._serial = 0
        self._port: Any = None
        self._actions: dict[str, Callable[[AmiLink, Action], None]] = {
            "setvar": self._set_variable,
            "getvar": self.globals.tell,
            "status": self._status,
            "devicestatelist": self._list_devices,
            "originate": self._originate,
            "hangup": self._hang_up,
            "redirect": self._redirect,
        }

    # ---- life and faults

    def listen(self, reactor: Any, port: int = 0) -> int:
        """Listen on 127.0.0.1; returns the port. `reactor` is Twisted's."""
        self._port = reactor.listenTCP(port, Links(self), interface="127.0.0.1")
        found: int = self._port.getHost().port
        return found

    def stop(self) -> Deferred[None]:
        """Stop listening, drop every link and forget every call. Fires when the port is free."""
        port, self._port = self._port, None
        self.cut_links()
        for timer in [*self._timers, *(timer for channel in self._channels.values() for timer in channel.timers)]:
            if timer.active():
                timer.cancel()
        self._channels.clear()
        return succeed(None) if port is None else maybeDeferred(port.stopListening)

    def cut_links(self) -> None:
        """Drop all connections at once; new ones are taken."""
        for link in list(self._links):
            link.cut()

    def link(self) -> AmiLink:
        """The server's side of a new connection."""
        return AmiLink(self)

    # ---- the people

    def call(self, visitor: Visitor) -> str | None:
        """Somebody calls. Returns the channel's unique id, None when the PBX is full."""
        if len(self.waiting) >= self.max_calls:
            self.turned_away += 1
            return None
        serial = self._next_serial()
        channel = Channel(
            name=f"PJSIP/trunk-{serial:08x}",
            uniqueid=f"{int(self.clock.seconds())}.{serial}",
            context="from-trunk",
            exten=visitor.dialled,
            state=RING,
            born_s=self.clock.seconds(),
            number=visitor.number,
            caller_name=visitor.name,
            dialled=visitor.dialled,
            patience_s=visitor.patience_s,
        )
        self._channels[channel.uniqueid] = channel
        self._emit("Newchannel", channel.headers())
        channel.state = UP
        channel.at("callcenter", "s", 10)
        self._emit("Newstate", channel.headers())
        contact = f"{channel.uniqueid}-1"
        told = {
            "Contact": contact,
            "Dialled": clean(visitor.dialled, "+*#"),
            "Account": clean(visitor.account),
            "Intent": clean(visitor.intent),
            "Language": clean(visitor.language),
        }
        channel.variables.update({f"CALLCENTER_{name.upper()}": value for name, value in told.items()})
        channel.at("callcenter", "s", 11)
        self._user_event("CallcenterArrived", channel, *told.items())
        self._hold(channel)
        return channel.uniqueid

    def hang_up(self, uniqueid: str, cause: int = NORMAL) -> None:
        """A caller or an agent hangs up. Nothing happens if they are gone already."""
        channel = self._channels.get(uniqueid)
        if channel is not None:
            self._end(channel, cause)

    def set_reachable(self, phone: str, reachable: bool) -> None:
        """Plug a phone in or out. A call on it goes on, as it does when a registration runs out."""
        self.phones[phone].reachable = reachable
        self._tell_device(phone)

    @property
    def waiting(self) -> list[str]:
        """Unique ids of the callers' channels, those who are talking included; the oldest first."""
        return [channel.uniqueid for channel in self._channels.values() if channel.phone is None]

    @property
    def legs(self) -> list[str]:
        """Unique ids of the agents' legs; the oldest first."""
        return [channel.uniqueid for channel in self._channels.values() if channel.phone is not None]

    # ---- what the links ask

    def challenge(self) -> str:
        return str(self._random.randrange(100_000_000, 1_000_000_000))

    def opened(self, link: AmiLink) -> None:
        self._links.append(link)

    def closed(self, link: AmiLink) -> None:
        self._links.remove(link)

    def act(self, link: AmiLink, action: Action) -> None:
        name = action.get("Action")
        if name.lower() == "filter":
            link.error(action, "Permission denied")  # it takes the right `system`, which our user has not
        elif (run := self._actions.get(name.lower())) is not None:
            run(link, action)
        else:
            hint = "Use Action: ListCommands to show available commands."
            link.error(action, f"Invalid/unknown command: {name}. {hint}")

    def _set_variable(self, link: AmiLink, action: Action) -> None:
        variable, value = action.get("Variable"), action.get("Value")
        if not action.get("Channel"):
            self.globals[Globals.name(variable)] = value
        elif (channel := self._find(action.get("Channel"))) is not None:
            channel.variables[variable] = value
        else:
            link.error(action, "No such channel")
            return
        link.reply(action, "Success", ("Message", "Variable Set"))

    def _status(self, link: AmiLink, action: Action) -> None:
        asked = [name for name in action.get("Variables").split(",") if name]
        listed = [channel.status(asked, self.clock.seconds()) for channel in self._channels.values()]
        link.reply_list(action, "Channel status will follow", listed, "StatusComplete", ("Items", str(len(listed))))

    def _list_devices(self, link: AmiLink, action: Action) -> None:
        states = {f"PJSIP/{phone}": self._device_state(phone) for phone in self.phones}
        states |= {
            "PJSIP/trunk": "INUSE" if self.waiting else "UNAVAILABLE",
            "Queue:callcenter-fallback_avail": "INUSE",
        }
        listed = [[("Event", "DeviceStateChange"), ("Device", one), ("State", states[one])] for one in states]
        link.reply_list(action, "Device State Changes will follow", listed, "DeviceStateListComplete")

    def _hang_up(self, link: AmiLink, action: Action) -> None:
        channel = self._find(action.get("Channel"))
        if channel is None:
            link.error(action, "No such channel")
            return
        link.reply(action, "Success", ("Message", "Channel Hungup"))
        self._end(channel, whole(action.get("Cause"), NORMAL))

    def _redirect(self, link: AmiLink, action: Action) -> None:
        channel, place = self._find(action.get("Channel")), (action.get("Context"), action.get("Exten"))
        if channel is None:
            link.error(action, f"Channel does not exist: {action.get('Channel')}")
        elif channel.phone is not None or place[0] != "callcenter-away" or not place[1].isidentifier():
            link.error(action, "Redirect failed: the simulated PBX knows callers and callcenter-away")
        else:
            link.reply(action, "Success", ("Message", "Redirect successful"))
            self._send_away(channel, action.get("Exten"))

    def _originate(self, link: AmiLink, action: Action) -> None:
        device = action.get("Channel")
        if not device.startswith("PJSIP/") or action.get("Context") != "callcenter-agent":
            link.error(action, "Originate Access Forbidden: the simulated PBX knows PJSIP phones and callcenter-agent")
            return
        self.originated += 1
        link.reply(action, "Success", ("Message", "Originate successfully queued"))
        self._later(SETUP_S, self._ring, action)

    # ---- an agent's leg

    def _ring(self, action: Action) -> None:
        name = action.get("Channel").removeprefix("PJSIP/")
        phone = self.phones.get(name)
        uniqueid = action.get("ChannelId") or f"{int(self.clock.seconds())}.{self._next_serial()}"
        number, caller_name = caller_id(action.get("CallerID"))
        leg = Channel(
            name=f"PJSIP/{name}-{self._next_serial():08x}",
            uniqueid=uniqueid,
            context="from-agents",
            exten="s",
            state=DOWN,
            born_s=self.clock.seconds(),
            number=number,
            caller_name=caller_name,
            connected=(number, caller_name),
            variables=dict(pair(text) for value in action.all("Variable") for text in value.split(",") if text),
            phone=name,
            request=action,
        )
        if phone is None or not phone.reachable or uniqueid in self._channels:
            self._originated(leg, "Failure", REASON_FAILED)
            return
        in_use = self._in_use(name)
        self._channels[uniqueid] = leg
        self._emit("Newchannel", leg.headers())
        if in_use:
            self._end(leg, BUSY)
            return
        leg.state = RINGING
        self._emit("Newstate", leg.headers())
        self._tell_device(name)
        chance = self._random.random()
        if chance < phone.declines:
            leg.timers.append(self.clock.callLater(self._draw(phone.answers_after_s), self._end, leg, BUSY))
        elif chance >= phone.declines + phone.ignores:
            leg.timers.append(self.clock.callLater(self._draw(phone.answers_after_s), self._answer, leg, phone))
        timeout_s = whole(action.get("Timeout"), 30_000) / 1000
        leg.timers.append(self.clock.callLater(timeout_s, self._end, leg, NO_ANSWER))

    def _answer(self, leg: Channel, phone: Phone) -> None:
        cancel_timers(leg)
        leg.state = UP
        self._emit("Newstate", leg.headers())
        assert leg.phone is not None
        self._tell_device(leg.phone)
        self._originated(leg, "Success", REASON_ANSWERED)
        caller = self._channels.get(leg.variables.get("CALLCENTER_CALLER", ""))
        stale = int(leg.variables.get("CALLCENTER_EPOCH", "0")) < int(self.globals.get("CALLCENTER_EPOCH", "0"))
        if stale or caller is None or caller.context != "callcenter-hold" or caller.variables.get("CALLCENTER_AWAY"):
            leg.at("callcenter-agent", "s", 17)
            self._bridge_over(leg, "FENCED" if stale else "NONEXISTENT")
            return
        if caller.bridge is not None:  # one answer wins: the dialplan's list
            leg.at("callcenter-agent", "s", 15)
            self._bridge_over(leg, "TAKEN")
            return
        leg.at("callcenter-agent", "s", 12, "Bridge", f"{caller.uniqueid},F(callcenter-after^s^1)")
        self._connect(leg, caller)
        first = self._random.choice((leg, caller))
        leg.timers.append(self.clock.callLater(self._draw(phone.talks_s), self._end, first, NORMAL))

    def _connect(self, leg: Channel, caller: Channel) -> None:
        cancel_timers(caller)
        bridge = Bridge(str(uuid.UUID(int=self._random.getrandbits(128), version=4)))
        self._emit("BridgeCreate", bridge_headers(bridge))
        for channel in (caller, leg):
            channel.bridge = bridge
            bridge.members.append(channel)
            leg.linkedid = caller.uniqueid
            self._emit("BridgeEnter", [*bridge_headers(bridge), *channel.headers()])
        caller.talk_at_s = self.clock.seconds()
        caller.connected = (caller.number, caller.caller_name)

    def _bridge_over(self, leg: Channel, result: str) -> None:
        offer = leg.variables.get("CALLCENTER_OFFER", "")
        self._user_event("CallcenterBridge", leg, ("Offer", offer), ("Result", result))
        self._end(leg, NORMAL)

    def _originated(self, leg: Channel, response: str, reason: str) -> None:
        self._emit("OriginateResponse", leg.originated(response, reason))

    # ---- a caller

    def _hold(self, caller: Channel) -> None:
        caller.at("callcenter-hold", "s", 2, "BridgeWait", "callcenter-hold,participant,S(5)")
        caller.timers.append(self.clock.callLater(caller.patience_s, self._end, caller, 0))
        caller.timers.append(self.clock.callLater(LOOK_S, self._look, caller))

    def _look(self, caller: Channel) -> None:
        if self.globals.silent_s(int(self.clock.seconds())) <= BEAT_PATIENCE_S:
            caller.timers = [timer for timer in caller.timers if timer.active()]
            if outcome := caller.variables.get("CALLCENTER_AWAY"):
                self._send_away(caller, outcome)
            else:
                caller.timers.append(self.clock.callLater(LOOK_S, self._look, caller))
            return
        self.globals.pop("CALLCENTER_UNBROKEN", None)
        self._user_event("CallcenterFallback", caller, ("Contact", caller.variables["CALLCENTER_CONTACT"]))
        caller.at("callcenter-fallback", "s", 3, "Queue", "callcenter-fallback")

    def _after(self, caller: Channel) -> None:
        """The dialplan after a conversation whose agent's leg has ended."""
        talked_s = self.clock.seconds() - (caller.talk_at_s or 0.0)
        if outcome := caller.variables.get("CALLCENTER_AWAY"):
            self._send_away(caller, outcome)
        elif caller.variables.get("CALLCENTER_CONNECTED") or talked_s >= SHORT_TALK_S:
            caller.at("callcenter-after", "s", 10)
            self._end(caller, NORMAL)
        else:
            self._hold(caller)

    def _send_away(self, caller: Channel, outcome: str) -> None:
        """The dialplan's message for those who are sent away; an agent who has the caller loses it."""
        cancel_timers(caller)
        bridge = caller.bridge
        caller.at("callcenter-away", outcome, 3, "Playback", "vm-nobodyavail&vm-goodbye")
        if bridge is not None:
            self._leave(caller)
            self._continue(bridge)
        caller.timers.append(self.clock.callLater(MESSAGE_S, self._end, caller, NORMAL))

    # ---- ends

    def _end(self, channel: Channel, cause: int) -> None:
        if self._channels.pop(channel.uniqueid, None) is None:
            return
        cancel_timers(channel)
        bridge = channel.bridge
        if bridge is not None:
            self._leave(channel)
        if channel.phone is not None and channel.state != UP:
            self._originated(channel, "Failure", REASON_TIMEOUT if cause == NO_ANSWER else REASON_FAILED)
        words = CAUSE_WORDS.get(cause, "Unknown")
        self._emit("Hangup", [*channel.headers(), ("Cause", str(cause)), ("Cause-txt", words)])
        if channel.phone is not None:
            self._tell_device(channel.phone)
        if bridge is not None:
            self._continue(bridge)

    def _leave(self, channel: Channel) -> None:
        bridge = channel.bridge
        assert bridge is not None
        bridge.members.remove(channel)
        channel.bridge = None
        self._emit("BridgeLeave", [*bridge_headers(bridge), *channel.headers()])

    def _continue(self, bridge: Bridge) -> None:
        """One party has left: the other goes on in its dialplan."""
        for channel in list(bridge.members):
            cancel_timers(channel)
            self._leave(channel)
            if channel.phone is None:
                self._after(channel)
            else:
                self._bridge_over(channel, "SUCCESS")
        self._emit("BridgeDestroy", bridge_headers(bridge))

    # ---- small things

    def _emit(self, event: str, headers: Headers, privilege: str = "call,all") -> None:
        for link in self._links:
            if link.logged_in and link.wants_events:
                link.send([("Event", event), ("Privilege", privilege), *headers])

    def _user_event(self, name: str, channel: Channel, *told: tuple[str, str]) -> None:
        self._emit("UserEvent", [*channel.headers(), ("UserEvent", name), *told], "user,all")

    def _find(self, name: str) -> Channel | None:
        """A channel by its unique id or its name."""
        found = self._channels.get(name)
        return found or next((channel for channel in self._channels.values() if channel.name == name), None)

    def _in_use(self, phone: str) -> bool:
        return any(channel.phone == phone for channel in self._channels.values())

    def _device_state(self, phone: str) -> str:
        if states := {channel.state for channel in self._channels.values() if channel.phone == phone}:
            return "INUSE" if UP in states else "RINGING"
        return "NOT_INUSE" if self.phones[phone].reachable else "UNAVAILABLE"

    def _tell_device(self, phone: str) -> None:
        state = self._device_state(phone)
        if self._devices.get(phone) != state:
            self._devices[phone] = state
            self._emit("DeviceStateChange", [("Device", f"PJSIP/{phone}"), ("State", state)])

    def _draw(self, bounds: Range) -> float:
        return self._random.uniform(*bounds)

    def _next_serial(self) -> int:
        self._serial += 1
        return self._serial - 1

    def _later(self, delay_s: float, call: Callable[..., None], *args: Any) -> None:
        def run() -> None:
            self._timers.discard(timer)
            call(*args)

        timer = self.clock.callLater(delay_s, run)
        self._timers.add(timer)

"""What the simulated PBX is made of: phones, callers, channels and bridges, and how Asterisk writes of them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from lab.simulated_ami import Action, AmiLink, Clock, Timer

DOWN, RING, RINGING, UP = 0, 4, 5, 6
STATE_WORDS = {DOWN: "Down", RING: "Ring", RINGING: "Ringing", UP: "Up"}
NORMAL, BUSY, NO_ANSWER = 16, 17, 19
CAUSE_WORDS = {0: "Unknown", NORMAL: "Normal Clearing", BUSY: "User busy", NO_ANSWER: "User alerting, no answer"}
REASON_FAILED, REASON_TIMEOUT, REASON_ANSWERED = "0", "3", "4"
Range = tuple[float, float]


@dataclass(slots=True)
class Phone:
    """An agent's phone and the person at it. Durations in seconds, drawn anew for each call; shares are 0 to 1."""

    answers_after_s: Range = (1.5, 4.0)
    talks_s: Range = (10.0, 30.0)
    declines: float = 0.0
    ignores: float = 0.0
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who calls, what the IVR learned, and how many seconds they are ready to wait."""

    number: str
    dialled: str
    name: str = ""
    account: str = ""
    intent: str = ""
    language: str = ""
    patience_s: float = 60.0


@dataclass(slots=True, eq=False)
class Bridge:
    id: str
    members: list["Channel"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Channel:
    """A caller's channel, or an agent's leg: then `phone` is its name and `request` the Originate that made it."""

    name: str
    uniqueid: str
    context: str
    exten: str
    state: int
    born_s: float
    number: str = ""
    caller_name: str = ""
    linkedid: str = ""
    connected: tuple[str, str] = ("", "")
    priority: int = 1
    dialled: str = ""
    application: tuple[str, str] = ("", "")
    variables: dict[str, str] = field(default_factory=dict)
    patience_s: float = 0.0
    phone: str | None = None
    request: Action | None = None
    bridge: Bridge | None = None
    talk_at_s: float | None = None
    timers: list[Timer] = field(default_factory=list)

    def at(self, context: str, exten: str, priority: int, application: str = "", data: str = "") -> None:
        self.context, self.exten, self.priority, self.application = context, exten, priority, (application, data)

    def headers(self) -> list[tuple[str, str]]:
        """What Asterisk puts into each event about a channel."""
        return [
            ("Channel", self.name),
            ("ChannelState", str(self.state)),
            ("ChannelStateDesc", STATE_WORDS[self.state]),
            ("CallerIDNum", self.number or "<unknown>"),
            ("CallerIDName", self.caller_name or "<unknown>"),
            ("ConnectedLineNum", self.connected[0] or "<unknown>"),
            ("ConnectedLineName", self.connected[1] or "<unknown>"),
            ("Language", "en"),
            ("AccountCode", ""),
            ("Context", self.context),
            ("Exten", self.exten),
            ("Priority", str(self.priority)),
            ("Uniqueid", self.uniqueid),
            ("Linkedid", self.linkedid or self.uniqueid),
        ]

    def status(self, variables: Sequence[str], now_s: float) -> list[tuple[str, str]]:
        """What Asterisk lists of a channel where it is asked for the status, with those variables."""
        return [
            ("Event", "Status"),
            ("Privilege", "Call"),
            *self.headers(),
            ("Type", "PJSIP"),
            ("DNID", self.dialled),
            ("EffectiveConnectedLineNum", self.connected[0] or "<unknown>"),
            ("EffectiveConnectedLineName", self.connected[1] or "<unknown>"),
            ("BridgeID", self.bridge.id if self.bridge else ""),
            ("Application", self.application[0] or "(null)"),
            ("Data", self.application[1] or "(null)"),
            ("Seconds", str(int(now_s - self.born_s))),
            *(("Variable", f"{name}={self.variables.get(name, '(null)')}") for name in variables),
        ]

    def originated(self, response: str, reason: str) -> list[tuple[str, str]]:
        """What Asterisk says of the Originate that this leg comes from."""
        request = self.request
        assert request is not None
        return [
            ("ActionID", request.get("ActionID")),
            ("Response", response),
            ("Channel", self.name if response == "Success" else request.get("Channel")),
            ("Context", request.get("Context")),
            ("Exten", request.get("Exten")),
            ("Reason", reason),
            ("Uniqueid", self.uniqueid),
            ("CallerIDNum", self.number or "<unknown>"),
            ("CallerIDName", self.caller_name or "<unknown>"),
        ]


class CallerStream:
    """Callers who arrive at random, independently of each other (a Poisson stream).

    `rate` gives the calls per second to expect, more than 0, from the seconds since the start; `visitors` has no end.
    """

    def __init__(
        self,
        clock: Clock,
        random: Random,
        call: Callable[[Visitor], object],
        visitors: Iterator[Visitor],
        rate: Callable[[float], float],
    ) -> None:
        self._clock = clock
        self._call = call
        self._random = random
        self._visitors = visitors
        self._rate = rate
        self._started_s = clock.seconds()
        self._timer: Timer | None = None

    def start(self) -> None:
        rate = self._rate(self._clock.seconds() - self._started_s)
        self._timer = self._clock.callLater(self._random.expovariate(rate), self._arrive)

    def stop(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _arrive(self) -> None:
        self._call(next(self._visitors))
        self.start()


def cancel_timers(channel: Channel) -> None:
    for timer in channel.timers:
        if timer.active():
            timer.cancel()
    channel.timers.clear()


def clean(value: str, more: str = "") -> str:
    """What the dialplan's FILTER leaves of a value."""
    return re.sub(rf"[^0-9A-Za-z_.{re.escape(more)}-]", "", value[:64])


def caller_id(text: str) -> tuple[str, str]:
    """Number and name of a caller id such as `"Jane Doe" <+12125550123>`."""
    found = re.fullmatch(r'\s*(?:"?(.*?)"?\s*)?<(.*)>\s*', text)
    return (found.group(2), found.group(1) or "") if found else (text.strip(), "")


def pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value


def bridge_headers(bridge: Bridge) -> list[tuple[str, str]]:
    return [
        ("BridgeUniqueid", bridge.id),
        ("BridgeType", "basic"),
        ("BridgeTechnology", "simple_bridge"),
        ("BridgeCreator", "<unknown>"),
        ("BridgeName", "<unknown>"),
        ("BridgeNumChannels", str(len(bridge.members))),
        ("BridgeVideoSourceMode", "none"),
    ]


def whole(text: str, default: int) -> int:
    """A whole number as a client wrote it; the default for anything else."""
    return int(text) if text.isdecimal() else default


class Globals(dict[str, str]):
    """The PBX's global variables, and the dialplan's look at the heartbeat among them."""

    def __init__(self) -> None:
        self._beat: tuple[str, int] | None = None  # the value last seen by a caller, and when it was new

    @staticmethod
    def name(variable: str) -> str:
        return variable.removeprefix("GLOBAL(").removesuffix(")")

    def tell(self, link: AmiLink, action: Action) -> None:
        """The answer to Getvar."""
        variable = action.get("Variable")
        link.reply(action, "Success", ("Variable", variable), ("Value", self.get(self.name(variable), "")))

    def silent_s(self, now_s: int) -> int:
        """Seconds since the heartbeat was seen to change; only whether it has since anybody looked counts."""
        value = self.get("CALLCENTER_BEAT", "")
        if self._beat is None or self._beat[0] != value:
            self._beat = (value, now_s)
        return now_s - self._beat[1]

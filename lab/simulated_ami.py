"""The manager interface of the simulated PBX: what a client says becomes an `Action`, what the PBX says becomes bytes.

It knows framing, login and Ping, and nothing of calls: every other action of a logged-in client goes to the switch.
What it answers was recorded from an Asterisk 22, asked by the least-privileged user of `config/asterisk/`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Protocol as Shape

from twisted.internet.interfaces import IAddress, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
MAX_ACTION_BYTES = 64 * 1024  # one that is longer ends the connection
REFUSAL_S = 1.0  # Asterisk waits so long before it says that a login was wrong
WRITE_LIMIT_S = 5.0  # a client that takes no data for so long is dropped

Headers = Sequence[tuple[str, str]]


class Timer(Shape):
    """What `callLater` returns. (Twisted's own interface for it has no types that mypy could check.)"""

    def active(self) -> bool: ...

    def cancel(self) -> None: ...


class Clock(Shape):
    """What is used of a reactor, or of twisted.internet.task.Clock."""

    def seconds(self) -> float: ...

    def callLater(self, delay: float, callable: Any, *args: Any) -> Any: ...  # noqa: N802 - Twisted's name


@dataclass(frozen=True, slots=True)
class Action:
    """One action as a client sent it. Names of headers don't mind their case; some headers come several times."""

    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """The header's value, empty where there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Switch(Shape):
    """What a link needs of the PBX behind it."""

    clock: Clock
    username: str
    secret: str
    refuse_logins: bool
    silent: bool

    def challenge(self) -> str: ...

    def opened(self, link: "AmiLink") -> None: ...

    def closed(self, link: "AmiLink") -> None: ...

    def act(self, link: "AmiLink", action: Action) -> None: ...


def encode(headers: Headers) -> bytes:
    """One message. Values hold no line ends: a SIP or dialplan value cannot either."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n"


class AmiLink(Protocol):
    """One client's connection."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._buffer = b""
        self._challenge = ""
        self._stuck: Timer | None = None
        self.logged_in = False
        self.wants_events = True

    # ---- Twisted's side

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        self._switch.opened(self)
        transport: Any = self.transport
        transport.registerProducer(self, True)
        if ITCPTransport.providedBy(transport):
            transport.setTcpNoDelay(True)  # as Asterisk does
        if not self._switch.silent:
            transport.write(BANNER)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        self.resumeProducing()
        self.logged_in = False
        self._switch.closed(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._switch.silent:
            return
        *frames, self._buffer = (self._buffer + data).split(b"\r\n\r\n")
        for frame in frames:
            lines = (line.partition(":") for line in frame.decode(errors="replace").split("\r\n"))
            self._take(Action(tuple((name.strip(), value.strip()) for name, _, value in lines)))
        if len(self._buffer) > MAX_ACTION_BYTES:
            self.cut()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The client takes no data."""
        if self._stuck is None:
            self._stuck = self._switch.clock.callLater(WRITE_LIMIT_S, self.cut)

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        if self._stuck is not None and self._stuck.active():
            self._stuck.cancel()
        self._stuck = None

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The connection is ending; connectionLost does what is to be done."""

    # ---- the PBX's side

    def send(self, headers: Headers) -> None:
        """Send one message, unless the PBX plays dead."""
        transport: Any = self.transport
        if not self._switch.silent:
            transport.write(encode(headers))

    def reply(self, action: Action, response: str, *more: tuple[str, str]) -> None:
        self.send([("Response", response), *_id_of(action), *more])

    def reply_list(
        self, action: Action, message: str, items: Sequence[Headers], end: str, *more: tuple[str, str]
    ) -> None:
        """Answer with a list of events, which `end` and how many there were closes."""
        self.reply(action, "Success", ("EventList", "start"), ("Message", message))
        for item in items:
            self.send([*item, *_id_of(action)])
        count = ("ListItems", str(len(items)))
        self.send([("Event", end), *_id_of(action), ("EventList", "Complete"), count, *more])

    def error(self, action: Action, message: str) -> None:
        self.reply(action, "Error", ("Message", message))

    def cut(self) -> None:
        """End the connection at once, without a word."""
        transport: Any = self.transport
        transport.abortConnection()

    def _take(self, action: Action) -> None:
        match action.get("Action").lower():
            case "challenge" if action.get("AuthType").upper() == "MD5":
                self._challenge = self._switch.challenge()
                self.reply(action, "Success", ("Challenge", self._challenge))
            case "challenge":
                self.error(action, "Must specify AuthType")
            case "login":
                self._log_in(action)
            case "logoff":
                self.reply(action, "Goodbye", ("Message", "Thanks for all the fish."))
                transport: Any = self.transport
                transport.loseConnection()
            case _ if not self.logged_in:
                self.error(action, "Permission denied")
            case "ping":
                stamp = f"{self._switch.clock.seconds():.6f}"
                self.reply(action, "Success", ("Ping", "Pong"), ("Timestamp", stamp))
            case "events":
                self.wants_events = action.get("EventMask").lower() not in ("off", "no", "false", "0")
                self.reply(action, "Success", ("Events", "On" if self.wants_events else "Off"))
            case _:
                self._switch.act(self, action)

    def _log_in(self, action: Action) -> None:
        switch = self._switch
        if action.get("AuthType").upper() == "MD5":
            expected = hashlib.md5((self._challenge + switch.secret).encode()).hexdigest()  # noqa: S324 - AMI's way
            right = bool(self._challenge) and action.get("Key") == expected
        else:
            right = action.get("Secret") == switch.secret
        if switch.refuse_logins or not right or action.get("Username") != switch.username:
            switch.clock.callLater(REFUSAL_S, self._refuse, action)
            return
        self.logged_in = True
        self.wants_events = action.get("Events").lower() != "off"
        self.reply(action, "Success", ("Message", "Authentication accepted"))

    def _refuse(self, action: Action) -> None:
        transport: Any = self.transport
        self.error(action, "Authentication failed")
        transport.loseConnection()


class Links(Factory):
    """Makes a link for each client that connects."""

    noisy = False

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def buildProtocol(self, addr: IAddress | None) -> AmiLink:  # noqa: N802 - Twisted's name
        return AmiLink(self._switch)


def _id_of(action: Action) -> list[tuple[str, str]]:
    found = action.get("ActionID")
    return [("ActionID", found)] if found else []

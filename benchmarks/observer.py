"""A manager connection of the benchmark's own, which notes when callers arrive in the queue and when agents' channels
are hung up, and nothing else.

Asterisk itself stamps the events, to the microsecond and with the same clock as SIPp on this machine, so it does not
matter when we read them. Both variants announce an arrival by one event: app_queue by QueueCallerJoin, the call
center's dialplan by a UserEvent. (The 200 OK would not do: Answer() then waits for up to half a second for the caller's
sound.)
"""

import asyncio
import re
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from lab.pbx import Pbx

USERNAME, SECRET = "benchmark", "benchmark"  # of a PBX on the loopback interface that lives as long as the benchmark
LIMIT_S = 5.0
MAX_NOTES = 1_000_000
_PHONE = re.compile(r"PJSIP/(1[0-9]{3})-")
_HEADER = re.compile(rb"^(Event|UserEvent|Timestamp|CallerIDNum|Channel): (.*?)\r?$", re.MULTILINE)

# What the laboratory PBX needs besides. Events that nobody wants are dropped at the PBX.
MANAGER = f"""[general](+)
timestampevents = yes

[{USERNAME}]
secret = {SECRET}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = agent,call,user
write =
eventfilter = Event: QueueCallerJoin
eventfilter = UserEvent: CallcenterArrived
eventfilter = Event: Hangup.*Channel: PJSIP/1[0-9][0-9][0-9]-
"""


class ObserverError(Exception):
    """The manager interface did not let the observer in, or went away."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A caller has got into the queue, at this second of the epoch."""

    caller: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Freed:
    """The PBX has hung up a channel of this phone, at this second of the epoch."""

    phone: str
    at_s: float


def note(frame: bytes) -> Arrived | Freed | None:
    """What one manager event says; None where it is neither. Raises ObserverError where something is missing."""
    headers = {name.decode(): value.decode(errors="replace") for name, value in _HEADER.findall(frame)}
    event = headers.get("Event")
    try:
        if event == "QueueCallerJoin" or (event == "UserEvent" and headers["UserEvent"] == "CallcenterArrived"):
            return Arrived(headers["CallerIDNum"], float(headers["Timestamp"]))
        if event == "Hangup" and (phone := _PHONE.match(headers["Channel"])) is not None:
            return Freed(phone[1], float(headers["Timestamp"]))
    except (KeyError, ValueError):
        raise ObserverError(f"an event without caller, channel or time: {frame!r}") from None
    return None


class Observer:
    """`async with Observer(pbx) as observer:` fills `arrivals`, each caller's first, and `freed`, by phone."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self.arrivals: dict[str, float] = {}
        self.freed: dict[str, list[float]] = {}
        self._notes = 0
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        reader, self._writer = await asyncio.open_connection(self._pbx.host, self._pbx.ami_port)
        async with asyncio.timeout(LIMIT_S):
            await reader.readline()  # the banner
            self._writer.write(f"Action: Login\r\nUsername: {USERNAME}\r\nSecret: {SECRET}\r\n\r\n".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
        if b"Response: Success" not in answer:
            raise ObserverError(f"the manager interface refused the observer: {answer.decode(errors='replace')}")
        self._task = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._task is not None:
            self._task.cancel()
            [result] = await asyncio.gather(self._task, return_exceptions=True)
            if kind is None and isinstance(result, Exception):
                raise result

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                self._keep(note(await reader.readuntil(b"\r\n\r\n")))
        except asyncio.IncompleteReadError:
            raise ObserverError("the PBX has ended the observer's connection") from None

    def _keep(self, found: Arrived | Freed | None) -> None:
        self._notes += found is not None
        if self._notes > MAX_NOTES:
            raise ObserverError(f"more than {MAX_NOTES} events in one run")
        match found:
            case Arrived(caller, at_s):
                self.arrivals.setdefault(caller, at_s)
            case Freed(phone, at_s):
                self.freed.setdefault(phone, []).append(at_s)

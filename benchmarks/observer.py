"""A manager connection of the benchmark's own, which notes when each caller arrives in the queue, and nothing else.

Asterisk itself stamps the event, to the microsecond and with the same clock as SIPp on this machine, so it does not
matter when we read it. Both variants announce an arrival by one event: app_queue by QueueCallerJoin, the call center's
dialplan by a UserEvent. (The 200 OK would not do: Answer() then waits for up to half a second for the caller's sound.)
"""

import asyncio
import re
from types import TracebackType
from typing import Self

from lab.pbx import Pbx

USERNAME, SECRET = "benchmark", "benchmark"  # of a PBX on the loopback interface that lives as long as the benchmark
LIMIT_S = 5.0
MAX_ARRIVALS = 1_000_000
_HEADER = re.compile(rb"^(Event|UserEvent|Timestamp|CallerIDNum): (.*?)\r?$", re.MULTILINE)

# What the laboratory PBX needs besides. Events that nobody wants are dropped at the PBX.
MANAGER = f"""[general](+)
timestampevents = yes

[{USERNAME}]
secret = {SECRET}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = agent,user
write =
eventfilter = Event: QueueCallerJoin
eventfilter = UserEvent: CallcenterArrived
"""


class ObserverError(Exception):
    """The manager interface did not let the observer in, or went away."""


def arrival(frame: bytes) -> tuple[str, float] | None:
    """The caller's number and the second of its arrival, from one manager event; None where it is of no arrival."""
    headers = {name: value.decode(errors="replace") for name, value in _HEADER.findall(frame)}
    is_ours = headers.get(b"Event") == "UserEvent" and headers.get(b"UserEvent") == "CallcenterArrived"
    if headers.get(b"Event") != "QueueCallerJoin" and not is_ours:
        return None
    try:
        return headers[b"CallerIDNum"], float(headers[b"Timestamp"])
    except (KeyError, ValueError):
        raise ObserverError(f"an arrival without caller or time: {frame!r}") from None


class Observer:
    """`async with Observer(pbx) as observer:`; `arrivals` then holds each number's first arrival, in epoch seconds."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self.arrivals: dict[str, float] = {}
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
                found = arrival(await reader.readuntil(b"\r\n\r\n"))
                if found is not None and len(self.arrivals) < MAX_ARRIVALS:
                    self.arrivals.setdefault(*found)
        except asyncio.IncompleteReadError:
            raise ObserverError("the PBX has ended the observer's connection") from None

"""SIP callers and SIP phones, played by SIPp.

One SIPp process plays any number of callers, or any number of phones that all behave alike. Each scenario writes a
line with the time to SIPp's log whenever something happens to a call; `steps()` reads them back. Every process is
bounded: by its number of calls, and by `limit_s` after which it ends by itself.
"""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Self

from lab.children import ends_with_us
from lab.ports import passing_port

SCENARIOS = Path(__file__).parent / "scenarios"
HOST = "127.0.0.1"
LONG_MS = 3_600_000  # "for ever": longer than any process here may live
POLL_S = 0.02
LISTEN_LIMIT_S = 5.0
STOP_LIMIT_S = 2.0
_PLAIN = re.compile(r"[^;\r\n\[\]]*")
# A request that arrives between the end of a wait and what follows it: SIPp confirms it, and leaves the scenario.
_CROSSED = re.compile(
    r"\t(\d+\.\d+): Aborting call on an unexpected (BYE|CANCEL) for call: (\S+?)(?=\d{4}-\d\d-\d\d\t|\s|$)"
)


class SippUnavailable(Exception):  # noqa: N818 - it names a state of the machine
    """There is no SIPp here."""


class SippFailed(Exception):  # noqa: N818 - an outcome, not a bug
    """SIPp ended badly, or what was waited for did not happen. The message ends with SIPp's own words."""


class What(Enum):
    """What happened to a call, seen from the side that SIPp plays."""

    CALLED = "called"  # a caller has sent its INVITE
    RINGING = "ringing"  # a phone has got an INVITE
    ANSWERED = "answered"  # a caller was answered; a phone has answered
    REFUSED = "refused"  # a caller got no answer; a phone has refused
    CANCELLED = "cancelled"  # a phone that rang has been told to stop
    ENDED = "ended"  # the PBX has hung up
    HUNG_UP = "hung_up"  # this side has hung up


ENDS = (What.REFUSED, What.CANCELLED, What.ENDED, What.HUNG_UP)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to one call, at `at_s` seconds since the epoch, to the microsecond.

    For a caller `own` is its number and `other` the one dialled; for a phone `own` is its name and `other` the caller
    id that it shows.
    """

    what: What
    at_s: float
    call: str
    own: str
    other: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. The last three go into the headers that the sample IVR reads. No `;`, brackets or line ends in any."""

    number: str
    dialled: str = "5000"
    name: str = ""
    account: str = ""
    intent: str = ""
    language: str = ""

    def line(self) -> str:
        """The caller as a line of SIPp's injection file."""
        values = (self.number, self.name, self.dialled, self.account, self.intent, self.language)
        if " " in self.number + self.dialled:
            raise ValueError(f"a blank in {self.number!r} or {self.dialled!r}: no SIP address has one")
        for value in values:
            if not _PLAIN.fullmatch(value):
                raise ValueError(f"{value!r} can't stand in SIPp's file: no `;`, brackets or line ends")
        return ";".join(values)


class Sipp:
    """One SIPp process, a context manager. Usable from a loop: `until` and `finished` are the ones that wait, async."""

    def __init__(self, arguments: Sequence[str], files: Mapping[str, bytes], port: int, limit_s: float) -> None:
        binary = shutil.which("sipp")
        if binary is None:
            raise SippUnavailable("there is no `sipp` on this machine: install the package `sip-tester`")
        self.port = port
        self._folder = Path(tempfile.mkdtemp(prefix="callcenter-sipp-"))
        for name, content in files.items():
            (self._folder / name).write_bytes(content)
        self._command = [
            binary,
            *("-i", HOST, "-p", str(port), "-nostdin", "-aa"),
            *("-timeout", f"{max(1, round(limit_s))}s"),
            *("-trace_err", "-error_file", "errors", "-trace_logs", "-log_file", "steps"),
            *arguments,
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self.returncode: int | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process. Returns at once."""
        with (self._folder / "screen").open("wb") as screen:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TERM": "dumb"},
                start_new_session=True,  # Ctrl-C is for us; we then stop it in order
            )
        ends_with_us(self._process)

    def stop(self) -> None:
        """End the process at once, as a power cut does, and delete its files: its steps can't be read any more.

        Calls that are still up are not hung up: the PBX keeps their channels until its `hang_up_all()`. To end a call
        in order give it a `hold_ms` or a `talk_ms`, and wait for `finished()` or for the steps.
        """
        process = self._process
        if process is not None:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_LIMIT_S)
                except subprocess.TimeoutExpired:
                    process.kill()
            self.returncode = process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def steps(self, what: What | None = None) -> list[Step]:
        """All that has happened so far, oldest first, or only the steps of one kind."""
        path = self._folder / "steps"
        if not path.exists():
            return []
        lines = path.read_text(errors="replace").split("\n")[:-1]
        found = [step for line in lines if (step := _step(line)) is not None]
        whats = {"BYE": What.ENDED, "CANCEL": What.CANCELLED}
        calls = {step.call: step for step in found}
        for at, told, call in self.crossed():
            if call in calls:
                found.append(replace(calls[call], what=whats[told], at_s=float(at)))
        return sorted((step for step in found if what in (None, step.what)), key=lambda step: step.at_s)

    def crossed(self) -> list[tuple[str, str, str]]:
        """Time, method and call of the ends that scenarios could not write down; SIPp's status calls them failed."""
        path = self._folder / "errors"
        return _CROSSED.findall(path.read_text(errors="replace")) if path.exists() else []

    def errors(self) -> str:
        """What SIPp complained of: its last 2,000 characters."""
        path = self._folder / "errors"
        return path.read_text(errors="replace")[-2_000:] if path.exists() else ""

    async def until(self, what: What, count: int = 1, limit_s: float = 10.0) -> list[Step]:
        """Wait until `count` steps of that kind have happened; SippFailed when they have not within `limit_s`."""

        def enough() -> bool:
            return len(self.steps(what)) >= count

        if not await _until(enough, limit_s, lambda: not self.alive):
            seen = len(self.steps(what))
            raise SippFailed(f"{seen} of {count} `{what.value}` within {limit_s:g} s: {self.steps()}\n{self.errors()}")
        return self.steps(what)

    async def finished(self, limit_s: float = 60.0) -> list[Step]:
        """Wait until the process has ended by itself; returns all steps."""
        if not await _until(lambda: not self.alive, limit_s, lambda: False):
            last = {step.call: step for step in self.steps()}
            busy = [step for step in last.values() if step.what not in ENDS]
            raise SippFailed(f"SIPp was still busy after {limit_s:g} s with {busy}: {self.errors()}")
        return self.steps()


class Callers(Sipp):
    """Callers who dial the PBX at `sip_port`, `rate` of them a second; each hangs up `hold_ms` after the answer.

    `name` replaces the display names by raw bytes as they stand on the wire, quotes included; `headers` is more raw
    header text for each INVITE: whatever a hostile caller may send. The process ends with its last call.
    """

    def __init__(
        self,
        sip_port: int,
        callers: Sequence[Caller],
        *,
        rate: float = 10.0,
        hold_ms: int = LONG_MS,
        name: bytes | None = None,
        headers: bytes = b"",
        media_port: int | None = None,
        limit_s: float = 120.0,
    ) -> None:
        if not callers:
            raise ValueError("no callers given")
        lines = "SEQUENTIAL\n" + "".join(f"{caller.line()}\n" for caller in callers)
        fill = {
            "name": b'"[field1]"' if name is None else name,
            "headers": headers.rstrip(b"\r\n"),
            "hold_ms": _ms(hold_ms),
        }
        files = {"caller.xml": _scenario("caller", fill, media_port), "callers.csv": lines.encode()}
        # SIPp counts calls per period; a whole number of calls per second needs no more than its defaults.
        period_ms = round(1_000 * len(callers) / rate) if rate < 1 else 1_000
        per_period = len(callers) if rate < 1 else round(rate)
        arguments = ["-sf", "caller.xml", "-inf", "callers.csv", "-m", str(len(callers)), "-l", str(len(callers))]
        arguments += ["-r", str(per_period), "-rp", str(period_ms), f"{HOST}:{sip_port}"]
        super().__init__(arguments, files, passing_port(socket.SOCK_DGRAM), limit_s)
        self._count = len(callers)

    def still_to_end(self) -> int:
        """How many calls have not ended yet, those that have still to be made included."""
        return self._count - sum(step.what in ENDS for step in self.steps())


class Phones(Sipp):
    """Phones that all behave alike, registered at the PBX once started. Any number of calls at a time.

    The makers below name the behaviours. `stop()` leaves them registered, as phones that lost power do.
    """

    def __init__(
        self,
        sip_port: int,
        names: Sequence[str],
        scenario: str,
        fill: Mapping[str, bytes],
        *,
        password: str | None = None,
        media_port: int | None = None,
        limit_s: float = 600.0,
    ) -> None:
        self.names = tuple(names)
        self._sip_port = sip_port
        self._password = password
        files = {"phone.xml": _scenario(scenario, fill, media_port)}
        super().__init__(["-sf", "phone.xml"], files, passing_port(socket.SOCK_DGRAM), limit_s)

    @classmethod
    def answering(
        cls,
        sip_port: int,
        names: Sequence[str],
        *,
        after_ms: int = 1,
        talk_ms: int = LONG_MS,
        password: str | None = None,
        media_port: int | None = None,
        limit_s: float = 600.0,
    ) -> Self:
        """They ring for `after_ms`, answer, and hang up after `talk_ms` unless the PBX does so first."""
        fill = {"answer_ms": _ms(after_ms), "talk_ms": _ms(talk_ms)}
        return cls(sip_port, names, "phone", fill, password=password, media_port=media_port, limit_s=limit_s)

    @classmethod
    def silent(cls, sip_port: int, names: Sequence[str], *, limit_s: float = 600.0) -> Self:
        """They ring and nobody answers."""
        return cls.answering(sip_port, names, after_ms=LONG_MS, limit_s=limit_s)

    @classmethod
    def told(cls, sip_port: int, names: Sequence[str], *, talk_ms: int = LONG_MS, limit_s: float = 600.0) -> Self:
        """They ring until the PBX tells them to answer, by a NOTIFY `talk`, and hang up after `talk_ms`."""
        return cls(sip_port, names, "notify", {"talk_ms": _ms(talk_ms)}, limit_s=limit_s)

    @classmethod
    def refusing(
        cls, sip_port: int, names: Sequence[str], *, status: int = 486, after_ms: int = 1, limit_s: float = 600.0
    ) -> Self:
        """They ring for `after_ms` and refuse: 486 busy, 603 declined, 480 not available."""
        fill = {"answer_ms": _ms(after_ms), "status": str(status).encode()}
        return cls(sip_port, names, "refuse", fill, limit_s=limit_s)

    @classmethod
    def racing(cls, sip_port: int, names: Sequence[str], *, limit_s: float = 600.0) -> Self:
        """They ring until they are cancelled, and answer at that very moment."""
        return cls(sip_port, names, "race", {}, limit_s=limit_s)

    @classmethod
    def transferring(
        cls, sip_port: int, names: Sequence[str], *, to: str, talk_ms: int = 500, limit_s: float = 600.0
    ) -> Self:
        """They answer at once and hand the caller over to the number `to` after `talk_ms`, with a REFER."""
        fill = {"talk_ms": _ms(talk_ms), "to": to.encode()}
        return cls(sip_port, names, "transfer", fill, limit_s=limit_s)

    def start(self) -> None:
        """Start the process, wait until it listens, and register. Blocks for a fraction of a second."""
        super().start()
        deadline = time.monotonic() + LISTEN_LIMIT_S
        while not _listens(self.port):
            if not self.alive or time.monotonic() > deadline:
                raise SippFailed(f"the phones do not listen: {self.errors()}")
            time.sleep(POLL_S)
        register(self._sip_port, self.names, self.port, password=self._password)

    def __exit__(self, *error: object) -> None:
        """Leave nothing behind at the PBX: whoever comes next may want phones of the same names."""
        try:
            if self.alive:
                self.unregister()
        finally:
            super().__exit__(*error)

    def unregister(self) -> None:
        """Take the phones away from the PBX. Blocks for a fraction of a second."""
        register(self._sip_port, self.names, self.port, password=self._password, expires_s=0)


def register(
    sip_port: int,
    names: Sequence[str],
    port: int,
    *,
    password: str | None = None,
    expires_s: int = 3600,
    limit_s: float = 30.0,
) -> None:
    """Register phones at the PBX as reachable at `port`, whether anybody listens there or not. Blocks until done."""
    if not names:
        return
    fill = {"port": str(port).encode(), "expires": str(expires_s).encode()}
    # SIPp fills in the password only where the whole [authentication] stands in the file's field.
    lines = [f"{name};[authentication username={name} password={password or 'none'}]\n" for name in names]
    files = {
        "register.xml": _scenario("register", fill),
        "phones.csv": ("SEQUENTIAL\n" + "".join(lines)).encode(),
    }
    arguments = ["-sf", "register.xml", "-inf", "phones.csv", "-m", str(len(names)), "-r", "200", "-l", "20"]
    with Sipp([*arguments, f"{HOST}:{sip_port}"], files, passing_port(socket.SOCK_DGRAM), limit_s) as sipp:
        deadline = time.monotonic() + limit_s + LISTEN_LIMIT_S
        while sipp.alive and time.monotonic() < deadline:
            time.sleep(POLL_S)
        errors = sipp.errors()
    if sipp.returncode != 0:
        raise SippFailed(f"phones could not register, SIPp's status {sipp.returncode}: {errors}")


def _scenario(name: str, fill: Mapping[str, bytes], media_port: int | None = None) -> bytes:
    """A scenario with its @placeholders@ filled in. A line with nothing but an empty placeholder goes.

    `media_port` is where somebody else sends and takes the sound, see `lab.audio`; None: SIPp's own, and silence.
    """
    text = (SCENARIOS / f"{name}.xml").read_bytes()
    if media_port is not None:
        text = text.replace(b"[media_port]", str(media_port).encode())
    for key, value in fill.items():
        if not value:
            text = re.sub(rb"(?m)^[ ]*@%s@\n" % key.encode(), b"", text)
        text = text.replace(b"@%s@" % key.encode(), value)
    left = re.search(rb"@[a-z_]+@", text)
    if left is not None:
        raise ValueError(f"scenario {name}: nothing given for {left.group().decode()}")
    return text


def _ms(value: int) -> bytes:
    """SIPp takes 0 for `no time-out`, so the shortest is 1 ms."""
    return str(max(1, value)).encode()


def _step(line: str) -> Step | None:
    """A line of SIPp's log, such as `LAB ringing 1700000000 12345 1-23@127.0.0.1 1001 49301234567`.

    SIPp writes no microseconds where they are 0.
    """
    words = line.split(" ")
    if len(words) != 7 or words[0] != "LAB":
        return None
    _, what, seconds, micros, call, own, other = words
    return Step(What(what), float(seconds) + float(micros or 0) / 1_000_000, call, own, other)


def _listens(port: int) -> bool:
    """Whether a socket of this machine is bound to that UDP port, from the kernel's own table."""
    wanted = f":{port:04X}"
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(wanted) for line in lines)


async def _until(condition: Callable[[], bool], limit_s: float, hopeless: Callable[[], bool]) -> bool:
    """Poll a condition; false after `limit_s`, or once `hopeless` says that it can't come true any more."""
    deadline = time.monotonic() + limit_s
    while True:
        last = hopeless() or time.monotonic() > deadline
        if condition():
            return True
        if last:
            return False
        await asyncio.sleep(POLL_S)

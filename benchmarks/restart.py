"""`make bench-restart`: a daemon dies by kill -9 in the middle of a full house; how long until it serves again?

At a simulated PBX 1,500 callers call, 500 agents answer and talk on, 1,000 callers wait. Then the daemon is killed and
started, several times. It serves as soon as /health/ready has all parts well: the state is restored, the PBX is synced,
agents' pages are answered. Its log says where the time went, and the system what of it was computing.

The daemon finds its modules compiled, as an installed one does: it may keep them in `__pycache__`, whatever
PYTHONDONTWRITEBYTECODE says here. Where others use the machine, compare two runs by `cpu`, which they disturb less.
"""

import asyncio
import contextlib
import http.client
import json
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import click
from twisted.internet import asyncioreactor

from benchmarks.daemon import DIALLED, QUEUE, ROUTING
from lab.center import AgentSpec, Center
from lab.daemon_process import all_ready
from lab.simulated import Phone, SimulatedPbx, Visitor

SECRET = "benchmark-at-work"  # noqa: S105 - of a PBX that lives for a minute
LONG_S = 3_600.0
AIM_S = 2.0
LIMIT_S = 120.0
CALLS_AT_ONCE = 50
POLL_S = 0.025  # each question takes the daemon 3 ms of what it is at
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z \S+ +\S+ (.*)")
_REPLAYED = re.compile(r"journal read: .*, (\d+) events after it")


@dataclass(frozen=True, slots=True)
class Restart:
    """Milliseconds from the process's start: to its first word, with the journal's Redis up, with the journal read,
    with its pages up, and until it serves. `replayed` is how many events came behind the snapshot, `cpu_ms` what the
    process has computed until it served.
    """

    python_ms: int
    redis_ms: int
    journal_ms: int
    pages_ms: int
    serves_ms: int
    replayed: int
    cpu_ms: int

    @property
    def parts(self) -> dict[str, int]:
        """What each stage took."""
        return {
            "python_ms": self.python_ms,
            "redis_ms": self.redis_ms - self.python_ms,
            "journal_ms": self.journal_ms - self.redis_ms,
            "shells_ms": self.pages_ms - self.journal_ms,
            "sync_ms": self.serves_ms - self.pages_ms,
        }


def told(log: str, began_s: float, serves_s: float, cpu_s: float) -> Restart:
    """What the log of one start says of its stages. Times are seconds since the epoch. Raises ValueError."""
    lines = [(_ms_of(found[1], began_s), found[2]) for found in map(_LINE.match, log.splitlines()) if found]

    def when(words: str) -> int:
        found = next((at_ms for at_ms, said in lines if words in said), None)
        if found is None:
            raise ValueError(f"the daemon's log does not say {words!r}: {log[-2_000:]}")
        return found

    replayed = _REPLAYED.search(log)
    return Restart(
        python_ms=lines[0][0] if lines else 0,
        redis_ms=when("in charge, with epoch"),
        journal_ms=when("journal read: "),
        pages_ms=when("agents sign in at"),
        serves_ms=round((serves_s - began_s) * 1_000),
        replayed=int(replayed[1]) if replayed else 0,
        cpu_ms=round(cpu_s * 1_000),
    )


def _ms_of(stamp: str, began_s: float) -> int:
    at = datetime.fromisoformat(stamp).replace(tzinfo=UTC)
    return round((at.timestamp() - began_s) * 1_000)


class FullHouse:
    """The PBX, its phones and callers, and the daemon that serves them."""

    def __init__(self, reactor: Any, folder: Path, *, agents: int, waiting: int) -> None:
        self.waiting = waiting
        self.phones = [str(1_001 + number) for number in range(agents)]
        patient = {phone: Phone(answers_after_s=(0.1, 0.5), talks_s=(LONG_S, LONG_S)) for phone in self.phones}
        self.pbx = SimulatedPbx(reactor, Random(1), patient, secret=SECRET)  # noqa: S311 - no secrecy
        self.pbx.max_calls = agents + waiting
        self._reactor = reactor
        self._folder = folder

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Center]:
        """Everybody who can talks, and the others wait."""
        specs = [AgentSpec(f"agent{phone}", phone, {"service": 7}, [QUEUE]) for phone in self.phones]
        center = Center(self._folder, self.pbx.listen(self._reactor), SECRET, specs, ROUTING)
        try:
            async with center:
                await center.until(all_ready, "all parts to be ready", LIMIT_S)
                await asyncio.to_thread(sign_in, center)
                for number in range(len(self.phones) + self.waiting):
                    self.pbx.call(Visitor(f"+4930{number:07}", DIALLED, patience_s=LONG_S))
                    if number % CALLS_AT_ONCE == 0:
                        await asyncio.sleep(0.05)
                await self.check(center)
                yield center
        finally:
            await self.pbx.stop().asFuture(asyncio.get_running_loop())

    async def check(self, center: Center) -> None:
        """Nobody has lost anything."""
        await center.until_metric('callcenter_agents{state="talking"}', len(self.phones), LIMIT_S)
        await center.until_metric(f'callcenter_contacts_waiting{{queue="{QUEUE}"}}', self.waiting, LIMIT_S)


def sign_in(center: Center) -> None:
    """All agents are ready; their pages stay closed. Blocks."""
    for agent in center.agents:
        cookie = post(center, "/api/v1/sign-in", {"agent": agent.id, "password": center.password})
        post(center, "/api/v1/ready", {}, cookie)


def post(center: Center, path: str, body: dict[str, str], cookie: str = "") -> str:
    """Returns the cookie of the session. Raises ValueError where it is refused."""
    connection = http.client.HTTPConnection("127.0.0.1", center.http_port, timeout=LIMIT_S)
    with contextlib.closing(connection):
        headers = {"Origin": center.url, "Content-Type": "application/json", "Cookie": cookie}
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise ValueError(f"{path}: {answer.status} {answer.read().decode()}")
        return (answer.getheader("Set-Cookie") or "").partition(";")[0]


async def restart(center: Center) -> Restart:
    """Kill the daemon, start it, and wait until it serves."""
    assert center.daemon is not None
    daemon = center.daemon
    await center.kill()
    before = daemon.log_file.stat().st_size
    began_s = time.time()
    daemon.start()
    while not all_ready(await daemon.health()):
        daemon.check()
        if time.time() > began_s + LIMIT_S:
            raise ValueError(f"the daemon does not serve after {LIMIT_S:g} s: {daemon.log()}")
        await asyncio.sleep(POLL_S)
    serves_s = time.time()
    cpu_s = daemon.cpu_s()
    return told(daemon.log_file.read_bytes()[before:].decode(), began_s, serves_s, cpu_s)


async def measure(reactor: Any, *, agents: int, waiting: int, times: int) -> list[Restart]:
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-") as folder:
        house = FullHouse(reactor, Path(folder), agents=agents, waiting=waiting)
        async with house.open() as center:
            found = []
            for _ in range(times):
                found.append(await restart(center))
                await house.check(center)
                click.echo(line(len(found), found[-1]))
            return found


def line(number: int, one: Restart) -> str:
    parts = ", ".join(f"{name.removesuffix('_ms')} {ms}" for name, ms in one.parts.items())
    served = f"start {number}: serves after {one.serves_ms} ms ({parts}), cpu {one.cpu_ms}"
    return f"{served}; {one.replayed} events handled again"


def figures(found: Sequence[Restart]) -> dict[str, Any]:
    """Medians over all starts, and the slowest."""
    return {
        "serves_ms": {"median": _median([one.serves_ms for one in found]), "max": max(one.serves_ms for one in found)},
        **{name: _median([one.parts[name] for one in found]) for name in found[0].parts},
        "cpu_ms": _median([one.cpu_ms for one in found]),
        "events_replayed": _median([one.replayed for one in found]),
        "starts": len(found),
    }


def _median(values: Sequence[int]) -> int:
    return round(median(values))


@click.command()
@click.option("--agents", default=500, show_default=True, help="All of them talk.")
@click.option("--waiting", default=1_000, show_default=True, help="Callers who wait besides.")
@click.option("--times", default=5, show_default=True, help="How often the daemon dies.")
def main(agents: int, waiting: int, times: int) -> None:
    """Print a line for each start and, last, one line of JSON."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # of the daemon, which this process starts
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor as installed  # noqa: PLC0415 - only now is it the one that we want

    reactor: Any = installed
    work: list[asyncio.Task[list[Restart]]] = []

    def begin() -> None:
        work.append(asyncio.ensure_future(measure(reactor, agents=agents, waiting=waiting, times=times)))
        work[0].add_done_callback(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()
    if not work[0].done():
        raise click.Abort
    found = figures(work[0].result())
    met = found["serves_ms"]["median"] <= AIM_S * 1_000
    click.echo(f"Aim (serving again within {AIM_S:g} s): {'met' if met else 'MISSED'}.")
    click.echo(json.dumps({"agents": agents, "waiting": waiting, **found}))


if __name__ == "__main__":
    main()

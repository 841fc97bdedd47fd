"""A daemon as a process with its agents at work, beside a simulated PBX, on a machine that a test may trick."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lab.center import AgentSpec, Center, Seat
from lab.daemon_process import all_ready
from lab.simulated import Phone, SimulatedPbx, Visitor
from tests.test_daemon import ANNA, ROUTING, SECRET

VISITOR = Visitor("+12125550123", "8001", patience_s=600.0)
MANY = 200  # calls; what should be noticed is noticed long before

Parts = dict[str, Any]

_PROGRAM = """
import pathlib, socket, time

_clock, _stuck = pathlib.Path({clock!r}), pathlib.Path({stuck!r})
_set_by_s = float(_clock.read_text()) if _clock.exists() else 0.0
_time, _time_ns, _look_up = time.time, time.time_ns, socket.getaddrinfo
time.time = lambda: _time() + _set_by_s
time.time_ns = lambda: _time_ns() + int(_set_by_s * 10**9)


def _stuck_look_up(host, *rest, **more):
    while _stuck.exists() and str(host).endswith(".example"):
        time.sleep(60)
    return _look_up(host, *rest, **more)


socket.getaddrinfo = _stuck_look_up
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a daemon finds when it starts: a clock that somebody has set, a DNS that never answers for *.example."""

    clock: Path
    stuck: Path

    @property
    def program(self) -> str:
        """A sitecustomize.py."""
        return _PROGRAM.format(clock=str(self.clock), stuck=str(self.stuck))

    def set_clock(self, by_s: float) -> None:
        self.clock.write_text(str(by_s))

    def let_dns_hang(self) -> None:
        self.stuck.touch()


class Floor:
    """One agent, Anna, who talks to one caller after the other."""

    def __init__(self, center: Center, pbx: SimulatedPbx) -> None:
        self.center = center
        self.pbx = pbx
        self.calls = 0
        self.anna: Seat

    async def open(self) -> None:
        """Start the daemon and take the seat, without a word of being ready."""
        await self.center.start()
        self.anna = await self.center.seat("anna")

    async def talk(self) -> None:
        await self.answer(lambda: self.pbx.call(VISITOR))

    async def answer(self, begin: Callable[[], object]) -> None:
        """A whole conversation, which comes of what `begin` does."""
        self.calls += 1
        before = len(self.conversations)
        begin()

        def over() -> bool:
            return len(self.conversations) > before and self.anna.state["state"] == "ready"

        await self.anna.until(over, "the conversation to be over")

    async def be_ready(self) -> None:
        await self.anna.ready()

    @property
    def conversations(self) -> list[str]:
        """The contacts that Anna talked to, in order."""
        states = [message["state"] for message in self.anna.messages if message["type"] == "state"]
        return [state["contact"] for state in states if state["state"] == "talking"]

    async def talk_until(self, fits: Callable[[Parts], bool]) -> Parts:
        for _ in range(MANY):
            await self.talk()
            if fits(parts := await self.center.until(bool, "an answer")):
                return parts
        pytest.fail(f"{MANY} calls later nothing has been noticed")

    async def until_logged(self, calls: int | None = None) -> None:
        """Every call is in the contact log, once."""
        wanted = self.calls if calls is None else calls
        with contextlib.closing(sqlite3.connect(self.center.database_file, timeout=10)) as database:
            while (found := database.execute("SELECT COUNT(*) FROM contact").fetchone()[0]) < wanted:
                await self.center.until(bool, "the daemon to live")
                await asyncio.sleep(0.05)
        assert found == wanted


@contextlib.asynccontextmanager
async def floor_in(
    folder: Path, agents: Sequence[AgentSpec] = (ANNA,), phone: Phone | None = None, **changes: Any
) -> AsyncIterator[Floor]:
    """A floor that has been opened, with every part of its daemon well."""
    from twisted.internet import reactor

    phones = {agent.phone: phone or Phone((0.02, 0.02), (0.05, 0.05)) for agent in agents}
    pbx = SimulatedPbx(reactor, Random(1), phones, secret=SECRET)
    port = pbx.listen(reactor)
    floor = Floor(Center(folder / "center", port, SECRET, agents=agents, routing=ROUTING, **changes), pbx)
    try:
        await floor.open()
        await floor.center.until(all_ready, "every part to be well")
        yield floor
    finally:
        await floor.center.stop()
        await pbx.stop().asFuture(asyncio.get_running_loop())

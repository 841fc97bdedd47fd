"""What can die under a story, how it dies and how it comes back; and agents at work who live through it."""

import asyncio
import contextlib
from collections.abc import Sequence
from random import Random

import httpx
from websockets.exceptions import WebSocketException

from lab.center import Center, Seat
from lab.daemon_process import DaemonFailed
from lab.postgres import PostgresCluster
from tests.redis_fixtures import ExternalRedis
from tests.stories.wire import Wire

AGAIN_S = 1.5  # within so long a daemon that is starting may die again
LIMIT_S = 60.0


class Daemon:
    """Killed, and started again at once; one in four dies a second time while it starts."""

    longest_away_s = 0.0
    hides_the_pbx = True

    def __init__(self, center: Center, random: Random) -> None:
        self._center = center
        self._random = random

    async def die(self) -> None:
        await self._center.kill()
        if self._random.random() < 0.25:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._random.uniform(0, AGAIN_S)):
                    await self._center.start()
            await self._center.kill()

    async def come_back(self) -> None:
        await self._center.start()


class Redis:
    longest_away_s = 1.0
    hides_the_pbx = False

    def __init__(self, center: Center, server: ExternalRedis) -> None:
        self._center = center
        self._server = server

    async def die(self) -> None:
        await asyncio.to_thread(self._server.kill)

    async def come_back(self) -> None:
        await asyncio.to_thread(self._server.start)
        await self._center.until(lambda parts: all(parts[name]["ok"] for name in ("redis", "engine")), "Redis", LIMIT_S)


class Postgres:
    longest_away_s = 0.5
    hides_the_pbx = False

    def __init__(self, center: Center, cluster: PostgresCluster) -> None:
        self._center = center
        self._cluster = cluster

    async def die(self) -> None:
        await asyncio.to_thread(self._cluster.crash)

    async def come_back(self) -> None:
        await asyncio.to_thread(self._cluster.start)
        await self._center.until(lambda parts: bool(parts["sql"]["ok"]), "SQL to be well again", LIMIT_S)


class Ami:
    longest_away_s = 1.0
    hides_the_pbx = True

    def __init__(self, center: Center, wire: Wire) -> None:
        self._center = center
        self._wire = wire

    async def die(self) -> None:
        await self._wire.cut()
        await self._center.until(lambda parts: not parts["pbx"]["ok"], "the PBX to be lost", LIMIT_S)

    async def come_back(self) -> None:
        await self._wire.mend()
        await self._center.until(lambda parts: bool(parts["pbx"]["ok"]), "the PBX to be synced again", LIMIT_S)


Part = Daemon | Redis | Postgres | Ami


class Worker:
    """An agent at work, for as long as the block lasts: ready, also after an offer that rang for too long, and then a
    disposition for each contact.

    A page that loses the daemon comes back. `given` are dispositions whose receipt the daemon has confirmed, `perhaps`
    those of which nobody can say.
    """

    def __init__(self, center: Center, agent: str, dispositions: Sequence[str]) -> None:
        self.agent = agent
        self.given: dict[str, str] = {}
        self.perhaps: dict[str, str] = {}
        self._center = center
        self._dispositions = dispositions
        self._ready = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Worker":
        self._task = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            seat = Seat(self._center, self.agent)
            with contextlib.suppress(OSError, httpx.HTTPError, WebSocketException, DaemonFailed):
                try:
                    await seat.sign_in()
                    await self._at_page(seat)
                finally:
                    await seat.leave()
            await asyncio.sleep(0.1)

    async def _at_page(self, seat: Seat) -> None:
        if not self._ready:
            await seat.ready()
            self._ready = True
        while not seat.gone:
            await seat.until(lambda: seat.gone or _missed(seat) or self._to_do(seat) is not None, "work", limit_s=600)
            if _missed(seat) and not seat.gone:
                await seat.ready()
                await seat.until(lambda: seat.gone or not _missed(seat), "to be ready again")
            elif (contact := self._to_do(seat)) is not None and not seat.gone:
                self.perhaps[contact] = disposition = self._dispositions[len(self.given) % len(self._dispositions)]
                await seat.end_wrap_up(disposition)
                self.given[contact] = disposition

    def _to_do(self, seat: Seat) -> str | None:
        contact: str | None = seat.state.get("contact")
        return contact if seat.state.get("state") == "wrap_up" and contact not in self.given else None


def _missed(seat: Seat) -> bool:
    """A machine without spare time may take longer to let a phone answer than an offer lasts."""
    return (seat.state.get("state"), seat.state.get("reason")) == ("not_ready", "rona")

"""Two daemons on one Redis and one PostgreSQL: whatever becomes of the one in charge, the other one serves.

Three calls a second go through ten agents; fifty more callers wait in a queue that nobody serves until the end. The
agents come back to whichever daemon is in charge, as they do behind a reverse proxy that asks /health/ready.
"""

import asyncio
import os
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import redis.asyncio

from lab.center import Center
from lab.daemon_process import all_ready
from lab.pbx import Pbx
from lab.sipp import Caller, Phones, Step, What
from tests.helpers import run_async
from tests.pbx_fixtures import NewPbx
from tests.redis_fixtures import ExternalRedis
from tests.stories.conftest import SetStage
from tests.stories.stage import Stage, ended, until
from tests.stories.test_kills import (
    AGENTS,
    BUSY_NUMBER,
    LIMIT_S,
    RULES,
    Floor,
    everything_is_told,
    floor,
    random,
    the_fifty_are_served,
)

__all__ = ["random"]  # a fixture

pytestmark = [pytest.mark.pbx, pytest.mark.redis, pytest.mark.postgres]

RATE = 3
TAKEOVERS = 5
STOPPED_S = 6.0
BEFORE_S = 4.0  # the longest time between a return and the next blow
OWN_RINGS_S = 0.5  # so long after its death a phone may begin to ring for the daemon that died
RINGS_MS = 15_000
IMPATIENT_MS = 600  # shorter than a talk: SIPp can't have both ends hang up in the same millisecond
QUEUES: Mapping[str, Mapping[str, Any]] = RULES["queues"]


class Pair:
    """Two daemons with a PBX, a Redis and a database in common. `on.center` is where the one in charge is found."""

    def __init__(self, on: Stage) -> None:
        self.on = on
        first = on.center
        self.in_charge, self.standing_by = first, replace(first, folder=first.folder.parent / "second", http_port=0)
        on.center = self.door = replace(first)

    def show_the_door(self) -> None:
        """As the proxy does once the other one says that it is ready."""
        self.door.folder, self.door.http_port = self.in_charge.folder, self.in_charge.http_port
        self.door.daemon = self.in_charge.daemon

    async def taken_over(self) -> Center:
        """The other one is in charge; returns the one that was."""
        before, self.in_charge = self.in_charge, self.standing_by
        self.standing_by = before
        await self.in_charge.until(all_ready, "the other one to be in charge", LIMIT_S)
        self.show_the_door()
        return before


@asynccontextmanager
async def pair(on: Stage) -> AsyncIterator[Pair]:
    made = Pair(on)
    await on.prepare()
    try:
        await made.in_charge.start()
        await made.standing_by.start_standing_by()
        made.show_the_door()
        yield made
    finally:
        await made.standing_by.stop()
        await on.__aexit__()


@pytest.fixture
def on(stage: SetStage, postgres_url: str, external_redis: ExternalRedis, tmp_path: Path) -> Stage:
    return shared(stage, postgres_url, external_redis, tmp_path)


def shared(stage: SetStage, postgres_url: str, server: ExternalRedis, folder: Path, **changes: Any) -> Stage:
    """A stage whose daemons share what two daemons have to."""
    secret = folder / "session-secret"
    secret.touch(mode=0o600)
    secret.write_text("what both sign the sessions with, in this test")
    settings = {"redis": {"url": server.url, "shared": True}, "http": {"session_secret_file": str(secret)}}
    return stage(AGENTS, **{"routing": RULES, "database_url": postgres_url, "settings": settings, **changes})


async def under_traffic(two: Pair, blow: Callable[[Floor], Awaitable[None]], random: Random, redis: Path) -> None:
    """Blow upon blow; afterwards nothing has been lost, and nothing has been done twice."""
    async with floor(two.on) as here:
        here.fifty_call()
        order = await here.fifty_wait()
        async with here.traffic(RATE, IMPATIENT_MS):
            for _ in range(TAKEOVERS):
                await asyncio.sleep(random.uniform(1.0, BEFORE_S))
                struck_s = time.time()
                await blow(here)
                here.account.away.append((struck_s, time.time()))
                here.sue = await two.on.seat("sue", ready=False)
                assert await here.in_order() == order
                await here.no_agent_sticks()
        for one in here.calling[1:]:
            await here.ended(one)
        await the_fifty_are_served(here, order)
        await everything_is_told(here, redis)
        await no_phone_rang_for_nothing(here)


async def no_phone_rang_for_nothing(here: Floor) -> None:
    """Each ring is an offer that the log knows."""
    rings = Counter(step.other for step in here.phones.steps(What.RINGING))
    offers = {row.caller: row.offers for row in await here.rows()}
    assert {caller: count for caller, count in rings.items() if count > offers[caller]} == {}


async def first_ring_after(phones: Phones, at_s: float) -> float:
    """Seconds from then to the first ring that the daemon which died then cannot have asked for."""
    rang: list[Step] = []

    async def look() -> bool:
        nonlocal rang
        rang = [step for step in phones.steps(What.RINGING) if step.at_s > at_s + OWN_RINGS_S]
        return bool(rang)

    await until(look, lambda: "a phone to ring after the takeover", LIMIT_S)
    return rang[0].at_s - at_s


@run_async
async def test_daemon_in_charge_is_killed(on: Stage, external_redis: ExternalRedis, random: Random) -> None:
    async with pair(on) as two:

        async def kill(here: Floor) -> None:
            died_s = time.time()
            await two.in_charge.kill()
            dead = await two.taken_over()
            print(
                f"the other one's first offer came {await first_ring_after(here.phones, died_s):.2f} s after the kill"
            )
            await dead.start_standing_by()

        await under_traffic(two, kill, random, external_redis.folder)


@run_async
async def test_daemon_in_charge_is_stopped_for_a_while(
    on: Stage, external_redis: ExternalRedis, random: Random
) -> None:
    async with pair(on) as two:

        async def stop_and_continue(_: Floor) -> None:
            stopped = two.in_charge.daemon
            assert stopped is not None
            goes_on_s = time.monotonic() + STOPPED_S
            os.kill(stopped.pid, signal.SIGSTOP)
            try:
                was = await two.taken_over()
                await asyncio.sleep(max(0.0, goes_on_s - time.monotonic()))
            finally:
                os.kill(stopped.pid, signal.SIGCONT)
            assert await asyncio.to_thread(stopped.wait, LIMIT_S) == 1
            assert "another daemon" in stopped.log(200)
            await was.start_standing_by()

        await under_traffic(two, stop_and_continue, random, external_redis.folder)


@run_async
async def test_phone_that_rings_at_the_takeover_gets_its_caller(on: Stage) -> None:
    on.center.routing = {**RULES, "queues": {name: {**one, "offer_timeout_s": 60} for name, one in QUEUES.items()}}
    async with pair(on) as two:
        phones = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=RINGS_MS, talk_ms=500))
        seat = await on.seat("agent1001")
        await on.device(1001, "free")
        on.call(Caller("+49301234567", BUSY_NUMBER))
        await phones.until(What.RINGING)
        await two.in_charge.kill()
        await two.taken_over()
        assert phones.steps(What.ANSWERED) == [], "the takeover came too late for this test"
        seat = await on.seat("agent1001", ready=False)
        await seat.until_state("talking")
        [contact] = await on.contacts(ended(1), LIMIT_S)
        assert (contact.outcome, contact.agent, contact.offers) == ("answered", "agent1001", 1)


@run_async
async def test_pbx_that_restarts_knows_who_is_in_charge(
    new_pbx: NewPbx, stage: SetStage, postgres_url: str, external_redis: ExternalRedis, tmp_path: Path
) -> None:
    pbx = new_pbx(agents=1)
    await asyncio.to_thread(pbx.start)
    ports = {"ami_port": pbx.ami_port, "ami_secret": pbx.ami_secret}
    on = shared(stage, postgres_url, external_redis, tmp_path, **ports)
    async with pair(on) as two:
        epoch = await epoch_of(external_redis)
        assert at_the_pbx(pbx) == epoch
        await asyncio.to_thread(pbx.restart)
        await until_at_the_pbx(pbx, epoch)
        await two.in_charge.kill()
        await two.taken_over()
        later = await epoch_of(external_redis)
        assert later > epoch
        assert at_the_pbx(pbx) == later
        await asyncio.to_thread(pbx.cli, "dialplan set global CALLCENTER_EPOCH 0")  # as a reload may
        await until_at_the_pbx(pbx, later)


async def epoch_of(server: ExternalRedis) -> int:
    async with redis.asyncio.Redis.from_url(server.url) as client:
        return int(await client.get("callcenter:journal:epoch") or 0)


def at_the_pbx(pbx: Pbx) -> int:
    found = re.search(r"CALLCENTER_EPOCH=(\d+)", pbx.cli("dialplan show globals"))
    return int(found[1]) if found is not None else 0


async def until_at_the_pbx(pbx: Pbx, epoch: int) -> None:
    async def look() -> bool:
        return await asyncio.to_thread(at_the_pbx, pbx) == epoch

    await until(look, lambda: f"the PBX to know of {epoch}; it has {at_the_pbx(pbx)}", LIMIT_S)

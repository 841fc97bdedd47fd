"""The records that wait for the contact log: a Redis stream beside the journal, written by it, read here.

A record's id is that of its entry in the journal and its place among the entry's records: `17-1`, `17-2`. Ids only go
up, so the log has read exactly what is not above its cursor.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import redis.asyncio
from redis.exceptions import RedisError, ResponseError

READ_TIMEOUT_S = 2.0


class RecordsUnavailableError(Exception):
    """Redis cannot be reached or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """`records` are the next ones with their ids, in order; `in_all` counts those that have not been trimmed."""

    records: Sequence[tuple[str, bytes]]
    in_all: int


class Records(Protocol):
    """What the contact log reads. All methods raise RecordsUnavailableError."""

    async def name(self) -> str:
        """Whose ids these are: another journal counts from 1 again."""
        ...

    async def read(self, after: str, count: int) -> Waiting: ...

    async def trim(self, upto: str) -> None:
        """Forget all records up to this one."""
        ...


class RecordStream:
    """The records of one journal."""

    def __init__(self, client: redis.asyncio.Redis, key: str, id_key: str) -> None:
        """`id_key` holds the journal's name, which the journal makes."""
        self._client = client
        self._key = key
        self._id_key = id_key

    async def name(self) -> str:
        name = await _within(self._client.get(self._id_key))
        if name is None:
            raise RecordsUnavailableError("the journal has not been begun yet")
        return cast(bytes, name).decode()

    async def read(self, after: str, count: int) -> Waiting:
        pipeline = self._client.pipeline(transaction=True)
        pipeline.xrange(self._key, f"({after}", "+", count)
        pipeline.xlen(self._key)
        entries, in_all = await _within(pipeline.execute())
        return Waiting([(entry_id.decode(), fields.get(b"record", b"")) for entry_id, fields in entries], in_all)

    async def trim(self, upto: str) -> None:
        number, k = upto.split("-")
        await _within(self._client.xtrim(self._key, minid=f"{number}-{int(k) + 1}", approximate=False))

    async def last_number(self) -> int:
        """The number of the entry that the last record ever added is of, 0 if there was none. Raises RedisError."""
        try:
            information = await self._client.xinfo_stream(self._key)
        except ResponseError as error:
            if "no such key" in str(error):
                return 0
            raise
        return int(information["last-generated-id"].partition(b"-")[0])


async def _within(work: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await work
    except TimeoutError as error:
        raise RecordsUnavailableError(f"Redis has not answered for {READ_TIMEOUT_S:g} s") from error
    except (RedisError, OSError) as error:
        raise RecordsUnavailableError(f"Redis cannot be used: {error}") from error

"""The journal: each event that the core handled, in order, in a Redis stream, and now and then a snapshot.

One idea: the journal numbers its entries itself, 1-0, 2-0, 3-0 and so on, without gaps. Redis refuses an id that is not
above its last, so a batch that is sent again after an unclear failure cannot get in twice, a second writer cannot slip
in unnoticed, and a gap (Redis came back without its last second) shows by counting.

A batch is one MULTI/EXEC in one round trip: all of it is there or nothing. A snapshot replaces what came before it in
one transaction as well. Only commands of Redis 6.2 are used.

Bound: `max_entries` since the last snapshot. Beyond it `append` raises, because to drop the oldest would make a
replay lie; a snapshot makes room.
"""

import asyncio
import re
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar, cast

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from callcenter.events import Event
from callcenter.stores.codec import CodecError, decode_event, encode_event
from callcenter.stores.health import Health

APPEND_TIMEOUT_S = 0.5
SNAPSHOT_TIMEOUT_S = 10.0
LOAD_TIMEOUT_S = 10.0  # for each page
HEALTH_TIMEOUT_S = 1.0
_PAGE = 1_000

T = TypeVar("T")
_Fields = dict[str, bytes | int]
_Entry = tuple[bytes, dict[bytes, bytes]]
_ID = re.compile(rb"(\d+)-0")


class JournalUnavailableError(Exception):
    """Redis cannot be reached or did not answer in time; whether the entries are in is known at the next attempt."""


class JournalFullError(JournalUnavailableError):
    """Too many entries since the last snapshot: save one."""


class JournalCorruptError(Exception):
    """The journal holds what we cannot have written, or lacks what we have."""


class Journal:
    """The one writer of one stream. `load` it first; without that, what is there already is followed, not replaced."""

    def __init__(self, url: str, stream: str = "callcenter:journal", *, max_entries: int = 1_000_000) -> None:
        """`url` is `redis://HOST:PORT/DB` or `unix://PATH`. Makes no connection."""
        self._client = redis.asyncio.Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),  # the caller decides, and an unclear attempt must be seen to be unclear
            socket_connect_timeout=1.0,
        )
        self._stream = stream
        self._snapshot_key = f"{stream}:snapshot"
        self._max_entries = max_entries
        self._last: int | None = None  # number of the last entry; None: not loaded yet
        self._snapshot_at = 0  # number of the last entry that the snapshot holds
        self._unclear: list[_Fields] = []  # sent after `_last`, and not answered: all of them are in, or none
        self._one_at_a_time = asyncio.Lock()
        self.needs_snapshot = False  # Redis has lost entries of ours: a replay would lie until a snapshot is saved

    @property
    def entries_since_snapshot(self) -> int:
        return (self._last or 0) - self._snapshot_at

    # ---- writing

    async def append(self, entries: Sequence[tuple[int, Event]]) -> str:
        """Add events, each with the time (ms) at which it was handled; return the id of the last entry.

        All of them are in when this returns. If Redis does not answer it raises JournalUnavailableError, within
        half a second; call again with the same entries first, more may follow: those that got in are not added twice.
        Raises JournalCorruptError where somebody else writes to the same stream.
        """
        fields: list[_Fields] = [{"at": at, "event": encode_event(event)} for at, event in entries]
        return await self._within(APPEND_TIMEOUT_S, self._append(fields))

    async def _append(self, fields: list[_Fields]) -> str:
        async with self._one_at_a_time:
            if self._last is None:
                self._last = await self._find_place()
            elif self._unclear:
                fields = await self._resolve(fields)
            if not fields:
                return _entry_id(self._last)
            if self.entries_since_snapshot + len(fields) > self._max_entries:
                raise JournalFullError(
                    f"the journal {self._stream} holds {self.entries_since_snapshot} events since the last snapshot, "
                    f"and {self._max_entries} is its bound: save a snapshot"
                )
            await self._send(self._last, fields)
            return _entry_id(self._last)

    async def _find_place(self) -> int:
        """The number of the last entry, for a writer who goes on without having read what is there."""
        upto = await cast(Awaitable[bytes | None], self._client.hget(self._snapshot_key, "upto"))
        self._snapshot_at = _number(upto) if upto else 0
        return max(self._snapshot_at, await self._last_generated())

    async def _resolve(self, fields: list[_Fields]) -> list[_Fields]:
        """Find out whether the unclear attempt got in; return those of `fields` that are still to be added."""
        assert self._last is not None
        last = await self._last_generated()
        sent, self._unclear = self._unclear, []
        if last < self._last:
            self.needs_snapshot = True  # Redis has started again without its last second
        if last <= self._last:
            return fields
        if last != self._last + len(sent):
            raise self._not_alone(last)
        self._last = last
        return fields[len(sent) :] if fields[: len(sent)] == sent else fields

    async def _send(self, last: int, fields: list[_Fields]) -> None:
        """One round trip. The two questions before the entries show whether Redis still has what we gave it."""
        pipeline = self._client.pipeline(transaction=True)
        pipeline.hget(self._snapshot_key, "upto")
        pipeline.xrange(self._stream, _entry_id(last), _entry_id(last))
        for number, values in enumerate(fields, last + 1):
            pipeline.xadd(self._stream, cast(dict[Any, Any], values), id=_entry_id(number))
        self._unclear = fields
        try:
            upto, before, *_ = await pipeline.execute()
        except ResponseError as error:
            if "equal or smaller" in str(error):
                raise self._not_alone(last + 1) from error
            raise
        self._last, self._unclear = last + len(fields), []
        if (_number(upto) if upto else 0) != self._snapshot_at or (last > self._snapshot_at and not before):
            self.needs_snapshot = True

    async def save_snapshot(self, snapshot: bytes, upto_id: str) -> None:
        """Keep the state as it was after entry `upto_id`, in place of all entries up to there.

        Raises JournalUnavailableError if Redis does not take it in 10 s; then the old snapshot and its entries stay.
        """
        await self._within(SNAPSHOT_TIMEOUT_S, self._save_snapshot(snapshot, upto_id))

    async def _save_snapshot(self, snapshot: bytes, upto_id: str) -> None:
        async with self._one_at_a_time:
            upto = _number(upto_id.encode())
            pipeline = self._client.pipeline(transaction=True)
            pipeline.hset(self._snapshot_key, mapping={"upto": upto_id, "state": snapshot})
            pipeline.xtrim(self._stream, minid=_entry_id(upto + 1), approximate=False)
            await pipeline.execute()
            self._snapshot_at = upto
            self.needs_snapshot = False

    # ---- reading

    async def load(self) -> tuple[bytes | None, list[tuple[int, Event]]]:
        """The last snapshot, None if there is none, and the events after it with their times (ms), in order.

        Raises JournalUnavailableError if Redis does not answer, JournalCorruptError if an entry cannot be read or is
        missing; both name the entry.
        """
        async with self._one_at_a_time:
            upto, snapshot = await self._within(LOAD_TIMEOUT_S, self._snapshot())
            first = last = _number(upto) if upto else 0
            tail: list[tuple[int, Event]] = []
            while page := await self._within(LOAD_TIMEOUT_S, self._page_after(last)):
                for entry_id, fields in page:
                    if _number(entry_id) != last + 1:
                        raise self._corrupt(entry_id, f"comes after {_entry_id(last)}: entries between are missing")
                    tail.append(self._read(entry_id, fields))
                    last += 1
            # The stream remembers its last id even when a snapshot has emptied it.
            self._last = max(last, await self._within(LOAD_TIMEOUT_S, self._last_generated()))
            self._snapshot_at = first
            self._unclear = []
            return snapshot, tail

    async def _snapshot(self) -> list[bytes | None]:
        return await cast(Awaitable[list[bytes | None]], self._client.hmget(self._snapshot_key, ["upto", "state"]))

    async def _page_after(self, last: int) -> list[_Entry]:
        page = self._client.xrange(self._stream, min=f"({_entry_id(last)}", max="+", count=_PAGE)
        return cast(list[_Entry], await page)

    def _read(self, entry_id: bytes, fields: dict[bytes, bytes]) -> tuple[int, Event]:
        try:
            return int(fields[b"at"]), decode_event(fields[b"event"])
        except KeyError as error:
            raise self._corrupt(entry_id, f"lacks its field {error}") from error
        except (CodecError, ValueError) as error:
            raise self._corrupt(entry_id, f"cannot be read: {error}") from error

    async def _last_generated(self) -> int:
        try:
            information = await self._client.xinfo_stream(self._stream)
        except ResponseError as error:
            if "no such key" in str(error):
                return 0
            raise
        return _number(information["last-generated-id"])

    # ---- health

    async def health(self) -> Health:
        """One round trip, at most a second long."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_S):
                await self._client.ping()
        except TimeoutError:
            return Health(False, f"Redis has not answered for {HEALTH_TIMEOUT_S:g} s")
        except (RedisError, OSError) as error:
            return Health(False, f"Redis cannot be used: {error}")
        if self.needs_snapshot:
            return Health(False, f"Redis has lost entries of the journal {self._stream}: it needs a snapshot")
        return Health(True, f"Redis answers; the journal holds {self.entries_since_snapshot} events after its snapshot")

    async def close(self) -> None:
        await self._client.aclose()

    async def _within(self, timeout_s: float, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(timeout_s):
                return await work
        except TimeoutError as error:
            raise JournalUnavailableError(f"Redis has not answered for {timeout_s:g} s") from error
        except (RedisError, OSError) as error:
            raise JournalUnavailableError(f"Redis cannot be used: {error}") from error

    def _not_alone(self, number: int) -> JournalCorruptError:
        return self._corrupt(
            _entry_id(number).encode(),
            "was not written by this daemon: let only one daemon use a stream (setting redis.stream)",
        )

    def _corrupt(self, entry_id: bytes, why: str) -> JournalCorruptError:
        return self.unusable(f"entry {entry_id.decode(errors='replace')}: {why}")

    def unusable(self, why: str) -> JournalCorruptError:
        """The error to raise when what the journal holds cannot be used, with its remedy."""
        return JournalCorruptError(
            f"journal {self._stream}, {why}. Start the version that wrote it, or begin anew from what the PBX holds: "
            f"DEL {self._stream} {self._snapshot_key}, or for the daemon's own Redis, which ends with it, move the "
            "folder redis in data_dir away"
        )


def _entry_id(number: int) -> str:
    return f"{number}-0"


def _number(entry_id: bytes) -> int:
    match = _ID.fullmatch(entry_id)
    if match is None:
        raise JournalCorruptError(
            f"the journal has an entry with the id {entry_id.decode(errors='replace')!r}, which is none of ours: "
            "somebody else writes to the stream (setting redis.stream)"
        )
    return int(match[1])

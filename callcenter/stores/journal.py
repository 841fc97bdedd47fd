"""The journal: each event that the core handled, in order, in a Redis stream, and now and then a snapshot.

One idea: the journal numbers its entries itself, 1-0, 2-0, 3-0 and so on, and each entry knows which one was before it.
A batch is one script in one round trip, which adds nothing unless the journal ends where the writer thinks: so a batch
that is sent again after an unclear failure cannot get in twice, a second writer cannot slip in unnoticed, and what
Redis has lost shows at once. A script is all there or not at all, also after a crash of Redis.

With an event go the records for the contact log that came of it, in the same script, to a stream beside (see
`record_stream`): what is in the journal is in the log, sooner or later, and nothing else is.

Whoever writes first after a start leaves out a million numbers. If Redis has lost its last second in a crash that ended
the daemon too, their numbers are not used again: the contact log's cursor may be there already.

Only commands of Redis 6.2 are used. Bounds: `max_entries` since the last snapshot, beyond which `append` raises,
because to drop the oldest would make a replay lie; and `max_records` that wait for the contact log, beyond which the
newest are counted as lost.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

from redis.exceptions import NoScriptError, RedisError, ResponseError

from callcenter.events import Event
from callcenter.stores import journal_scripts
from callcenter.stores.codec import CodecError, Record, decode_event, encode_event, encode_record
from callcenter.stores.health import Health
from callcenter.stores.journal_scripts import Call
from callcenter.stores.lease import FencedError, Lease
from callcenter.stores.record_stream import RecordStream
from callcenter.stores.redis_client import redis_client

APPEND_TIMEOUT_S = 0.5
SNAPSHOT_TIMEOUT_S = 10.0
LOAD_TIMEOUT_S = 10.0  # for each page
HEALTH_TIMEOUT_S = 1.0
SKIPPED_AT_START = 1_000_000
_PAGE = 1_000
_NAME_BYTES = 8

T = TypeVar("T")
_Entry = tuple[bytes, dict[bytes, bytes]]
_ID = re.compile(rb"(\d+)-0")


class JournalUnavailableError(Exception):
    """Redis cannot be reached or did not answer in time; whether the entries are in is known at the next attempt."""


class JournalFullError(JournalUnavailableError):
    """Too many entries since the last snapshot: save one."""


class JournalBehindError(JournalUnavailableError):
    """Redis has lost entries that it had confirmed."""


class JournalCorruptError(Exception):
    """The journal holds what we cannot have written, or lacks what we have."""


class Entry(NamedTuple):
    """An event, the time (ms) at which it was handled, and the records that came of it."""

    at_ms: int
    event: Event
    records: Sequence[Record] = ()


class Line(NamedTuple):
    """An entry as bytes, with its number and that of the entry before it, 0 where it is the first."""

    number: int
    after: int
    at_ms: int
    event: bytes
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the journal in Redis ends. `event` is its last one, None where a snapshot has replaced it."""

    number: int
    event: bytes | None


class Journal:
    """The one writer of one stream. `load` it first; without that, what is there already is followed, not replaced."""

    def __init__(
        self,
        url: str,
        stream: str = "callcenter:journal",
        *,
        max_entries: int = 1_000_000,
        max_records: int = 1_000_000,
    ) -> None:
        """`url` is `redis://HOST:PORT/DB` or `unix://PATH`. Makes no connection."""
        self._client = redis_client(url)
        self._stream = stream
        self._snapshot_key = f"{stream}:snapshot"
        self._records_key = f"{stream}:records"
        self._id_key = f"{stream}:id"
        self._epoch_key = f"{stream}:epoch"
        self._max_entries = max_entries
        self._max_records = max_records
        self._last: int | None = None  # number of the last entry; None: not known yet
        self._next = 0  # number of the next entry
        self._snapshot_at = 0  # number of the last entry that the snapshot holds
        self._since_snapshot = 0  # entries
        self._one_at_a_time = asyncio.Lock()
        self.records = RecordStream(self._client, self._records_key, self._id_key)
        self.name: str | None = None  # of this journal, random, made once; None: not known yet
        self.epoch: int | None = None  # our fencing token, compared with the one in Redis; None: nobody is fenced
        self.needs_snapshot = False  # a replay would lie until a snapshot is saved
        self.records_lost = 0  # for which there was no room

    @property
    def stream(self) -> str:
        return self._stream

    @property
    def last(self) -> int:
        """Number of the last entry, 0 where there is none or it is not known yet."""
        return self._last or 0

    @property
    def entries_since_snapshot(self) -> int:
        """At most; the numbers that a start leaves out are not counted."""
        return self._since_snapshot

    # ---- writing

    def number(self, entries: Sequence[Entry]) -> list[Line]:
        """The entries as lines, to be written after the last one."""
        assert self._last is not None, "the journal's end is not known yet"
        return lines_of(entries, self._next, self._last)

    async def append(self, entries: Sequence[Entry]) -> int:
        """Add events; return the number of the last entry. Raises as `write` does."""
        if self._last is None:
            await self.find_place()
        await self.write(self.number(entries))
        return self.last

    async def write(self, lines: Sequence[Line], *, bounded: bool = True) -> None:
        """Add lines, each after the one before it; those that are there already are not added twice.

        All of them are in when this returns. Raises JournalUnavailableError if Redis does not answer within half a
        second, and then it is not known whether they are in; JournalBehindError where Redis lacks what was before
        them; JournalCorruptError where somebody else writes to the same stream; FencedError.
        """
        if lines:
            await self._within(APPEND_TIMEOUT_S, self._write(lines, bounded))

    async def _write(self, lines: Sequence[Line], bounded: bool) -> None:
        async with self._one_at_a_time:
            while lines:
                if bounded and self._since_snapshot + len(lines) > self._max_entries:
                    raise JournalFullError(
                        f"the journal {self._stream} holds {self._since_snapshot} events since the last snapshot, "
                        f"and {self._max_entries} is its bound: save a snapshot"
                    )
                answer = await self._run(journal_scripts.append(lines, self.epoch, self._max_records))
                if answer[0] == b"OK":
                    self._added(lines, lost=int(answer[1]), upto=_number(answer[2]))
                    return
                lines = self._missing(lines, Place(_number(answer[1]), answer[2] or None))

    def _added(self, lines: Sequence[Line], lost: int, upto: int) -> None:
        self._last, self._next = lines[-1].number, lines[-1].number + 1
        self._since_snapshot += len(lines)
        self.records_lost += lost
        if upto != self._snapshot_at:
            self.needs_snapshot = True  # the one in Redis is not the one that we saved

    def _missing(self, lines: Sequence[Line], place: Place) -> Sequence[Line]:
        """Those of `lines` that are still to be added to a journal that ends at `place`."""
        if place.number <= lines[0].after:
            raise self._behind(place.number, lines[0].after)
        for index, line in enumerate(lines):
            if line.number == place.number and place.event in (line.event, None):
                self._added(lines[: index + 1], lost=0, upto=self._snapshot_at)
                return lines[index + 1 :]
        raise self.not_alone(place.number)

    async def write_records(self, lines: Sequence[Line]) -> None:
        """Add only the lines' records, those that are not there yet, where the lines have no place any more."""
        script = journal_scripts.add_records(lines, self.epoch, self._max_records)
        answer = await self._within(APPEND_TIMEOUT_S, self._run(script))
        self.records_lost += int(answer[1])

    async def save_snapshot(
        self, snapshot: bytes, upto: int, *, beyond: bool = False, timeout_s: float = SNAPSHOT_TIMEOUT_S
    ) -> None:
        """Keep the state as it was after entry `upto`, in place of all entries up to there.

        With `beyond` the journal in Redis may end before `upto`, and goes on from there. Raises JournalUnavailableError
        if Redis does not take it in time; then the old snapshot and its entries stay. Raises JournalBehindError where
        Redis lacks entries that the snapshot would hide, and FencedError.
        """
        await self._within(timeout_s, self._save_snapshot(snapshot, upto, beyond))

    async def _save_snapshot(self, snapshot: bytes, upto: int, beyond: bool) -> None:
        async with self._one_at_a_time:
            await self._identify()
            answer = await self._run(journal_scripts.save_snapshot(snapshot, upto, self.epoch, beyond=beyond))
            if answer[0] == b"OLD":
                return
            if answer[0] == b"AT":
                raise self._behind(_number(answer[1]), upto)
            if self._last is None or upto > self._last:
                self._last, self._next = upto, upto + 1
            self._since_snapshot = min(self._since_snapshot, self._last - upto)
            self._snapshot_at = upto
            self.needs_snapshot = False

    # ---- reading

    async def find_place(self) -> Place:
        """Where the journal in Redis ends now; what is written next goes there.

        Raises JournalUnavailableError if Redis does not answer.
        """
        return await self._within(APPEND_TIMEOUT_S, self._find_place())

    async def _find_place(self) -> Place:
        async with self._one_at_a_time:
            await self._identify()
            upto, newest, records_at = await self._ends()
            place = Place(upto, None)
            if newest and _number(newest[0][0]) > upto:
                place = Place(_number(newest[0][0]), newest[0][1].get(b"event"))
            self._snapshot_at = upto
            self._since_snapshot = await self._client.xlen(self._stream)
            self._go_on_after(place.number, records_at)
            return place

    def _go_on_after(self, last: int, records_at: int) -> None:
        """The first place that this writer finds is an earlier one's end; later ones are its own."""
        if self._last is None:
            before = max(last, records_at)
            self._next = before + SKIPPED_AT_START + 1 if before else 1
        elif last != self._last:
            self._next = last + 1
        self._last = last

    async def _ends(self) -> tuple[int, list[_Entry], int]:
        pipeline = self._client.pipeline(transaction=True)
        pipeline.hget(self._snapshot_key, "upto")
        pipeline.xrevrange(self._stream, count=1)
        upto, newest = await pipeline.execute()
        return _number(upto) if upto else 0, newest, await self.records.last_number()

    async def _identify(self) -> None:
        """Learn the journal's name, and give it one if it has none (any more)."""
        await self._client.set(self._id_key, self.name or secrets.token_hex(_NAME_BYTES), nx=True)
        name = cast(bytes, await self._client.get(self._id_key))
        self.name = name.decode()

    async def load(self) -> tuple[bytes | None, list[tuple[int, Event]]]:
        """The last snapshot, None if there is none, and the events after it with their times (ms), in order.

        Changes nothing. Raises JournalUnavailableError if Redis does not answer, JournalCorruptError if an entry cannot
        be read or is missing; both name the entry.
        """
        async with self._one_at_a_time:
            upto, snapshot, name = await self._within(LOAD_TIMEOUT_S, self._snapshot())
            first = last = _number(upto) if upto else 0
            tail: list[tuple[int, Event]] = []
            while page := await self._within(LOAD_TIMEOUT_S, self._page_after(last)):
                for entry_id, fields in page:
                    before = int(fields.get(b"after", _number(entry_id) - 1))
                    if before != last:
                        raise self._corrupt(
                            entry_id, f"comes after {last}, and should after {before}: entries between are missing"
                        )
                    tail.append(self._read(entry_id, fields))
                    last = _number(entry_id)
            records_at = await self._within(LOAD_TIMEOUT_S, self.records.last_number())
            self._last = None
            self._go_on_after(last, records_at)
            self._snapshot_at, self._since_snapshot = first, len(tail)
            self.name = name.decode() if name else None
            return snapshot, tail

    def lease(self, node: str) -> Lease:
        """The lease by which the daemons of this journal agree on who is in charge."""
        return Lease(self._client, self._stream, node)

    async def _snapshot(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        pipeline = self._client.pipeline(transaction=True)
        pipeline.hmget(self._snapshot_key, ["upto", "state"])
        pipeline.get(self._id_key)
        (upto, state), name = await pipeline.execute()
        return upto, state, name

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
        return Health(True, f"Redis answers; the journal holds {self._since_snapshot} events after its snapshot")

    async def close(self) -> None:
        await self._client.aclose()

    @property
    def _keys(self) -> Sequence[str]:
        return self._stream, self._snapshot_key, self._records_key, self._epoch_key

    async def _run(self, call: Call) -> list[Any]:
        """Run a script, which Redis knows already unless it has started since."""
        keys_and_arguments = (*self._keys, *call.arguments)
        try:
            answer = await self._client.evalsha(call.sha, len(self._keys), *keys_and_arguments)
        except NoScriptError:
            answer = await self._client.eval(call.source, len(self._keys), *keys_and_arguments)
        except ResponseError as error:
            if "equal or smaller" in str(error):
                raise self.not_alone(self.last + 1) from error
            raise
        if answer[0] == b"FENCED":
            raise FencedError(
                f"another daemon is in charge of the journal {self._stream}: its epoch is {answer[1].decode()}, ours "
                f"{self.epoch}"
            )
        return cast(list[Any], answer)

    async def _within(self, timeout_s: float, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(timeout_s):
                return await work
        except TimeoutError as error:
            raise JournalUnavailableError(f"Redis has not answered for {timeout_s:g} s") from error
        except (RedisError, OSError) as error:
            raise JournalUnavailableError(f"Redis cannot be used: {error}") from error

    def _behind(self, place: int, expected: int) -> JournalBehindError:
        return JournalBehindError(
            f"Redis has lost entries of the journal {self._stream}: it ends at {place}, not {expected}"
        )

    def not_alone(self, number: int) -> JournalCorruptError:
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
            "folder redis in data_dir away; and move journal-gap.jsonl in data_dir away, if it is there"
        )


def lines_of(entries: Sequence[Entry], number: int, after: int) -> list[Line]:
    """The entries as lines; the first one has this number, and comes after that one."""
    lines = []
    for entry in entries:
        records = tuple(encode_record(record) for record in entry.records)
        lines.append(Line(number, after, entry.at_ms, encode_event(entry.event), records))
        number, after = number + 1, number
    return lines


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

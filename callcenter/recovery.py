"""What a start does with the journal: the engine as it was.

The engine is its last snapshot plus the events after it, handled again at the times at which they were handled first.
Nothing that comes of that is sent again: the records are in the journal beside their events, and PbxSynced brings the
core and the PBX together.

A file that a gap has left (see `stores.journal_file`) is brought to Redis first. If Redis stays away the engine comes
from that file alone.
"""

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass

from callcenter.engine import Engine
from callcenter.events import Event
from callcenter.settings import Settings
from callcenter.stores.codec import CodecError, decode_event
from callcenter.stores.journal import SKIPPED_AT_START, Journal, JournalUnavailableError, Line
from callcenter.stores.journal_file import FILE_NAME, GapFile
from callcenter.stores.journal_keeper import CHUNK, bring
from callcenter.stores.redis_server import RedisServer
from callcenter.stores.snapshot import SnapshotError, decode_snapshot
from callcenter.types import Configuration

log = logging.getLogger(__name__)

JOURNAL_PATIENCE_S = 10.0  # how long a start waits for Redis before it goes on without
_RETRY_S = 0.5
_READ_ONLY_LIMIT_S = 2.0


@dataclass(slots=True)
class History:
    """A snapshot, None where there is none, and the events after it with their times (ms)."""

    snapshot: bytes | None
    tail: list[tuple[int, Event]]


@dataclass(slots=True)
class Recovered:
    """`now_ms` is the time of the last event that the journal holds, 0 if it holds none. `away_at` is the number from
    which the journal goes on without Redis, None where Redis is there."""

    engine: Engine
    now_ms: int = 0
    away_at: int | None = None


async def open_journal(settings: Settings, closing: contextlib.AsyncExitStack) -> Journal:
    """The journal in the configured Redis, else in one of our own, which `closing` will stop."""
    url = settings.redis.url
    if url is None:
        server = RedisServer(settings.data_dir)
        url = await server.start()
        closing.push_async_callback(server.stop)
    journal = Journal(url, settings.redis.stream)
    closing.push_async_callback(journal.close)
    return journal


def gap_file(settings: Settings) -> GapFile:
    return GapFile(settings.data_dir / FILE_NAME)


async def recover(
    journal: Journal, file: GapFile, configuration: Configuration, patience_s: float = JOURNAL_PATIENCE_S
) -> Recovered:
    """Restore the engine; without Redis where that does not answer for `patience_s` seconds.

    Raises JournalCorruptError, with its remedy, for a journal that this version can't use.
    """
    history, away_at = await begin(journal, file, patience_s)
    recovered = _restored(journal, history, configuration)
    recovered.away_at = away_at
    return recovered


async def begin(journal: Journal, file: GapFile, patience_s: float) -> tuple[History, int | None]:
    """Bring the file of an earlier gap to Redis, and read the journal; without Redis, read the file.

    With it comes the number from which the journal goes on without Redis, None where Redis is there.
    """
    loop = asyncio.get_running_loop()
    give_up_s = loop.time() + patience_s
    if file.exists:
        file.look()
    while True:
        try:
            if added := await bring(journal, file):
                log.warning("%d events have been brought to Redis from %s", added, file.path)
            history = History(*await journal.load())
            await journal.find_place()
            return history, None
        except JournalUnavailableError as error:
            if loop.time() >= give_up_s:
                return await _without_redis(journal, file, str(error))
            await asyncio.sleep(_RETRY_S)


async def _without_redis(journal: Journal, file: GapFile, why: str) -> tuple[History, int]:
    history = await _still_readable(journal, file)
    if history is not None:
        log.error("Redis takes nothing, starting from what can be read of the journal (%s)", why)
    elif file.exists:
        history = History(None, [])
        _add_gap(journal, history, 0, file)
        log.error("starting without Redis, from %s (%s)", file.path, why)
    else:
        history = History(None, [])
        log.error("starting without the journal: agents must sign in again, callers are found at the PBX (%s)", why)
    # Above all that the journal has ever used: the file's state takes the place of what Redis holds.
    return history, max(file.last + SKIPPED_AT_START, time.time_ns() // 1_000)


async def _still_readable(journal: Journal, file: GapFile) -> History | None:
    """What a Redis that refuses to write (its disk is full) still tells; None where it tells nothing."""
    try:
        async with asyncio.timeout(_READ_ONLY_LIMIT_S):
            return await read_history(journal, file)
    except (JournalUnavailableError, TimeoutError):
        return None


async def read_history(journal: Journal, file: GapFile) -> History:
    """What a start would begin with, read beside a daemon that runs or without one. Changes nothing.

    Raises what `Journal.load` raises.
    """
    history = History(*await journal.load())
    if file.exists:
        file.look()
        if file.journal in (None, journal.name):
            _add_gap(journal, history, journal.last, file)
    return history


def _add_gap(journal: Journal, history: History, last: int, file: GapFile) -> None:
    """What the file has beyond entry `last`."""
    reader = file.reader()
    while items := reader.take(CHUNK):
        for item in items:
            if isinstance(item, Line):
                if item.number > last and item.after == last:
                    history.tail.append((item.at_ms, _event_of(journal, item)))
                    last = item.number
            elif item.upto > last:
                history.snapshot, history.tail, last = item.state, [], item.upto


def _event_of(journal: Journal, line: Line) -> Event:
    try:
        return decode_event(line.event)
    except CodecError as error:
        raise journal.unusable(f"entry {line.number} of its file cannot be read: {error}") from error


def engine_before(history: History, configuration: Configuration) -> Engine:
    """The engine at the history's snapshot. Raises SnapshotError."""
    if history.snapshot is None:
        return Engine.fresh(configuration)
    return Engine(decode_snapshot(history.snapshot))


def _restored(journal: Journal, history: History, configuration: Configuration) -> Recovered:
    try:
        engine = engine_before(history, configuration)
    except SnapshotError as error:
        raise journal.unusable(str(error)) from error
    recovered = Recovered(engine, engine.snapshot().now_ms)
    for now_ms, event in history.tail:
        recovered.now_ms = max(recovered.now_ms, now_ms)
        try:
            engine.handle(now_ms, event)
        except Exception as error:
            raise journal.unusable(f"the engine breaks on replaying {type(event).__name__} of {now_ms}") from error
    log.info(
        "journal read: %s, %d events after it", "a snapshot" if history.snapshot else "no snapshot", len(history.tail)
    )
    return recovered

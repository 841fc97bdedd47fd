"""What a start does with the journal: the engine as it was, and the records that may not have reached the log.

The engine is its last snapshot plus the events after it, handled again at the times at which they were handled first.
The commands of that replay are not sent again: PbxSynced brings the core and the PBX together. Only the records for the
contact log are written once more, because the log knows each of them by its key.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field

from callcenter.engine import Engine
from callcenter.settings import Settings
from callcenter.stores.codec import Record
from callcenter.stores.journal import Journal, JournalUnavailableError
from callcenter.stores.redis_server import RedisServer
from callcenter.stores.snapshot import SnapshotError, decode_snapshot
from callcenter.types import Configuration

log = logging.getLogger(__name__)

JOURNAL_PATIENCE_S = 10.0  # how long a start waits for Redis before it goes on with an empty engine
_RETRY_S = 0.5


@dataclass(slots=True)
class Recovered:
    """`now_ms` is the time of the last event that the journal holds, 0 if it holds none."""

    engine: Engine
    now_ms: int = 0
    records: list[Record] = field(default_factory=list)


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


async def recover(journal: Journal, configuration: Configuration) -> Recovered:
    """Restore the engine. Raises JournalCorruptError, with its remedy, for a journal that this version can't use."""
    loop = asyncio.get_running_loop()
    give_up_s = loop.time() + JOURNAL_PATIENCE_S
    while True:
        try:
            snapshot, tail = await journal.load()
            break
        except JournalUnavailableError as error:
            if loop.time() >= give_up_s:
                log.error(
                    "starting without the journal: agents must sign in again, callers are found at the PBX (%s)", error
                )
                return Recovered(Engine.fresh(configuration))
            await asyncio.sleep(_RETRY_S)
    try:
        engine = Engine(decode_snapshot(snapshot)) if snapshot is not None else Engine.fresh(configuration)
    except SnapshotError as error:
        raise journal.unusable(str(error)) from error
    recovered = Recovered(engine, engine.snapshot().now_ms)
    for now_ms, event in tail:
        recovered.now_ms = max(recovered.now_ms, now_ms)
        try:
            commands = engine.handle(now_ms, event)
        except Exception as error:
            raise journal.unusable(f"the engine breaks on replaying {type(event).__name__} of {now_ms}") from error
        recovered.records += [command for command in commands if isinstance(command, Record)]
    log.info("journal read: %s, %d events after it", "a snapshot" if snapshot else "no snapshot", len(tail))
    return recovered

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.commands import ScreenClear
from callcenter.stores import contact_log
from callcenter.stores.codec import OfContact, Record
from callcenter.stores.contact_log import BATCH, TRIM_EVERY, ContactLog
from callcenter.stores.database import default_url
from callcenter.stores.tables import ContactRow, EarlyDispositionRow, LogCursorRow, SegmentRow
from callcenter.types import AgentId, OfferId
from lab.postgres import PostgresCluster
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import FAST, RecordsInMemory, count, no_database, rows, started
from tests.stores.records import contact, disposition, segment, until


@run_async
async def test_records_are_written_in_groups_and_the_cursor_tells_how_far(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        for n in range(5 * BATCH + 7):
            log.execute(segment(f"c{n}"))
        await log.flush()
        assert await count(database.engine, SegmentRow) == 5 * BATCH + 7
        assert await rows(database.engine, LogCursorRow) == [{"journal": "test", "last": f"{5 * BATCH + 7}-1"}]
        assert log.log.pending == 0
        assert log.records.reads <= 6 + 3, "a batch is one question"


@run_async
async def test_a_record_wakes_the_writer_and_other_commands_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_log, "POLL_S", 1_000)
    async with migrated(default_url(tmp_path)) as database, started(database.engine, tmp_path) as log:
        await until(lambda: log.records.reads, "the writer waits")
        log.records.add(contact("c1"))
        log.log.execute(ScreenClear(AgentId("ann"), OfferId("o1")))
        assert log.records.reads == 1
        log.execute(contact("c2"))
        await until(lambda: log.log.up_to == "2-1", "both are written")


@run_async
async def test_records_that_came_without_a_word_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_log, "POLL_S", 0.01)
    async with migrated(default_url(tmp_path)) as database, started(database.engine, tmp_path) as log:
        await until(lambda: log.records.reads > 1, "the writer looks by itself")
        log.records.add(contact("c1"))
        await until(lambda: log.log.up_to == "1-1", "it is written")


@run_async
async def test_what_is_written_is_trimmed_now_and_then_and_at_the_end(tmp_path: Path) -> None:
    records = RecordsInMemory()
    async with migrated(default_url(tmp_path)) as database:
        async with started(database.engine, tmp_path, records) as log:
            log.execute(segment("first"))
            await log.flush()
            assert len(records.kept) == 1, "not for each batch"
            for n in range(TRIM_EVERY + BATCH):
                log.execute(segment(f"c{n}"))
            await log.flush()
            assert len(records.kept) < TRIM_EVERY
        assert records.kept == []


@run_async
async def test_close_writes_what_waits(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        async with started(database.engine, tmp_path) as log:
            for n in range(3 * BATCH):
                log.execute(segment(f"c{n}"))
        assert await count(database.engine, SegmentRow) == 3 * BATCH


# ---- what is refused


@run_async
async def test_record_that_the_database_refuses_is_set_aside_and_the_rest_is_written(
    database_url: str, tmp_path: Path
) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.records.add(segment("c1", 1), segment("bad", 1, started_ms=2**70), segment("c1", 2))
        log.execute(segment("c1", 3))
        await log.flush()
        assert await count(database.engine, SegmentRow) == 3
        assert log.log.health().ok
    refused = (tmp_path / "contact-log.refused.jsonl").read_text()
    assert '"bad"' in refused
    assert '"c1"' not in refused


@run_async
async def test_record_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database, started(database.engine, tmp_path) as log:
        log.records.add(b'["RecordContact",{"contact":"torn')
        log.execute(contact("c1"))
        await log.flush()
        assert await count(database.engine, ContactRow) == 1
    assert "torn" in (tmp_path / "contact-log.refused.jsonl").read_text()


# ---- the database goes and comes back


@run_async
async def test_records_wait_for_a_database_that_is_not_there_yet(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, bring_back), started(engine, tmp_path) as log:
        log.execute(contact("c1"))
        await until(lambda: not log.log.health().ok, "health says that the database is away")
        assert "cannot be written" in log.log.health().words
        await bring_back()
        await log.flush()
        await until(lambda: log.log.health().ok, "health says that it is back")
        assert await count(engine, ContactRow) == 1


@run_async
async def test_redis_that_is_away_is_waited_for(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database, started(database.engine, tmp_path) as log:
        log.records.away = True
        log.execute(contact("c1"))
        await until(lambda: log.records.refused, "the writer asks in vain")
        log.records.away = False
        await log.flush()
        assert await count(database.engine, ContactRow) == 1


@pytest.mark.postgres
@run_async
async def test_server_stops_under_load_and_comes_back_and_every_record_is_there_once(
    postgres_cluster: PostgresCluster, postgres_url: str, tmp_path: Path
) -> None:
    async with migrated(postgres_url) as database, started(database.engine, tmp_path) as log:
        total = 0

        async def load(records: int) -> None:
            nonlocal total
            for _ in range(records):
                log.execute(contact(f"c{total}"))
                log.execute(disposition(f"c{total}"))
                total += 1
                if total % 20 == 0:
                    await asyncio.sleep(0.001)

        await load(200)
        stop = asyncio.ensure_future(asyncio.to_thread(postgres_cluster.stop))
        try:
            await load(200)
            await stop
            await load(200)
            await until(lambda: not log.log.health().ok, "health says that the database is away")
            await load(200)
            assert log.log.pending > 0
        finally:
            await asyncio.to_thread(postgres_cluster.start)
        await log.flush()
        assert await count(database.engine, ContactRow) == total == 800
        assert await count(database.engine, EarlyDispositionRow) == 0
        assert all(row["disposition"] == "resolved" for row in await rows(database.engine, ContactRow))


@run_async
async def test_database_that_hangs_does_not_hold_up_those_who_record(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database, started(database.engine, tmp_path) as log:
        log.execute(contact("c1"))
        await log.flush()
        async with database.engine.begin() as other:
            await other.exec_driver_sql("UPDATE contact SET id = id")  # holds the write lock
            reads = log.records.reads
            log.execute(contact("c2"))
            await until(lambda: log.records.reads > reads, "the writer tries")
            assert log.log.up_to == "1-1"
        await log.flush()
        assert await count(database.engine, ContactRow) == 2


@run_async
async def test_log_that_does_not_write_says_so(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        log = ContactLog(database.engine, RecordsInMemory(), tmp_path)
        assert "has not been prepared" in log.health().words
        await log.close()
        log.start()
        await log.close()
        assert "not running" in log.health().words


# ---- exactly once: by the cursor alone, into a table that would take a record twice


async def _write_without_keys(
    connection: AsyncConnection, records: Sequence[Record], _to_number: Callable[[str | None], str | None]
) -> None:
    for record in records:
        assert isinstance(record, OfContact)
        await connection.execute(text("INSERT INTO seen (what) VALUES (:what)"), {"what": record.contact})


@pytest.fixture
def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_log, "write_batch", _write_without_keys)
    monkeypatch.setattr(contact_log, "BATCH", 4)
    monkeypatch.setattr(contact_log, "TRIM_EVERY", 8)


async def _seen(engine: AsyncEngine) -> Counter[str]:
    async with engine.connect() as connection:
        return Counter(await connection.scalars(text("SELECT what FROM seen")))


class KilledError(BaseException):
    """Nothing that anybody is prepared for."""


class _Killed(Awaitable[bool]):
    """Runs a coroutine until it has waited `points` times, and kills it there; tells whether it got so far."""

    def __init__(self, work: Coroutine[Any, Any, object], points: int, how: type[BaseException]) -> None:
        self._work = work
        self._points = points
        self._how = how

    def __await__(self) -> Generator[Any, Any, bool]:
        work = self._work.__await__()
        killed = False
        try:
            for _ in range(self._points):
                yield work.send(None)
            killed = True
            awaited = work.throw(self._how())
            while True:  # what it does on its way out
                yield awaited
                awaited = work.send(None)
        except StopIteration:
            return killed
        except (self._how, StatementError):  # which SQLAlchemy makes of an OSError
            return True


async def _run_killed(work: Coroutine[Any, Any, object], points: int, how: type[BaseException]) -> bool:
    return await _Killed(work, points, how)


async def _write_all(log: ContactLog) -> None:
    while await log._write_next():
        pass


@pytest.mark.parametrize("how", [asyncio.CancelledError, KilledError, OSError])
@pytest.mark.usefixtures("without_keys")
@run_async
async def test_writer_that_is_killed_at_any_point_where_it_waits_writes_nothing_twice_and_loses_nothing(
    how: type[BaseException], tmp_path: Path
) -> None:
    """Between reading, committing and trimming: at each one of the points, a new writer each time."""
    async with migrated(default_url(tmp_path)) as database:
        async with database.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE seen (what TEXT)"))
        points, killed, produced = 0, True, 0
        records = RecordsInMemory()
        while killed:
            for _ in range(10):  # three batches, and a trim
                records.add(segment(f"r{produced}"))
                produced += 1
            killed = await _run_killed(_write_all(ContactLog(database.engine, records, tmp_path)), points, how)
            await _write_all(ContactLog(database.engine, records, tmp_path))
            assert await _seen(database.engine) == {f"r{n}": 1 for n in range(produced)}, f"killed at point {points}"
            points += 1
        assert points > 20, "it was killed at many points"


@pytest.mark.usefixtures("without_keys")
@run_async
async def test_two_writers_at_once_write_each_record_once(database_url: str, tmp_path: Path) -> None:
    """As for a moment at a takeover: the old daemon does not know yet that it is not in charge any more."""
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE seen (what TEXT)"))
        records = RecordsInMemory()
        records.add(*(segment(f"r{n}") for n in range(200)))
        logs = [ContactLog(database.engine, records, tmp_path, backoff_s=FAST) for _ in range(2)]
        for log in logs:
            log.start()
        # The other one may not know: the last records may have been trimmed before it asked for them.
        await until(lambda: any(log.up_to == "200-1" for log in logs), "one is at the end")
        for log in logs:
            await log.close()
        assert await _seen(database.engine) == {f"r{n}": 1 for n in range(200)}


@run_async
async def test_another_journal_has_a_cursor_of_its_own(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        for journal in ("first", "second"):
            async with started(database.engine, tmp_path, RecordsInMemory(journal)) as log:
                log.execute(contact(journal))
                await log.flush()
        assert await count(database.engine, ContactRow) == 2
        async with database.engine.connect() as connection:
            assert set(await connection.scalars(select(LogCursorRow.journal))) == {"first", "second"}

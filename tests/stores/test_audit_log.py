"""The audit log: written as the contact log is, read by key, and changed by nobody."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from callcenter.records import RecordChange
from callcenter.stores.audit_log import find
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import default_url
from callcenter.stores.tables import AuditRow
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import count, no_database, started
from tests.stores.records import until

CHANGE = RecordChange(
    "r1", 1_000, "susan", "session 0123", "192.0.2.7", "set_queue_state", "sales", '{"a":1}', '{"a":2}', "done"
)


def changes(number: int) -> list[RecordChange]:
    return [replace(CHANGE, id=f"r{n}", at_ms=1_000 * n, by="anna" if n % 2 else "susan") for n in range(1, number + 1)]


@run_async
async def test_a_record_that_is_written_twice_is_there_once_and_as_it_was(database_url: str) -> None:
    async with migrated(database_url) as database:
        for _ in range(2):
            async with database.engine.begin() as connection:
                await write_batch(connection, [CHANGE], lambda number: number)
        assert await find(database.engine) == [(1, CHANGE)]


@run_async
async def test_the_log_is_read_by_key_from_the_newest_back(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await write_batch(connection, changes(6), lambda number: number)

        async def ids(**wanted: object) -> list[str]:
            return [change.id for _, change in await find(database.engine, **wanted)]  # type: ignore[arg-type]

        assert await ids(limit=2) == ["r6", "r5"]
        assert await ids(by="anna") == ["r5", "r3", "r1"]
        assert await ids(by="anna", before=5, limit=1) == ["r3"]
        assert await ids(from_ms=2_000, to_ms=4_000) == ["r3", "r2"]
        assert await ids(action="sign_in") == await ids(subject="support") == []


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET made_by = 'nobody'", "DELETE FROM audit_log", "DELETE FROM audit_log WHERE 1=1"]
)
@run_async
async def test_the_database_itself_lets_nothing_be_changed(database_url: str, statement: str) -> None:
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await write_batch(connection, [CHANGE], lambda number: number)
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.engine.begin() as connection:
                await connection.execute(text(statement))
        assert await find(database.engine) == [(1, CHANGE)]


@pytest.mark.postgres
@run_async
async def test_postgresql_lets_nothing_be_truncated(postgres_url: str) -> None:
    async with migrated(postgres_url) as database:
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.engine.begin() as connection:
                await connection.execute(text("TRUNCATE audit_log"))


@run_async
async def test_what_the_journal_has_reaches_the_log_when_the_database_is_back(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, bring_back), started(engine, tmp_path) as log:
        log.execute(CHANGE)
        await until(lambda: not log.log.health().ok, "health says that the database is away")
        await bring_back()
        await log.flush()
        assert await count(engine, AuditRow) == 1


@run_async
async def test_texts_that_are_too_long_are_cut(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        async with database.engine.begin() as connection:
            await write_batch(connection, [replace(CHANGE, subject="x" * 999)], lambda number: number)
        ((_, kept),) = await find(database.engine)
    assert len(kept.subject) == 256

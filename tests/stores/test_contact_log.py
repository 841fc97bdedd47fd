import asyncio
from pathlib import Path

import pytest

from callcenter.commands import ScreenClear
from callcenter.stores.contact_log import BATCH, ContactLog
from callcenter.stores.database import default_url
from callcenter.stores.tables import ContactRow, DecisionRow, EarlyDispositionRow, SegmentRow
from callcenter.types import AgentId, OfferId
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.postgres_fixtures import PostgresCluster
from tests.stores.logs import count, no_database, rows, started
from tests.stores.records import contact, decision, disposition, segment, until


@run_async
async def test_other_commands_are_left_to_others(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database, started(database.engine, tmp_path) as log:
        log.execute(ScreenClear(AgentId("ann"), OfferId("o1")))
        assert log.pending == 0


@run_async
async def test_record_that_the_database_refuses_is_set_aside_and_the_rest_is_written(
    database_url: str, tmp_path: Path
) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(segment("c1", 1))
        log.execute(segment("bad", 1, started_ms=2**70))
        log.execute(segment("c1", 2))
        assert await log.flush()
        assert await count(database.engine, SegmentRow) == 2
        assert log.health().ok
    assert '"bad"' in (tmp_path / "contact-log.refused.jsonl").read_text()


@run_async
async def test_many_records_are_written_in_groups(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        for n in range(5 * BATCH + 7):
            log.execute(segment(f"c{n}"))
        assert log.pending == 5 * BATCH + 7
        assert await log.flush()
        assert await count(database.engine, SegmentRow) == 5 * BATCH + 7


# ---- the database goes and comes back


@run_async
async def test_records_wait_for_a_database_that_is_not_there_yet(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, bring_back), started(engine, tmp_path / "spill") as log:
        log.execute(contact("c1"))
        await until(lambda: not log.health().ok, "health says that the database is away")
        assert "cannot be written" in log.health().words
        assert log.pending == 1
        await bring_back()
        await until(lambda: log.pending == 0, "the record is written")
        assert log.health().ok
        assert await count(engine, ContactRow) == 1


@pytest.mark.postgres
@run_async
async def test_server_stops_under_load_and_comes_back_and_every_record_is_there_once(
    postgres_cluster: PostgresCluster, postgres_url: str, tmp_path: Path
) -> None:
    async with migrated(postgres_url) as database, started(database.engine, tmp_path, bound=300) as log:
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
            await until(lambda: not log.health().ok, "health says that the database is away")
            assert await log.flush(), "what was taken must be safe on the disk"
            assert log.pending == 0
            assert log.spilled_bytes > 0
            await load(200)
        finally:
            await asyncio.to_thread(postgres_cluster.start)
        await until(lambda: log.pending == 0 and log.spilled_bytes == 0, "everything is written")
        assert log.lost == 0
        assert await count(database.engine, ContactRow) == total == 800
        assert await count(database.engine, EarlyDispositionRow) == 0
        assert all(row["disposition"] == "resolved" for row in await rows(database.engine, ContactRow))


@run_async
async def test_beyond_the_bound_records_go_to_the_file_and_come_back_from_it(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, bring_back), started(engine, tmp_path / "spill", bound=10) as log:
        for n in range(50):
            log.execute(contact(f"c{n}", caller_name="a\u2028b\nc"))
        assert log.pending == 10
        assert log.spilled_bytes > 0
        await bring_back()
        await until(lambda: log.pending == 0 and log.spilled_bytes == 0, "everything is written")
        assert await count(engine, ContactRow) == 50
        assert log.lost == 0
        assert list((tmp_path / "spill").iterdir()) == []


@run_async
async def test_close_during_an_outage_leaves_a_file_that_the_next_start_reads_first(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, bring_back):
        async with started(engine, tmp_path / "spill") as log:
            for n in range(30):
                log.execute(contact(f"c{n}"))
        assert log.lost == 0
        with (tmp_path / "spill" / "contact-log.jsonl").open("ab") as file:
            file.write(b'["RecordContact",{"contact":"torn')  # the machine stopped in the middle of a line
        await bring_back()
        async with started(engine, tmp_path / "spill") as log:
            await until(lambda: log.spilled_bytes == 0, "the file is read back")
            assert await count(engine, ContactRow) == 30
            assert "torn" in (tmp_path / "spill" / "contact-log.refused.jsonl").read_text()


@run_async
async def test_crash_while_the_file_is_read_back_writes_nothing_twice(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        async with no_database(tmp_path) as (engine, _), started(engine, tmp_path) as log:
            log.execute(contact("c1"))
            log.execute(decision("c1"))
            log.execute(disposition("c1"))
        lines = (tmp_path / "contact-log.jsonl").read_bytes()
        (tmp_path / "contact-log.replaying.jsonl").write_bytes(lines)  # not removed before the crash
        async with started(database.engine, tmp_path) as log:
            await until(lambda: log.spilled_bytes == 0, "both files are read back")
            (row,) = await rows(database.engine, ContactRow)
            assert row["disposition"] == "resolved"
            assert await count(database.engine, DecisionRow) == 1


@run_async
async def test_beyond_memory_and_file_records_are_counted_as_lost_and_the_log_goes_on(tmp_path: Path) -> None:
    async with (
        no_database(tmp_path) as (engine, bring_back),
        started(engine, tmp_path / "spill", bound=10, max_spill_bytes=2_000) as log,
    ):
        for n in range(50):
            log.execute(contact(f"c{n}"))
        assert log.pending == 10
        assert 0 < log.lost < 40
        assert log.spilled_bytes <= 2_000
        assert not await log.flush(), "memory has records that nobody takes"
        assert f"lost {log.lost} records" in log.health().words
        await bring_back()
        await until(lambda: log.pending == 0 and log.spilled_bytes == 0, "what was kept is written")
        assert await count(engine, ContactRow) == 50 - log.lost


@run_async
async def test_database_that_hangs_does_not_hold_up_those_who_record(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        async with database.engine.begin() as other:
            await other.exec_driver_sql("UPDATE contact SET id = id")  # holds the write lock
            async with started(database.engine, tmp_path) as log:
                log.execute(contact("c1"))
                await asyncio.sleep(0)
                assert log.pending == 1
                await other.rollback()
        assert await count(database.engine, ContactRow) == 1


@run_async
async def test_log_that_was_never_started_says_so(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        log = ContactLog(database.engine, tmp_path)
        log.execute(contact("c1"))
        assert not log.health().ok
        assert not await log.flush()
        await log.close()
        assert await count(database.engine, ContactRow) == 1

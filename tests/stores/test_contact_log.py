import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import ScreenClear
from callcenter.stores.codec import Record
from callcenter.stores.contact_log import BATCH, ContactLog
from callcenter.stores.database import default_url, open_database
from callcenter.stores.migrations import migrate
from callcenter.stores.tables import ContactRow, EarlyDispositionRow, SegmentRow
from callcenter.types import AgentId, ChannelRef, OfferId, PbxName
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.postgres_fixtures import PostgresCluster
from tests.stores.records import contact, disposition, segment, until

FAST = (0.01, 0.05)


@asynccontextmanager
async def started(engine: AsyncEngine, directory: Path, **options: Any) -> AsyncIterator[ContactLog]:
    log = ContactLog(engine, directory, backoff_s=FAST, **options)
    log.start()
    try:
        yield log
    finally:
        await log.close()


async def rows(engine: AsyncEngine, table: Any, *order: Any) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(select(table.__table__).order_by(*order))).mappings()]


async def count(engine: AsyncEngine, table: Any) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


# ---- what is written


@run_async
async def test_contact_with_its_segments_and_disposition_is_in_the_tables(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(segment("c1", 1))
        log.execute(contact("c1", caller="(212) 555-0123"))
        log.execute(segment("c1", 2))
        log.execute(disposition("c1"))
        assert await log.flush()
        (row,) = await rows(database.engine, ContactRow)
        assert (row["id"], row["caller"], row["number"]) == ("c1", "(212) 555-0123", "+12125550123")
        assert row["tier"] == "gold"
        assert (row["outcome"], row["rule"], row["arrived_ms"], row["ended_ms"]) == (
            "answered",
            "gold sales",
            1000,
            9000,
        )
        assert (row["disposition"], row["handled_ms"]) == ("resolved", 12_000)
        first, second = await rows(database.engine, SegmentRow, SegmentRow.number)
        assert (first["number"], second["number"], first["kind"], first["result"]) == (1, 2, "offer", "accepted")
        assert await count(database.engine, EarlyDispositionRow) == 0
        assert log.pending == 0
        assert log.health().ok


@run_async
async def test_nothing_is_logged_twice_whatever_arrives_twice(database_url: str, tmp_path: Path) -> None:
    records: list[Record] = [segment("c1", 1), contact("c1"), segment("c1", 2), disposition("c1")]
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        for record in records + records:  # twice in one batch
            log.execute(record)
        await log.flush()
        before = await rows(database.engine, ContactRow), await rows(database.engine, SegmentRow, SegmentRow.number)
        for record in [*records, contact("c1", caller_name="another", ended_ms=99), segment("c1", 1, result="lost")]:
            log.execute(record)
            await log.flush()
        after = await rows(database.engine, ContactRow), await rows(database.engine, SegmentRow, SegmentRow.number)
        assert after == before


@run_async
async def test_disposition_that_comes_before_its_contact_waits_for_it(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database:
        async with started(database.engine, tmp_path) as log:
            log.execute(disposition("late", "wrong"))
            await log.flush()
            log.execute(disposition("late", "right"))
            log.execute(disposition("other"))
            await log.flush()
            assert await count(database.engine, EarlyDispositionRow) == 2
        async with started(database.engine, tmp_path) as log:  # it waits in the database, not in memory
            log.execute(contact("late"))
            await log.flush()
            (row,) = await rows(database.engine, ContactRow)
            assert row["disposition"] == "right"
            assert [early["contact_id"] for early in await rows(database.engine, EarlyDispositionRow)] == ["other"]


@run_async
async def test_disposition_before_its_contact_in_one_batch(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(disposition("c1", None))
        log.execute(contact("c1"))
        await log.flush()
        (row,) = await rows(database.engine, ContactRow)
        assert (row["disposition"], row["handled_ms"]) == (None, 12_000)
        assert await count(database.engine, EarlyDispositionRow) == 0


@run_async
async def test_what_a_caller_sends_never_stops_the_log(database_url: str, tmp_path: Path) -> None:
    odd = {
        "nul": "A\0nn",
        "surrogate": "A\ud800nn",
        "line": "A\u2028nn",
        "long": "x" * 20_000,
        "quote": "'; DROP TABLE contact; --",
        "rtl": "\u202eAnn\U0001f600",
    }
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        for id_, name in odd.items():
            log.execute(contact(id_, caller_name=name, caller=name, dialled=name))
            log.execute(segment(id_, result=name))
        await log.flush()
        names = {row["id"]: row["caller_name"] for row in await rows(database.engine, ContactRow)}
        assert names["nul"] == names["surrogate"] == "A\ufffdnn"
        assert names["line"] == odd["line"]
        assert names["long"] == "x" * 255 + "\u2026"
        assert names["quote"] == odd["quote"]
        assert names["rtl"] == odd["rtl"]
        assert await count(database.engine, SegmentRow) == len(odd)


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
    async with _no_database(tmp_path) as (engine, bring_back), started(engine, tmp_path / "spill") as log:
        log.execute(contact("c1"))
        await until(lambda: not log.health().ok, "health says that the database is away")
        assert "cannot be written" in log.health().words
        assert log.pending == 1
        await bring_back()
        await until(lambda: log.pending == 0, "the record is written")
        assert log.health().ok
        assert await count(engine, ContactRow) == 1


@asynccontextmanager
async def _no_database(tmp_path: Path) -> AsyncIterator[tuple[AsyncEngine, Callable[[], Awaitable[None]]]]:
    """A SQLite database whose folder is missing until it is brought back."""
    folder = tmp_path / "away"
    database = open_database(default_url(folder))

    async def bring_back() -> None:
        folder.mkdir()
        await migrate(database.engine)

    yield database.engine, bring_back
    await database.close()


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
    async with _no_database(tmp_path) as (engine, bring_back), started(engine, tmp_path / "spill", bound=10) as log:
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
    async with _no_database(tmp_path) as (engine, bring_back):
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
        async with _no_database(tmp_path) as (engine, _), started(engine, tmp_path) as log:
            log.execute(contact("c1"))
            log.execute(disposition("c1"))
        lines = (tmp_path / "contact-log.jsonl").read_bytes()
        (tmp_path / "contact-log.replaying.jsonl").write_bytes(lines)  # not removed before the crash
        async with started(database.engine, tmp_path) as log:
            await until(lambda: log.spilled_bytes == 0, "both files are read back")
            (row,) = await rows(database.engine, ContactRow)
            assert row["disposition"] == "resolved"


@run_async
async def test_beyond_memory_and_file_records_are_counted_as_lost_and_the_log_goes_on(tmp_path: Path) -> None:
    async with (
        _no_database(tmp_path) as (engine, bring_back),
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


# ---- the last contacts


@run_async
async def test_recent_shows_the_last_contacts_of_a_customer_first(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        for n in range(8):
            log.execute(contact(f"c{n}", customer=7, arrived_ms=1_000 * n, connected_ms=50_000, ended_ms=51_500))
        log.execute(disposition("c7", "resolved"))
        log.execute(contact("other", customer=8, arrived_ms=99_000, caller="+12125550199"))
        await log.flush()
        last = await log.recent([7], "+12125550123")
        assert [past.contact for past in last] == ["c7", "c6", "c5", "c4", "c3"]
        first = last[0]
        assert (first.arrived_ms, first.queue, first.agent, first.outcome) == (7_000, "sales", "ann", "answered")
        assert (first.disposition, first.talk_ms) == ("resolved", 1_500)
        assert len(await log.recent([7, 8], None, limit=20)) == 9


@run_async
async def test_recent_finds_an_unknown_caller_by_number_in_any_spelling(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(contact("known", customer=7, arrived_ms=1))
        log.execute(contact("unknown", customer=None, caller="212 555 0123", arrived_ms=2, connected_ms=None))
        await log.flush()
        by_number = await log.recent([], "12125550123")
        assert [past.contact for past in by_number] == ["unknown", "known"]
        assert by_number[0].talk_ms == 0


@run_async
async def test_recent_tells_nobody_of_another_customer_on_the_same_telephone(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(contact("mine", customer=7, arrived_ms=1))
        log.execute(contact("hers", customer=8, arrived_ms=2))
        log.execute(contact("nobody's", customer=None, arrived_ms=3))
        await log.flush()
        assert [past.contact for past in await log.recent([7], "+12125550123")] == ["nobody's", "mine"]


@run_async
async def test_recent_of_a_withheld_number_is_empty(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        for n, caller in enumerate(["anonymous", None, "0000000000", "1001"]):
            log.execute(contact(f"c{n}", caller=caller, channel=ChannelRef(PbxName("main"), f"{n}")))
        await log.flush()
        for caller in ("anonymous", None, "0000000000", "1001"):
            assert await log.recent([], caller) == ()


@run_async
async def test_recent_is_empty_while_the_database_is_down(tmp_path: Path) -> None:
    async with _no_database(tmp_path) as (engine, _):
        log = ContactLog(engine, tmp_path)
        assert await log.recent([7], "+12125550123") == ()

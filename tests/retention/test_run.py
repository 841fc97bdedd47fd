"""What a run removes and what it leaves, on SQLite and PostgreSQL, with others at work and cut off in the middle."""

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import RecordContact
from callcenter.retention.run import Done, run
from callcenter.stores import figures
from callcenter.stores.figure_tables import AgentStretchRow, FigureQueueRow, PartRow, StaleQuarterRow, VisitRow
from callcenter.stores.retention_marks import Mark, mark_of
from callcenter.stores.tables import (
    ContactRow,
    ContactTagRow,
    CustomerKeyRow,
    DecisionRow,
    NoteRow,
    SegmentRow,
    WebhookDeadLetterRow,
    WebhookEventRow,
)
from callcenter.talks import Direction
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.retention.world import (
    AGES,
    DAY_MS,
    NOW_MS,
    SECRETS,
    bounds,
    disposition_of,
    everything,
    figure_rows,
    fill,
    ids,
    of_age,
    pace,
    texts_with,
    visit_of,
    write,
)
from tests.stores.logs import rows

KEPT = {"c1", "c89", "c92", "c380"}


async def done(
    engine: AsyncEngine, folder: Path, *, dry_run: bool = False, in_days: int = 0, **days: int | None
) -> Done:
    now_ms = NOW_MS + in_days * DAY_MS
    return await run(engine, folder, bounds(in_days, **days), now_ms=now_ms, dry_run=dry_run, pace=pace())


def read_all(folder: Path) -> bytes:
    """The database as it is on the disk, with what its tables do not show any more."""
    return b"".join(path.read_bytes() for path in folder.glob("test.sqlite3*"))


@run_async
async def test_each_goes_at_its_time_and_the_figures_stay_as_they_were(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database:
        engine = database.engine
        await fill(engine)
        before = await figure_rows(engine)
        result = await done(engine, tmp_path, statistics_days=None)
        for table in (ContactRow, ContactTagRow, SegmentRow, DecisionRow, VisitRow, PartRow):
            assert await ids(engine, table) == KEPT, table
        assert len(await rows(engine, AgentStretchRow)) == len(KEPT)
        assert result.counts.removed["contact"] == len(AGES) - len(KEPT)
        assert result.counts.blanked["contact"] == 2
        assert await figure_rows(engine) == before
        await write(engine, *of_age(402, "late"))  # as if from nowhere: its quarter is final
        await figures.refresh(engine, 0, 1 << 62)
        assert await figure_rows(engine) == before
        assert await rows(engine, StaleQuarterRow) == []
        result = await done(engine, tmp_path)
        kept = [row["quarter_ms"] for row in await rows(engine, FigureQueueRow, "quarter_ms")]
        assert len(kept) == len(AGES) - 1
        assert min(kept) > NOW_MS - 700 * DAY_MS
        assert (await done(engine, tmp_path)).anything is False


@run_async
async def test_nothing_personal_is_left_of_what_is_older_and_everything_else_is_as_it_was(
    database_url: str, tmp_path: Path
) -> None:
    async with migrated(database_url) as database:
        engine = database.engine
        await fill(engine, (92, 380))
        called = {"direction": Direction.OUT, "dialled": "+12025550999", "caller": None, "customer": None}
        await write(engine, *of_age(100, "out", **called))
        personal = {"caller", "number", "caller_name", "account", "because", "customer_id", "dialled"}
        before = [
            {key: value for key, value in row.items() if key not in personal} for row in await rows(engine, ContactRow)
        ]
        async with engine.connect() as connection:
            assert {word: bool(await texts_with(connection, word)) for word in SECRETS} == dict.fromkeys(SECRETS, True)
        result = await done(engine, tmp_path)
        async with engine.connect() as connection:
            assert {word: await texts_with(connection, word) for word in SECRETS} == {word: set() for word in SECRETS}
        after = await rows(engine, ContactRow)
        assert [{key: value for key, value in row.items() if key not in personal} for row in after] == before
        assert {row["dialled"] for row in after} == {"800", ""}
        assert all(row["customer_id"] is None for row in after)
        assert len(await rows(engine, NoteRow)) == 3
        assert await rows(engine, CustomerKeyRow) == []
        assert await rows(engine, WebhookDeadLetterRow) == []
        assert [row["body"] for row in await rows(engine, WebhookEventRow)] == ["{}"]  # numbers count on from it
        assert result.counts.blanked == {"contact": 3, "decision": 3, "note": 3}
        if "sqlite" in database_url:
            assert b"2025550380" not in read_all(tmp_path)


@run_async
async def test_customer_of_a_crm_is_known_as_long_as_a_contact_is(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine, (92, 380))
        same = {row["id"] for row in await rows(database.engine, ContactRow)}
        customer = (await rows(database.engine, ContactRow, ContactRow.arrived_ms))[0]["customer_id"]
        await write(database.engine, *of_age(3, "again", customer=customer))
        await done(database.engine, tmp_path)
        assert [row["id"] for row in await rows(database.engine, CustomerKeyRow)] == [customer]
        assert await ids(database.engine, ContactRow) == {*same, "again"}


@run_async
async def test_what_is_not_over_is_left_alone_and_goes_when_it_is(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database:
        engine = database.engine
        await fill(engine, (500,))
        waits = visit_of("waits", NOW_MS - 500 * DAY_MS)
        long_ago = of_age(500, "ends late", ended_ms=NOW_MS - 3 * DAY_MS)
        wraps_up = [one for one in of_age(402, "wraps up") if one != disposition_of("wraps up")]
        to_follow = [
            one if one != disposition_of("to follow") else disposition_of("to follow", follow_up_on="2026-11-20")
            for one in of_age(500, "to follow")
        ]
        await write(engine, waits, *long_ago, *wraps_up, *to_follow)
        untouched = {"ends late", "wraps up", "to follow"}
        await done(engine, tmp_path, statistics_days=None)
        assert await ids(engine, ContactRow) == untouched
        assert await ids(engine, VisitRow) == {*untouched, "waits"}
        texts = {row["contact_id"]: row["text"] != "(erased)" for row in await rows(engine, NoteRow)}
        assert texts == {"ends late": True, "to follow": True, "wraps up": False}  # its wrap-up has no words of theirs
        await done(engine, tmp_path, in_days=8, statistics_days=None)
        assert await ids(engine, ContactRow) == {"ends late"}  # the others are past: their wrap-ups end no more
        await done(engine, tmp_path, in_days=88, statistics_days=None)
        (left,) = await rows(engine, ContactRow)
        assert left["number"] is None


@run_async
async def test_personal_data_of_a_follow_up_goes_when_its_day_is_over(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database:
        engine = database.engine
        records = [
            one if one != disposition_of("c92") else disposition_of("c92", follow_up_on="2026-11-25")
            for one in of_age(92)
        ]
        await write(engine, *records, *of_age(91))
        await done(engine, tmp_path)
        assert {row["id"]: row["number"] is None for row in await rows(engine, ContactRow)} == {
            "c91": True,
            "c92": False,
        }
        await done(engine, tmp_path, in_days=6, statistics_days=None)
        assert {row["number"] for row in await rows(engine, ContactRow)} == {None}


@run_async
async def test_contact_that_no_log_has_is_found_by_its_visits(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database:
        engine = database.engine
        for days, name in ((150, "lost"), (500, "lost long ago"), (410, "may go on")):
            await write(engine, *(one for one in of_age(days, name) if not isinstance(one, RecordContact)))
        assert await rows(engine, ContactRow) == []
        await done(engine, tmp_path, statistics_days=None)
        assert await ids(engine, DecisionRow) == {"lost", "may go on"}
        notes = {row["contact_id"]: row["text"] for row in await rows(engine, NoteRow)}
        assert notes == {"lost": "(erased)", "may go on": "(erased)"}


@run_async
async def test_dry_run_changes_nothing_and_counts_what_a_run_then_does(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        before = await everything(database.engine)
        told = await done(database.engine, tmp_path, dry_run=True)
        assert await everything(database.engine) == before
        did = await done(database.engine, tmp_path)
        removed = {name: count for name, count in did.counts.removed.items() if name != "customer_key"}
        assert (removed, did.counts.blanked) == (told.counts.removed, told.counts.blanked)
        assert removed["contact"] == 3
        assert (removed["webhook_event"], removed["webhook_dead_letter"]) == (4, 5)  # but for the newest event


@run_async
async def test_run_that_was_cut_off_anywhere_is_finished_by_the_next(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database:
        engine = database.engine
        await fill(engine)
        before = await figure_rows(engine)
        writes = 0

        @event.listens_for(engine.sync_engine, "before_cursor_execute")
        def fail_now_and_then(*arguments: Any) -> None:
            nonlocal writes
            if arguments[2].startswith(("DELETE", "UPDATE")):
                writes += 1
                if writes == cut_at:
                    raise ConnectionAbortedError("cut off by the test")

        cut_at = 1
        while cut_at < 200:
            cut_at, writes = cut_at + 3, 0
            try:
                await done(engine, tmp_path, statistics_days=None)
                break
            except ConnectionAbortedError:
                whole = await ids(engine, ContactRow)
                for table in (SegmentRow, DecisionRow, VisitRow, PartRow):
                    assert await ids(engine, table) == whole
        assert 20 < cut_at < 200
        assert await ids(engine, ContactRow) == KEPT
        assert await figure_rows(engine) == before
        async with engine.connect() as connection:
            assert await texts_with(connection, "12025550380") == set()


@run_async
async def test_log_is_written_meanwhile(database_url: str, tmp_path: Path) -> None:
    """Two runs at once, and contacts that come, one of them late."""
    async with migrated(database_url) as database:
        engine = database.engine
        await fill(engine)
        for number in range(60):
            await write(engine, *of_age(500, f"old{number}"), *of_age(100, f"older{number}"))

        async def come() -> None:
            for number in range(40):
                await write(engine, *of_age(2, f"new{number}"))
                await figures.refresh(engine, 0, 1 << 62)
                await asyncio.sleep(0)

        await asyncio.gather(
            done(engine, tmp_path, statistics_days=None), done(engine, tmp_path, statistics_days=None), come()
        )
        await write(engine, *of_age(95, "late"))
        await done(engine, tmp_path, statistics_days=None)
        await figures.refresh(engine, 0, 1 << 62)
        left = await ids(engine, ContactRow)
        assert left == {*KEPT, "late", *(f"new{n}" for n in range(40)), *(f"older{n}" for n in range(60))}
        known = {row["id"] for row in await rows(engine, ContactRow) if row["number"] is not None}
        assert known == {"c1", "c89", *(f"new{n}" for n in range(40))}
        async with engine.connect() as connection:
            assert await mark_of(connection, Mark.DONE) == NOW_MS
            total = text("SELECT SUM(offered) FROM figure_queue")
            assert await connection.scalar(total) == len(AGES) + 120 + 40 + 1

"""Rows without a contact: of one that goes on, or of one that is missing."""

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.numbers import to_e164
from callcenter.reconcile.findings import Findings
from callcenter.reconcile.recount import parts_of
from callcenter.reconcile.rows import Range, one_moment, table
from callcenter.reconcile.strangers import LONGEST_MS, check_stranger, logs_without_contact
from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch
from callcenter.types import SegmentKind
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.records import contact, decision, disposition, segment

NOW_MS = 10_000
WAITS = segment("w", kind=SegmentKind.WAITING, agent=None, offer=None, result=None)


async def judged(
    engine: AsyncEngine, *records: Record, now_ms: int = NOW_MS, between: Range = (None, None)
) -> tuple[list[str], list[str]]:
    """Who is counted in, and who is missing in the log."""
    async with engine.begin() as connection:
        await write_batch(connection, records, lambda caller: to_e164(caller, "US"))
    findings, counted = Findings(), []
    async with one_moment(engine) as connection:
        async for logs in logs_without_contact(connection):
            for log in logs:
                if await check_stranger(connection, log, parts_of(log), now_ms, between, findings):
                    counted.append(log.id)
    return counted, [one.subject for one in findings.tallies["no-contact"].shown]


@run_async
async def test_contact_that_goes_on_is_missed_a_day_later(database_url: str) -> None:
    async with migrated(database_url) as database:
        assert await judged(database.engine, WAITS, decision("w"), contact("there")) == (["w"], [])
        assert await judged(database.engine, now_ms=4_000 + LONGEST_MS + 1) == (["w"], ["w"])


@run_async
async def test_wrap_up_of_who_has_handed_on_to_nobody_is_the_end(database_url: str) -> None:
    talk, wrap_up = (segment("t", n, kind=kind) for n, kind in ((1, SegmentKind.TALK), (2, SegmentKind.WRAP_UP)))
    async with migrated(database_url) as database:
        assert await judged(database.engine, talk) == (["t"], [])
        assert await judged(database.engine, wrap_up, disposition("t")) == (["t"], ["t"])


@run_async
async def test_visit_that_was_abandoned_is_the_end(database_url: str) -> None:
    row = {
        "contact_id": "v", "number": 1, "queue": "sales", "tier": "gold", "entry": "", "began_ms": 1, "queued_ms": 1,
        "ended_ms": 2, "outcome": "abandoned", "waited_ms": 1, "agent": None, "service_level_ms": 1,
        "short_abandon_ms": 1, "after_transfer": False,
    }  # fmt: skip
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await connection.execute(insert(table("visit")), row)
        assert await judged(database.engine) == (["v"], ["v"])


@pytest.mark.parametrize(("between", "counts"), [((None, None), True), ((5_000, None), False), ((None, 900), False)])
@run_async
async def test_only_those_of_the_range_count(between: Range, counts: bool, database_url: str) -> None:
    async with migrated(database_url) as database:
        counted, _ = await judged(database.engine, WAITS, between=between)
        assert (counted == ["w"]) is counts


@run_async
async def test_tag_and_disposition_alone_belong_to_nobody(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await connection.execute(insert(table("contact_tag")), {"contact_id": "x", "tag": "vip"})
        assert await judged(database.engine, disposition("y")) == (["y", "x"], ["y", "x"])

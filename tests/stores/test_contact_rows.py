from pathlib import Path
from typing import Any

from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.tables import ContactRow, ContactTagRow, DecisionRow, EarlyDispositionRow, SegmentRow
from callcenter.types import DecisionKind
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import count, rows, started
from tests.stores.records import contact, decision, disposition, segment


@run_async
async def test_contact_with_its_segments_and_disposition_is_in_the_tables(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(segment("c1", 1))
        log.execute(contact("c1", caller="(212) 555-0123"))
        log.execute(segment("c1", 2))
        log.execute(disposition("c1"))
        await log.flush()
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
        assert log.log.health().ok


@run_async
async def test_decisions_about_a_contact_are_in_a_table_of_their_own(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        by_the_engine = decision("c1", 1, kind=DecisionKind.RELEASED, queue=None, priority=None, by=None)
        log.execute(decision("c1", 2, words="w" * 5_000))
        log.execute(by_the_engine)
        await log.flush()
        first, second = await rows(database.engine, DecisionRow, DecisionRow.number)
        assert first == {
            "contact_id": "c1",
            "number": 1,
            "kind": "released",
            "at_ms": 2_000,
            "queue": None,
            "priority": None,
            "words": "moved from sales to support",
            "made_by": None,
        }
        assert (second["kind"], second["queue"], second["priority"]) == ("moved", "support", 20)
        assert second["made_by"] == "greta"
        assert second["words"] == "w" * 999 + "\u2026"


@run_async
async def test_nothing_is_logged_twice_whatever_arrives_twice(database_url: str, tmp_path: Path) -> None:
    records: list[Record] = [segment("c1", 1), decision("c1"), contact("c1"), segment("c1", 2), disposition("c1")]
    changed: list[Record] = [
        contact("c1", caller_name="another", ended_ms=99),
        segment("c1", 1, result="lost"),
        decision("c1", words="another"),
    ]
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:

        async def tables() -> list[list[dict[str, Any]]]:
            return [
                await rows(database.engine, ContactRow),
                await rows(database.engine, SegmentRow, SegmentRow.number),
                await rows(database.engine, DecisionRow, DecisionRow.number),
            ]

        for record in records + records:  # twice in one batch
            log.execute(record)
        await log.flush()
        before = await tables()
        assert [len(table) for table in before] == [1, 2, 1]
        for record in records + changed:
            log.execute(record)
            await log.flush()
        assert await tables() == before


@run_async
async def test_a_contacts_tags_are_written_with_it_and_only_once(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:

        async def tags() -> list[tuple[str, str]]:
            found = await rows(database.engine, ContactTagRow, ContactTagRow.contact_id, ContactTagRow.tag)
            return [(row["contact_id"], row["tag"]) for row in found]

        log.execute(contact("c1", tags=("vip", "late")))
        log.execute(contact("c2"))
        log.execute(contact("c3", tags=("vip",)))
        log.execute(contact("c3", tags=("vip", "other")))  # in the same batch: the first one is the contact
        await log.flush()
        before = [("c1", "late"), ("c1", "vip"), ("c3", "vip")]
        assert await tags() == before
        log.execute(contact("c1", tags=("vip", "late")))
        log.execute(contact("c2", tags=("other",)))
        log.execute(contact("c4", tags=("t\ud800" * 200,)))
        await log.flush()
        assert (await tags())[:-1] == before
        assert len((await tags())[-1][1]) == 128


@run_async
async def test_a_contact_and_its_tags_are_in_the_log_together_or_not_at_all(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.engine.connect() as connection:
            await write_batch(connection, [contact("c1", tags=("vip",))], lambda number: number)
            await connection.rollback()
        assert await count(database.engine, ContactRow) == await count(database.engine, ContactTagRow) == 0
        async with database.engine.begin() as connection:
            await write_batch(connection, [contact("c1", tags=("vip",))], lambda number: number)
        assert await count(database.engine, ContactRow) == await count(database.engine, ContactTagRow) == 1


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
        async with started(database.engine, tmp_path, log.records) as log:  # it waits in the database, not in memory
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
            log.execute(decision(id_, words=name, by=name, priority=2**40))
        await log.flush()
        names = {row["id"]: row["caller_name"] for row in await rows(database.engine, ContactRow)}
        assert names["nul"] == names["surrogate"] == "A\ufffdnn"
        assert names["line"] == odd["line"]
        assert names["long"] == "x" * 255 + "\u2026"
        assert names["quote"] == odd["quote"]
        assert names["rtl"] == odd["rtl"]
        assert await count(database.engine, SegmentRow) == await count(database.engine, DecisionRow) == len(odd)

"""Steps of a run by themselves: that no table was forgotten, and that pages of rows follow each other."""

from callcenter.retention.rows import (
    FIGURES,
    OF_A_CONTACT,
    Counts,
    Place,
    remove_figures,
    remove_stretches,
    remove_told,
)
from callcenter.stores.figure_tables import AgentStretchRow, FigureQueueRow
from callcenter.stores.tables import Base, WebhookDeadLetterRow, WebhookEventRow
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.retention.world import DAY_MS, NOW_MS, fill
from tests.stores.logs import rows

ALL = 10_000


def test_every_table_that_belongs_to_a_contact_goes_with_it_and_all_figures_go() -> None:
    tables = Base.metadata.tables
    assert {table.__tablename__ for table in OF_A_CONTACT} == {
        name for name, table in tables.items() if "contact_id" in table.columns
    }
    assert {table.__tablename__ for table in FIGURES} == {name for name in tables if name.startswith("figure_")}


def test_counts_are_added_up_by_table() -> None:
    counts = Counts({"part": 1}, {"note": 2})
    counts.add(Counts({"part": 2, "visit": 1}))
    assert counts == Counts({"part": 3, "visit": 1}, {"note": 2})


@run_async
async def test_stretches_go_page_by_page(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine, (1, 500, 501, 502))
        place: Place | None = (0, "")
        removed = []
        async with database.engine.begin() as connection:
            while place is not None:
                step, place = await remove_stretches(
                    connection, after=place, before_ms=NOW_MS - DAY_MS, limit=2, dry_run=False
                )
                removed.append(step.removed.get("agent_stretch", 0))
        assert removed == [2, 1, 0]
        assert len(await rows(database.engine, AgentStretchRow)) == 1


@run_async
async def test_figures_go_by_whole_quarters(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine, (1, 500, 501, 502))
        last: int | None = -1
        removed = []
        async with database.engine.begin() as connection:
            while last is not None:
                step, last = await remove_figures(
                    connection, FigureQueueRow, after_ms=last, before_ms=NOW_MS - 2 * DAY_MS, limit=2, dry_run=False
                )
                removed.append(step.removed.get("figure_queue", 0))
        assert removed == [2, 1, 0]
        assert len(await rows(database.engine, FigureQueueRow)) == 1


@run_async
async def test_of_events_the_newest_stays_and_of_dead_letters_none(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine, (500, 501, 502))
        for table, kept in ((WebhookEventRow, ["{}"]), (WebhookDeadLetterRow, [])):
            async with database.engine.begin() as connection:
                step, last = await remove_told(connection, table, after=0, before_ms=NOW_MS, limit=ALL, dry_run=False)
                assert step.removed[table.__tablename__] == 3 - len(kept)
                assert last is not None
            assert [row["body"] for row in await rows(database.engine, table)] == kept

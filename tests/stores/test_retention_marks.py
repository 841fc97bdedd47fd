from sqlalchemy import delete

from callcenter.facts import quarter_of
from callcenter.stores import figures
from callcenter.stores.figure_tables import StaleQuarterRow, VisitRow
from callcenter.stores.retention_marks import Mark, came_late, final_until, hold, mark_of, move
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.retention.world import DAY_MS, NOW_MS, figure_rows, of_age, write
from tests.stores.logs import rows


@run_async
async def test_marks_begin_before_everything_and_go_where_they_are_moved(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            assert [await mark_of(connection, mark) for mark in Mark] == [0, 0, 0]
            assert await hold(connection, Mark.FACTS) == 0
            await move(connection, Mark.FACTS, 900_000)
        async with database.engine.connect() as connection:
            assert await final_until(connection) == 900_000
            assert await mark_of(connection, Mark.PERSONAL) == 0


@run_async
async def test_contact_that_comes_late_sets_the_mark_back_and_no_other_does(database_url: str) -> None:
    async with migrated(database_url) as database, database.engine.begin() as connection:
        await move(connection, Mark.PERSONAL, 5_000)
        await came_late(connection, 6_000)
        assert await mark_of(connection, Mark.PERSONAL) == 5_000
        await came_late(connection, 4_000)
        assert await mark_of(connection, Mark.PERSONAL) == 4_000


@run_async
async def test_figures_before_the_mark_are_final_and_those_after_it_are_not(database_url: str) -> None:
    async with migrated(database_url) as database:
        await write(database.engine, *of_age(500))
        await figures.refresh(database.engine, 0, 1 << 62)
        final = await figure_rows(database.engine)
        async with database.engine.begin() as connection:
            await move(connection, Mark.FACTS, quarter_of(NOW_MS - 400 * DAY_MS))
            await connection.execute(delete(VisitRow))
        await write(database.engine, *of_age(500, "comes late"))
        assert await figures.refresh(database.engine, 0, 1 << 62) == 0
        assert await figure_rows(database.engine) == final
        assert await rows(database.engine, StaleQuarterRow) == []
        await write(database.engine, *of_age(399))
        assert await figures.refresh(database.engine, 0, 1 << 62) > 0
        assert await figure_rows(database.engine) != final

"""The year that the benchmark of reports is about: as many contacts as asked for, told alike by both databases."""

import contextlib
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from benchmarks.report_log import AGENTS, Year, build, make_stale
from benchmarks.reports import connect_to
from callcenter.stores.figure_tables import AgentStretchRow, FigureQueueRow, PartRow, StaleQuarterRow, VisitRow
from callcenter.stores.figures import refresh
from callcenter.stores.tables import Base, ContactRow, SegmentRow
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import count, rows

UNTIL_MS = round(datetime(2026, 11, 3, tzinfo=UTC).timestamp() * 1_000)  # a Tuesday
YEAR = Year(700, 4, UNTIL_MS)


def test_quarters_have_all_contacts_most_of_them_by_day_and_fewer_at_the_weekend() -> None:
    quarters = list(YEAR.quarters())
    assert len(quarters) == 4 * 96
    assert sum(n for _, _, n in quarters) == 700
    assert [before for _, before, _ in quarters[1:]] == [before + n for _, before, n in quarters[:-1]]
    by_day = [sum(n for _, _, n in quarters[at : at + 96]) for at in range(0, 384, 96)]
    assert by_day[0] > 3 * by_day[1]
    night = sum(n for at_ms, _, n in quarters if at_ms // 3_600_000 % 24 < 6)
    assert 0 < night < 100


@run_async
async def test_both_databases_get_the_same_rows_and_their_indexes_back(database_url: str) -> None:
    dialect = sqlite.dialect() if "sqlite" in database_url else postgresql.dialect()  # type: ignore[no-untyped-call]
    async with migrated(database_url) as database:
        said: list[str] = []
        with contextlib.closing(connect_to(database_url)) as connection:
            build(connection, dialect, YEAR, said.append)
            make_stale(connection, YEAR.from_ms, UNTIL_MS)
            make_stale(connection, YEAR.from_ms, UNTIL_MS)
        engine = database.engine
        assert said[-1] == "indexes"
        assert await count(engine, ContactRow) == await count(engine, VisitRow) == 700
        assert await count(engine, PartRow) == await count(engine, SegmentRow) == 636
        assert await count(engine, AgentStretchRow) == 2 * 16 * AGENTS // 2
        assert await count(engine, StaleQuarterRow) == 4 * 96
        await refresh(engine, 0, UNTIL_MS)
        figures = await rows(engine, FigureQueueRow)
        sums = {name: sum(row[name] for row in figures) for name in ("offered", "answered", "parts", "talk_ms")}
        assert sums == {"offered": 700, "answered": 636, "parts": 636, "talk_ms": 119_996_397}
        async with engine.connect() as connection_:
            middle = select(ContactRow.id, ContactRow.queue, ContactRow.tier).order_by(ContactRow.arrived_ms).limit(1)
            assert tuple((await connection_.execute(middle)).one()) == ("main-1793321100.1", "queue8", "standard")
            index = "ix_contact_arrived_ms"
            assert index in {one.name for one in Base.metadata.tables["contact"].indexes}
            known = "pg_indexes WHERE indexname" if dialect.name == "postgresql" else "sqlite_master WHERE name"
            found = await connection_.exec_driver_sql(f"SELECT 1 FROM {known} = '{index}'")
            assert found.scalar() == 1
            assert await connection_.scalar(select(func.count()).select_from(VisitRow)) == 700

"""A generated day, through engine, journal and writer with their deaths, against a recount that knows only the facts.

`make bench-report-day` does the same with 30,000 contacts.
"""

from collections import Counter
from pathlib import Path

from sqlalchemy import update

from benchmarks.report_checks import compare
from benchmarks.report_day import RecordedWorld, Writing
from callcenter.facts import HandedTo, RecordPart, RecordVisit, VisitEnd
from callcenter.stores.figure_tables import FigureQueueRow
from tests.database_fixtures import migrated
from tests.helpers import run_async

CONTACTS = 600


@run_async
async def test_every_report_of_a_day_is_what_the_recount_says(tmp_path: Path) -> None:
    world = RecordedWorld(4, CONTACTS)
    world.play()
    ends = Counter(record.outcome for record in world.records if isinstance(record, RecordVisit))
    handed = Counter(record.transfer for record in world.records if isinstance(record, RecordPart))
    assert all(ends[end] > 3 for end in VisitEnd), f"the day has too little of something: {ends}"
    assert all(handed[to] > 0 for to in HandedTo), f"the day has too little of something: {handed}"
    assert sum(record.consults for record in world.records if isinstance(record, RecordPart)) > 20
    assert world.crashes > 2
    file = tmp_path / "day.sqlite3"
    async with migrated(f"sqlite:///{file}") as database:
        writing = Writing(database.engine, tmp_path, world.records)
        for share in (0.5, 1.0):  # while callers wait and agents are in a state, and when all is over
            await writing.write_up_to(int(share * len(world.records)), deaths=2)
            compared = await compare(database.engine, file, world.now_ms)
            assert compared.found[:10] == []
            assert compared.rows > 1_200
            assert compared.values > 10 * compared.rows
        assert writing.deaths == 4
        one = update(FigureQueueRow).where(FigureQueueRow.answered == 2).values(answered=3)
        async with database.engine.begin() as connection:
            assert (await connection.execute(one)).rowcount > 0
        compared = await compare(database.engine, file, world.now_ms, ["UTC"], [("queues", "30m", "queue")])
        assert any("answered" in line for line in compared.found), "the recount must see a figure that is one off"

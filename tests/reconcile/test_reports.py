"""A report beside the totals of the recount."""

from pathlib import Path
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.reconcile import reports
from callcenter.reconcile.audit import Asked, audit
from callcenter.reconcile.figures import Figures
from callcenter.reconcile.findings import Findings, State
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.reconcile.logs import END_MS, SEED, simulated, write


def counted(stale: frozenset[int] = frozenset()) -> Figures:
    return Figures(cast("AsyncConnection", None), Findings(), None, None, stale)


@run_async
async def test_total_that_differs_is_named(tmp_path: Path) -> None:
    async with migrated(f"sqlite:///{tmp_path}/log.sqlite3") as database:
        await write(database.engine, simulated(SEED))
        whole = await audit(database.engine, Asked(END_MS))
        assert whole.tallies["reports"].compared > 0
        figures, findings = counted(), Findings()
        figures.first_ms, figures.last_ms = 1_700_000_100_000, 1_700_100_000_000
        figures.queues["queue1"] = {"offered": -1}
        await reports.compare(database.engine, figures, END_MS, findings)
        [wrong] = [
            one for one in findings.tallies["reports"].shown if one.what == "offered" and "queue1" in one.subject
        ]
        assert (wrong.subject, wrong.counted) == ("queues: queue1", "-1")


@run_async
async def test_nothing_is_compared_where_there_is_nothing_or_not_yet(tmp_path: Path) -> None:
    async with migrated(f"sqlite:///{tmp_path}/log.sqlite3") as database:
        for figures in (counted(), counted(frozenset([0]))):
            figures.first_ms = figures.last_ms = 0 if figures.stale else None
            findings = Findings()
            await reports.compare(database.engine, figures, END_MS, findings)
            assert findings.tallies["reports"].state is State.NOT_COMPARED

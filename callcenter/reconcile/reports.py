"""A report of the range, made as `callcenter report` makes it, beside the totals of the recount.

One idea: reports read the figures that have been compared already, so what can still be wrong is the reading. It is
tried on the whole range at once: by queue, and by agent.
"""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.queues.service_level import USUAL
from callcenter.reconcile.figures import QUARTER_MS, Figures, Sums
from callcenter.reconcile.findings import Findings
from callcenter.reports.asked import USUAL_DAYS, Asked
from callcenter.reports.columns import Group, Kind
from callcenter.reports.intervals import grid
from callcenter.reports.reading import read

_GROUPS = {Kind.QUEUES: Group.QUEUE, Kind.AGENTS: Group.AGENT}


async def compare(engine: AsyncEngine, figures: Figures, now_ms: int, findings: Findings) -> None:
    """Raises what the database raises."""
    if figures.first_ms is None or figures.last_ms is None:
        findings.not_compared("reports", "there are no figures in this range")
        return
    if any(figures.first_ms <= quarter <= figures.last_ms for quarter in figures.stale):
        findings.not_compared("reports", "figures of this range are being worked out anew")
        return
    whole = grid("UTC", None, figures.first_ms, figures.last_ms + QUARTER_MS)
    for kind, counted in ((Kind.QUEUES, figures.queues), (Kind.AGENTS, figures.agents)):
        asked = Asked(kind, whole, (_GROUPS[kind],), USUAL, USUAL_DAYS, now_ms)
        found = {name: sums for (_, (name, *_)), sums in (await read(engine, asked)).sums.items()}
        _hold(kind, counted, found, findings)


def _hold(kind: Kind, counted: Mapping[str, Sums], found: Mapping[str, Mapping[str, int]], findings: Findings) -> None:
    for name in sorted(counted.keys() | found.keys()):
        findings.looked("reports")
        ours, theirs = counted.get(name, {}), found.get(name, {})
        for column in sorted(ours.keys() | (theirs.keys() if kind is Kind.QUEUES else set())):
            findings.same("reports", f"{kind}: {name or 'none'}", column, ours.get(column, 0), theirs.get(column, 0))

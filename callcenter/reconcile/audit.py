"""One audit: reads the log once, as it is at one moment, and holds it against all that was given.

One idea: each contact is recounted from its segments and decisions, and whatever is compared gets the same recount: the
contact's own columns, the facts, the figures that reports read, the counters of Prometheus, the PBX's records. Nothing
is changed but what any report changes: figures that are stale are worked out first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.reconcile import consistency, facts, reports
from callcenter.reconcile.calls import Calls
from callcenter.reconcile.figures import QUARTER_MS, Figures, StretchFigures, cell_name, quarter_of
from callcenter.reconcile.findings import SHOWN, Findings
from callcenter.reconcile.metrics import Counters, Exposition, between, compare
from callcenter.reconcile.neighbours import check_links
from callcenter.reconcile.pbx import PbxCheck
from callcenter.reconcile.recount import Part, Visit, parts_of, visits_of
from callcenter.reconcile.rows import Log, Range, contacts, one_moment, table
from callcenter.reconcile.strangers import LONGEST_MS, check_stranger, logs_without_contact
from callcenter.stores.figures import refresh
from callcenter.stores.retention_marks import Mark, mark_of

OF_THE_PBX = ("pbx-unknown", "pbx-not-here", "pbx-outcome", "pbx-times")
LAST_MS = 1 << 62
PENDING_LIMIT_S = 10.0
POLL_S = 0.1

Look = Callable[[], Awaitable[Exposition]]


@dataclass(frozen=True, slots=True)
class Asked:
    """From `from_ms` to before `to_ms` by arrival, None: all that there is. `now_ms` is this moment.

    `looks` read the text of /metrics: none, one for the totals, or two for the begin and the end of the range. The
    `records` are of the PBX named `pbx`.
    """

    now_ms: int
    from_ms: int | None = None
    to_ms: int | None = None
    looks: Sequence[Look] = ()
    records: Sequence[Calls] = ()
    pbx: str = ""
    show: int = SHOWN


async def audit(engine: AsyncEngine, asked: Asked) -> Findings:
    """Raises what the database raises, and ExpositionError."""
    findings = Findings(asked.show)
    await refresh(engine, asked.from_ms or 0, LAST_MS if asked.to_ms is None else asked.to_ms)
    least = [await look() for look in asked.looks[:-1]] + [await _logged(look) for look in asked.looks[-1:]]
    async with one_moment(engine) as connection:
        reading = await _Reading.begun(connection, asked, findings)
        await reading.all_contacts()
        await reading.all_stretches()
        for check in reading.records:
            await check.finish(connection)
        written = await _written(connection)
    if not least:
        findings.not_compared("metrics", "no --metrics was given")
    elif len(least) == 1 and reading.is_cut:
        findings.not_compared("metrics", "the counters have contacts that have been removed by age; give two texts")
    else:
        last = await asked.looks[-1]()
        low, high = (between(least[0], one) if len(least) > 1 else one for one in (least[-1], last))
        compare(reading.counters, low, high, findings)
    if not asked.records:
        for name in OF_THE_PBX:
            findings.not_compared(name, "neither --cdr nor --cel was given")
    await reports.compare(engine, reading.figures, asked.now_ms, findings)
    if findings.tallies["reports"].differences and await _has_moved(engine, written):
        findings.forget("reports", "the log was written meanwhile; give an end of the range with --to")
    return findings


async def _logged(look: Look) -> Exposition:
    """As soon as the log has all that is counted, or as it is after a while."""
    waited_s = 0.0
    while (seen := await look()).pending and waited_s < PENDING_LIMIT_S:
        await asyncio.sleep(POLL_S)
        waited_s += POLL_S
    return seen


async def _written(connection: AsyncConnection) -> list[tuple[str, str]]:
    cursor = table("log_cursor")
    found = await connection.execute(select(cursor.c.journal, cursor.c.last).order_by(cursor.c.journal))
    return [(journal, last) for journal, last in found]


async def _has_moved(engine: AsyncEngine, written: list[tuple[str, str]]) -> bool:
    async with engine.connect() as connection:
        return await _written(connection) != written


async def _first_fact_ms(connection: AsyncConnection, findings: Findings) -> int | None:
    """Where an audit of everything begins: contacts from before there were facts have none. None: there are none."""
    begun = [table(name).c.began_ms for name in ("visit", "part", "agent_stretch")]
    known = [at_ms for one in begun if (at_ms := await connection.scalar(select(func.min(one)))) is not None]
    if not known:
        return None
    first_ms = quarter_of(min(known))
    contact = table("contact")
    before = select(func.count()).select_from(contact).where(contact.c.arrived_ms < first_ms)
    count = await connection.scalar(before)
    if not count:
        return None
    begin = cell_name(first_ms, ()).strip()
    findings.notes.append(f"begins at {begin}: {count:,} contacts from before that have no visits and parts")
    return first_ms


class _Reading:
    """The one pass over the log."""

    def __init__(self, connection: AsyncConnection, asked: Asked, findings: Findings, stale: frozenset[int]) -> None:
        self._connection, self._asked, self._findings = connection, asked, findings
        self._between: Range = (asked.from_ms, asked.to_ms)
        self._quarters: Range = (
            None if asked.from_ms is None else quarter_of(asked.from_ms + QUARTER_MS - 1),
            None if asked.to_ms is None else quarter_of(asked.to_ms),
        )
        self.figures = Figures(connection, findings, *self._quarters, stale)
        self.counters = Counters(asked.from_ms, asked.to_ms)
        self.records = [PbxCheck(calls, asked.pbx, self._between, findings) for calls in asked.records]
        self._channels = consistency.Channels()
        self._stale = stale
        self.is_cut = False  # what was before the begin of the range has been removed

    @classmethod
    async def begun(cls, connection: AsyncConnection, asked: Asked, findings: Findings) -> "_Reading":
        quarter = table("stale_quarter").c.quarter_ms
        stale = frozenset(await connection.scalars(select(quarter)))
        kept_ms = await mark_of(connection, Mark.FACTS)
        is_cut = kept_ms > (asked.from_ms or 0)
        if is_cut:
            begin = cell_name(kept_ms, ()).strip()
            findings.notes.append(f"begins at {begin}: what was before has been removed by age")
            asked = replace(asked, from_ms=kept_ms)
        elif asked.from_ms is None:
            asked = replace(asked, from_ms=await _first_fact_ms(connection, findings))
        if stale:
            findings.notes.append(f"{len(stale)} quarters of an hour are being worked out anew, and were left out")
        reading = cls(connection, asked, findings, stale)
        reading.is_cut = is_cut
        return reading

    # ---- contacts

    async def all_contacts(self) -> None:
        connection, begun_ms = self._connection, self._asked.from_ms
        async for logs in logs_without_contact(connection):
            for log in logs:
                await self._stranger(log)
        if begun_ms is not None:  # who arrived before the range may wait, talk and end within it
            async for logs in contacts(connection, (begun_ms - LONGEST_MS, begun_ms)):
                for log in logs:
                    self._add_up(log, visits_of(log), parts_of(log))
        async for logs in contacts(connection, self._between):
            await self._page(logs)
        await self.figures.compare_until(None)

    async def _stranger(self, log: Log) -> None:
        visits, parts = visits_of(log), parts_of(log)
        asked = self._asked
        if await check_stranger(self._connection, log, parts, asked.now_ms, self._between, self._findings):
            self._compare(log, visits, parts)

    async def _page(self, logs: list[Log]) -> None:
        of_page: list[tuple[str, Part]] = []
        for log in logs:
            assert log.contact is not None
            self._findings.looked("no-contact")
            visits, parts = visits_of(log), parts_of(log)
            self._channels.check(log.contact, self._findings)
            self._compare(log, visits, parts)
            of_page += [(log.id, part) for part in parts]
        await facts.hold_parts(self._connection, of_page, self._findings)
        await check_links(self._connection, logs, self._findings)
        for check in self.records:
            await check.page(self._connection, logs)
        last = logs[-1].contact
        assert last is not None
        await self.figures.compare_until(last.arrived_ms)

    def _compare(self, log: Log, visits: Sequence[Visit], parts: Sequence[Part]) -> None:
        consistency.check(log, parts, self._findings)
        facts.compare_visits(log, visits, self._findings)
        facts.compare_parts(log, parts, self._findings)
        self._add_up(log, visits, parts)

    def _add_up(self, log: Log, visits: Sequence[Visit], parts: Sequence[Part]) -> None:
        self.figures.add(log, visits, parts)
        if self._asked.looks:
            self.counters.add(log, visits, parts)

    # ---- stretches

    async def all_stretches(self) -> None:
        follow = facts.Stretches(self._findings)
        shares = StretchFigures(self._connection, self._findings, *self._quarters, self._stale)
        if self._asked.from_ms is not None:
            for row in await facts.stretches_into(self._connection, self._asked.from_ms):
                shares.add(row)
        async for rows in facts.stretches(self._connection, self._between):
            for row in rows:
                follow.follow(row)
                shares.add(row)
            await shares.compare_until(rows[-1].began_ms)
        await shares.compare_until(None)

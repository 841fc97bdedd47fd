"""The figures of quarters of an hour, added up once more from what was recounted, beside the tables that reports read.

One idea: contacts come by arrival, and nothing in a contact is before its arrival. So what counts in a quarter is
complete as soon as the next contact has arrived after it: it is compared and forgotten, and only the sums of the whole
range by queue and by agent stay.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.reconcile.findings import Findings
from callcenter.reconcile.recount import ABANDONED, ANSWERED, OVERFLOWED, Part, Visit
from callcenter.reconcile.rows import Log, table

QUARTER_MS = 900_000
NAMED = 5  # contacts that are named beside a figure that differs
LONGEST = "longest_wait_ms"  # of several the longest, where others are added up

OF_QUEUES = (
    "offered", "answered", "answered_within", "answer_wait_ms", "abandoned", "abandon_wait_ms", "short_abandoned",
    "abandoned_within", "overflowed", "others", "waiting", LONGEST, "parts", "talk_ms", "hold_ms", "wrap_up_ms",
    "transfers", "consults", "out_parts", "out_ms",
)  # fmt: skip
ENDS = ("accepted", "declined", "expired", "withdrawn", "failed")
OF_AGENTS = (
    "parts", "ring_ms", "talk_ms", "hold_ms", "wrap_up_ms", "transfers", "consults", "out_parts", "out_ms", *ENDS,
)  # fmt: skip

Key = tuple[str, ...]
Sums = dict[str, int]


def quarter_of(at_ms: int) -> int:
    return at_ms // QUARTER_MS * QUARTER_MS


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What segments and decisions do not know of a visit: taken from its row, where it has one."""

    tier: str
    service_level_ms: int
    short_abandon_ms: int


def thresholds_of(log: Log, visit: Visit) -> Thresholds:
    row = next((one for one in log.visits if one.number == visit.number), None)
    if row is not None:
        return Thresholds(row.tier, row.service_level_ms, row.short_abandon_ms)
    contact = log.contact
    return Thresholds("", 0, 0) if contact is None else Thresholds(contact.tier, contact.service_level_ms or 0, 0)


def outcome_of(visit: Visit, thresholds: Thresholds) -> str:
    """As figures and metrics name it."""
    if visit.outcome is None:
        return "waiting"
    if visit.outcome == ABANDONED:
        short = (visit.waited_ms or 0) < thresholds.short_abandon_ms
        return "short_abandoned" if short else "abandoned"
    return visit.outcome if visit.outcome in (ANSWERED, OVERFLOWED) else "others"


@dataclass(slots=True)
class Figures:
    """Adds up and compares. Only whole quarters from `from_ms` to before `to_ms` (None: open) are compared, and not
    those in `stale`, whose figures are about to be worked out."""

    connection: AsyncConnection
    findings: Findings
    from_ms: int | None
    to_ms: int | None
    stale: frozenset[int] = frozenset()
    of_queues: dict[int, dict[Key, Sums]] = field(default_factory=dict)  # by quarter, then queue, tier and entry
    of_agents: dict[int, dict[Key, Sums]] = field(default_factory=dict)  # by quarter, then agent and queue
    queues: dict[str, Sums] = field(default_factory=dict)  # of all that was compared
    agents: dict[str, Sums] = field(default_factory=dict)
    first_ms: int | None = None  # the first quarter that has anything
    last_ms: int | None = None
    _compared_ms: int | None = None  # up to this quarter

    # ---- adding up

    def add(self, log: Log, visits: Sequence[Visit], parts: Sequence[Part]) -> None:
        for visit in visits:
            self._add_visit(log, visit)
        for part in parts:
            self._add_part(log, part)
        for one in log.segments:
            if one.kind == "offer" and one.agent is not None and one.result in ENDS:
                _sums(self.of_agents, one.ended_ms, (one.agent, one.queue or ""), OF_AGENTS)[one.result] += 1

    def _add_visit(self, log: Log, visit: Visit) -> None:
        known = thresholds_of(log, visit)
        sums = _sums(
            self.of_queues, visit.began_ms, (visit.queue, known.tier, _entry(log, log.visits, visit)), OF_QUEUES
        )
        outcome = outcome_of(visit, known)
        sums["offered"] += 1
        sums[outcome] += 1
        if visit.waited_ms is None:
            return
        sums[LONGEST] = max(sums[LONGEST], visit.waited_ms)
        within = visit.waited_ms <= known.service_level_ms
        if outcome == "answered":
            sums["answered_within"] += within
            sums["answer_wait_ms"] += visit.waited_ms
        elif visit.outcome == ABANDONED:
            sums["abandoned_within"] += within
            sums["abandon_wait_ms"] += visit.waited_ms if outcome == "abandoned" else 0

    def _add_part(self, log: Log, part: Part) -> None:
        row = next((one for one in log.parts if one.number == part.number), None)
        tier = row.tier if row is not None else "" if log.contact is None else log.contact.tier
        of_queue = _sums(self.of_queues, part.began_ms, (part.queue, tier, _entry(log, log.parts, part)), OF_QUEUES)
        of_agent = _sums(self.of_agents, part.began_ms, (part.agent, part.queue), OF_AGENTS)
        for sums in (of_queue, of_agent):
            if part.direction == "out":
                sums["out_parts"] += 1
                sums["out_ms"] += part.ended_ms - part.began_ms
                continue
            sums["parts"] += 1
            sums["transfers"] += part.transfer is not None
            sums["consults"] += part.consults
            for name in ("talk_ms", "hold_ms", "wrap_up_ms"):
                sums[name] += getattr(part, name)
        if part.direction != "out":
            of_agent["ring_ms"] += part.ring_ms

    # ---- comparing

    async def compare_until(self, at_ms: int | None) -> None:
        """Compare the quarters before the one of this moment, None: all that is left."""
        since = self._compared_ms if self._compared_ms is not None else self.from_ms
        until = _earliest(self.to_ms, None if at_ms is None else quarter_of(at_ms))
        if since is not None and until is not None and until <= since:
            return
        self._compared_ms = until
        await self._compare("queue", self.of_queues, ("queue", "tier", "entry"), OF_QUEUES, self.queues, (since, until))
        await self._compare("agent", self.of_agents, ("agent", "queue"), OF_AGENTS, self.agents, (since, until))

    async def _compare(  # noqa: PLR0917 - one table, and all that is known of it
        self,
        of: str,
        counted: dict[int, dict[Key, Sums]],
        names: Sequence[str],
        columns: Sequence[str],
        totals: dict[str, Sums],
        between: tuple[int | None, int | None],
    ) -> None:
        since, until = between
        rows: dict[tuple[int, Key], Row[Any]] = {}
        for row in await self.connection.execute(_of_quarters(f"figure_{of}", since, until)):
            rows[row.quarter_ms, tuple(getattr(row, name) for name in names)] = row
        ready = [quarter for quarter in counted if until is None or quarter < until]
        cells = {(quarter, key): sums for quarter in ready for key, sums in counted.pop(quarter).items()}
        for quarter, key in sorted(cells.keys() | rows.keys()):
            if (since is None or quarter >= since) and quarter not in self.stale:
                self._seen(quarter)
                sums = cells.get((quarter, key), dict.fromkeys(columns, 0))
                _add_up(totals.setdefault(key[0], dict.fromkeys(columns, 0)), sums)
                await self._hold(
                    f"figure-{of}", quarter, dict(zip(names, key, strict=True)), sums, rows.get((quarter, key))
                )

    def _seen(self, quarter: int) -> None:
        self.first_ms = quarter if self.first_ms is None else min(self.first_ms, quarter)
        self.last_ms = quarter if self.last_ms is None else max(self.last_ms, quarter)

    async def _hold(self, check: str, quarter: int, key: Mapping[str, str], sums: Sums, row: Row[Any] | None) -> None:
        self.findings.looked(check)
        wrong = [name for name, value in sums.items() if value != (0 if row is None else getattr(row, name))]
        contacts = await self._contacts(check, quarter, key) if wrong else ()
        for name in wrong:
            found = None if row is None else getattr(row, name)
            self.findings.differs(check, cell_name(quarter, key.values()), name, sums[name], found, contacts)

    async def _contacts(self, check: str, quarter: int, key: Mapping[str, str]) -> tuple[str, ...]:
        """Some of those that count here."""
        of = table("visit" if check == "figure-queue" else "part")
        query = select(of.c.contact_id).where(
            of.c.began_ms >= quarter, of.c.began_ms < quarter + QUARTER_MS, *(of.c[name] == key[name] for name in key)
        )
        return tuple(await self.connection.scalars(query.order_by(of.c.contact_id).limit(NAMED)))


def cell_name(quarter_ms: int, names: Iterable[str]) -> str:
    """Such as `2026-05-04T10:15Z sales, gold, 8001`."""
    at = datetime.fromtimestamp(quarter_ms / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%MZ} {', '.join(name or 'none' for name in names)}"


def _sums(cells: dict[int, dict[Key, Sums]], at_ms: int, key: Key, columns: Sequence[str]) -> Sums:
    of_quarter = cells.setdefault(quarter_of(at_ms), {})
    if key not in of_quarter:
        of_quarter[key] = dict.fromkeys(columns, 0)
    return of_quarter[key]


def _add_up(totals: Sums, sums: Sums) -> None:
    for name, value in sums.items():
        totals[name] = max(totals[name], value) if name == LONGEST else totals[name] + value


def _entry(log: Log, rows: Sequence[Row[Any]], one: Visit | Part) -> str:
    row = next((row for row in rows if row.number == one.number), None)
    if row is not None:
        return str(row.entry)
    return log.contact.dialled if log.contact is not None and log.contact.direction == "in" else ""


# ---- agents' states


@dataclass(slots=True)
class StretchFigures:
    """The share of each stretch that is over in each quarter. Stretches come by their begin; the rest as in Figures."""

    connection: AsyncConnection
    findings: Findings
    from_ms: int | None
    to_ms: int | None
    stale: frozenset[int] = frozenset()
    sums: dict[int, dict[Key, int]] = field(default_factory=dict)  # by quarter, then agent, state and reason
    _compared_ms: int | None = None

    def add(self, row: Row[Any]) -> None:
        if row.ended_ms is None:
            return
        for quarter in range(quarter_of(row.began_ms), row.ended_ms, QUARTER_MS):
            share = min(row.ended_ms, quarter + QUARTER_MS) - max(row.began_ms, quarter)
            of_quarter = self.sums.setdefault(quarter, {})
            key = (row.agent, row.state, row.reason or "")
            of_quarter[key] = of_quarter.get(key, 0) + share

    async def compare_until(self, at_ms: int | None) -> None:
        """Compare the quarters before the one of this moment, None: all that is left."""
        since = self._compared_ms if self._compared_ms is not None else self.from_ms
        until = _earliest(self.to_ms, None if at_ms is None else quarter_of(at_ms))
        if since is not None and until is not None and until <= since:
            return
        self._compared_ms = until
        rows: dict[tuple[int, Key], int] = {
            (row.quarter_ms, (row.agent, row.state, row.reason)): row.ms
            for row in await self.connection.execute(_of_quarters("figure_stretch", since, until))
        }
        ready = [quarter for quarter in self.sums if until is None or quarter < until]
        cells = {(quarter, key): ms for quarter in ready for key, ms in self.sums.pop(quarter).items()}
        for quarter, key in sorted(cells.keys() | rows.keys()):
            if (since is None or quarter >= since) and quarter not in self.stale:
                self.findings.looked("figure-stretch")
                ms = cells.get((quarter, key), 0)
                self.findings.same("figure-stretch", cell_name(quarter, key), "ms", ms, rows.get((quarter, key), 0))


def _earliest(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


def _of_quarters(name: str, since: int | None, until: int | None) -> Select[Any]:
    figure = table(name)
    query = select(figure)
    if since is not None:
        query = query.where(figure.c.quarter_ms >= since)
    return query if until is None else query.where(figure.c.quarter_ms < until)

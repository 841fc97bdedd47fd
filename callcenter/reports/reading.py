"""A report's figures, read from the tables of figures, and from parts and contacts where figures do not go so far.

The one idea: the database adds up. Local time is UTC plus one number within a piece of the range (see `intervals`), so
what is added up there is what the report shows, by integer division of the quarter; what comes out is a row for each
interval and group, never one for each contact. Weeks and months are put together here, from days.

The figures of the range are brought up to date first (`figures.refresh`). A state that goes on is counted up to now.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.reports.asked import Asked, AskedError
from callcenter.reports.columns import (
    COUNTS_OF_AGENTS,
    COUNTS_OF_QUEUES,
    LONGEST,
    Group,
    Kind,
    counts_of,
    time_in,
)
from callcenter.reports.intervals import DAY_MS, Grid, Piece
from callcenter.stores.figure_tables import (
    FigureAgentRow,
    FigureQueueRow,
    FigureStretchRow,
    PartRow,
)
from callcenter.stores.figures import open_stretches, refresh
from callcenter.stores.tables import ContactRow
from callcenter.talks import Direction
from callcenter.types import Outcome

MAX_ROWS = 100_000
# Written out: PostgreSQL does not see that two parameters, of what is shown and what is grouped by, are the same.
_NONE: ColumnElement[str] = literal_column("''")

Key = tuple[int, tuple[str, ...]]  # number of the interval, and what each group is: empty for none


@dataclass(slots=True)
class Found:
    """The sums by interval and groups; `reasons` are the states with a reason that there were."""

    sums: dict[Key, dict[str, int]] = field(default_factory=dict)
    reasons: dict[tuple[str, str], None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Source:
    """A table as a report reads it: when a row counts, its groups, what is added up, which rows count.

    `beside` is what rows are told apart by besides. Within the same moment rows are in the order of `ordered`.
    """

    at_ms: ColumnElement[int]
    groups: Mapping[Group, ColumnElement[Any]]
    sums: Mapping[str, ColumnElement[Any]]
    where: tuple[ColumnElement[bool], ...] = ()
    beside: tuple[ColumnElement[Any], ...] = ()
    ordered: tuple[Group, ...] = ()


async def read(engine: AsyncEngine, asked: Asked) -> Found:
    """Raises AskedError where there are too many rows, and what the database raises."""
    grid = asked.grid
    await refresh(engine, grid.from_ms, grid.to_ms)
    found = Found()
    async with engine.connect() as connection:
        match asked.kind:
            case Kind.QUEUES:
                await _add(connection, asked, _of_queues(asked), found)
            case Kind.AGENTS:
                await _add(connection, asked, _of_agents(asked), found)
                if Group.QUEUE not in asked.groups:
                    await _add_times(connection, asked, found)
            case Kind.DISPOSITIONS:
                await _add(connection, asked, _of_dispositions(asked), found)
            case Kind.CUSTOMERS:
                await _add(connection, asked, _of_customers(asked), found)
    return found


# ---- what is read


def _of_queues(asked: Asked) -> _Source:
    it = FigureQueueRow
    sums = {name: getattr(it, name) for name in (*COUNTS_OF_QUEUES, LONGEST)}
    groups: dict[Group, ColumnElement[Any]] = {
        Group.QUEUE: it.queue.expression,
        Group.TIER: it.tier.expression,
        Group.ENTRY: it.entry.expression,
    }
    where, ordered = _within(it.queue, asked.queues), (Group.QUEUE, Group.TIER, Group.ENTRY)
    return _Source(it.quarter_ms.expression, groups, sums, where, ordered=ordered)


def _of_agents(asked: Asked) -> _Source:
    it = FigureAgentRow
    groups: dict[Group, ColumnElement[Any]] = {Group.AGENT: it.agent.expression, Group.QUEUE: it.queue.expression}
    sums = {name: getattr(it, name) for name in COUNTS_OF_AGENTS}
    where = (*_within(it.queue, asked.queues), *_within(it.agent, asked.agents))
    return _Source(it.quarter_ms.expression, groups, sums, where, ordered=(Group.AGENT, Group.QUEUE))


def _of_stretches(asked: Asked) -> _Source:
    it = FigureStretchRow
    groups: dict[Group, ColumnElement[Any]] = {Group.AGENT: it.agent.expression}
    beside = (it.state.expression, it.reason.expression)
    where = _within(it.agent, asked.agents)
    return _Source(it.quarter_ms.expression, groups, {"ms": it.ms.expression}, where, beside)


def _of_dispositions(asked: Asked) -> _Source:
    it = PartRow
    groups: dict[Group, ColumnElement[Any]] = {
        Group.QUEUE: it.queue.expression,
        Group.TIER: it.tier.expression,
        Group.ENTRY: it.entry.expression,
        Group.AGENT: it.agent.expression,
        Group.DISPOSITION: func.coalesce(it.disposition, _NONE),
    }
    came_in = it.direction == Direction.IN.value

    def of(which: ColumnElement[bool], value: Any) -> ColumnElement[Any]:
        return case((which, value), else_=0)

    sums = {
        "parts": of(came_in, 1),
        "talk_ms": of(came_in, it.talk_ms),
        "hold_ms": of(came_in, it.hold_ms),
        "wrap_up_ms": of(came_in, it.wrap_up_ms),
        "transfers": of(and_(came_in, it.transfer.is_not(None)), 1),
        "consults": of(came_in, it.consults),
        "out_parts": of(~came_in, 1),
        "out_ms": of(~came_in, it.ended_ms - it.began_ms),
    }
    where = (*_within(it.queue, asked.queues), *_within(it.agent, asked.agents))
    return _Source(it.began_ms.expression, groups, sums, where)


def _of_customers(asked: Asked) -> _Source:
    it = ContactRow
    groups: dict[Group, ColumnElement[Any]] = {
        Group.QUEUE: func.coalesce(it.queue, _NONE),
        Group.TIER: it.tier.expression,
        Group.ENTRY: it.dialled.expression,
        Group.AGENT: func.coalesce(it.agent, _NONE),
        Group.DISPOSITION: func.coalesce(it.disposition, _NONE),
    }
    within_ms = asked.within_days * DAY_MS
    answered = it.outcome == Outcome.ANSWERED.value
    alone = or_(it.next_ms.is_(None), it.next_ms - it.arrived_ms > within_ms)
    again = it.arrived_ms - it.previous_ms <= within_ms

    def those(which: ColumnElement[bool]) -> ColumnElement[Any]:
        return case((which, 1), else_=0)

    sums = {
        "contacts": literal_column("1", BigInteger),
        "answered": those(answered),
        "resolved": those(and_(answered, alone)),
        "repeated": those(again),
    }
    where = (it.direction == Direction.IN.value, *_within(it.queue, asked.queues), *_within(it.agent, asked.agents))
    return _Source(it.arrived_ms.expression, groups, sums, where)


def _within(column: Any, only: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    return () if only is None else (column.in_(sorted(only)),)


def _added(name: str, what: Any) -> ColumnElement[Any]:
    """PostgreSQL adds up 64 bits to a number without bounds, which comes as a Decimal; ours never get so large."""
    if name == LONGEST:
        return func.max(what)
    return cast(func.coalesce(func.sum(what), 0), BigInteger)


# ---- reading


async def _add(connection: AsyncConnection, asked: Asked, source: _Source, found: Found) -> None:
    for key, row in await _rows(connection, asked, source):
        sums = _sums_at(found, asked.kind, key)
        for name, value in zip(source.sums, row, strict=True):
            sums[name] = max(sums[name], value) if name == LONGEST else sums[name] + value


async def _add_times(connection: AsyncConnection, asked: Asked, found: Found) -> None:
    for key, (state, reason, spent_ms) in await _rows(connection, asked, _of_stretches(asked)):
        _add_time(found, key, state, reason, spent_ms)
    for open_ in await open_stretches(connection, min(asked.grid.to_ms, asked.now_ms)):
        if asked.agents is None or open_.agent in asked.agents:
            groups = (open_.agent,) if Group.AGENT in asked.groups else ()
            for index, spent_ms in _split(asked.grid, open_.began_ms, asked.now_ms):
                _add_time(found, (index, groups), open_.state.value, open_.reason, spent_ms)


def _split(grid: Grid, began_ms: int, ended_ms: int) -> Iterable[tuple[int, int]]:
    """The numbers of the intervals in which this time lies, each with its share."""
    first = max(0, bisect_right(grid.intervals, began_ms, key=lambda one: one.from_ms) - 1)
    for index in range(first, len(grid.intervals)):
        interval = grid.intervals[index]
        spent_ms = min(ended_ms, interval.to_ms) - max(began_ms, interval.from_ms)
        if spent_ms <= 0:
            return
        yield index, spent_ms


def _add_time(found: Found, key: Key, state: str, reason: str, spent_ms: int) -> None:
    sums = _sums_at(found, Kind.AGENTS, key)
    names = [time_in(state)]
    if reason:
        names.append(time_in(state, reason))
        found.reasons[state, reason] = None
    for name in names:
        sums[name] = sums.get(name, 0) + spent_ms


def _sums_at(found: Found, kind: Kind, key: Key) -> dict[str, int]:
    if (sums := found.sums.get(key)) is None:
        sums = found.sums[key] = dict.fromkeys(counts_of(kind), 0)
    return sums


async def _rows(connection: AsyncConnection, asked: Asked, source: _Source) -> list[tuple[Key, Sequence[Any]]]:
    """Where each row belongs, and the rest of it."""
    grid, width, rows = asked.grid, len(asked.groups), list[tuple[Key, Sequence[Any]]]()
    for piece, statement in _statements(grid, asked.groups, source, connection.dialect.name):
        for stretch, *row in (await connection.execute(statement)).all():
            index = 0 if grid.step_ms is None else grid.index_of(piece, stretch)
            rows.append(((index, tuple(row[:width])), row[width:]))
        if len(rows) > MAX_ROWS:
            raise AskedError(
                f"The report has more than {MAX_ROWS:,} rows. Ask for longer intervals, a shorter range or fewer groups"
            )
    return rows


def _statements(
    grid: Grid, groups: Sequence[Group], source: _Source, database: str
) -> Iterable[tuple[Piece, Select[Any]]]:
    whole = Piece(grid.from_ms, grid.to_ms, 0)
    for piece in [whole] if grid.step_ms is None else grid.pieces:
        of_piece = _cut(source, piece)
        if database == "sqlite" and tuple(groups) == source.ordered[: len(groups)] != source.ordered:
            of_piece = _by_moments(of_piece, groups)
        stretch: ColumnElement[Any] = literal_column("0")
        if grid.step_ms is not None:
            offset_ms, step_ms = (literal_column(str(number), BigInteger) for number in (piece.offset_ms, grid.step_ms))
            stretch = (of_piece.at_ms + offset_ms) // step_ms
        apart = [*(of_piece.groups[group] for group in groups), *of_piece.beside]
        sums = [_added(name, what) for name, what in of_piece.sums.items()]
        statement = select(stretch.label("stretch"), *apart, *sums).where(*of_piece.where)
        by = [*([] if grid.step_ms is None else [stretch]), *apart]
        statement = statement.group_by(*by) if by else statement.having(func.count() > 0)
        yield piece, statement.limit(MAX_ROWS + 1)


def _cut(source: _Source, piece: Piece) -> _Source:
    return replace(source, where=(*source.where, source.at_ms >= piece.from_ms, source.at_ms < piece.to_ms))


def _by_moments(source: _Source, groups: Sequence[Group]) -> _Source:
    """The same, added up by moments before: as rows come in that order, SQLite need not sort all of them by intervals,
    which takes twice as long. PostgreSQL does not sort."""
    columns = [source.groups[group].label(group.value) for group in groups]
    sums = [_added(name, what).label(name) for name, what in source.sums.items()]
    inner = select(source.at_ms.label("at_ms"), *columns, *sums).where(*source.where)
    summed = inner.group_by(source.at_ms, *(source.groups[group] for group in groups)).subquery().c
    return _Source(
        summed.at_ms, {group: summed[group.value] for group in groups}, {name: summed[name] for name in source.sums}
    )

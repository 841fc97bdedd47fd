"""Figures by quarters of an hour: worked out anew from the facts, a quarter at a time, wherever a fact has come.

One idea: the writer of facts notes each quarter that it touches (`stale_quarter`) in the transaction of the facts. Here
the note is taken away and the quarter's figures are replaced, in one transaction too. The note's row is the lock: a
writer who touches the same quarter meanwhile waits and notes it again, and of two who refresh it one finds nothing to
do. So once all is written and refreshed, figures are what the facts say, whoever died when.

The one stretch of an agent that goes on has no figures yet: it would have to be worked out anew all the time.
`open_stretches` tells of it, and a report adds its share.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import DeclarativeBase

from callcenter.facts import QUARTER_MS, VisitEnd, quarter_of
from callcenter.stores.database import DATABASE_ERRORS, STATEMENT_TIMEOUT_S, in_short
from callcenter.stores.figure_tables import (
    DAY_MS,
    DAYS_LONG_STRETCH,
    LONG_STRETCH,
    AgentStretchRow,
    FigureAgentRow,
    FigureQueueRow,
    FigureStretchRow,
    PartRow,
    StaleQuarterRow,
    VisitRow,
)
from callcenter.stores.health import RareLog
from callcenter.stores.retention_marks import final_until
from callcenter.stores.tables import OFFERS, SegmentRow
from callcenter.talks import Direction
from callcenter.types import AgentState, OfferState

REFRESH_EVERY_S = 60.0

_log = logging.getLogger(__name__)

# The quarter that is worked out: when it begins and ends, and when the one before it begins.
_QUARTER, _UNTIL, _EARLY = (bindparam(f"of_{name}_ms", type_=BigInteger) for name in ("quarter", "until", "early"))
_ONE: ColumnElement[Any] = literal_column("1")
_NONE: ColumnElement[Any] = literal_column("0")
Figures = Mapping[str, ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class OpenStretch:
    """An agent is in this state since then, and has not left it. `reason` as in FigureStretchRow."""

    agent: str
    state: AgentState
    reason: str
    began_ms: int


async def refresh(engine: AsyncEngine, from_ms: int, to_ms: int) -> int:
    """Work out the stale quarters that have a moment of this stretch of time; how many there were to do.

    Afterwards the figures of the stretch have every fact that was in the database before. Raises what SQLAlchemy
    raises, and TimeoutError.
    """
    stale = StaleQuarterRow.quarter_ms
    of_these = select(stale).where(stale >= quarter_of(from_ms), stale < to_ms).order_by(stale)
    async with asyncio.timeout(STATEMENT_TIMEOUT_S), engine.connect() as connection:
        quarters = list(await connection.scalars(of_these))
    done = 0
    for quarter_ms in quarters:
        async with asyncio.timeout(STATEMENT_TIMEOUT_S), engine.begin() as connection:
            done += await _refresh_quarter(connection, quarter_ms)
    return done


async def open_stretches(connection: AsyncConnection, until_ms: int) -> list[OpenStretch]:
    """What agents are in at this moment, as far as it began before `until_ms`, by agent."""
    row = AgentStretchRow
    going_on = select(row.agent, row.state, row.reason, row.began_ms).where(row.ended_ms.is_(None))
    found = await connection.execute(going_on.where(row.began_ms < until_ms).order_by(row.agent))
    return [OpenStretch(agent, AgentState(state), reason or "", began) for agent, state, reason, began in found]


class FiguresKept:
    """The daemon's own refreshing, so that a report finds little to do."""

    def __init__(self, engine: AsyncEngine, every_s: float = REFRESH_EVERY_S) -> None:
        self._engine = engine
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._rare_log = RareLog(_log)

    def start(self) -> None:
        """Needs the running loop, and the database its tables."""
        if self._task is None:
            self._stopping.clear()
            self._task = asyncio.create_task(self._refresh_for_ever(), name="figures")

    async def stop(self) -> None:
        """A quarter that is being worked out is stale still, and left to the next one who looks."""
        if self._task is not None:
            self._stopping.set()  # a driver that is cancelled may make that an error of its own, which is no end
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _refresh_for_ever(self) -> None:
        while not self._stopping.is_set():
            try:
                await refresh(self._engine, 0, 1 << 62)
            except DATABASE_ERRORS as error:
                self._rare_log.warning("the figures for reports cannot be worked out yet: %s", in_short(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._stopping.wait()


async def _refresh_quarter(connection: AsyncConnection, quarter_ms: int) -> bool:
    """False where somebody else has done it meanwhile, or its figures are final: facts of it may be gone."""
    taken = await connection.execute(delete(StaleQuarterRow).where(StaleQuarterRow.quarter_ms == quarter_ms))
    if taken.rowcount == 0 or quarter_ms < await final_until(connection):
        return False
    quarter = {
        _QUARTER.key: quarter_ms,
        _UNTIL.key: quarter_ms + QUARTER_MS,
        _EARLY.key: quarter_ms - QUARTER_MS,
    }
    for statement in _statements():
        await connection.execute(statement, quarter)
    return True


@cache  # to build and compile them takes longer than to run them
def _statements() -> tuple[Executable, ...]:
    """What replaces the figures of `_QUARTER`, in all tables."""
    found: list[Executable] = []
    for table, figures in (
        (FigureQueueRow, _of_queues()),
        (FigureAgentRow, _of_agents()),
        (FigureStretchRow, _of_stretches()),
    ):
        names = [column.name for column in table.__table__.columns]
        found += [
            delete(table).where(table.__table__.c.quarter_ms == _QUARTER),
            insert(table).from_select(names, figures),
        ]
    return tuple(found)


def _within(column: Any) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = (column >= _QUARTER) & (column < _UNTIL)
    return inside


def _if(condition: ColumnElement[bool], then: Any = _ONE) -> ColumnElement[Any]:
    return case((condition, then), else_=_NONE)


# ---- queues and agents

_ANSWERED = VisitRow.outcome == VisitEnd.ANSWERED.value
_ABANDONED = VisitRow.outcome == VisitEnd.ABANDONED.value
_SHORT = VisitRow.waited_ms < VisitRow.short_abandon_ms
_WITHIN = VisitRow.waited_ms <= VisitRow.service_level_ms
_OF_VISITS: Figures = {
    "offered": _ONE,
    "answered": _if(_ANSWERED),
    "answered_within": _if(_ANSWERED & _WITHIN),
    "answer_wait_ms": _if(_ANSWERED, VisitRow.waited_ms),
    "abandoned": _if(_ABANDONED & ~_SHORT),
    "abandon_wait_ms": _if(_ABANDONED & ~_SHORT, VisitRow.waited_ms),
    "short_abandoned": _if(_ABANDONED & _SHORT),
    "abandoned_within": _if(_ABANDONED & _WITHIN),
    "overflowed": _if(VisitRow.outcome == VisitEnd.OVERFLOWED.value),
    "others": _if(VisitRow.outcome == VisitEnd.OTHER.value),
    "waiting": _if(VisitRow.outcome.is_(None)),
    "longest_wait_ms": func.coalesce(VisitRow.waited_ms, _NONE),
}
_LARGEST = ("longest_wait_ms",)  # every other figure is a sum

_CAME = PartRow.direction == Direction.IN.value
_CALLED = PartRow.direction == Direction.OUT.value
_OF_PARTS: Figures = {
    "parts": _if(_CAME),
    "talk_ms": _if(_CAME, PartRow.talk_ms),
    "hold_ms": _if(_CAME, PartRow.hold_ms),
    "wrap_up_ms": _if(_CAME, PartRow.wrap_up_ms),
    "transfers": _if(_CAME & PartRow.transfer.is_not(None)),
    "consults": _if(_CAME, PartRow.consults),
    "out_parts": _if(_CALLED),
    "out_ms": _if(_CALLED, PartRow.ended_ms - PartRow.began_ms),
}
_RING: Figures = {"ring_ms": _if(_CAME, PartRow.ring_ms)}
_OFFER_ENDS = (
    OfferState.ACCEPTED,
    OfferState.DECLINED,
    OfferState.EXPIRED,
    OfferState.WITHDRAWN,
    OfferState.FAILED,
)
_OF_OFFERS: Figures = {end.value: _if(SegmentRow.result == end.value) for end in _OFFER_ENDS}


def _of_queues() -> Select[Any]:
    visits, parts = VisitRow, PartRow
    return _added(
        FigureQueueRow,
        ((visits.queue, visits.tier, visits.entry), _OF_VISITS, _within(visits.began_ms)),
        ((parts.queue, parts.tier, parts.entry), _OF_PARTS, _within(parts.began_ms)),
    )


def _of_agents() -> Select[Any]:
    offered = _within(SegmentRow.ended_ms) & SegmentRow.agent.is_not(None)
    return _added(
        FigureAgentRow,
        ((PartRow.agent, PartRow.queue), {**_OF_PARTS, **_RING}, _within(PartRow.began_ms)),
        ((SegmentRow.agent, func.coalesce(SegmentRow.queue, "")), _OF_OFFERS, text(OFFERS) & offered),
    )


def _added(table: type[DeclarativeBase], *sources: tuple[Sequence[Any], Figures, ColumnElement[bool]]) -> Select[Any]:
    """The rows of a table of figures: those of each source, which has its own part of them, and 0 of the others."""
    of_table = table.__table__
    keys = [column.name for column in of_table.primary_key if column.name != "quarter_ms"]
    names = [column.name for column in of_table.columns if not column.primary_key]
    counted = union_all(
        *(
            select(
                *(column.label(key) for key, column in zip(keys, columns, strict=True)),
                *(_sum(name, figures.get(name, _NONE)).label(name) for name in names),
            )
            .where(where)
            .group_by(*columns)
            for columns, figures, where in sources
        )
    ).subquery()
    by = [counted.c[key] for key in keys]
    return select(_QUARTER, *by, *(_sum(name, counted.c[name]) for name in names)).group_by(*by)


def _sum(name: str, what: ColumnElement[Any]) -> Any:
    return func.max(what) if name in _LARGEST else func.sum(what)


# ---- stretches


def _of_stretches() -> Select[Any]:
    """Each one's share of the quarter. For those that began long before it there are two indexes, so that of an old
    quarter not all that has ended since has to be looked through."""
    row = AgentStretchRow
    columns = (row.agent, row.state, row.reason, row.began_ms, row.ended_ms)
    ends_inside = (row.ended_ms > _QUARTER) & (row.ended_ms > row.began_ms)
    lying_in_it = union_all(
        select(*columns).where(row.began_ms >= _EARLY, row.began_ms < _UNTIL, ends_inside),
        select(*columns).where(
            row.began_ms < _EARLY,
            row.ended_ms > _QUARTER,
            row.ended_ms < _QUARTER + DAY_MS,
            row.ended_ms - row.began_ms <= DAY_MS,
            text(LONG_STRETCH),
        ),
        select(*columns).where(row.began_ms < _EARLY, row.ended_ms > _QUARTER, text(DAYS_LONG_STRETCH)),
    ).subquery()
    found = lying_in_it.c
    began_ms = case((found.began_ms > _QUARTER, found.began_ms), else_=_QUARTER)
    ended_ms = case((found.ended_ms < _UNTIL, found.ended_ms), else_=_UNTIL)
    by = (found.agent, found.state, func.coalesce(found.reason, literal_column("''")))
    return select(_QUARTER, *by, func.sum(ended_ms - began_ms)).group_by(*by)

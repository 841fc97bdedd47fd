"""Facts as rows (`figure_tables`), and what their coming means for figures and for a contact's neighbours.

One idea: whatever comes twice, or in a broken order, the rows end as if each fact had come once and in order. The end
of a visit or a stretch carries all of it, so it needs no begin before it, and a begin never undoes an end. Each quarter
of an hour whose figures may lack a fact from now on is noted in the same transaction.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Executable, Select, and_, bindparam, case, or_, select, update
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase, aliased

from callcenter.facts import QUARTER_MS, Fact, RecordPart, RecordStretch, RecordVisit, quarter_of
from callcenter.stores.database import insert_into
from callcenter.stores.figure_tables import AgentStretchRow, PartRow, StaleQuarterRow, VisitRow
from callcenter.stores.fitting import Row, fit
from callcenter.stores.tables import ContactRow
from callcenter.talks import Direction

_VISIT_KEY = ("contact_id", "number")
_STRETCH_KEY = ("agent", "began_ms")
MAX_QUARTERS = 10_000  # that one stretch touches, 104 days: whoever forgets to sign out longer counts for no more
FEW = 4  # engines that one process has at a time, more than which nobody's statements are remembered
_CONTACTS: BindParameter[Sequence[str]] = bindparam("contacts", expanding=True)


@dataclass(slots=True)
class Facts:
    """Those of one batch, each as it was said last, and the quarters that they touch."""

    visits: dict[tuple[str, int], RecordVisit] = field(default_factory=dict)
    parts: list[RecordPart] = field(default_factory=list)
    stretches: dict[tuple[str, int], RecordStretch] = field(default_factory=dict)
    quarters: set[int] = field(default_factory=set)

    def add(self, fact: Fact) -> None:
        match fact:
            case RecordVisit():
                key = (fact.contact, fact.number)
                known = self.visits.get(key)
                if known is None or known.ended_ms is None:
                    self.visits[key] = fact
                self.touch(fact.began_ms)
            case RecordPart():
                self.parts.append(fact)
                self.touch(fact.began_ms)
            case RecordStretch():
                self._add_stretch(fact)

    def touch(self, at_ms: int) -> None:
        """What happened at this moment counts in its quarter."""
        self.quarters.add(quarter_of(at_ms))

    def touch_all(self, began_ms: int, ended_ms: int) -> None:
        """Each quarter in which a part of this stretch of time lies, of one that is too long the last ones."""
        began_ms = max(began_ms, ended_ms - MAX_QUARTERS * QUARTER_MS)
        self.quarters.update(range(quarter_of(began_ms), ended_ms, QUARTER_MS))

    def _add_stretch(self, fact: RecordStretch) -> None:
        key = (fact.agent, fact.began_ms)
        known = self.stretches.get(key)
        newer = known is None or fact.number > known.number
        if newer or (known is not None and fact.number == known.number and fact.ended_ms is not None):
            self.stretches[key] = fact
        if fact.ended_ms is not None:
            self.touch_all(fact.began_ms, fact.ended_ms)


async def write_facts(connection: AsyncConnection, facts: Facts) -> None:
    """Write them, within the caller's transaction, and note the quarters whose figures are stale by now."""
    if facts.visits:
        await _write_visits(connection, facts)
    if facts.parts:
        rows = [_part_row(part) for part in facts.parts]
        await connection.execute(insert_into(connection.dialect, PartRow).on_conflict_do_nothing(), rows)
    if facts.stretches:
        await _write_stretches(connection, facts)
    await _note_stale(connection, facts.quarters)


async def _write_visits(connection: AsyncConnection, facts: Facts) -> None:
    begun = [_visit_row(visit) for visit in facts.visits.values() if visit.ended_ms is None]
    ended = [_visit_row(visit) for visit in facts.visits.values() if visit.ended_ms is not None]
    if begun:
        await connection.execute(insert_into(connection.dialect, VisitRow).on_conflict_do_nothing(), begun)
    if not ended:
        return
    # Where a journal was lost while the caller waited, the begin was told at another time than the end tells.
    of_these = VisitRow.contact_id.in_({row["contact_id"] for row in ended})
    for began_ms in await connection.scalars(select(VisitRow.began_ms).where(of_these, VisitRow.ended_ms.is_(None))):
        facts.touch(began_ms)
    await connection.execute(_end_of_visits(connection.dialect), ended)


@lru_cache(maxsize=FEW)
def _end_of_visits(dialect: Dialect) -> Executable:
    statement = insert_into(dialect, VisitRow)
    return statement.on_conflict_do_update(
        index_elements=_VISIT_KEY,
        set_=_all_but(VisitRow, _VISIT_KEY, statement.excluded),
        where=VisitRow.ended_ms.is_(None),
    )


async def _write_stretches(connection: AsyncConnection, facts: Facts) -> None:
    stretches = list(facts.stretches.values())
    mine = AgentStretchRow.agent.in_({stretch.agent for stretch in stretches})
    at = AgentStretchRow.began_ms.in_({stretch.began_ms for stretch in stretches})
    known = select(AgentStretchRow.began_ms, AgentStretchRow.ended_ms)
    for row in await connection.execute(known.where(mine, at, AgentStretchRow.ended_ms.is_not(None))):
        facts.touch_all(row.began_ms, row.ended_ms)  # it may end at another time from now on
    rows = [_stretch_row(stretch) for stretch in stretches]
    await connection.execute(_new_stretches(connection.dialect), rows)
    await _close_forgotten(connection, facts)


@lru_cache(maxsize=FEW)
def _new_stretches(dialect: Dialect) -> Executable:
    """A later number counts, and of the same one the end."""
    statement = insert_into(dialect, AgentStretchRow)
    new, there = statement.excluded, AgentStretchRow
    return statement.on_conflict_do_update(
        index_elements=_STRETCH_KEY,
        set_=_all_but(AgentStretchRow, _STRETCH_KEY, new),
        where=or_(new.number > there.number, and_(new.number == there.number, new.ended_ms.is_not(None))),
    )


async def _close_forgotten(connection: AsyncConnection, facts: Facts) -> None:
    """An agent is in one state at a time: what its journal did not live to end, ends where the next stretch begins.

    Where only the order is broken the end is yet to come, and sets the time right.
    """
    begun: dict[str, list[int]] = {}
    for stretch in facts.stretches.values():
        begun.setdefault(stretch.agent, []).append(stretch.began_ms)
    is_open = select(AgentStretchRow.agent, AgentStretchRow.began_ms).where(
        AgentStretchRow.agent.in_(begun), AgentStretchRow.ended_ms.is_(None)
    )
    closed: list[Row] = []
    for row in await connection.execute(is_open):
        later = [began_ms for began_ms in begun[row.agent] if began_ms > row.began_ms]
        if later:
            closed.append({"of_agent": row.agent, "of_began_ms": row.began_ms, "new_ended_ms": min(later)})
            facts.touch_all(row.began_ms, min(later))
    if closed:
        table = AgentStretchRow.__table__.c
        statement = (
            update(AgentStretchRow)
            .where(table.agent == bindparam("of_agent"), table.began_ms == bindparam("of_began_ms"))
            .values(ended_ms=bindparam("new_ended_ms"))
        )
        await connection.execute(statement, closed)


async def _note_stale(connection: AsyncConnection, quarters: Iterable[int]) -> None:
    """A row that is there already is written again, for its lock: whoever works out its figures at this moment is
    waited for, or waits for these facts (see `figures`)."""
    rows = [{"quarter_ms": quarter_ms} for quarter_ms in sorted(quarters)]
    if rows:
        await connection.execute(_stale_again(connection.dialect), rows)


@lru_cache(maxsize=FEW)
def _stale_again(dialect: Dialect) -> Executable:
    statement = insert_into(dialect, StaleQuarterRow)
    return statement.on_conflict_do_update(
        index_elements=["quarter_ms"], set_={"quarter_ms": statement.excluded.quarter_ms}
    )


# ---- neighbours


async def link_contacts(connection: AsyncConnection, contacts: Sequence[str]) -> None:
    """Tell these contacts and their neighbours of each other; see ContactRow. Each has been inserted already.

    A contact is written when it ends, so its neighbours on both sides may be there before it.
    """
    previous: dict[str, int] = {}
    following: dict[str, int] = {}
    for found in _neighbours():
        for row in await connection.execute(found, {_CONTACTS.key: contacts}):
            id_, arrived_ms, previous_id, previous_ms, next_id, next_ms = row
            if previous_id is not None:
                previous[id_], following[previous_id] = previous_ms, arrived_ms
            if next_id is not None:
                following[id_], previous[next_id] = next_ms, arrived_ms
    for name, values in (("previous_ms", previous), ("next_ms", following)):
        if values:
            statement = update(ContactRow).where(ContactRow.__table__.c.id == bindparam("of_contact"))
            rows = [{"of_contact": contact, "new_ms": at_ms} for contact, at_ms in sorted(values.items())]
            await connection.execute(statement.values({name: bindparam("new_ms")}), rows)


@cache  # to build them takes longer than to run them
def _neighbours() -> tuple[Select[Any], ...]:
    """Of those of `_CONTACTS` whose customer is known, and of the others, with the ids and arrivals on both sides."""
    mine = ContactRow
    known = case((mine.customer_id.is_not(None), 1), else_=0)  # no index has it: these are found by their ids
    found = []
    for of_these, of_same in (
        (known == 1, lambda other: other.customer_id == mine.customer_id),
        (known == 0, lambda other: other.customer_id.is_(None) & (other.number == mine.number)),
    ):
        before, after = _neighbour(of_same, earlier=True), _neighbour(of_same, earlier=False)
        one = select(mine.id, mine.arrived_ms, *before, *after)
        found.append(one.where(mine.id.in_(_CONTACTS), mine.direction == Direction.IN.value, of_these))
    return tuple(found)


def _neighbour(of_same: Callable[[Any], ColumnElement[bool]], *, earlier: bool) -> tuple[Any, Any]:
    """Id and arrival of the one next to the contact in the query around this, by arrival and id: an index has both."""
    mine, other = ContactRow, aliased(ContactRow)
    beyond, up_to = (operator.lt, operator.le) if earlier else (operator.gt, operator.ge)
    further = or_(beyond(other.arrived_ms, mine.arrived_ms), beyond(other.id, mine.id))
    nearest_first = [column.desc() if earlier else column.asc() for column in (other.arrived_ms, other.id)]

    def nearest(column: Any) -> Any:
        found = select(column).where(of_same(other), other.direction == Direction.IN.value)
        found = found.where(up_to(other.arrived_ms, mine.arrived_ms), further)
        return found.order_by(*nearest_first).limit(1).correlate(mine).scalar_subquery()

    return nearest(other.id), nearest(other.arrived_ms)


# ---- rows


def _all_but(table: type[DeclarativeBase], key: Sequence[str], excluded: Any) -> dict[str, Any]:
    return {column.name: excluded[column.name] for column in table.__table__.columns if column.name not in key}


def _visit_row(visit: RecordVisit) -> Row:
    return fit(
        VisitRow,
        {
            "contact_id": visit.contact,
            "number": visit.number,
            "queue": visit.queue,
            "tier": visit.tier,
            "entry": visit.entry,
            "began_ms": visit.began_ms,
            "queued_ms": visit.queued_ms,
            "ended_ms": visit.ended_ms,
            "outcome": None if visit.outcome is None else visit.outcome.value,
            "waited_ms": visit.waited_ms,
            "agent": visit.agent,
            "service_level_ms": visit.service_level_ms,
            "short_abandon_ms": visit.short_abandon_ms,
            "after_transfer": visit.after_transfer,
        },
    )


def _part_row(part: RecordPart) -> Row:
    return fit(
        PartRow,
        {
            "contact_id": part.contact,
            "number": part.number,
            "agent": part.agent,
            "queue": part.queue,
            "tier": part.tier,
            "entry": part.entry,
            "direction": part.direction.value,
            "began_ms": part.began_ms,
            "ended_ms": part.ended_ms,
            "ring_ms": part.ring_ms,
            "talk_ms": part.talk_ms,
            "hold_ms": part.hold_ms,
            "wrap_up_ms": part.wrap_up_ms,
            "consult_ms": part.consult_ms,
            "consults": part.consults,
            "transfer": None if part.transfer is None else part.transfer.value,
            "disposition": part.disposition,
        },
    )


def _stretch_row(stretch: RecordStretch) -> Row:
    return fit(
        AgentStretchRow,
        {
            "agent": stretch.agent,
            "began_ms": stretch.began_ms,
            "number": stretch.number,
            "ended_ms": stretch.ended_ms,
            "state": stretch.state.value,
            "reason": stretch.reason,
        },
    )

"""What is old in SQL: finding it in order, and what becomes of it.

One idea: a contact goes whole or not at all, so what is looked for is contacts, a few at a time in the order of their
arrival, and each batch takes all that belongs to them in one transaction. So it may be cut off anywhere, and begun
again.

A contact that is not over, or whose wrap-up may go on, or that somebody has to come back to, is left as it is.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, aliased

from callcenter.crm.keys import LOWEST
from callcenter.retention.bounds import LOST_AFTER_MS, WRAP_UP_GRACE_MS
from callcenter.stores.figure_tables import (
    AgentStretchRow,
    FigureAgentRow,
    FigureQueueRow,
    FigureStretchRow,
    PartRow,
    VisitRow,
)
from callcenter.stores.personal import PERSONAL, blank, personal_in
from callcenter.stores.tables import (
    ContactRow,
    ContactTagRow,
    CustomerKeyRow,
    DecisionRow,
    EarlyDispositionRow,
    NoteRow,
    SegmentRow,
    WebhookDeadLetterRow,
    WebhookEventRow,
)
from callcenter.talks import Direction

OF_A_CONTACT = (ContactTagRow, SegmentRow, DecisionRow, NoteRow, EarlyDispositionRow, VisitRow, PartRow)
FIGURES = (FigureQueueRow, FigureAgentRow, FigureStretchRow)

Place = tuple[int, str]  # a moment and an id: the order in which contacts are looked at
Facts = type[VisitRow] | type[PartRow]
Told = type[WebhookEventRow] | type[WebhookDeadLetterRow]
WEBHOOKS: tuple[Told, ...] = (WebhookEventRow, WebhookDeadLetterRow)


@dataclass(slots=True)
class Counts:
    """Rows by table. `blanked` lost what was personal in them."""

    removed: dict[str, int] = field(default_factory=dict)
    blanked: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Counts") -> None:
        for mine, others in ((self.removed, other.removed), (self.blanked, other.blanked)):
            for name, count in others.items():
                mine[name] = mine.get(name, 0) + count


@dataclass(frozen=True, slots=True)
class Found:
    """A contact that was looked at. Where it is not `due` yet, it may be at another look if it is `late`."""

    place: Place
    contact: str
    due: bool
    late: bool = False


Look = Callable[[AsyncConnection, Place, int], Awaitable[Sequence[Found]]]
Act = Callable[[AsyncConnection, Sequence[str], bool], Awaitable[Counts]]


# ---- looking


def contacts_before(before_ms: int, today: str) -> Look:
    """Contacts that arrived before this moment; due are those that were over by then, with all that follows."""

    async def look(connection: AsyncConnection, after: Place, limit: int) -> Sequence[Found]:
        row = ContactRow
        to_follow = and_(row.follow_up_on.is_not(None), row.follow_up_on >= today)
        wraps_up = and_(row.connected_ms.is_not(None), row.agent.is_not(None), row.handled_ms.is_(None))
        goes_on = or_(row.ended_ms >= before_ms, and_(wraps_up, row.ended_ms >= before_ms - WRAP_UP_GRACE_MS))
        statement = (
            select(row.id, row.arrived_ms, to_follow.label("to_follow"), goes_on.label("goes_on"))
            .where(row.arrived_ms < before_ms, _after(row.arrived_ms, row.id, after))
            .order_by(row.arrived_ms, row.id)
            .limit(limit)
        )
        return [
            Found((one.arrived_ms, one.id), one.id, not one.to_follow and not one.goes_on, bool(one.goes_on))
            for one in await connection.execute(statement)
        ]

    return look


def lost_before(table: Facts, before_ms: int) -> Look:
    """Contacts that have visits or parts from before this moment; due are those that are in no log, and a month later
    wait nowhere."""

    async def look(connection: AsyncConnection, after: Place, limit: int) -> Sequence[Found]:
        visit = aliased(VisitRow)
        waits = exists().where(visit.contact_id == table.contact_id, visit.ended_ms.is_(None))
        is_lost = and_(~exists().where(ContactRow.id == table.contact_id), ~waits)
        statement = (
            select(table.contact_id, table.began_ms, is_lost.label("is_lost"))
            .where(table.began_ms < before_ms - LOST_AFTER_MS, _after(table.began_ms, table.contact_id, after))
            .order_by(table.began_ms, table.contact_id)
            .limit(limit)
        )
        return [
            Found((one.began_ms, one.contact_id), one.contact_id, bool(one.is_lost))
            for one in await connection.execute(statement)
        ]

    return look


async def followed_up(connection: AsyncConnection, before_ms: int, today: str, limit: int) -> Sequence[str]:
    """Contacts from before this moment that were left because of a follow-up, and need not be any more."""
    row = ContactRow
    over = (row.follow_up_on < today, row.arrived_ms < before_ms, row.ended_ms < before_ms)
    return (await connection.scalars(select(row.id).where(*over).order_by(row.id).limit(limit))).all()


def _after(at: InstrumentedAttribute[int], name: InstrumentedAttribute[str], place: Place) -> ColumnElement[bool]:
    """Behind this place; in words that both databases answer from an index of the time alone."""
    at_ms, id_ = place
    return and_(at >= at_ms, or_(at > at_ms, name > id_))


# ---- acting


async def forget(connection: AsyncConnection, contacts: Sequence[str], dry_run: bool) -> Counts:
    """Blank what is personal of these contacts; a CRM's customer of whom nothing else is left is known no more."""
    if dry_run:
        counted = {}
        for table in PERSONAL:
            count = select(func.count()).select_from(table).where(personal_in(table, contacts))
            counted[table.__tablename__] = await connection.scalar(count) or 0
        return Counts(blanked=counted)
    row = ContactRow
    theirs = select(row.customer_id).where(row.id.in_(contacts), row.customer_id >= LOWEST)
    customers = set(await connection.scalars(theirs))
    done = Counts(blanked=await blank(connection, contacts))
    known = (row.id.in_(contacts), row.customer_id.is_not(None))
    await connection.execute(update(row).where(*known).values(customer_id=None))
    called = (row.id.in_(contacts), row.direction == Direction.OUT.value, row.dialled != "")
    await connection.execute(update(row).where(*called).values(dialled=""))
    if customers:
        of_nothing = ~exists().where(row.customer_id == CustomerKeyRow.id)
        gone = await connection.execute(delete(CustomerKeyRow).where(CustomerKeyRow.id.in_(customers), of_nothing))
        done.removed[CustomerKeyRow.__tablename__] = gone.rowcount
    return done


async def remove(connection: AsyncConnection, contacts: Sequence[str], dry_run: bool) -> Counts:
    """Remove these contacts with all that belongs to them."""
    done = Counts()
    for table in (*OF_A_CONTACT, ContactRow):
        of = ContactRow.id if table is ContactRow else table.__table__.c.contact_id
        done.removed[table.__tablename__] = await _remove(connection, table, of.in_(contacts), dry_run)
    return done


async def remove_told(
    connection: AsyncConnection, table: Told, *, after: int, before_ms: int, limit: int, dry_run: bool
) -> tuple[Counts, int | None]:
    """What webhooks have not taken by then, the next so many, and the last one's number; None: no more. The newest
    event stays without its words, for numbers count on from it."""
    old = and_(table.number > after, table.at_ms < before_ms)
    if table is WebhookEventRow:
        newest = table.number == select(func.max(table.number)).scalar_subquery()
        if not dry_run:
            await connection.execute(update(table).where(old, newest).values(body="{}"))
        old = and_(old, ~newest)
    numbers = (await connection.scalars(select(table.number).where(old).order_by(table.number).limit(limit))).all()
    if not numbers:
        return Counts(), None
    return Counts({table.__tablename__: await _remove(connection, table, table.number.in_(numbers), dry_run)}), numbers[
        -1
    ]


async def remove_stretches(
    connection: AsyncConnection, *, after: Place, before_ms: int, limit: int, dry_run: bool
) -> tuple[Counts, Place | None]:
    """Agents' states that were over by then, the next so many, and where those ended; None: no more."""
    row = AgentStretchRow
    statement = (
        select(row.agent, row.began_ms)
        .where(row.began_ms < before_ms, row.ended_ms <= before_ms, _after(row.began_ms, row.agent, after))
        .order_by(row.began_ms, row.agent)
        .limit(limit)
    )
    found = (await connection.execute(statement)).all()
    if not found:
        return Counts(), None
    keys = tuple_(row.agent, row.began_ms).in_([(one.agent, one.began_ms) for one in found])
    done = Counts({row.__tablename__: await _remove(connection, row, keys, dry_run)})
    return done, (found[-1].began_ms, found[-1].agent)


async def remove_figures(
    connection: AsyncConnection,
    table: type[DeclarativeBase],
    *,
    after_ms: int,
    before_ms: int,
    limit: int,
    dry_run: bool,
) -> tuple[Counts, int | None]:
    """Figures of whole quarters after one and before another moment, about so many, and the last of those quarters."""
    quarter = table.__table__.c.quarter_ms
    old = and_(quarter > after_ms, quarter < before_ms)
    upto = select(quarter).where(old).order_by(quarter).limit(limit).subquery()
    last = await connection.scalar(select(func.max(upto.c.quarter_ms)))
    if last is None:
        return Counts(), None
    return Counts({table.__tablename__: await _remove(connection, table, and_(old, quarter <= last), dry_run)}), last


async def _remove(
    connection: AsyncConnection, table: type[DeclarativeBase], which: ColumnElement[bool], dry_run: bool
) -> int:
    """How many rows go, or would."""
    if dry_run:
        return await connection.scalar(select(func.count()).select_from(table).where(which)) or 0
    return max((await connection.execute(delete(table).where(which))).rowcount, 0)

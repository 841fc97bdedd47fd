"""Reading the contact log: one contact's story, and the contacts that somebody looks for.

The newest come first, and a page begins after the last one of the page before: by arrival and id, so that what is
written meanwhile neither repeats nor hides a contact, and the thousandth page costs what the first one does.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.stores.api_tokens import reached
from callcenter.stores.tables import (
    ContactRow,
    ContactTagRow,
    CustomerKeyRow,
    CustomerRow,
    DecisionRow,
    NoteRow,
    SegmentRow,
)
from callcenter.stories import Logged, LoggedDecision, LoggedNote, LoggedSegment, Person, Story, Wanted

MAX_LINES = 1_000  # of each kind that are told of one contact, the first ones


async def read_story(engine: AsyncEngine, contact: str, live: Logged | None = None) -> Story | None:
    """The story so far; `live` is the contact where it goes on. None where nobody knows it.

    Raises DatabaseUnavailableError.
    """
    async with reached(engine) as connection:
        logged = await read_contact(connection, contact) or live
        if logged is None:
            return None
        return Story(
            logged,
            await _person(connection, logged.customer_id),
            await _segments(connection, contact),
            await read_decisions(connection, contact),
            (await read_notes(connection, [contact], MAX_LINES)).get(contact, ()),
        )


async def read_contact(connection: AsyncConnection, contact: str) -> Logged | None:
    """None where it is not over yet, or unknown. Raises what SQLAlchemy raises."""
    row = (await connection.execute(_contacts().where(ContactRow.id == contact))).one_or_none()
    return None if row is None else _logged(row, await _tags(connection, contact))


async def read_decisions(connection: AsyncConnection, contact: str) -> tuple[LoggedDecision, ...]:
    """The first MAX_LINES, in order. Raises what SQLAlchemy raises."""
    statement = select(DecisionRow.__table__).where(DecisionRow.contact_id == contact)
    rows = await connection.execute(statement.order_by(DecisionRow.number).limit(MAX_LINES))
    return tuple(
        LoggedDecision(row.number, row.kind, row.at_ms, row.queue, row.priority, row.words, row.made_by)
        for row in rows
    )  # fmt: skip


async def find(engine: AsyncEngine, wanted: Wanted) -> Sequence[Logged]:
    """At most `wanted.limit` contacts that are over, the newest first. Raises DatabaseUnavailableError."""
    row = ContactRow
    statement = _contacts()
    for column, value in (
        (row.caller, wanted.caller),
        (row.number, wanted.number),
        (row.agent, wanted.agent),
        (row.queue, wanted.queue),
        (row.outcome, wanted.outcome),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.account is not None:
        statement = statement.where(_of_account(wanted.account))
    if wanted.queues is not None:
        statement = statement.where(row.queue.in_(wanted.queues))
    if wanted.follow_up_until is not None:
        statement = statement.where(row.follow_up_on <= wanted.follow_up_until)
    if wanted.from_ms is not None:
        statement = statement.where(row.arrived_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        statement = statement.where(row.arrived_ms < wanted.to_ms)
    if wanted.after is not None:
        arrived_ms, last = wanted.after
        older = or_(row.arrived_ms < arrived_ms, and_(row.arrived_ms == arrived_ms, row.id < last))
        statement = statement.where(row.arrived_ms <= arrived_ms, older)
    statement = statement.order_by(row.arrived_ms.desc(), row.id.desc()).limit(wanted.limit)
    async with reached(engine) as connection:
        found = (await connection.execute(statement)).all()
        tags: dict[str, list[str]] = {}
        ids = [one.id for one in found]
        for tag in await connection.execute(select(ContactTagRow.__table__).where(ContactTagRow.contact_id.in_(ids))):
            tags.setdefault(tag.contact_id, []).append(tag.tag)
    return [_logged(one, tags.get(one.id, [])) for one in found]


async def read_notes(
    connection: AsyncConnection, contacts: Sequence[str], limit: int
) -> dict[str, tuple[LoggedNote, ...]]:
    """Those of these contacts, the oldest first. Raises what SQLAlchemy raises."""
    columns = NoteRow.__table__
    of_these = select(columns).where(NoteRow.contact_id.in_(contacts))
    rows = await connection.execute(of_these.order_by(NoteRow.at_ms, NoteRow.id).limit(limit))
    found: dict[str, list[LoggedNote]] = {}
    for row in rows:
        found.setdefault(row.contact_id, []).append(LoggedNote(row.id, row.at_ms, row.made_by, row.text))
    return {contact: tuple(notes) for contact, notes in found.items()}


def _contacts() -> Select[*tuple[Any, ...]]:
    return select(ContactRow.__table__)


def _of_account(account: str) -> Any:
    """Named by the caller to the IVR, or that of the customer's record."""
    return or_(
        ContactRow.account == account,
        ContactRow.customer_id.in_(select(CustomerRow.id).where(CustomerRow.account == account)),
        ContactRow.customer_id.in_(select(CustomerKeyRow.id).where(CustomerKeyRow.account == account)),
    )


def _logged(row: Row[*tuple[Any, ...]], tags: Sequence[str]) -> Logged:
    return Logged(
        id=row.id,
        arrived_ms=row.arrived_ms,
        connected_ms=row.connected_ms,
        ended_ms=row.ended_ms,
        waited_ms=row.waited_ms,
        handled_ms=row.handled_ms,
        caller=row.caller,
        caller_name=row.caller_name,
        dialled=row.dialled,
        account=row.account,
        intent=row.intent,
        language=row.language,
        customer_id=row.customer_id,
        tier=row.tier,
        queue=row.queue,
        priority=row.priority,
        rule=row.rule,
        because=row.because,
        agent=row.agent,
        outcome=row.outcome,
        disposition=row.disposition,
        follow_up_on=row.follow_up_on,
        offers=row.offers,
        service_level_ms=row.service_level_ms,
        tags=tuple(sorted(tags)),
    )


async def _tags(connection: AsyncConnection, contact: str) -> Sequence[str]:
    return list(await connection.scalars(select(ContactTagRow.tag).where(ContactTagRow.contact_id == contact)))


async def _person(connection: AsyncConnection, customer: int | None) -> Person | None:
    if customer is None:
        return None
    row = (await connection.execute(select(CustomerRow.__table__).where(CustomerRow.id == customer))).one_or_none()
    if row is not None:
        return Person(row.id, row.account, row.name, row.tier, row.language)
    account = await connection.scalar(select(CustomerKeyRow.account).where(CustomerKeyRow.id == customer))
    return None if account is None else Person(customer, account)


async def _segments(connection: AsyncConnection, contact: str) -> tuple[LoggedSegment, ...]:
    statement = select(SegmentRow.__table__).where(SegmentRow.contact_id == contact)
    rows = await connection.execute(statement.order_by(SegmentRow.number).limit(MAX_LINES))
    return tuple(
        LoggedSegment(
            row.number, row.kind, row.started_ms, row.ended_ms, row.queue, row.agent, row.offer, row.result
        )
        for row in rows
    )  # fmt: skip

"""Erasing a customer in our database: their record goes, and what the log says of them, while the statistics stay.

One idea: of the log's rows only what is personal is blanked (see `stores.personal`). Rows stay where they are. A row of
an erased customer keeps a customer's id, one that is below 0 and leads nowhere, the same for all their rows, so that a
count of who called again stays right.

A contact is theirs if it carries their id. If it carries nobody's (or that of a customer who is no more) it is theirs
if it came from their number or named their account. What a customer says to us from somebody else's telephone is
theirs; what somebody else says from theirs is not.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from callcenter.crm.keys import made_up_id
from callcenter.customers.subject import Subject
from callcenter.stores.personal import blank
from callcenter.stores.tables import (
    ContactRow,
    CustomerAttributeRow,
    CustomerKeyRow,
    CustomerNumberRow,
    CustomerRow,
    WebhookDeadLetterRow,
    WebhookEventRow,
)

CHUNK = 200  # values in one statement

_THEIR_RECORD = (CustomerAttributeRow, CustomerNumberRow, CustomerRow)  # in the order in which they may go


@dataclass(slots=True)
class Erased:
    """How many rows of which table were removed, and in how many something was blanked. `shared` are accounts of other
    customers, who stay, with one of their numbers, and `callers` of those whose contacts came from one."""

    removed: dict[str, int] = field(default_factory=dict)
    blanked: dict[str, int] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    callers: list[str] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        return any(self.removed.values()) or any(self.blanked.values())


async def erase(connection: AsyncConnection, subject: Subject) -> Erased:
    """All of it in the caller's transaction; the subject learns of its contacts. Again, there is nothing left to do."""
    done = Erased()
    subject.contacts.update(await _their_contacts(connection, subject))
    done.shared = await _sharing(connection, subject)
    for contacts in _parts(sorted(subject.contacts)):
        await _blank(connection, subject, contacts, done)
    leads_nowhere = made_up_id()
    for ids in _parts(sorted(subject.ids)):
        mine = ContactRow.customer_id.in_(ids)
        await connection.execute(update(ContactRow).where(mine).values(customer_id=leads_nowhere))
    for ids in _parts(sorted(subject.own_ids)):
        for table in _THEIR_RECORD:
            column = CustomerRow.id if table is CustomerRow else table.__table__.c.customer_id
            _count(done.removed, table, (await connection.execute(delete(table).where(column.in_(ids)))).rowcount)
    for ids in _parts(sorted(subject.ids - subject.own_ids)):
        gone = await connection.execute(delete(CustomerKeyRow).where(CustomerKeyRow.id.in_(ids)))
        _count(done.removed, CustomerKeyRow, gone.rowcount)
    done.callers = await _callers(connection, subject)
    for to_tell in (WebhookEventRow, WebhookDeadLetterRow):
        await _untell(connection, subject, to_tell, done)
    return done


async def _untell(
    connection: AsyncConnection,
    subject: Subject,
    table: type[WebhookEventRow] | type[WebhookDeadLetterRow],
    done: Erased,
) -> None:
    """Remove what waits to be told to others about them, or could not be told."""
    about: list[int] = []
    for words in _parts(sorted(subject.contacts | subject.numbers)):
        named = or_(*(table.body.contains(word, autoescape=True) for word in words))
        for row in await connection.execute(select(table.number, table.body).where(named)):
            if subject.is_in(_json(row.body)):
                about.append(row.number)
    for numbers in _parts(sorted(set(about))):
        gone = await connection.execute(delete(table).where(table.number.in_(numbers)))
        _count(done.removed, table, gone.rowcount)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


async def _their_contacts(connection: AsyncConnection, subject: Subject) -> set[str]:
    found: set[str] = set()
    for ids in _parts(sorted(subject.ids)):
        found.update(await connection.scalars(select(ContactRow.id).where(ContactRow.customer_id.in_(ids))))
    whose = ContactRow.customer_id
    of_nobody = or_(whose.is_(None), whose.not_in(select(CustomerRow.id)) & whose.not_in(select(CustomerKeyRow.id)))
    for column, values in ((ContactRow.number, subject.numbers), (ContactRow.account, subject.accounts)):
        for some in _parts(sorted(values)):
            found.update(await connection.scalars(select(ContactRow.id).where(of_nobody, column.in_(some))))
    return found


async def _sharing(connection: AsyncConnection, subject: Subject) -> list[str]:
    """Accounts of others in our table who have one of their numbers."""
    found: list[str] = []
    for numbers in _parts(sorted(subject.numbers)):
        others = (
            select(CustomerRow.account)
            .join(CustomerNumberRow, CustomerNumberRow.customer_id == CustomerRow.id)
            .where(CustomerNumberRow.number.in_(numbers), CustomerRow.id.not_in(subject.own_ids))
        )
        found += await connection.scalars(others)
    return sorted(set(found))


async def _callers(connection: AsyncConnection, subject: Subject) -> list[str]:
    """Accounts of those who have called from their numbers, and were known: their contacts stay as they are."""
    found: set[str] = set()
    for numbers in _parts(sorted(subject.numbers)):
        who = select(ContactRow.customer_id).where(ContactRow.number.in_(numbers))
        for table in (CustomerRow, CustomerKeyRow):
            found.update(await connection.scalars(select(table.account).where(table.id.in_(who))))
    return sorted(found)


async def _blank(connection: AsyncConnection, subject: Subject, contacts: Sequence[str], done: Erased) -> None:
    for name, count in (await blank(connection, contacts)).items():
        done.blanked[name] = done.blanked.get(name, 0) + count
    dialled = select(ContactRow.id, ContactRow.dialled).where(ContactRow.id.in_(contacts), ContactRow.dialled != "")
    rows = (await connection.execute(dialled)).all()
    if called := [row.id for row in rows if subject.is_number(row.dialled)]:  # we called them
        await connection.execute(update(ContactRow).where(ContactRow.id.in_(called)).values(dialled=""))


async def count_named(connection: AsyncConnection, column: Any, subject: Subject) -> int:
    """In how many rows a text holds one of their numbers: of tables in which nothing may be changed."""
    table, count = column.class_, 0
    for words in _parts(sorted(subject.numbers)):
        named = or_(*(column.contains(word, autoescape=True) for word in words))
        count += await connection.scalar(select(func.count()).select_from(table).where(named)) or 0
    return count


def _count(counts: dict[str, int], table: type[DeclarativeBase], rows: int) -> None:
    counts[table.__tablename__] = counts.get(table.__tablename__, 0) + max(rows, 0)


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(values), CHUNK):
        yield values[at : at + CHUNK]

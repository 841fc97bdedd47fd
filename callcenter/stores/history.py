"""The last contacts of a caller, for the screen pop, and who talked to this caller last.

Whose contacts the pop shows: those of the customers that were found, and those that came from the same number without a
customer. A contact of another customer who shares the telephone is nobody else's business, and a withheld number is
the number of nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, bindparam, select, union_all
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.stores.stories import read_notes
from callcenter.stores.tables import ContactRow
from callcenter.stories import LoggedNote
from callcenter.types import AgentId, Outcome

_MAX_CUSTOMERS = 50
MAX_NOTES = 50  # of the contacts together


@dataclass(frozen=True, slots=True)
class PastContact:
    """An ended contact. `outcome` is a value of `Outcome`; `talk_ms` is 0 where nobody answered."""

    contact: str
    arrived_ms: int
    queue: str | None
    agent: str | None
    outcome: str
    disposition: str | None
    talk_ms: int
    follow_up_on: str | None = None
    notes: tuple[LoggedNote, ...] = ()


async def last_contacts(
    engine: AsyncEngine, customer_ids: Sequence[int], number: str | None, limit: int
) -> tuple[PastContact, ...]:
    """At most `limit` contacts, the latest first. `number` is in E.164. Raises what SQLAlchemy raises."""
    if not customer_ids and number is None:
        return ()
    statement = _statement(bool(customer_ids), number is not None)
    values = {"customers": list(customer_ids[:_MAX_CUSTOMERS]), "number": number, "at_most": limit}
    async with engine.connect() as connection:
        rows = (await connection.execute(statement, values)).all()
        notes = await read_notes(connection, [row.id for row in rows], MAX_NOTES) if rows else {}
    return tuple(
        PastContact(
            contact=row.id,
            arrived_ms=row.arrived_ms,
            queue=row.queue,
            agent=row.agent,
            outcome=row.outcome,
            disposition=row.disposition,
            talk_ms=0 if row.connected_ms is None else max(0, row.ended_ms - row.connected_ms),
            follow_up_on=row.follow_up_on,
            notes=notes.get(row.id, ()),
        )
        for row in rows
    )


async def last_agent(engine: AsyncEngine, customer_id: int | None, number: str | None) -> AgentId | None:
    """The agent of the newest answered contact of this customer or, where it is None, of this number in E.164.

    None if there was no such contact. Raises what SQLAlchemy raises.
    """
    statement = _LAST_OF_CUSTOMER if customer_id is not None else _LAST_OF_NUMBER
    async with engine.connect() as connection:
        agent = await connection.scalar(statement, {"whose": customer_id if customer_id is not None else number})
    return None if agent is None else AgentId(agent)


@cache  # one for each form: to build it takes longer than to run it, and every offer asks
def _statement(has_customers: bool, has_number: bool) -> Select[*tuple[Any, ...]]:
    queries = []
    if has_customers:
        queries.append(_latest().where(ContactRow.customer_id.in_(bindparam("customers", expanding=True))))
    if has_number:
        of_number = _latest().where(ContactRow.number == bindparam("number"))
        queries.append(of_number.where(ContactRow.customer_id.is_(None)) if has_customers else of_number)
    # Each part stops after so many rows of its own index; the parts have no contact in common.
    both = union_all(*(select(query.subquery()) for query in queries)).subquery()
    return select(both).order_by(both.c.arrived_ms.desc(), both.c.id.desc()).limit(_at_most())


def _at_most() -> BindParameter[int]:
    return bindparam("at_most", type_=Integer)


def _latest() -> Select[str, int, int | None, int, str | None, str | None, str, str | None, str | None]:
    columns = (
        ContactRow.id,
        ContactRow.arrived_ms,
        ContactRow.connected_ms,
        ContactRow.ended_ms,
        ContactRow.queue,
        ContactRow.agent,
        ContactRow.outcome,
        ContactRow.disposition,
        ContactRow.follow_up_on,
    )
    return select(*columns).order_by(ContactRow.arrived_ms.desc(), ContactRow.id.desc()).limit(_at_most())


def _last_agent(whose: Any) -> Select[str | None]:
    """Stops at the first row of its index that was answered."""
    answered = ContactRow.outcome == Outcome.ANSWERED.value
    mine = whose == bindparam("whose")
    return select(ContactRow.agent).where(mine, answered).order_by(ContactRow.arrived_ms.desc()).limit(1)


_LAST_OF_CUSTOMER = _last_agent(ContactRow.customer_id)
_LAST_OF_NUMBER = _last_agent(ContactRow.number)

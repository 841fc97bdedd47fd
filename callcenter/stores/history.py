"""The last contacts of a caller, for the screen pop.

Whose contacts they are: those of the customers that were found, and those that came from the same number without a
customer. A contact of another customer who shares the telephone is nobody else's business, and a withheld number is
the number of nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select, union_all
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.stores.tables import ContactRow

_MAX_CUSTOMERS = 50


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


async def last_contacts(
    engine: AsyncEngine, customer_ids: Sequence[int], number: str | None, limit: int
) -> tuple[PastContact, ...]:
    """At most `limit` contacts, the latest first. `number` is in E.164. Raises what SQLAlchemy raises."""
    queries = []
    if customer_ids:
        queries.append(_latest(limit).where(ContactRow.customer_id.in_(customer_ids[:_MAX_CUSTOMERS])))
    if number is not None:
        of_number = _latest(limit).where(ContactRow.number == number)
        queries.append(of_number.where(ContactRow.customer_id.is_(None)) if customer_ids else of_number)
    if not queries:
        return ()
    # Each part stops after `limit` rows of its own index; the parts have no contact in common.
    both = union_all(*(select(query.subquery()) for query in queries)).subquery()
    statement = select(both).order_by(both.c.arrived_ms.desc(), both.c.id.desc()).limit(limit)
    async with engine.connect() as connection:
        rows = (await connection.execute(statement)).all()
    return tuple(
        PastContact(
            contact=row.id,
            arrived_ms=row.arrived_ms,
            queue=row.queue,
            agent=row.agent,
            outcome=row.outcome,
            disposition=row.disposition,
            talk_ms=0 if row.connected_ms is None else max(0, row.ended_ms - row.connected_ms),
        )
        for row in rows
    )


def _latest(limit: int) -> Select[str, int, int | None, int, str | None, str | None, str, str | None]:
    columns = (
        ContactRow.id,
        ContactRow.arrived_ms,
        ContactRow.connected_ms,
        ContactRow.ended_ms,
        ContactRow.queue,
        ContactRow.agent,
        ContactRow.outcome,
        ContactRow.disposition,
    )
    return select(*columns).order_by(ContactRow.arrived_ms.desc(), ContactRow.id.desc()).limit(limit)

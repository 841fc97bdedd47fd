"""The log, read as a stream: contacts in the order of their arrival, each with all rows that belong to it.

One idea: a page of contacts is all that is in memory, whatever the log holds, and everything is read in one
transaction that sees one moment of the log. Columns are read by name from the tables, and nothing is asked of the code
that writes them.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.stores.tables import Base

PAGE = 1_000
# Tables with rows of contacts that may be there before their contact is.
OF_CONTACTS = ("segment", "decision", "visit", "part", "early_disposition", "contact_tag", "note")

Range = tuple[int | None, int | None]  # from, until before; ms, None: open


def table(name: str) -> Table:
    return Base.metadata.tables[name]


@dataclass(slots=True)
class Log:
    """All rows of one contact; `contact` None: it is not in the log (yet)."""

    id: str
    contact: Row[Any] | None
    segments: list[Row[Any]] = field(default_factory=list)
    decisions: list[Row[Any]] = field(default_factory=list)
    visits: list[Row[Any]] = field(default_factory=list)
    parts: list[Row[Any]] = field(default_factory=list)
    early: list[Row[Any]] = field(default_factory=list)


@contextlib.asynccontextmanager
async def one_moment(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection on which everything is read as it is now, whatever is written meanwhile."""
    async with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection
        else:  # the driver would begin no transaction for what only reads
            await connection.exec_driver_sql("BEGIN")
            yield connection
        await connection.rollback()


async def contacts(connection: AsyncConnection, between: Range, page: int = PAGE) -> AsyncIterator[list[Log]]:
    """Pages of the contacts that arrived in the range, by arrival and id."""
    contact = table("contact")
    begun, ended = between
    wanted: list[ColumnElement[bool]] = []
    if begun is not None:
        wanted.append(contact.c.arrived_ms >= begun)
    if ended is not None:
        wanted.append(contact.c.arrived_ms < ended)
    after: ColumnElement[bool] | None = None
    while True:
        query = select(contact).where(*wanted).order_by(contact.c.arrived_ms, contact.c.id).limit(page)
        found = (await connection.execute(query if after is None else query.where(after))).all()
        if found:
            yield await with_rows(connection, found)
        if len(found) < page:
            return
        last = found[-1]
        # Both conditions: the first is what an index can be asked, the second cuts what was seen.
        after = and_(
            contact.c.arrived_ms >= last.arrived_ms,
            or_(contact.c.arrived_ms > last.arrived_ms, contact.c.id > last.id),
        )


async def with_rows(connection: AsyncConnection, found: Sequence[Row[Any]]) -> list[Log]:
    return await _filled(connection, {row.id: Log(row.id, row) for row in found})


async def without_contact(connection: AsyncConnection, ids: Iterable[str]) -> list[Log]:
    """The rows of contacts that are not in the log."""
    return await _filled(connection, {one: Log(one, None) for one in ids})


async def _filled(connection: AsyncConnection, logs: dict[str, Log]) -> list[Log]:
    for name, order in (("segment", "number"), ("decision", "number"), ("visit", "number"), ("part", "number")):
        rows = table(name)
        query = select(rows).where(rows.c.contact_id.in_(logs)).order_by(rows.c.contact_id, rows.c[order])
        for row in await connection.execute(query):
            getattr(logs[row.contact_id], f"{name}s").append(row)
    early = table("early_disposition")
    for row in await connection.execute(select(early).where(early.c.contact_id.in_(logs))):
        logs[row.contact_id].early.append(row)
    return list(logs.values())


async def strangers(connection: AsyncConnection, name: str, page: int = PAGE) -> AsyncIterator[list[str]]:
    """Ids that the table has rows of and that no contact in the log has, a page at a time."""
    rows, contact = table(name), table("contact")
    last = ""
    while True:
        query = _ids(rows).where(rows.c.contact_id > last).limit(page)
        ids = [one for (one,) in await connection.execute(query)]
        if not ids:
            return
        known = set(await connection.scalars(select(contact.c.id).where(contact.c.id.in_(ids))))
        if unknown := [one for one in ids if one not in known]:
            yield unknown
        last = ids[-1]


def _ids(rows: Table) -> Select[Any]:
    return select(rows.c.contact_id).group_by(rows.c.contact_id).order_by(rows.c.contact_id)

"""What of the contact log is about a person, and what takes its place when that goes.

One idea: each column of the log is either statistics or personal, and those that are personal are listed here; a column
that is in no list fails a test. Erasing a customer and the end of a retention period both blank the same columns.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from callcenter.stores.tables import ContactRow, DecisionRow, NoteRow

ERASED = "(erased)"

# What personal columns of the log become. The key of the contact, and all that is not here, is statistics.
PERSONAL: Mapping[type[DeclarativeBase], Mapping[str, Any]] = {
    ContactRow: {
        "caller": None,
        "number": None,
        "caller_name": "",
        "account": None,
        "because": None,
        "follow_up_on": None,
    },
    DecisionRow: {"words": ERASED},
    NoteRow: {"text": ERASED},
}


def personal_in(table: type[DeclarativeBase], contacts: Sequence[str]) -> ColumnElement[bool]:
    """The table's rows of these contacts in which there is something to blank."""
    columns = table.__table__.c
    of = columns.id if table is ContactRow else columns.contact_id
    something = or_(*(columns[name].is_distinct_from(blank) for name, blank in PERSONAL[table].items()))
    return of.in_(contacts) & something


async def blank(connection: AsyncConnection, contacts: Sequence[str]) -> dict[str, int]:
    """Blank what is personal in the rows of these contacts; in how many something was blanked, by table."""
    changed = {}
    for table, blanks in PERSONAL.items():
        done = await connection.execute(update(table).where(personal_in(table, contacts)).values(**blanks))
        changed[table.__tablename__] = max(done.rowcount, 0)
    return changed

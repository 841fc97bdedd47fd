"""How far what is old has been removed: three moments in SQL, that those heed who write and work out figures.

One idea: whoever removes moves a mark first, in a transaction of its own or that of the removal, so nobody takes what
has been removed for what has never been. Before the mark of the facts figures are final: they are never worked out
again, for the facts that they were made of may be gone.
"""

from enum import Enum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.stores.tables import RetentionMarkRow as _Row


class Mark(Enum):
    """PERSONAL: contacts that arrived before it have been looked at, and those that were due are blanked.

    FACTS: where figures of quarters that begin before it are final. DONE: when the last run came to its end.
    """

    PERSONAL = "personal"
    FACTS = "facts"
    DONE = "done"


async def mark_of(connection: AsyncConnection, mark: Mark) -> int:
    return await connection.scalar(select(_Row.at_ms).where(_Row.name == mark.value)) or 0


async def final_until(connection: AsyncConnection) -> int:
    """Figures of quarters that begin before this are final. The mark stays where it is until the caller's transaction
    is over; on SQLite that has to have written already."""
    kept = select(_Row.at_ms).where(_Row.name == Mark.FACTS.value).with_for_update(read=True)
    return await connection.scalar(kept) or 0


async def hold(connection: AsyncConnection, mark: Mark) -> int:
    """Where it is; nobody else moves or holds it before the end of the caller's transaction, which this begins."""
    await connection.execute(update(_Row).where(_Row.name == mark.value).values(at_ms=_Row.at_ms))
    return await mark_of(connection, mark)


async def move(connection: AsyncConnection, mark: Mark, at_ms: int) -> None:
    await connection.execute(update(_Row).where(_Row.name == mark.value).values(at_ms=at_ms))


async def came_late(connection: AsyncConnection, arrived_ms: int) -> None:
    """A contact that arrived then is only written now: the next run has to look there again."""
    passed = (_Row.name == Mark.PERSONAL.value, _Row.at_ms > arrived_ms)
    await connection.execute(update(_Row).where(*passed).values(at_ms=arrived_ms))

"""Rows that belong to no contact in the log: to one that goes on, or to one that is missing.

One idea: the contact's own row is written when it ends, and the rows of its life before that. So rows without a contact
are right as long as nothing among them says that the contact is over. An end of a wait by hanging up says so, and a
wrap-up of an agent who has handed the contact on to nobody; and no contact goes on for longer than LONGEST_MS.
"""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.reconcile.findings import Findings
from callcenter.reconcile.recount import ABANDONED, Part
from callcenter.reconcile.rows import OF_CONTACTS, Log, Range, strangers, table, without_contact

LONGEST_MS = 24 * 3_600_000


async def logs_without_contact(connection: AsyncConnection) -> AsyncIterator[list[Log]]:
    """All of them, each once, a page at a time."""
    for place, name in enumerate(OF_CONTACTS):
        async for ids in strangers(connection, name):
            seen = set[str]()
            for before in OF_CONTACTS[:place]:  # told already, with the rows of that table
                rows = table(before)
                seen.update(await connection.scalars(select(rows.c.contact_id).where(rows.c.contact_id.in_(ids))))
            if new := [one for one in ids if one not in seen]:
                yield await without_contact(connection, new)


def moments(log: Log) -> list[int]:
    """When something happened in the life of the contact, as far as its rows tell."""
    at = [one.ended_ms for one in (*log.segments, *log.parts)] + [one.at_ms for one in log.decisions]
    at += [one.began_ms for one in log.visits] + [one.ended_ms for one in log.visits if one.ended_ms is not None]
    return at


async def check_stranger(  # noqa: PLR0917 - one contact, and all that decides on it
    connection: AsyncConnection, log: Log, parts: Sequence[Part], now_ms: int, between: Range, findings: Findings
) -> bool:
    """Note where it should be in the log; False where it has nothing to do with this range."""
    at = moments(log)
    begun, ended = between
    if at and ((begun is not None and max(at) < begun) or (ended is not None and min(at) >= ended)):
        return False
    findings.looked("no-contact")
    if await _goes_on(connection, log, parts, at, now_ms):
        return True
    counts = ((len(log.segments), "segments"), (len(log.decisions), "decisions"), (len(log.visits), "visits"))
    rows = ", ".join(f"{count} {name}" for count, name in (*counts, (len(log.parts), "parts")) if count)
    rows = rows or await _other_rows(connection, log.id)
    last = f", the last of {max(at)}" if at else ""
    findings.differs("no-contact", log.id, "contact", "a contact, or that it goes on", f"{rows}{last}")
    return True


async def _goes_on(
    connection: AsyncConnection, log: Log, parts: Sequence[Part], at: Sequence[int], now_ms: int
) -> bool:
    if not at:
        note = table("note")
        noted_ms = await connection.scalar(select(func.max(note.c.at_ms)).where(note.c.contact_id == log.id))
        return noted_ms is not None and now_ms - noted_ms <= LONGEST_MS and not log.early
    hung_up = any(row.outcome == ABANDONED for row in log.visits)
    done = any(part.transfer is None for part in parts)
    return not hung_up and not done and now_ms - max(at) <= LONGEST_MS


async def _other_rows(connection: AsyncConnection, contact: str) -> str:
    for name in ("contact_tag", "early_disposition", "note"):
        rows = table(name)
        count = await connection.scalar(select(func.count()).select_from(rows).where(rows.c.contact_id == contact))
        if count:
            return f"{count} rows in {name}"
    return "rows"

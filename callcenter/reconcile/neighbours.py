"""A contact's links to those of the same customer before and after it, looked up once more.

One idea: no contact of the same customer may lie between a contact and the one that it names. Who is named may have
been erased since, and is then another's; but somebody has arrived at that moment, and nobody nearer may be found.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.reconcile.findings import Findings
from callcenter.reconcile.rows import Log, table
from callcenter.stores.retention_marks import Mark, mark_of

_LINKS = ("previous_ms", "next_ms")


async def check_links(connection: AsyncConnection, logs: list[Log], findings: Findings) -> None:
    contact = table("contact")
    ids = [log.id for log in logs if log.contact is not None]
    kept_ms = await mark_of(connection, Mark.FACTS)
    nearest = (_nearest(contact, earlier=True), _nearest(contact, earlier=False))
    named = [_somebody_at(contact, contact.c[name]) for name in _LINKS]
    query = select(contact.c.id, contact.c.previous_ms, contact.c.next_ms, *nearest, *named).where(
        contact.c.id.in_(ids),
        contact.c.direction == "in",
        or_(contact.c.customer_id.is_not(None), contact.c.number.is_not(None)),
    )
    for one, previous_ms, next_ms, before_ms, after_ms, at_previous, at_next in await connection.execute(query):
        findings.looked("contact-links")
        removed = previous_ms is not None and previous_ms < kept_ms  # by age, and nobody can be found there any more
        if not removed and _is_wrong(previous_ms, before_ms, at_previous, nearer=max):
            findings.differs("contact-links", one, "previous_ms", before_ms, previous_ms)
        if _is_wrong(next_ms, after_ms, at_next, nearer=min):
            findings.differs("contact-links", one, "next_ms", after_ms, next_ms)


def _is_wrong(named_ms: int | None, found_ms: int | None, somebody: str | None, *, nearer: Callable[..., int]) -> bool:
    if named_ms == found_ms:
        return False
    if named_ms is None:
        return True
    return somebody is None or (found_ms is not None and nearer(named_ms, found_ms) == found_ms)


def _nearest(contact: Any, *, earlier: bool) -> Any:
    """The arrival of the next contact of the same customer or, where none was known, of the same number."""
    other = contact.alias()
    same = or_(
        other.c.customer_id == contact.c.customer_id,
        and_(contact.c.customer_id.is_(None), other.c.customer_id.is_(None), other.c.number == contact.c.number),
    )
    mine, theirs = contact.c, other.c
    at, before = (theirs.arrived_ms <= mine.arrived_ms, theirs.id < mine.id)
    which: Any = func.max(theirs.arrived_ms)
    if not earlier:
        at, before = (theirs.arrived_ms >= mine.arrived_ms, theirs.id > mine.id)
        which = func.min(theirs.arrived_ms)
    return (
        select(which)
        .where(same, theirs.direction == "in", at, or_(theirs.arrived_ms != mine.arrived_ms, before))
        .correlate(contact)
        .scalar_subquery()
    )


def _somebody_at(contact: Any, at_ms: Any) -> Any:
    """Whether a contact has arrived at this moment, whosever it is."""
    other = contact.alias()
    return select(other.c.id).where(other.c.arrived_ms == at_ms).correlate(contact).limit(1).scalar_subquery()

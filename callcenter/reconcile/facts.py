"""The tables visit, part and agent_stretch beside what is recounted from segments and decisions.

One idea: the daemon has written these facts as they happened, from what it had in memory; the recount knows only the
rows of the log. What both say of one contact must be the same, column by column.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.reconcile.findings import Findings
from callcenter.reconcile.recount import Part, Visit
from callcenter.reconcile.rows import PAGE, Log, Range, table

DAY_MS = 86_400_000
Fact = TypeVar("Fact", Visit, Part)
_OF_VISITS = ("queue", "began_ms", "queued_ms", "after_transfer", "ended_ms", "outcome", "waited_ms", "agent")
_OF_PARTS = (
    "agent", "queue", "direction", "began_ms", "ended_ms", "ring_ms", "talk_ms", "hold_ms", "wrap_up_ms", "consult_ms",
    "consults", "disposition",
)  # fmt: skip


def compare_visits(log: Log, visits: Sequence[Visit], findings: Findings) -> None:
    _compared(log, "visit", visits, _OF_VISITS, findings)


def compare_parts(log: Log, parts: Sequence[Part], findings: Findings) -> None:
    for part, row in _compared(log, "part", parts, _OF_PARTS, findings):
        if part.transfer != row.transfer and (part.transfer != "" or row.transfer is None):
            findings.differs("parts", log.id, f"part {row.number}: transfer", part.transfer, row.transfer)


def _compared(
    log: Log, kind: str, counted: Sequence[Fact], columns: Sequence[str], findings: Findings
) -> list[tuple[Fact, Row[Any]]]:
    """Compare by these columns what both sides have, and return it; what one side lacks is a finding."""
    both = []
    check = f"{kind}s"
    rows: Sequence[Row[Any]] = getattr(log, check)
    found, expected = {row.number: row for row in rows}, {fact.number: fact for fact in counted}
    for number in sorted(found.keys() | expected.keys()):
        findings.looked(check)
        what, fact, row = f"{kind} {number}", expected.get(number), found.get(number)
        if fact is None or row is None:
            findings.differs(check, log.id, what, _told(fact), _told(row))
            continue
        for column in columns:
            findings.same(check, log.id, f"{what}: {column}", getattr(fact, column), getattr(row, column))
        _entry(log, check, what, row, findings)
        both.append((fact, row))
    return both


def _told(one: Any) -> str | None:
    return None if one is None else f"{one.queue} from {one.began_ms} to {one.ended_ms}, agent {one.agent}"


def _entry(log: Log, check: str, what: str, row: Row[Any], findings: Findings) -> None:
    """What was dialled; of a call out that is the customer's number, which is no entry."""
    if log.contact is not None:
        entry = log.contact.dialled if log.contact.direction == "in" else ""
        findings.same(check, log.id, f"{what}: entry", entry, row.entry)


# ---- agents' stretches


class Stretches:
    """Each agent's stretches, one after the other by their begin, and the share of each in its quarters."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._last: dict[str, Row[Any]] = {}

    def follow(self, row: Row[Any]) -> None:
        """It begins where the one before it has ended, or later, where the agent has been away."""
        self._findings.looked("stretches")
        before = self._last.get(row.agent)
        if row.ended_ms is not None and row.ended_ms < row.began_ms:
            self._differs(row, "ends", f"{row.began_ms} or later", row.ended_ms)
        if before is not None and (before.ended_ms is None or before.ended_ms > row.began_ms):
            self._differs(before, "ends", f"{row.began_ms} or sooner", before.ended_ms)
        self._last[row.agent] = row

    def _differs(self, row: Row[Any], what: str, counted: object, found: object) -> None:
        subject = f"{row.agent} from {row.began_ms} ({row.state})"
        self._findings.differs("stretches", subject, what, counted, found)


async def stretches(connection: AsyncConnection, between: Range) -> AsyncIterator[Sequence[Row[Any]]]:
    """Pages of the stretches that began in the range, by begin and agent."""
    of = table("agent_stretch")
    begun, ended = between
    wanted = [] if begun is None else [of.c.began_ms >= begun]
    wanted += [] if ended is None else [of.c.began_ms < ended]
    after: Any = None
    while True:
        query = select(of).where(*wanted).order_by(of.c.began_ms, of.c.agent).limit(PAGE)
        found = (await connection.execute(query if after is None else query.where(after))).all()
        if found:
            yield found
        if len(found) < PAGE:
            return
        last = found[-1]
        after = and_(of.c.began_ms >= last.began_ms, (of.c.began_ms > last.began_ms) | (of.c.agent > last.agent))


async def hold_parts(connection: AsyncConnection, parts: Sequence[tuple[str, Part]], findings: Findings) -> None:
    """Each part's talk lies in a stretch of talking that ends with it, and its wrap-up is a stretch; `parts` are of one
    page of contacts, each with the contact's id."""
    if not parts:
        return
    of = table("agent_stretch")
    begun = {part.talking_since_ms for _, part in parts} | {part.talked_until_ms for _, part in parts}
    query = select(of.c.agent, of.c.began_ms, of.c.ended_ms, of.c.state).where(of.c.began_ms.in_(begun))
    known = {(row.agent, row.began_ms): (row.state, row.ended_ms) for row in await connection.execute(query)}
    for contact, part in parts:
        findings.looked("stretches")
        for state, begun_ms, ended_ms in (
            ("talking", part.talking_since_ms, part.talked_until_ms),
            ("wrap_up", part.talked_until_ms, part.ended_ms),
        ):
            found = known.get((part.agent, begun_ms))
            if begun_ms < ended_ms and found != (state, ended_ms):
                what = f"agent {part.agent} from {begun_ms}"
                told = None if found is None else f"{found[0]} until {found[1]}"
                findings.differs("stretches", contact, what, f"{state} until {ended_ms}", told)


async def stretches_into(connection: AsyncConnection, at_ms: int) -> Sequence[Row[Any]]:
    """Those that were under way at this moment and are over by now."""
    of = table("agent_stretch")
    long = and_(of.c.ended_ms - of.c.began_ms > DAY_MS, of.c.ended_ms > at_ms)
    short = and_(of.c.began_ms >= at_ms - DAY_MS, of.c.ended_ms > at_ms)
    query = select(of).where(of.c.began_ms < at_ms, or_(long, short))
    return (await connection.execute(query)).all()

"""One run: what is too old goes, in small transactions, and figures are made of contacts before those go.

The order makes it safe to be cut off anywhere and begun again. First figures are worked out for all that they still
lack, then the mark says that they are final, and only after that contacts go (see `stores.retention_marks`). Of those
that stay what is personal is blanked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.retention import files, rows
from callcenter.retention.bounds import LOST_AFTER_MS, Bounds
from callcenter.retention.pace import Pace
from callcenter.retention.rows import Act, Counts, Found, Look, Place
from callcenter.stores import figures
from callcenter.stores.database import STATEMENT_TIMEOUT_S
from callcenter.stores.figure_tables import PartRow, VisitRow
from callcenter.stores.retention_marks import Mark, hold, mark_of, move

T = TypeVar("T")

_ATTEMPTS = 3  # two who write at once may each wait for the other, and the database then ends one of the two
_BEFORE_ALL: Place = (-(1 << 62), "")
_AT_ONCE = 10_000  # ids in memory


@dataclass(slots=True)
class Done:
    """What a run has done or, `dry_run`, would do. `files` are lines by file."""

    bounds: Bounds
    dry_run: bool
    counts: Counts = field(default_factory=Counts)
    files: dict[str, int] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        return any(self.counts.removed.values()) or any(self.counts.blanked.values()) or any(self.files.values())


async def run(
    engine: AsyncEngine, data_dir: Path, bounds: Bounds, *, now_ms: int, dry_run: bool = False, pace: Pace | None = None
) -> Done:
    """Raises what SQLAlchemy raises, and OSError; what was done until then is done."""
    done = Done(bounds, dry_run)
    work = _Work(engine, done, pace or Pace())
    if bounds.contacts_ms is not None:
        await work.remove_contacts(bounds.contacts_ms)
    if bounds.personal_ms is not None:
        await work.forget_persons(bounds.personal_ms)
    told_ms = bounds.personal_ms if bounds.personal_ms is not None else bounds.contacts_ms
    if told_ms is not None:
        await work.remove_told(told_ms)
    done.files = await asyncio.to_thread(files.clean, data_dir, bounds.personal_ms, bounds.contacts_ms, dry_run=dry_run)
    if bounds.statistics_ms is not None:
        await work.remove_figures(bounds.statistics_ms)
    if not dry_run:
        await work.note_done(now_ms)
        await _empty_the_log_of_writes(engine)
    return done


async def _empty_the_log_of_writes(engine: AsyncEngine) -> None:
    """SQLite's has still what was there before; where somebody reads at this moment it stays until the next time."""
    if engine.dialect.name == "sqlite":
        async with engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@dataclass(slots=True)
class _Work:
    engine: AsyncEngine
    done: Done
    pace: Pace

    # ---- contacts

    async def remove_contacts(self, before_ms: int) -> None:
        if not self.done.dry_run:
            await self._make_final(before_ms)
        await self._walk(rows.contacts_before(before_ms, self.done.bounds.today), rows.remove, _BEFORE_ALL)
        for table in (VisitRow, PartRow):
            await self._walk(rows.lost_before(table, before_ms), rows.remove, _BEFORE_ALL)
        place: Place | None = _BEFORE_ALL
        while place is not None:
            take = partial(rows.remove_stretches, after=place, before_ms=before_ms, dry_run=self.done.dry_run)
            place = await self._take(take)

    async def _make_final(self, before_ms: int) -> None:
        """Work out the figures that are not yet, and let nobody work them out again."""
        await figures.refresh(self.engine, 0, before_ms)

        async def say(connection: AsyncConnection) -> None:
            if await hold(connection, Mark.FACTS) < before_ms:
                await move(connection, Mark.FACTS, before_ms)

        await self._transact(say)

    # ---- what is personal

    async def forget_persons(self, before_ms: int) -> None:
        begin_ms = await self._transact(lambda connection: mark_of(connection, Mark.PERSONAL))
        today = self.done.bounds.today
        over = await self._transact(lambda c: rows.followed_up(c, min(begin_ms, before_ms), today, _AT_ONCE))
        for at in range(0, len(over), rows_at_once := self.pace.size):
            await self._act(rows.forget, over[at : at + rows_at_once])
        mark = _MovingMark(begin_ms)
        gone_ms = self.done.bounds.contacts_ms if self.done.dry_run else None  # what would not be there any more
        first_ms = max(begin_ms, gone_ms or 0)
        await self._walk(rows.contacts_before(before_ms, today), rows.forget, (first_ms, ""), mark)
        for table in (VisitRow, PartRow):
            lost_ms = begin_ms - LOST_AFTER_MS
            await self._walk(rows.lost_before(table, before_ms), rows.forget, (lost_ms, ""))
        if not self.done.dry_run:
            await self._transact(lambda connection: mark.rest_at(connection, before_ms))

    async def remove_told(self, before_ms: int) -> None:
        for table in rows.WEBHOOKS:
            last: int | None = 0
            while last is not None:
                take = partial(
                    rows.remove_told, table=table, after=last, before_ms=before_ms, dry_run=self.done.dry_run
                )
                last = await self._take(take)

    # ---- figures

    async def remove_figures(self, before_ms: int) -> None:
        for table in rows.FIGURES:
            last: int | None = -1
            while last is not None:
                take = partial(
                    rows.remove_figures, table=table, after_ms=last, before_ms=before_ms, dry_run=self.done.dry_run
                )
                last = await self._take(take)

    async def note_done(self, now_ms: int) -> None:
        await self._transact(lambda connection: move(connection, Mark.DONE, now_ms))

    # ---- a batch at a time

    async def _walk(self, look: Look, act: Act, after: Place, mark: "_MovingMark | None" = None) -> None:
        """Look at all contacts behind a place, a batch at a time, and act on those that are due."""
        while True:
            limit = self.pace.size
            step = partial(self._step, look=look, act=act, after=after, limit=limit, mark=mark)
            found, counts = await self._transact(step)
            self.done.counts.add(counts)
            await self.pace.rest()
            if len(found) < limit:
                return
            after = found[-1].place

    async def _step(
        self, connection: AsyncConnection, *, look: Look, act: Act, after: Place, limit: int, mark: "_MovingMark | None"
    ) -> tuple[Sequence[Found], Counts]:
        dry_run = self.done.dry_run
        is_at = await self._begin(connection)
        if mark is not None and not dry_run:
            mark.heed(is_at)
        found = await look(connection, after, limit)
        due = list(dict.fromkeys(one.contact for one in found if one.due))
        counts = await act(connection, due, dry_run) if due else Counts()
        if mark is not None and not dry_run:
            await mark.pass_by(connection, found)
        return found, counts

    async def _act(self, act: Act, contacts: Sequence[str]) -> None:
        async def work(connection: AsyncConnection) -> Counts:
            await self._begin(connection)
            return await act(connection, contacts, self.done.dry_run)

        self.done.counts.add(await self._transact(work))
        await self.pace.rest()

    async def _take(self, take: Callable[..., Awaitable[tuple[Counts, T | None]]]) -> T | None:
        async def work(connection: AsyncConnection) -> tuple[Counts, T | None]:
            await self._begin(connection)
            return await take(connection, limit=self.pace.size)

        counts, last = await self._transact(work)
        self.done.counts.add(counts)
        await self.pace.rest()
        return last

    async def _begin(self, connection: AsyncConnection) -> int:
        """One run at a time, and the first word is a writer's; where the mark of what is personal is."""
        is_at = 0 if self.done.dry_run else await hold(connection, Mark.PERSONAL)
        self.pace.begin()
        return is_at

    async def _transact(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with asyncio.timeout(STATEMENT_TIMEOUT_S), self.engine.begin() as connection:
                    return await work(connection)
            except DBAPIError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")


@dataclass(slots=True)
class _MovingMark:
    """The mark of what is personal: it stops before the first contact that may be due another day.

    Whoever writes a contact late sets it back; then it stays there, for the next run to look at that one.
    """

    is_at: int
    stops_at: int | None = None

    def heed(self, is_at: int) -> None:
        if is_at < self.is_at:
            self._stop(is_at)
        self.is_at = is_at

    async def pass_by(self, connection: AsyncConnection, found: Sequence[Found]) -> None:
        late = [one.place[0] for one in found if one.late]
        if late:
            self._stop(min(late))
        if found:
            await self._go(connection, found[-1].place[0])

    async def rest_at(self, connection: AsyncConnection, before_ms: int) -> None:
        self.heed(await hold(connection, Mark.PERSONAL))
        await self._go(connection, before_ms)

    async def _go(self, connection: AsyncConnection, to_ms: int) -> None:
        to_ms = to_ms if self.stops_at is None else min(to_ms, self.stops_at)
        if to_ms > self.is_at:
            await move(connection, Mark.PERSONAL, to_ms)
            self.is_at = to_ms

    def _stop(self, at_ms: int) -> None:
        self.stops_at = at_ms if self.stops_at is None else min(self.stops_at, at_ms)

"""The only place that changes state: inbox -> handle -> journal -> release.

Whatever has come in while the last batch was being journalled is handled as one batch, its events are appended to the
journal in one round trip, and only then are its commands released to the shells, in order. A busy moment thus costs
fewer round trips, not more.

When the journal can't be reached, callers matter more than the record: commands are released all the same, the daemon
says so and is not ready, and a full snapshot is written before journalling goes on (docs/decisions/0003).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from callcenter.commands import Command
from callcenter.engine import Engine
from callcenter.events import Event, TimePassed
from callcenter.stores.journal import Journal, JournalUnavailableError
from callcenter.stores.snapshot import encode_snapshot

log = logging.getLogger(__name__)

INBOX_LIMIT = 100_000
BATCH_LIMIT = 200  # events handled between two turns of the loop; a larger batch would hold up the wire
JOURNAL_RETRY_S = 1.0

Outlet = Callable[[Command], None]


class InboxOverflowError(Exception):
    """The engine has fallen hopelessly behind. The daemon stops; the PBX's fallback queue takes the callers."""


class WallClock:
    """UTC milliseconds that never go back: the wall clock once, a monotonic one from there."""

    def __init__(self, not_before_ms: int = 0) -> None:
        self._offset_ns = max(time.time_ns(), not_before_ms * 1_000_000) - time.monotonic_ns()

    def now_ms(self) -> int:
        return (time.monotonic_ns() + self._offset_ns) // 1_000_000


@dataclass(slots=True)
class _Waiting:
    event: Event
    handled: asyncio.Future[None] | None = None


@dataclass(slots=True)
class RunnerStats:
    """For health and metrics. `journal_error` is None while journalling works."""

    handled: int = 0
    journal_error: str | None = None
    decision_observers: list[Callable[[float], None]] = field(default_factory=list)


class Runner:
    """Feeds an engine, one event after the other, and lets its commands out in the same order.

    `fail` is called once with whatever broke: a broken invariant must stop the daemon loudly. `settle` waits until the
    records released so far are safe; a snapshot forgets the events that could tell them again, so it waits for that.
    """

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        *,
        clock: WallClock,
        outlets: Sequence[Outlet],
        fail: Callable[[BaseException], None],
        snapshot_every: int,
        settle: Callable[[], Awaitable[object]],
    ) -> None:
        self.engine = engine
        self.stats = RunnerStats()
        self._journal = journal
        self._clock = clock
        self._outlets = tuple(outlets)
        self._fail = fail
        self._snapshot_every = snapshot_every
        self._settle = settle
        self._saving: asyncio.Task[None] | None = None
        self._since_snapshot = 0
        self._retry_journal_at = 0.0
        self._inbox: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Handle what is in the inbox, write a snapshot, and end."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._timer is not None:
            self._timer.cancel()

    def submit(self, event: Event) -> None:
        """Put an event into the inbox; returns at once."""
        self._put(_Waiting(event))

    def retry_journal_now(self) -> None:
        """Don't wait for the next try: whoever watches Redis has just seen it answer."""
        self._retry_journal_at = 0.0

    async def submit_and_wait(self, event: Event) -> None:
        """Put an event into the inbox and wait until it is handled and its commands are out."""
        waiting = _Waiting(event, asyncio.get_running_loop().create_future())
        self._put(waiting)
        assert waiting.handled is not None
        await waiting.handled

    def _put(self, waiting: _Waiting) -> None:
        if len(self._inbox) >= INBOX_LIMIT:
            self._fail(InboxOverflowError(f"{INBOX_LIMIT} events wait to be handled"))
            if waiting.handled is not None:
                waiting.handled.cancel()
            return
        self._inbox.append(waiting)
        self._wake.set()

    async def _run(self) -> None:
        batch: list[_Waiting] = []
        try:
            while not (self._stopping and not self._inbox):
                await self._wake.wait()
                self._wake.clear()
                while self._inbox:
                    batch, self._inbox = self._inbox[:BATCH_LIMIT], self._inbox[BATCH_LIMIT:]
                    await self._take(batch)
                self._arm()
            await self._settle()
            await self._snapshot()
        except BaseException as error:
            for waiting in batch + self._inbox:
                if waiting.handled is not None and not waiting.handled.done():
                    waiting.handled.cancel()
            self._fail(error)
            raise

    async def _take(self, batch: Sequence[_Waiting]) -> None:
        entries: list[tuple[int, Event]] = []
        commands: list[Command] = []
        for waiting in batch:
            now_ms = self._clock.now_ms()
            started = time.perf_counter()
            commands += self.engine.handle(now_ms, waiting.event)
            for observe in self.stats.decision_observers:
                observe(time.perf_counter() - started)
            entries.append((now_ms, waiting.event))
        await self._keep(entries)
        for command in commands:
            for outlet in self._outlets:
                outlet(command)
        self.stats.handled += len(batch)
        for waiting in batch:
            if waiting.handled is not None and not waiting.handled.done():
                waiting.handled.set_result(None)
        if self._since_snapshot >= self._snapshot_every and (self._saving is None or self._saving.done()):
            await self._begin_snapshot()

    async def _keep(self, entries: Sequence[tuple[int, Event]]) -> None:
        if self.stats.journal_error is not None:
            if time.monotonic() >= self._retry_journal_at:
                await self._snapshot()
            return
        try:
            await self._journal.append(entries)
        except JournalUnavailableError as error:
            self._journal_lost(error)
            return
        self._since_snapshot += len(entries)
        if self._journal.needs_snapshot:
            self._since_snapshot = self._snapshot_every

    async def _begin_snapshot(self) -> None:
        """Take the state as it is now, and save it beside the work once all that was released is safe."""
        try:
            last = await self._journal.append(())
        except JournalUnavailableError as error:
            self._journal_lost(error)
            return
        self._since_snapshot = 0
        snapshot = encode_snapshot(self.engine.snapshot())
        self._saving = asyncio.create_task(self._save(snapshot, last))

    async def _save(self, snapshot: bytes, last: str) -> None:
        await self._settle()
        try:
            await self._journal.save_snapshot(snapshot, last)
        except JournalUnavailableError as error:
            log.warning("no snapshot could be saved, the events before it stay in the journal: %s", error)

    async def _snapshot(self) -> None:
        """Save the state as it is now and wait for it: at the end, and where journalling begins again after a gap."""
        if self._saving is not None:
            await self._saving
        try:
            last = await self._journal.append(())  # settles what became of an attempt that was never answered
            await self._journal.save_snapshot(encode_snapshot(self.engine.snapshot()), last)
        except JournalUnavailableError as error:
            self._journal_lost(error)
            return
        self._since_snapshot = 0
        if self.stats.journal_error is not None:
            log.warning("journal is back; a full snapshot has been written")
            self.stats.journal_error = None

    def _journal_lost(self, error: JournalUnavailableError) -> None:
        if self.stats.journal_error is None:
            log.error("journal is out of reach, calls go on without it: %s", error)
        self.stats.journal_error = str(error)
        self._retry_journal_at = time.monotonic() + JOURNAL_RETRY_S

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_ms = self.engine.next_due_ms()
        if due_ms is not None and not self._stopping:
            delay_s = max(0, due_ms - self._clock.now_ms()) / 1000
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        due_ms = self.engine.next_due_ms()
        if due_ms is not None and due_ms <= self._clock.now_ms():
            self.submit(TimePassed())
        else:
            self._arm()

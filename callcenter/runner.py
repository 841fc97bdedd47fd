"""The only place that changes state: inbox -> handle -> journal -> release.

Whatever has come in while the last batch was being journalled is handled as one batch, its events are appended to the
journal in one round trip, and only then are its commands released to the shells, in order. A busy moment thus costs
fewer round trips, not more.

The records for the contact log are journalled with the event that they came of, before anybody acts. Where the journal
is kept while Redis is away is its keeper's business; calls never wait for it (docs/decisions/0011).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from callcenter.commands import Command, EventIgnored
from callcenter.engine import Engine
from callcenter.events import Event, TimePassed
from callcenter.stores.codec import Record
from callcenter.stores.journal import Entry
from callcenter.stores.journal_keeper import JournalKeeper

INBOX_LIMIT = 100_000
BATCH_LIMIT = 200  # events handled between two turns of the loop; a larger batch would hold up the wire

T = TypeVar("T")
Outlet = Callable[[Command], None]
Also = Callable[[int, Event, Sequence[Command]], Sequence[Record]]


class InboxOverflowError(Exception):
    """The engine has fallen hopelessly behind. The daemon stops; the PBX's fallback queue takes the callers."""


class WallClock:
    """UTC milliseconds that never go back: the wall clock once, a monotonic one from there.

    Whoever sets the machine's clock changes nothing until the next start, which begins with the later one of the
    machine's time and `not_before_ms`.
    """

    def __init__(self, not_before_ms: int = 0) -> None:
        self._offset_ns = max(time.time_ns(), not_before_ms * 1_000_000) - time.monotonic_ns()

    def now_ms(self) -> int:
        return (time.monotonic_ns() + self._offset_ns) // 1_000_000

    def ahead_s(self) -> float:
        """How far this clock is ahead of the machine's; below 0 where it is behind."""
        return (time.monotonic_ns() + self._offset_ns - time.time_ns()) / 1e9


@dataclass(slots=True)
class _Waiting:
    event: Event
    records: tuple[Record, ...] = ()
    handled: asyncio.Future[str | None] | None = None
    ignored: str | None = None  # why


@dataclass(slots=True)
class RunnerStats:
    """For health and metrics."""

    handled: int = 0
    decision_observers: list[Callable[[float], None]] = field(default_factory=list)


class Runner:
    """Feeds an engine, one event after the other, and lets its commands out in the same order.

    `confirm` raises where another daemon may have taken over: asked before commands are released. `fail` is called once
    with whatever broke: a broken invariant must stop the daemon loudly.
    """

    def __init__(
        self,
        engine: Engine,
        journal: JournalKeeper,
        *,
        clock: WallClock,
        outlets: Sequence[Outlet],
        confirm: Callable[[], Awaitable[None]],
        fail: Callable[[BaseException], None],
    ) -> None:
        self.engine = engine
        self.stats = RunnerStats()
        self._journal = journal
        self._clock = clock
        self._outlets = tuple(outlets)
        self._confirm = confirm
        self.also: Also = lambda *_: ()  # further records of an event and its commands, to be journalled with it
        self._fail = fail
        self._inbox: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._looks: list[Callable[[], None]] | None = None  # of who waits for the batch under way; None: there is none

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Handle what is in the inbox, finish the journal, and end."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._timer is not None:
            self._timer.cancel()

    def submit(self, event: Event) -> None:
        """Put an event into the inbox; returns at once."""
        self._put(_Waiting(event))

    @property
    def waiting(self) -> int:
        """Events in the inbox."""
        return len(self._inbox)

    async def submit_and_wait(self, event: Event, *records: Record) -> str | None:
        """Put an event into the inbox and wait until it is handled and its commands are out.

        `records` are journalled with it, in front of those that it comes to. Returns why the event was ignored, None
        where it was not.
        """
        waiting = _Waiting(event, records, asyncio.get_running_loop().create_future())
        self._put(waiting)
        assert waiting.handled is not None
        return await waiting.handled

    async def at_rest(self, look: Callable[[], T]) -> T:
        """What `look` sees while the journal has all that was handled: now, or after the batch under way.

        Waits for ever where the batch under way is the last one, as the journal has failed; the daemon ends then.
        """
        if self._looks is None:
            return look()
        seen: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def take() -> None:
            if not seen.done():  # whoever asked may be gone
                try:
                    seen.set_result(look())
                except Exception as error:
                    seen.set_exception(error)

        self._looks.append(take)
        return await seen

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
            await self._journal.finish()
        except BaseException as error:
            for waiting in batch + self._inbox:
                if waiting.handled is not None and not waiting.handled.done():
                    waiting.handled.cancel()
            self._fail(error)
            raise

    async def _take(self, batch: Sequence[_Waiting]) -> None:
        entries: list[Entry] = []
        commands: list[Command] = []
        self._looks = []
        for waiting in batch:
            now_ms = self._clock.now_ms()
            started = time.perf_counter()
            made = self.engine.handle(now_ms, waiting.event)
            waiting.ignored = next((command.why for command in made if isinstance(command, EventIgnored)), None)
            for observe in self.stats.decision_observers:
                observe(time.perf_counter() - started)
            told = [*waiting.records, *self.also(now_ms, waiting.event, made)]
            told += [command for command in made if isinstance(command, Record)]
            entries.append(Entry(now_ms, waiting.event, told))
            commands += made
        await self._journal.append(entries)
        await self._confirm()
        for command in commands:
            for outlet in self._outlets:
                outlet(command)
        self.stats.handled += len(batch)
        for waiting in batch:
            if waiting.handled is not None and not waiting.handled.done():
                waiting.handled.set_result(waiting.ignored)
        self._journal.snapshot_if_due()
        looks, self._looks = self._looks, None
        for take in looks:
            take()

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

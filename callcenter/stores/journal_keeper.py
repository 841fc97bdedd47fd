"""Keeps the journal whatever becomes of Redis: in Redis, in a file beside while Redis is away, or not at all.

One idea: calls never wait for a journal that is away, and nothing has to be decided twice. A batch that Redis has not
confirmed goes to the file with all that follow, numbered as ever (see `journal_file`). When Redis is back, what it
lacks by number is brought to it in order, beside new events, which go to the file until it is at its end.

In front of the gap the file has what Redis confirmed in the last seconds: a Redis that comes back without its last
second gets it again.

What a full disk refuses waits in memory. At the bounds of file and memory, events and records are counted as lost until
Redis is back; then a full snapshot is written before journalling goes on.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum

from callcenter.stores.health import Health
from callcenter.stores.journal import (
    Entry,
    Journal,
    JournalUnavailableError,
    Line,
    Place,
    lines_of,
)
from callcenter.stores.journal_file import GapFile, SavedState

RECENT_S = 3.0  # what Redis may lose: it syncs once a second, and may be late by one
RECENT_LINES = 20_000
RETRY_S = 1.0
CHUNK = 500  # lines brought in one round trip; at least a batch, so that one that comes late is seen whole
LAST_SNAPSHOT_TIMEOUT_S = 2.0

_log = logging.getLogger(__name__)


class Where(Enum):
    """Where entries go."""

    REDIS = "redis"
    FILE = "file"
    NOWHERE = "nowhere"


class JournalKeeper:
    """The journal of one daemon. `start` it when the core is there, `finish` it after the last event."""

    def __init__(
        self, journal: Journal, file: GapFile, *, snapshot_every: int, fail: Callable[[BaseException], None]
    ) -> None:
        """`fail` is called with what must stop the daemon: a journal that is not ours alone, or a newer epoch."""
        self._journal = journal
        self._file = file
        self._snapshot_every = snapshot_every
        self._fail = fail
        self._where = Where.REDIS
        self._last = 0  # number of the last entry, wherever it is
        self._since_snapshot = 0
        self._recent: deque[tuple[float, Line]] = deque(maxlen=RECENT_LINES)
        self._saving: asyncio.Task[None] | None = None
        self._returning: asyncio.Task[None] | None = None
        self._tidying: asyncio.TimerHandle | None = None
        self._nudge = asyncio.Event()
        self._redis_answers = False
        self._disk_refuses = False
        self.problem: str | None = None  # why entries don't go to Redis, None while they do
        self.append_observers: list[Callable[[str, float], None]] = []  # get where a batch went, and the seconds
        self.events_lost = 0
        self._records_lost = 0

    def start(self, state: Callable[[], bytes], away_at: int | None = None) -> None:
        """`state` gives the core's state as it is now. `away_at` is given where the start has not reached Redis: the
        number from which to go on."""
        self._state = state
        self._last = self._journal.last
        self._since_snapshot = self._journal.entries_since_snapshot
        if away_at is not None:
            self._last = away_at
            self._leave([], "it was out of reach at the start")
        elif self._file.exists:
            self._tidy_later()

    # ---- writing

    async def append(self, entries: Sequence[Entry]) -> None:
        """Keep the entries before their commands are released.

        The core must have handled them, and nothing after them. Raises JournalCorruptError and FencedError, and nothing
        for a Redis or a disk that is away.
        """
        began_s = time.perf_counter()
        await self._append(entries)
        for observe in self.append_observers:
            observe(self._where.value, time.perf_counter() - began_s)

    async def _append(self, entries: Sequence[Entry]) -> None:
        self._since_snapshot += len(entries)
        if self._where is Where.REDIS:
            lines = self._journal.number(entries)
            try:
                await self._journal.write(lines)
                self._remember(lines)
            except JournalUnavailableError as error:
                self._last = lines[-1].number
                self._leave(lines, str(error))
            self._last = lines[-1].number
            return
        lines = lines_of(entries, self._last + 1, self._last)
        self._last = lines[-1].number
        if self._where is Where.FILE:
            self._add_to_file(lines)
        else:
            self._lose(lines)
            if self._redis_answers:
                await self._begin_anew()
        await asyncio.sleep(0)  # one round trip less: let the others have their turn all the same

    def _remember(self, lines: Sequence[Line]) -> None:
        now_s = time.monotonic()
        self._recent.extend((now_s, line) for line in lines)
        while self._recent and self._recent[0][0] < now_s - RECENT_S:
            self._recent.popleft()

    def snapshot_if_due(self) -> None:
        """Take the core's state, if it is time, and save it beside the work. To be called between two batches."""
        due = self._since_snapshot >= self._snapshot_every
        if self._where is Where.REDIS:
            if (due or self._journal.needs_snapshot) and (self._saving is None or self._saving.done()):
                self._since_snapshot = 0
                self._saving = asyncio.create_task(self._save(self._state(), self._last))
        elif due and self._where is Where.FILE:
            self._since_snapshot = 0
            with contextlib.suppress(OSError):  # entries may still find room
                self._file.add((), SavedState(self._last, self._state()))

    async def _save(self, state: bytes, upto: int) -> None:
        try:
            await self._journal.save_snapshot(state, upto)
        except JournalUnavailableError as error:
            _log.warning("no snapshot could be saved, the events before it stay in the journal: %s", error)
        except Exception as error:
            self._fail(error)

    # ---- Redis is away

    def _leave(self, lines: Sequence[Line], why: str) -> None:
        """Go on without Redis, and look whether it is back."""
        self._go_to_file(lines, why)
        self._return_later()

    def _go_to_file(self, lines: Sequence[Line], why: str) -> None:
        """Go on in the file: what Redis may lack, the core's state after it, and then each entry."""
        self.problem = why
        self._where = Where.FILE
        self._cancel_tidying()
        known = self._file.last if self._file.exists else 0  # of a gap that is just over
        recent = [line for _, line in self._recent if line.number > known]
        self._recent.clear()
        try:
            self._file.open(self._journal.name)
            self._file.add([*recent, *lines], SavedState(self._last, self._state()))
            _log.error("Redis is out of reach, the journal goes on in %s: %s", self._file.path, why)
            self._look_at_disk()
        except OSError as error:
            self._go_blind(error)
            self._lose(lines)

    def _add_to_file(self, lines: Sequence[Line]) -> None:
        try:
            self._file.add(lines)
            self._look_at_disk()
        except OSError as error:
            self._go_blind(error)
            self._lose(lines)

    def _look_at_disk(self) -> None:
        """Say once that the disk refuses, and once that it does not any more."""
        refused = self._file.refused
        if refused is not None and not self._disk_refuses:
            _log.error("the disk refuses the journal; it waits in memory, and is lost if the daemon dies: %s", refused)
        elif refused is None and self._disk_refuses:
            _log.warning("the disk takes the journal again, in %s", self._file.path)
        self._disk_refuses = refused is not None

    def _go_blind(self, error: OSError) -> None:
        self._where = Where.NOWHERE
        self.problem = f"{self.problem}; and {error}"
        _log.error("calls go on, and their events and records are LOST until Redis is back: %s", self.problem)

    def _lose(self, lines: Sequence[Line]) -> None:
        self.events_lost += len(lines)
        self._records_lost += sum(len(line.records) for line in lines)

    def nudge(self) -> None:
        """Don't wait for the next try: whoever watches Redis has just seen it answer."""
        self._nudge.set()

    def _return_later(self) -> None:
        if self._returning is None or self._returning.done():
            self._returning = asyncio.create_task(self._return())

    async def _return(self) -> None:
        try:
            while not await self._try_to_return():
                pass
        except Exception as error:
            self._fail(error)

    async def _try_to_return(self) -> bool:
        await asyncio.gather(self._sync(), self._pause())
        try:
            added = await bring(self._journal, self._file, upto=self._last)
        except JournalUnavailableError as error:
            if self._where is Where.FILE:
                self.problem = str(error)
            return False
        # From here to the end of this method nothing waits: the file is at its end, and stays there.
        if self._where is Where.NOWHERE:
            return await self._begin_anew_if_quiet()
        if self._where is Where.FILE:
            self._go_on_in_redis(f"{added} events have been brought to it from {self._file.path}")
        return True

    async def _sync(self) -> None:
        try:
            await self._file.sync()
        except OSError as error:
            if self._where is Where.FILE and not self._file.held:
                self._go_blind(error)
        if self._where is Where.FILE:
            self._look_at_disk()

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S):
                await self._nudge.wait()
        self._nudge.clear()

    async def _begin_anew_if_quiet(self) -> bool:
        """Where no event comes meanwhile; else the next one does it. False where Redis is away again."""
        upto = self._last
        try:
            await self._journal.save_snapshot(self._state(), upto, beyond=True)
        except JournalUnavailableError:
            return False
        if self._last == upto:
            self._begun_anew()
        else:
            self._redis_answers = True
        return True

    async def _begin_anew(self) -> None:
        """After entries have been lost: the core's state as it is now, in place of all before."""
        self._redis_answers = False
        try:
            await self._journal.save_snapshot(self._state(), self._last, beyond=True)
        except JournalUnavailableError:
            self._return_later()
            return
        self._begun_anew()

    def _begun_anew(self) -> None:
        self._go_on_in_redis(f"a full snapshot has been written; {self.events_lost} events were LOST")

    def _go_on_in_redis(self, what: str) -> None:
        assert self._journal.last == self._last, "Redis has exactly what has been handled"
        self._where = Where.REDIS
        self.problem, self._disk_refuses = None, False
        self._since_snapshot = self._snapshot_every
        _log.warning("Redis is back, the journal goes on in it: %s", what)
        if self._file.exists:
            try:
                self._file.mark_brought()
                self._tidy_later()
            except OSError:
                self._file.remove()

    # ---- the file afterwards

    def _tidy_later(self) -> None:
        """Redis has it all, but perhaps not on its disk yet."""
        self._tidying = asyncio.get_running_loop().call_later(RECENT_S, self._file.remove)

    def _cancel_tidying(self) -> None:
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None

    # ---- the end

    async def finish(self) -> None:
        """Save the core's state after the last event, where entries go now, and close."""
        await self.close()
        try:
            if self._where is Where.REDIS:
                await self._journal.save_snapshot(self._state(), self._last, timeout_s=LAST_SNAPSHOT_TIMEOUT_S)
            elif self._where is Where.FILE:
                self._file.add((), SavedState(self._last, self._state()))
        except JournalUnavailableError as error:
            self._go_to_file([], str(error))
        except OSError as error:
            _log.error("the core's last state could not be written to %s: %s", self._file.path, error)
        await self._sync()
        if self._file.held:
            _log.error(
                "%d bytes of the journal are LOST, the disk refuses them: %s", self._file.held, self._file.refused
            )
        self._file.close()

    async def close(self) -> None:
        """Stop what goes on beside."""
        self._cancel_tidying()
        tasks = [task for task in (self._saving, self._returning) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- health

    @property
    def records_lost(self) -> int:
        """Records that will never be in the contact log: there was no room for them."""
        return self._records_lost + self._journal.records_lost

    @property
    def gap_bytes(self) -> int:
        """Size of the file that waits for Redis."""
        return self._file.size

    def health(self) -> Health:
        lost = f"{self.events_lost} events and {self.records_lost} records for the contact log were lost"
        if self._where is Where.NOWHERE:
            return Health(False, f"events are not journalled, {lost}: {self.problem}")
        if self._where is Where.FILE:
            words = f"{self._file.entries} events wait in {self._file.path} ({self._file.size} bytes)"
            if self._file.refused is not None:
                words += f", {self._file.held} bytes of them in memory only: {self._file.refused}"
            return Health(False, f"the journal goes on without Redis, {words}: {self.problem}")
        if self.records_lost:
            return Health(False, f"{lost}, since they found no room while Redis or SQL was away")
        return Health(True, "events are journalled")


async def bring(journal: Journal, file: GapFile, *, upto: int | None = None) -> int:
    """Add to the journal in Redis what it lacks of the file, up to the file's end; return the number of entries.

    `upto` is the last number that this daemon has used. Without it the file is an earlier run's, and one that the
    journal has gone on without is set aside. Raises what `Journal.write` and `Journal.save_snapshot` raise.
    """
    place = await journal.find_place()
    if not file.exists or not file.last:
        return 0
    another = file.journal not in (None, journal.name)
    if upto is not None and another:
        raise journal.unusable(f"is not the one of before: it has the name {journal.name}, and had {file.journal}")
    if upto is not None and place.number > upto:
        raise journal.not_alone(place.number)
    if another or (place.number > file.last and not file.brought and upto is None):
        _log.error(
            "the journal %s has gone on without the %d events of an earlier gap; the contact log gets their records, "
            "from %s",
            journal.stream,
            file.entries,
            file.set_aside(),
        )
        return 0
    return await _Bringing(journal, place).all_of(file)


class _Bringing:
    """The file's items one after the other: those that Redis has, those that go on where it ends, and the others.

    Others are entries after some that Redis has lost for good: their records are added, and the core's state that
    follows them in the file takes their place.
    """

    def __init__(self, journal: Journal, place: Place) -> None:
        self._journal = journal
        self._place = place
        self._last = place.number
        self._lines: list[Line] = []
        self._stray: list[Line] = []
        self._added = 0

    async def all_of(self, file: GapFile) -> int:
        reader = file.reader()
        while items := reader.take(CHUNK):
            for item in items:
                if isinstance(item, Line):
                    self._sort(item)
                elif item.upto >= self._last:
                    await self._flush()
                    await self._journal.save_snapshot(item.state, item.upto, beyond=True)
                    self._last = item.upto
            await self._flush()
        return self._added

    def _sort(self, line: Line) -> None:
        if line.number <= self._last:
            if line.number == self._place.number and self._place.event not in (line.event, None):
                raise self._journal.not_alone(line.number)
        elif line.after == self._last:
            self._lines.append(line)
            self._last = line.number
        else:
            self._stray.append(line)

    async def _flush(self) -> None:
        if self._stray:
            _log.error(
                "Redis has lost events of the journal %s, between %d and %d; a snapshot takes their place",
                self._journal.stream,
                self._last,
                self._stray[0].number,
            )
            await self._journal.write_records(self._stray)
        await self._journal.write(self._lines, bounded=False)
        self._added += len(self._lines) + len(self._stray)
        self._lines, self._stray = [], []

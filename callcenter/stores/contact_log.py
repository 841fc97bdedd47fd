"""The contact log: takes records without ever waiting, and writes them to SQL in groups.

One idea: nothing that was taken is lost and nothing is written twice. Records wait in memory for the next group
commit; each group is one transaction, tried again until the database takes it, and its statements may run twice
(see `contact_rows`). What memory has no room for, and what is left at the end, goes to a file (see `spill`) that is
read back once the database answers, at the latest at the next start.

Bounds: `bound` records in memory, then `max_spill_bytes` in the file. Beyond both, records are counted as lost and
the log says so; calls go on.
"""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import Command
from callcenter.crm.numbers import to_e164
from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import DATABASE_ERRORS, STATEMENT_TIMEOUT_S, in_short
from callcenter.stores.health import Health, RareLog
from callcenter.stores.history import PastContact, last_contacts
from callcenter.stores.spill import Spill

GROUP_S = 0.015  # how long the first record of a group waits for company
BATCH = 200  # a larger transaction would hold up the event loop
HISTORY_TIMEOUT_S = 2.0

_log = logging.getLogger(__name__)


class ContactLog:
    """One writer for one database. `start` it in a running event loop; `close` it at the end."""

    def __init__(
        self,
        engine: AsyncEngine,
        spill_dir: Path,
        *,
        default_region: str = "US",
        bound: int = 100_000,
        max_spill_bytes: int = 1 << 30,
        backoff_s: tuple[float, float] = (0.1, 5.0),
    ) -> None:
        """`default_region` is where numbers without a country code are dialled; `backoff_s` the first and longest
        pause between two attempts while the database is down."""
        self._engine = engine
        self._default_region = default_region
        self._bound = bound
        self._backoff_s = backoff_s
        self._buffer: deque[Record] = deque()
        self._spill = Spill(spill_dir, max_spill_bytes)
        self._taken = 0  # records ever put into the buffer
        self._settled = 0  # records ever taken out of it: in SQL, or in the file
        self._flushes: list[tuple[int, asyncio.Future[bool]]] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._problem: str | None = None
        self._writer: asyncio.Task[None] | None = None
        self._rare_log = RareLog(_log)
        self.lost = 0  # records that found no room anywhere

    # ---- taking

    def start(self) -> None:
        """Begin to write, first of all what an earlier run has left in the file."""
        assert self._writer is None, "the contact log has been started already"
        self._writer = asyncio.get_running_loop().create_task(self._write(), name="contact-log")

    def execute(self, command: Command) -> None:
        """Take a record; any other command is left to others. Never blocks, never raises for what a caller sent."""
        if not isinstance(command, Record):
            return
        self._wake.set()
        if len(self._buffer) < self._bound:
            self._buffer.append(command)
            self._taken += 1
        elif not self._spill.append(command):
            self.lost += 1
            self._rare_log.warning(
                "the contact log has LOST a record (%d so far): memory and %s are full. Bring the database back",
                self.lost,
                self._spill.path,
            )

    @property
    def pending(self) -> int:
        """Records in memory that are not in the database yet."""
        return len(self._buffer)

    @property
    def spilled_bytes(self) -> int:
        """Size of the files that wait to be read back into the database."""
        return self._spill.waiting_bytes

    def health(self) -> Health:
        if self._writer is None or self._writer.done():
            return Health(False, "the contact log's writer is not running; restart the daemon")
        if self.lost:
            return Health(False, f"the contact log has lost {self.lost} records: memory and disk were full")
        if self._problem is not None:
            waiting = f"{self.pending} records wait in memory, {self.spilled_bytes} bytes in {self._spill.path}"
            return Health(False, f"the contact log cannot be written: {self._problem}; {waiting}")
        return Health(True, f"the contact log is written; {self.pending} records wait")

    async def flush(self) -> bool:
        """Wait until all that was taken is safe: in the database or, if that is down, in the file on the disk.

        False if it is not: the log has not been started, or neither the database nor the disk takes it.
        """
        if self._settled < self._taken:
            if self._writer is None or self._writer.done():
                return False
            done = asyncio.get_running_loop().create_future()
            self._flushes.append((self._taken, done))
            self._wake.set()
            if not await done:
                return False
        await asyncio.to_thread(self._spill.sync)
        return True

    async def close(self) -> None:
        """Write what is left, to the file if the database is down, and stop. Takes no more records afterwards."""
        self._closing = True
        self._wake.set()
        if self._writer is None:
            self.start()
        assert self._writer is not None
        await self._writer
        await asyncio.to_thread(self._spill.sync)
        self._spill.close()

    # ---- reading

    async def recent(self, customer_ids: Sequence[int], caller: str | None, limit: int = 5) -> tuple[PastContact, ...]:
        """The last contacts of these customers, and of this number where no customer was known; the latest first.

        `caller` is the number as the PBX gave it. Empty if the database is down: the pop must not wait for it.
        """
        number = to_e164(caller, self._default_region)
        try:
            async with asyncio.timeout(HISTORY_TIMEOUT_S):
                return await last_contacts(self._engine, customer_ids, number, limit)
        except DATABASE_ERRORS as error:
            self._rare_log.warning("the last contacts of a caller cannot be read: %s", in_short(error))
            return ()

    # ---- writing

    async def _write(self) -> None:
        pause_s = self._backoff_s[0]
        while True:
            try:
                await self._read_back()
                await self._write_buffer()
            except DATABASE_ERRORS as error:
                self._note_problem(error)
                if self._closing or self._flushes:
                    await self._move_to_file()
                if self._closing:
                    return
                await self._wait(pause_s)
                pause_s = min(2 * pause_s, self._backoff_s[1])
                continue
            self._note_success()
            pause_s = self._backoff_s[0]
            if self._closing and not self._buffer:
                return
            await self._gather()

    async def _gather(self) -> None:
        """Wait for the first record of the next group, and then a little for company."""
        self._wake.clear()
        if not (self._buffer or self._closing or self._spill.waiting_bytes):
            await self._wake.wait()
        if len(self._buffer) < BATCH and not (self._closing or self._flushes):
            await asyncio.sleep(GROUP_S)

    async def _write_buffer(self) -> None:
        """Write what is in memory now; what comes meanwhile is for the next round, after a look at the file."""
        target = self._taken
        while self._settled < target:
            batch = list(itertools.islice(self._buffer, min(BATCH, target - self._settled)))
            await self._commit(batch)
            self._settle(len(batch))

    async def _read_back(self) -> None:
        """Write what is in the file, unless the end is near: the next start does it then."""
        while not self._closing and self._spill.start_replay():
            _log.info("reading the contact log's records back from %s", self._spill.path.parent)
            batches = self._spill.replay(BATCH)
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                if batch:
                    await self._commit(batch)
            await asyncio.to_thread(self._spill.end_replay)
            if self._buffer:
                return  # memory has its turn, or a steady stream into the file would keep it waiting

    async def _commit(self, batch: Sequence[Record]) -> None:
        """Write a batch in one transaction; if the database refuses one of its records, each one for itself."""
        try:
            await self._transact(batch)
        except Exception as error:
            if _is_outage(error):
                raise
            if len(batch) == 1:
                self._spill.refuse(batch[0], in_short(error))
                return
            for record in batch:
                await self._commit([record])

    async def _transact(self, batch: Sequence[Record]) -> None:
        async with asyncio.timeout(STATEMENT_TIMEOUT_S), self._engine.begin() as connection:
            await write_batch(connection, batch, self._to_number)

    def _to_number(self, caller: str | None) -> str | None:
        return to_e164(caller, self._default_region)

    async def _move_to_file(self) -> None:
        """Put what is in memory into the file, for it to be safe there; what finds no room stays in memory."""
        while self._buffer and self._spill.append(self._buffer[0]):
            self._settle(1)
            if self._settled % BATCH == 0:
                await asyncio.sleep(0)  # let the calls go on
        for _, done in self._flushes:
            if not done.done():
                done.set_result(False)
        self._flushes.clear()
        if self._closing and self._buffer:
            self.lost += len(self._buffer)
            _log.error(
                "%d records of the contact log are LOST: neither the database nor the disk takes them", self.lost
            )

    def _settle(self, count: int) -> None:
        for _ in range(count):
            self._buffer.popleft()
        self._settled += count
        still_waiting = []
        for target, done in self._flushes:
            if target > self._settled:
                still_waiting.append((target, done))
            elif not done.done():
                done.set_result(True)
        self._flushes = still_waiting

    async def _wait(self, pause_s: float) -> None:
        """Wait before the next attempt, shorter if somebody wants the records to be safe now."""
        deadline_s = asyncio.get_running_loop().time() + pause_s
        while not (self._closing or self._flushes):
            self._wake.clear()
            try:
                async with asyncio.timeout_at(deadline_s):
                    await self._wake.wait()
            except TimeoutError:
                return

    def _note_problem(self, error: BaseException) -> None:
        self._problem = in_short(error)
        self._rare_log.warning(
            "the contact log cannot be written, and will be when the database is back: %s", self._problem
        )

    def _note_success(self) -> None:
        if self._problem is not None:
            _log.info("the contact log is written again")
            self._problem = None


def _is_outage(error: Exception) -> bool:
    """Whether waiting may help: the database is away, rather than the record one that it will never take."""
    if isinstance(error, DataError | IntegrityError):
        return False
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return False
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if sqlstate.startswith("22"):
        return False  # a value that does not fit; asyncpg finds out before it sends anything
    return isinstance(error, DATABASE_ERRORS)

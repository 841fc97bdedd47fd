"""The contact log: brings the journal's records to SQL, each exactly once.

One idea: the writer's cursor is in the database, and moves in the transaction that writes the rows. Either both are
there or neither, whatever dies when, so the writer needs no memory: it reads what comes after its cursor, writes it,
and goes on. Where two daemons write at once, for a moment at a takeover, the one whose cursor has been moved by the
other begins again from there.

While SQL is away the records wait in Redis, which has a bound (see `journal`). What the database refuses for good goes
to a file (see `refused`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.commands import Command
from callcenter.numbers import DEFAULT_REGION, to_e164
from callcenter.stores import set_aside
from callcenter.stores.codec import CodecError, Record, decode_record, encode_record
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import DATABASE_ERRORS, STATEMENT_TIMEOUT_S, in_short, insert_into
from callcenter.stores.health import Health, RareLog
from callcenter.stores.history import PastContact, last_contacts
from callcenter.stores.journal import JournalCorruptError
from callcenter.stores.record_stream import Records, RecordsUnavailableError
from callcenter.stores.refused import RefusedRecords
from callcenter.stores.tables import LogCursorRow

GROUP_S = 0.015  # how long the first record of a group waits for company
BATCH = 200  # a larger transaction would hold up the event loop
TRIM_EVERY = 1_000  # records that are written before Redis forgets them
POLL_S = 1.0  # records come without a word of ours when the journal has been away, or another daemon wrote them
CLOSE_TIMEOUT_S = 2.0
HISTORY_TIMEOUT_S = 2.0

_BEFORE_ALL = "0-0"

_log = logging.getLogger(__name__)


class CursorMovedError(Exception):
    """Another daemon has written what we were about to write."""


class ContactLog:
    """One writer for one database. `start` it when the database has its tables; `close` it at the end."""

    def __init__(
        self,
        engine: AsyncEngine,
        records: Records,
        data_dir: Path,
        *,
        default_region: str = DEFAULT_REGION,
        backoff_s: tuple[float, float] = (0.1, 5.0),
    ) -> None:
        """`default_region` is where numbers without a country code are dialled; `backoff_s` the first and longest
        pause between two attempts while the database or Redis is down."""
        self._engine = engine
        self._records = records
        self._refused = RefusedRecords(data_dir)
        self._data_dir = data_dir
        self._set_aside: list[Path] = []  # files whose records are still to be written
        self._default_region = default_region
        self._backoff_s = backoff_s
        self._journal = ""
        self._cursor: str | None = None  # id of the last record that the database has; None: to be asked
        self._untrimmed = 0  # records up to the cursor that Redis still has
        self._wake = asyncio.Event()
        self._closing = False
        self._problem: str | None = None
        self._writer: asyncio.Task[None] | None = None
        self._rare_log = RareLog(_log)
        self.pending = 0  # records that waited when Redis was last asked

    def start(self) -> None:
        """Begin to write, if that has not been begun."""
        if self._writer is None:
            self._set_aside = set_aside.files_in(self._data_dir)
            self._writer = asyncio.get_running_loop().create_task(self._write(), name="contact-log")

    def execute(self, command: Command | Record) -> None:
        """A record that is released is in the journal, and can be fetched. Other commands are left to others."""
        if isinstance(command, Record):
            self._wake.set()

    def nudge(self) -> None:
        """Records are about to come that no command tells of."""
        self._wake.set()

    @property
    def up_to(self) -> str | None:
        """Id of the last record that the database has, None while that has to be asked."""
        return self._cursor

    def health(self) -> Health:
        if self._writer is None:
            return Health(False, "the contact log is not written yet: the database has not been prepared")
        if self._writer.done():
            return Health(False, "the contact log's writer is not running; restart the daemon")
        if self._problem is not None:
            waiting = f"{self.pending} records wait in Redis"
            return Health(False, f"the contact log cannot be written: {self._problem}; {waiting}")
        return Health(True, f"the contact log is written; {self.pending} records wait")

    async def close(self) -> None:
        """Write what waits, as far as that takes no longer than 2 s, and stop; the next start writes the rest."""
        self._closing = True
        self._wake.set()
        if self._writer is not None:
            await asyncio.wait([self._writer], timeout=CLOSE_TIMEOUT_S)
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)

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
                while await self._write_next():
                    self._note_success()
                    pause_s = self._backoff_s[0]
                while self._set_aside and not self._closing:
                    await self._write_set_aside(self._set_aside[0])
                self._note_success()
            except CursorMovedError:
                continue
            except (*DATABASE_ERRORS, RecordsUnavailableError) as error:
                if not isinstance(error, RecordsUnavailableError):  # whoever watches Redis says that it is away
                    self._note_problem(error)
                if self._closing:
                    return
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self._backoff_s[1])
                continue
            if self._closing:
                with contextlib.suppress(RecordsUnavailableError):
                    await self._trim()
                return
            await self._gather()

    async def _gather(self) -> None:
        """Wait for the first record of the next group, and then a little for company."""
        try:
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
                if not self._closing:
                    await asyncio.sleep(GROUP_S)
        except TimeoutError:
            pass
        self._wake.clear()

    async def _write_next(self) -> bool:
        """Write the next batch; False if there is none."""
        if self._cursor is None:
            await self._find_cursor()
        assert self._cursor is not None
        waiting = await self._records.read(self._cursor, BATCH)
        self.pending = max(waiting.in_all - self._untrimmed, len(waiting.records))
        if waiting.records:
            await self._commit(self._readable(waiting.records))
            if self._untrimmed >= TRIM_EVERY:
                await self._trim()
        return len(waiting.records) == BATCH

    async def _find_cursor(self) -> None:
        """Where the database says that the writing stopped, for this journal."""
        self._journal = await self._records.name()
        async with asyncio.timeout(STATEMENT_TIMEOUT_S), self._engine.begin() as connection:
            at = await connection.scalar(select(LogCursorRow.last).where(LogCursorRow.journal == self._journal))
            if at is None:
                begin = insert_into(connection.dialect, LogCursorRow).on_conflict_do_nothing()
                await connection.execute(begin, {"journal": self._journal, "last": _BEFORE_ALL})
        self._cursor = at or _BEFORE_ALL
        await self._trim()

    def _readable(self, records: Sequence[tuple[str, bytes]]) -> list[tuple[str, Record | None]]:
        """The records; None for one that cannot be read, which the cursor passes."""
        readable: list[tuple[str, Record | None]] = []
        for record_id, data in records:
            try:
                readable.append((record_id, decode_record(data)))
            except CodecError as error:
                self._refused.add(data, f"cannot be read: {error}")
                readable.append((record_id, None))
        return readable

    async def _commit(self, batch: Sequence[tuple[str, Record | None]]) -> None:
        """Write a batch in one transaction; if the database refuses one of its records, each one for itself."""
        try:
            await self._transact(batch)
        except Exception as error:
            if isinstance(error, CursorMovedError) or _is_outage(error):
                self._cursor = None  # whether a transaction that broke has moved it only the database knows
                raise
            if len(batch) > 1:
                for one in batch:
                    await self._commit([one])
                return
            (record_id, record) = batch[0]
            assert record is not None, "the cursor alone is never refused"
            self._refused.add(encode_record(record), f"is refused by the database: {in_short(error)}")
            await self._commit([(record_id, None)])

    async def _transact(self, batch: Sequence[tuple[str, Record | None]]) -> None:
        upto = batch[-1][0]
        async with asyncio.timeout(STATEMENT_TIMEOUT_S), self._engine.begin() as connection:
            await self._move_cursor(connection, upto)
            await write_batch(connection, [record for _, record in batch if record is not None], self._to_number)
        self._cursor = upto
        self._untrimmed += len(batch)
        self.pending = max(0, self.pending - len(batch))

    async def _move_cursor(self, connection: AsyncConnection, upto: str) -> None:
        """The first statement of each transaction: a second writer waits here, and then finds the cursor gone."""
        mine = (LogCursorRow.journal == self._journal, LogCursorRow.last == self._cursor)
        moved = await connection.execute(update(LogCursorRow).where(*mine).values(last=upto))
        if moved.rowcount != 1:
            raise CursorMovedError

    async def _write_set_aside(self, path: Path) -> None:
        """In one transaction: of a file that was half written it could not be said what the log lacks."""
        count = 0
        try:
            async with self._engine.begin() as connection:
                for records in await set_aside.wanted(connection, path):
                    count += await self._write_or_refuse(connection, records)
            kept = set_aside.note_written(path)
            _log.warning("%d records of an earlier gap have been written to the contact log, from %s", count, kept)
        except (CodecError, JournalCorruptError) as error:
            _log.error("the records in %s cannot be written to the contact log: %s", path, error)
        self._set_aside.remove(path)

    async def _write_or_refuse(self, connection: AsyncConnection, records: Sequence[Record]) -> int:
        """How many the database has taken; those that it will never take go where all such go."""
        try:
            async with asyncio.timeout(STATEMENT_TIMEOUT_S), connection.begin_nested():
                await write_batch(connection, records, self._to_number)
        except Exception as error:
            if _is_outage(error):
                raise
            if len(records) > 1:
                return sum([await self._write_or_refuse(connection, [one]) for one in records])
            self._refused.add(encode_record(records[0]), f"is refused by the database: {in_short(error)}")
            return 0
        return len(records)

    async def _trim(self) -> None:
        if self._cursor is not None and self._cursor != _BEFORE_ALL:
            await self._records.trim(self._cursor)
            self._untrimmed = 0

    def _to_number(self, caller: str | None) -> str | None:
        return to_e164(caller, self._default_region)

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
        return isinstance(error.orig, OSError)  # a connection that broke, rather than a value that has no form in SQL
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if sqlstate.startswith("22"):
        return False  # a value that does not fit; asyncpg finds out before it sends anything
    return isinstance(error, DATABASE_ERRORS)

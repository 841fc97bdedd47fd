"""A running contact log for tests, on records in memory, and a look at what it wrote."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.stores.codec import Record, encode_record
from callcenter.stores.contact_log import ContactLog
from callcenter.stores.database import default_url, open_database
from callcenter.stores.history import PastContact
from callcenter.stores.migrations import migrate
from callcenter.stores.record_stream import RecordsUnavailableError, Waiting
from tests.stores.records import disposition, until

FAST = (0.01, 0.05)
_ANY = disposition("any")


class RecordsInMemory:
    """As the journal's in Redis: one entry for each record."""

    def __init__(self, journal: str = "test") -> None:
        self.journal = journal
        self.kept: list[tuple[str, bytes]] = []
        self.away = False
        self.refused = 0
        self.reads = 0
        self._number = 0

    def add(self, *records: Record | bytes) -> None:
        for record in records:
            self._number += 1
            self.kept.append((f"{self._number}-1", record if isinstance(record, bytes) else encode_record(record)))

    async def name(self) -> str:
        self._ask()
        return self.journal

    async def read(self, after: str, count: int) -> Waiting:
        self._ask()
        self.reads += 1
        return Waiting([one for one in self.kept if _order(one[0]) > _order(after)][:count], len(self.kept))

    async def trim(self, upto: str) -> None:
        self._ask()
        self.kept = [one for one in self.kept if _order(one[0]) > _order(upto)]

    def _ask(self) -> None:
        if self.away:
            self.refused += 1
            raise RecordsUnavailableError("put out of reach by the test")


def _order(record_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in record_id.split("-"))


class Bench:
    """A contact log that is given its records one by one."""

    def __init__(self, engine: AsyncEngine, directory: Path, records: RecordsInMemory | None = None) -> None:
        self.records = records or RecordsInMemory()
        self.log = ContactLog(engine, self.records, directory, backoff_s=FAST)

    def execute(self, record: Record) -> None:
        self.records.add(record)
        self.log.execute(record)

    async def flush(self) -> None:
        """Wait until all that was taken is written."""

        def written() -> bool:
            self.log.execute(_ANY)
            return self.log.up_to == f"{self.records._number}-1"

        await until(written, "the records are written")

    async def recent(self, customer_ids: Sequence[int], caller: str | None, limit: int = 5) -> tuple[PastContact, ...]:
        return await self.log.recent(customer_ids, caller, limit)


@asynccontextmanager
async def started(engine: AsyncEngine, directory: Path, records: RecordsInMemory | None = None) -> AsyncIterator[Bench]:
    bench = Bench(engine, directory, records)
    bench.log.start()
    try:
        yield bench
    finally:
        await bench.log.close()


async def rows(engine: AsyncEngine, table: Any, *order: Any) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(select(table.__table__).order_by(*order))).mappings()]


async def count(engine: AsyncEngine, table: Any) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


@asynccontextmanager
async def no_database(tmp_path: Path) -> AsyncIterator[tuple[AsyncEngine, Callable[[], Awaitable[None]]]]:
    """A SQLite database whose folder is missing until it is brought back."""
    folder = tmp_path / "away"
    database = open_database(default_url(folder))

    async def bring_back() -> None:
        folder.mkdir()
        await migrate(database.engine)

    yield database.engine, bring_back
    await database.close()

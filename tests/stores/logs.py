"""A running contact log for tests, and a look at what it wrote."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.stores.contact_log import ContactLog
from callcenter.stores.database import default_url, open_database
from callcenter.stores.migrations import migrate

FAST = (0.01, 0.05)


@asynccontextmanager
async def started(engine: AsyncEngine, directory: Path, **options: Any) -> AsyncIterator[ContactLog]:
    log = ContactLog(engine, directory, backoff_s=FAST, **options)
    log.start()
    try:
        yield log
    finally:
        await log.close()


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

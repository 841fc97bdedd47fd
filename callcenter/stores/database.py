"""The SQL database: SQLite in WAL mode by default, PostgreSQL in production, one code path for both.

Opening makes no connection: a database that is down at the start is a matter of health and retries, not of a daemon
that refuses to take calls.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from callcenter.stores.health import Health

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

CONNECT_TIMEOUT_S = 3.0
STATEMENT_TIMEOUT_S = 10.0  # longer than any statement of ours should take; a hung server is an outage
HEALTH_TIMEOUT_S = 2.0
POOL_SIZE = 10

# secure_delete: what is erased is overwritten with zeros, and not only given up.
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON", "secure_delete=ON")
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


class DatabaseUrlError(ValueError):
    """The setting `database.url` names no database that we can use."""


class DatabaseUnavailableError(Exception):
    """The database cannot be reached, or did not answer in time."""


# What SQLAlchemy, its drivers and the operating system raise when a database is not there or does not answer. asyncpg's
# own come through where a connection is lost while SQLAlchemy sets it up.
_ASYNCPG_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
DATABASE_ERRORS = (SQLAlchemyError, *_ASYNCPG_ERRORS, OSError, TimeoutError)


class Database:
    """An engine with its connection pool. Close it when done."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    async def health(self) -> Health:
        """One round trip, at most two seconds long."""
        name = self.engine.url.render_as_string(hide_password=True)
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_S), self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except TimeoutError:
            return Health(False, f"the database {name} has not answered for {HEALTH_TIMEOUT_S:g} s")
        except DATABASE_ERRORS as error:
            return Health(False, f"the database {name} cannot be used: {in_short(error)}")
        return Health(True, f"the database {name} answers")

    async def close(self) -> None:
        await self.engine.dispose()


def default_url(data_dir: Path) -> str:
    """SQLite in the data directory: what is used where `database.url` is not set."""
    return URL.create("sqlite+aiosqlite", database=str(data_dir / "callcenter.sqlite3")).render_as_string()


def open_database(url: str) -> Database:
    """An async engine for `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME` (the driver is ours to choose).

    Raises DatabaseUrlError for any other address. Makes no connection.
    """
    remedy = "use sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUrlError(f"database.url is not an address of a database; {remedy}") from error
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise DatabaseUrlError(f"database.url begins with {parsed.drivername!r}, which is not supported; {remedy}")
    parsed = parsed.set(drivername=driver)
    if driver == "sqlite+aiosqlite":
        return Database(_sqlite_engine(parsed))
    engine = create_async_engine(
        parsed,
        pool_size=POOL_SIZE,
        pool_pre_ping=True,
        pool_timeout=CONNECT_TIMEOUT_S,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": STATEMENT_TIMEOUT_S,
            "server_settings": {"application_name": "callcenter", "timezone": "UTC"},
        },
    )
    return Database(engine)


def open_existing(url: str | None, data_dir: Path) -> Database:
    """The database that the settings name, for a command beside the daemon: a file of SQLite must be there already, for
    one that is not would be made, and be empty.

    Raises DatabaseUnavailableError.
    """
    url = url or default_url(data_dir)
    try:
        file = make_url(url).database
        if url.startswith("sqlite") and (not file or not Path(file).is_file()):
            raise DatabaseUnavailableError(f"there is no database {file} yet; the daemon makes it when it starts")
        return open_database(url)
    except (ArgumentError, DatabaseUrlError) as error:
        raise DatabaseUnavailableError(str(error)) from None


def _sqlite_engine(url: URL) -> AsyncEngine:
    if not url.database or url.database == ":memory:":
        raise DatabaseUrlError("database.url names no file, and a database in memory loses the log; use sqlite:///FILE")
    engine = create_async_engine(url, pool_size=POOL_SIZE, pool_timeout=CONNECT_TIMEOUT_S)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def insert_into(dialect: Dialect, table: type[DeclarativeBase]) -> "postgresql.Insert | sqlite.Insert":
    """An INSERT that knows ON CONFLICT, which both databases spell the same and SQLAlchemy keeps with each dialect."""
    if dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - its drivers take long to load, and few use it

        return postgresql.insert(table)
    return sqlite.insert(table)


def in_short(error: BaseException) -> str:
    """The first line of an error, without SQLAlchemy's copy of the statement and its values."""
    origin = getattr(error, "orig", None) or error
    words = str(origin).strip().split("\n", maxsplit=1)[0]
    return words or type(origin).__name__

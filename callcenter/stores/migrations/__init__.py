"""The schema's history, carried inside the package: `await migrate(engine)` brings a database to the newest.

A migration runs in one transaction on either database, and two daemons that start together wait for each other. Where
there is nothing to do, as at nearly every start, Alembic is not even imported: that takes longer than to take the calls
over.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

_LOCK = 7_236_001  # of PostgreSQL's advisory locks, the one that is ours


class MigrationError(Exception):
    """The database has a schema that this version cannot bring to its own."""


async def migrate(engine: AsyncEngine) -> None:
    """Bring the schema to this version's, from nothing or from any earlier one; do nothing if it is there already.

    Raises MigrationError where a newer version made the schema, and what SQLAlchemy raises where the database is down.
    """
    async with engine.connect() as connection:
        if await connection.run_sync(_version) == _newest():
            return
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _newest() -> str:
    """Files are named after their revisions, which count up."""
    return max(path.name for path in (Path(__file__).parent / "versions").glob("[0-9]*.py")).partition("_")[0]


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    else:
        # Python's driver opens no transaction for DDL by itself; this also keeps a second daemon out.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise MigrationError(
            f"the database's schema is not one that this version of callcenter knows ({error}); start the version that "
            "made it, or restore the database from before"
        ) from error

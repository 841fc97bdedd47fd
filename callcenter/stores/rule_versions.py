"""The versions of the routing rules and of the staff in SQL: added one after the other, never changed.

One idea: a version names the one that it was made from, and no two may name the same. So the history is a line, and who
publishes on top of something that is no longer the newest is refused by the database itself.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.admin import staff
from callcenter.admin import versions as rule_files
from callcenter.admin.versions import Files, RuleVersion
from callcenter.stores.database import DATABASE_ERRORS, DatabaseUnavailableError, in_short
from callcenter.stores.tables import RuleVersionRow, StaffVersionRow

TIMEOUT_S = 5.0


class NotTheNewestError(Exception):
    """The version that a new one was to follow has a successor already."""


class Versions:
    """Each method raises DatabaseUnavailableError where the database is away, slow, or not prepared yet."""

    _row: type[RuleVersionRow] | type[StaffVersionRow]
    _changes: Callable[[Files, Files], tuple[str, ...]]  # what `changed` says of a version

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def newest(self) -> RuleVersion | None:
        found = await self.latest(1)
        return found[0] if found else None

    async def latest(self, limit: int, above: int = 0) -> tuple[RuleVersion, ...]:
        """At most `limit` of those with a number above `above`, the newest first."""
        statement = select(*self._columns).where(self._row.number > above)
        async with self._reading() as connection:
            rows = await connection.execute(statement.order_by(self._row.number.desc()).limit(limit))
            return tuple(_version(row) for row in rows)

    async def files(self, number: int) -> dict[str, str] | None:
        """The files of a version, None where there is no such version."""
        async with self._reading() as connection:
            return await self._files(connection, number)

    async def has_files(self, version: RuleVersion | None, files: Files) -> bool:
        """Whether these are the files of this version."""
        if version is None:
            return False
        wanted = select(self._row.digest).where(self._row.number == version.number)
        async with self._reading() as connection:
            return bool(await connection.scalar(wanted) == rule_files.digest(files))

    async def has_had_files(self, files: Files) -> bool:
        """Whether these are the files of any version that was ever kept."""
        wanted = select(self._row.number).where(self._row.digest == rule_files.digest(files)).limit(1)
        async with self._reading() as connection:
            return await connection.scalar(wanted) is not None

    async def append(self, files: Files, *, parent: int, author: str, at_ms: int, message: str) -> RuleVersion:
        """Keep a new version, the successor of `parent` (0: the first). Raises NotTheNewestError."""
        try:
            async with self._reached(), self._engine.begin() as connection:
                before = await self._files(connection, parent) if parent else {}
                if before is None:
                    raise NotTheNewestError(f"there is no version {parent}")
                changed = self._changes(before, files)
                version = RuleVersion(parent + 1, author, at_ms, message, parent, changed)
                await connection.execute(
                    insert(self._row).values(
                        number=version.number,
                        parent=parent,
                        author=author,
                        at_ms=at_ms,
                        message=message,
                        changed=json.dumps(changed),
                        files=json.dumps(dict(files)),
                        digest=rule_files.digest(files),
                    )
                )
        except IntegrityError as error:
            raise NotTheNewestError(f"version {parent} has a successor") from error
        return version

    @contextlib.asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        async with self._reached(), self._engine.connect() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _reached(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                yield
        except IntegrityError:
            raise
        except TimeoutError as error:
            raise DatabaseUnavailableError(f"the database has not answered for {TIMEOUT_S:g} s") from error
        except DATABASE_ERRORS as error:
            raise DatabaseUnavailableError(f"the database cannot be used: {in_short(error)}") from error

    @property
    def _columns(self) -> tuple[Any, ...]:
        row = self._row
        return row.number, row.author, row.at_ms, row.message, row.parent, row.changed

    async def _files(self, connection: AsyncConnection, number: int) -> dict[str, str] | None:
        text = await connection.scalar(select(self._row.files).where(self._row.number == number))
        return None if text is None else json.loads(text)


class RuleVersions(Versions):
    _row = RuleVersionRow
    _changes = staticmethod(rule_files.changes)


class StaffVersions(Versions):
    _row = StaffVersionRow
    _changes = staticmethod(staff.changes)


def _version(row: Any) -> RuleVersion:
    return RuleVersion(row.number, row.author, row.at_ms, row.message, row.parent, tuple(json.loads(row.changed)))

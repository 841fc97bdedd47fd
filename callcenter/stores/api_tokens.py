"""The tokens of the API in SQL: added, revoked, never removed, for the audit log names them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.stores.database import DATABASE_ERRORS, DatabaseUnavailableError, in_short
from callcenter.stores.tables import ApiTokenRow

TIMEOUT_S = 5.0
MAX_TOLD = 1_000


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A row, with its lists read."""

    id: str
    digest: str
    name: str
    scopes: tuple[str, ...]
    queue_groups: tuple[str, ...]
    acts_for: str | None
    created_by: str
    created_ms: int
    expires_ms: int | None
    last_used_ms: int | None
    revoked_ms: int | None


class ApiTokens:
    """Each method raises DatabaseUnavailableError where the database is away, slow, or not prepared yet."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def in_force(self, now_ms: int, limit: int) -> Sequence[KeptToken]:
        """Those neither revoked nor expired."""
        unexpired = or_(ApiTokenRow.expires_ms.is_(None), ApiTokenRow.expires_ms > now_ms)
        statement = select(ApiTokenRow.__table__).where(ApiTokenRow.revoked_ms.is_(None), unexpired).limit(limit)
        async with reached(self._engine) as connection:
            return [_kept(row) for row in await connection.execute(statement)]

    async def all(self) -> Sequence[KeptToken]:
        """The newest first, at most MAX_TOLD."""
        newest = (ApiTokenRow.created_ms.desc(), ApiTokenRow.id)
        statement = select(ApiTokenRow.__table__).order_by(*newest).limit(MAX_TOLD)
        async with reached(self._engine) as connection:
            return [_kept(row) for row in await connection.execute(statement)]

    async def add(self, token: KeptToken) -> None:
        async with reached(self._engine) as connection:
            await connection.execute(
                insert(ApiTokenRow).values(
                    id=token.id,
                    digest=token.digest,
                    name=token.name,
                    scopes=json.dumps(token.scopes),
                    queue_groups=json.dumps(token.queue_groups),
                    acts_for=token.acts_for,
                    created_by=token.created_by,
                    created_ms=token.created_ms,
                    expires_ms=token.expires_ms,
                )
            )

    async def revoke(self, token_id: str, now_ms: int) -> bool:
        """False where there is no such token in force."""
        of_it = (ApiTokenRow.id == token_id, ApiTokenRow.revoked_ms.is_(None))
        async with reached(self._engine) as connection:
            done = await connection.execute(update(ApiTokenRow).where(*of_it).values(revoked_ms=now_ms))
            return bool(done.rowcount)

    async def note_used(self, used: Mapping[str, int]) -> None:
        """When tokens were last used, by id."""
        statement = update(ApiTokenRow).where(ApiTokenRow.__table__.c.id == bindparam("of_token"))
        rows = [{"of_token": token_id, "used_ms": at_ms} for token_id, at_ms in used.items()]
        async with reached(self._engine) as connection:
            await connection.execute(statement.values(last_used_ms=bindparam("used_ms")), rows)


@contextlib.asynccontextmanager
async def reached(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection with a transaction. Raises DatabaseUnavailableError for all that keeps it from being used."""
    try:
        async with asyncio.timeout(TIMEOUT_S), engine.begin() as connection:
            yield connection
    except TimeoutError as error:
        raise DatabaseUnavailableError(f"the database has not answered for {TIMEOUT_S:g} s") from error
    except DATABASE_ERRORS as error:
        raise DatabaseUnavailableError(f"the database cannot be used: {in_short(error)}") from error


def _kept(row: Any) -> KeptToken:
    values = dict(row._mapping)
    for name in ("scopes", "queue_groups"):
        values[name] = tuple(json.loads(values[name]))
    return KeptToken(**values)

"""A Redis and a database that fail when and how a test says: between a journal and the real thing.

A command may be refused, acted upon without an answer, or acted upon long after everybody has given up on it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, cast

from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.stores.journal import Journal


class Fault(Enum):
    NONE = "none"
    AWAY = "away"  # nothing gets there
    UNANSWERED = "unanswered"  # it gets there, and the answer is lost
    LATE = "late"  # it gets there when nobody thinks of it any more


class FaultyRedis:
    """In place of a client of redis-py."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.fault = Fault.NONE
        self.late: list[Callable[[], Awaitable[Any]]] = []

    @classmethod
    def before(cls, journal: Journal) -> "FaultyRedis":
        """Put between this journal and its Redis."""
        faulty: Any = cls(journal._client)
        journal._client = journal.records._client = faulty
        return cast(FaultyRedis, faulty)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if name in ("pipeline", "aclose"):
            return (lambda **options: _Pipeline(method(**options), self)) if name == "pipeline" else method
        return lambda *arguments, **options: self.ask(lambda: method(*arguments, **options))

    async def ask(self, do: Callable[[], Awaitable[Any]]) -> Any:
        if self.fault is Fault.NONE:
            return await do()
        if self.fault is Fault.UNANSWERED:
            await do()
        elif self.fault is Fault.LATE:
            self.late.append(do)
        raise RedisConnectionError(f"a fault of the test: {self.fault.value}")

    async def act_late(self) -> None:
        late, self.late = self.late, []
        for do in late:
            await do()


class _Pipeline:
    def __init__(self, pipeline: Any, redis: FaultyRedis) -> None:
        self._pipeline = pipeline
        self._redis = redis

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)

    async def execute(self) -> Any:
        return await self._redis.ask(self._pipeline.execute)


class FaultyEngine:
    """In place of an engine of SQLAlchemy, as far as the writer of the contact log uses one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.fault = Fault.NONE

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        if self.fault is Fault.AWAY:
            raise OSError("a fault of the test: away")
        async with self.engine.connect() as connection:
            async with connection.begin() as transaction:
                yield connection
                if self.fault is Fault.LATE:
                    await transaction.rollback()
                    raise OSError("a fault of the test: not committed")
            if self.fault is Fault.UNANSWERED:
                raise OSError("a fault of the test: committed, and the answer is lost")

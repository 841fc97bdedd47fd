"""How we speak with Redis: one client for all, whose broken connections are told of in redis-py's own words."""

from collections.abc import Iterable
from typing import Any

import redis.asyncio
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

CONNECT_TIMEOUT_S = 1.0


def redis_client(url: str, **options: Any) -> redis.asyncio.Redis:
    """`url` is `redis://HOST:PORT/DB`, `rediss://` with TLS, or `unix://PATH`. Makes no connection.

    Tries nothing twice: the caller decides, and an unclear attempt must be seen to be unclear. What fails raises
    RedisError or OSError. `options` are redis-py's.
    """
    client = redis.asyncio.Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=CONNECT_TIMEOUT_S, **options
    )
    pool = client.connection_pool
    pool.connection_class = _on_uvloop(pool.connection_class)
    return client


def _on_uvloop(kind: type[AbstractConnection]) -> type[AbstractConnection]:
    """uvloop's transports raise RuntimeError at a write to a connection that the other side has just closed, where
    asyncio's are silent and the next read fails; redis-py does not know it.
    """

    class Connection(kind):  # type: ignore[misc,valid-type]
        async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
            try:
                await super().send_packed_command(command, check_health)
            except RuntimeError as error:
                raise RedisConnectionError(f"the connection was closed while it was written to: {error}") from error

    return Connection

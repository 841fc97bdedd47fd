"""A Redis that goes away is told of as redis-py tells of it, on the daemon's own event loop too."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop
from redis.exceptions import RedisError

from callcenter.stores.redis_client import redis_client
from tests.helpers import run_async
from tests.redis_fixtures import running_redis


@pytest.fixture
def gone() -> Iterator[str]:
    """The address of a Redis that dies whenever somebody has connected."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            while True:
                connection, _ = server.accept()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
                connection.close()
        except OSError:
            pass  # the test is over

    serving = threading.Thread(target=serve)
    serving.start()
    yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    serving.join()


@run_async
async def test_a_connection_that_breaks_off_while_it_is_written_to_raises_what_callers_catch(gone: str) -> None:
    async def ask() -> None:
        client = redis_client(gone)
        told = ""
        async with asyncio.timeout(60):
            while "while it was written to" not in told:  # one in thirty hits the moment
                with pytest.raises((RedisError, OSError)) as error:
                    await client.set("key", "value")
                told = str(error.value)
        await client.aclose()

    await asyncio.to_thread(uvloop.run, ask())


@pytest.mark.redis
@run_async
async def test_any_folder_may_hold_the_socket(redis_executable: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder, 100% ours #1?"
    folder.mkdir()
    async with running_redis(folder) as server:
        client = redis_client(server.url)
        assert await client.ping()
        await client.aclose()

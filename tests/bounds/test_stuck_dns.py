"""A DNS that never answers: the parts whose names it has wait, the others work, and the daemon ends when it is told to.

A stuck look-up sits in a thread that nobody can break off: Twisted's for the PBX, libuv's for Redis and the database.
"""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lab.center import Center
from lab.daemon_process import START_LIMIT_S, DaemonProcess
from lab.install import PROJECT
from tests.bounds.floor import Machine, Parts
from tests.bounds.small_disk import can_mount
from tests.helpers import run_async
from tests.test_daemon import ANNA, ROUTING, SECRET

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]


def _not_well(parts: Parts) -> list[str]:
    return [name for name, part in parts.items() if not part["ok"]]


async def _work_and_stop(center: Center, away: list[str], says: str = "") -> None:
    """An agent can work without what is away, and the daemon ends in order, however many look-ups are stuck."""
    try:
        await center.until(
            lambda parts: _not_well(parts) == away and says in center.log(), f"all but {away} to be well", START_LIMIT_S
        )
        anna = await center.seat("anna")
        await anna.ready()
        await anna.leave()
    finally:
        status = await center.stop()
    assert status == 0


@run_async
async def test_pbx_whose_name_is_stuck_holds_up_nobody(tmp_path: Path, machine: Machine) -> None:
    machine.let_dns_hang()
    pbx = {"host": "pbx.example", "connect_timeout_s": 0.2}
    center = Center(tmp_path, 1, SECRET, agents=[ANNA], routing=ROUTING, settings={"pbx": pbx})
    await center.start(synced=False)
    await _work_and_stop(center, ["pbx"], "does the DNS answer for pbx.host?")


class WithItsOwnDns(DaemonProcess):
    """A daemon that asks a DNS of the test's own."""

    def __init__(self, center: Center, resolver: Path) -> None:
        super().__init__(center.config_file, center.folder / "daemon.log", center.http_port)
        self._resolver = resolver

    def start(self) -> None:
        run = f"mount --bind {self._resolver} /etc/resolv.conf && exec {sys.executable} -m callcenter run --config"
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", f"{run} {self.config_file}"],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


if can_mount():

    @run_async
    async def test_names_of_pbx_and_database_at_a_dns_that_swallows_all_questions(tmp_path: Path) -> None:
        settings = {"pbx": {"host": "pbx.example"}, "database": {"url": "postgresql://u@db.example/x"}}
        center = Center(tmp_path, 1, SECRET, agents=[ANNA], routing=ROUTING, settings=settings)
        center.write_files()
        resolver = tmp_path / "resolv.conf"
        resolver.write_text("nameserver 127.9.8.7\noptions timeout:30 attempts:3\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dns:
            dns.bind(("127.9.8.7", 53))
            center.daemon = WithItsOwnDns(center, resolver)
            center.daemon.start()
            await _work_and_stop(center, ["pbx", "sql"])

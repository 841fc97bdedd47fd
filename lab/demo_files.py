"""The demo's own folder: one demo at a time, all made anew at each start, nothing of an earlier one left running."""

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import yaml
from argon2 import PasswordHasher

from callcenter.crm.sample import load_sample
from callcenter.stores.database import default_url, open_database
from callcenter.stores.migrations import migrate
from callcenter.types import AgentId
from lab.demo_calls import CUSTOMERS
from lab.install import LOCAL, PROJECT

FOLDER = LOCAL / "demo"
PASSWORD = "demo"  # noqa: S105 - made-up people on the loopback interface
END_LIMIT_S = 10.0
POLL_S = 0.05


class DemoFailed(Exception):  # noqa: N818 - an outcome, not a bug
    """The demo cannot start or go on. The message says what happened and what would help."""


@dataclass(frozen=True, slots=True)
class Manager:
    """Where the PBX's manager interface is, and the file with its secret."""

    port: int
    secret_file: Path


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent of the demo and the phone on the desk."""

    agent: str
    name: str
    phone: str
    queues: tuple[str, ...]


class DemoFolder:
    """`open()` takes the folder and empties it; `close()` lets it go. What the demo made stays there, to look at."""

    def __init__(self, path: Path = FOLDER) -> None:
        self.path = path.absolute()
        self.config_file = self.path / "config/callcenter.yaml"
        self.data = self.path / "data"
        self.daemon_log = self.path / "daemon.log"
        self.seats = _seats(_shipped("config/agents.yaml"))
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Raises DemoFailed while another demo uses it."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = (self.path / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise DemoFailed(f"another demo is running in {self.path}: stop that one first") from error
        self._lock = lock
        self.end_left_over()
        for name in ("config", "rules", "data"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        self.daemon_log.unlink(missing_ok=True)

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def write(self, manager: Manager, http_port: int) -> None:
        """Write the daemon's settings, made from the shipped ones."""
        self.config_file.parent.mkdir(parents=True)
        shutil.copytree(PROJECT / "rules", self.path / "rules", ignore=shutil.ignore_patterns(".*"))
        settings = {
            "data_dir": "../data",
            "pbx": {"host": "127.0.0.1", "port": manager.port, "secret_file": str(manager.secret_file)},
            "http": {"host": "127.0.0.1", "port": http_port},
        }
        _write(self.config_file, "callcenter.yaml", settings)
        agents = _shipped("config/agents.yaml")
        password_hash = PasswordHasher().hash(PASSWORD)
        for agent in agents["agents"]:
            agent["password_hash"] = password_hash
        _write(self.config_file.with_name("agents.yaml"), "agents.yaml", agents)

    async def fill_database(self) -> None:
        """Make the daemon's own SQLite database, with the sample's customers in it."""
        self.data.mkdir(parents=True, exist_ok=True)
        database = open_database(default_url(self.data))
        try:
            await migrate(database.engine)
            await load_sample(database.engine, CUSTOMERS, [AgentId(seat.agent) for seat in self.seats])
        finally:
            await database.close()

    def end_left_over(self) -> None:
        """End the daemon and the redis-server of a demo that was killed. Ours are known by the folder they work in."""
        wanted = os.fsencode(self.config_file)
        redis = self.data / "redis"
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
                name, works_in = (process / "comm").read_text(), (process / "cwd").readlink()
            except OSError:
                continue  # it has ended, or belongs to somebody else
            if wanted in words or (works_in == redis and name.startswith("redis-server")):
                _end(int(process.name))


def seats_for_people(seats: Sequence[Seat]) -> list[Seat]:
    """One seat of each skill group: the first one."""
    found: dict[tuple[str, ...], Seat] = {}
    for seat in seats:
        found.setdefault(seat.queues, seat)
    return list(found.values())


def _seats(agents: dict[str, Any]) -> list[Seat]:
    return [
        Seat(agent["id"], agent["name"], agent["device"].removeprefix("PJSIP/"), tuple(agent["queues"]))
        for agent in agents["agents"]
    ]


def _shipped(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / name).read_text(encoding="utf-8"))
    return loaded


def _write(path: Path, shipped: str, content: dict[str, Any]) -> None:
    head = f"# Made by `make demo` at each start; config/{shipped} is the one that explains every key.\n"
    path.write_text(head + yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _end(pid: int) -> None:
    for demand in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + END_LIMIT_S
        try:
            os.kill(pid, demand)
            while time.monotonic() < deadline and _runs(pid):
                time.sleep(POLL_S)
        except ProcessLookupError:
            return


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False

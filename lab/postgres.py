"""A real PostgreSQL for tests and benchmarks: a cluster of its own on loopback, made once, ended by its process id.

initdb and postgres refuse to run as root, and the user that they run as may not be able to enter the project's
folder. So the cluster lives in a private directory under the system's temporary one, is owned by that user, and goes
away at the end.
"""

import getpass
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from lab.ports import server_port

START_TIMEOUT_S = 30.0


class PostgresCluster:
    """May be stopped and started again by a test that needs it away; must be running again when that test ends."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._identity = _unprivileged()
        self.directory = Path(tempfile.mkdtemp(prefix="callcenter-pg-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None
        self._password = secrets.token_hex(8)
        self.port = server_port()
        password_file = self.directory / "password"
        password_file.write_text(self._password)
        if self._identity:
            for path in (password_file, self.directory):
                os.chown(path, self._identity["user"], self._identity["group"])
        self._run(
            "initdb",
            "--no-sync",
            "-D",
            "data",
            "-U",
            "callcenter",
            "-A",
            "scram-sha-256",
            "--pwfile=password",
            "-E",
            "UTF8",
        )

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://callcenter:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        assert self._process is None
        with (self.directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command("postgres", *self._options()),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                **self._identity,
            )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not self._ready():
            words = (self.directory / "server.log").read_text(errors="replace")[-2000:]
            assert self._process.poll() is None, f"postgres ended at once: {words}"
            assert time.monotonic() < deadline_s, f"postgres does not get ready: {words}"
            time.sleep(0.05)

    def _options(self) -> list[str]:
        """Without fsync (-F): a process that is killed loses nothing by it, and nobody cuts the machine's power."""
        return ["-F", "-D", "data", "-p", str(self.port), "-h", "127.0.0.1", "-k", "", "-N", "60"]

    def stop(self) -> None:
        """As a fast shutdown: connections are cut, nothing is lost."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """As an immediate shutdown: nothing is put in order, the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        self.crash()
        shutil.rmtree(self.directory, ignore_errors=True)

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"test_{secrets.token_hex(6)}"

        command = self._command("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "callcenter", name)
        environment = {**os.environ, "PGPASSWORD": self._password}
        subprocess.run(command, check=True, cwd=self.directory, env=environment)  # noqa: S603 - our own command
        return self.url(name)

    def _ready(self) -> bool:
        command = self._command("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port))
        done = subprocess.run(command, check=False, cwd=self.directory)  # noqa: S603 - our own command
        return done.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - our own command
            self._command(program, *arguments), cwd=self.directory, capture_output=True, check=False, **self._identity
        )
        assert done.returncode == 0, f"{program} failed: {done.stderr.decode(errors='replace')}"

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [str(self._binaries / program), *arguments]


def _unprivileged() -> dict[str, Any]:
    """As whom PostgreSQL runs: for root the user `postgres` or else `nobody`, otherwise ourselves."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError(f"{getpass.getuser()} may not run PostgreSQL, and there is no user postgres or nobody")


def find_binaries() -> Path | None:
    """Where initdb and postgres are: on the PATH, or where Debian and Red Hat keep them; the newest version."""
    places = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: -_version(place.parent.name))
    places += sorted(Path("/usr").glob("pgsql-*/bin"), key=lambda place: -_version(place.parent.name[6:]))
    return next((place for place in places if os.access(place / "postgres", os.X_OK)), None)


def _version(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return 0.0

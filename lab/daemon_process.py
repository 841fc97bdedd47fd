"""The daemon as its users run it: a process of its own, asked over HTTP how it is.

It runs unmodified: what is seen here is what an operator gets.
"""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.children import ends_with_us
from lab.install import PROJECT

START_LIMIT_S = 60.0
STOP_LIMIT_S = 25.0
HTTP_LIMIT_S = 5.0
POLL_S = 0.05


class DaemonFailed(Exception):  # noqa: N818 - an outcome, not a bug
    """The daemon did not start, answer or stop. The message ends with the last lines of its log."""


class DaemonProcess:
    """One daemon with the settings in `config_file`, its pages at `port` of 127.0.0.1, its words in `log_file`."""

    def __init__(self, config_file: Path, log_file: Path, port: int) -> None:
        self.config_file = config_file
        self.log_file = log_file
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    # ---- the process

    def start(self) -> None:
        """Start it; returns at once, see `until`."""
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                [sys.executable, "-m", "callcenter", "run", "--config", str(self.config_file)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we then stop it in order
            )
        ends_with_us(self._process)

    def check(self) -> None:
        """Raises DaemonFailed when it is not running (any more)."""
        if self._process is None or self._process.poll() is not None:
            status = "was not started" if self._process is None else f"ended with status {self._process.returncode}"
            raise DaemonFailed(f"the daemon {status}. Its last words:\n{self.log()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it as an operator would, or as a power cut with SIGKILL; return its status. Blocks until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise DaemonFailed(f"the daemon did not end in {STOP_LIMIT_S:.0f} s, killed.\n{self.log()}") from None

    def wait(self, limit_s: float) -> int:
        """Wait until it ends by itself; return its status. Blocks. Raises DaemonFailed after `limit_s`."""
        assert self._process is not None
        try:
            return self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise DaemonFailed(f"waited {limit_s:g} s for the daemon to end by itself.\n{self.log()}") from None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def reload(self) -> None:
        """Have it read its settings again."""
        self.check()
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def cpu_s(self) -> float:
        """Seconds of CPU that it has used, in user and system mode."""
        self.check()
        assert self._process is not None
        return process_cpu_s(self._process.pid)

    def log(self, lines: int = 30) -> str:
        """The last lines that it wrote."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])

    # ---- what it says

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a page. Blocks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HTTP_LIMIT_S)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()

    async def health(self) -> dict[str, Any]:
        """The parts of /health/ready; empty while nothing answers."""
        try:
            _, body = await asyncio.to_thread(self.get, "/health/ready")
            parts: dict[str, Any] = json.loads(body)["parts"]
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        return parts

    async def until(
        self, fits: Callable[[dict[str, Any]], bool], what: str, limit_s: float = START_LIMIT_S
    ) -> dict[str, Any]:
        """Wait until the parts of /health/ready fit. Raises DaemonFailed after `limit_s` or when the daemon ends."""
        give_up_s = time.monotonic() + limit_s
        while True:
            parts = await self.health()
            if parts and fits(parts):
                return parts
            self.check()
            if time.monotonic() > give_up_s:
                words = "; ".join(f"{name}: {part['words']}" for name, part in parts.items() if not part["ok"])
                raise DaemonFailed(
                    f"waited {limit_s:.0f} s for {what} ({words or 'no answer'}). Its last words:\n{self.log()}"
                )
            await asyncio.sleep(POLL_S)


def all_ready(parts: dict[str, Any]) -> bool:
    """PBX, Redis, SQL and engine are well."""
    return bool(parts) and all(part["ok"] for part in parts.values())


def process_cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

"""A real Prometheus for tests, and its tool: what PromQL, rules and metrics are is theirs to say."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.ports import server_port

START_LIMIT_S = 30.0


def _found(program: str) -> Path:
    """Skips, or fails where CALLCENTER_REQUIRE_ALL=1, if this machine does not have it."""
    path = shutil.which(program)
    if path is None:
        words = f"no {program} was found (Debian: apt-get install prometheus)"
        if os.environ.get("CALLCENTER_REQUIRE_ALL") == "1":
            pytest.fail(words)
        pytest.skip(words)
    return Path(path)


@pytest.fixture(scope="session")
def promtool() -> Path:
    return _found("promtool")


@pytest.fixture(scope="session")
def prometheus_executable() -> Path:
    return _found("prometheus")


class PrometheusServer:
    """Scrapes `target` once a second, by rules given, and answers queries."""

    def __init__(self, executable: Path, folder: Path, target: str, rules: Sequence[Path]) -> None:
        self._executable, self._folder = executable, folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{server_port()}"
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in rules],
            "scrape_configs": [{"job_name": "callcenter", "static_configs": [{"targets": [target]}]}],
        }
        folder.mkdir(parents=True)
        (folder / "prometheus.yml").write_text(json.dumps(config))

    def start(self) -> None:
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self._executable,
                    f"--config.file={self._folder}/prometheus.yml",
                    f"--storage.tsdb.path={self._folder}/data",
                    f"--web.listen-address={self.url.removeprefix('http://')}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        give_up_s = time.monotonic() + START_LIMIT_S
        while not self._ready():
            words = (self._folder / "prometheus.log").read_text(errors="replace")[-2000:]
            assert self._process.poll() is None, f"Prometheus ended at once: {words}"
            assert time.monotonic() < give_up_s, f"Prometheus does not get ready: {words}"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer of the API. Raises AssertionError with Prometheus's words where it refuses."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None

    def values(self, promql: str) -> dict[tuple[tuple[str, str], ...], float]:
        """What an expression gives now, by its labels."""
        result = self.ask("query", query=promql)["result"]
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in result}

    def until(self, promql: str, value: float, limit_s: float = 30.0) -> None:
        """Wait until the sum of what an expression gives is this."""
        give_up_s = time.monotonic() + limit_s
        while (seen := sum(self.values(promql).values())) != value:
            assert time.monotonic() < give_up_s, f"{promql} is {seen}, and not {value}"
            time.sleep(0.1)


@contextmanager
def scraping(executable: Path, folder: Path, target: str, *rules: Path) -> Iterator[PrometheusServer]:
    """For tests that have asked for `prometheus_executable`: one that ends with the block. `target` is host:port."""
    server = PrometheusServer(executable, folder, target, rules)
    try:
        server.start()
        yield server
    finally:
        server.stop()

"""The demo, run as `make demo` runs it: a process of its own, looked at from outside, and nothing left of it after.

Each run carries a mark in its environment that everything it starts inherits, so what is left over is found wherever it
went.
"""

import contextlib
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callcenter.settings import load_rules
from lab.daemon_process import DaemonFailed, DaemonProcess, all_ready
from lab.demo import line_of
from lab.demo_calls import LINES, MEAN_RATE, WAVE_S, WITHHELD, rate, visitors
from lab.demo_files import DemoFailed, DemoFolder, Manager, seats_for_people
from lab.install import PROJECT, Installation
from lab.ports import server_port
from tests.helpers import run_async

LIMIT_S = 90.0  # for anything that is waited for; a loaded machine is slow to start
MARK = "CALLCENTER_DEMO_RUN"


class Run:
    """One demo process. Its output is a file, so that nothing ever waits for it to be read."""

    def __init__(self, folder: Path, *options: str, path: str | None = None) -> None:
        self.folder = folder
        self.mark = secrets.token_hex(8)
        self.port = server_port()
        self._output = folder.with_name(f"output-{self.mark}")
        environment = os.environ | {MARK: self.mark} | ({"PATH": path} if path is not None else {})
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lab.demo", "--folder", str(folder), "--port", str(self.port), *options],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            log = self.folder / "daemon.log"
            told = f"{self.output}\n{log.read_text() if log.exists() else ''}"
            assert time.monotonic() < deadline, f"{what} has not happened within {LIMIT_S:g} s:\n{told}"
            assert self.process.poll() is None or condition(), f"the demo ended before {what}:\n{told}"
            time.sleep(0.1)

    def until_said(self, words: str) -> None:
        self.until(lambda: words in self.output, f"{words!r}")

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def counted(self, name: str, **labels: str) -> float:
        families = text_string_to_metric_families(self.get("/metrics")[1])
        samples = (sample for family in families for sample in family.samples if sample.name == name)
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        return self.process.wait(LIMIT_S)

    def left_over(self) -> list[str]:
        """What still runs of it."""
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if wanted in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found

    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for demos; one that a failed test has left running in it is ended."""
    path = tmp_path / "demo"
    yield path
    if path.exists():
        DemoFolder(path).end_left_over()


@pytest.fixture
def without_sipp(tmp_path: Path, redis_executable: Path) -> str:
    """A PATH on which there is a redis-server and nothing to play SIP with."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "redis-server").symlink_to(shutil.which("redis-server") or redis_executable)
    return str(programs)


def shows_calls(run: Run) -> None:
    """Pages and metrics answer, and contacts get answered."""
    run.until_said("The call center is open")
    assert "<html" in run.get("/")[1]
    assert run.get("/floor")[0] == 200
    run.until(lambda: run.get("/health/ready")[0] == 200, "readiness")
    run.until(lambda: run.counted("callcenter_contacts_total", outcome="answered") >= 2, "two answered contacts")
    run.until(lambda: run.counted("callcenter_handle_seconds_count") >= 1, "an ended wrap-up")
    run.until_said(" · answered ")
    for agent in ("anna", "greta"):
        assert f"agent {agent}" in run.output


def is_cleaned_up(run: Run) -> None:
    assert run.output.endswith("Stopped: nothing of the demo is running any more.\n")
    assert run.left_over() == []
    assert run.port_is_free()


# ---- whole runs


@pytest.mark.redis
@pytest.mark.usefixtures("redis_executable")
def test_simulated_demo_shows_calls_and_ctrl_c_cleans_up(folder: Path) -> None:
    run = Run(folder, "--simulated")
    shows_calls(run)
    second = Run(folder, "--simulated")
    assert second.ended() == 1
    assert "another demo is running" in second.output
    assert run.end(signal.SIGINT) == 0
    is_cleaned_up(run)


@pytest.mark.redis
def test_without_sipp_the_demo_says_why_it_simulates_ends_by_itself_and_runs_again(
    folder: Path, without_sipp: str
) -> None:
    run = Run(folder, "--seconds", "2", path=without_sipp)
    assert run.ended() == 0, run.output
    assert "the demo simulates one. Why: there is no `sipp`" in run.output
    is_cleaned_up(run)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        again = Run(folder, "--seconds", "1", "--port", str(port), path=without_sipp)
        assert again.ended() == 0, again.output
    assert f"Port {port} is taken, so the pages are on " in again.output
    is_cleaned_up(again)


@pytest.mark.redis
@pytest.mark.usefixtures("redis_executable")
def test_a_demo_that_is_stopped_half_way_cleans_up_and_one_that_was_killed_is_cleaned_up_after(folder: Path) -> None:
    run = Run(folder, "--simulated")
    run.until_said("Starting the daemon")
    assert run.end(signal.SIGTERM) == 0
    is_cleaned_up(run)
    killed = Run(folder, "--simulated")
    killed.until_said("The call center is open")
    killed.end(signal.SIGKILL)
    assert killed.left_over() != []
    after = Run(folder, "--simulated", "--seconds", "1")
    assert after.ended() == 0, after.output
    assert killed.left_over() == []
    is_cleaned_up(after)


@pytest.mark.pbx
@pytest.mark.redis
@pytest.mark.usefixtures("redis_executable")
def test_demo_on_a_real_pbx_shows_calls_and_ctrl_c_cleans_up(folder: Path, pbx_installation: Installation) -> None:
    run = Run(folder)
    shows_calls(run)
    assert "a real Asterisk" in run.output
    assert run.end(signal.SIGINT) == 0
    is_cleaned_up(run)


@pytest.mark.pbx
@pytest.mark.redis
@pytest.mark.usefixtures("redis_executable")
def test_demo_on_a_real_pbx_that_is_stopped_while_it_starts_cleans_up(
    folder: Path, pbx_installation: Installation
) -> None:
    run = Run(folder)
    run.until_said("Starting a real Asterisk")
    assert run.end(signal.SIGTERM) == 0
    is_cleaned_up(run)


# ---- its parts


@run_async
async def test_a_daemon_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    daemon = DaemonProcess(folder.config_file, folder.daemon_log, server_port())
    daemon.start()
    with pytest.raises(DaemonFailed, match=r"the daemon ended with status 1[\s\S]*callcenter\.yaml"):
        await daemon.until(all_ready, "all of it")
    assert daemon.stop() == 1


def test_the_folder_is_made_anew_and_belongs_to_one_demo(tmp_path: Path) -> None:
    first, second = DemoFolder(tmp_path), DemoFolder(tmp_path)
    first.open()
    with pytest.raises(DemoFailed, match="another demo is running"):
        second.open()
    first.write(Manager(5038, tmp_path / "secret"), 8080)
    rules = {path.name for path in (PROJECT / "rules").iterdir() if not path.name.startswith(".")}
    assert {path.name for path in (tmp_path / "rules").iterdir()} == rules
    assert load_rules(first.config_file).mistakes == ()
    (first.data / "old").mkdir(parents=True)
    first.close()
    second.open()
    assert not second.config_file.exists()
    assert not second.data.exists()
    second.close()


def test_two_groups_of_at_least_twelve_agents_and_a_seat_for_people_in_each() -> None:
    seats = DemoFolder().seats
    people = seats_for_people(seats)
    assert len(seats) >= 12
    assert [seat.phone for seat in people] == ["1001", "1007"]
    assert people[0].queues != people[1].queues


def test_all_kinds_of_callers_call_all_lines() -> None:
    drawn = list(islice(visitors(Random(5)), 2_000))
    assert {visitor.dialled for visitor in drawn} == set(LINES)
    assert {"invoice", "cancel"} <= {visitor.intent for visitor in drawn}
    callers = Counter(visitor.number for visitor in drawn)
    assert callers[WITHHELD] > 50
    assert any(visitor.account for visitor in drawn)
    assert len(callers) > 200
    assert len({visitor.patience_s for visitor in drawn}) > 100
    assert list(islice(visitors(Random(5)), 50)) == drawn[:50]


def test_the_rate_of_calls_swings_around_its_mean() -> None:
    rates = [rate(second) for second in range(round(WAVE_S))]
    assert min(rates) > 0
    assert sum(rates) / len(rates) == pytest.approx(MEAN_RATE)
    assert max(rates) > 1.5 * MEAN_RATE


def test_a_line_tells_what_the_metrics_say() -> None:
    metrics = """\
# TYPE callcenter_contacts_total counter
callcenter_contacts_total{queue="sales",tier="gold",outcome="answered"} 3
callcenter_contacts_total{queue="sales",tier="gold",outcome="abandoned"} 1
# TYPE callcenter_contacts_waiting gauge
callcenter_contacts_waiting{queue="sales"} 2
callcenter_contacts_waiting{queue="billing"} 1
# TYPE callcenter_contacts_connected gauge
callcenter_contacts_connected{queue="sales"} 4
# TYPE callcenter_longest_wait_seconds gauge
callcenter_longest_wait_seconds{queue="sales"} 17.4
callcenter_longest_wait_seconds{queue="billing"} 2
# TYPE callcenter_agents gauge
callcenter_agents{state="ready"} 5
callcenter_agents{state="wrap_up"} 2
"""
    assert line_of(metrics) == (
        "arrived 11 · waiting 3 (longest 17 s) · talking 4 · answered 3 · abandoned 1 · "
        "agents ready 5, in wrap-up 2, not ready 0"
    )

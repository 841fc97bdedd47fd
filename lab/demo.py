"""A whole call center on this machine, with calls in it: `python -m lab.demo`, or `make demo`.

PBX, database, daemon (which brings its own Redis), agents and callers are started in this order and taken down in the
reverse one, however far the start came and whatever ended it: Ctrl-C, SIGTERM, a part that failed, or the time.
"""

import asyncio
import contextlib
import http.client
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import click
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet import asyncioreactor

from lab.daemon_process import START_LIMIT_S, DaemonFailed, DaemonProcess, all_ready
from lab.demo_agents import DrivenAgent
from lab.demo_files import FOLDER, PASSWORD, DemoFailed, DemoFolder, Seat, seats_for_people
from lab.demo_floor import Floor, RealFloor, SimulatedFloor, in_thread, need_real_pbx
from lab.install import PbxUnavailable
from lab.pbx import PbxFailed
from lab.sipp import SippFailed, SippUnavailable

DEFAULT_PORT = 8080
PORTS_TRIED = 50
MAX_SECONDS = 4 * 3600
LINE_EVERY_S = 5.0
LOOK_EVERY_S = 0.5


def say(text: str) -> None:
    """Print. A terminal that is gone is no reason to leave processes behind."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


class Demo:
    """One run, from the first process to the last one's end."""

    def __init__(self, reactor: Any, folder: Path, port: int, simulated: bool, seconds: float | None) -> None:
        self._reactor = reactor
        self._folder = DemoFolder(folder)
        self._port = port
        self._simulated = simulated
        self._seconds = MAX_SECONDS if seconds is None else min(seconds, MAX_SECONDS)
        self._random = Random()  # noqa: S311 - it decides who calls, not who gets in
        self._people = seats_for_people(self._folder.seats)
        self._driven = [seat for seat in self._folder.seats if seat not in self._people]

    async def run(self) -> None:
        """Raises DemoFailed. Whatever happens, cancellation included, nothing is left running."""
        async with contextlib.AsyncExitStack() as stack:
            await in_thread(self._folder.open)
            stack.callback(self._folder.close)
            stack.callback(say, "Stopped: nothing of the demo is running any more.")
            floor = await self._choose_floor()
            stack.push_async_callback(floor.close)
            say(f"Starting {floor.words} …")
            try:
                manager = await floor.start()
            except (PbxFailed, SippFailed, OSError) as error:
                remedy = "`python -m lab.demo --simulated` shows the same without a PBX"
                raise DemoFailed(f"the PBX or its phones did not start: {error}\n{remedy}") from error
            port = self._free_port()
            self._folder.write(manager, port)
            await self._folder.fill_database()
            say("Starting the daemon …")
            daemon = DaemonProcess(self._folder.config_file, self._folder.daemon_log, port)
            stack.push_async_callback(in_thread, self._folder.end_left_over)
            stack.push_async_callback(in_thread, daemon.stop)
            stack.callback(say, "Stopping …")
            daemon.start()
            await daemon.until(all_ready, "PBX, Redis and SQL to be there")
            stack.push_async_callback(_end_all, self._start_agents(port))
            floor.open_doors()
            self._explain(port)
            await self._watch(floor, daemon)

    async def _choose_floor(self) -> Floor:
        if not self._simulated:
            try:
                await need_real_pbx(say)
                return RealFloor(self._folder.seats, self._people, self._random, self._seconds + START_LIMIT_S)
            except (PbxUnavailable, SippUnavailable) as error:
                say(f"There is no PBX to run here, so the demo simulates one. Why: {error}")
        return SimulatedFloor(self._folder.seats, self._people, self._random, self._reactor, self._folder.path)

    def _free_port(self) -> int:
        for port in range(self._port, min(self._port + PORTS_TRIED, 65_536)):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                if port != self._port:
                    say(f"Port {self._port} is taken, so the pages are on {port}.")
                return port
        raise DemoFailed(f"all ports from {self._port} on are taken: choose another with --port")

    def _start_agents(self, port: int) -> list[asyncio.Task[None]]:
        drawn = [DrivenAgent(port, seat.agent, PASSWORD, Random(self._random.random())) for seat in self._driven]  # noqa: S311
        return [asyncio.create_task(agent.work()) for agent in drawn]

    def _explain(self, port: int) -> None:
        width = max(len(seat.agent) for seat in self._people)
        seats = "\n".join(_sign_in(seat, width) for seat in self._people)
        say(
            f"""
The call center is open:  http://127.0.0.1:{port}/

  Sign in as one of these and press Ready; their phones answer by themselves after 8 seconds.
{seats}
  Their {len(self._driven)} colleagues work by themselves. You are a supervisor, too:
  Floor:  http://127.0.0.1:{port}/floor        Wall:  http://127.0.0.1:{port}/wall
  Metrics:  http://127.0.0.1:{port}/metrics        Health:  http://127.0.0.1:{port}/health/ready
  The daemon's log and settings, and the database:  {_shown(self._folder.path)}

Ctrl-C stops and cleans up all of it; without it the demo ends after {_span(self._seconds)}.
"""
        )

    async def _watch(self, floor: Floor, daemon: DaemonProcess) -> None:
        started = time.monotonic()
        next_line = started + LINE_EVERY_S
        while (now := time.monotonic()) < started + self._seconds:
            floor.check()
            daemon.check()
            if now >= next_line:
                next_line = now + LINE_EVERY_S
                with contextlib.suppress(OSError, http.client.HTTPException):
                    _, body = await in_thread(lambda: daemon.get("/metrics"))
                    say(f"{int(now - started) // 60:3}:{int(now - started) % 60:02}  {line_of(body.decode())}")
            await asyncio.sleep(min(LOOK_EVERY_S, started + self._seconds - now))


def line_of(metrics: str) -> str:
    """What is going on, in one line, from the daemon's metrics."""
    totals: dict[str, float] = {}
    longest = 0.0
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            kind = sample.labels.get("outcome") or sample.labels.get("state") or ""
            key = f"{sample.name} {kind}".strip()
            totals[key] = totals.get(key, 0.0) + sample.value
            if sample.name == "callcenter_longest_wait_seconds":
                longest = max(longest, sample.value)

    def count(key: str) -> int:
        return int(totals.get(f"callcenter_{key}", 0))

    waiting, talking = count("contacts_waiting"), count("contacts_connected")
    answered, abandoned = (count(f"contacts_total {outcome}") for outcome in ("answered", "abandoned"))
    arrived = sum(int(value) for key, value in totals.items() if key.startswith("callcenter_contacts_total "))
    return (
        f"arrived {arrived + waiting + talking} · waiting {waiting} (longest {longest:.0f} s) · talking {talking} · "
        f"answered {answered} · abandoned {abandoned} · agents ready {count('agents ready')}, "
        f"in wrap-up {count('agents wrap_up')}, not ready {count('agents not_ready')}"
    )


async def _end_all(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _sign_in(seat: Seat, width: int) -> str:
    return f"    agent {seat.agent:{width}}   password {PASSWORD}   ({', '.join(seat.queues)}; phone {seat.phone})"


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _span(seconds: float) -> str:
    return f"{seconds / 3600:.0f} hours" if seconds >= 7200 else f"{seconds:.0f} s"


def _run_until_stopped(make: Callable[[Any], Demo]) -> int:
    """Run the demo on Twisted's reactor over asyncio's loop, and stop it on a signal. Returns the exit status."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor as installed  # noqa: PLC0415 - only now is it the one that we want

    reactor: Any = installed
    status = 0

    async def work() -> None:
        nonlocal status
        running = asyncio.create_task(make(reactor).run())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, _stop_once(running))
        try:
            await running
        except asyncio.CancelledError:
            pass
        except (DemoFailed, DaemonFailed) as error:
            say(f"The demo cannot go on: {error}")
            status = 1
        finally:
            reactor.stop()

    main_task: list[asyncio.Task[None]] = []
    reactor.callWhenRunning(lambda: main_task.append(loop.create_task(work())))
    reactor.run(installSignalHandlers=False)
    loop.run_until_complete(asyncio.gather(*main_task))  # an error that nobody expected is raised here
    return status


def _stop_once(task: asyncio.Task[None]) -> Callable[[], None]:
    """The first signal stops the demo; further ones don't disturb its cleaning up."""
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked:
            asked = True
            task.cancel()

    return stop


@click.command()
@click.option("--simulated", is_flag=True, help="Simulate the PBX, its phones and callers.")
@click.option("--seconds", type=click.FloatRange(min=1), help="End by itself after so many seconds.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The pages' port; the next free one is taken.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    help="Where it keeps its files. [.local/demo]",
)
def main(simulated: bool, seconds: float | None, port: int, folder: Path) -> None:
    """A whole call center on this machine, with calls in it. Ctrl-C stops and cleans up all of it."""
    logging.basicConfig(level=logging.WARNING)
    raise SystemExit(_run_until_stopped(lambda reactor: Demo(reactor, folder, port, simulated, seconds)))


if __name__ == "__main__":
    main()

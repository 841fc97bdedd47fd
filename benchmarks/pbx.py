"""`make bench-pbx`: the same SIPp load through stock app_queue and through the daemon, on one Asterisk, in turns.

A B A B ...: whatever drifts on the machine drifts for both. Each run starts with all agents free and ends with the last
caller; the daemon runs in its own runs only. Prints a line for each run, a table, and, last, one line of JSON.
"""

import asyncio
import os
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from benchmarks import daemon, figures, load, observer, stock, timeline
from benchmarks.figures import APP_QUEUE, CALLCENTER, Run
from benchmarks.load import Load, RunFailedError, Seen
from lab.daemon_process import DaemonFailed
from lab.pbx import FIRST_AGENT, Pbx, PbxFailed, PbxUnavailable
from lab.sipp import SippFailed, SippUnavailable

FAILURES = (
    PbxUnavailable,
    PbxFailed,
    SippUnavailable,
    SippFailed,
    DaemonFailed,
    RunFailedError,
    observer.ObserverError,
    timeline.UnknownCallerError,
    figures.TooFewSamplesError,
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What both variants share: the PBX, the load, and a folder for the daemons."""

    pbx: Pbx
    load: Load
    folder: Path

    async def stock_run(self) -> Run:
        with load.phones_of(self.pbx, self.load) as phones:
            pbx_cpu_s = self.pbx.cpu_s()
            seen = await load.offer(self.pbx, self.load, stock.DIALLED, phones)
            return Run(APP_QUEUE, self._samples(seen), seen.lasted_s, self.pbx.cpu_s() - pbx_cpu_s)

    async def our_run(self, number: int) -> Run:
        with load.phones_of(self.pbx, self.load) as phones:
            async with daemon.at_work(self.pbx, self.folder / f"daemon-{number}") as center:
                pbx_cpu_s, before = self.pbx.cpu_s(), daemon.cpu(center)
                seen = await load.offer(self.pbx, self.load, daemon.DIALLED, phones)
                pbx_cpu_s, used = self.pbx.cpu_s() - pbx_cpu_s, daemon.cpu(center).since(before)
            samples = self._samples(seen)
            return Run(CALLCENTER, samples, seen.lasted_s, pbx_cpu_s, used.daemon_s, used.redis_s)

    def _samples(self, seen: Seen) -> timeline.Samples:
        samples = timeline.samples(self.pbx.agents, seen.arrivals, seen.freed, seen.callers, seen.phones)
        if samples.served < samples.callers:
            raise RunFailedError(f"only {samples.served} of {samples.callers} callers were served\n{self.pbx.log()}")
        return samples


async def run(pairs: int, work: Load) -> list[Run]:
    """All runs, in their order. Raises one of FAILURES."""
    agents = [str(FIRST_AGENT + index) for index in range(work.agents)]
    extra = {**stock.configuration(agents), "manager.conf": observer.MANAGER}
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-") as folder:
        pbx = Pbx("bench", agents=work.agents, extra=extra)
        await asyncio.to_thread(pbx.start)
        try:
            bench = Bench(pbx, work, Path(folder))
            for pair in range(pairs):
                for measure in (bench.stock_run, partial(bench.our_run, pair)):
                    runs.append(await measure())
                    click.echo(figures.run_line(len(runs), runs[-1]))
        finally:
            await asyncio.to_thread(pbx.remove)
    return runs


@click.command()
@click.option("--pairs", default=3, show_default=True, type=click.IntRange(1, 20), help="Runs of each variant.")
@click.option("--agents", default=40, show_default=True, type=click.IntRange(4, 200), help="Agents, with a phone each.")
@click.option("--rate", default=20.0, show_default=True, type=click.FloatRange(1, 50), help="Calls a second.")
@click.option("--seconds", default=20.0, show_default=True, type=click.FloatRange(2, 60), help="How long they come.")
@click.option("--talk", default=5.0, show_default=True, type=click.FloatRange(0.5, 30), help="Seconds of talk.")
def main(pairs: int, agents: int, rate: float, seconds: float, talk: float) -> None:
    """Compare app_queue and the daemon under the same load."""
    work = Load(agents, rate, seconds, talk)
    click.echo(
        f"{agents} agents; {work.quiet_calls} calls while agents are free, then {work.busy_calls} at {rate:g} a "
        f"second; talk {talk:g} s; {pairs} runs of app_queue and of callcenter in turns"
    )
    click.echo(f"app_queue: {stock.described()}")
    click.echo(
        "callcenter: rules by tier, customers and log in SQL (SQLite), journal in Redis, pages of all agents open"
    )
    cores, busy = os.cpu_count() or 1, os.getloadavg()[0]
    click.echo(f"machine: {cores} cores, load average {busy:.1f} before the first run (figures want a quiet one)")
    try:
        runs = asyncio.run(run(pairs, work))
        report = figures.report(runs)
    except FAILURES as error:
        raise click.ClickException(str(error)) from None
    click.echo()
    click.echo(figures.table(runs, report))
    click.echo(figures.json_line(report))


if __name__ == "__main__":
    main()

"""`python -m callcenter.simulation.theory --write docs/theory.md`: the engine against what queueing theory knows.

An experiment is one call center, run several times from different seeds. Each run counts only what came after its
warm-up, and gives one estimate of each figure; the runs are independent, so Student's t gives the interval. Nothing is
tuned: the seeds are the replication's numbers, and an experiment with a figure outside its interval is run once more
with other seeds, since one in twenty lies outside by chance and a bug does so again.

Ends with status 1 if a figure lies outside both times, or if two skills don't do what Wallace and Whitt found.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev

from callcenter.simulation.erlang import Figures, m_m_n, m_m_n_m, m_m_n_r, separate_groups
from callcenter.simulation.traffic import CallCenter, Tally, Traffic

# Two-sided 95 % points of Student's t by degrees of freedom (NIST/SEMATECH, e-Handbook of Statistical Methods, table
# 1.3.6.7.2, column 0.975).
STUDENT_T = {4: 2.776, 9: 2.262, 19: 2.093, 29: 2.045}

# "Nearly as well as six skills and far better than one": of what six skills gain over one, two should keep this share.
KEPT_BY_TWO_SKILLS = 0.9


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: what it is called, where it stands, and how it is shown."""

    name: str
    of: Callable[[Figures], float]
    show: Callable[[float], str]


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.2f} s"


def _in_time(figures: Figures) -> float:
    assert figures.in_time is not None
    return figures.in_time


REFUSED = Measure("refused", lambda figures: figures.refused, _percent)
WAITING = Measure("has to wait", lambda figures: figures.waiting, _percent)
ABANDONED = Measure("abandons", lambda figures: figures.abandoned, _percent)
MEAN_WAIT = Measure("mean wait", lambda figures: figures.mean_wait_ms, _seconds)
IN_TIME = Measure("answered within 20 s", _in_time, _percent)


@dataclass(frozen=True, slots=True)
class Experiment:
    """`theory` is None where no formula is known. `warm_up` and `calls` are callers in each of the replications."""

    name: str
    traffic: Traffic
    theory: Figures | None
    measures: tuple[Measure, ...]
    warm_up: int
    calls: int
    replications: int = 20


@dataclass(frozen=True, slots=True)
class Row:
    measure: Measure
    theory: float | None
    mean: float
    half_width: float

    @property
    def inside(self) -> bool | None:
        return None if self.theory is None else abs(self.mean - self.theory) <= self.half_width


@dataclass(frozen=True, slots=True)
class Result:
    experiment: Experiment
    rows: tuple[Row, ...]
    events: int
    elapsed_s: float

    @property
    def outside(self) -> list[Row]:
        return [row for row in self.rows if row.inside is False]

    def row(self, measure: Measure) -> Row:
        return next(row for row in self.rows if row.measure is measure)


# ---- the experiments


def _alike(agents: int) -> tuple[tuple[int, ...], ...]:
    return ((0,),) * agents


def erlang_c_experiment(agents: int, load: float, service_s: int, *, warm_up: int, calls: int) -> Experiment:
    service_ms = service_s * 1_000
    traffic = Traffic(_alike(agents), load, service_ms)
    theory = m_m_n(agents, load, service_ms, traffic.threshold_ms)
    name = f"Erlang C: {agents} agents, {load:g} erlang, calls of {service_s} s"
    return Experiment(name, traffic, theory, (WAITING, MEAN_WAIT, IN_TIME), warm_up, calls)


def erlang_a_experiment(
    agents: int, load: float, service_s: int, patience_s: int, *, warm_up: int, calls: int
) -> Experiment:
    service_ms, patience_ms = service_s * 1_000, patience_s * 1_000
    theory = m_m_n_m(agents, load, service_ms, patience_ms)
    name = f"Erlang A: {agents} agents, {load:g} erlang, calls of {service_s} s, patience {patience_s} s"
    traffic = Traffic(_alike(agents), load, service_ms, patience_ms=patience_ms)
    return Experiment(name, traffic, theory, (ABANDONED, MEAN_WAIT, WAITING), warm_up, calls)


TYPES, AGENTS, PLACES, LOAD, SERVICE_MS = 6, 90, 120, 84.0, 600_000


def skills_experiment(skills: int, *, warm_up: int, calls: int) -> Experiment:
    """Wallace and Whitt's balanced M/M/90/30 where each agent has `skills` of the six: 1, 2 or 6.

    With two, each ordered pair of types belongs to three agents, so that every pair and every type is as common as any
    other. With one and with six there is an exact formula, in between there is none.
    """
    pairs = [(first, second) for first in range(TYPES) for second in range(TYPES) if first != second]
    agents: dict[int, Iterable[tuple[int, ...]]] = {
        1: [(kind,) for kind in range(TYPES)] * (AGENTS // TYPES),
        2: pairs * (AGENTS // len(pairs)),
        6: [tuple(range(TYPES))] * AGENTS,
    }
    theory = {
        1: separate_groups(TYPES, AGENTS // TYPES, LOAD / TYPES, SERVICE_MS, PLACES),
        2: None,
        6: m_m_n_r(AGENTS, LOAD, SERVICE_MS, PLACES),
    }
    traffic = Traffic(tuple(agents[skills]), LOAD, SERVICE_MS, types=TYPES, places=PLACES)
    name = f"M/M/90/30: six call types, {skills} {'skill' if skills == 1 else 'skills'} each"
    return Experiment(name, traffic, theory[skills], (REFUSED, WAITING, MEAN_WAIT), warm_up, calls)


def all_experiments() -> list[Experiment]:
    """The warm-ups are at least eight times as long as the slowest of these call centers takes to forget its start.

    That time is about service / (sqrt(agents) - sqrt(load))^2: 49 calls' length for 50 agents and 48 erlang, 58 for a
    group of 15 agents with 14 erlang, below 10 for the other loads. With abandonment it is about a patience's length.
    """
    return [
        erlang_c_experiment(2, 1, 180, warm_up=2_000, calls=10_000),
        erlang_c_experiment(10, 8, 240, warm_up=2_000, calls=10_000),
        erlang_c_experiment(55, 48, 240, warm_up=4_000, calls=12_000),
        erlang_c_experiment(100, 90, 300, warm_up=5_000, calls=12_000),
        erlang_c_experiment(50, 48, 60, warm_up=25_000, calls=25_000),
        erlang_a_experiment(5, 4, 180, 60, warm_up=2_000, calls=10_000),
        erlang_a_experiment(10, 12, 240, 240, warm_up=2_000, calls=10_000),
        erlang_a_experiment(50, 48, 60, 120, warm_up=4_000, calls=12_000),
        erlang_a_experiment(100, 105, 300, 100, warm_up=4_000, calls=12_000),
        *(skills_experiment(skills, warm_up=40_000, calls=30_000) for skills in (1, 2, 6)),
    ]


# ---- running them


def replicate(traffic: Traffic, warm_up: int, calls: int, seed: int) -> Tally:
    return CallCenter(traffic, seed).run(warm_up, calls)


def perform(experiment: Experiment, first_seed: int, processes: int = 1) -> Result:
    """Run all replications, from consecutive seeds; their number less one must be in STUDENT_T."""
    started = time.perf_counter()
    seeds = range(first_seed, first_seed + experiment.replications)
    each_time = (repeat(experiment.traffic), repeat(experiment.warm_up), repeat(experiment.calls), seeds)
    if processes == 1:
        tallies = list(map(replicate, *each_time))
    else:
        with ProcessPoolExecutor(processes) as pool:
            tallies = list(pool.map(replicate, *each_time))
    elapsed_s = time.perf_counter() - started
    figures = [tally.figures() for tally in tallies]
    rows = tuple(_row(measure, experiment.theory, figures) for measure in experiment.measures)
    return Result(experiment, rows, sum(tally.events for tally in tallies), elapsed_s)


def _row(measure: Measure, theory: Figures | None, figures: list[Figures]) -> Row:
    estimates = [measure.of(each) for each in figures]
    half_width = STUDENT_T[len(estimates) - 1] * stdev(estimates) / sqrt(len(estimates))
    return Row(measure, None if theory is None else measure.of(theory), fmean(estimates), half_width)


# ---- telling of them

INTRODUCTION = """\
# The engine against queueing theory

Made by `make theory`; don't edit. The engine itself, unchanged, routes callers in virtual time: they come at random,
their calls have exponential lengths, and the agents answer at once and do no after-call work. That is what the formulas
assume, so in the long run the engine must do what they say.

- **Theory** is the formula, each with its source in `callcenter/simulation/erlang.py`.
- **Simulation** is the mean of {replications} independent runs after a warm-up, and **±** the half-width of its 95 %
  interval (Student's t). **Inside** says whether theory lies within; by chance alone, one row in twenty should not.
  The rows of one call center are about the same callers, so they tend to miss together.
- Chance and the engine can be told apart: in Erlang C, a test computes the same callers' waits without any engine, by
  the recursion of Kiefer and Wolfowitz (1955), and the engine's are the same to the millisecond.
- **Mean wait** is of all callers who were let in, those who did not wait at all or gave up included.
"""


def report(results: list[Result], again: list[Result]) -> str:
    """The whole document; `again` are the second looks at experiments with a figure outside."""
    replications = max(result.experiment.replications for result in results)
    parts = [INTRODUCTION.format(replications=replications), _table(results)]
    judged = [row for result in results for row in result.rows if row.inside is not None]
    inside = sum(row.inside is True for row in judged)
    parts.append(f"{inside} of {len(judged)} figures lie inside; {len(judged) / 20:.1f} are expected outside.\n")
    if again:
        parts += ["## A second look\n", _second_look(again), _table(again)]
    parts += ["## Two skills are nearly as good as six\n", _skills(results)]
    events = sum(result.events for result in [*results, *again])
    elapsed_s = sum(result.elapsed_s for result in [*results, *again])
    parts.append(f"{events:,} events were handled by the engine for this page, in {elapsed_s:,.0f} s.\n")
    return "\n".join(parts)


def _table(results: list[Result]) -> str:
    lines = ["| call center | figure | theory | simulation | ± | inside |", "|---|---|--:|--:|--:|:-:|"]
    for result in results:
        for row in result.rows:
            theory = "-" if row.theory is None else row.measure.show(row.theory)
            inside = {None: "-", True: "yes", False: "**no**"}[row.inside]
            shown = (row.measure.name, theory, row.measure.show(row.mean), row.measure.show(row.half_width), inside)
            lines.append(f"| {result.experiment.name} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def _second_look(again: list[Result]) -> str:
    still = sum(len(result.outside) for result in again)
    verdict = (
        "None of their figures is outside again: chance explains the first."
        if not still
        else f"Outside again: {still}."
    )
    return f"The call centers with a figure outside, run again with other seeds.\n{verdict}\n"


def share_kept(results: list[Result], measure: Measure) -> tuple[float, float]:
    """Of what six skills gain over one, by theory, the share that two skills keep in the simulation, and its ±."""
    one, two, six = (_of_skills(results, skills).row(measure) for skills in (1, 2, 6))
    assert one.theory is not None
    assert six.theory is not None
    gain = one.theory - six.theory
    return (one.theory - two.mean) / gain, two.half_width / gain


def _of_skills(results: list[Result], skills: int) -> Result:
    centers = ((result, result.experiment.traffic) for result in results)
    return next(result for result, traffic in centers if traffic.types == TYPES and len(traffic.agents[0]) == skills)


SKILLS = """\
Wallace and Whitt ("A staffing algorithm for call centers with skill-based routing", Manufacturing & Service Operations
Management 7, 2005) found that agents with two skills each, well combined, do almost as well as agents with all of
them. Here 90 agents and 30 waiting places serve six equally frequent types of call, {load:g} erlang in all, 10 minutes
a call; a caller who finds 120 callers inside is refused. One skill: 15 agents for each type. Two skills: three agents
for each ordered pair. Unlike theirs, our agents know no primary and secondary skill: the longest idle agent who can
takes the call, and a free agent takes the oldest call that it can.

For one skill and for six there are exact formulas (rows above); for two there is none. Of what six skills gain over
one, two skills keep this much, where at least {kept:.0%} of the gain in refusals and mean wait is asked for:
"""


def _skills(results: list[Result]) -> str:
    lines = [SKILLS.format(load=LOAD, kept=KEPT_BY_TWO_SKILLS)]
    lines += ["| figure | one skill | two skills | six skills | kept by two | ± |", "|---|--:|--:|--:|--:|--:|"]
    for measure in (REFUSED, WAITING, MEAN_WAIT):
        means = [measure.show(_of_skills(results, skills).row(measure).mean) for skills in (1, 2, 6)]
        kept, half_width = share_kept(results, measure)
        lines.append(f"| {measure.name} | {' | '.join(means)} | {kept:.1%} | {half_width:.1%} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str], write: Callable[[str], object] = print) -> int:
    parser = argparse.ArgumentParser("python -m callcenter.simulation.theory", description="Hold the engine to theory.")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page there, not to standard output")
    options = parser.parse_args(arguments)
    processes = os.cpu_count() or 1
    results, again = [], []
    for number, experiment in enumerate(all_experiments()):
        results.append(_performed(experiment, 1_000 * number, processes))
        if results[-1].outside:
            again.append(_performed(experiment, 1_000 * number + 500, processes))
    page = report(results, again)
    if options.write is None:
        write(page)
    else:
        options.write.write_text(page, encoding="utf-8")
    kept = all(share_kept(results, measure)[0] >= KEPT_BY_TWO_SKILLS for measure in (REFUSED, MEAN_WAIT))
    return 0 if kept and not any(result.outside for result in again) else 1


def _performed(experiment: Experiment, first_seed: int, processes: int) -> Result:
    result = perform(experiment, first_seed, processes)
    outside = ", ".join(row.measure.name for row in result.outside) or "nothing"
    rate = result.events / result.elapsed_s
    print(
        f"{experiment.name}: {result.events:,} events, {result.elapsed_s:.0f} s, {rate:,.0f}/s, outside: {outside}",
        file=sys.stderr,
    )
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

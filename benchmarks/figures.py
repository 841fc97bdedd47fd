"""From the samples of all runs to the figures that are printed: percentiles, means of runs, table, JSON line."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.timeline import Samples

APP_QUEUE, CALLCENTER = "app_queue", "callcenter"
VARIANTS = (APP_QUEUE, CALLCENTER)
AIM_P50, AIM_P99 = 100, 60  # of the idle gap's ratio


class TooFewSamplesError(Exception):
    """The load was too small to say anything of one of the figures."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the load: the seconds of CPU are those used from the first call to the end of the last.

    `redis_cpu_s` is of the daemon's own redis-server; both are 0 where no daemon runs.
    """

    variant: str
    samples: Samples
    lasted_s: float
    pbx_cpu_s: float
    daemon_cpu_s: float = 0.0
    redis_cpu_s: float = 0.0


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile: the smallest value that at least `percent` in 100 of all values do not exceed."""
    if not values:
        raise TooFewSamplesError("no sample: make the load larger (--seconds, --rate) or longer (--talk)")
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"p50": round(percentile(values, 50), 3), "p99": round(percentile(values, 99), 3)}


def report(runs: Sequence[Run]) -> dict[str, Any]:
    """The figures of all runs: samples of one variant are pooled, CPU is the mean of its runs, double offers their sum.

    Raises TooFewSamplesError.
    """
    of = {variant: [run for run in runs if run.variant == variant] for variant in VARIANTS}
    rings = {variant: spread(_pooled(of[variant], "arrival_to_ring_ms")) for variant in VARIANTS}
    gaps = {variant: spread(_pooled(of[variant], "idle_gap_ms")) for variant in VARIANTS}
    return {
        "arrival_to_ring_ms": rings,
        "idle_gap_ms": gaps,
        "idle_gap_ratio": {key: round(gaps[APP_QUEUE][key] / gaps[CALLCENTER][key], 1) for key in ("p50", "p99")},
        "pbx_cpu_s": {variant: _mean([run.pbx_cpu_s for run in of[variant]]) for variant in VARIANTS},
        "daemon_cpu_s": _mean([run.daemon_cpu_s + run.redis_cpu_s for run in of[CALLCENTER]]),
        "double_offers": {variant: sum(run.samples.double_offers for run in of[variant]) for variant in VARIANTS},
    }


def run_line(number: int, run: Run) -> str:
    """One run in one line, so that drift between runs can be seen."""
    seen = run.samples
    gap = spread(seen.idle_gap_ms)
    return (
        f"run {number}  {run.variant:<10}  {seen.served}/{seen.callers} served in {run.lasted_s:.0f} s, "
        f"up to {seen.most_waiting} waiting; idle gap p50 {gap['p50']:.1f} ms, p99 {gap['p99']:.1f} ms "
        f"({len(seen.idle_gap_ms)} gaps), passed over {seen.passed_over}; CPU: PBX {run.pbx_cpu_s:.1f} s"
        + (f", daemon {run.daemon_cpu_s:.1f} s, redis {run.redis_cpu_s:.1f} s" if run.variant == CALLCENTER else "")
    )


def table(runs: Sequence[Run], figures: Mapping[str, Any]) -> str:
    """The figures for people."""
    rows: list[tuple[str, ...]] = [("", "app_queue", "callcenter", "ratio")]
    for key, title in (("arrival_to_ring_ms", "arrival to ring"), ("idle_gap_ms", "idle gap")):
        for part in ("p50", "p99"):
            stock, ours = figures[key][APP_QUEUE][part], figures[key][CALLCENTER][part]
            ratio = f"{stock / ours:.1f}" if ours else "-"
            rows.append((f"{title}, {part}, ms", f"{stock:.1f}", f"{ours:.1f}", ratio))
    pbx, doubles = figures["pbx_cpu_s"], figures["double_offers"]
    for part, percent in (("p50", 50), ("p99", 99)):
        byes = [
            percentile([ms for run in runs if run.variant == variant for ms in run.samples.bye_gap_ms], percent)
            for variant in VARIANTS
        ]
        ratio = f"{byes[0] / byes[1]:.1f}"
        rows.append((f"idle gap from the BYE, {part}, ms", *(f"{ms:.1f}" for ms in byes), ratio))
    rows.append(("samples, ring / gap", *(_counts(runs, variant) for variant in VARIANTS), ""))
    rows.append(("PBX CPU a run, s", *(f"{pbx[variant]:.1f}" for variant in VARIANTS), ""))
    rows.append(("daemon and its redis, CPU a run, s", "-", f"{figures['daemon_cpu_s']:.1f}", ""))
    rows.append(("double offers", *(str(doubles[variant]) for variant in VARIANTS), ""))
    lines = [f"{title:<36}{stock:>14}{ours:>14}{ratio:>10}" for title, stock, ours, ratio in rows]
    return "\n".join([*lines, verdict(figures)])


def verdict(figures: Mapping[str, Any]) -> str:
    ratio, doubles = figures["idle_gap_ratio"], figures["double_offers"][CALLCENTER]
    met = ratio["p50"] >= AIM_P50 and ratio["p99"] >= AIM_P99 and doubles == 0
    aim = f"idle gap ratio of at least {AIM_P50} at p50 and {AIM_P99} at p99, no double offer"
    return f"Aim ({aim}): {'met' if met else 'MISSED'}."


def json_line(figures: Mapping[str, Any]) -> str:
    return json.dumps(figures)


def _pooled(runs: Sequence[Run], name: str) -> list[float]:
    return [value for run in runs for value in getattr(run.samples, name)]


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 2)


def _counts(runs: Sequence[Run], variant: str) -> str:
    ours = [run for run in runs if run.variant == variant]
    return f"{len(_pooled(ours, 'arrival_to_ring_ms'))} / {len(_pooled(ours, 'idle_gap_ms'))}"

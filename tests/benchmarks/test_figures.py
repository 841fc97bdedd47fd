import json

import pytest

from benchmarks import figures
from benchmarks.figures import APP_QUEUE, CALLCENTER, Run, TooFewSamplesError, percentile
from benchmarks.timeline import Samples


def run(variant: str, rings: list[float], gaps: list[float], *, doubles: int = 0, cpu_s: float = 1.0) -> Run:
    seen = Samples(
        tuple(rings), tuple(gaps), tuple(gap + 1 for gap in gaps), doubles, 0, callers=10, served=10, most_waiting=4
    )
    daemon_s = 0.0 if variant == APP_QUEUE else 2.0
    return Run(variant, seen, 30.0, cpu_s, daemon_s, daemon_s / 4)


TWO_PAIRS = [
    run(APP_QUEUE, [10], [400, 600], cpu_s=1),
    run(CALLCENTER, [2], [2, 4]),
    run(APP_QUEUE, [20], [500, 800], doubles=1, cpu_s=2),
    run(CALLCENTER, [4], [3, 8]),
]


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (1, 1)])
def test_percentile_of_one_to_a_hundred(percent: int, expected: float) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.5], 99) == 7.5


def test_percentile_of_nothing_says_what_to_do() -> None:
    with pytest.raises(TooFewSamplesError, match="make the load larger"):
        percentile([], 50)


def test_samples_of_a_variant_are_pooled_over_its_runs() -> None:
    report = figures.report(TWO_PAIRS)

    assert report["arrival_to_ring_ms"] == {"app_queue": {"p50": 10, "p99": 20}, "callcenter": {"p50": 2, "p99": 4}}
    assert report["idle_gap_ms"] == {"app_queue": {"p50": 500, "p99": 800}, "callcenter": {"p50": 3, "p99": 8}}
    assert report["idle_gap_ratio"] == {"p50": 166.7, "p99": 100.0}


def test_cpu_is_the_mean_of_the_runs_and_double_offers_their_sum() -> None:
    report = figures.report(TWO_PAIRS)

    assert report["pbx_cpu_s"] == {"app_queue": 1.5, "callcenter": 1.0}
    assert report["daemon_cpu_s"] == 2.5
    assert report["double_offers"] == {"app_queue": 1, "callcenter": 0}


def test_json_line_is_one_line_with_the_keys_agreed() -> None:
    line = figures.json_line(figures.report(TWO_PAIRS))

    assert "\n" not in line
    assert list(json.loads(line)) == [
        "arrival_to_ring_ms",
        "idle_gap_ms",
        "idle_gap_ratio",
        "pbx_cpu_s",
        "daemon_cpu_s",
        "double_offers",
    ]


def test_aim_is_met_by_both_ratios_and_no_double_offer() -> None:
    report = figures.report(TWO_PAIRS)

    assert figures.verdict(report).endswith("met.")


@pytest.mark.parametrize(
    "worse",
    [
        run(CALLCENTER, [4], [9, 9, 9, 9]),
        run(CALLCENTER, [4], [3, 40]),
        run(CALLCENTER, [4], [3, 8], doubles=1),
    ],
    ids=["p50", "p99", "double offer"],
)
def test_aim_is_missed_by_any_of_them(worse: Run) -> None:
    report = figures.report([*TWO_PAIRS[:3], worse])

    assert figures.verdict(report).endswith("MISSED.")


def test_table_shows_every_figure_and_how_many_samples_it_rests_on() -> None:
    text = figures.table(TWO_PAIRS, figures.report(TWO_PAIRS))

    assert "166.7" in text
    assert "2 / 4" in text
    assert "double offers" in text
    assert "idle gap from the BYE, p50, ms" in text


def test_run_line_tells_the_daemons_cpu_only_where_it_ran() -> None:
    assert "daemon" not in figures.run_line(1, TWO_PAIRS[0])
    assert "daemon 2.0 s, redis 0.5 s" in figures.run_line(2, TWO_PAIRS[1])

from math import sqrt
from statistics import fmean

import pytest

from callcenter.simulation.compare_callers import TIER, Caller, draw_callers
from callcenter.simulation.compare_traffic import HALF_HOUR_MS, HALF_HOURS, by_half_hour
from tests.simulation.comparing import traffic

DAYS = 40


@pytest.fixture(scope="module")
def days() -> list[list[Caller]]:
    return [draw_callers(traffic(arrivals={"08:00-10:00": "40", "10:00": "5"}), number) for number in range(DAYS)]


def test_callers_come_with_the_rates_that_were_asked_for(days: list[list[Caller]]) -> None:
    rates = by_half_hour(traffic(arrivals={"08:00-10:00": "40", "10:00": "5"}).arrivals)
    counts = [0] * HALF_HOURS
    for callers in days:
        assert [caller.at_ms for caller in callers] == sorted(caller.at_ms for caller in callers)
        for caller in callers:
            counts[caller.at_ms // HALF_HOUR_MS] += 1
    for rate, count in zip(rates, counts, strict=True):
        assert abs(count - DAYS * rate) <= 3.5 * sqrt(DAYS * rate)


def test_the_number_of_callers_varies_as_that_of_a_poisson_process_does(days: list[list[Caller]]) -> None:
    counts = [len(callers) for callers in days]
    mean = fmean(counts)
    dispersion = sum((count - mean) ** 2 for count in counts) / mean / (DAYS - 1)
    assert 0.5 < dispersion < 1.7  # 1, give or take: chi square with 39 degrees of freedom


def test_the_mix_is_the_one_that_was_asked_for(days: list[list[Caller]]) -> None:
    callers = [caller for day in days for caller in day]

    def share(of: list[Caller], wanted: list[Caller]) -> tuple[float, float]:
        return len(of) / len(wanted), 3.5 * 0.5 / sqrt(len(wanted))

    first = [caller for caller in callers if caller.dialled == "100"]
    for group, among, expected in (
        (first, callers, 0.75),
        ([caller for caller in first if (caller.record or {}).get(TIER) == "gold"], first, 0.2),
        ([caller for caller in first if caller.language == "de"], first, 0.4),
    ):
        found, tolerance = share(group, among)
        assert found == pytest.approx(expected, abs=tolerance)
    assert all(caller.record is None for caller in callers if caller.dialled == "200")
    assert fmean(caller.talk for caller in callers) == pytest.approx(0.5, abs=0.02)


def test_the_same_seed_draws_the_same_callers_and_another_one_others() -> None:
    assert draw_callers(traffic(), 0) == draw_callers(traffic(), 0)
    assert draw_callers(traffic(), 0) != draw_callers(traffic(), 1)
    assert draw_callers(traffic(), 0) != draw_callers(traffic(seed="8"), 0)


def test_who_calls_does_not_depend_on_how_much_is_said_of_them() -> None:
    plain = draw_callers(traffic(mix=[{"dialled": "100"}]), 0)
    rich = draw_callers(traffic(mix=[{"dialled": "100", "intent": {"buy": "1", "ask": "1"}, "tier": "gold"}]), 0)
    assert [(one.at_ms, one.patience_ms, one.talk, one.seed) for one in plain] == [
        (one.at_ms, one.patience_ms, one.talk, one.seed) for one in rich
    ]

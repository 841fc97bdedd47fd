from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from callcenter.simulation.compare import (
    ALL,
    CALLS_BY_DEFAULT,
    Comparison,
    Group,
    calls_a_day,
    compare,
    days_by_default,
    midnight_ms,
)
from callcenter.simulation.compare_figures import MEASURES, Difference
from callcenter.types import Overflow, TierRule
from tests.simulation.comparing import DAY, GOLD, SUPPORT, configuration, picky, traffic

HOUR_MS = 3_600_000


def figures(group: Group) -> dict[str, Difference]:
    return {measure.key: it for measure, it in zip(MEASURES, group.differences, strict=True)}


def of(comparison: Comparison, kind: str = ALL, name: str = "") -> dict[str, Difference]:
    return next(figures(group) for group in comparison.groups if (group.kind, group.name) == (kind, name))


@pytest.mark.parametrize("days", [1, 10])
def test_the_same_rules_differ_by_exactly_nothing(days: int) -> None:
    comparison = compare(configuration(), configuration(), traffic(), DAY, days)
    assert comparison.blocks == ("days" if days == 10 else "half-hours")
    for group in comparison.groups:
        assert group.current == group.candidate
        for it in group.differences:
            assert it.current == it.candidate
            assert it.difference in (0, None)
            assert it.half_width in (0, None)
            assert not it.is_certain


@pytest.mark.parametrize(
    ("days", "certain"),
    [(1, ("service_level", "asa_ms")), (10, ("answered", "abandoned", "service_level", "asa_ms", "p90_wait_ms"))],
)
def test_a_candidate_that_asks_for_less_is_better_beyond_doubt(days: int, certain: tuple[str, ...]) -> None:
    comparison = compare(configuration(picky(None)), configuration(picky()), traffic(), DAY, days)
    worse = of(comparison)
    comparison = compare(configuration(picky()), configuration(picky(None)), traffic(), DAY, days)
    better = of(comparison)
    for key in certain:
        sign = 1 if key in ("answered", "service_level") else -1
        for found, direction in ((better, sign), (worse, -sign)):
            it = found[key]
            assert it.difference is not None
            assert it.difference * direction > 0, key
            assert it.is_certain, key
        assert better[key].half_width == pytest.approx(worse[key].half_width)


def test_all_callers_are_accounted_for_in_each_group() -> None:
    candidate = configuration(tuple(replace(rule, overflow=Overflow(20_000)) for rule in picky()))
    comparison = compare(configuration(), candidate, traffic(), DAY, 2)
    assert comparison.calls > 500
    for which in ("current", "candidate"):
        totals = {"all": 0.0, "queue": 0.0, "tier": 0.0}
        for group in comparison.groups:
            count = {key: getattr(it, which) for key, it in figures(group).items()}
            assert count["offered"] == count["answered"] + count["abandoned"] + count["sent_away"]
            points = group.current if which == "current" else group.candidate
            assert sum(point.offered for point in points) == 2 * count["offered"]
            totals[group.kind] += count["offered"]
        assert totals == dict.fromkeys(totals, comparison.calls / 2)
    away = of(comparison)["sent_away"]
    assert away.current == 0
    assert away.candidate is not None
    assert away.candidate > 0


def test_the_same_seed_gives_the_same_comparison_and_another_seed_another() -> None:
    both = (configuration(), configuration(picky(None)))
    assert compare(*both, traffic(), DAY, 1) == compare(*both, traffic(), DAY, 1)
    assert compare(*both, traffic(), DAY, 1).groups != compare(*both, traffic(seed="8"), DAY, 1).groups


def test_a_tier_is_the_same_callers_for_both_even_where_the_candidate_sees_them_otherwise() -> None:
    candidate = configuration(tier_rules=(TierRule("contact.language == 'de'", GOLD),))
    comparison = compare(configuration(), candidate, traffic(), DAY, 1)
    gold = of(comparison, "tier", "gold")["offered"]
    assert gold.current
    assert gold.difference == 0


def test_a_queue_of_the_candidate_alone_has_callers_there_alone() -> None:
    moved = tuple(replace(rule, queue=SUPPORT) for rule in picky())
    comparison = compare(configuration(), configuration(moved), traffic(), DAY, 1)
    offered = of(comparison, "queue", "sales")["offered"]
    assert offered.current
    assert offered.candidate == 0
    assert of(comparison, "queue", "sales")["service_level"].difference is None


def test_each_caller_of_both_is_told_as_progress() -> None:
    ticks: list[None] = []
    comparison = compare(configuration(), configuration(), traffic(), DAY, 1, tick=lambda: ticks.append(None))
    assert len(ticks) == 2 * comparison.calls
    assert comparison.events > 5 * len(ticks)


def test_by_default_so_many_days_are_played_as_make_enough_calls() -> None:
    assert calls_a_day(traffic()) == 320
    assert days_by_default(traffic()) == 20
    assert days_by_default(traffic(arrivals={"08:00-12:00": "400"})) == CALLS_BY_DEFAULT // 3_200
    assert days_by_default(traffic(arrivals={"08:00-12:00": "9000"})) == 1


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 7, 1), date(2026, 10, 25), date(2026, 10, 26)])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland"])
def test_midnight_is_that_of_the_time_zone(day: date, zone: str) -> None:
    from datetime import datetime, timedelta

    place = ZoneInfo(zone)
    start = datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))
    offsets: list[tuple[int, int]] = []
    for hour in range(365 * 24):
        at = start + timedelta(hours=hour)
        offset = at.astimezone(place).utcoffset()
        assert offset is not None
        offset_ms = int(offset.total_seconds()) * 1000
        if not offsets or offsets[-1][1] != offset_ms:
            offsets.append((int(at.timestamp()) * 1000, offset_ms))
    wanted = datetime(day.year, day.month, day.day, tzinfo=place).timestamp() * 1000
    assert midnight_ms(day, tuple(offsets)) == wanted


def test_without_a_zone_midnight_is_that_of_utc() -> None:
    assert midnight_ms(date(1970, 1, 3), ()) == 48 * HOUR_MS

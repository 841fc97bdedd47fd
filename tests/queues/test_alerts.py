import pytest

from callcenter.queues.alerts import Alert, alerts_of, worst
from callcenter.queues.service_level import NO_COUNTS, Counts
from callcenter.types import Level, Limits, Thresholds

ALL = Thresholds(Limits(5, 10), Limits(60, 120), Limits(80, 60))


def levels(found: tuple[Alert, ...]) -> dict[str, str]:
    return {one.measure: one.level.value for one in found}


@pytest.mark.parametrize(
    ("waiting", "longest_ms", "recent", "amiss"),
    [
        (4, 59_999, NO_COUNTS, {}),
        (5, 60_000, NO_COUNTS, {"waiting": "warning", "longest_wait_s": "warning"}),
        (10, 120_000, NO_COUNTS, {"waiting": "critical", "longest_wait_s": "critical"}),
        (0, 0, Counts(answered=10, answered_within=8), {}),
        (0, 0, Counts(answered=10, answered_within=7), {"service_level": "warning"}),
        (0, 0, Counts(answered=5, answered_within=3, abandoned=1), {"service_level": "critical"}),
        (0, 0, Counts(answered=4), {}),  # too few to say anything
    ],
)
def test_a_threshold_is_reached_at_its_value(
    waiting: int, longest_ms: int, recent: Counts, amiss: dict[str, str]
) -> None:
    assert levels(alerts_of(ALL, waiting, longest_ms, recent)) == amiss


def test_without_thresholds_nothing_is_amiss_and_a_level_may_be_left_out() -> None:
    assert alerts_of(None, 1_000, 10**9, Counts(answered=100)) == ()
    only_critical = Thresholds(waiting=Limits(critical=10))
    assert levels(alerts_of(only_critical, 9, 10**9, NO_COUNTS)) == {}
    assert levels(alerts_of(only_critical, 10, 10**9, NO_COUNTS)) == {"waiting": "critical"}


def test_the_words_stay_while_only_time_passes() -> None:
    assert alerts_of(ALL, 1, 61_000, NO_COUNTS) == alerts_of(ALL, 1, 119_000, NO_COUNTS)
    (alert,) = alerts_of(ALL, 1, 61_000, NO_COUNTS)
    assert alert.words == "somebody has waited for 60 s and longer"


def test_the_worst_of_several_counts_for_the_queue() -> None:
    assert worst(()) is None
    assert worst(alerts_of(ALL, 5, 0, NO_COUNTS)) is Level.WARNING
    assert worst(alerts_of(ALL, 5, 120_000, NO_COUNTS)) is Level.CRITICAL

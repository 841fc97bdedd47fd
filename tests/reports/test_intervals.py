"""Intervals of local time: each quarter of an hour in exactly one, days of 23 and 25 hours, and what is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.reports.intervals import (
    DAY_MS,
    MAX_INTERVALS,
    QUARTER_MS,
    By,
    Grid,
    RangeError,
    day_of,
    grid,
    moment,
    offset_words,
)

BERLIN = "Europe/Berlin"
HOUR_MS = 3_600_000
# Of both hemispheres, with half and quarter hours, a change of half an hour, and changes at midnight.
ZONES = (
    "UTC", BERLIN, "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe",
    "Pacific/Chatham", "America/Havana", "Asia/Beirut", "America/Santiago", "Africa/Casablanca", "Pacific/Apia",
)  # fmt: skip


def of(day: str, by: By | None, zone: str = BERLIN, days: int = 1) -> Grid:
    first = moment(day, zone)
    last = moment((datetime.fromisoformat(day) + timedelta(days=days)).date().isoformat(), zone)
    return grid(zone, by, first, last)


def hours(of_what: Grid) -> float:
    return (of_what.to_ms - of_what.from_ms) / HOUR_MS


# ---- by hand


def test_the_day_on_which_clocks_go_forward_has_23_hours() -> None:
    day = of("2026-03-29", By.HOUR)
    assert hours(day) == 23
    labels = [interval.label for interval in day.intervals]
    assert labels[1:3] == ["2026-03-29 01:00", "2026-03-29 03:00"]
    assert len(day.intervals) == 23


def test_the_hour_that_comes_twice_is_two_intervals_with_their_offsets() -> None:
    day = of("2026-10-25", By.HALF_HOUR)
    assert hours(day) == 25
    assert [interval.label for interval in day.intervals][3:9] == [
        "2026-10-25 01:30",
        "2026-10-25 02:00 +02:00",
        "2026-10-25 02:30 +02:00",
        "2026-10-25 02:00 +01:00",
        "2026-10-25 02:30 +01:00",
        "2026-10-25 03:00",
    ]


def test_where_clocks_go_forward_at_midnight_the_day_begins_with_the_hour_that_there_is() -> None:
    day = of("2025-03-30", By.HOUR, "Asia/Beirut")
    assert hours(day) == 23
    assert day.intervals[0].label == "2025-03-30 01:00"
    assert [interval.label for interval in of("2025-03-29", By.DAY, "Asia/Beirut", 3).intervals] == [
        "2025-03-29", "2025-03-30", "2025-03-31",
    ]  # fmt: skip


def test_where_they_go_back_at_midnight_the_day_before_is_the_longer_one() -> None:
    days = of("2025-10-25", By.DAY, "Asia/Beirut", 2)
    assert [(one.label, (one.to_ms - one.from_ms) / HOUR_MS) for one in days.intervals] == [
        ("2025-10-25", 25.0),
        ("2025-10-26", 24.0),
    ]


def test_a_change_of_half_an_hour_leaves_an_interval_of_half_an_hour() -> None:
    day = of("2026-10-04", By.HOUR, "Australia/Lord_Howe")
    assert hours(day) == 23.5
    assert day.intervals[2].label == "2026-10-04 02:30"
    assert day.intervals[2].to_ms - day.intervals[2].from_ms == HOUR_MS / 2


def test_weeks_begin_on_monday_and_are_cut_at_the_ends_of_the_range() -> None:
    weeks = of("2026-12-30", By.WEEK, BERLIN, 13)
    assert [interval.label for interval in weeks.intervals] == ["2026-W53", "2027-W01", "2027-W02"]
    assert weeks.local(weeks.intervals[1].from_ms).isoformat() == "2027-01-04T00:00:00+01:00"


def test_months_are_those_of_the_zone() -> None:
    year = grid(BERLIN, By.MONTH, moment("2026-01-01", BERLIN), moment("2027-01-01", BERLIN))
    assert [interval.label for interval in year.intervals] == [f"2026-{month:02}" for month in range(1, 13)]
    assert (year.intervals[2].to_ms - year.intervals[2].from_ms) / HOUR_MS == 31 * 24 - 1
    assert len(year.pieces) == 3


def test_without_intervals_the_range_is_one() -> None:
    whole = of("2026-11-01", None, "America/New_York")
    assert len(whole.intervals) == 1
    assert whole.step_ms is None
    assert hours(whole) == 25


# ---- for any


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(By),
    st.integers(96 * 365 * 42, 96 * 365 * 60),  # from 2012 to 2030
    st.integers(1, 96 * 40),
)  # fmt: skip
def test_every_quarter_is_in_the_one_interval_of_its_local_time(zone: str, by: By, first: int, count: int) -> None:
    from_ms, to_ms = first * QUARTER_MS, (first + count) * QUARTER_MS
    made = grid(zone, by, from_ms, to_ms)
    assert made.from_ms == from_ms
    assert made.to_ms == to_ms
    assert all(one.to_ms == other.from_ms for one, other in zip(made.intervals, made.intervals[1:], strict=False))
    assert all(one.from_ms < one.to_ms for one in made.intervals)
    assert len({one.label for one in made.intervals}) == len(made.intervals), "each is told from the others"
    assert made.step_ms is not None
    seen = set()
    for piece in made.pieces:
        for at_ms in range(piece.from_ms, piece.to_ms, QUARTER_MS):
            index = made.index_of(piece, (at_ms + piece.offset_ms) // made.step_ms)
            interval = made.intervals[index]
            seen.add(index)
            assert interval.from_ms <= at_ms < interval.to_ms
            assert _same(zone, by, at_ms, interval.from_ms)
    assert seen == set(range(len(made.intervals)))


def _same(zone: str, by: By, at_ms: int, begin_ms: int) -> bool:
    """Whether both are in the same local interval, by another way: the calendar of Python."""
    at, begin = (datetime.fromtimestamp(ms / 1_000, UTC).astimezone(ZoneInfo(zone)) for ms in (at_ms, begin_ms))
    match by:
        case By.DAY:
            return at.date() == begin.date()
        case By.WEEK:
            return at.isocalendar()[:2] == begin.isocalendar()[:2]
        case By.MONTH:
            return (at.year, at.month) == (begin.year, begin.month)
        case _:
            minutes = int(by.removesuffix("m"))
            same_slot = (at.hour * 60 + at.minute) // minutes == (begin.hour * 60 + begin.minute) // minutes
            return at.date() == begin.date() and same_slot and at.utcoffset() == begin.utcoffset()


@given(st.sampled_from(ZONES), st.integers(365 * 50, 365 * 70))
def test_a_day_begins_when_its_date_does(zone: str, day: int) -> None:
    at_ms = day * DAY_MS + 12 * HOUR_MS
    first_ms, last_ms = day_of(at_ms, zone)
    assert first_ms <= at_ms < last_ms
    dates = [
        datetime.fromtimestamp(ms / 1_000, UTC).astimezone(ZoneInfo(zone)).date()
        for ms in (first_ms - 1, first_ms, last_ms - 1, last_ms)
    ]
    assert dates[0] < dates[1] == dates[2] < dates[3]


# ---- moments


def test_moments_are_read_on_the_local_clock_or_with_an_offset() -> None:
    assert moment("2026-11-01", "UTC") == 1_793_491_200_000
    assert moment("2026-11-01T08:30", BERLIN) == moment("2026-11-01T07:30Z", BERLIN)
    assert moment("2026-10-25T02:30", BERLIN) == moment("2026-10-25T02:30+02:00", "UTC"), "the first of the two"
    assert moment("2025-03-30", "Asia/Beirut") == moment("2025-03-30T01:00", "Asia/Beirut")


@pytest.mark.parametrize(
    ("text", "zone", "told"),
    [
        ("yesterday", "UTC", "is no date"),
        ("2026-13-01", "UTC", "is no date"),
        ("2026-03-29T02:30", BERLIN, "clocks go forward over it"),
        ("0001-01-01", "UTC", "is not within the years"),
        ("2026-11-01", "Europe/Berlim", "Did you mean `Europe/Berlin`"),
        ("2026-11-01", "../../etc/passwd", "is not a time zone"),
    ],
)
def test_a_moment_that_there_is_not_is_refused(text: str, zone: str, told: str) -> None:
    with pytest.raises(RangeError, match=told):
        moment(text, zone)


@pytest.mark.parametrize(
    ("zone", "by", "from_ms", "to_ms", "told"),
    [
        ("UTC", By.DAY, 0, 0, "ends before it begins"),
        ("UTC", By.DAY, 60_000, DAY_MS, "not at a full quarter"),
        ("UTC", By.DAY, 0, 50 * 366 * DAY_MS, "longer than 40 years"),
        ("UTC", By.QUARTER, 0, (MAX_INTERVALS + 1) * QUARTER_MS, "more than 40000 intervals"),
        ("Mars/Olympus", None, 0, DAY_MS, "is not a time zone"),
        ("Africa/Monrovia", By.DAY, DAY_MS, 2 * DAY_MS, "not set by quarters"),  # 44 min 30 s, until 1972
    ],
)
def test_a_range_that_cannot_be_is_refused(zone: str, by: By | None, from_ms: int, to_ms: int, told: str) -> None:
    with pytest.raises(RangeError, match=told):
        grid(zone, by, from_ms, to_ms)


def test_offsets_are_written_as_iso_8601_has_them() -> None:
    assert [offset_words(minutes * 60_000) for minutes in (120, -210, 345, 0)] == [
        "+02:00", "-03:30", "+05:45", "+00:00",
    ]  # fmt: skip

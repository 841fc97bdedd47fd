"""The calendar by arithmetic is the one that `datetime` has."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callcenter.routing.language.civil import DAY_MS, WEEKDAYS, date_of, days_of, is_date, local

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001 - UTC is meant
def test_a_moment_is_what_datetime_says(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    now_ms = (moment - EPOCH) // timedelta(milliseconds=1)
    assert local(now_ms) == (
        f"{moment.year:04}-{moment.month:02}-{moment.day:02}",
        WEEKDAYS[moment.weekday()],
        moment.hour,
        moment.minute,
    )


def test_each_day_of_four_hundred_years_follows_the_one_before() -> None:
    day = EPOCH.date().replace(year=1800)
    for _ in range(400 * 366):
        days = (day - EPOCH.date()).days
        assert date_of(days) == day.isoformat()
        assert is_date(date_of(days))
        assert days_of(day.isoformat()) == days
        day += timedelta(days=1)


def test_the_last_millisecond_of_a_day_belongs_to_it() -> None:
    assert local(DAY_MS - 1) == ("1970-01-01", "thu", 23, 59)
    assert local(DAY_MS) == ("1970-01-02", "fri", 0, 0)
    assert local(-1) == ("1969-12-31", "wed", 23, 59)


def test_a_date_must_exist_and_be_written_in_full() -> None:
    assert is_date("2024-02-29")
    assert is_date("2000-02-29")
    for text in ("2023-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-1-1", "26-01-01", "", "x"):
        assert not is_date(text)
        assert days_of(text) is None
    assert not is_date("٢٠٢٦-12-24")


@given(st.dates())
def test_days_are_counted_as_datetime_counts_them(day: date) -> None:
    assert days_of(day.isoformat()) == (day - EPOCH.date()).days

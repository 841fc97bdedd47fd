from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from callcenter.retention.bounds import Bounds, bounds_of, next_run_ms
from callcenter.retention_settings import RetentionSettings

BERLIN = ZoneInfo("Europe/Berlin")


def ms(*at: int, zone: ZoneInfo = BERLIN) -> int:
    return round(datetime(*at, tzinfo=zone).timestamp() * 1_000)  # type: ignore[arg-type, misc]


def test_whole_days_of_the_calendar_go_also_across_summer_time() -> None:
    settings = RetentionSettings(personal_days=30, contacts_days=400)
    found = bounds_of(settings, ms(2026, 11, 20, 3, 0, 5), BERLIN)
    assert found == Bounds(ms(2026, 10, 21), ms(2025, 10, 16), None, "2026-11-20")
    assert found.personal_ms is not None
    assert found.personal_ms % 900_000 == 0


def test_nothing_goes_from_before_the_epoch() -> None:
    found = bounds_of(RetentionSettings(contacts_days=36_500), ms(2026, 11, 20), BERLIN)
    assert found.contacts_ms == 0


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (ms(2026, 11, 20, 2, 59), ms(2026, 11, 20, 3)),
        (ms(2026, 11, 20, 3), ms(2026, 11, 21, 3)),
        (ms(2026, 11, 20, 3, 1), ms(2026, 11, 21, 3)),
        (ms(2026, 10, 24, 3), ms(2026, 10, 25, 3)),  # 25 hours later
        (ms(2026, 12, 31, 23), ms(2027, 1, 1, 3)),
    ],
)
def test_a_run_is_due_when_the_clock_shows_the_hour_again(after: int, due: int) -> None:
    assert next_run_ms(after, 3, BERLIN) == due


def test_hour_that_clocks_leave_out_comes_all_the_same() -> None:
    due = next_run_ms(ms(2026, 3, 28, 12), 2, BERLIN)
    assert datetime.fromtimestamp(due / 1_000, UTC).date().isoformat() == "2026-03-29"
    assert next_run_ms(due, 2, BERLIN) == ms(2026, 3, 30, 2)

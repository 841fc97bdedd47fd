import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from callcenter.days import day_and_next, tell_days
from callcenter.events import DayBegan
from tests.helpers import run_async

HOUR_MS = 3_600_000
BERLIN = ZoneInfo("Europe/Berlin")


def ms(text: str, zone: ZoneInfo, fold: int = 0) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("zone", "now", "day", "hours"),
    [
        ("UTC", "2026-11-21T00:00:00", "2026-11-21", 24),
        ("UTC", "2026-12-31T23:00:00", "2026-12-31", 1),
        ("UTC", "2028-02-28T12:00:00", "2028-02-28", 12),
        ("Europe/Berlin", "2026-03-29T00:00:00", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25T00:00:00", "2026-10-25", 25),
        ("Asia/Kolkata", "2026-06-01T06:00:00", "2026-06-01", 18),
        ("America/Havana", "2026-11-01T00:00:00", "2026-11-01", 25),  # midnight comes twice
        ("America/Sao_Paulo", "2018-11-03T12:00:00", "2018-11-03", 12),  # the next day begins at 1 o'clock
        ("Pacific/Apia", "2011-12-29T12:00:00", "2011-12-29", 12),  # there was no 30 December
    ],
)
def test_day_ends_at_the_midnight_of_the_calendar(zone: str, now: str, day: str, hours: int) -> None:
    now_ms = ms(now, ZoneInfo(zone))
    assert day_and_next(now_ms, ZoneInfo(zone)) == (day, now_ms + hours * HOUR_MS)


def test_last_millisecond_belongs_to_the_day() -> None:
    midnight_ms = ms("2026-11-22T00:00:00", BERLIN)
    assert day_and_next(midnight_ms - 1, BERLIN) == ("2026-11-21", midnight_ms)
    assert day_and_next(midnight_ms, BERLIN)[0] == "2026-11-22"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_without_a_zone_the_machine_s_own_counts(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for now in ("2026-03-08T00:30:00", "2026-11-01T00:30:00", "2026-07-04T23:59:59"):
            now_ms = ms(now, ZoneInfo(zone))
            assert day_and_next(now_ms) == day_and_next(now_ms, ZoneInfo(zone))
    finally:
        monkeypatch.undo()
        time.tzset()


class FakeClock:
    """Time passes only while somebody sleeps, and up to `until_ms`."""

    def __init__(self, now_ms: int, until_ms: int, early_ms: int = 0) -> None:
        self.now_ms = now_ms
        self.until_ms = until_ms
        self.early_ms = early_ms
        self.slept = 0

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 1
        self.slept += 1
        self.now_ms += round(seconds * 1_000) - self.early_ms
        self.early_ms = 0
        if self.now_ms > self.until_ms:
            raise asyncio.CancelledError


async def told(clock: FakeClock, zone: ZoneInfo) -> list[tuple[str, int]]:
    days: list[tuple[str, int]] = []

    def submit(event: DayBegan) -> None:
        days.append((event.day, clock.now_ms))

    with pytest.raises(asyncio.CancelledError):
        await tell_days(submit, lambda: clock.now_ms, zone=zone, sleep=clock.sleep)
    return days


@run_async
async def test_day_is_told_at_the_start_and_at_each_midnight_through_summer_time() -> None:
    start_ms = ms("2026-10-24T15:00:00", BERLIN)
    clock = FakeClock(start_ms, start_ms + 80 * HOUR_MS)
    midnights = [(day, ms(f"{day}T00:00:00", BERLIN)) for day in ("2026-10-25", "2026-10-26", "2026-10-27")]
    assert await told(clock, BERLIN) == [("2026-10-24", start_ms), *midnights]
    assert midnights[1][1] - midnights[0][1] == 25 * HOUR_MS
    assert clock.slept == 4, "nothing wakes between two midnights"


@run_async
async def test_timer_that_runs_early_tells_the_day_when_it_has_come() -> None:
    start_ms = ms("2026-11-21T15:00:00", BERLIN)
    midnight_ms = ms("2026-11-22T00:00:00", BERLIN)
    ((_, first_ms), (day, second_ms)) = await told(FakeClock(start_ms, midnight_ms + HOUR_MS, early_ms=3), BERLIN)
    assert (first_ms, day) == (start_ms, "2026-11-22")
    assert 0 <= second_ms - midnight_ms <= 1_000


@run_async
async def test_clock_that_goes_back_past_midnight_begins_no_day_twice() -> None:
    """In St John's clocks went from 00:01 to 23:01 of the day before."""
    zone = ZoneInfo("America/St_Johns")
    first_ms = ms("2010-11-07T00:00:00", zone)
    clock = FakeClock(first_ms - HOUR_MS, first_ms + 20 * HOUR_MS)
    assert [day for day, _ in await told(clock, zone)] == ["2010-11-06", "2010-11-07"]
    again_ms = ms("2010-11-06T23:30:00", zone, fold=1)
    assert again_ms > first_ms
    started_in_between = await told(FakeClock(again_ms, again_ms + 2 * HOUR_MS), zone)
    assert started_in_between == [("2010-11-06", again_ms), ("2010-11-07", first_ms + HOUR_MS)]

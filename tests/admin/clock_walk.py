"""Opening hours worked out as slowly and plainly as can be: a walk that looks at the local clock each minute.

And what to try them with: zones with all the ways in which clocks change, moments near such a change, drawn weeks.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from holidays import country_holidays
from hypothesis import strategies as st

MINUTE_MS = 60_000

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "America/Havana",
    "Africa/Casablanca",
    "Asia/Beirut",
    "UTC",
)

# A range in minutes, as drawn: it goes on until the next day where it ends no later than it begins.
minutes = st.integers(0, 1_439) | st.integers(0, 47).map(lambda half: half * 30)
day_ranges = st.lists(st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1]), max_size=3)
Ranges = list[tuple[int, int]]


def written(ranges: Ranges) -> str:
    """As the rules have them."""
    words = [f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in ranges]
    return " ".join(words) or "closed"


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and a moment, mostly near a change of its clocks."""
    zone = draw(st.sampled_from(ZONES))
    first = datetime(draw(st.integers(1_975, 2_090)), 1, 1, tzinfo=UTC)
    changes = [
        first + timedelta(days=n)
        for n in range(365)
        if (first + timedelta(days=n)).astimezone(ZoneInfo(zone)).utcoffset()
        != (first + timedelta(days=n + 1)).astimezone(ZoneInfo(zone)).utcoffset()
    ]
    day = draw(st.sampled_from(changes) if changes else st.integers(0, 364).map(lambda n: first + timedelta(days=n)))
    return zone, day - timedelta(minutes=draw(st.integers(0, 3_000)))


def walk(
    week: dict[int, Ranges], exceptions: dict[date, Ranges], country: str | None, zone: str, start: datetime, days: int
) -> Iterator[tuple[int, bool, bool]]:
    """Each minute, whether it is open, whether it is a holiday: asked of the local date and time alone."""
    free = country_holidays(country, years=range(start.year - 1, start.year + 2)) if country else {}
    tz = ZoneInfo(zone)

    def is_open(day: date, minute: int) -> bool:
        before = day - timedelta(days=1)
        ranges = exceptions.get(day, [] if day in free else week.get(day.weekday(), []))
        if any((a <= minute) if b <= a else (a <= minute < b) for a, b in ranges):
            return True
        if exceptions.get(day) == []:
            return False
        if before in exceptions:
            left = exceptions[before]
        elif before in free or (day in free and day not in exceptions):
            left = []
        else:
            left = week.get(before.weekday(), [])
        return any(b <= a and minute < b for a, b in left)

    for n in range(days * 1_440):
        moment = start + timedelta(minutes=n)
        local = moment.astimezone(tz)
        at_ms = round(moment.timestamp()) * 1_000
        yield at_ms, is_open(local.date(), local.hour * 60 + local.minute), local.date() in free


def stretches(minutes_of_it: list[int]) -> tuple[tuple[int, int], ...]:
    """The minutes that touch, joined."""
    found: list[tuple[int, int]] = []
    for at_ms in minutes_of_it:
        if found and found[-1][1] == at_ms:
            found[-1] = (found[-1][0], at_ms + MINUTE_MS)
        else:
            found.append((at_ms, at_ms + MINUTE_MS))
    return tuple(found)

"""Opening hours as an admin writes them, made into stretches of time that the core can look up.

One idea: hours are what the clock on the wall says. A moment is open when its local date and time lie in one of the
ranges, nothing else is asked. So there are two lists, the ranges on the local clock and the stretches in which the zone
keeps one offset from UTC, and the answer is where they overlap. On a day on which clocks change this means:

- a time that does not exist (02:30, clocks go from 02:00 to 03:00) is passed over: `02:30-06:00` opens at 03:00, and
  `02:10-02:50` does not open at all;
- a time that comes twice (02:30, clocks go from 03:00 back to 02:00) counts both times: `02:30-06:00` is open from the
  first 02:30 to 03:00 and again from the second 02:30; `00:00-06:00` lasts an hour longer.

A range that ends no later than it begins goes on until the next day. It belongs to the day on which it begins, with two
exceptions, since closed means from midnight to midnight: on a date that `except` calls `closed` nothing of the day
before goes on, and on a holiday only what an `except` of the day before says.
"""

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from callcenter.types import Hours

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOSED = "closed"
WHOLE_DAY = "24h"
MAX_RANGES = 24  # on one day
SMALL_GAP_MINUTES = 15  # a shorter one between two ranges was hardly meant

_MINUTE_MS = 60_000
_DAY_MINUTES = 1_440
_DAY_MS = _DAY_MINUTES * _MINUTE_MS
_EPOCH = date(1970, 1, 1).toordinal()
_LOOK_EVERY_S = 6 * 3_600  # no zone changes its offset twice within that
_RANGE = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WRITE_RANGES = (
    "Write ranges such as `08:00-12:00 13:00-18:00`, with a blank between two; `24h` for the whole day, or `closed`"
)
_SHOWN_LENGTH = 60

Range = tuple[int, int]  # minutes since midnight of the day on which it begins, half-open; may end on the next day
Stretch = tuple[int, int]  # milliseconds, half-open


class CalendarError(ValueError):
    """One mistake in some hours. `place` is the key below the hours, such as `("week", "mon-fri")`.

    `in_key`: it is the key itself that is wrong, not what stands there.
    """

    def __init__(self, place: tuple[str, ...], wrong: str, remedy: str, *, in_key: bool = False) -> None:
        super().__init__(f"{'.'.join(place)}: {wrong}. {remedy}")
        self.place = place
        self.wrong = wrong
        self.remedy = remedy
        self.in_key = in_key


@dataclass(slots=True)
class _Plan:
    """What could be read of some hours, and every mistake in them."""

    zone: ZoneInfo | None = None
    week: dict[int, tuple[Range, ...]] = field(default_factory=dict)  # 0 is Monday
    exceptions: dict[date, tuple[Range, ...]] = field(default_factory=dict)
    country: str | None = None
    subdivision: str | None = None
    mistakes: list[CalendarError] = field(default_factory=list)


def expand(  # noqa: PLR0917 - hours are all of these
    name: str,
    week: Mapping[str, str],
    exceptions: Mapping[str, str],
    holidays: str | None,
    timezone: str,
    from_ms: int,
    days: int = 402,
) -> Hours:
    """When these hours are open, and when it is a holiday, in the `days` times 24 hours from `from_ms` on.

    `week`: from days (`mon-fri`, `sat`, `mon,wed`) to ranges. `exceptions`: from a date to ranges, in the place of what
    else the day would have; holidays are closed. `holidays`: a country of the `holidays` library, or `DE-BY` with its
    subdivision; their public ones. What goes on beyond either end of the time asked for is cut there. Raises
    CalendarError for the first mistake.
    """
    plan = _read(week, exceptions, holidays, timezone)
    if plan.mistakes or plan.zone is None:
        raise plan.mistakes[0]
    offsets = _offsets(plan.zone, from_ms, days)
    first_ms, last_ms = offsets[0][0] + offsets[0][1], from_ms + days * _DAY_MS + offsets[-1][1]
    # The day before goes on into the first one; and one more at either end, since clocks may go back over midnight.
    dates = [date.fromordinal(n) for n in range(_ordinal(first_ms) - 2, _ordinal(last_ms) + 2)]
    free = _holidays(plan, dates)
    until_ms = from_ms + days * _DAY_MS
    return Hours(
        name=name,
        open=_on_the_clock(_ranges(plan, dates, free), offsets, until_ms),
        holidays=_on_the_clock((_local(day, (0, _DAY_MINUTES)) for day in dates if day in free), offsets, until_ms),
    )


def zone_of(timezone: str, from_ms: int, days: int = 402) -> tuple[tuple[int, int], ...]:
    """From when (ms) how far local time is ahead of UTC (ms), ascending; the first is `from_ms` itself.

    Raises CalendarError for an unknown time zone.
    """
    return tuple(_offsets(_zone(timezone, ()), from_ms, days))


def mistakes(
    week: Mapping[str, str], exceptions: Mapping[str, str], holidays: str | None, timezone: str
) -> list[CalendarError]:
    """Everything that is wrong with some hours: where this is empty, `expand` and `holes` raise nothing."""
    return _read(week, exceptions, holidays, timezone).mistakes


def holes(week: Mapping[str, str]) -> list[str]:
    """What is probably not meant in a week without mistakes, each in a sentence with its remedy.

    A weekday without hours between two that have some; ranges that overlap, in the wrong order, or with hardly a gap
    between them. A day that is named as `closed` is meant to be.
    """
    by_day = {day: (key, ranges) for key, text in week.items() for day, ranges in _days_of(key, text)}
    found = [
        f"`{WEEKDAYS[day]}` has no hours, though `{WEEKDAYS[day - 1]}` and `{WEEKDAYS[day + 1]}` have some. "
        f"Write `{WEEKDAYS[day]}: closed` if that is meant"
        for day in range(5)
        if day not in by_day and by_day.get((day - 1) % 7, ("", ()))[1] and by_day.get(day + 1, ("", ()))[1]
    ]
    for key, text in week.items():
        ranges = _parse_ranges(text, ("week", key))
        for one, other in pairwise(ranges):
            if other[0] < one[0]:
                found.append(f"`{key}`: {_words(other)} stands after {_words(one)}. Write the ranges in their order")
    found += _collisions(by_day)
    return list(dict.fromkeys(found))


def _collisions(by_day: Mapping[int, tuple[str, tuple[Range, ...]]]) -> Iterator[str]:
    """Neighbours in the week, the last and the first included, that overlap or leave hardly a gap."""
    line = sorted(
        (day * _DAY_MINUTES + start, day * _DAY_MINUTES + end, key, (start, end))
        for day, (key, ranges) in by_day.items()
        for start, end in ranges
    )
    last: tuple[int, str, Range] | None = None  # of those so far the one that goes on the longest
    for week_start in (0, 7 * _DAY_MINUTES):  # twice, since the end of the week meets its beginning
        for start, end, key, minutes in line:
            if last is not None:
                before, after = f"`{last[1]}`: {_words(last[2])}", _words(minutes)
                after += "" if key == last[1] else f" of `{key}`"
                gap = week_start + start - last[0]
                if gap < 0:
                    yield f"{before} and {after} overlap. Write them as one range, or correct one of them"
                elif 0 < gap < SMALL_GAP_MINUTES:
                    remedy = "A range ends right before the time that it names: end it when the next one begins"
                    yield f"{before} ends {gap} min before {after}. {remedy}"
            if last is None or week_start + end > last[0]:
                last = week_start + end, key, minutes


# ---- reading


def _read(week: Mapping[str, str], exceptions: Mapping[str, str], holidays: str | None, timezone: str) -> _Plan:
    plan = _Plan()
    try:
        plan.zone = _zone(timezone, ("timezone",))
    except CalendarError as error:
        plan.mistakes.append(error)
    try:
        plan.country, plan.subdivision = _country(holidays)
    except CalendarError as error:
        plan.mistakes.append(error)
    key_of: dict[int, str] = {}
    for key, text in week.items():
        try:
            for day, ranges in _days_of(key, text):
                if day in key_of:
                    wrong = f"names `{WEEKDAYS[day]}`, as `{key_of[day]}` does"
                    remedy = "Name each day once; a day may have several ranges"
                    raise CalendarError(("week", key), wrong, remedy, in_key=True)
                key_of[day] = key
                plan.week[day] = ranges
        except CalendarError as error:
            plan.mistakes.append(error)
    for key, text in exceptions.items():
        try:
            plan.exceptions[_date(key)] = _parse_ranges(text, ("except", key))
        except CalendarError as error:
            plan.mistakes.append(error)
    return plan


def _days_of(key: str, text: str) -> list[tuple[int, tuple[Range, ...]]]:
    """The days that a key of `week` names, 0 is Monday, each with the ranges of `text`."""
    days: list[int] = []
    for part in key.split(","):
        first, dash, last = part.strip().partition("-")
        start = _weekday(first.strip(), key)
        end = _weekday(last.strip(), key) if dash else start
        days += [(start + n) % 7 for n in range((end - start) % 7 + 1)]
    ranges = _parse_ranges(text, ("week", key))
    return [(day, ranges) for day in days]


def _weekday(word: str, key: str) -> int:
    if word not in WEEKDAYS:
        short = word[:3].lower()
        remedy = f"Did you mean `{short}`?" if short in WEEKDAYS else "Write days such as `mon-fri`, `sat` or `mon,wed`"
        raise CalendarError(("week", key), f"{_shown(word)} is not a day", remedy, in_key=True)
    return WEEKDAYS.index(word)


def _parse_ranges(text: str, place: tuple[str, ...]) -> tuple[Range, ...]:
    """The ranges in the order in which they are written, none for `closed`."""
    words = text.split()
    if words == [CLOSED]:
        return ()
    if not words:
        raise CalendarError(place, "has no hours", _WRITE_RANGES)
    if len(words) > MAX_RANGES:
        raise CalendarError(place, f"holds {len(words)} ranges, at most {MAX_RANGES}", "Join those that touch")
    return tuple(_parse_range(word, place) for word in words)


def _parse_range(word: str, place: tuple[str, ...]) -> Range:
    if word == WHOLE_DAY:
        return (0, _DAY_MINUTES)
    match = _RANGE.fullmatch(word)
    if match is None:
        raise CalendarError(place, f"{_shown(word)} is not a range of times", _WRITE_RANGES)
    hour, minute, end_hour, end_minute = (int(number) for number in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or start >= _DAY_MINUTES or end > _DAY_MINUTES:
        wrong = f"{_shown(word)} names a time that no clock shows"
        raise CalendarError(place, wrong, "A range begins at 00:00 to 23:59 and ends at 00:01 to 24:00")
    if start == end:
        raise CalendarError(place, f"{_shown(word)} is no time at all", "Write `24h` for the whole day")
    return (start, end if end > start else end + _DAY_MINUTES)


def _date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # such as 2027-02-29
    remedy = "Write year, month and day: `2026-12-24`"
    raise CalendarError(("except", text), f"{_shown(text)} is not a date", remedy, in_key=True)


def _zone(timezone: str, place: tuple[str, ...]) -> ZoneInfo:
    try:
        return ZoneInfo(timezone)
    except (KeyError, OSError, ValueError):  # unknown; the name of a folder, or too long; no name at all
        # Short ones such as EST are there for old programs, and the wrong ones to propose.
        known = (name for name in _zones() if "/" in name)
        otherwise = "Write a name of the IANA time zones, such as `Europe/Berlin`, or `UTC`"
        raise CalendarError(
            place, f"{_shown(timezone)} is not a time zone", _nearest(timezone, known, otherwise)
        ) from None


def _country(holidays: str | None) -> tuple[str | None, str | None]:
    if holidays is None:
        return None, None
    known = _countries()
    country, dash, subdivision = holidays.partition("-")
    if country in known and (not dash or subdivision in known[country]):
        return country, subdivision or None
    if country in known:
        names = [f"{country}-{name}" for name in known[country]]
        otherwise = f"Write `{country}`" + (f" or one of {', '.join(names)}" if names else ": it has none")
        wrong = f"{_shown(holidays)} is not a subdivision whose holidays are known"
    else:
        names = [f"{one}-{name}" for one, parts in known.items() if len(one) == 2 for name in parts if len(name) <= 3]
        names += [one for one in known if len(one) == 2]
        otherwise = "Write a country such as `US`, or one with its subdivision such as `DE-BY`"
        wrong = f"{_shown(holidays)} is not a country whose holidays are known"
    raise CalendarError(("holidays",), wrong, _nearest(holidays, names, otherwise))


@cache  # to know them all, every file of the time zones is opened
def _zones() -> set[str]:
    return available_timezones()


@cache
def _countries() -> dict[str, list[str]]:
    from holidays import list_supported_countries  # noqa: PLC0415 - it takes long to load, and few hours name holidays

    return list_supported_countries()


def _nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    """A remedy for a word that is not among the many known: the nearest one, whatever its case, else `otherwise`."""
    by_lower_case = {name.lower(): name for name in sorted(known)}
    near = difflib.get_close_matches(word[:_SHOWN_LENGTH].lower(), by_lower_case, n=1, cutoff=0.6)
    return f"Did you mean `{by_lower_case[near[0]]}`?" if near else otherwise


def _shown(word: str) -> str:
    return f"{word[:_SHOWN_LENGTH]!r}{'…' if len(word) > _SHOWN_LENGTH else ''}"


def _words(minutes: Range) -> str:
    start, end = minutes
    if minutes == (0, _DAY_MINUTES):
        return WHOLE_DAY
    end = end if end <= _DAY_MINUTES else end - _DAY_MINUTES
    return f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"


# ---- expanding


def _holidays(plan: _Plan, dates: list[date]) -> set[date]:
    if plan.country is None:
        return set()
    from holidays import country_holidays  # noqa: PLC0415 - see `_countries`

    years = range(dates[0].year, dates[-1].year + 1)
    return set(country_holidays(plan.country, subdiv=plan.subdivision, years=years))


def _ranges(plan: _Plan, dates: list[date], free: set[date]) -> Iterator[Stretch]:
    """The stretches that are open, on the local clock."""
    for day in dates:
        tomorrow = day + timedelta(days=1)
        exception = plan.exceptions.get(day)
        if exception is not None:
            ranges, ends_at_midnight = exception, False
        else:
            ranges = () if day in free else plan.week.get(day.weekday(), ())
            ends_at_midnight = tomorrow in free and tomorrow not in plan.exceptions
        if plan.exceptions.get(tomorrow) == ():
            ends_at_midnight = True
        for start, end in ranges:
            yield _local(day, (start, min(end, _DAY_MINUTES) if ends_at_midnight else end))


def _ordinal(local_ms: int) -> int:
    return _EPOCH + local_ms // _DAY_MS


def _local(day: date, minutes: Range) -> Stretch:
    midnight_ms = (day.toordinal() - _EPOCH) * _DAY_MS
    return midnight_ms + minutes[0] * _MINUTE_MS, midnight_ms + minutes[1] * _MINUTE_MS


def _on_the_clock(local: Iterable[Stretch], offsets: list[tuple[int, int]], until_ms: int) -> tuple[Stretch, ...]:
    """The moments, in ms of UTC, at which the local clock shows a time in one of these stretches."""
    wanted = _merged(local)
    moments: list[Stretch] = []
    for (start_ms, offset_ms), (end_ms, _) in pairwise([*offsets, (until_ms, 0)]):
        moments += [
            (max(start_ms, open_ms - offset_ms), min(end_ms, close_ms - offset_ms))
            for open_ms, close_ms in wanted
            if open_ms - offset_ms < end_ms and close_ms - offset_ms > start_ms
        ]
    return tuple(_merged(moments))


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Ascending, and none touches another."""
    merged: list[Stretch] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _offsets(zone: ZoneInfo, from_ms: int, days: int) -> list[tuple[int, int]]:
    """From when (ms of UTC) which offset (ms) holds. `zoneinfo` tells only the offset at a moment, so it is asked."""
    first_s, last_s = from_ms // 1_000, (from_ms + days * _DAY_MS - 1) // 1_000
    found = [(from_ms, _offset(zone, first_s))]
    for before_s, after_s in pairwise([*range(first_s, last_s, _LOOK_EVERY_S), last_s]):
        if (offset_ms := _offset(zone, after_s)) != found[-1][1]:
            seconds = range(before_s, after_s + 1)
            first = bisect_left(seconds, True, key=lambda at_s: _offset(zone, at_s) == offset_ms)
            found.append((seconds[first] * 1_000, offset_ms))
    return found


def _offset(zone: ZoneInfo, at_s: int) -> int:
    offset = datetime.fromtimestamp(at_s, UTC).astimezone(zone).utcoffset()
    assert offset is not None, "a zone of zoneinfo has an offset"
    return round(offset.total_seconds() * 1_000)

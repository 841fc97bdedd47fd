"""Local intervals of a time zone, made of whole quarter-hours of UTC: what the figures of a report are sorted into.

The one idea: a range is cut where the zone's clock is set, and within each such piece local time is UTC plus one
number. So the interval of a quarter-hour is found by integer arithmetic, in Python as in SQL, and summer time needs no
rule of its own: the day on which clocks go forward is made of 92 quarters, the one on which they go back of 100, and
the hour that comes twice then is two intervals, told apart by their offsets.

All times are milliseconds of UTC since the Unix epoch; ranges are half-open. Everything here is pure.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from callcenter.admin import calendars
from callcenter.admin.calendars import CalendarError

QUARTER_MS = 900_000
DAY_MS = 86_400_000
MAX_INTERVALS = 40_000  # a leap year by quarter-hours, and some
MAX_DAYS = 40 * 366
FIRST_YEAR, LAST_YEAR = 1971, 2200

_EPOCH = date(1970, 1, 1).toordinal()


class RangeError(ValueError):
    """The zone, the range or the length of the intervals makes no sense. Its text says what would."""


class By(StrEnum):
    QUARTER = "15m"
    HALF_HOUR = "30m"
    HOUR = "60m"
    DAY = "day"
    WEEK = "week"  # from Monday on, numbered as ISO 8601 has it
    MONTH = "month"


_STEPS = {By.QUARTER: QUARTER_MS, By.HALF_HOUR: 2 * QUARTER_MS, By.HOUR: 4 * QUARTER_MS}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch in which local time is `offset_ms` ahead of UTC throughout."""

    from_ms: int
    to_ms: int
    offset_ms: int


@dataclass(frozen=True, slots=True)
class Interval:
    """`label` is for people, on the local clock; it has the offset where the clock shows that time twice."""

    from_ms: int
    to_ms: int
    label: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A range and its intervals, ascending and without a gap; `by` None: the range is the only one.

    The first and the last one are cut where the range begins and ends. `step_ms` is how long the stretches of a piece
    are that SQL may add up: whole intervals, or days, of which weeks and months are made.
    """

    zone: str
    by: By | None
    pieces: tuple[Piece, ...]
    intervals: tuple[Interval, ...]

    @property
    def from_ms(self) -> int:
        return self.intervals[0].from_ms

    @property
    def to_ms(self) -> int:
        return self.intervals[-1].to_ms

    @property
    def step_ms(self) -> int | None:
        """None: nothing needs to be told apart."""
        return None if self.by is None else _STEPS.get(self.by, DAY_MS)

    def index_of(self, piece: Piece, stretch: int) -> int:
        """Number of the interval of a piece's stretch, which is (ms of UTC + offset) ÷ `step_ms`."""
        assert self.step_ms is not None, "a grid of one interval asks for no stretches"
        began_ms = max(piece.from_ms, stretch * self.step_ms - piece.offset_ms)
        return bisect_right(self.intervals, began_ms, key=lambda one: one.from_ms) - 1

    def local(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(ZoneInfo(self.zone))


def grid(zone: str, by: By | None, from_ms: int, to_ms: int) -> Grid:
    """Raises RangeError for an unknown zone, an empty or overlong range, or one that no quarter-hours fill."""
    _check(from_ms, to_ms)
    pieces = tuple(_pieces(zone, from_ms, to_ms))
    if by is None:
        began = _clock(from_ms, pieces[0].offset_ms)
        return Grid(zone, by, pieces, (Interval(from_ms, to_ms, f"{began:%Y-%m-%d}"),))
    if (to_ms - from_ms) / _STEPS.get(by, DAY_MS) > MAX_INTERVALS:
        raise RangeError(f"The range has more than {MAX_INTERVALS} intervals of {by}. Ask for longer ones, or for less")
    found = _of_the_clock(pieces, _STEPS[by]) if by in _STEPS else _of_the_calendar(pieces, by)
    return Grid(zone, by, pieces, tuple(found))


def moment(text: str, zone: str) -> int:
    """What `2026-11-01`, `2026-11-01T08:30` (local time), or the same with an offset or Z stands for.

    A local time that comes twice is the first one. Raises RangeError.
    """
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        raise RangeError(f"{text[:40]!r} is no date and no time. Write `2026-11-01`, or `2026-11-01T08:30`") from None
    if not FIRST_YEAR <= told.year <= LAST_YEAR:
        raise RangeError(f"{text} is not within the years {FIRST_YEAR} to {LAST_YEAR}. Look at the year")
    if told.tzinfo is None:
        local = told.replace(tzinfo=_zone(zone))
        if len(text.strip()) == len("2026-11-01"):
            return _begin_of(told.date(), zone)
        if local.astimezone(UTC).astimezone(_zone(zone)).replace(tzinfo=None) != told:
            raise RangeError(f"{text} does not exist in {zone}: clocks go forward over it. Name a time before or after")
        told = local
    return round(told.timestamp() * 1_000)


def day_of(at_ms: int, zone: str) -> tuple[int, int]:
    """From when to when the local day goes in which this moment lies."""
    today = datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(_zone(zone)).date()
    return _begin_of(today, zone), _begin_of(today + timedelta(days=1), zone)


def _begin_of(day: date, zone: str) -> int:
    """The first moment of a day, which is not midnight where clocks go forward at midnight."""
    midnight_ms = round(datetime(day.year, day.month, day.day, tzinfo=_zone(zone)).timestamp() * 1_000)
    ordinal = day.toordinal() - _EPOCH
    for piece in _pieces(zone, midnight_ms - DAY_MS, midnight_ms + DAY_MS):
        began_ms = max(piece.from_ms, ordinal * DAY_MS - piece.offset_ms)
        if began_ms < piece.to_ms:
            return began_ms
    raise AssertionError("a day begins within a day of its midnight")


def _check(from_ms: int, to_ms: int) -> None:
    for at_ms in (from_ms, to_ms):
        if at_ms % QUARTER_MS:
            at = datetime.fromtimestamp(at_ms / 1_000, UTC)
            raise RangeError(
                f"{at:%Y-%m-%dT%H:%M:%SZ} is not at a full quarter of an hour. Figures are kept by quarters"
            )
    if to_ms <= from_ms:
        raise RangeError(
            "The range ends before it begins, or at once. `to` is the first moment that is not in it any more"
        )
    if to_ms - from_ms > MAX_DAYS * DAY_MS:
        raise RangeError("The range is longer than 40 years. Ask for less")


def _zone(name: str) -> ZoneInfo:
    _known(name)
    return ZoneInfo(name)


def _known(name: str) -> None:
    """Raises RangeError where there is no such time zone."""
    try:
        calendars.zone_of(name, 0, 1)
    except CalendarError as error:
        raise RangeError(f"{error.wrong}. {error.remedy}") from None


def _pieces(zone: str, from_ms: int, to_ms: int) -> Iterator[Piece]:
    try:
        found = calendars.zone_of(zone, from_ms, -(-(to_ms - from_ms) // DAY_MS))
    except CalendarError as error:
        raise RangeError(f"{error.wrong}. {error.remedy}") from None
    found = tuple(one for one in found if one[0] < to_ms)
    for (began_ms, offset_ms), (ended_ms, _) in pairwise([*found, (to_ms, 0)]):
        if offset_ms % QUARTER_MS or began_ms % QUARTER_MS:
            at = datetime.fromtimestamp(began_ms / 1_000, UTC)
            raise RangeError(
                f"The clock of {zone} is not set by quarters of an hour from {at:%Y-%m-%d} on, and figures are kept by "
                "quarters. Ask for UTC, or for a later range"
            )
        yield Piece(began_ms, ended_ms, offset_ms)


def _of_the_clock(pieces: tuple[Piece, ...], step_ms: int) -> Iterator[Interval]:
    twice = _shown_twice(pieces)
    for piece in pieces:
        at_ms = piece.from_ms
        while at_ms < piece.to_ms:
            local_ms = at_ms + piece.offset_ms
            next_ms = min(piece.to_ms, at_ms + step_ms - local_ms % step_ms)
            label = f"{_clock(at_ms, piece.offset_ms):%Y-%m-%d %H:%M}"
            if any(first_ms <= local_ms < last_ms for first_ms, last_ms in twice):
                label += f" {offset_words(piece.offset_ms)}"
            yield Interval(at_ms, next_ms, label)
            at_ms = next_ms


def _of_the_calendar(pieces: tuple[Piece, ...], by: By) -> Iterator[Interval]:
    """Where a piece begins in the middle of one, clocks have been set within it, and it goes on."""
    began_ms, label = pieces[0].from_ms, ""
    for piece in pieces:
        first = (piece.from_ms + piece.offset_ms) // DAY_MS
        last = (piece.to_ms - 1 + piece.offset_ms) // DAY_MS
        for ordinal in range(first, last + 1):
            name = _name(date.fromordinal(_EPOCH + ordinal), by)
            at_ms = max(piece.from_ms, ordinal * DAY_MS - piece.offset_ms)
            if name != label:
                if label:
                    yield Interval(began_ms, at_ms, label)
                began_ms, label = at_ms, name
    yield Interval(began_ms, pieces[-1].to_ms, label)


def _name(day: date, by: By) -> str:
    if by is By.MONTH:
        return f"{day:%Y-%m}"
    if by is By.WEEK:
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{day:%Y-%m-%d}"


def _shown_twice(pieces: tuple[Piece, ...]) -> list[tuple[int, int]]:
    """What the local clock shows twice because it was set back, in ms of local time."""
    set_back = [(before, after) for before, after in pairwise(pieces) if after.offset_ms < before.offset_ms]
    return [(before.to_ms + after.offset_ms, before.to_ms + before.offset_ms) for before, after in set_back]


def _clock(at_ms: int, offset_ms: int) -> datetime:
    return datetime.fromtimestamp((at_ms + offset_ms) / 1_000, UTC).replace(tzinfo=None)


def offset_words(offset_ms: int) -> str:
    """Such as +02:00."""
    minutes = abs(offset_ms) // 60_000
    return f"{'-' if offset_ms < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"

"""Which age is too old at this moment, and when the next run is due: functions of the settings, a time and a zone.

One idea: days are the calendar's of the machine's time zone, so whole days go and a day's report has all of its
contacts or none. Midnight is a border of a quarter of an hour in every zone there is today; where it were none, the
quarter before it counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from callcenter.facts import quarter_of
from callcenter.retention_settings import RetentionSettings

WRAP_UP_GRACE_MS = 7 * 86_400_000  # an end of a wrap-up that has not come by then will not come any more
LOST_AFTER_MS = 31 * 86_400_000  # a contact that has not ended by then is none that goes on


@dataclass(frozen=True, slots=True)
class Bounds:
    """What began (and ended) before these moments goes, None: nothing. `today` is the date that follow-ups are for."""

    personal_ms: int | None
    contacts_ms: int | None
    statistics_ms: int | None
    today: str


def bounds_of(retention: RetentionSettings, now_ms: int, zone: tzinfo | None = None) -> Bounds:
    """`zone` None: the machine's."""
    today = _local(now_ms, zone).date()

    def before(days: int | None) -> int | None:
        if days is None:
            return None
        return max(0, quarter_of(_moment(today - timedelta(days=days), 0, zone)))

    return Bounds(
        before(retention.personal_days),
        before(retention.contacts_days),
        before(retention.statistics_days),
        today.isoformat(),
    )


def next_run_ms(after_ms: int, hour: int, zone: tzinfo | None = None) -> int:
    """The first time after this moment at which the clock shows this full hour (or, where clocks leave it out, the
    hour that there is instead)."""
    return next(at_ms for at_ms in _runs(_local(after_ms, zone).date(), hour, zone) if at_ms > after_ms)


def _runs(day: date, hour: int, zone: tzinfo | None) -> Iterator[int]:
    while True:
        yield _moment(day, hour, zone)
        day += timedelta(days=1)


def _local(at_ms: int, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(zone)


def _moment(day: date, hour: int, zone: tzinfo | None) -> int:
    return round(datetime.combine(day, time(hour), zone).timestamp() * 1_000)

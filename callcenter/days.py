"""When a day begins at the call center: the core counts agents' figures by the day, and has neither clock nor calendar.

One idea: midnight is found in the calendar of the machine's time zone, never 24 hours after the last one. So the days
on which clocks change are as long as they are, and a daemon that was down at midnight begins the day when it starts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta, tzinfo

from callcenter.events import DayBegan

_LOOK_AGAIN_S = 1.0  # at the soonest: where clocks go back past midnight, the next midnight may be one that has been


def day_and_next(now_ms: int, zone: tzinfo | None = None) -> tuple[str, int]:
    """The day of this moment, such as 2026-11-21, and the moment at which the next one begins, in ms of UTC.

    `zone` None: the machine's. Where clocks go forward at midnight the day begins with the hour that there is; where
    midnight comes twice, at the first one.
    """
    today = datetime.fromtimestamp(now_ms / 1_000, UTC).astimezone(zone).date()
    midnight = datetime.combine(today + timedelta(days=1), time.min, zone)
    return today.isoformat(), round(midnight.timestamp() * 1_000)


async def tell_days(
    submit: Callable[[DayBegan], None],
    now_ms: Callable[[], int],
    *,
    zone: tzinfo | None = None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Submit the day that it is, and each later one as it begins; never an earlier one. Goes on until cancelled."""
    told = ""
    while True:
        day, next_ms = day_and_next(now_ms(), zone)
        if day > told:
            submit(DayBegan(day))
            told = day
        await sleep(max(_LOOK_AGAIN_S, (next_ms - now_ms()) / 1_000))

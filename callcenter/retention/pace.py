"""How much goes at a time: small transactions with a rest after each, so that who writes the log is never far behind.

One idea: a transaction holds up others (SQLite lets one write at a time) for as long as it takes, whatever is in it. So
it is measured, and the next one is made smaller or larger. The rest is as long as the work, so half of the time is the
others'.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

AIM_S = 0.05  # of one transaction
SMALLEST, LARGEST = 20, 1_000  # rows that are looked at in one
SHORTEST_REST_S = 0.01


class Pace:
    def __init__(
        self,
        size: int = 100,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.size = size
        self._sleep = sleep
        self._clock = clock
        self._began_s = 0.0

    def begin(self) -> None:
        """A transaction has got what others wait for from now on."""
        self._began_s = self._clock()

    async def rest(self) -> None:
        """It is over: leave the database to others for a while."""
        took_s = self._clock() - self._began_s
        if took_s > AIM_S:
            self.size = max(SMALLEST, self.size // 2)
        elif took_s < AIM_S / 2:
            self.size = min(LARGEST, self.size * 2)
        await self._sleep(max(SHORTEST_REST_S, took_s))

"""How late the event loop runs a timer: what a call would have waited at that moment."""

import asyncio
import contextlib
from collections import deque

from callcenter.metrics.shells import Shells


class LoopLag:
    """Measured with a timer of INTERVAL_S, again and again."""

    INTERVAL_S = 0.1
    WINDOW = 150  # samples: 15 s

    def __init__(self, metrics: Shells) -> None:
        self._metrics = metrics
        self._last: deque[float] = deque(maxlen=self.WINDOW)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Needs the running loop."""
        self._task = asyncio.create_task(self._sample_for_ever())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def sample(self, lag_s: float) -> None:
        self._last.append(max(lag_s, 0.0))
        self._metrics.observe_loop_lag(self._last[-1], max(self._last))

    async def _sample_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self.INTERVAL_S
            await asyncio.sleep(self.INTERVAL_S)
            self.sample(loop.time() - due)

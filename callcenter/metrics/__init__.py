"""What Prometheus is told: what the core has counted, what the floor is like, and what the shells say of themselves.

The one idea: whatever happened is counted in the core's state (callcenter/queues/totals.py), so it goes on after a
restart where it stood; whatever is (waiting now, agents by state) is read from the overview. Both are taken when
Prometheus asks, at a moment when the journal has all that is counted: else a number could be told, lost with the
process, and come again smaller, which Prometheus would take for a restart from zero. The text is made in another
thread, as it takes longer than a call should wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from callcenter.metrics.exposition import Exposition, Seen
from callcenter.metrics.loop_lag import LoopLag
from callcenter.metrics.now import Now
from callcenter.metrics.shells import Shells
from callcenter.overview import Overview
from callcenter.queues.totals import Totals
from callcenter.types import Configuration

__all__ = ["LoopLag", "Metrics"]

AtRest = Callable[[Callable[[], Seen]], Awaitable[Seen]]


async def _at_once(look: Callable[[], Seen]) -> Seen:
    return look()


class Metrics(Shells):
    """All metrics of one daemon. `totals` gives the core's, alive; with `agents` single agents are told of, too."""

    def __init__(
        self, overview: Callable[[], Overview], totals: Callable[[], Totals] = Totals, *, agents: bool = False
    ) -> None:
        super().__init__()
        self._overview, self._totals = overview, totals
        self._now = Now(agents)
        self.at_rest: AtRest = _at_once  # calls what it is given when the journal has all that the core has counted

    def configure(self, configuration: Configuration, reasons: Sequence[str] = ()) -> None:
        """Learn the values that labels may have; `reasons` are those for being not ready. Called at each (re)load."""
        self._now.configure(configuration, reasons)

    def _look(self) -> Seen:
        return Seen(self._totals().copy(), self._overview())

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics as they are now, and the content type, in the format that the Accept header asks for."""
        return Exposition(self._look(), self._now, self.registry).text(accept)

    async def scrape(self, accept: str) -> tuple[bytes, str]:
        """The same as soon as what is counted is journalled, and without holding up the loop."""
        seen = await self.at_rest(self._look)
        return await asyncio.to_thread(Exposition(seen, self._now, self.registry).text, accept)

"""The daemon's own run, each day at the hour of the settings, beside the calls.

One idea: when the last run ended is in the database. So a run that was missed, for the daemon was down at the hour, is
made up for after the next start, whichever of two daemons that is; and none is done twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.retention.bounds import bounds_of, next_run_ms
from callcenter.retention.report import in_short as report_in_short
from callcenter.retention.run import run
from callcenter.settings import Settings
from callcenter.stores.contact_log import BATCH, ContactLog
from callcenter.stores.database import DATABASE_ERRORS, in_short
from callcenter.stores.retention_marks import Mark, mark_of

LOOK_EVERY_S = 300.0  # also after a failure

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Daily:
    """`log` is asked whether it has written what there is: what is yet to come may belong to what is old. `tell` is
    told at each look how many rows were removed and blanked, and when a run last ended, 0: never."""

    engine: AsyncEngine
    settings: Settings
    now_ms: Callable[[], int]
    log: ContactLog
    tell: Callable[[int, int, int], None] = lambda *_: None
    zone: tzinfo | None = None
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _since_ms: int | None = field(default=None, init=False)

    async def go_on(self) -> None:
        """Look every five minutes whether it is time. Goes on until cancelled."""
        if not self.settings.retention.anything:
            return
        self._since_ms = self.now_ms()
        while True:
            await self.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except DATABASE_ERRORS as error:
                _log.warning("what is too old could not be removed, and will be later: %s", in_short(error))

    async def look(self) -> bool:
        """Do what is due; whether anything was. Raises what SQLAlchemy raises, and OSError.

        Where there was no run yet, the first one is not before the first such hour that this daemon sees.
        """
        now_ms = self.now_ms()
        async with self.engine.connect() as connection:
            last_ms = await mark_of(connection, Mark.DONE)
        self.tell(0, 0, last_ms)
        since_ms = last_ms or (self._since_ms if self._since_ms is not None else now_ms)
        due_ms = next_run_ms(since_ms, self.settings.retention.at_hour, self.zone)
        if now_ms < due_ms or not self.log.health().ok or self.log.pending > BATCH:
            return False
        bounds = bounds_of(self.settings.retention, now_ms, self.zone)
        result = await run(self.engine, self.settings.data_dir, bounds, now_ms=now_ms)
        _log.info("retention: %s", report_in_short(result))
        self.tell(sum(result.counts.removed.values()), sum(result.counts.blanked.values()), now_ms)
        return True

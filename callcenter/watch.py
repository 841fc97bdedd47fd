"""How the parts of the daemon are: Redis and SQL are asked every second, the others tell by themselves."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from callcenter.cti.asterisk import AsteriskPbx
from callcenter.desktop.desk import Health
from callcenter.runner import Runner
from callcenter.stores.contact_log import ContactLog
from callcenter.stores.database import Database
from callcenter.stores.journal import Journal
from callcenter.stores.journal_keeper import JournalKeeper

WATCH_INTERVAL_S = 1.0


@dataclass(slots=True)
class Watch:
    journal: Journal
    keeper: JournalKeeper
    database: Database
    contact_log: ContactLog
    runner: Runner
    pbx: AsteriskPbx
    _asked: dict[str, Health] = field(init=False, default_factory=dict)

    async def go_on(self, looked: Callable[[bool], Awaitable[None]]) -> None:
        """Ask, for as long as nobody cancels it. `looked` is awaited after each time, with whether SQL is there."""
        while True:
            journal, database = await asyncio.gather(self.journal.health(), self.database.health())
            if journal.ok:
                self.keeper.nudge()
            self._asked["redis"] = Health(journal.ok, journal.words)
            self._asked["sql"] = Health(database.ok, database.words)
            await looked(database.ok)
            await asyncio.sleep(WATCH_INTERVAL_S)

    def health(self) -> Mapping[str, Health]:
        """Each part by its name: what `/health/ready` says."""
        not_yet = Health(False, "has not been asked yet")
        pbx = self.pbx.health
        keeping = self.keeper.health()
        sql = self._asked.get("sql", not_yet)
        if sql.ok:  # the contact log says by itself how it is
            written = self.contact_log.health()
            sql = Health(written.ok, f"{sql.words}; {written.words}" if written.ok else written.words)
        return {
            "pbx": Health(pbx.synced, pbx.words),
            "redis": self._asked.get("redis", not_yet),
            "sql": sql,
            "engine": Health(keeping.ok, f"{self.runner.stats.handled} events handled; {keeping.words}{self._drained}"),
        }

    @property
    def _drained(self) -> str:
        stopped_by = self.runner.engine.snapshot().offering_stopped_by
        return "" if stopped_by is None else f"; no offers are made, {stopped_by} has asked for it"

"""What an existing CRM has answered, remembered for a while: it is asked less, and its outage is felt less.

One idea: an answer has two ages. Up to `ttl_s` it is given without asking (`unknown_ttl_s` where nobody was found: a
new customer should not wait long). Up to `stale_s` it is given where the CRM does not answer, or not soon enough: an
old record routes a call better than none. That nobody was found is never said again after its time.

The same question is asked once at a time, whoever waits for the answer; and it is asked to its end, also where nobody
waits any more, so that the next caller has it.

Bounds: `entries` answers, the one that was used longest ago goes first; `max_flights` questions under way.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from callcenter.crm.records import Record, SourceError
from callcenter.crm_settings import CacheSettings

Records = tuple[Record, ...]
Question = tuple[str, str]  # by what, and its value


class CacheResult(Enum):
    HIT = "hit"
    MISS = "miss"
    SHARED = "shared"  # the same question was under way
    STALE = "stale"  # an old answer, for want of a new one


@dataclass(frozen=True, slots=True)
class Cached:
    """`stale_s` is the answer's age where it is one that should have been asked for again, and `why` it was not."""

    records: Records
    stale_s: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    records: Records
    at_s: float


class RecordCache:
    def __init__(
        self,
        settings: CacheSettings,
        *,
        patience_s: float,
        limit_s: float,
        max_flights: int = 1_000,
        now_s: Callable[[], float] = time.monotonic,
        observe: Callable[[CacheResult], None] = lambda _: None,
    ) -> None:
        """Who has an old answer waits `patience_s` for a new one; a question is given up after `limit_s`."""
        self._settings = settings
        self._patience_s = patience_s
        self._limit_s = limit_s
        self._max_flights = max_flights
        self._now_s = now_s
        self._observe = observe
        self._entries: OrderedDict[Question, _Entry] = OrderedDict()
        self._flights: dict[Question, asyncio.Task[Records]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    async def get(self, question: Question, ask: Callable[[], Awaitable[Records]]) -> Cached:
        """The answer, remembered or asked for by `ask`. Raises what that raises where there is no old answer."""
        entry = self._entries.get(question)
        age_s = 0.0 if entry is None else self._now_s() - entry.at_s
        if entry is not None:
            self._entries.move_to_end(question)
            if age_s < (self._settings.ttl_s if entry.records else self._settings.unknown_ttl_s):
                self._observe(CacheResult.HIT)
                return Cached(entry.records)
        flight = self._flights.get(question)
        self._observe(CacheResult.MISS if flight is None else CacheResult.SHARED)
        old = entry if entry is not None and entry.records and age_s < self._settings.stale_s else None
        if flight is None:
            if len(self._flights) >= self._max_flights:
                why = f"{len(self._flights)} questions are under way"
                return self._stale(old, age_s, SourceError(f"the CRM is not asked: {why}"))
            flight = self._begin(question, ask)
        if old is None:
            return Cached(await asyncio.shield(flight))
        await asyncio.wait({flight}, timeout=self._patience_s)
        if not flight.done():
            return self._stale(old, age_s, SourceError(f"the CRM has not answered for {self._patience_s * 1_000:g} ms"))
        if flight.cancelled() or (error := flight.exception()) is None:
            return Cached(flight.result())
        return self._stale(old, age_s, error)

    def _stale(self, old: _Entry | None, age_s: float, error: BaseException) -> Cached:
        if old is None:
            raise error
        self._observe(CacheResult.STALE)
        return Cached(old.records, age_s, str(error) or type(error).__name__)

    def _begin(self, question: Question, ask: Callable[[], Awaitable[Records]]) -> asyncio.Task[Records]:
        flight = asyncio.get_running_loop().create_task(self._fly(question, ask))
        self._flights[question] = flight
        flight.add_done_callback(lambda done: done.cancelled() or done.exception())  # perhaps nobody waits any more
        return flight

    async def _fly(self, question: Question, ask: Callable[[], Awaitable[Records]]) -> Records:
        try:
            async with asyncio.timeout(self._limit_s):
                records = await ask()
            self._entries[question] = _Entry(records, self._now_s())
            self._entries.move_to_end(question)
            while len(self._entries) > self._settings.entries:
                self._entries.popitem(last=False)
            return records
        finally:
            del self._flights[question]

    async def close(self) -> None:
        """Give up what is under way."""
        flights = tuple(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

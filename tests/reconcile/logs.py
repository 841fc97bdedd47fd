"""Logs for the tests of audits: a simulated world's, written by the real writer, and damage to them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import Command
from callcenter.metrics import Metrics
from callcenter.numbers import DEFAULT_REGION, to_e164
from callcenter.queues.totals import Totals
from callcenter.simulation.world import World
from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch

SEED = 19  # a world with transfers, consultations, calls out, moves and overflow
END_MS = 1_800_000_000_000  # long after all worlds
_RECORDS = get_args(Record)


@dataclass(frozen=True, slots=True)
class Told:
    """What a world's journal has told the log, event by event, and what its metrics would say at the end."""

    batches: tuple[tuple[Any, ...], ...]
    exposition: str


class _Telling(World):
    def __init__(self, seed: int) -> None:
        super().__init__(seed, audit=False)
        self.batches: list[tuple[Any, ...]] = []

    def _note_ends(self, commands: list[Command]) -> None:
        super()._note_ends(commands)
        if told := tuple(command for command in commands if isinstance(command, _RECORDS)):
            self.batches.append(told)


@lru_cache(maxsize=4)
def simulated(seed: int, events: int = 1_500) -> Told:
    """Callers, transfers, consultations, crashes and all else that the seed wants; at the end all is at rest."""
    world = _Telling(seed)
    world.live(events)
    totals: Totals = world.engine.snapshot().totals
    metrics = Metrics(lambda: world.engine.overview(world.now_ms), lambda: totals)
    metrics.configure(world.config)
    return Told(tuple(world.batches), metrics.exposition("text/plain")[0].decode())


async def write(engine: AsyncEngine, told: Told, group: int = 50) -> None:
    """As the contact log's writer does it, some events in each transaction."""
    for begin in range(0, len(told.batches), group):
        records = [record for batch in told.batches[begin : begin + group] for record in batch]
        async with engine.begin() as connection:
            await write_batch(connection, records, lambda caller: to_e164(caller, DEFAULT_REGION))

"""A day of a call center for the reports: the real engine in the simulated world, its records, and the real writer.

Callers come to three numbers and four queues all day long, hang up, wait, overflow and are moved; agents let phones
ring, hand contacts on, ask colleagues and call customers themselves; the daemon crashes and is restarted, the link to
the PBX is cut. What is journalled is written by the contact log's writer, which dies and begins again, too. With one
seed it is the same day each time.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import Command
from callcenter.events import ConfigurationLoaded, QueueStateSet
from callcenter.simulation.drawing import AGENTS, TIERS, Mix
from callcenter.simulation.people import Callers
from callcenter.simulation.world import World
from callcenter.stores.codec import Record, encode_record
from callcenter.stores.contact_log import ContactLog
from callcenter.stores.record_stream import Waiting
from callcenter.types import (
    AgentConfig,
    Configuration,
    DeviceRef,
    Overflow,
    PbxName,
    QueueConfig,
    QueueName,
    QueueState,
    RuleConfig,
    Tier,
)

WRITE_LIMIT_S = 600.0
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
BEGIN_MS = 1_792_879_200_000  # 24 October 2026, 22:00 UTC: in Berlin a day of 25 hours begins two hours later
PBX = PbxName("pbx1")
SALES, SUPPORT, BILLING, GENERAL = (QueueName(name) for name in ("sales", "support", "billing", "general"))
MIX = Mix(
    cut=0.0002,
    crash=0.0004,
    stop=0.0001,
    late=0.02,
    twice=0.02,
    slow_lookup=0.05,
    no_lookup=0.3,
    declined=0.08,
    forgotten=0.08,
    failed=0.02,
    gone_at_answer=0.02,
    fumble=0.01,
    phone=0.002,
    move=0.01,
    prioritise=0.005,
    withdraw=0.001,
    queue_state=0.0002,
    calls=0.3,
    order=0.003,
)


def configuration() -> Configuration:
    def queue(name: QueueName, level_s: int, wrap_up_s: int, overflow: Overflow | None = None) -> QueueConfig:
        return QueueConfig(name, 12_000, wrap_up_s * 1_000, level_s * 1_000, overflow=overflow)

    serves = ((SALES, GENERAL), (SUPPORT, GENERAL), (BILLING, SALES), (SUPPORT, BILLING))
    agents = tuple(
        AgentConfig(agent, f"Agent {number}", DeviceRef(PBX, f"PJSIP/{1000 + number}"), (), serves[number % 4])
        for number, agent in enumerate(AGENTS[:12], 1)
    )
    return Configuration(
        tiers=TIERS,
        default_tier=Tier("standard"),
        default_queue=GENERAL,
        queues=(
            queue(SALES, 10, 5, Overflow(12_000, GENERAL)),
            queue(SUPPORT, 20, 10),
            queue(BILLING, 5, 0, Overflow(15_000, None)),
            queue(GENERAL, 20, 8),
        ),
        rules=(
            RuleConfig("gold", SALES, 20, tier=(TIERS[0], TIERS[1]), dialled=("100",)),
            RuleConfig("sales", SALES, 0, dialled=("100",)),
            RuleConfig("billing", BILLING, 5, intent=("billing",)),
            RuleConfig("support", SUPPORT, 0, dialled=("200",)),
        ),
        agents=agents,
        lookup_deadline_ms=500,
    )


class RecordedWorld(World):
    """A day in which `contacts` come; what is journalled is in `records`, in its order."""

    def __init__(self, seed: int, contacts: int) -> None:
        super().__init__(seed, False, MIX, configuration())
        self.records: list[Record] = []
        self.crashes = 0
        self._contacts = contacts
        self.now_ms = BEGIN_MS
        self.callers = Callers(self, DAY_MS // contacts, 30_000, DAY_MS // contacts * 9)
        self._release = self._releases()  # anew: it holds the callers

    def play(self) -> None:
        self.feed(ConfigurationLoaded(self.config))
        for pbx in self.pbxs.values():
            self.later(0, self._linking(pbx))
        self.callers.start()
        self._open()
        while self.callers.came < self._contacts:
            self._step()
        self._come_to_rest()

    def _open(self) -> None:
        """Each hour, what supervisors have closed; nobody else does."""
        for queue in self.config.queues:
            self.feed(QueueStateSet(queue.name, QueueState.OPEN, "sue"))
        if self.callers.open:
            self.later(HOUR_MS, self._open)

    def _note_ends(self, commands: list[Command]) -> None:
        """Each event that is journalled passes here with what it came to."""
        super()._note_ends(commands)
        self.records += [command for command in commands if isinstance(command, Record)]

    def _crash(self, digest: str | None = None) -> None:
        self.crashes += 1
        super()._crash(digest)


@dataclass(slots=True)
class Kept:
    """The journal's records, in memory: those up to `shown` can be read."""

    records: Sequence[bytes]
    shown: int = 0

    async def name(self) -> str:
        return "day"

    async def read(self, after: str, count: int) -> Waiting:
        first = int(after.partition("-")[0])
        found = [(f"{number + 1}-1", self.records[number]) for number in range(first, min(self.shown, first + count))]
        return Waiting(found, self.shown - first)

    async def trim(self, upto: str) -> None:
        await asyncio.sleep(0)


class DiedError(BaseException):
    """The writer is gone in the middle of a transaction."""


class Writing:
    """Writes records into a database, up to a point at a time. The writer dies now and then, and another goes on."""

    def __init__(self, engine: AsyncEngine, directory: Path, records: Sequence[Record]) -> None:
        self._engine = engine
        self._directory = directory
        self._kept = Kept([encode_record(record) for record in records])
        self._dies = False
        self.deaths = 0
        event.listen(engine.sync_engine, "commit", self._at_commit)

    def _at_commit(self, _: object) -> None:
        if self._dies:
            self._dies = False
            self.deaths += 1
            raise DiedError

    async def write_up_to(self, number: int, deaths: int = 3) -> None:
        """The first `number` records; on the way the writer dies `deaths` times."""
        begun, self._kept.shown = self._kept.shown, number
        for death in range(1, deaths + 1):
            await self._write(begun + (number - begun) * death // (deaths + 2), dies=True)
        await self._write(number, dies=False)

    async def _write(self, until: int, *, dies: bool) -> None:
        log = ContactLog(self._engine, self._kept, self._directory)
        log.start()
        log.nudge()
        writer, end_s = log._writer, asyncio.get_running_loop().time() + WRITE_LIMIT_S
        assert writer is not None
        while not writer.done() and (self._dies or int((log.up_to or "0-0").partition("-")[0]) < until):
            assert asyncio.get_running_loop().time() < end_s, log.health().words
            await asyncio.sleep(0.001)
            if dies and int((log.up_to or "0-0").partition("-")[0]) >= until:
                dies, self._dies = False, True
        await asyncio.gather(*([writer] if writer.done() else []), return_exceptions=True)
        if not writer.done():
            await log.close()


def told(records: Sequence[Record]) -> dict[str, int]:
    """How much of what there is, for people."""
    counts = Counter(type(record).__name__ for record in records)
    return dict(sorted(counts.items()))

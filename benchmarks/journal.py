"""`make bench-journal`: what the journal costs, in the daemon's own Redis and in an external one, beside none.

One call center for each: the real engine and the real runner, agents and callers who react to the engine's commands,
and the records for the contact log that come of it. They take turns of a few seconds, so that what else the machine
does meanwhile falls upon all. First so many events a second as asked for: the latency of each is from its coming to the
release of its commands. Then as many as go through, with many callers at a time and nobody who thinks.

The daemon's own Redis is reached by a Unix socket, the external one over TCP on loopback; both append to a file that is
synced once a second.
"""

import asyncio
import contextlib
import gc
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast

import click
import redis.asyncio
import uvloop
from redis.exceptions import RedisError

from benchmarks.figures import percentile
from callcenter.commands import AgentChanged, Command, LookUpCustomer, RecordContact, RingDevice
from callcenter.engine import Engine
from callcenter.events import (
    AgentReady,
    AgentSignedIn,
    ConfigurationLoaded,
    ContactArrived,
    CustomersFound,
    DeviceChanged,
    Event,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxSynced,
    WrapUpEnded,
)
from callcenter.runner import Runner, WallClock
from callcenter.settings import RedisSettings
from callcenter.stores.journal import Entry, Journal
from callcenter.stores.journal_file import FILE_NAME, GapFile
from callcenter.stores.journal_keeper import JournalKeeper
from callcenter.stores.redis_server import RedisServer, find_redis_server
from callcenter.stores.snapshot import encode_snapshot
from callcenter.types import (
    AgentConfig,
    AgentId,
    AgentState,
    ChannelRef,
    Configuration,
    ContactId,
    Customer,
    DeviceRef,
    DeviceStatus,
    LegEnd,
    PbxName,
    QueueConfig,
    QueueName,
    RuleConfig,
    Skill,
    SkillName,
    Tier,
)
from lab.ports import server_port

PBX = PbxName("bench")
QUEUE = QueueName("calls")
SERVICE = SkillName("service")
AGENTS = 200
EVENTS_OF_A_CALL = 9  # of the callers' and the agents' making; a few timers come on top
RING_S, TALK_S, WRAP_UP_S = (0.1, 0.3), (0.3, 1.5), (0.05, 0.3)
CROWD = 300  # callers at a time when as many events as possible go through
NONE, EMBEDDED, EXTERNAL = "none", "embedded", "external"
AIM_P99_MS = 2.0
AIM_RATE = 500


class NoJournal:
    """Takes the place of the journal's keeper and keeps nothing."""

    async def append(self, entries: Sequence[Entry]) -> None:
        pass

    def snapshot_if_due(self) -> None:
        pass

    async def finish(self) -> None:
        pass


def configuration() -> Configuration:
    agents = tuple(
        AgentConfig(
            AgentId(f"agent{number}"),
            f"Agent {number}",
            DeviceRef(PBX, f"PJSIP/{1_001 + number}"),
            (Skill(SERVICE, 1 + number % 10),),
            (QUEUE,),
        )
        for number in range(AGENTS)
    )
    rule = RuleConfig("calls", QUEUE, 20, (Skill(SERVICE, 1),), dialled=("5000",))
    queues = (QueueConfig(QUEUE, 15_000, 30_000, 20_000),)
    return Configuration((Tier("standard"),), Tier("standard"), QUEUE, queues, (rule,), agents)


@dataclass(slots=True)
class Floor:
    """A runner with its engine, and the people who react to what it says. `hurried`: at once."""

    runner: Runner
    random: Random
    latencies_ms: list[float] = field(default_factory=list)
    hurried: bool = False
    measures: bool = False
    called: int = 0
    over: int = 0
    nobody_is_there: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self, config: Configuration) -> None:
        self.runner.start()
        await self.runner.submit_and_wait(ConfigurationLoaded(config))
        devices = tuple(DeviceChanged(agent.device, DeviceStatus.FREE) for agent in config.agents)
        await self.runner.submit_and_wait(PbxSynced(PBX, (), (), (), devices))
        for agent in config.agents:
            self.runner.submit(AgentSignedIn(agent.id))
            await self.runner.submit_and_wait(AgentReady(agent.id))

    def call(self) -> None:
        self.called += 1
        self.nobody_is_there.clear()
        caller = f"+4930{self.called:07}"
        channel = ChannelRef(PBX, f"1700000000.{self.called}")
        contact = ContactId(f"{PBX}-{channel.channel}-1")
        self.happens(ContactArrived(contact, channel, caller, "Jane Doe", "5000", number=caller))

    def take(self, command: Command) -> None:
        """What people, phones and the CRM do about a command."""
        match command:
            case LookUpCustomer():
                customer = Customer(self.called, f"A{self.called}", "Jane Doe", Tier("standard"))
                self._later(0.002, CustomersFound(command.contact, (customer,)))
            case RingDevice():
                device, answers_s = command.device, self._draw(RING_S)
                ends_s = answers_s + self._draw(TALK_S)
                self._later(0.005, DeviceChanged(device, DeviceStatus.RINGING), OfferRinging(command.offer))
                self._later(answers_s, DeviceChanged(device, DeviceStatus.IN_USE), OfferConnected(command.offer))
                hung_up = OfferEnded(command.offer, LegEnd.HUNG_UP)
                self._later(ends_s, hung_up, DeviceChanged(device, DeviceStatus.FREE))
            case AgentChanged(state=AgentState.WRAP_UP, contact=str(contact)):
                self._later(self._draw(WRAP_UP_S), WrapUpEnded(command.agent, ContactId(contact), "resolved"))
            case RecordContact():
                self.over += 1
                if self.hurried:
                    self.call()
                elif self.over == self.called:
                    self.nobody_is_there.set()

    def happens(self, event: Event) -> None:
        if self.measures:
            task = asyncio.ensure_future(self._measured(event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self.runner.submit(event)

    async def _measured(self, event: Event) -> None:
        began_s = time.perf_counter()
        await self.runner.submit_and_wait(event)
        self.latencies_ms.append((time.perf_counter() - began_s) * 1_000)

    def _later(self, after_s: float, *events: Event) -> None:
        loop = asyncio.get_running_loop()
        for event in events:
            if self.hurried:
                loop.call_soon(self.happens, event)
            else:
                loop.call_later(after_s, self.happens, event)

    def _draw(self, bounds: tuple[float, float]) -> float:
        return self.random.uniform(*bounds)


# ---- the three of them


def new_floor(config: Configuration, journal: JournalKeeper, engine: Engine, failures: list[BaseException]) -> Floor:
    async def in_charge() -> None:
        pass

    def told(command: Command) -> None:
        floor.take(command)

    runner = Runner(engine, journal, clock=WallClock(), outlets=[told], confirm=in_charge, fail=failures.append)
    floor = Floor(runner, Random(5))  # noqa: S311 - the same people each time
    return floor


@contextlib.asynccontextmanager
async def floors(folder: Path) -> AsyncIterator[dict[str, Floor]]:
    """One floor for each kind of journal, open. Raises what broke one of them."""
    config, failures = configuration(), list[BaseException]()
    async with contextlib.AsyncExitStack() as closing:
        server = RedisServer(folder / EMBEDDED)
        urls = {EMBEDDED: await server.start()}
        closing.push_async_callback(server.stop)
        urls[EXTERNAL] = await closing.enter_async_context(external_redis(folder))
        made = {NONE: new_floor(config, cast(JournalKeeper, NoJournal()), Engine.fresh(config), failures)}
        for name, url in urls.items():
            engine = Engine.fresh(config)
            journal = Journal(url, "bench:journal")
            closing.push_async_callback(journal.close)
            await journal.load()
            await journal.find_place()
            gap = GapFile(folder / name / FILE_NAME)
            keeper = JournalKeeper(journal, gap, snapshot_every=RedisSettings().snapshot_every, fail=failures.append)
            closing.push_async_callback(keeper.close)
            keeper.start(_state_of(engine))
            made[name] = new_floor(config, keeper, engine, failures)
        for floor in made.values():
            await floor.open(config)
            closing.push_async_callback(floor.runner.stop)
        yield made
    for failure in failures:
        raise failure


def _state_of(engine: Engine) -> Callable[[], bytes]:
    return lambda: encode_snapshot(engine.snapshot())


@contextlib.asynccontextmanager
async def external_redis(folder: Path) -> AsyncIterator[str]:
    """A redis-server as an admin runs it; its address."""
    port = server_port()
    place = folder / EXTERNAL
    place.mkdir()
    options = {"port": port, "bind": "127.0.0.1", "save": "", "appendonly": "yes", "appendfsync": "everysec"}
    options |= {"dir": place, "logfile": "redis.log"}
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    process = await asyncio.create_subprocess_exec(find_redis_server(), *words, start_new_session=True)
    url = f"redis://127.0.0.1:{port}/0"
    client = redis.asyncio.Redis.from_url(url)
    try:
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(RedisError):
                    await client.ping()
                    break
                await asyncio.sleep(0.02)
        yield url
    finally:
        await client.aclose()
        process.terminate()
        await process.wait()


# ---- what is measured


async def turn(floor: Floor, rate: float, seconds: float, lead_s: float) -> int:
    """So many events a second; how many were handled while it was measured, after a lead of `lead_s`."""
    loop = asyncio.get_running_loop()
    began_s = next_s = loop.time()
    handled = 0
    while next_s < began_s + lead_s + seconds:
        await asyncio.sleep(next_s - loop.time())
        if not floor.measures and next_s >= began_s + lead_s:
            floor.measures, handled = True, floor.runner.stats.handled
        floor.call()
        next_s += floor.random.expovariate(rate / EVENTS_OF_A_CALL)
    floor.measures = False
    handled = floor.runner.stats.handled - handled
    async with asyncio.timeout(30):
        await floor.nobody_is_there.wait()
    return handled


async def as_many_as_possible(floor: Floor, seconds: float) -> int:
    """Events a second with a crowd of callers, everybody reacting at once."""
    floor.hurried = True
    for _ in range(CROWD):
        floor.call()
    await asyncio.sleep(seconds / 10)
    began_s, handled = time.perf_counter(), floor.runner.stats.handled
    await asyncio.sleep(seconds)
    handled, lasted_s = floor.runner.stats.handled - handled, time.perf_counter() - began_s
    floor.hurried = False
    return round(handled / lasted_s)


async def measure(
    rate: float, seconds: float, turns: int, *, lead_s: float = 1.5, most_s: float = 2.0
) -> dict[str, Any]:
    """The figures of all three. Latencies in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-") as folder:
        async with floors(Path(folder)) as made:
            gc.collect()
            gc.freeze()
            handled = dict.fromkeys(made, 0)
            for number in range(turns):
                for name in list(made)[:: 1 if number % 2 == 0 else -1]:
                    handled[name] += await turn(made[name], rate, seconds / turns, lead_s)
            most = {name: await as_many_as_possible(floor, most_s) for name, floor in made.items()}
            gc.unfreeze()
            return {
                "asked_events_per_s": rate,
                **figures({name: floor.latencies_ms for name, floor in made.items()}, handled, seconds, most),
            }


def figures(
    latencies_ms: dict[str, list[float]], handled: dict[str, int], seconds: float, most: dict[str, int]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, taken_ms in latencies_ms.items():
        found[name] = {
            "p50_ms": round(percentile(taken_ms, 50), 3),
            "p99_ms": round(percentile(taken_ms, 99), 3),
            "measured_events_per_s": round(handled[name] / seconds),
            "events_per_s": most[name],
        }
        if name != NONE:
            for part in ("p50_ms", "p99_ms"):
                found[name][f"added_{part}"] = round(found[name][part] - found[NONE][part], 3)
    return found


def lines(found: dict[str, Any]) -> list[str]:
    """For people."""
    made = [f"{'journal':<10}{'p50, ms':>10}{'p99, ms':>10}{'added p50':>11}{'added p99':>11}{'most events/s':>15}"]
    for name in (NONE, EMBEDDED, EXTERNAL):
        own = found[name]
        added = [f"{own[f'added_{part}']:.2f}" if name != NONE else "-" for part in ("p50_ms", "p99_ms")]
        made.append(
            f"{name:<10}{own['p50_ms']:>10.2f}{own['p99_ms']:>10.2f}{added[0]:>11}{added[1]:>11}{own['events_per_s']:>15,}"
        )
    met = all(found[name]["added_p99_ms"] < AIM_P99_MS for name in (EMBEDDED, EXTERNAL))
    aim = f"under {AIM_P99_MS:g} ms added at p99 at {AIM_RATE} events a second"
    return [*made, f"Aim ({aim}): {'met' if met else 'MISSED'}."]


@click.command()
@click.option("--rate", default=float(AIM_RATE), show_default=True, help="Events a second.")
@click.option("--seconds", default=8.0, show_default=True, help="How long each journal is measured, in all.")
@click.option("--turns", default=2, show_default=True, help="In how many turns.")
def main(rate: float, seconds: float, turns: int) -> None:
    """Print a table and, last, one line of JSON."""
    found = uvloop.run(measure(rate, seconds, turns))
    for line in lines(found):
        click.echo(line)
    click.echo(json.dumps(found))


if __name__ == "__main__":
    main()

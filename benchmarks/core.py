"""`make bench-core`: what a decision of the pure core costs, as agents, waiting contacts and skill combinations grow.

All agents talk, contacts wait. Over and over one conversation ends, its agent gets the next contact and answers, and a
new contact arrives, so that the number of those who wait stays. Each `handle` is timed by itself. Beside it a naive
engine, which walks all contacts or all agents for each decision, is given the same events and must decide the same.
"""

import gc
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import click

from callcenter.commands import Command, RingDevice
from callcenter.engine import Engine
from callcenter.events import (
    AgentReady,
    AgentSignedIn,
    ConfigurationLoaded,
    ContactArrived,
    DeviceChanged,
    Event,
    OfferConnected,
    OfferEnded,
    PbxSynced,
)
from callcenter.queues.contact import Contact
from callcenter.queues.order import place_of
from callcenter.routing.agent import Agent
from callcenter.routing.index import MatchingIndex, PairKey
from callcenter.routing.preferred import may_take
from callcenter.simulation.world import run as run_world
from callcenter.state import State
from callcenter.types import (
    AgentConfig,
    AgentId,
    ChannelRef,
    Configuration,
    ContactId,
    ContactState,
    DeviceRef,
    DeviceStatus,
    LegEnd,
    OfferId,
    PbxName,
    QueueConfig,
    QueueName,
    RuleConfig,
    Skill,
    SkillName,
    Tier,
)

PBX = PbxName("bench")
QUEUE = QueueName("calls")
TIERS = (Tier("standard"),)
SKILLS = 20
EVENTS = 6_000  # timed ones in each case
NAIVE_EVENTS = 40
START_MS = 1_000_000_000_000


class NaiveIndex(MatchingIndex):
    """The same answers by a walk over all contacts or all agents."""

    def __init__(self, state: State) -> None:
        super().__init__(state.configuration, state.saved.contacts, state.saved.agents, state.may_be_offered)
        self._state = state

    def contact_waits(self, contact: Contact) -> None:
        pass

    def agent_free(self, agent: Agent) -> None:
        pass

    def first_contact(self, agent: Agent) -> tuple[PairKey, Contact] | None:
        contacts = self._state.saved.contacts.values()
        takes = [one for one in contacts if one.state is ContactState.WAITING and may_take(agent, one)]
        first = min(takes, key=lambda one: place_of(one, self._ageing_ms), default=None)
        return None if first is None else (_key(first, agent, self._ageing_ms), first)

    def best_agent(self, contact: Contact) -> tuple[PairKey, Agent] | None:
        agents = self._state.saved.agents.values()
        free = [one for one in agents if self._state.may_be_offered(one) and may_take(one, contact)]
        best = min(free, key=lambda one: (one.idle_since_ms, one.config.id), default=None)
        return None if best is None else (_key(contact, best, self._ageing_ms), best)


def _key(contact: Contact, agent: Agent, ageing_ms: int) -> PairKey:
    place = place_of(contact, ageing_ms)
    return (place[0], place[1], 0, 0, agent.idle_since_ms, agent.config.id)


def configuration(agents: int, combinations: int, random: Random) -> Configuration:
    """A rule for each combination; agents with three of twenty skills at random levels."""
    names = [SkillName(f"skill{number}") for number in range(SKILLS)]
    rules = tuple(
        RuleConfig(f"r{k}", QUEUE, k % 5 * 10, (Skill(names[k % SKILLS], 1 + k // SKILLS % 10),), dialled=(str(k),))
        for k in range(combinations)
    )
    made = tuple(
        AgentConfig(
            AgentId(f"a{number:05}"),
            "",
            DeviceRef(PBX, f"PJSIP/{number}"),
            tuple(Skill(name, random.randint(1, 10)) for name in random.sample(names, 3)),
            (QUEUE,),
        )
        for number in range(agents)
    )
    return Configuration(TIERS, TIERS[0], QUEUE, (QueueConfig(QUEUE, 20_000, 0, 20_000),), rules, made)


@dataclass(slots=True)
class Floor:
    """An engine, and who talks in it."""

    engine: Engine
    combinations: int
    random: Random
    now_ms: int = START_MS
    arrived: int = 0
    talking: list[OfferId] = field(default_factory=list)

    def handle(self, event: Event) -> list[Command]:
        self.now_ms += 1
        return self.engine.handle(self.now_ms, event)

    def arrival(self) -> ContactArrived:
        self.arrived += 1
        name = str(self.arrived)
        dialled = str(self.random.randrange(self.combinations))
        return ContactArrived(ContactId(name), ChannelRef(PBX, name), None, "", dialled)

    def offered(self, commands: list[Command]) -> list[OfferId]:
        return [command.offer for command in commands if isinstance(command, RingDevice)]


def busy_floor(agents: int, waiting: int, combinations: int) -> Floor:
    """Everybody who can talks, and `waiting` contacts wait."""
    random = Random(agents * 7 + waiting * 3 + combinations)  # noqa: S311 - the same case each time
    made = configuration(agents, combinations, random)
    floor = Floor(Engine.fresh(made), combinations, random)
    floor.handle(ConfigurationLoaded(made))
    devices = tuple(DeviceChanged(agent.device, DeviceStatus.FREE) for agent in made.agents)
    floor.handle(PbxSynced(PBX, (), (), (), devices))
    for _ in range(waiting + agents):
        floor.handle(floor.arrival())
    for agent in made.agents:
        floor.handle(AgentSignedIn(agent.id))
        for offer in floor.offered(floor.handle(AgentReady(agent.id))):
            floor.handle(OfferConnected(offer))
            floor.talking.append(offer)
    while sum(c.state is ContactState.WAITING for c in floor.engine.snapshot().contacts.values()) < waiting:
        floor.handle(floor.arrival())
    return floor


def step(floor: Floor, handle: Callable[[Event], list[Command]]) -> None:
    """One conversation ends, its agent gets the next contact and answers, another contact arrives."""
    index = floor.random.randrange(len(floor.talking))
    floor.talking[index], floor.talking[-1] = floor.talking[-1], floor.talking[index]
    offered = floor.offered(handle(OfferEnded(floor.talking.pop(), LegEnd.HUNG_UP)))
    offered += floor.offered(handle(floor.arrival()))
    for offer in offered:
        handle(OfferConnected(offer))
        floor.talking.append(offer)


def measure(agents: int, waiting: int, combinations: int) -> dict[str, object]:
    """One row of the table. Times are in microseconds for each event."""
    floor = busy_floor(agents, waiting, combinations)
    times_ns: list[int] = []

    def timed(event: Event) -> list[Command]:
        floor.now_ms += 1
        began = time.perf_counter_ns()
        commands = floor.engine.handle(floor.now_ms, event)
        times_ns.append(time.perf_counter_ns() - began)
        return commands

    gc.collect()
    gc.freeze()
    while len(times_ns) < EVENTS and floor.talking:
        step(floor, timed)
    gc.unfreeze()
    naive_ns, same = naive_beside(agents, waiting, combinations)
    times_ns.sort()
    return {
        "agents": agents,
        "waiting": waiting,
        "combinations": combinations,
        "p50_us": _quantile_us(times_ns, 0.5),
        "p99_us": _quantile_us(times_ns, 0.99),
        "p999_us": _quantile_us(times_ns, 0.999),
        "naive_p50_us": _quantile_us(sorted(naive_ns), 0.5),
        "same_decisions": same,
    }


def naive_beside(agents: int, waiting: int, combinations: int) -> tuple[list[int], bool]:
    """Give the same events to both engines: the naive one's times, and whether all commands were the same."""
    floor = busy_floor(agents, waiting, combinations)
    naive = busy_floor(agents, waiting, combinations)
    state = naive.engine._state
    state.index = NaiveIndex(state)
    times_ns: list[int] = []
    same = True

    def both(event: Event) -> list[Command]:
        nonlocal same
        floor.now_ms += 1
        commands = floor.engine.handle(floor.now_ms, event)
        began = time.perf_counter_ns()
        same &= naive.engine.handle(floor.now_ms, event) == commands
        times_ns.append(time.perf_counter_ns() - began)
        return commands

    while len(times_ns) < NAIVE_EVENTS and floor.talking:
        step(floor, both)
    return times_ns, same


def simulated() -> int:
    """Events a second of simulated worlds. To be asked first: full collections of a large heap take their time."""
    began = time.perf_counter()
    events = sum(run_world(seed, events=2_000, audit=False).events for seed in range(20))
    return round(events / (time.perf_counter() - began))


def memory() -> tuple[int, int]:
    """Bytes of resident memory for each waiting contact and for each agent."""
    random = Random(1)  # noqa: S311 - the same floor each time
    made = configuration(5_000, 200, random)
    before = _resident()
    engine = Engine.fresh(made)
    engine.handle(START_MS, ConfigurationLoaded(made))
    with_agents = _resident()
    floor = Floor(engine, 200, random)
    for _ in range(100_000):
        floor.handle(floor.arrival())
    return (_resident() - with_agents) // 100_000, (with_agents - before) // 5_000


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _quantile_us(times_ns: list[int], share: float) -> float:
    """The value below which `share` of the sorted times lie."""
    return round(times_ns[min(len(times_ns) - 1, int(len(times_ns) * share))] / 1_000, 1) if times_ns else 0.0


@click.command()
@click.option("--quick", is_flag=True, help="Only the smallest and the case that the aim is set for.")
def main(quick: bool) -> None:
    """Print a line for each case and, last, one line of JSON."""
    per_second = simulated()
    per_contact, per_agent = memory()
    cases = [(a, w, k) for a in (100, 1_000, 5_000) for w in (100, 1_000, 10_000, 100_000) for k in (10, 200)]
    rows = []
    for case in [(100, 100, 10), (5_000, 10_000, 200)] if quick else cases:
        rows.append(measure(*case))
        click.echo("  ".join(f"{key} {value}" for key, value in rows[-1].items()))
    click.echo(
        json.dumps(
            {
                "rows": rows,
                "sim_events_per_s": per_second,
                "bytes_per_contact": per_contact,
                "bytes_per_agent": per_agent,
            }
        )
    )


if __name__ == "__main__":
    main()

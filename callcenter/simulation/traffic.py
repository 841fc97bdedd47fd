"""A call center as queueing theory draws it, with the real engine in its middle and virtual time around it.

Callers come at random, agents answer in the instant in which they are rung, calls last an exponential time, there is
no after-call work, and nothing ever goes wrong. Unlike `world`, which tries what may break, this is only what the
formulas of `erlang` assume, so that the engine's long run can be held against them.

Each caller's type, length of call and patience are drawn when the caller comes: with one seed, two call centers get
the very same callers.
"""

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

from callcenter.commands import RecordContact, RingDevice
from callcenter.engine import Engine
from callcenter.events import (
    AgentReady,
    AgentSignedIn,
    CallerLeft,
    ConfigurationLoaded,
    ContactArrived,
    DeviceChanged,
    Event,
    OfferConnected,
    OfferEnded,
    PbxSynced,
    TimePassed,
)
from callcenter.simulation.erlang import Figures
from callcenter.types import (
    AgentConfig,
    AgentId,
    ChannelRef,
    Configuration,
    ContactId,
    Departure,
    DeviceRef,
    DeviceStatus,
    LegEnd,
    Outcome,
    PbxName,
    QueueConfig,
    QueueName,
    RuleConfig,
    Skill,
    SkillName,
    Tier,
)

START_MS = 1_000_000_000_000
PBX = PbxName("pbx")
QUEUE = QueueName("calls")
TIER = Tier("standard")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Who calls, who answers, and how many may be inside. Means are milliseconds, loads erlang.

    `agents` lists for each agent the call types that it can take, of 0 to `types` - 1, which are equally frequent.
    `patience_ms` None: nobody leaves. `places` None: nobody is refused; else callers inside, served ones included.
    """

    agents: tuple[tuple[int, ...], ...]
    load: float
    service_ms: float
    types: int = 1
    patience_ms: float | None = None
    places: int | None = None
    threshold_ms: int = 20_000


@dataclass(slots=True)
class Tally:
    """What became of the callers who were counted."""

    came: int = 0
    refused: int = 0
    waited: int = 0
    abandoned: int = 0
    in_time: int = 0
    wait_ms: int = 0
    events: int = 0  # handled by the engine, warm-up included

    def figures(self) -> Figures:
        let_in = self.came - self.refused
        return Figures(
            refused=self.refused / self.came,
            waiting=self.waited / let_in,
            abandoned=self.abandoned / let_in,
            mean_wait_ms=self.wait_ms / let_in,
            in_time=self.in_time / let_in,
        )


class StuckError(Exception):
    """Callers that nobody serves although agents are free, or more callers than agents can ever serve."""


@dataclass(slots=True)
class _Caller:
    service_ms: float
    counted: bool
    answered: bool = False


class CallCenter:
    """One run: `run` once and throw away."""

    def __init__(self, traffic: Traffic, seed: int) -> None:
        self._traffic = traffic
        self._random = Random(seed)  # noqa: S311 - chance, not secrecy
        self._tally = Tally()
        self._now_ms = float(START_MS)
        self._sequence = 0
        self._ahead: list[tuple[float, int, Event | None]] = []  # None: the next caller comes
        self._inside: dict[ContactId, _Caller] = {}
        self._open = 0  # counted callers who are still inside
        configuration = configuration_of(traffic)
        self._engine = Engine.fresh(configuration)
        self._tell(ConfigurationLoaded(configuration))
        devices = tuple(DeviceChanged(agent.device, DeviceStatus.FREE) for agent in configuration.agents)
        self._tell(PbxSynced(PBX, (), (), (), devices))
        for agent in configuration.agents:
            self._tell(AgentSignedIn(agent.id))
            self._tell(AgentReady(agent.id))

    def run(self, warm_up: int, calls: int) -> Tally:
        """Let `warm_up` callers come uncounted, then count the next `calls` and what becomes of each of them.

        Callers go on coming, uncounted, until the last counted one is gone, so that its wait is that of a day like any.
        Raises StuckError if as many have come again and some counted callers are still inside.
        """
        self._next_caller()
        arrived = 0
        while arrived < warm_up + calls or self._open:
            if arrived > 2 * (warm_up + calls):
                raise StuckError(f"{self._open} of {calls} callers are still inside after {arrived} have come")
            self._now_ms, _, event = heappop(self._ahead)
            if event is None:
                self._next_caller()
                self._arrive(arrived, warm_up <= arrived < warm_up + calls)
                arrived += 1
            elif isinstance(event, CallerLeft):
                caller = self._inside.get(event.contact)
                if caller is not None and not caller.answered:
                    self._tell(event)
            else:
                self._tell(event)
        return self._tally

    def _next_caller(self) -> None:
        self._plan(self._random.expovariate(self._traffic.load / self._traffic.service_ms), None)

    def _arrive(self, number: int, counted: bool) -> None:
        traffic, chance = self._traffic, self._random
        kind = chance.randrange(traffic.types)
        service_ms = chance.expovariate(1 / traffic.service_ms)
        patience_ms = chance.expovariate(1 / traffic.patience_ms) if traffic.patience_ms is not None else None
        self._tally.came += counted
        if traffic.places is not None and len(self._inside) >= traffic.places:
            self._tally.refused += counted
            return
        contact = ContactId(f"c{number}")
        caller = self._inside[contact] = _Caller(service_ms, counted)
        self._open += counted
        # The number is withheld, so that nobody needs to be looked up and the contact waits at once.
        self._tell(ContactArrived(contact, ChannelRef(PBX, f"channel-{number}"), None, "", dialled_of(kind)))
        if not caller.answered:
            self._tally.waited += counted
            if patience_ms is not None:
                self._plan(patience_ms, CallerLeft(contact, Departure.HUNG_UP))

    def _plan(self, after_ms: float, event: Event | None) -> None:
        self._sequence += 1
        heappush(self._ahead, (self._now_ms + after_ms, self._sequence, event))

    def _tell(self, event: Event) -> None:
        """Let the engine handle the event, and each phone that it rings be answered before anything else happens."""
        now_ms = int(self._now_ms)
        while (due_ms := self._engine.next_due_ms()) is not None and due_ms <= now_ms:
            self._handle(due_ms, TimePassed())
        self._handle(now_ms, event)

    def _handle(self, now_ms: int, event: Event) -> None:
        to_handle = deque([event])
        while to_handle:
            commands = self._engine.handle(now_ms, to_handle.popleft())
            self._tally.events += 1
            for command in commands:
                if isinstance(command, RingDevice):
                    caller = self._inside[command.contact]
                    caller.answered = True
                    to_handle.append(OfferConnected(command.offer))
                    self._plan(caller.service_ms, OfferEnded(command.offer, LegEnd.HUNG_UP))
                elif isinstance(command, RecordContact):
                    self._gone(command)

    def _gone(self, record: RecordContact) -> None:
        if not self._inside.pop(record.contact).counted:
            return
        self._open -= 1
        self._tally.wait_ms += record.waited_ms
        if record.outcome is Outcome.ANSWERED:
            self._tally.in_time += record.waited_ms <= self._traffic.threshold_ms
        else:
            self._tally.abandoned += 1


def dialled_of(kind: int) -> str:
    """The number that callers of this type dial."""
    return str(100 + kind)


def configuration_of(traffic: Traffic) -> Configuration:
    """One queue in the order of arrival, and a skill for each call type."""
    agents = tuple(
        AgentConfig(
            id=AgentId(f"agent{number:04}"),
            name=f"Agent {number}",
            device=DeviceRef(PBX, f"PJSIP/{number:04}"),
            skills=tuple(Skill(_skill_of(kind), 1) for kind in kinds),
            queues=(QUEUE,),
        )
        for number, kinds in enumerate(traffic.agents)
    )
    rules = tuple(
        RuleConfig(f"type {kind}", QUEUE, 0, (Skill(_skill_of(kind), 1),), dialled=(dialled_of(kind),))
        for kind in range(traffic.types)
    )
    queue = QueueConfig(QUEUE, offer_timeout_ms=15_000, wrap_up_ms=0, service_level_ms=traffic.threshold_ms)
    return Configuration((TIER,), TIER, QUEUE, (queue,), rules, agents)


def _skill_of(kind: int) -> SkillName:
    return SkillName(f"type{kind}")

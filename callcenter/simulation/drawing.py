"""What a seed draws before anything happens: a call center, and a mix of faults and acts, some of them switched off.

What a call center makes use of (`Features`) is drawn, too, so that simple ones stay tried beside those with everything.
"""

import dataclasses
import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from callcenter.simulation.drawing_expressions import draw_attributes, draw_named, draw_when
from callcenter.types import (
    AWAY,
    AgentConfig,
    AgentId,
    Announce,
    Configuration,
    Customer,
    DeviceRef,
    Overflow,
    PbxName,
    Preference,
    QueueConfig,
    QueueName,
    Relaxation,
    RuleConfig,
    Skill,
    SkillName,
    Strategy,
    Tier,
    Treatment,
)

T = TypeVar("T")

TIERS = (Tier("platinum"), Tier("gold"), Tier("silver"), Tier("standard"))
DIALLED = ("100", "200", "300")
INTENTS = (None, "billing", "sales")
LANGUAGES = (None, "en", "de")
SKILLS = tuple(SkillName(name) for name in ("billing", "sales", "german"))
AGENTS = tuple(AgentId(f"agent{number}") for number in range(1, 14))
AGEING_MS = (1_000, 30_000, 600_000)
OVERFLOW_MS = (1_000, 3_000, 8_000, 20_000, 60_000)


@dataclass(frozen=True, slots=True)
class Mix:
    """The odds of each fault, each 0 where it is switched off. Calm is a Mix without any."""

    late: float = 0.0  # an event comes up to 2 s late
    twice: float = 0.0  # an event comes a second time, up to 3 s later
    reorder: bool = False  # what is said of two subjects may change places
    cut: float = 0.0  # per event: the link to a PBX is cut
    restart: float = 0.0  # per event: a PBX starts again, all its calls are gone
    crash: float = 0.0  # per event: the daemon crashes, before or after the journal or in the middle of its commands
    stop: float = 0.0  # per event: the daemon is stopped in order, and started again
    silent: float = 0.0  # per event: a PBX does not hear the daemon's heart beat, though the link stands
    reload: float = 0.0  # per event: a new configuration
    slow_lookup: float = 0.0
    no_lookup: float = 0.0
    declined: float = 0.0
    forgotten: float = 0.0
    failed: float = 0.0
    gone_at_answer: float = 0.0
    fumble: float = 0.0  # per event: an agent clicks what makes no sense now, or leaves
    phone: float = 0.0  # per event: a phone is used for something else or drops off
    backwards: float = 0.0  # per event: the clock has gone back
    lag_ms: int = 0  # timers are noticed this late
    grain_ms: int = 1  # all that happens falls on multiples of it, so that much happens at once
    balk: float = 0.0  # a caller who comes while many are held hangs up at once
    move: float = 0.0  # per event: a supervisor moves a contact
    prioritise: float = 0.0
    withdraw: float = 0.0
    drain: float = 0.0  # per event: a supervisor wants no more offers for a while
    queue_state: float = 0.0  # per event: a supervisor opens, drains or closes a queue
    calls: float = 0.0  # a page that shows a call: its agent orders something for it
    order: float = 0.0  # per event: a supervisor orders something of an agent, or an agent acknowledges a message
    day: float = 0.0  # per event: a day begins, perhaps the same one again


@dataclass(frozen=True, slots=True)
class Features:
    """What a call center makes use of."""

    strategies: bool = False
    parallel: bool = False
    levels: bool = False
    any_of: bool = False
    preferred_skills: bool = False
    relaxations: bool = False
    preferred_agents: bool = False
    closed_to: bool = False
    urgency: bool = False  # priorities far apart, and none too short for ageing to matter
    rona_backoff: bool = False
    overflow: bool = False
    tags: bool = False
    expressions: bool = False
    away: bool = False  # rules that send contacts away at once
    treatments: bool = False


CALM = Mix()

# What may happen besides each event, by the names of its odds.
AT_EACH_EVENT = (
    "cut",
    "restart",
    "crash",
    "stop",
    "silent",
    "backwards",
    "reload",
    "fumble",
    "phone",
    "move",
    "prioritise",
    "withdraw",
    "drain",
    "queue_state",
    "order",
    "day",
)


def pick(rng: Random, items: Sequence[T]) -> T:
    """One of them, each as likely; several times as quick as `Random.choice`."""
    return items[int(rng.random() * len(items))]


def between(rng: Random, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + int(rng.random() * (high - low + 1))


class Chances:
    """Which of several things happen now, each by its own odds.

    What is drawn is how often each does not happen before it does, so that a moment in which nothing happens costs one
    comparison and no draw.
    """

    def __init__(self, rng: Random, odds: dict[str, float]) -> None:
        self._rng, self._odds, self._now = rng, odds, 0
        self._next = [(self._gap(odds[name]), name) for name in odds if odds[name] > 0]
        heapq.heapify(self._next)

    def draw(self) -> Sequence[str]:
        """The names of those that happen this time."""
        self._now += 1
        if not self._next or self._next[0][0] > self._now:
            return ()
        happen: list[str] = []
        while self._next and self._next[0][0] <= self._now:
            name = self._next[0][1]
            happen.append(name)
            heapq.heapreplace(self._next, (self._now + self._gap(self._odds[name]), name))
        return happen

    def _gap(self, odds: float) -> int:
        return 1 + int(math.log(1.0 - self._rng.random()) / math.log(1.0 - odds))


def draw_mix(rng: Random) -> Mix:
    def odds(high: float) -> float:
        return rng.choice((0.0, 0.0, high / 10, high))

    return Mix(
        late=odds(0.3),
        twice=odds(0.3),
        reorder=rng.random() < 0.5,
        cut=odds(0.02),
        restart=odds(0.005),
        crash=odds(0.02),
        stop=odds(0.005),
        silent=odds(0.005),
        reload=odds(0.03),
        slow_lookup=odds(0.5),
        no_lookup=odds(0.5),
        declined=odds(0.5),
        forgotten=odds(0.5),
        failed=odds(0.2),
        gone_at_answer=odds(0.3),
        fumble=odds(0.2),
        phone=odds(0.05),
        backwards=odds(0.05),
        lag_ms=rng.choice((0, 0, 3, 700)),
        grain_ms=rng.choice((1, 1, 100, 1_000)),
        balk=odds(0.5),
        move=odds(0.1),
        prioritise=odds(0.05),
        withdraw=odds(0.02),
        drain=odds(0.005),
        queue_state=odds(0.03),
        day=odds(0.02),
        order=odds(0.25),
        calls=rng.choice((0.0, 0.3, 0.9)),
    )


def draw_features(rng: Random) -> Features:
    if rng.random() < 0.2:
        return Features()
    return Features(*(rng.random() < 0.6 for _ in dataclasses.fields(Features)))


def draw_configuration(rng: Random, features: Features) -> Configuration:
    """A call center of 1 to 2 PBXs, 1 to 3 queues and 1 to 8 agents."""
    pbxs = [PbxName(f"pbx{number}") for number in range(1, rng.choice((1, 1, 2)) + 1)]
    queues = _draw_queues(rng, features)
    agents = tuple(_draw_agent(rng, agent, pbxs, queues, features) for agent in AGENTS[: rng.randint(1, 8)])
    configuration = Configuration(
        tiers=TIERS,
        default_tier=Tier("standard"),
        default_queue=queues[0].name,
        queues=queues,
        rules=_draw_rules(rng, queues, features),
        agents=agents,
        lookup_deadline_ms=rng.choice((1, 200, 2_000)),
        decline_backoff_ms=rng.choice((0, 3_000, 10_000)),
        failure_backoff_ms=rng.choice((500, 5_000, 10_000)),
        rona_backoff_ms=rng.choice((0, 3_000, 20_000)) if features.rona_backoff else 0,
        ageing_ms=rng.choice(AGEING_MS),
        draw_seed=rng.randrange(100),
    )
    return _with_expressions(rng, configuration) if features.expressions else configuration


def _with_expressions(rng: Random, configuration: Configuration) -> Configuration:
    named = draw_named(rng, TIERS)
    return dataclasses.replace(
        configuration,
        zone=named.zone,
        hours=named.hours,
        attributes=named.attributes,
        lists=named.lists,
        conditions=named.conditions,
        tier_rules=named.tier_rules,
    )


def draw_change(rng: Random, before: Configuration, pbxs: list[PbxName], features: Features) -> Configuration:
    """What an admin may make of a configuration while calls are in progress."""
    agents, queues = list(before.agents), before.queues
    change = rng.choice(("fire", "hire", "teach", "phones", "rules", "queues", "rehire", "tiers", "lengths", "lengths"))
    if change == "fire" and len(agents) > 1:
        agents.remove(rng.choice(agents))
    elif change == "hire" and len(agents) < 12:
        free = [agent for agent in AGENTS if agent not in {known.id for known in agents}]
        agents.append(_draw_agent(rng, rng.choice(free), pbxs, queues, features))
    elif change == "teach":
        index = rng.randrange(len(agents))
        served = _some(rng, queues)
        agents[index] = dataclasses.replace(
            agents[index], skills=_draw_skills(rng), queues=served, levels=_draw_levels(rng, served, features)
        )
    elif change == "phones":
        index = rng.randrange(len(agents))
        own, number = agents[index].device, AGENTS.index(agents[index].id) + 1
        device = dataclasses.replace(own, device="" if own.device else f"PJSIP/{1000 + number}")
        agents[index] = dataclasses.replace(agents[index], device=device)
    elif change == "queues":
        queues = _draw_queues(rng, features)
    elif change == "lengths":
        names = [queue.name for queue in queues]
        queues = tuple(
            dataclasses.replace(
                queue, overflow=_draw_overflow(rng, names, features), treatment=_draw_treatment(rng, features)
            )
            for queue in queues
        )
        return dataclasses.replace(before, queues=queues)
    elif change == "rehire":
        rng.shuffle(agents)
    elif change == "tiers":
        return dataclasses.replace(
            before,
            default_tier=rng.choice(TIERS),
            lookup_deadline_ms=rng.choice((1, 200, 2_000)),
            ageing_ms=rng.choice(AGEING_MS),
        )
    return dataclasses.replace(
        before,
        queues=queues,
        default_queue=rng.choice(queues).name,
        rules=before.rules if change in ("fire", "hire", "teach", "phones") else _draw_rules(rng, queues, features),
        agents=tuple(agents),
    )


def draw_customers(rng: Random) -> tuple[Customer, ...]:
    return tuple(
        Customer(
            id=number,
            account=f"A-{number}",
            name=f"Customer {number}",
            tier=rng.choice((*TIERS, Tier("gone"))),
            language=rng.choice(LANGUAGES),
            account_manager=draw_colleague(rng),
            attributes=draw_attributes(rng),
        )
        for number in rng.sample(range(1, 100), rng.choice((0, 1, 1, 2)))
    )


def draw_colleague(rng: Random) -> AgentId | None:
    """An agent whom a customer may know; perhaps one who never was, or is no more."""
    return rng.choice((None, AgentId("nobody"), *AGENTS[:5], *AGENTS[:5]))


def _draw_queues(rng: Random, features: Features) -> tuple[QueueConfig, ...]:
    names = [QueueName(f"queue{number}") for number in range(1, rng.randint(1, 3) + 1)]
    return tuple(
        QueueConfig(
            name,
            offer_timeout_ms=rng.choice((4_000, 10_000, 20_000)),
            wrap_up_ms=rng.choice((0, 2_000, 30_000)),
            service_level_ms=rng.choice((2_000, 20_000)),
            strategy=rng.choice(tuple(Strategy)) if features.strategies else Strategy.LONGEST_IDLE,
            ring_at_once=rng.randint(1, 3) if features.parallel else 1,
            ranked=tuple(rng.sample(AGENTS, rng.randint(0, 8))) if features.strategies else (),
            closed_to=rng.choice((None, *names)) if features.closed_to else None,
            overflow=_draw_overflow(rng, names, features),
            treatment=_draw_treatment(rng, features),
        )
        for name in names
    )


def _draw_treatment(rng: Random, features: Features) -> Treatment | None:
    if not features.treatments or rng.random() < 0.3:
        return None
    every_ms = rng.choice((0, 1_000, 10_000, 10_000))
    sounds = tuple(rng.sample(("one", "two", "three"), rng.randint(0, 3)))
    return Treatment(
        music=rng.choice((None, "jazz", "rock")),
        greeting=rng.choice((None, "hello", "welcome")),
        announce=Announce(every_ms, sounds, rng.random() < 0.6) if every_ms else None,
    )


def _draw_overflow(rng: Random, names: list[QueueName], features: Features) -> Overflow | None:
    if not features.overflow or rng.random() < 0.3:
        return None
    return Overflow(rng.choice(OVERFLOW_MS), rng.choice((None, *names, *names, *names)))


def _draw_agent(
    rng: Random, agent: AgentId, pbxs: list[PbxName], queues: tuple[QueueConfig, ...], features: Features
) -> AgentConfig:
    number = AGENTS.index(agent) + 1
    device = DeviceRef(rng.choice(pbxs), f"PJSIP/{1000 + number}")
    served = _some(rng, queues)
    levels = _draw_levels(rng, served, features)
    return AgentConfig(agent, f"Agent {number}", device, _draw_skills(rng), served, levels)


def _draw_skills(rng: Random) -> tuple[Skill, ...]:
    return tuple(Skill(name, rng.randint(1, 10)) for name in SKILLS if rng.random() < 0.6)


def _draw_levels(rng: Random, served: tuple[QueueName, ...], features: Features) -> dict[QueueName, int]:
    return {name: rng.choice((1, 2, 10)) for name in served if rng.random() < 0.7} if features.levels else {}


def _some(rng: Random, queues: tuple[QueueConfig, ...]) -> tuple[QueueName, ...]:
    return tuple(queue.name for queue in rng.sample(queues, rng.randint(1, len(queues))))


def _draw_rules(rng: Random, queues: tuple[QueueConfig, ...], features: Features) -> tuple[RuleConfig, ...]:
    def some(values: tuple[str, ...], odds: float) -> tuple[str, ...]:
        return tuple(rng.sample(values, rng.randint(1, len(values) - 1))) if rng.random() < odds else ()

    def needs(odds: float) -> tuple[Skill, ...]:
        return tuple(Skill(name, rng.randint(1, 6)) for name in SKILLS if rng.random() < odds)

    names = [queue.name for queue in queues]
    share = 0.2 if features.expressions else 1.0  # of rules that ask facts as well, or hardly any would apply

    def prefer() -> tuple[Preference, ...]:
        return tuple(rng.sample(tuple(Preference), rng.randint(1, 2)))

    drawn = tuple(
        RuleConfig(
            name=f"rule {number}",
            queue=rng.choice(queues).name,
            priority=rng.choice((0, 30, 70, 100) if features.urgency else (0, 0, 5, 10)),
            skills=needs(0.2),
            tier=tuple(Tier(tier) for tier in some(TIERS, 0.6 * share)),
            dialled=some(DIALLED, 0.3 * share),
            intent=some(("billing", "sales", "other"), 0.2 * share),
            language=some(("en", "de", "fr"), 0.2 * share),
            any_of=_draw_groups(rng) if features.any_of and rng.random() < 0.4 else (),
            preferred=needs(0.4) if features.preferred_skills else (),
            relaxations=_draw_steps(rng, queues) if features.relaxations and rng.random() < 0.6 else (),
            prefer=prefer() if (kept := features.preferred_agents and rng.random() < 0.8) else (),
            prefer_for_ms=rng.choice((1_000, 10_000, 60_000, 300_000)) if kept else 0,
            tags=tuple(rng.sample(("vip", "new", "late"), rng.randint(0, 2))) if features.tags else (),
            text=rng.choice(("", "Greet by name.")) if features.tags else "",
            overflow=_draw_overflow(rng, names, features) if rng.random() < 0.5 else None,
            when=draw_when(rng, names) if features.expressions else "",
            entry=some(DIALLED, 0.1) if features.expressions else (),
        )
        for number in range(1, rng.randint(0, 5) + 1)
    )
    if not features.away:
        return drawn
    return tuple(_sends_away(rng, rule) if rng.random() < 0.25 else rule for rule in drawn)


def _sends_away(rng: Random, rule: RuleConfig) -> RuleConfig:
    """The same conditions and tags, and nothing that one would wait by."""
    return dataclasses.replace(
        rule,
        queue=AWAY,
        priority=0,
        skills=(),
        any_of=(),
        preferred=(),
        relaxations=(),
        prefer=(),
        prefer_for_ms=0,
        text="",
        overflow=None,
        away=rng.choice(("closed", "holiday")),
    )


def _draw_groups(rng: Random) -> tuple[tuple[Skill, ...], ...]:
    return tuple(
        tuple(Skill(name, rng.randint(1, 8)) for name in rng.sample(SKILLS, rng.randint(1, 3)))
        for _ in range(rng.randint(1, 2))
    )


def _draw_steps(rng: Random, queues: tuple[QueueConfig, ...]) -> tuple[Relaxation, ...]:
    times_ms = sorted(rng.choice((500, 3_000, 3_000, 10_000, 30_000)) for _ in range(rng.randint(1, 3)))
    return tuple(
        Relaxation(
            after_ms,
            lower=tuple(Skill(name, rng.randint(1, 3)) for name in SKILLS if rng.random() < 0.4),
            drop=tuple(name for name in SKILLS if rng.random() < 0.3),
            add_queues=_some(rng, queues) if rng.random() < 0.4 else (),
        )
        for after_ms in times_ms
    )

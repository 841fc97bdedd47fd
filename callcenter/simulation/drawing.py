"""What a seed draws before anything happens: a call center, and a mix of faults of which some are switched off."""

import dataclasses
from dataclasses import dataclass
from random import Random

from callcenter.types import (
    AgentConfig,
    AgentId,
    Configuration,
    Customer,
    DeviceRef,
    PbxName,
    QueueConfig,
    QueueName,
    RuleConfig,
    Skill,
    SkillName,
    Tier,
)

TIERS = (Tier("platinum"), Tier("gold"), Tier("silver"), Tier("standard"))
DIALLED = ("100", "200", "300")
INTENTS = (None, "billing", "sales")
LANGUAGES = (None, "en", "de")
SKILLS = tuple(SkillName(name) for name in ("billing", "sales", "german"))


@dataclass(frozen=True, slots=True)
class Mix:
    """The odds of each fault, each 0 where it is switched off. Calm is a Mix without any."""

    late: float = 0.0  # an event comes up to 2 s late
    twice: float = 0.0  # an event comes a second time, up to 3 s later
    reorder: bool = False  # what is said of two subjects may change places
    cut: float = 0.0  # per event: the link to a PBX is cut
    restart: float = 0.0  # per event: a PBX starts again, all its calls are gone
    crash: float = 0.0  # per event: the daemon crashes, before or after the journal
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


CALM = Mix()


def draw_mix(rng: Random) -> Mix:
    def odds(high: float) -> float:
        return rng.choice((0.0, 0.0, high / 10, high))

    return Mix(
        late=odds(0.3),
        twice=odds(0.3),
        reorder=rng.random() < 0.5,
        cut=odds(0.02),
        restart=odds(0.005),
        crash=odds(0.01),
        reload=odds(0.02),
        slow_lookup=odds(0.5),
        no_lookup=odds(0.5),
        declined=odds(0.5),
        forgotten=odds(0.5),
        failed=odds(0.2),
        gone_at_answer=odds(0.3),
        fumble=odds(0.1),
        phone=odds(0.05),
        backwards=odds(0.05),
        lag_ms=rng.choice((0, 0, 3, 700)),
        grain_ms=rng.choice((1, 1, 100, 1_000)),
    )


def draw_configuration(rng: Random) -> Configuration:
    """A call center of 1 to 2 PBXs, 1 to 3 queues and 1 to 8 agents."""
    pbxs = [PbxName(f"pbx{number}") for number in range(1, rng.choice((1, 1, 2)) + 1)]
    queues = tuple(_draw_queue(rng, number) for number in range(1, rng.randint(1, 3) + 1))
    agents = tuple(_draw_agent(rng, number, pbxs, queues) for number in range(1, rng.randint(1, 8) + 1))
    return Configuration(
        tiers=TIERS,
        default_tier=Tier("standard"),
        default_queue=queues[0].name,
        queues=queues,
        rules=_draw_rules(rng, queues),
        agents=agents,
        lookup_deadline_ms=rng.choice((1, 200, 2_000)),
        decline_backoff_ms=rng.choice((0, 3_000, 10_000)),
        failure_backoff_ms=rng.choice((500, 5_000, 10_000)),
    )


def draw_change(rng: Random, before: Configuration, pbxs: list[PbxName]) -> Configuration:
    """What an admin may make of a configuration while calls are in progress."""
    agents, queues = list(before.agents), before.queues
    change = rng.choice(("fire", "hire", "teach", "rules", "queues", "rehire", "tiers"))
    if change == "fire" and len(agents) > 1:
        agents.remove(rng.choice(agents))
    elif change == "hire" and len(agents) < 12:
        free = [number for number in range(1, 14) if AgentId(f"agent{number}") not in {agent.id for agent in agents}]
        agents.append(_draw_agent(rng, rng.choice(free), pbxs, queues))
    elif change == "teach":
        index = rng.randrange(len(agents))
        agents[index] = dataclasses.replace(agents[index], skills=_draw_skills(rng), queues=_some(rng, queues))
    elif change == "queues":
        queues = tuple(_draw_queue(rng, number) for number in range(1, rng.randint(1, 3) + 1))
    elif change == "rehire":
        rng.shuffle(agents)
    elif change == "tiers":
        default = rng.choice(TIERS)
        return dataclasses.replace(before, default_tier=default, lookup_deadline_ms=rng.choice((1, 200, 2_000)))
    return dataclasses.replace(
        before,
        queues=queues,
        default_queue=rng.choice(queues).name,
        rules=before.rules if change in ("fire", "hire") else _draw_rules(rng, queues),
        agents=tuple(agents),
    )


def draw_customers(rng: Random) -> tuple[Customer, ...]:
    return tuple(
        Customer(number, f"A-{number}", f"Customer {number}", rng.choice((*TIERS, Tier("gone"))), rng.choice(LANGUAGES))
        for number in rng.sample(range(1, 100), rng.choice((0, 1, 1, 2)))
    )


def _draw_queue(rng: Random, number: int) -> QueueConfig:
    return QueueConfig(
        QueueName(f"queue{number}"),
        offer_timeout_ms=rng.choice((4_000, 10_000, 20_000)),
        wrap_up_ms=rng.choice((0, 2_000, 30_000)),
        service_level_ms=20_000,
    )


def _draw_agent(rng: Random, number: int, pbxs: list[PbxName], queues: tuple[QueueConfig, ...]) -> AgentConfig:
    device = DeviceRef(rng.choice(pbxs), f"PJSIP/{1000 + number}")
    return AgentConfig(AgentId(f"agent{number}"), f"Agent {number}", device, _draw_skills(rng), _some(rng, queues))


def _draw_skills(rng: Random) -> tuple[Skill, ...]:
    return tuple(Skill(name, rng.randint(1, 10)) for name in SKILLS if rng.random() < 0.6)


def _some(rng: Random, queues: tuple[QueueConfig, ...]) -> tuple[QueueName, ...]:
    return tuple(queue.name for queue in rng.sample(queues, rng.randint(1, len(queues))))


def _draw_rules(rng: Random, queues: tuple[QueueConfig, ...]) -> tuple[RuleConfig, ...]:
    def some(values: tuple[str, ...], odds: float) -> tuple[str, ...]:
        return tuple(rng.sample(values, rng.randint(1, len(values) - 1))) if rng.random() < odds else ()

    return tuple(
        RuleConfig(
            name=f"rule {number}",
            queue=rng.choice(queues).name,
            priority=rng.choice((0, 0, 5, 10)),
            skills=tuple(Skill(name, rng.randint(1, 6)) for name in SKILLS if rng.random() < 0.2),
            tier=tuple(Tier(tier) for tier in some(TIERS, 0.6)),
            dialled=some(DIALLED, 0.3),
            intent=some(("billing", "sales", "other"), 0.2),
            language=some(("en", "de", "fr"), 0.2),
        )
        for number in range(1, rng.randint(0, 5) + 1)
    )

"""What an admin writes besides the daemon's own settings: `agents.yaml` (who works here) and `routing.yaml` (who gets
what).

The models below look at each value by itself, and `configuration` turns files without mistakes into what the core
obeys. Whether the values of different places fit together is asked in `admin_checks`.
"""

from typing import Annotated

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from callcenter.schema import Model, Name, like
from callcenter.types import (
    MAX_PRIORITY,
    MAX_PROFICIENCY,
    MAX_QUEUE_LEVEL,
    MIN_PRIORITY,
    MIN_PROFICIENCY,
    AgentConfig,
    AgentId,
    Configuration,
    DeviceRef,
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
)

AGENT, SUPERVISOR = "agent", "supervisor"
FIRST_QUEUE_LEVEL = 1
MAX_DRAW_SEED = 2**31 - 1


def _hash(text: str) -> str:
    try:
        extract_parameters(text)
    except InvalidHashError:
        raise PydanticCustomError("hash", "Make one with `callcenter hash-password`") from None
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _levelled(value: object) -> object:
    """Queues in a list are all of the first level."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return dict.fromkeys(value, FIRST_QUEUE_LEVEL)
    if isinstance(value, dict):
        return value
    raise PydanticCustomError("queues", "It should be queues, such as `[sales, support]` or `{sales: 1, support: 2}`")


Level = Annotated[int, Field(ge=MIN_PROFICIENCY, le=MAX_PROFICIENCY)]
Skills = dict[Name, Level]
SomeSkills = Annotated[Skills, Field(min_length=1)]
QueueLevel = Annotated[int, Field(ge=FIRST_QUEUE_LEVEL, le=MAX_QUEUE_LEVEL)]
QueueLevels = Annotated[dict[str, QueueLevel], BeforeValidator(_levelled), Field(min_length=1)]
Label = Annotated[str, like(r"[^\W_][^\x00-\x1f\x7f]{0,79}", "a letter or digit, then at most 79 printable characters")]
Fact = Annotated[str, like(r"[^\x00-\x1f\x7f]{1,80}", "1 to 80 printable characters")]
Facts = Annotated[tuple[Fact, ...], BeforeValidator(_listed), Field(min_length=1)]
Reasons = tuple[Name, ...]
Role = Annotated[str, like(f"{AGENT}|{SUPERVISOR}", f"`{AGENT}` or `{SUPERVISOR}`")]
LoginId = Annotated[str, like(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", "1 to 64 of a-z, A-Z, 0-9, . _ @ and -")]
Device = Annotated[
    str, like(r"[A-Za-z0-9]+/[A-Za-z0-9_.-]{1,64}", "the name that the PBX has for the phone, such as PJSIP/1001")
]


class AgentEntry(Model):
    id: LoginId = Field(description="what the agent signs in as, such as `id: anna`")
    name: Label = Field(description="the name that others see, such as `name: Anna Berg`")
    device: Device = Field(description="the agent's phone, such as `device: PJSIP/1001`")
    skills: Skills = Field(default_factory=dict)
    queues: QueueLevels = Field(description="the queues served, such as `queues: [sales]`")
    password_hash: Annotated[str, AfterValidator(_hash)] | None = Field(default=None, repr=False)
    roles: tuple[Role, ...] = (AGENT,)


class AgentsFile(Model):
    agents: tuple[AgentEntry, ...] = Field(description="the list of agents")


class QueueEntry(Model):
    offer_timeout_s: Annotated[float, Field(ge=1, le=300)] = 20.0
    wrap_up_s: Annotated[float, Field(ge=0, le=3600)] = 30.0
    service_level_s: Annotated[float, Field(ge=1, le=3600)] = 20.0
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_at_once: Annotated[int, Field(ge=1, le=20)] = 1
    ranked: tuple[str, ...] = ()
    closed_to: str | None = None


class When(Model):
    tier: Facts | None = None
    dialled: Facts | None = None
    intent: Facts | None = None
    language: Facts | None = None


class StepEntry(Model):
    """A step of relaxation. What it may lower, drop and add depends on its rule: `admin_checks` asks that."""

    after_s: Annotated[float, Field(ge=1, le=3600)] = Field(
        description="the seconds from the contact's arrival to this step, such as `after_s: 30`"
    )
    skills: Skills = Field(default_factory=dict)
    drop: tuple[str, ...] = ()
    add_queues: tuple[str, ...] = ()


class RouteEntry(Model):
    queue: str = Field(description="the queue that waits for an agent, such as `queue: sales`")
    priority: Annotated[int, Field(ge=MIN_PRIORITY, le=MAX_PRIORITY)] = 0
    skills: Skills = Field(default_factory=dict)
    any_of: tuple[SomeSkills, ...] = ()
    prefer_skills: Skills = Field(default_factory=dict)
    prefer: Annotated[tuple[Preference, ...], BeforeValidator(_listed), Field(min_length=1)] | None = None
    prefer_for_s: Annotated[float, Field(ge=1, le=600)] = 30.0  # counts with `prefer` only
    relax: tuple[StepEntry, ...] = ()


class RuleEntry(Model):
    name: Label = Field(description="the name under which the log shows this rule")
    when: When = When()
    route: RouteEntry = Field(description="where the contact goes, such as `route: {queue: sales}`")


class RoutingFile(Model):
    version: Annotated[int, Field(ge=1, le=1)] = Field(description="`version: 1`, the form of this file")
    tiers: tuple[Name, ...] = Field(min_length=1, description="the customers' tiers, the highest first")
    default_tier: str = Field(description="the tier of callers who are in no record")
    default_queue: str = Field(description="the queue of contacts that no rule is for")
    decline_backoff_s: Annotated[float, Field(ge=0, le=3600)] = 10.0
    failure_backoff_s: Annotated[float, Field(ge=0, le=3600)] = 10.0
    rona_backoff_s: Annotated[float, Field(ge=0, le=3600)] = 0.0
    ageing_s: Annotated[float, Field(ge=0.1, le=86_400)] = 30.0
    draw_seed: Annotated[int, Field(ge=0, le=MAX_DRAW_SEED)] = 0
    dispositions: Reasons = ()
    not_ready_reasons: Reasons = ()
    queues: dict[Name, QueueEntry] = Field(min_length=1, description="the queues by name")
    rules: tuple[RuleEntry, ...] = ()


def configuration(agents: AgentsFile, routing: RoutingFile, pbx: PbxName, lookup_deadline_ms: int) -> Configuration:
    """What the core obeys, from files without mistakes."""
    return Configuration(
        tiers=tuple(Tier(tier) for tier in routing.tiers),
        default_tier=Tier(routing.default_tier),
        default_queue=QueueName(routing.default_queue),
        queues=tuple(_queue(name, entry) for name, entry in routing.queues.items()),
        rules=tuple(_rule(entry) for entry in routing.rules),
        agents=tuple(_agent(entry, pbx) for entry in agents.agents),
        lookup_deadline_ms=lookup_deadline_ms,
        decline_backoff_ms=_ms(routing.decline_backoff_s),
        failure_backoff_ms=_ms(routing.failure_backoff_s),
        rona_backoff_ms=_ms(routing.rona_backoff_s),
        ageing_ms=_ms(routing.ageing_s),
        draw_seed=routing.draw_seed,
    )


def _agent(entry: AgentEntry, pbx: PbxName) -> AgentConfig:
    return AgentConfig(
        AgentId(entry.id),
        entry.name,
        DeviceRef(pbx, entry.device),
        _skills(entry.skills),
        tuple(QueueName(queue) for queue in entry.queues),
        {QueueName(queue): level for queue, level in entry.queues.items() if level != FIRST_QUEUE_LEVEL},
    )


def _queue(name: str, entry: QueueEntry) -> QueueConfig:
    return QueueConfig(
        QueueName(name),
        _ms(entry.offer_timeout_s),
        _ms(entry.wrap_up_s),
        _ms(entry.service_level_s),
        strategy=entry.strategy,
        ring_at_once=entry.ring_at_once,
        ranked=tuple(AgentId(agent) for agent in entry.ranked),
        closed_to=None if entry.closed_to is None else QueueName(entry.closed_to),
    )


def _rule(entry: RuleEntry) -> RuleConfig:
    route = entry.route
    return RuleConfig(
        entry.name,
        QueueName(route.queue),
        route.priority,
        _skills(route.skills),
        tier=tuple(Tier(tier) for tier in entry.when.tier or ()),
        dialled=entry.when.dialled or (),
        intent=entry.when.intent or (),
        language=entry.when.language or (),
        any_of=tuple(_skills(group) for group in route.any_of),
        preferred=_skills(route.prefer_skills),
        relaxations=tuple(_step(step) for step in route.relax),
        prefer=route.prefer or (),
        prefer_for_ms=_ms(route.prefer_for_s) if route.prefer else 0,
    )


def _step(entry: StepEntry) -> Relaxation:
    return Relaxation(
        _ms(entry.after_s),
        lower=_skills(entry.skills),
        drop=tuple(SkillName(name) for name in entry.drop),
        add_queues=tuple(QueueName(queue) for queue in entry.add_queues),
    )


def _skills(skills: dict[str, int]) -> tuple[Skill, ...]:
    return tuple(Skill(SkillName(name), level) for name, level in skills.items())


def _ms(seconds: float) -> int:
    return round(seconds * 1000)

"""What an admin writes besides the daemon's own settings: `agents.yaml` (who works here) and the rules (who gets what).

The models below and in `rules_model` look at each value by itself, and `configuration` turns files without mistakes
into what the core obeys. Whether the values of different places fit together is asked in `admin_checks`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from callcenter.admin import calendars
from callcenter.admin.model import (
    CLOSED,
    AttributeEntry,
    FactsEntry,
    HoursEntry,
    Label,
    LessIsWorse,
    MoreIsWorse,
    OverflowEntry,
    QueueEntry,
    RouteEntry,
    RoutingFile,
    RuleEntry,
    Skills,
    StepEntry,
    ThresholdsEntry,
    TreatmentEntry,
    attribute_value,
)
from callcenter.admin.schema import Model, like
from callcenter.types import (
    AWAY,
    MAX_QUEUE_LEVEL,
    AgentConfig,
    AgentId,
    Announce,
    Attribute,
    AutoAnswer,
    Condition,
    Configuration,
    DeviceRef,
    Hours,
    Limits,
    NamedList,
    Overflow,
    PbxName,
    QueueConfig,
    QueueName,
    Relaxation,
    RuleConfig,
    Skill,
    SkillName,
    Thresholds,
    Tier,
    TierRule,
    Treatment,
)

AGENT, SUPERVISOR, ADMIN, VIEWER = "agent", "supervisor", "admin", "viewer"
FIRST_QUEUE_LEVEL = 1
UTC = "UTC"
BEFORE_MS = 2 * 86_400_000  # how far back hours are known, for a load that something older is asked of


def _hash(text: str) -> str:
    try:
        extract_parameters(text)
    except InvalidHashError:
        raise PydanticCustomError("hash", "Make one with `callcenter hash-password`") from None
    return text


def _levelled(value: object) -> object:
    """Queues in a list are all of the first level."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return dict.fromkeys(value, FIRST_QUEUE_LEVEL)
    if isinstance(value, dict):
        return value
    raise PydanticCustomError("queues", "It should be queues, such as `[sales, support]` or `{sales: 1, support: 2}`")


QueueLevel = Annotated[int, Field(ge=FIRST_QUEUE_LEVEL, le=MAX_QUEUE_LEVEL)]
QueueLevels = Annotated[dict[str, QueueLevel], BeforeValidator(_levelled)]
Role = Annotated[
    str,
    like(f"{AGENT}|{SUPERVISOR}|{ADMIN}|{VIEWER}", f"`{AGENT}`, `{SUPERVISOR}`, `{ADMIN}` or `{VIEWER}` (reads only)"),
]
LoginId = Annotated[str, like(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", "1 to 64 of a-z, A-Z, 0-9, . _ @ and -")]
Device = Annotated[
    str, like(r"[A-Za-z0-9]+/[A-Za-z0-9_.-]{1,64}", "the name that the PBX has for the phone, such as PJSIP/1001")
]


class AgentEntry(Model):
    """Whoever takes contacts has queues, which `admin_checks` asks for, and without a device chooses one each time."""

    id: LoginId = Field(description="what the agent signs in as, such as `id: anna`")
    name: Label = Field(description="the name that others see, such as `name: Anna Berg`")
    device: Device | None = Field(
        default=None, description="the agent's phone, such as `device: PJSIP/1001`; none: it is chosen at each sign-in"
    )
    auto_answer: Annotated[str, like("notify", "`notify`, for a phone that answers a SIP NOTIFY `talk`")] | None = None
    skills: Skills = Field(default_factory=dict)
    queues: QueueLevels = Field(default_factory=dict, description="the queues served, such as `queues: [sales]`")
    password_hash: Annotated[str, AfterValidator(_hash)] | None = Field(default=None, repr=False)
    roles: tuple[Role, ...] = (AGENT,)
    queue_groups: tuple[str, ...] = Field(
        default=(), description="the groups of queues whose floor is seen and led; none: all queues"
    )


class AgentsFile(Model):
    agents: tuple[AgentEntry, ...] = Field(description="the list of agents")


def configuration(
    agents: AgentsFile, routing: RoutingFile, pbx: PbxName, lookup_deadline_ms: int, now_ms: int
) -> Configuration:
    """What the core obeys, from files without mistakes.

    Hours are known from 2 days before `now_ms` to 400 days after. The default of an entry is a rule after all others.
    """
    from_ms = now_ms - BEFORE_MS
    return Configuration(
        tiers=tuple(Tier(tier) for tier in routing.tiers),
        default_tier=Tier(routing.default_tier),
        default_queue=QueueName(routing.default_queue),
        queues=tuple(_queue(name, entry) for name, entry in routing.queues.items()),
        rules=(*(_rule(entry, routing) for entry in routing.rules), *_defaults(routing)),
        agents=tuple(_agents(agents, pbx)),
        lookup_deadline_ms=lookup_deadline_ms,
        decline_backoff_ms=_ms(routing.decline_backoff_s),
        failure_backoff_ms=_ms(routing.failure_backoff_s),
        rona_backoff_ms=_ms(routing.rona_backoff_s),
        ageing_ms=_ms(routing.ageing_s),
        draw_seed=routing.draw_seed,
        zone=() if routing.timezone == UTC else calendars.zone_of(routing.timezone, from_ms),
        hours=tuple(_hours(name, entry, routing.timezone, from_ms) for name, entry in routing.hours.items()),
        attributes=tuple(_attribute(name, entry) for name, entry in routing.attributes.items()),
        lists=tuple(NamedList(name, values) for name, values in routing.lists.items()),
        conditions=tuple(Condition(name, when) for name, when in routing.conditions.items()),
        tier_rules=tuple(TierRule(entry.when, Tier(entry.tier)) for entry in routing.tier_rules),
    )


def default_rule_name(entry_name: str) -> str:
    """The name of the rule that an entry's default is."""
    return f"{entry_name} (default)"


def _agents(agents: AgentsFile, pbx: PbxName) -> Iterator[AgentConfig]:
    """Those who take contacts; a device without a name: none is configured."""
    for entry in agents.agents:
        if AGENT in entry.roles:
            yield AgentConfig(
                AgentId(entry.id),
                entry.name,
                DeviceRef(pbx, entry.device or ""),
                _skills(entry.skills),
                tuple(QueueName(queue) for queue in entry.queues),
                {QueueName(queue): level for queue, level in entry.queues.items() if level != FIRST_QUEUE_LEVEL},
                None if entry.auto_answer is None else AutoAnswer(entry.auto_answer),
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
        overflow=_overflow(entry.overflow),
        treatment=_treatment(entry.treatment),
        short_abandon_ms=_ms(entry.short_abandon_s),
        thresholds=_thresholds(entry.thresholds),
    )


def _rule(entry: RuleEntry, routing: RoutingFile) -> RuleConfig:
    facts = entry.when if isinstance(entry.when, FactsEntry) else FactsEntry()
    return replace(
        _routed(entry.name, entry.route, routing),
        tier=tuple(Tier(tier) for tier in facts.tier or ()),
        dialled=facts.dialled or (),
        intent=facts.intent or (),
        language=facts.language or (),
        when=entry.when if isinstance(entry.when, str) else "",
        entry=entry.entry or (),
        tags=entry.set.tags,
        text=entry.set.text or "",
    )


def _defaults(routing: RoutingFile) -> Iterator[RuleConfig]:
    for number, entry in routing.entries.items():
        if entry.default is not None:
            yield replace(_routed(default_rule_name(entry.name), entry.default, routing), entry=(number,))


def _routed(name: str, route: RouteEntry, routing: RoutingFile) -> RuleConfig:
    if route.queue == AWAY and AWAY not in routing.queues:  # in version 1 a queue may have that name
        return RuleConfig(name, AWAY, 0, away=route.message or CLOSED)
    return RuleConfig(
        name,
        QueueName(route.queue),
        route.priority,
        _skills(route.skills),
        any_of=tuple(_skills(group) for group in route.any_of),
        preferred=_skills(route.prefer_skills),
        relaxations=tuple(_step(step) for step in route.relax),
        prefer=route.prefer or (),
        prefer_for_ms=_ms(route.prefer_for_s) if route.prefer else 0,
        overflow=_overflow(route.overflow),
    )


def _overflow(entry: OverflowEntry | None) -> Overflow | None:
    if entry is None:
        return None
    return Overflow(_ms(entry.after_s), None if entry.to == AWAY else QueueName(entry.to))


def _treatment(entry: TreatmentEntry | None) -> Treatment | None:
    if entry is None:
        return None
    said = entry.announce
    announce = None if said is None else Announce(_ms(said.every_s), said.sounds, said.position)
    return Treatment(entry.music, entry.greeting, announce)


def _thresholds(entry: ThresholdsEntry | None) -> Thresholds | None:
    if entry is None:
        return None
    return Thresholds(_limits(entry.waiting), _limits(entry.longest_wait_s), _limits(entry.service_level))


def _limits(entry: MoreIsWorse | LessIsWorse | None) -> Limits | None:
    return None if entry is None else Limits(entry.warning, entry.critical)


def _hours(name: str, entry: HoursEntry, timezone: str, from_ms: int) -> Hours:
    return calendars.expand(name, entry.week, entry.exceptions, entry.holidays, entry.timezone or timezone, from_ms)


def _attribute(name: str, entry: AttributeEntry) -> Attribute:
    default = attribute_value(entry.type, entry.default)
    assert default is not None, "the model has looked at it"
    return Attribute(name, entry.type, default, entry.values)


def _step(entry: StepEntry) -> Relaxation:
    return Relaxation(
        _ms(entry.after_s),
        lower=_skills(entry.skills),
        drop=tuple(SkillName(name) for name in entry.drop),
        add_queues=tuple(QueueName(queue) for queue in entry.add_queues),
    )


def _skills(skills: Skills) -> tuple[Skill, ...]:
    return tuple(Skill(SkillName(name), level) for name, level in skills.items())


def _ms(seconds: float) -> int:
    return round(seconds * 1000)

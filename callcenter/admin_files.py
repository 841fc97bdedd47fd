"""What an admin writes besides the daemon's own settings: `agents.yaml` (who works here) and `routing.yaml` (who gets
what).

Two kinds of check. The models below look at each value by itself. `crossed` then asks whether the names in one place
exist in the other; it works on the documents as they were written, so a wrong level in one line hides no wrong queue
in the next.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from callcenter.schema import Model, Name, did_you_mean, like
from callcenter.types import (
    MAX_PROFICIENCY,
    MIN_PROFICIENCY,
    PENDING_SIGN_OUT,
    REASON_RONA,
    REASON_SIGNED_IN,
    AgentConfig,
    AgentId,
    Configuration,
    DeviceRef,
    PbxName,
    QueueConfig,
    QueueName,
    RuleConfig,
    Skill,
    SkillName,
    Tier,
)
from callcenter.yaml_source import Document, Mistake, Place

AGENT, SUPERVISOR = "agent", "supervisor"
_ENGINE_REASONS = (REASON_SIGNED_IN, REASON_RONA, PENDING_SIGN_OUT)


def _hash(text: str) -> str:
    try:
        extract_parameters(text)
    except InvalidHashError:
        raise PydanticCustomError("hash", "Make one with `callcenter hash-password`") from None
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Level = Annotated[int, Field(ge=MIN_PROFICIENCY, le=MAX_PROFICIENCY)]
Skills = dict[Name, Level]
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
    queues: tuple[str, ...] = Field(min_length=1, description="the queues served, such as `queues: [sales]`")
    password_hash: Annotated[str, AfterValidator(_hash)] | None = Field(default=None, repr=False)
    roles: tuple[Role, ...] = (AGENT,)


class AgentsFile(Model):
    agents: tuple[AgentEntry, ...] = Field(description="the list of agents")


class QueueEntry(Model):
    offer_timeout_s: Annotated[float, Field(ge=1, le=300)] = 20.0
    wrap_up_s: Annotated[float, Field(ge=0, le=3600)] = 30.0
    service_level_s: Annotated[float, Field(ge=1, le=3600)] = 20.0


class When(Model):
    tier: Facts | None = None
    dialled: Facts | None = None
    intent: Facts | None = None
    language: Facts | None = None


class RouteEntry(Model):
    queue: str = Field(description="the queue that waits for an agent, such as `queue: sales`")
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    skills: Skills = Field(default_factory=dict)


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
    dispositions: Reasons = ()
    not_ready_reasons: Reasons = ()
    queues: dict[Name, QueueEntry] = Field(min_length=1, description="the queues by name")
    rules: tuple[RuleEntry, ...] = ()


def crossed(agents: Document, routing: Document, device_prefix: str) -> list[Mistake]:
    """Names that should exist elsewhere and don't, and those that should be there once and are there twice."""
    found = [*_crossed_agents(agents, routing, device_prefix), *_crossed_rules(agents, routing)]
    queues, tiers = routing.keys("queues"), [text for _, text in routing.texts("tiers")]
    found += _unknown(routing, routing.texts("default_queue"), queues, "queue", "queues")
    found += _unknown(routing, routing.texts("default_tier"), tiers, "tier", "tiers")
    for path, reason in routing.texts("not_ready_reasons"):
        if reason in _ENGINE_REASONS:
            found.append(routing.mistake(path, f"`{reason}` is set by the engine itself", "Leave it out of this list"))
    for key in ("tiers", "dispositions", "not_ready_reasons"):
        found += _twice(routing, routing.texts(key))
    return found


def _crossed_agents(agents: Document, routing: Document, device_prefix: str) -> Iterator[Mistake]:
    for index in range(agents.count("agents")):
        here = ("agents", index)
        yield from _unknown(agents, agents.texts(*here, "queues"), routing.keys("queues"), "queue", routing.file)
        yield from _twice(agents, agents.texts(*here, "queues"))
        for path, device in agents.texts(*here, "device"):
            if not device.startswith(device_prefix):
                remedy = f"Write {device_prefix}… as the PBX does, or mend pbx.device_prefix"
                yield agents.mistake(path, f"`{device}` does not start with `{device_prefix}`", remedy)
    yield from _twice(agents, _each(agents, "agents", "id"))
    yield from _twice(agents, _each(agents, "agents", "device"))


def _crossed_rules(agents: Document, routing: Document) -> Iterator[Mistake]:
    queues, tiers = routing.keys("queues"), [text for _, text in routing.texts("tiers")]
    skills = sorted({name for i in range(agents.count("agents")) for name in agents.keys("agents", i, "skills")})
    for index in range(routing.count("rules")):
        here = ("rules", index)
        yield from _unknown(routing, routing.texts(*here, "route", "queue"), queues, "queue", "queues")
        yield from _unknown(routing, routing.texts(*here, "when", "tier"), tiers, "tier", "tiers")
        asked = [((*here, "route", "skills", name), name) for name in routing.keys(*here, "route", "skills")]
        yield from _unknown(routing, asked, skills, "skill", agents.file)
    yield from _twice(routing, _each(routing, "rules", "name"))


def _each(document: Document, listed: str, key: str) -> Iterator[tuple[Place, str]]:
    for index in range(document.count(listed)):
        yield from document.texts(listed, index, key)


def _unknown(
    document: Document, given: Iterable[tuple[Place, str]], known: list[str], kind: str, where: str
) -> Iterator[Mistake]:
    if not known:  # what should hold them is missing or broken, which is told already, once
        return
    for path, word in given:
        if word not in known:
            yield document.mistake(path, f"there is no {kind} `{word}` in {where}", did_you_mean(word, known))


def _twice(document: Document, given: Iterable[tuple[Place, str]]) -> Iterator[Mistake]:
    first: dict[str, Place] = {}
    for path, word in given:
        if word in first:
            line = document.line(first[word])
            yield document.mistake(path, f"`{word}` stands here for the second time, first on line {line}", "Keep one")
        first.setdefault(word, path)


def configuration(agents: AgentsFile, routing: RoutingFile, pbx: PbxName, lookup_deadline_ms: int) -> Configuration:
    """What the core obeys, from files without mistakes."""
    return Configuration(
        tiers=tuple(Tier(tier) for tier in routing.tiers),
        default_tier=Tier(routing.default_tier),
        default_queue=QueueName(routing.default_queue),
        queues=tuple(_queue(name, entry) for name, entry in routing.queues.items()),
        rules=tuple(_rule(entry) for entry in routing.rules),
        agents=tuple(
            AgentConfig(
                AgentId(entry.id),
                entry.name,
                DeviceRef(pbx, entry.device),
                _skills(entry.skills),
                tuple(QueueName(queue) for queue in entry.queues),
            )
            for entry in agents.agents
        ),
        lookup_deadline_ms=lookup_deadline_ms,
        decline_backoff_ms=_ms(routing.decline_backoff_s),
        failure_backoff_ms=_ms(routing.failure_backoff_s),
    )


def _queue(name: str, entry: QueueEntry) -> QueueConfig:
    return QueueConfig(QueueName(name), _ms(entry.offer_timeout_s), _ms(entry.wrap_up_s), _ms(entry.service_level_s))


def _rule(entry: RuleEntry) -> RuleConfig:
    return RuleConfig(
        entry.name,
        QueueName(entry.route.queue),
        entry.route.priority,
        _skills(entry.route.skills),
        tier=tuple(Tier(tier) for tier in entry.when.tier or ()),
        dialled=entry.when.dialled or (),
        intent=entry.when.intent or (),
        language=entry.when.language or (),
    )


def _skills(skills: dict[str, int]) -> tuple[Skill, ...]:
    return tuple(Skill(SkillName(name), level) for name, level in skills.items())


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def doubtful(made: Configuration, routing: Document) -> Iterator[Mistake]:
    """What is no mistake and hardly meant: contacts that nobody may take, rules that no contact reaches."""
    for queue in made.queues:
        if not any(queue.name in agent.queues for agent in made.agents):
            yield routing.mistake(("queues", queue.name), "no agent serves this queue", "Give it to an agent")
    for index, rule in enumerate(made.rules):
        here: Place = ("rules", index)
        if rule.skills and not any(_may_take(agent, rule) for agent in made.agents):
            wrong = f"no agent of queue `{rule.queue}` has all the skills that `{rule.name}` requires"
            yield routing.mistake((*here, "route", "skills"), wrong, "Lower a level, or teach an agent")
        hidden_by = next((other for other in made.rules[:index] if _covers(other, rule)), None)
        if hidden_by is not None:
            wrong = f"`{rule.name}` is never reached: `{hidden_by.name}` above it takes all that it asks for"
            yield routing.mistake(here, wrong, "Put the narrower rule first")


def _may_take(agent: AgentConfig, rule: RuleConfig) -> bool:
    levels = {skill.name: skill.level for skill in agent.skills}
    return rule.queue in agent.queues and all(levels.get(need.name, 0) >= need.level for need in rule.skills)


def _covers(wide: RuleConfig, narrow: RuleConfig) -> bool:
    pairs = (
        (wide.tier, narrow.tier),
        (wide.dialled, narrow.dialled),
        (wide.intent, narrow.intent),
        (wide.language, narrow.language),
    )
    return all(not w or (n and set(n) <= set(w)) for w, n in pairs)

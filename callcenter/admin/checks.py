"""Mistakes that only show when the values of `agents.yaml` and the rules are laid side by side: names that exist
nowhere, and values that contradict each other.

`crossed` works on the documents as they were written, so a wrong level in one line hides no wrong queue in the next.
Whatever is of the wrong shape it passes over: the models of `admin_files` and `rules_model` tell that.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from callcenter.admin.files import AGENT, AgentEntry, default_rule_name
from callcenter.admin.model import RouteEntry
from callcenter.admin.schema import did_you_mean
from callcenter.admin.yaml_source import Document, Key, Mistake, Place
from callcenter.routing.language.declared import CUSTOMER_FIELDS
from callcenter.types import (
    AWAY,
    PENDING_SIGN_OUT,
    REASON_RONA,
    REASON_SIGNED_IN,
    AttributeKind,
    Strategy,
)

_ENGINE_REASONS = (REASON_SIGNED_IN, REASON_RONA, PENDING_SIGN_OUT)
_STRATEGIES = tuple(strategy.value for strategy in Strategy)
_NO_TEXTS = tuple(kind.value for kind in AttributeKind if kind is not AttributeKind.TEXT)
_YES = ("true", "yes", "on", "1", "t", "y")  # what a flag may be written as, in small letters
_LATER_OF_QUEUES = ("overflow", "treatment", "short_abandon_s", "thresholds", "script")
_LATER_SECTIONS = (
    *("timezone", "skills", "attributes", "lists", "conditions", "hours", "tier_rules", "entries"),
    "scripts",
)


def crossed(agents: Document, routing: Document, device_prefix: str) -> list[Mistake]:
    """Names that should exist elsewhere and don't, what should be there once and is there twice, contradictions."""
    skills = _Skills(agents, routing)
    found = [
        *_of_later_version(routing),
        *_crossed_agents(agents, routing, device_prefix, skills),
        *_crossed_queues(agents, routing),
        *_crossed_groups(agents, routing),
        *_crossed_rules(routing, skills),
        *_crossed_entries(routing, skills),
        *_crossed_attributes(routing),
    ]
    queues, tiers = routing.keys("queues"), [text for _, text in routing.texts("tiers")]
    found += _unknown(routing, routing.texts("default_queue"), queues, "queue", "queues")
    found += _unknown(routing, routing.texts("default_tier"), tiers, "tier", "tiers")
    for path, reason in routing.texts("not_ready_reasons"):
        if reason in _ENGINE_REASONS:
            found.append(routing.mistake(path, f"`{reason}` is set by the engine itself", "Leave it out of this list"))
    for index in range(routing.count("tier_rules")):
        found += _unknown(routing, routing.texts("tier_rules", index, "tier"), tiers, "tier", "tiers")
    for path in (("tiers",), ("skills",), ("dispositions",), ("not_ready_reasons",), *_lists(routing)):
        found += _twice(routing, routing.texts(*path))
    return found


def _lists(routing: Document) -> Iterator[Place]:
    for name in routing.keys("lists"):
        yield "lists", name


def _of_later_version(routing: Document) -> Iterator[Mistake]:
    """What files of version 1 do not have."""
    if routing.text("version") != "1":
        return
    places: list[Place] = [(key,) for key in _LATER_SECTIONS]
    places += [("queues", name, key) for name in routing.keys("queues") for key in _LATER_OF_QUEUES]
    for index in range(routing.count("rules")):
        rule: Place = ("rules", index)
        places += [(*rule, "entry"), (*rule, "set"), (*rule, "route", "overflow"), (*rule, "route", "message")]
        if routing.text(*rule, "when") is not None:
            places.append((*rule, "when"))
    for path in places:
        if routing.at(*path) is not None:
            wrong = "`when` as an expression" if path[-1] == "when" else f"`{path[-1]}`"
            where = routing.where(("version",), path)
            remedy = "Write `version: 2` there; all that version 1 has goes on working"
            wrong = f"{wrong} is not known in version 1, which stands {where}"
            yield routing.mistake((*path[:-1], Key(path[-1])), wrong, remedy)


class _Skills:
    """The skills that there are: those that the rules list, else those that some agent has; and who must have one."""

    def __init__(self, agents: Document, routing: Document) -> None:
        self.listed = [text for _, text in routing.texts("skills")]
        self.where = f"skills of {routing.file}" if self.listed else agents.file
        had = {name for index in range(agents.count("agents")) for name in agents.keys("agents", index, "skills")}
        self.known = self.listed or sorted(had)

    def unknown(self, document: Document, *path: str | int) -> Iterator[Mistake]:
        return _unknown(document, _keys(document, *path), self.known, "skill", self.where)


def _crossed_agents(agents: Document, routing: Document, device_prefix: str, skills: _Skills) -> Iterator[Mistake]:
    for index in range(agents.count("agents")):
        here = ("agents", index)
        yield from _lacking(agents, here)
        queues = [*agents.texts(*here, "queues"), *_keys(agents, *here, "queues")]  # one or the other
        yield from _unknown(agents, queues, routing.keys("queues"), "queue", routing.file)
        yield from _twice(agents, queues)
        if skills.listed:
            yield from skills.unknown(agents, *here, "skills")
        for path, device in agents.texts(*here, "device"):
            if not device.startswith(device_prefix):
                remedy = f"Write {device_prefix}… as the PBX does, or mend pbx.device_prefix"
                yield agents.mistake(path, f"`{device}` does not start with `{device_prefix}`", remedy)
    yield from _twice(agents, _each(agents, "agents", "id"))
    yield from _twice(agents, _each(agents, "agents", "device"))


def _lacking(agents: Document, agent: Place) -> Iterator[Mistake]:
    """What whoever takes contacts cannot be without."""
    roles = [role for _, role in agents.texts(*agent, "roles")] if "roles" in agents.keys(*agent) else [AGENT]
    if AGENT not in roles or agents.text(*agent, "id") is None:
        return
    place: Place = (*agent, "queues")
    meaning = AgentEntry.model_fields["queues"].description
    if "queues" not in agents.keys(*agent):
        yield agents.mistake(place, "is missing", f"Add it: {meaning}; or leave `{AGENT}` out of the roles")
    elif agents.at(*place) in ([], {}):
        yield agents.mistake(place, "is empty", f"Name {meaning}; or leave `{AGENT}` out of the roles")


def _crossed_queues(agents: Document, routing: Document) -> Iterator[Mistake]:
    queues = routing.keys("queues")
    serving = _serving(agents)
    for name in queues:
        here: Place = ("queues", name)
        ranked = list(routing.texts(*here, "ranked"))
        yield from _unknown(routing, ranked, list(serving), "agent", agents.file)
        yield from _twice(routing, ranked)
        for path, agent in ranked:
            if agent in serving and name not in serving[agent]:
                remedy = f"Leave the agent out, or add the queue in {agents.file}"
                yield routing.mistake(path, f"`{agent}` does not serve queue `{name}`", remedy)
        strategy = routing.text(*here, "strategy") or Strategy.LONGEST_IDLE.value
        if ranked and strategy in _STRATEGIES and strategy != Strategy.RANKED.value:
            remedy = "Write `strategy: ranked`, or leave the list out"
            yield routing.mistake((*here, "ranked"), f"is given, and the strategy is `{strategy}`", remedy)
        closed_to = list(routing.texts(*here, "closed_to"))
        yield from _unknown(routing, closed_to, queues, "queue", "queues")
        if routing.text(*here, "closed_to") == name:
            remedy = "Name another queue, or leave the key out"
            yield routing.mistake((*here, "closed_to"), f"`{name}` is this queue itself", remedy)
        yield from _crossed_overflow(routing, (*here, "overflow"), name)
        yield from _crossed_announce(routing, (*here, "treatment", "announce"))
    if AWAY in queues and routing.text("version") != "1":
        remedy = "Call the queue something else"
        yield routing.mistake(("queues", Key(AWAY)), f"`{AWAY}` means the end of the call in routes", remedy)


def _crossed_groups(agents: Document, routing: Document) -> Iterator[Mistake]:
    """Groups of queues, and who leads them."""
    groups = routing.keys("queue_groups")
    for group in groups:
        queues = list(routing.texts("queue_groups", group))
        yield from _unknown(routing, queues, routing.keys("queues"), "queue", "queues")
        yield from _twice(routing, queues)
    for index in range(agents.count("agents")):
        named = list(agents.texts("agents", index, "queue_groups"))
        if not groups:  # to pass this over would show the whole floor to whoever should see a part of it
            remedy = f"Add `queue_groups: {{NAME: [QUEUE, ...]}}` to {routing.file}"
            yield from (agents.mistake(path, f"there is no queue group `{word}`", remedy) for path, word in named)
        yield from _unknown(agents, named, groups, "queue group", f"queue_groups of {routing.file}")
        yield from _twice(agents, named)


def _crossed_overflow(routing: Document, here: Place, queue: str | None) -> Iterator[Mistake]:
    queues = routing.keys("queues")
    yield from _unknown(routing, routing.texts(*here, "to"), [*queues, AWAY] if queues else [], "queue", "queues")
    if queue is not None and routing.text(*here, "to") == queue:
        remedy = f"Name another queue or `{AWAY}`, or leave the overflow out"
        yield routing.mistake((*here, "to"), f"`{queue}` is where the contact waits already", remedy)


def _crossed_announce(routing: Document, here: Place) -> Iterator[Mistake]:
    written = routing.at(*here) is not None
    if written and not routing.at(*here, "sounds") and (routing.text(*here, "position") or "").lower() not in _YES:
        remedy = "Add `position: true` or `sounds`, or leave it out"
        yield routing.mistake(here, "says nothing", remedy)


def _serving(agents: Document) -> dict[str, list[str]]:
    """Each agent's id with the queues that it serves, as they were written."""
    found: dict[str, list[str]] = {}
    for index in range(agents.count("agents")):
        agent = agents.text("agents", index, "id")
        if agent is not None:
            here = ("agents", index, "queues")
            found[agent] = [*(queue for _, queue in agents.texts(*here)), *agents.keys(*here)]
    return found


def _crossed_rules(routing: Document, skills: _Skills) -> Iterator[Mistake]:
    tiers = [text for _, text in routing.texts("tiers")]
    for index in range(routing.count("rules")):
        here = ("rules", index)
        yield from _unknown(routing, routing.texts(*here, "when", "tier"), tiers, "tier", "tiers")
        yield from _twice(routing, routing.texts(*here, "entry"))
        yield from _twice(routing, routing.texts(*here, "set", "tags"))
        yield from _crossed_route(routing, (*here, "route"), skills)
        if _leads_away(routing, (*here, "route")) and routing.at(*here, "set", "text") is not None:
            wrong = f"is given, and with `queue: {AWAY}` no agent sees the contact"
            yield routing.mistake((*here, "set", "text"), wrong, "Leave it out, or name a queue")
    yield from _twice(routing, _each(routing, "rules", "name"))


def _crossed_entries(routing: Document, skills: _Skills) -> Iterator[Mistake]:
    numbers = routing.keys("entries")
    names = [given for number in numbers for given in routing.texts("entries", number, "name")]
    yield from _twice(routing, names)
    defaults = {default_rule_name(name): place for place, name in names}
    for path, name in _each(routing, "rules", "name"):
        if name in defaults:
            where = routing.where(defaults[name], path)
            wrong = f"`{name}` is the name of the default of an entry, {where}"
            yield routing.mistake(path, wrong, "Give the rule another name")
    for number in numbers:
        yield from _crossed_route(routing, ("entries", number, "default"), skills)


def _crossed_attributes(routing: Document) -> Iterator[Mistake]:
    for name in routing.keys("attributes"):
        here: Place = ("attributes", name)
        if name in CUSTOMER_FIELDS:
            wrong = f"every customer has `customer.{name}` already"
            yield routing.mistake((*here[:-1], Key(name)), wrong, "Give the attribute another name")
        yield from _twice(routing, routing.texts(*here, "values"))
        if routing.at(*here, "values") and routing.text(*here, "type") in _NO_TEXTS:
            wrong = f"is given, and the type is `{routing.text(*here, 'type')}`"
            yield routing.mistake((*here, "values"), wrong, "Only a text can be one of several: leave the list out")


def _crossed_route(routing: Document, route: Place, skills: _Skills) -> Iterator[Mistake]:
    if _leads_away(routing, route):
        for key in routing.keys(*route):
            if key in RouteEntry.model_fields and key not in ("queue", "message"):
                wrong = f"is given, and with `queue: {AWAY}` the contact does not wait"
                yield routing.mistake((*route, Key(key)), wrong, "Leave it out, or name a queue")
        return
    queues, name = routing.keys("queues"), routing.text(*route, "queue")
    ends = [AWAY] if queues and routing.text("version") != "1" else []
    yield from _unknown(routing, routing.texts(*route, "queue"), [*queues, *ends], "queue", "queues")
    if ends and name is not None and routing.at(*route, "message") is not None:
        wrong = f"is given, and the contact waits in `{name}`"
        yield routing.mistake((*route, Key("message")), wrong, f"Leave it out, or write `queue: {AWAY}`")
    for group in _skill_places(routing, route):
        yield from skills.unknown(routing, *group)
    yield from skills.unknown(routing, *route, "prefer_skills")
    yield from _twice(routing, routing.texts(*route, "prefer"))
    if "prefer_for_s" in routing.keys(*route) and routing.at(*route, "prefer") is None:
        remedy = "Add `prefer: account_manager` or `prefer: last_agent`, or leave it out"
        yield routing.mistake((*route, "prefer_for_s"), "is given, and nobody is preferred", remedy)
    yield from _crossed_overflow(routing, (*route, "overflow"), routing.text(*route, "queue"))
    yield from _crossed_steps(routing, route)


def _leads_away(routing: Document, route: Place) -> bool:
    """To the end of the call. Version 1 has no such route, and may have a queue of this name."""
    return routing.text(*route, "queue") == AWAY and routing.text("version") != "1"


def _skill_places(routing: Document, route: Place) -> list[Place]:
    """Where a rule says which skills it asks for: `skills` and each group of `any_of`."""
    groups = range(routing.count(*route, "any_of"))
    return [(*route, "skills"), *((*route, "any_of", index) for index in groups)]


# ---- the steps of a rule's relaxation


@dataclass(slots=True)
class _Asked:
    """What a rule asks for, as far as its steps have been read.

    Each group is skills of which one is enough, with their levels; what `skills` requires is a group of its own. A
    level is None where what was written is no number. `queues` says where each was named; `gone`, with which skill one
    was dropped, and where.
    """

    groups: list[dict[str, float | None]]
    queues: dict[str, Place]
    gone: dict[str, tuple[str, Place]] = field(default_factory=dict)

    def names(self) -> list[str]:
        return sorted({name for group in self.groups for name in group})

    def drop(self, dropped: dict[str, Place]) -> None:
        """Take out each group that has one of these skills, and note who goes with whom."""
        left = [group for group in self.groups if not group.keys() & dropped.keys()]
        for group in self.groups:
            cause = next((name for name in dropped if name in group), None)
            for name in group:
                if cause is not None and not any(name in other for other in left):
                    culprit = name if name in dropped else cause
                    self.gone.setdefault(name, (culprit, dropped[culprit]))
        self.groups = left

    def highest(self, name: str) -> float | None:
        levels = (group.get(name) for group in self.groups)
        return max((level for level in levels if level is not None), default=None)

    def lower(self, name: str, level: float) -> None:
        for group in self.groups:
            if name in group:
                group[name] = min(level, group[name] or level)


def _crossed_steps(routing: Document, route: Place) -> Iterator[Mistake]:
    places = _skill_places(routing, route)
    required, *groups = ({name: _number(routing, *place, name) for name in routing.keys(*place)} for place in places)
    asked = _Asked(
        [*({name: level} for name, level in required.items()), *groups],
        {queue: path for path, queue in routing.texts(*route, "queue")},
    )
    # Where what a rule asks for cannot be read, nobody can say what a step may change in it.
    readable = all(isinstance(routing.at(*place), dict | None) for place in places)
    readable = readable and isinstance(routing.at(*route, "any_of"), list | None)
    before: float | None = None
    for index in range(routing.count(*route, "relax")):
        here: Place = (*route, "relax", index)
        after_s = _number(routing, *here, "after_s")
        if after_s is not None and before is not None and _ms(after_s) <= _ms(before):
            wrong = f"is {after_s:g}, and the step above comes at {before:g}"
            remedy = "Put the steps in the order of their time, each later than the one above"
            yield routing.mistake((*here, "after_s"), wrong, remedy)
        before = before if after_s is None else after_s
        keys = routing.keys(*here)
        if keys and not any(routing.at(*here, key) for key in keys if key != "after_s"):
            remedy = "Add what it changes, `skills`, `drop` or `add_queues`, or leave the step out"
            yield routing.mistake(here, "changes nothing", remedy)
        if readable:
            yield from _crossed_drops(routing, here, asked)
            yield from _crossed_levels(routing, here, asked)
        yield from _crossed_additions(routing, here, asked)


def _crossed_drops(routing: Document, step: Place, asked: _Asked) -> Iterator[Mistake]:
    dropped = list(routing.texts(*step, "drop"))
    for path, name in dropped:
        yield from _not_asked_for(routing, path, name, asked)
    yield from _twice(routing, dropped)
    asked.drop({name: path for path, name in reversed(dropped)})


def _crossed_levels(routing: Document, step: Place, asked: _Asked) -> Iterator[Mistake]:
    for path, name in _keys(routing, *step, "skills"):
        yield from _not_asked_for(routing, path, name, asked)
        level, highest = _number(routing, *path), asked.highest(name)
        if level is None:
            continue
        if highest is not None and level >= highest:
            wrong = f"`{name}` is asked for at level {highest:g} by then, and {level:g} is no lower"
            yield routing.mistake(path, wrong, "Write a lower level, or leave it out")
        asked.lower(name, level)


def _crossed_additions(routing: Document, step: Place, asked: _Asked) -> Iterator[Mistake]:
    for path, queue in routing.texts(*step, "add_queues"):
        if queue in asked.queues:
            already = routing.where(asked.queues[queue], path)
            yield routing.mistake(path, f"`{queue}` is asked for already, {already}", "Leave it out")
        else:
            yield from _unknown(routing, [(path, queue)], routing.keys("queues"), "queue", "queues")
        asked.queues.setdefault(queue, path)


def _not_asked_for(routing: Document, path: Place, name: str, asked: _Asked) -> Iterator[Mistake]:
    if name in asked.names():
        return
    if name in asked.gone:
        culprit, place = asked.gone[name]
        it = "it" if culprit == name else f"it went with `{culprit}`, which"
        wrong = f"`{name}` is no longer asked for: {it} was dropped {routing.where(place, path)}"
        yield routing.mistake(path, wrong, "Leave it out")
    else:
        remedy = did_you_mean(name, asked.names(), "Leave it out")
        yield routing.mistake(path, f"this rule does not ask for `{name}`", remedy)


# ---- what the mistakes are found with


def _each(document: Document, listed: str, key: str) -> Iterator[tuple[Place, str]]:
    for index in range(document.count(listed)):
        yield from document.texts(listed, index, key)


def _keys(document: Document, *path: str | int) -> list[tuple[Place, str]]:
    return [((*path, Key(key)), key) for key in document.keys(*path)]


def _number(document: Document, *path: str | int) -> float | None:
    try:
        number = float(document.text(*path) or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


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
            already = document.where(first[word], path)
            yield document.mistake(path, f"`{word}` stands here for the second time, first {already}", "Keep one")
        first.setdefault(word, path)

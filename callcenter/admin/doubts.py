"""What is no mistake in the admin's files and hardly meant: contacts that nobody may take, rules that no contact
reaches, steps and lists that change nothing, queues that pass contacts round, numbers that are no entry.

It looks at files without mistakes, as the core obeys them, and asks the core's own functions who may take a contact.
"""

from collections.abc import Iterator, Mapping

from callcenter.admin.expressions import places
from callcenter.admin.model import AWAY
from callcenter.admin.reach import AllOf, Form, Known, culprit, form_of, implies, possible
from callcenter.admin.schema import did_you_mean
from callcenter.admin.yaml_source import Document, Mistake, Place
from callcenter.admin.yaml_spots import spot
from callcenter.routing.language.conditions import Asked, asked_of, asked_of_tier
from callcenter.routing.language.facts import LANGUAGE_SPOKEN
from callcenter.routing.language.fields import Schema, schema_of
from callcenter.routing.language.mistakes import place as line_and_column
from callcenter.routing.language.parse import parse
from callcenter.routing.language.tree import Comparison, Field, Literal, Node, Values, walk
from callcenter.routing.skills import level_for, meets, relaxed
from callcenter.types import (
    AgentConfig,
    AgentId,
    Configuration,
    Needs,
    QueueName,
    RuleConfig,
    Skill,
    SkillName,
    Strategy,
)


def doubtful(made: Configuration, routing: Document) -> Iterator[Mistake]:
    """Warnings about `made`, each with its place in the document that it was made from."""
    yield from _doubtful_queues(made, routing)
    written = routing.count("rules")
    routes: list[Place] = [("rules", index, "route") for index in range(written)]
    routes += [("entries", number, "default") for number in routing.keys("entries")]
    with_route = (route for route in routes if routing.at(*route) is not None)
    for rule, route in zip(made.rules, with_route, strict=True):
        yield from _doubtful_needs(made.agents, rule, routing, route)
        yield from _doubtful_times(made, rule, routing, route)
    yield from _doubtful_entries(routing)
    schema = schema_of(made)
    rules = [(rule.name, _form(asked_of(rule, schema))) for rule in made.rules[:written]]
    yield from _never_reached(routing, "rules", rules)
    tiers = [(str(rule.tier), _form(asked_of_tier(rule, schema))) for rule in made.tier_rules]
    yield from _never_reached(routing, "tier_rules", tiers)
    yield from _no_entries(made, routing, schema)


def _doubtful_queues(made: Configuration, routing: Document) -> Iterator[Mistake]:
    for queue in made.queues:
        here: Place = ("queues", queue.name)
        if not any(queue.name in agent.queues for agent in made.agents):
            yield routing.mistake(here, "no agent serves this queue", "Give it to an agent")
        if queue.strategy is Strategy.RANKED and not queue.ranked:
            wrong = "is `ranked` without a list, so whoever has been idle longest comes first"
            yield routing.mistake((*here, "strategy"), wrong, "List the agents in `ranked`, the first one first")
    for circle in _circles({queue.name: queue.closed_to for queue in made.queues}):
        way = " to ".join((*circle, circle[0]))
        wrong = f"leads in a circle, {way}: with all of them closed, callers are sent away"
        yield routing.mistake(("queues", circle[0], "closed_to"), wrong, "Let one of them lead out of the circle")
    for circle in _circles({queue.name: queue.overflow.to if queue.overflow else None for queue in made.queues}):
        way = " to ".join((*circle, circle[0]))
        wrong = f"leads in a circle, {way}: contacts go round in it and are no nearer to an agent"
        remedy = f"Let one of them lead out of the circle, or to `{AWAY}`"
        yield routing.mistake(("queues", circle[0], "overflow", "to"), wrong, remedy)


def _circles(leads_to: Mapping[QueueName, QueueName | None]) -> Iterator[list[QueueName]]:
    """Each circle once."""
    seen: set[QueueName] = set()
    for first in leads_to:
        way: list[QueueName] = []
        here: QueueName | None = first
        while here is not None and here not in seen:
            seen.add(here)
            way.append(here)
            here = leads_to[here]
        if here in way:
            yield way[way.index(here) :]


# ---- who may take a contact, and when


def _doubtful_needs(
    agents: tuple[AgentConfig, ...], rule: RuleConfig, routing: Document, route: Place
) -> Iterator[Mistake]:
    """Skills that nobody has; a rule that nobody meets in the end; steps that change nothing in who may take it."""
    alone = [*_nobody_has(agents, rule, routing, route)]
    yield from alone
    needs = Needs((rule.queue,), rule.skills, rule.any_of)
    able = [_able(agents, needs)]
    for step in rule.relaxations:
        needs = relaxed(needs, step)
        able.append(_able(agents, needs))
    if able[-1]:
        for index in range(len(rule.relaxations)):
            if able[index] == able[index + 1]:
                wrong = "nobody who could not take the contact before can take it from this step on"
                remedy = "Let the step lower or drop more, or leave it out"
                yield routing.mistake((*route, "relax", index), wrong, remedy)
    elif (rule.skills or rule.any_of) and not alone:
        key = "skills" if rule.skills else "any_of"
        late = ", not even after the last step of `relax`" if rule.relaxations else ""
        wrong = f"no agent of queue `{rule.queue}` has all the skills that `{rule.name}` requires{late}"
        yield routing.mistake((*route, key), wrong, "Lower a level, or teach an agent")


def _nobody_has(
    agents: tuple[AgentConfig, ...], rule: RuleConfig, routing: Document, route: Place
) -> Iterator[Mistake]:
    """Skills at levels that no agent at all has, whatever queue it serves."""
    highest: dict[SkillName, int] = {}
    for agent in agents:
        for skill in agent.skills:
            highest[skill.name] = max(skill.level, highest.get(skill.name, 0))
    places: list[tuple[Place, Skill]] = [((*route, "skills"), skill) for skill in rule.skills]
    for index, group in enumerate(rule.any_of):
        if all(skill.level > highest.get(skill.name, 0) for skill in group):
            places += [((*route, "any_of", index), skill) for skill in group]
    places += [((*route, "prefer_skills"), skill) for skill in rule.preferred]
    for path, skill in places:
        top = highest.get(skill.name, 0)
        if skill.level > top:
            best = f"the highest is {top}" if top else "nor at any other"
            wrong = f"no agent has `{skill.name}` at level {skill.level}, {best}"
            yield routing.mistake((*path, skill.name), wrong, "Lower the level, or teach an agent")


def _able(agents: tuple[AgentConfig, ...], needs: Needs) -> list[AgentId]:
    return [agent.id for agent in agents if level_for(agent, needs.queues) is not None and meets(agent.skills, needs)]


def _doubtful_times(made: Configuration, rule: RuleConfig, routing: Document, route: Place) -> Iterator[Mistake]:
    """Steps of relaxation that come too late, or before an offer can have been answered."""
    queue = next(queue for queue in made.queues if queue.name == rule.queue)
    overflow = rule.overflow or queue.overflow
    before_ms: int | None = None
    for index, step in enumerate(rule.relaxations):
        here: Place = (*route, "relax", index, "after_s")
        if overflow is not None and step.after_ms >= overflow.after_ms:
            to = f"for `{overflow.to}`" if overflow.to is not None else "without an agent"
            wrong = f"the contact has left {to} by then, {overflow.after_ms / 1_000:g} s after it came"
            yield routing.mistake(here, wrong, "Let the step come sooner or the overflow later")
        if before_ms is not None and step.after_ms - before_ms < queue.offer_timeout_ms:
            wrong = (
                f"comes {(step.after_ms - before_ms) / 1_000:g} s after the step above, and in `{queue.name}` a phone "
                f"rings for {queue.offer_timeout_ms / 1_000:g} s: nobody may have been asked in between"
            )
            yield routing.mistake(here, wrong, "Let the step come later, or shorten offer_timeout_s")
        before_ms = step.after_ms


# ---- what no contact reaches


def _form(asked: Asked) -> Form:
    return AllOf(tuple(form_of(part) for part in asked.parts))


def _never_reached(routing: Document, section: str, asked: list[tuple[str, Form]]) -> Iterator[Mistake]:
    reached: list[tuple[str, Form]] = []
    for index, (name, form) in enumerate(asked):
        here: Place = (section, index)
        if not possible(form):
            path = culprit(form)
            field = "language" if path == LANGUAGE_SPOKEN else path
            why = f"`{field}` cannot be all that it asks for" if field else "its conditions contradict each other"
            yield routing.mistake(here, f"`{name}` can never match: {why}", "Mend its conditions, or leave it out")
            continue
        known = Known(form)
        hidden_by = next((other for other, wide in reached if implies(known, wide)), None)
        if hidden_by is not None:
            wrong = f"`{name}` is never reached: `{hidden_by}` above it takes all that it asks for"
            yield routing.mistake(here, wrong, "Put the narrower rule first")
        reached.append((name, form))


# ---- the numbers that people dial


def _doubtful_entries(routing: Document) -> Iterator[Mistake]:
    for number in routing.keys("entries"):
        here: Place = ("entries", number)
        if routing.at(*here, "default") is None:
            queue = routing.text("default_queue")
            wrong = f"has no default: contacts that no rule is for go to `{queue}`, with priority 0"
            yield routing.mistake(here, wrong, f"Write `default: {{queue: {queue}}}` if that is meant")


def _no_entries(made: Configuration, routing: Document, schema: Schema) -> Iterator[Mistake]:
    """Dialled numbers in rules that are none of the entries, where there are entries."""
    known = routing.keys("entries")
    if not known:
        return
    remedy_else = "Add it to `entries`"
    for index in range(routing.count("rules")):
        here: Place = ("rules", index)
        for path, number in (*routing.texts(*here, "entry"), *routing.texts(*here, "when", "dialled")):
            if number not in known:
                wrong = f"`{number}` is none of the entries"
                yield routing.mistake(path, wrong, did_you_mean(number, known, remedy_else))
    for path, text in places(routing):
        usable = schema.above(str(path[1])) if path[0] == "conditions" else schema
        for literal in _dialled(parse(text, usable).tree):
            if literal.value not in known:
                mark = spot(routing.scalars[path], text, *line_and_column(text, literal.at))
                wrong = f"`{literal.value}` is none of the entries"
                yield routing.mistake(path, wrong, did_you_mean(str(literal.value), known, remedy_else), mark)


def _dialled(tree: Node) -> Iterator[Literal]:
    """What the dialled number is compared with."""
    for node in walk(tree):
        if isinstance(node, Comparison):
            operands = (node.first, *(operand for _, operand in node.rest))
            if any(isinstance(operand, Field) and operand.path == "contact.dialled" for operand in operands):
                for operand in operands:
                    if isinstance(operand, Literal):
                        yield operand
                    elif isinstance(operand, Values) and not operand.name:
                        yield from operand.items

"""What is no mistake in the admin's files and hardly meant: contacts that nobody may take, rules that no contact
reaches, steps and lists that change nothing, queues that pass contacts round, numbers that are no entry or no caller's.

It looks at files without mistakes, as the core obeys them, and asks the core's own functions who may take a contact.
"""

from collections.abc import Iterator, Mapping, Sequence

from callcenter.admin.expressions import places
from callcenter.admin.hidden import hidden
from callcenter.admin.reach import AllOf, culprit, form_of
from callcenter.admin.schema import did_you_mean
from callcenter.admin.yaml_source import Document, Mark, Mistake, Place
from callcenter.admin.yaml_spots import spot
from callcenter.numbers import DEFAULT_REGION, country_code, to_e164
from callcenter.routing.language.civil import is_date
from callcenter.routing.language.conditions import facts_asked
from callcenter.routing.language.facts import LANGUAGE_SPOKEN
from callcenter.routing.language.fields import Schema, schema_of
from callcenter.routing.language.mistakes import place as line_and_column
from callcenter.routing.language.parse import parse
from callcenter.routing.language.tree import Comparison, Field, Literal, Node, StartsWith, Values, walk
from callcenter.routing.skills import level_for, meets, relaxed
from callcenter.types import (
    AWAY,
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

_SHOWN_TAKERS = 6  # of the rules that hide another one together


def doubtful(made: Configuration, routing: Document, default_region: str = DEFAULT_REGION) -> Iterator[Mistake]:
    """Warnings about `made`, each with its place in the document that it was made from.

    Callers' numbers without a country code are of `default_region`.
    """
    yield from _doubtful_queues(made, routing)
    written = routing.count("rules")
    routes: list[Place] = [("rules", index, "route") for index in range(written)]
    routes += [("entries", number, "default") for number in routing.keys("entries")]
    with_route = (route for route in routes if routing.at(*route) is not None)
    for rule, route in zip(made.rules, with_route, strict=True):
        if rule.away is None:
            yield from _doubtful_needs(made.agents, rule, routing, route)
            yield from _doubtful_times(made, rule, routing, route)
    yield from _doubtful_entries(routing)
    schema = schema_of(made)
    read = list(_trees(routing, schema))
    trees = {path: tree for path, _, tree in read}
    rules: list[tuple[str, tuple[Node, ...]]] = []
    for index, rule in enumerate(made.rules[:written]):
        when = trees.get(("rules", index, "when"))
        rules.append((rule.name, (*facts_asked(rule, schema), *(() if when is None else (when,)))))
    yield from _never_reached(routing, "rules", rules)
    tiers = [(str(rule.tier), (trees["tier_rules", index, "when"],)) for index, rule in enumerate(made.tier_rules)]
    yield from _never_reached(routing, "tier_rules", tiers)
    yield from _no_entries(routing, read)
    yield from _no_caller(routing, read, default_region)


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


def _never_reached(routing: Document, section: str, asked: Sequence[tuple[str, tuple[Node, ...]]]) -> Iterator[Mistake]:
    for found in hidden([parts for _, parts in asked]):
        here: Place = (section, found.index)
        name = asked[found.index][0]
        match found.by:
            case ():
                path = culprit(AllOf(tuple(form_of(part) for part in asked[found.index][1])))
                field = path and _as_written(path, routing)
                why = f"`{field}` cannot be all that it asks for" if field else "its conditions contradict each other"
                wrong, remedy = f"`{name}` can never match: {why}", "Mend its conditions, or leave it out"
            case (alone,):
                wrong = f"`{name}` is never reached: `{asked[alone][0]}` above it takes all that it asks for"
                remedy = "Put the narrower rule first"
            case several:
                takers = [f"`{asked[other][0]}` ({routing.where((section, other), here)})" for other in several]
                wrong = f"`{name}` is never reached: {_listed(takers)} above it together take all that it asks for"
                remedy = "Put it above one of them, or leave it out"
        yield routing.mistake(here, wrong, remedy)


def _as_written(path: str, routing: Document) -> str:
    """The fact of this path as the admin calls it."""
    if path == LANGUAGE_SPOKEN and routing.text("version") == "1":
        return "language"
    root, _, of = path.partition(".")
    if root == "days_since" and is_date(of):
        of = f"'{of}'"
    return f"{root}({of})" if root == "days_since" else f"{root}('{of}')" if root in ("open", "holiday") else path


def _listed(names: list[str]) -> str:
    """Such as `a, b and c`, or `a, b and 7 more`."""
    if len(names) > _SHOWN_TAKERS:
        return f"{', '.join(names[: _SHOWN_TAKERS - 1])} and {len(names) - _SHOWN_TAKERS + 1} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"


# ---- the numbers that people dial


def _doubtful_entries(routing: Document) -> Iterator[Mistake]:
    for number in routing.keys("entries"):
        here: Place = ("entries", number)
        if routing.at(*here, "default") is None:
            queue = routing.text("default_queue")
            wrong = f"has no default: contacts that no rule is for go to `{queue}`, with priority 0"
            yield routing.mistake(here, wrong, f"Write `default: {{queue: {queue}}}` if that is meant")


def _no_entries(routing: Document, read: list["_Read"]) -> Iterator[Mistake]:
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
    for path, text, tree in read:
        for operand in _compared_with("contact.dialled", tree):
            for literal in _written_out(operand):
                if literal.value not in known:
                    wrong = f"`{literal.value}` is none of the entries"
                    remedy = did_you_mean(str(literal.value), known, remedy_else)
                    yield routing.mistake(path, wrong, remedy, _at(literal, routing, path, text))


# ---- the numbers of callers


def _no_caller(routing: Document, read: list["_Read"], region: str) -> Iterator[Mistake]:
    """Numbers that are compared with the caller's, and are spelled as no caller's ever is."""
    lists: dict[str, None] = {}
    for path, text, tree in read:
        for operand in _compared_with("contact.caller", tree):
            if isinstance(operand, Values) and operand.name:
                lists[operand.name] = None
            for literal in _written_out(operand):
                if (found := _misspelled(str(literal.value), region)) is not None:
                    yield routing.mistake(path, *found, _at(literal, routing, path, text))
        for node in walk(tree):
            if isinstance(node, StartsWith) and _is(node.part, "contact.caller") and node.prefix.startswith("0"):
                wrong = f"`{node.prefix}` begins no number that a country code was found for"
                remedy = f"Begin it with + and the country code, such as '{country_code(region)}'"
                yield routing.mistake(path, wrong, remedy, _at(node, routing, path, text))
    for name in lists:
        for place, number in routing.texts("lists", name):
            if (found := _misspelled(number, region)) is not None:
                yield routing.mistake(place, *found)


def _misspelled(number: str, region: str) -> tuple[str, str] | None:
    """What is wrong and the remedy, for a number that contact.caller has in another spelling."""
    spelled = to_e164(number, region)
    if spelled is None or spelled == number:
        return None
    read = "" if number.strip().startswith("+") else f", if {region} is its country (crm.default_region)"
    return f"no caller is `{number}`: rules see numbers with + and the country code", f"Write it as '{spelled}'{read}"


# ---- expressions


_Read = tuple[Place, str, Node]


def _trees(routing: Document, schema: Schema) -> Iterator[_Read]:
    """Each expression with its place and its text."""
    for path, text in places(routing):
        usable = schema.above(str(path[1])) if path[0] == "conditions" else schema
        yield path, text, parse(text, usable).tree


def _compared_with(field: str, tree: Node) -> Iterator[Node]:
    """What the field is compared with."""
    for node in walk(tree):
        if isinstance(node, Comparison):
            operands = (node.first, *(operand for _, operand in node.rest))
            if any(_is(operand, field) for operand in operands):
                yield from (operand for operand in operands if not _is(operand, field))


def _is(node: Node, field: str) -> bool:
    return isinstance(node, Field) and node.path == field


def _written_out(operand: Node) -> tuple[Literal, ...]:
    if isinstance(operand, Values):
        return () if operand.name else operand.items
    return (operand,) if isinstance(operand, Literal) else ()


def _at(node: Literal | StartsWith, routing: Document, path: Place, text: str) -> Mark:
    """Where a part of the expression at `path`, which is `text`, stands in the file."""
    return spot(routing.scalars[path], text, *line_and_column(text, node.at))

"""What is no mistake in the admin's files and hardly meant: contacts that nobody may take, rules that no contact
reaches, steps and lists that change nothing.

It looks at files without mistakes, as the core obeys them, and asks the core's own functions who may take a contact.
"""

from collections.abc import Iterator

from callcenter.routing.skills import level_for, meets, relaxed
from callcenter.types import AgentConfig, AgentId, Configuration, Needs, QueueName, RuleConfig, Strategy
from callcenter.yaml_source import Document, Mistake, Place


def doubtful(made: Configuration, routing: Document) -> Iterator[Mistake]:
    """Warnings about `made`, each with its place in the document that it was made from."""
    yield from _doubtful_queues(made, routing)
    for index, rule in enumerate(made.rules):
        here: Place = ("rules", index)
        yield from _doubtful_needs(made.agents, rule, routing, here)
        hidden_by = next((other for other in made.rules[:index] if _covers(other, rule)), None)
        if hidden_by is not None:
            wrong = f"`{rule.name}` is never reached: `{hidden_by.name}` above it takes all that it asks for"
            yield routing.mistake(here, wrong, "Put the narrower rule first")


def _doubtful_queues(made: Configuration, routing: Document) -> Iterator[Mistake]:
    for queue in made.queues:
        here: Place = ("queues", queue.name)
        if not any(queue.name in agent.queues for agent in made.agents):
            yield routing.mistake(here, "no agent serves this queue", "Give it to an agent")
        if queue.strategy is Strategy.RANKED and not queue.ranked:
            wrong = "is `ranked` without a list, so whoever has been idle longest comes first"
            yield routing.mistake((*here, "strategy"), wrong, "List the agents in `ranked`, the first one first")
    closed_to = {queue.name: queue.closed_to for queue in made.queues}
    for circle in _circles(closed_to):
        wrong = (
            f"leads in a circle, {' to '.join((*circle, circle[0]))}: with all of them closed, callers are sent away"
        )
        yield routing.mistake(("queues", circle[0], "closed_to"), wrong, "Let one of them lead out of the circle")


def _circles(closed_to: dict[QueueName, QueueName | None]) -> Iterator[list[QueueName]]:
    """Each circle once."""
    seen: set[QueueName] = set()
    for first in closed_to:
        way: list[QueueName] = []
        here: QueueName | None = first
        while here is not None and here not in seen:
            seen.add(here)
            way.append(here)
            here = closed_to[here]
        if here in way:
            yield way[way.index(here) :]


def _doubtful_needs(
    agents: tuple[AgentConfig, ...], rule: RuleConfig, routing: Document, here: Place
) -> Iterator[Mistake]:
    """A rule that nobody meets in the end; else each step that changes nothing in who may take the contact."""
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
                yield routing.mistake((*here, "route", "relax", index), wrong, remedy)
    elif rule.skills or rule.any_of:
        key = "skills" if rule.skills else "any_of"
        late = ", not even after the last step of `relax`" if rule.relaxations else ""
        wrong = f"no agent of queue `{rule.queue}` has all the skills that `{rule.name}` requires{late}"
        yield routing.mistake((*here, "route", key), wrong, "Lower a level, or teach an agent")


def _able(agents: tuple[AgentConfig, ...], needs: Needs) -> list[AgentId]:
    return [agent.id for agent in agents if level_for(agent, needs.queues) is not None and meets(agent.skills, needs)]


def _covers(wide: RuleConfig, narrow: RuleConfig) -> bool:
    pairs = (
        (wide.tier, narrow.tier),
        (wide.dialled, narrow.dialled),
        (wide.intent, narrow.intent),
        (wide.language, narrow.language),
    )
    return all(not w or (n and set(n) <= set(w)) for w, n in pairs)

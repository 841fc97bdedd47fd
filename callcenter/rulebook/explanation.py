"""Why the rules send a contact where they send it: each rule tried, the decision, and who could take the contact.

One idea: nothing here decides. The rules are asked through `rules_trial`, whose answer carries the value of each part
of each condition; this module puts beside it what follows from the files, and writes it down for people.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from callcenter.routing.explain import Explanation, shortcoming
from callcenter.routing.language.trace import Part, RuleTrace, words_of
from callcenter.routing.skills import level_for, needs_of, preferred_had, relaxed, words_of_needs, words_of_step
from callcenter.rulebook.trial import Clock, Rules, Trial
from callcenter.types import (
    AgentConfig,
    AgentId,
    AttributeValue,
    Configuration,
    Needs,
    Overflow,
    QueueConfig,
    QueueState,
    Route,
    Tier,
)

_SHOWN_LENGTH = 100  # of a condition's text in one line; its parts are shown in full below it


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether an agent's queues and skills are enough. `from_ms` is from when on, counted from the contact's arrival:
    0 at once, later after steps of relaxation, None never."""

    agent: AgentId
    name: str
    from_ms: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Live:
    """How it would be just now, `at_ms` of the journal's end. `queue_state` is that of the rule's queue, None where the
    daemon does not know the queue."""

    at_ms: int
    queue_state: QueueState | None
    standing: Explanation | None


@dataclass(frozen=True, slots=True)
class Explained:
    """`tier` is the one that the rules see. `facts` are by path. `at` and `live_at` are times in words."""

    at_ms: int
    at: str
    facts: Mapping[str, AttributeValue]
    tier_rules: tuple[RuleTrace, ...]
    rules: tuple[RuleTrace, ...]
    route: Route
    tier: Tier
    overflow: Overflow | None
    agents: tuple[Fit, ...]
    live: Live | None = None
    live_at: str = ""


def explain(rules: Rules, clock: Clock, trial: Trial, live: Live | None = None) -> Explained:
    """Ask the rules about the contact, and say all that belongs to the answer."""
    answer, tried = rules.ask(trial), rules.tried(trial)
    configuration, route = rules.configuration, answer.route
    return Explained(
        at_ms=trial.at_ms,
        at=clock.words(trial.at_ms),
        facts=rules.facts(trial, answer.tier),
        tier_rules=tried.tier_rules,
        rules=tried.rules,
        route=route,
        tier=answer.tier,
        overflow=route.overflow or (_queue(configuration, route).overflow if route.away is None else None),
        agents=who_fits(configuration, route) if route.away is None else (),
        live=live,
        live_at=clock.words(live.at_ms) if live is not None else "",
    )


def who_fits(configuration: Configuration, route: Route) -> tuple[Fit, ...]:
    """Every agent: those first who may take the contact soonest, of those the ones for whom its queue comes first."""
    stages = [(0, needs_of(route))]
    for step in route.relaxations:
        stages.append((step.after_ms, relaxed(stages[-1][1], step)))
    fits = [(_fit(agent, stages), number) for number, agent in enumerate(configuration.agents)]
    return tuple(fit for (_, fit), _ in sorted(fits, key=lambda it: (it[0][0], it[1])))


_Order = tuple[float, int, int]


def _fit(agent: AgentConfig, stages: list[tuple[int, Needs]]) -> tuple[_Order, Fit]:
    for after_ms, needs in stages:
        if shortcoming(agent, needs) is None:
            level, preferred = level_for(agent, needs.queues), preferred_had(agent.skills, needs)
            assert level is not None
            words = ["can take it" if not after_ms else f"can take it after {after_ms / 1000:g} s"]
            words += [f"{needs.queues[0]} is number {level} in its own order"] if level > 1 else []
            words += [f"has {preferred} of the preferred skills"] if preferred else []
            return (after_ms, level, -preferred), Fit(agent.id, agent.name, after_ms, ", ".join(words))
    lacking = shortcoming(agent, stages[-1][1])
    assert lacking is not None
    return (math.inf, 0, 0), Fit(agent.id, agent.name, None, lacking[1])


def _queue(configuration: Configuration, route: Route) -> QueueConfig:
    return next(queue for queue in configuration.queues if queue.name == route.queue)


# ---- in words


def lines_of(explained: Explained) -> Iterator[str]:
    """The explanation as lines for a terminal."""
    yield f"A contact at {explained.at}"
    yield from (f"  {path} is {words_of(value)}" for path, value in explained.facts.items())
    if explained.tier_rules:
        yield ""
        yield "Rules for the tier"
        yield from _tried(explained.tier_rules)
        yield f"  The tier is {explained.tier}" + ("." if explained.tier_rules[-1].matched else ", that of the record.")
    yield ""
    yield "Rules"
    yield from _tried(explained.rules)
    if not explained.route.matched:
        yield "  No rule is for it: the default queue."
    yield ""
    yield f"Decision: {explained.route.rule}"
    yield from (f"  {words}" for words in words_of_route(explained.route, explained.overflow))
    yield ""
    yield from _who(explained)


def words_of_route(route: Route, overflow: Overflow | None) -> Iterator[str]:
    """What was decided, one thing to a line."""
    if route.away is not None:
        yield f"{route.away}: hears a message, and the call ends"
    else:
        yield f"queue {route.queue}, priority {route.priority}"
    yield f"because {route.because}"
    needs = words_of_needs(needs_of(route))
    if needs:
        yield f"needs {', '.join(needs)}"
    yield from (words_of_step(step) for step in route.relaxations)
    if route.prefer:
        yield f"kept for {', else '.join(route.prefer)} for {route.prefer_for_ms / 1000:g} s"
    elif route.prefer_for_ms:
        yield "kept for nobody: whom the rule prefers is not known"
    if overflow is not None:
        to = f"goes to queue {overflow.to}" if overflow.to is not None else "hears a message, and the call ends"
        yield f"after {overflow.after_ms / 1000:g} s: {to}"
    if route.tags:
        yield f"tags {', '.join(route.tags)}"
    if route.text:
        yield f"the agent sees: {' / '.join(route.text.split(chr(10)))}"


def _tried(traces: tuple[RuleTrace, ...]) -> Iterator[str]:
    for number, trace in enumerate(traces, start=1):
        yield f"  {number:3}. {_mark(trace.matched)}  {trace.name}"
        if not trace.parts:
            yield "            asks nothing"
        for part in trace.parts:
            yield from _part(part, 12)


def _part(part: Part, indent: int) -> Iterator[str]:
    """A part with its value. What a comparison compared stands behind it, other parts of a part stand below.

    A part that was not asked, because others had decided already, has a dash.
    """
    source = _in_line(part.source)
    if part.parts and len(source) > _SHOWN_LENGTH:
        source = f"{source[:_SHOWN_LENGTH]}…"
    if not isinstance(part.value, bool | None):
        yield f"{' ' * (indent + 5)}{source} is {words_of(part.value)}"
        for inner in part.parts:
            yield from _part(inner, indent + 5)
        return
    compared = [_compared(inner) for inner in part.parts]
    plain = all(compared)
    behind = f"   ({', '.join(word for word in compared if word)})" if plain and compared else ""
    yield f"{' ' * indent}{_mark(part.value)}  {source}{behind}"
    if not plain:
        for inner in part.parts:
            yield from _part(inner, indent + 5)


def _compared(part: Part) -> str | None:
    """Such as `tier is gold`; None for what is more than one fact."""
    is_fact = not part.parts and part.value is not None and not isinstance(part.value, bool)
    return f"{_in_line(part.source)} is {words_of(part.value)}" if is_fact and part.value is not None else None


def _in_line(source: str) -> str:
    return " ".join(source.split())


def _mark(value: bool | None) -> str:
    return "  -" if value is None else "yes" if value else " no"


def _who(explained: Explained) -> Iterator[str]:
    live = explained.live
    if explained.route.away is not None:
        yield "Nobody is offered it: it waits in no queue."
        return
    if live is None:
        yield "Who may take it, by queue and skills (who is free now: --live)"
        yield from _agents([(fit.agent, fit.words) for fit in explained.agents])
        return
    queue = explained.route.queue
    if live.queue_state is None:
        yield f"The daemon does not know the queue {queue}: these rules are not in force."
        yield from _agents([(fit.agent, fit.words) for fit in explained.agents])
        return
    if live.queue_state is not QueueState.OPEN:
        yield f"The queue {queue} is {live.queue_state.value}: nobody new may wait there. Otherwise:"
    assert live.standing is not None
    kept = f", kept for {live.standing.held_for}" if live.standing.held_for is not None else ""
    yield f"Who could take it, as the daemon last knew at {explained.live_at}"
    yield f"  place {live.standing.place} of {live.standing.waiting}{kept}"
    yield from _agents([(reason.agent, reason.words) for reason in live.standing.agents])


def _agents(told: list[tuple[AgentId, str]]) -> Iterator[str]:
    width = max((len(agent) for agent, _ in told), default=0)
    yield from (f"  {agent:{width}}  {words}" for agent, words in told)

"""Why a contact is where it is: the rule, what it asks for, its place, and for each agent the one reason why not.

Nothing here is computed before somebody asks. An offer of the past is explained by letting the engine handle the same
events again (`hindsight.py`): the same events give the same decisions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from callcenter.queues.contact import Contact
from callcenter.queues.order import place_of
from callcenter.routing.agent import Agent
from callcenter.routing.index import PairKey
from callcenter.routing.preferred import may_take
from callcenter.routing.skills import level_for, str_of, words_of_needs, words_of_step
from callcenter.state import State
from callcenter.types import (
    AgentConfig,
    AgentId,
    AgentState,
    ContactId,
    ContactState,
    DeviceStatus,
    Needs,
    OfferId,
    QueueName,
    Skill,
    Strategy,
)

_OF_STRATEGY = {
    Strategy.LONGEST_IDLE: "has been idle longer",
    Strategy.LEAST_OCCUPIED: "is less occupied today",
    Strategy.FEWEST_CONTACTS: "has answered fewer contacts today",
    Strategy.MOST_PROFICIENT: "is more proficient",
    Strategy.LEAST_FLEXIBLE: "has fewer skills, so others stay free for what only they can do",
    Strategy.ROUND_ROBIN: "had its last offer from this queue longer ago",
    Strategy.RANKED: "comes earlier in the queue's list",
    Strategy.RANDOM: "was drawn",
}


@dataclass(frozen=True, slots=True)
class AgentReason:
    """The one reason that decides: `reason` is a word for programs, `words` are for people."""

    agent: AgentId
    name: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`place` counts from 1 among the `waiting` contacts of the same queue; None where the contact is not waiting.

    `offer` is the offer that was about to be made, None where somebody asked at another moment. `agents` has those
    first who come first.
    """

    contact: ContactId
    now_ms: int
    state: ContactState
    queue: QueueName | None
    priority: int | None
    rule: str | None
    because: str | None
    needs: tuple[str, ...]
    relaxed: tuple[str, ...]
    held_for: AgentId | None
    place: int | None
    waiting: int
    agents: tuple[AgentReason, ...]
    offer: OfferId | None = None


def explain(state: State, now_ms: int, contact: Contact, chosen: Agent | None = None) -> Explanation:
    """Explain where the contact stands at `now_ms` or, with `chosen`, why it is about to be offered to this agent."""
    route = contact.route
    queue = route.queue if route is not None else None
    line = sorted(
        place_of(other, state.configuration.ageing_ms)
        for other in state.saved.contacts.values()
        if other.state is ContactState.WAITING and other.route is not None and other.route.queue == queue
    )
    waits = contact.state is ContactState.WAITING
    return Explanation(
        contact=contact.id,
        now_ms=now_ms,
        state=contact.state,
        queue=queue,
        priority=route.priority if route is not None else None,
        rule=route.rule if route is not None else None,
        because=route.because if route is not None else None,
        needs=words_of_needs(contact.needs) if contact.needs is not None else (),
        relaxed=tuple(words_of_step(step) for step in route.relaxations[: contact.steps]) if route is not None else (),
        held_for=contact.held_for,
        place=1 + line.index(place_of(contact, state.configuration.ageing_ms)) if waits else None,
        waiting=len(line),
        agents=tuple(_agents(state, now_ms, contact, chosen)) if queue in state.queues else (),
        offer=OfferId(f"{contact.id}.{contact.offers_made + 1}") if chosen is not None else None,
    )


def explain_offers(state: State, observer: Callable[[Explanation], None] | None) -> None:
    """Tell the observer of each offer just before it is made, until told otherwise."""
    if observer is None:
        state.why = None
    else:
        state.why = lambda now, contact, agent: observer(explain(now, now.now_ms, contact, agent))


def _agents(state: State, now_ms: int, contact: Contact, chosen: Agent | None) -> Iterator[AgentReason]:
    """Who could take it now in their order, then everybody else in the order of the configuration."""
    waits = contact.state is ContactState.WAITING
    keys: list[tuple[PairKey, Agent]] = []
    others: list[AgentReason] = []
    for agent in state.saved.agents.values():
        if agent is chosen and contact.given_by is not None:
            words = f"{contact.given_by} has given it to this agent"
            yield AgentReason(agent.config.id, agent.config.name, "given", words)
            continue
        code, words = _why_not(state, now_ms, contact, agent)
        key = state.index.pair_key(contact, agent) if not code else None
        if key is None:
            others.append(AgentReason(agent.config.id, agent.config.name, code, words))
        else:
            keys.append((key, agent))
    keys.sort(key=lambda pair: (pair[1].config.id in contact.refused_by, pair[0]))
    for number, (key, agent) in enumerate(keys):
        if number == 0:
            asked = "is free and comes first" if waits else "is free and comes first if nobody answers"
            words = "gets the contact" if agent is chosen else asked
            yield AgentReason(agent.config.id, agent.config.name, "first", f"{words} ({len(keys)} could take it now)")
        else:
            code, words = _why_later(state, contact, keys[0], key)
            yield AgentReason(agent.config.id, agent.config.name, code, f"{keys[0][1].config.name} {words}")
    yield from others


def _why_not(  # noqa: PLR0911 - one row for each
    state: State, now_ms: int, contact: Contact, agent: Agent
) -> tuple[str, str]:
    """The first thing that stands between this agent and the contact; empty where nothing does."""
    if agent.contact == contact.id:
        given = f", {contact.given_by} has given it to this agent" if contact.given_by is not None else ""
        rings = "rings", f"is being rung for it{given}"
        return rings if agent.offer is not None else ("talks", f"has it: {_state(agent)}{given}")
    if not may_take(agent, contact):
        return _unfit(contact, agent)
    if contact.in_fallback:
        return "fallback", "the PBX has the caller in its own queue, and has been asked for it"
    if contact.bound is not None:
        return "bound", f"it is being transferred to {contact.bound.words}"
    if contact.returning:
        return "returning", "it was transferred, and the caller is on its way back to the holding place"
    if contact.held_for is not None and contact.held_for != agent.config.id:
        return "held", f"it is kept for {state.saved.agents[contact.held_for].config.name}"
    if agent.state is not AgentState.READY:
        return "state", _state(agent)
    return _unavailable(state, now_ms, agent)


def _unavailable(  # noqa: PLR0911 - one row for each
    state: State, now_ms: int, agent: Agent
) -> tuple[str, str]:
    """Why an agent who is READY is offered nothing."""
    device = state.device_status(agent.config.device)
    wait_ms = agent.backoff_until_ms - now_ms
    if state.saved.offering_stopped_by is not None:
        return "drained", f"no offers are made, {state.saved.offering_stopped_by} has asked for it"
    if not state.saved.pbxs.get(agent.config.device.pbx, False):
        return "pbx_lost", f"the PBX {agent.config.device.pbx} does not answer"
    if not agent.config.device.device:
        return "no_phone", "has no phone: choose one"
    if device is DeviceStatus.FREE and not state.can_ring(agent):
        return "listens", "is about to listen to a colleague"
    if device is not DeviceStatus.FREE:
        return "device", f"the phone is {device.value.replace('_', ' ')}"
    if wait_ms > 0:
        return "back_off", f"gets no offers for another {-(-wait_ms // 1000)} s, after one that came to nothing"
    return "", ""


def _unfit(contact: Contact, agent: Agent) -> tuple[str, str]:
    config, needs = agent.config, contact.needs
    assert needs is not None
    if config.device.pbx != contact.channel.pbx and level_for(config, needs.queues) is not None:
        return "pbx", f"has its phone at the PBX {config.device.pbx}, the caller is at {contact.channel.pbx}"
    found = shortcoming(config, needs)
    assert found is not None, f"{config.id} may take {contact.id}"
    order = agent.skills_order
    return found if order is None or found[0] == "queue" else (found[0], f"{found[1]}; {order.by} has set its skills")


def shortcoming(config: AgentConfig, needs: Needs) -> tuple[str, str] | None:
    """The first thing that this agent lacks of what is asked for, a word and words; None where nothing is."""
    if level_for(config, needs.queues) is None:
        return "queue", f"does not serve {' or '.join(needs.queues)}"
    levels = {skill.name: skill.level for skill in config.skills}
    for need in needs.skills:
        if levels.get(need.name, 0) < need.level:
            return _lacking(need, levels.get(need.name))
    for group in needs.any_of:
        if not any(levels.get(need.name, 0) >= need.level for need in group):
            return "skill", f"has none of {' or '.join(map(str_of, group))}"
    return None


def _lacking(need: Skill, level: int | None) -> tuple[str, str]:
    if level is None:
        return "skill", f"lacks {need.name}, {str_of(need)} is asked for"
    return "level", f"has {need.name} {level}, {str_of(need)} is asked for"


def _state(agent: Agent) -> str:
    words = agent.state.value.replace("_", " ")
    return f"{words} ({agent.reason})" if agent.reason is not None else words


def _why_later(state: State, contact: Contact, first: tuple[PairKey, Agent], key: PairKey) -> tuple[str, str]:
    """In what this pair comes after the first one."""
    refused = contact.refused_by
    if key[5] in refused and first[0][5] not in refused:
        return "refused", "has not refused it before"
    if key[0] != first[0][0]:
        return "own_order", "has this queue earlier in its own order"
    if key[2] != first[0][2]:
        return "preferred", "has more of the preferred skills"
    assert contact.route is not None
    strategy = state.queues[contact.route.queue].strategy
    if key[3] != first[0][3]:
        return strategy.value, _OF_STRATEGY[strategy]
    if key[4] != first[0][4]:
        return Strategy.LONGEST_IDLE.value, _OF_STRATEGY[Strategy.LONGEST_IDLE]
    return "name", "comes first by name, all else being equal"

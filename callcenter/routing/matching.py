"""Who gets whom: one total order in both directions.

A contact that comes goes to the READY agent that has been idle longest among those that may take it; an agent that
comes free takes the first contact, in the order of its queues together, that it may take.

When agents and contacts come at once, contacts go first, in their order: the earliest contact that anybody may take
goes to the longest idle of those agents, then the next. So neither overtakes: not the new contact the one that has
waited, not the agent who is just free the one who has been idle.
"""

from heapq import heapify, heappop, heappush

from callcenter.queues.contact import Contact
from callcenter.queues.order import Place, place_of
from callcenter.routing.agent import Agent, satisfies
from callcenter.routing.offering import make_offer
from callcenter.state import State
from callcenter.types import AgentId, ContactId, ContactState

NOBODY = AgentId("")


def match(state: State) -> None:
    """Make every offer that the event in hand has made possible."""
    if not state.waiting_anew and not state.freed:
        return
    wanted = _wanted(state)
    while wanted:
        _, contact_id, agent_id = heappop(wanted)
        contact = state.saved.contacts[contact_id]
        if contact.state is ContactState.WAITING:
            chosen = best_agent(state, contact)
            if chosen is not None:
                make_offer(state, contact, chosen)
        if agent_id:  # somebody else may have got the contact that this agent would have taken
            _want_first(state, wanted, agent_id)


def _wanted(state: State) -> list[tuple[Place, ContactId, AgentId]]:
    """What may be offered now: each contact that waits anew, and for each agent that came free its first contact."""
    wanted = []
    for contact_id in state.waiting_anew:
        contact = state.saved.contacts[contact_id]
        if contact.state is ContactState.WAITING and state.saved.pbxs.get(contact.channel.pbx, False):
            wanted.append((place_of(contact), contact_id, NOBODY))
    heapify(wanted)
    for agent_id in state.freed:
        _want_first(state, wanted, agent_id)
    state.waiting_anew.clear()
    state.freed.clear()
    return wanted


def _want_first(state: State, wanted: list[tuple[Place, ContactId, AgentId]], agent_id: AgentId) -> None:
    agent = state.saved.agents[agent_id]
    if state.may_be_offered(agent):
        contact = first_contact(state, agent)
        if contact is not None:
            heappush(wanted, (place_of(contact), contact.id, agent_id))


def longest_idle(agent: Agent) -> tuple[int, str]:
    return (agent.idle_since_ms, agent.config.id)


def may_take(agent: Agent, contact: Contact) -> bool:
    """Queue, skills and PBX fit; says nothing of the agent's state."""
    return (
        contact.route is not None
        and contact.route.queue in agent.config.queues
        and contact.channel.pbx == agent.config.device.pbx
        and satisfies(agent.config.skills, contact.route.skills)
    )


def best_agent(state: State, contact: Contact) -> Agent | None:
    candidates = (
        agent for agent in state.saved.agents.values() if state.may_be_offered(agent) and may_take(agent, contact)
    )
    return min(candidates, key=longest_idle, default=None)


def first_contact(state: State, agent: Agent) -> Contact | None:
    for contact_id in state.order.across(agent.config.queues):
        contact = state.saved.contacts[contact_id]
        if contact.state is ContactState.WAITING and may_take(agent, contact):
            return contact
    return None

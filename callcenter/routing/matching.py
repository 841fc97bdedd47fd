"""Who gets whom: one total order in both directions.

A contact that comes goes to the READY agent that has been idle longest among those that may take it; an agent that
comes free takes the first contact, in the order of its queues together, that it may take.

When agents and contacts come at once, contacts go first, in their order: the earliest contact that anybody may take
goes to the longest idle of those agents, then the next. So neither overtakes: not the new contact the one that has
waited, not the agent who is just free the one who has been idle.
"""

from heapq import heapify, heappop, heappush

from callcenter.queues.order import Place, place_of
from callcenter.routing.offering import make_offer
from callcenter.state import State
from callcenter.types import AgentId, ContactId, ContactState

NOBODY = AgentId("")


def match(state: State) -> None:
    """Make every offer that the event in hand has made possible."""
    if not state.waiting_anew and len(state.freed) <= 1:
        _match_one(state)
        return
    wanted = _wanted(state)
    while wanted:
        _, contact_id, agent_id = heappop(wanted)
        contact = state.saved.contacts[contact_id]
        if contact.state is ContactState.WAITING:
            chosen = state.index.best_agent(contact)
            assert chosen is not None or agent_id == NOBODY, f"{agent_id} is free for {contact_id} and not in the index"
            if chosen is not None:
                make_offer(state, contact, chosen)
        if agent_id:  # somebody else may have got the contact that this agent would have taken
            _want_first(state, wanted, agent_id)


def _match_one(state: State) -> None:
    """One agent at most has come free and nobody waits anew: nobody else could take what this agent takes."""
    for agent_id in state.freed:
        agent = state.saved.agents[agent_id]
        if state.may_be_offered(agent):
            contact = state.index.first_contact(agent)
            if contact is None:
                state.index.agent_free(agent)
            else:
                make_offer(state, contact, agent)
    state.freed.clear()


def _wanted(state: State) -> list[tuple[Place, ContactId, AgentId]]:
    """What may be offered now: each contact that waits anew, and for each agent that came free its first contact."""
    wanted = []
    for contact_id in state.waiting_anew:
        contact = state.saved.contacts[contact_id]
        if contact.state is ContactState.WAITING:
            state.index.contact_waits(contact)
            if state.saved.pbxs.get(contact.channel.pbx, False):
                wanted.append((place_of(contact), contact_id, NOBODY))
    heapify(wanted)
    free = [agent_id for agent_id in state.freed if state.may_be_offered(state.saved.agents[agent_id])]
    for agent_id in free:
        state.index.agent_free(state.saved.agents[agent_id])
    for agent_id in free:
        _want_first(state, wanted, agent_id)
    state.waiting_anew.clear()
    state.freed.clear()
    return wanted


def _want_first(state: State, wanted: list[tuple[Place, ContactId, AgentId]], agent_id: AgentId) -> None:
    agent = state.saved.agents[agent_id]
    if state.may_be_offered(agent):
        contact = state.index.first_contact(agent)
        if contact is not None:
            heappush(wanted, (place_of(contact), contact.id, agent_id))

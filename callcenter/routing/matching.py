"""Who gets whom: one total order over all pairs of a waiting contact and a free agent who may take it.

The smallest pair is offered, then the smallest of what is left, until nothing fits together any more. Before an event
nothing did, so each new pair has a contact that waits anew or an agent who has come free: only those are looked at.
The order itself is `index.pair_key`; docs/routing.md says it in words.
"""

from heapq import heappop, heappush

from callcenter.queues.contact import Contact
from callcenter.queues.order import place_of
from callcenter.routing.agent import Agent
from callcenter.routing.index import PairKey
from callcenter.routing.offering import make_offer
from callcenter.state import State
from callcenter.types import AgentId, ContactId

# One side of a pair that may be: a contact, or else an agent.
Side = tuple[ContactId | None, AgentId | None]
# Somebody who may get something now: the pair as it was when last looked at, and whose it is.
Wanted = tuple[PairKey, str, Side]


def match(state: State) -> None:
    """Make every offer that the event in hand has made possible."""
    if not state.waiting_anew and not state.freed:
        return
    if state.saved.offering_stopped_by is not None:
        state.waiting_anew.clear()  # everybody is looked at when offers are made again
        state.freed.clear()
        return
    offered = _match_pairs(state) if state.waiting_anew or len(state.freed) > 1 else _match_one(state)
    _ring_further(state, offered)


def _match_one(state: State) -> list[Contact]:
    """One agent has come free and nobody waits anew: nobody else could take what this agent takes."""
    offered = []
    for agent_id in state.freed:
        agent = state.saved.agents[agent_id]
        if state.may_be_offered(agent):
            first = state.index.first_contact(agent)
            if first is None:
                state.index.agent_free(agent)
            else:
                offered.append(first[1])
                _offer(state, first[1], agent)
    state.freed.clear()
    return offered


def _match_pairs(state: State) -> list[Contact]:
    """What somebody wants can only get worse while others take what they want: it is looked at again when it comes up.

    Only what was refused may get better, when those who did not refuse it are taken: it is looked at after each offer.
    """
    wanted, refusals = _wanted(state)
    offered = []
    while wanted:
        key, name, side = heappop(wanted)
        now = _pair_of(state, *side)
        if now is None:
            continue
        if now[0] != key:
            heappush(wanted, (now[0], name, side))
            continue
        offered.append(now[1])
        _offer(state, now[1], now[2])
        for refusal in refusals:
            _want(state, wanted, refusal)
    return offered


def _wanted(state: State) -> tuple[list[Wanted], list[Side]]:
    """Who may get something now; and of these, contacts that were refused and agents who have refused any."""
    sides: list[Side] = []
    refusals: list[Side] = []
    for contact_id in state.waiting_anew:
        contact = state.saved.contacts[contact_id]
        if contact.to_be_offered:
            state.index.contact_waits(contact)
            sides.append((contact_id, None))
            if contact.refused_by:
                refusals.append((contact_id, None))
    for agent in map(state.saved.agents.__getitem__, state.freed):
        if state.may_be_offered(agent):
            state.index.agent_free(agent)
            sides.append((None, agent.config.id))
            if state.index.has_refused(agent):
                refusals.append((None, agent.config.id))
    state.waiting_anew.clear()
    state.freed.clear()
    wanted: list[Wanted] = []
    for side in sides:
        _want(state, wanted, side)
    return wanted, refusals


def _want(state: State, wanted: list[Wanted], side: Side) -> None:
    pair = _pair_of(state, *side)
    if pair is not None:
        contact_id, agent_id = side
        # The name keeps two sides that want the same pair apart; an agent may have the name of a contact.
        heappush(wanted, (pair[0], f"contact {contact_id}" if contact_id is not None else f"agent {agent_id}", side))


def _pair_of(
    state: State, contact_id: ContactId | None, agent_id: AgentId | None
) -> tuple[PairKey, Contact, Agent] | None:
    """The best pair now for this contact, or for this agent."""
    if contact_id is not None:
        contact = state.saved.contacts[contact_id]
        if not contact.to_be_offered or not state.saved.pbxs.get(contact.channel.pbx, False):
            return None
        best = state.index.best_agent(contact)
        return None if best is None else (best[0], contact, best[1])
    assert agent_id is not None
    agent = state.saved.agents[agent_id]
    if not state.may_be_offered(agent):
        return None
    first = state.index.first_contact(agent)
    return None if first is None else (first[0], first[1], agent)


def _offer(state: State, contact: Contact, agent: Agent) -> None:
    if state.why is not None:
        state.why(state, contact, agent)
    make_offer(state, contact, agent)


def _ring_further(state: State, offered: list[Contact]) -> None:
    """The parallel ring: agents whom nobody who waits could have ring for those who have just been offered, too."""
    parallel = [contact for contact in offered if _phones(state, contact) > 1 and contact.held_for is None]
    parallel.sort(key=lambda contact: place_of(contact, state.configuration.ageing_ms))
    for contact in parallel:
        while len(contact.ringing) < _phones(state, contact):
            best = state.index.best_agent(contact)
            if best is None:
                break
            _offer(state, contact, best[1])


def _phones(state: State, contact: Contact) -> int:
    assert contact.route is not None
    return state.queues[contact.route.queue].ring_at_once

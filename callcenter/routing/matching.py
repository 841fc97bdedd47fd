"""Who gets whom: one total order in both directions.

A contact that comes goes to the READY agent that has been idle longest among those that may take it; an agent that
comes free takes the first contact, in the order of its queues together, that it may take.
"""

from callcenter.queues.contact import Contact
from callcenter.routing.agent import Agent, satisfies
from callcenter.routing.offering import make_offer
from callcenter.state import State
from callcenter.types import ContactState


def match(state: State) -> None:
    """Make every offer that the event in hand has made possible."""
    while state.waiting_anew or state.freed:
        contacts = [state.saved.contacts[contact] for contact in state.waiting_anew]
        agents = [state.saved.agents[agent] for agent in state.freed]
        state.waiting_anew.clear()
        state.freed.clear()
        for agent in sorted(agents, key=longest_idle):
            if state.may_be_offered(agent):
                wanted = first_contact(state, agent)
                if wanted is not None:
                    make_offer(state, wanted, agent)
        for contact in sorted(contacts, key=_first_in_order):
            if contact.state is ContactState.WAITING and state.saved.pbxs.get(contact.channel.pbx, False):
                chosen = best_agent(state, contact)
                if chosen is not None:
                    make_offer(state, contact, chosen)


def longest_idle(agent: Agent) -> tuple[int, str]:
    return (agent.idle_since_ms, agent.config.id)


def _first_in_order(contact: Contact) -> tuple[int, int, int]:
    priority = contact.route.priority if contact.route else 0
    return (-priority, contact.arrived_ms, contact.sequence)


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

"""What supervisors order of agents: a state, skills, a contact. What makes no sense any more is ignored aloud.

A state that is ordered is the agent's own request made by another, so it has the same rows of the same table. Skills
that are set take the place of the configured ones in the agent's own configuration, so that nothing that matches or
explains has to know of them; the order itself remembers what it has replaced.
"""

from dataclasses import replace

from callcenter.events import Event
from callcenter.orders import (
    AcceptAsked,
    AgentSkillsChanged,
    AgentSkillsSet,
    AgentStateSet,
    ContactGiven,
    DeviceChosen,
    MessageAcknowledged,
    MessageSent,
    Order,
    SkillsOrder,
)
from callcenter.queues.contact import Contact
from callcenter.routing import accepting, devices, messages
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.offering import make_offer, stop_phones
from callcenter.routing.preferred import release_unfit
from callcenter.routing.presence import ask
from callcenter.state import State
from callcenter.types import AgentConfig, AgentId, AgentState, ContactState, DecisionKind

_TRIGGERS = {
    AgentState.READY: AgentTrigger.GO_READY,
    AgentState.NOT_READY: AgentTrigger.GO_NOT_READY,
    AgentState.LOGGED_OUT: AgentTrigger.SIGN_OUT,
}


def handle_order(state: State, event: Order) -> None:
    match event:
        case AgentStateSet():
            _set_state(state, event)
        case AgentSkillsSet():
            _set_skills(state, event)
        case ContactGiven():
            _give(state, event)
        case MessageSent():
            messages.send(state, event)
        case MessageAcknowledged():
            messages.acknowledge(state, event)
        case AcceptAsked():
            accepting.ask(state, event)
        case DeviceChosen():
            devices.choose(state, event)


def configured(agent: Agent, config: AgentConfig) -> AgentConfig:
    """What a new configuration makes of an agent: skills that were set hold until it gives the agent other skills.

    The same for a phone that the agent has chosen.
    """
    config = devices.configured(agent, config)
    order = agent.skills_order
    if order is None or order.instead_of != config.skills:
        agent.skills_order = None
        return config
    return replace(config, skills=agent.config.skills)


def _agent(state: State, agent_id: AgentId, event: Event) -> Agent | None:
    agent = state.saved.agents.get(agent_id)
    if agent is None:
        state.ignore(event, f"there is no agent {agent_id}")
    return agent


def _set_state(state: State, event: AgentStateSet) -> None:
    agent = _agent(state, event.agent, event)
    if agent is None:
        return
    trigger = _TRIGGERS.get(event.state)
    if trigger is None or (event.state is AgentState.NOT_READY) != (event.reason is not None):
        state.ignore(event, f"{event.state.value} with the reason {event.reason} cannot be ordered")
    elif agent.state is AgentState.LOGGED_OUT:
        state.ignore(event, f"agent {event.agent} is not signed in")
    else:
        ask(state, agent, event, trigger, event.reason, event.by)


def _set_skills(state: State, event: AgentSkillsSet) -> None:
    agent = _agent(state, event.agent, event)
    if agent is None:
        return
    own = agent.config.skills if agent.skills_order is None else agent.skills_order.instead_of
    skills = own if event.skills is None else event.skills
    if skills == agent.config.skills and (event.skills is None) == (agent.skills_order is None):
        state.ignore(event, f"agent {event.agent} has these skills")
        return
    agent.skills_order = None if event.skills is None else SkillsOrder(event.by, own)
    agent.config = replace(agent.config, skills=skills)
    state.emit(AgentSkillsChanged(event.agent, skills, None if event.skills is None else event.by))
    state.index.agent_changed(agent)
    release_unfit(state)
    state.freed[event.agent] = None


def _give(state: State, event: ContactGiven) -> None:
    contact = state.saved.contacts.get(event.contact)
    waits = contact is not None and contact.state in (ContactState.WAITING, ContactState.OFFERED)
    if contact is None or not waits or contact.consult_of is not None:
        state.ignore(event, f"contact {event.contact} is not waiting")
        return
    agent = _agent(state, event.agent, event)
    if agent is None:
        return
    why_not = _why_not(state, contact, agent, event)
    if why_not:
        state.ignore(event, why_not)
        return
    stop_phones(state, contact)
    if agent.state is AgentState.NOT_READY:
        agent.pending, agent.pending_by = agent.reason, agent.set_by
        agent.move(AgentTrigger.GO_READY)
        agent.reason = None
        agent.since_ms = agent.idle_since_ms = state.now_ms
    state.record_decision(contact, DecisionKind.GIVEN, f"given to {agent.config.name}", event.by)
    contact.given_by = event.by
    if state.why is not None:
        state.why(state, contact, agent)
    make_offer(state, contact, agent)


def _why_not(state: State, contact: Contact, agent: Agent, event: ContactGiven) -> str:
    """In words what stands between the contact and this agent; empty where nothing does."""
    takes = event.by == event.agent  # whoever takes a contact wants it now, whatever its state and its back-off
    states = (AgentState.READY, AgentState.NOT_READY) if takes else (AgentState.READY,)
    if state.saved.offering_stopped_by is not None:
        return "no offers are made"
    if contact.elsewhere or contact.bound is not None:
        return f"contact {event.contact} is not in the holding place, or is being transferred"
    if contact.returning or contact.bound is not None or contact.queue not in state.queues:
        return f"contact {event.contact} is being transferred, or routed anew"
    if contact.channel.pbx != agent.config.device.pbx:
        return f"agent {event.agent} has its phone at another PBX than contact {event.contact}"
    if agent.state not in states:
        return f"agent {event.agent} is {agent.state.value}"
    free = state.can_ring(agent) if takes else state.may_be_offered(agent)
    return "" if free else devices.why_silent(agent, "is not free, or its back-off runs")

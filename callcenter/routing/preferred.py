"""A contact that is kept for one agent, for a while: its account manager, or who talked to the customer last.

Whom it is kept for is settled when it is routed. From then on it can only be let go: when the time is over, or the
agent leaves, may no longer take it, or refuses it.
"""

from callcenter.queues.contact import Contact
from callcenter.routing.agent import Agent
from callcenter.routing.skills import level_for, meets
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import AgentId, AgentState, ContactState, DecisionKind


def may_take(agent: Agent, contact: Contact) -> bool:
    """Whether queue, PBX and skills fit; says nothing of the agent's state."""
    config, needs = agent.config, contact.needs
    assert needs is not None
    return (
        config.device.pbx == contact.channel.pbx
        and level_for(config, needs.queues) is not None
        and meets(config.skills, needs)
    )


def keep(state: State, contact: Contact) -> None:
    """Keep a contact that has just been routed for the first of its preferred agents who is at work and may take it."""
    stop_keeping(state, contact)
    assert contact.route is not None
    until_ms = contact.arrived_ms + contact.route.prefer_for_ms
    if until_ms <= state.now_ms:
        return
    for agent_id in contact.route.prefer:
        agent = state.saved.agents.get(agent_id)
        if agent is not None and _is_there(agent) and may_take(agent, contact) and agent_id not in contact.refused_by:
            contact.held_for = agent_id
            state.kept.setdefault(agent_id, {})[contact.id] = None
            state.saved.timers.arm(TimerKind.KEEP, contact.id, until_ms)
            return


def stop_keeping(state: State, contact: Contact) -> AgentId | None:
    """Free for all, and nothing said: for a contact that is routed anew, answered or over. Whom it was kept for."""
    agent_id = contact.held_for
    if agent_id is not None:
        contact.held_for = None
        del state.kept[agent_id][contact.id]
        state.saved.timers.cancel(TimerKind.KEEP, contact.id)
    return agent_id


def release(state: State, contact: Contact, why: str) -> None:
    """Free for all from now on."""
    agent_id = stop_keeping(state, contact)
    if agent_id is None:
        return
    state.record_decision(contact, DecisionKind.RELEASED, f"no longer kept for {agent_id}: {why}")
    if contact.state is ContactState.WAITING:
        state.waiting_anew[contact.id] = None


def release_all(state: State, agent: Agent) -> None:
    """The agent has signed out or is removed."""
    for contact_id in list(state.kept.get(agent.config.id, ())):
        release(state, state.saved.contacts[contact_id], "signed out")
    state.kept.pop(agent.config.id, None)


def release_unfit(state: State) -> None:
    """After a new configuration: nobody waits for an agent who may no longer take it."""
    for agent_id, contacts in list(state.kept.items()):
        agent = state.saved.agents.get(agent_id)
        for contact in [state.saved.contacts[contact_id] for contact_id in contacts]:
            if agent is None or agent.removed or not may_take(agent, contact):
                release(state, contact, "may no longer take it")


def _is_there(agent: Agent) -> bool:
    return agent.state is not AgentState.LOGGED_OUT and not agent.removed

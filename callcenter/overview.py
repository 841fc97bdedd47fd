"""A picture of the call center at one moment, for supervisors' screens and the metrics."""

from dataclasses import dataclass

from callcenter.routing.agent import Agent
from callcenter.state import State
from callcenter.types import (
    AgentId,
    AgentState,
    ContactId,
    ContactState,
    DeviceStatus,
    PbxName,
    QueueName,
    Tier,
)


@dataclass(frozen=True, slots=True)
class QueueView:
    name: QueueName
    waiting: int  # WAITING and OFFERED contacts
    longest_wait_ms: int  # of those, 0 when there is none
    connected: int
    agents_serving: int  # signed in
    agents_ready: int


@dataclass(frozen=True, slots=True)
class AgentView:
    id: AgentId
    name: str
    state: AgentState
    reason: str | None
    since_ms: int
    deadline_ms: int | None
    contact: ContactId | None
    pending: str | None
    device: DeviceStatus
    queues: tuple[QueueName, ...]


@dataclass(frozen=True, slots=True)
class ContactView:
    id: ContactId
    state: ContactState
    tier: Tier
    queue: QueueName | None
    priority: int | None
    caller: str | None
    arrived_ms: int
    agent: AgentId | None


@dataclass(frozen=True, slots=True)
class Overview:
    now_ms: int
    pbxs: tuple[tuple[PbxName, bool], ...]  # name, connected and synced
    queues: tuple[QueueView, ...]
    agents: tuple[AgentView, ...]
    contacts: tuple[ContactView, ...]  # those not ended, oldest first, at most as many as were asked for


def overview_of(state: State, now_ms: int, contacts: int) -> Overview:
    """Draw the picture at `now_ms`, with at most the `contacts` oldest contacts that have not ended."""
    saved = state.saved
    waits: dict[QueueName, list[int]] = {name: [] for name in state.queues}
    connected = dict.fromkeys(state.queues, 0)
    listed: list[ContactView] = []
    for contact in saved.contacts.values():
        if contact.state is ContactState.ENDED:
            continue
        queue = contact.route.queue if contact.route else None
        if queue in waits:
            if contact.state is ContactState.CONNECTED:
                connected[queue] += 1
            else:
                waits[queue].append(max(0, now_ms - contact.arrived_ms))
        if len(listed) < contacts:
            listed.append(
                ContactView(
                    id=contact.id,
                    state=contact.state,
                    tier=contact.tier,
                    queue=queue,
                    priority=contact.route.priority if contact.route else None,
                    caller=contact.caller,
                    arrived_ms=contact.arrived_ms,
                    agent=contact.agent,
                )
            )
    return Overview(
        now_ms=now_ms,
        pbxs=tuple(saved.pbxs.items()),
        queues=tuple(_queue_view(state, name, waits[name], connected[name]) for name in state.queues),
        agents=tuple(_agent_view(state, agent) for agent in saved.agents.values()),
        contacts=tuple(listed),
    )


def _queue_view(state: State, name: QueueName, waits_ms: list[int], connected: int) -> QueueView:
    serving = [
        agent
        for agent in state.saved.agents.values()
        if name in agent.config.queues and agent.state is not AgentState.LOGGED_OUT
    ]
    return QueueView(
        name=name,
        waiting=len(waits_ms),
        longest_wait_ms=max(waits_ms, default=0),
        connected=connected,
        agents_serving=len(serving),
        agents_ready=sum(state.may_be_offered(agent) for agent in serving),
    )


def _agent_view(state: State, agent: Agent) -> AgentView:
    return AgentView(
        id=agent.config.id,
        name=agent.config.name,
        state=agent.state,
        reason=agent.reason,
        since_ms=agent.since_ms,
        deadline_ms=agent.deadline_ms,
        contact=agent.contact,
        pending=agent.pending,
        device=state.device_status(agent.config.device),
        queues=agent.config.queues,
    )

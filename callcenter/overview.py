"""A picture of the call center at one moment, for supervisors' screens and the metrics."""

from dataclasses import dataclass

from callcenter.queues.contact import Contact
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
    QueueState,
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
    state: QueueState = QueueState.OPEN


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
    agent: AgentId | None  # whom it is with or, of several phones that ring, the first
    held_for: AgentId | None = None  # the preferred agent whom it is kept for
    relaxed: int = 0  # relaxation steps taken
    in_fallback: bool = False  # the PBX has it in its own queue, and has been asked for it


@dataclass(frozen=True, slots=True)
class Overview:
    now_ms: int
    pbxs: tuple[tuple[PbxName, bool], ...]  # name, connected and synced
    queues: tuple[QueueView, ...]
    agents: tuple[AgentView, ...]
    contacts: tuple[ContactView, ...]  # those not ended, oldest first; of those not connected as many as asked for
    offering_stopped_by: str | None = None  # who has asked for no more offers; None: they are made


def overview_of(state: State, now_ms: int, contacts: int) -> Overview:
    """Draw the picture at `now_ms`, with all who talk and at most the `contacts` oldest of those who wait for it."""
    saved = state.saved
    waits: dict[QueueName, list[int]] = {name: [] for name in state.queues}
    connected = dict.fromkeys(state.queues, 0)
    listed: list[ContactView] = []
    places = contacts
    for contact in saved.contacts.values():
        if contact.state is ContactState.ENDED:
            continue
        queue = contact.route.queue if contact.route else None
        if queue in waits:
            if contact.state is ContactState.CONNECTED:
                connected[queue] += 1
            else:
                waits[queue].append(max(0, now_ms - contact.arrived_ms))
        talks = contact.state is ContactState.CONNECTED
        if talks or places > 0:
            places -= not talks
            listed.append(
                ContactView(
                    id=contact.id,
                    state=contact.state,
                    tier=contact.tier,
                    queue=queue,
                    priority=contact.route.priority if contact.route else None,
                    caller=contact.caller,
                    arrived_ms=contact.arrived_ms,
                    agent=_with(state, contact),
                    held_for=contact.held_for,
                    relaxed=contact.steps,
                    in_fallback=contact.in_fallback,
                )
            )
    return Overview(
        now_ms=now_ms,
        pbxs=tuple(saved.pbxs.items()),
        queues=tuple(_queue_view(state, name, waits[name], connected[name]) for name in state.queues),
        agents=tuple(_agent_view(state, agent) for agent in saved.agents.values()),
        contacts=tuple(listed),
        offering_stopped_by=saved.offering_stopped_by,
    )


def _with(state: State, contact: Contact) -> AgentId | None:
    return state.saved.offers[contact.ringing[0]].agent if contact.ringing else contact.agent


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
        state=state.queue_state(name),
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

"""A picture of the call center at one moment, for supervisors' screens and the metrics."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from callcenter.commands import CallChanged
from callcenter.queues.alerts import Alert, alerts_of
from callcenter.queues.contact import Contact
from callcenter.queues.estimated_wait import estimated_wait_ms
from callcenter.queues.service_level import NO_COUNTS, Counts
from callcenter.queues.tally import NO_FIGURES, AgentFigures, AgentTally, Missed, QueueTally
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
    Skill,
    Tier,
)

STROKE = 50  # contacts or agents

T = TypeVar("T")

_NO_QUEUE_TALLY, _NO_AGENT_TALLY = QueueTally(), AgentTally()


@dataclass(frozen=True, slots=True)
class QueueView:
    """`talking`, `wrap_up` and `not_ready` (by reason) are agents who serve this queue, whatever contact they have.

    `today` and `recent` (the last quarter of an hour) are of contacts that have left it.
    """

    name: QueueName
    waiting: int  # WAITING and OFFERED contacts
    longest_wait_ms: int  # of those, 0 when there is none
    connected: int
    agents_serving: int  # signed in
    agents_ready: int
    state: QueueState = QueueState.OPEN
    talking: int = 0
    wrap_up: int = 0
    not_ready: tuple[tuple[str, int], ...] = ()
    service_level_ms: int = 0
    today: Counts = NO_COUNTS
    recent: Counts = NO_COUNTS
    alerts: tuple[Alert, ...] = ()
    waiting_by_tier: tuple[tuple[Tier, int], ...] = ()
    estimated_wait_ms: int | None = None  # of the next one who comes; None: nobody can tell


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
    skills: tuple[Skill, ...] = ()
    tier: Tier | None = None  # of the contact in hand
    call: CallChanged | None = None  # while it is TALKING
    figures: AgentFigures = NO_FIGURES
    missed: tuple[Missed, ...] = ()
    set_by: str | None = None  # the supervisor who has ordered the state, None: nobody
    pending_by: str | None = None  # the same of `pending`
    phone: str = ""  # its name at the PBX; empty: the agent has none, and has to choose one
    phone_chosen: bool = False  # by the agent; False: it is the configuration's
    skills_set_by: str | None = None  # None: the skills are the configuration's


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
    caller_name: str = ""
    customer_name: str | None = None  # None: unknown, or one of several
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    now_ms: int
    pbxs: tuple[tuple[PbxName, bool], ...]  # name, connected and synced
    queues: tuple[QueueView, ...]
    agents: tuple[AgentView, ...]
    contacts: tuple[ContactView, ...]  # those not ended, oldest first; of those not connected as many as asked for
    offering_stopped_by: str | None = None  # who has asked for no more offers; None: they are made


@dataclass(slots=True)
class _Queue:
    """What is counted while contacts and agents are walked over, once each."""

    waiting: int = 0
    by_tier: dict[Tier, int] = field(default_factory=dict)
    oldest_ms: int | None = None
    connected: int = 0
    serving: int = 0
    ready: int = 0
    talking: int = 0
    wrap_up: int = 0
    not_ready: dict[str, int] = field(default_factory=dict)


def overview_of(state: State, now_ms: int, contacts: int, of_each: int = 0) -> Overview:
    """Draw the picture at `now_ms`, with all who talk and at most the `contacts` oldest of those who wait for it.

    The `of_each` oldest of each queue are there in any case, however many older ones wait elsewhere.
    """
    strokes = draw(state, now_ms, contacts, of_each)
    while True:
        try:
            next(strokes)
        except StopIteration as drawn:
            picture: Overview = drawn.value
            return picture


def draw(state: State, now_ms: int, contacts: int, of_each: int = 0) -> Generator[None, None, Overview]:
    """The same stroke by stroke, each in a fraction of a millisecond. Whoever draws it may do something else meanwhile.

    What happens between two strokes may be in one part of the picture and not yet in another.
    """
    counted = {name: _Queue() for name in state.queues}
    listed: list[ContactView] = []
    places = contacts
    for some in _chunks(list(state.saved.contacts.values())):
        for contact in some:
            if contact.state is not ContactState.ENDED:
                places = _count_contact(state, contact, counted, listed, places, of_each)
        yield
    agents: list[AgentView] = []
    for some_agents in _chunks(list(state.saved.agents.values())):
        for agent in some_agents:
            agents.append(agent_view(state, agent))
            if agent.state is not AgentState.LOGGED_OUT:
                _count_agent(agent, counted, state.may_be_offered(agent))
        yield
    return Overview(
        now_ms=now_ms,
        pbxs=tuple(state.saved.pbxs.items()),
        queues=tuple(_queue_view(state, now_ms, name, one) for name, one in counted.items() if name in state.queues),
        agents=tuple(agents),
        contacts=tuple(listed),
        offering_stopped_by=state.saved.offering_stopped_by,
    )


def _chunks(values: list[T]) -> Iterator[list[T]]:
    for place in range(0, len(values), STROKE):
        yield values[place : place + STROKE]


def _count_contact(  # noqa: PLR0917 - a helper of one caller, with what that has at hand
    state: State,
    contact: Contact,
    counted: dict[QueueName, _Queue],
    listed: list[ContactView],
    places: int,
    of_each: int,
) -> int:
    """Count it, and list it where it is to be shown; how many places there still are."""
    if contact.consult_of is not None:
        return places
    queue = counted.get(contact.route.queue) if contact.route is not None else None
    if contact.state in (ContactState.CONNECTED, ContactState.AWAY):
        if queue is not None and contact.state is ContactState.CONNECTED:
            queue.connected += 1
        listed.append(contact_view(state, contact))
        return places
    if queue is not None:
        queue.waiting += 1
        queue.by_tier[contact.tier] = queue.by_tier.get(contact.tier, 0) + 1
        if queue.oldest_ms is None or contact.queued_ms < queue.oldest_ms:
            queue.oldest_ms = contact.queued_ms
    if places > 0 or (of_each > 0 and queue is not None and queue.waiting <= of_each):
        listed.append(contact_view(state, contact))
        return places - 1
    return places


def _count_agent(agent: Agent, counted: dict[QueueName, _Queue], ready: bool) -> None:
    """Count an agent who is signed in."""
    for name in agent.config.queues:
        queue = counted.get(name)
        if queue is None:
            continue
        queue.serving += 1
        if ready:
            queue.ready += 1
        elif agent.state is AgentState.TALKING:
            queue.talking += 1
        elif agent.state is AgentState.WRAP_UP:
            queue.wrap_up += 1
        elif agent.state is AgentState.NOT_READY:
            reason = agent.reason or ""
            queue.not_ready[reason] = queue.not_ready.get(reason, 0) + 1


def _with(state: State, contact: Contact) -> AgentId | None:
    return state.saved.offers[contact.ringing[0]].agent if contact.ringing else contact.agent


def _queue_view(state: State, now_ms: int, name: QueueName, counted: _Queue) -> QueueView:
    tally, config = state.saved.tally.queues.get(name, _NO_QUEUE_TALLY), state.queues[name]
    recent = tally.recent(now_ms)
    longest_wait_ms = 0 if counted.oldest_ms is None else max(0, now_ms - counted.oldest_ms)
    working = counted.serving - sum(counted.not_ready.values())
    return QueueView(
        name=name,
        waiting=counted.waiting,
        longest_wait_ms=longest_wait_ms,
        connected=counted.connected,
        agents_serving=counted.serving,
        agents_ready=counted.ready,
        state=state.queue_state(name),
        talking=counted.talking,
        wrap_up=counted.wrap_up,
        not_ready=tuple(sorted(counted.not_ready.items())),
        service_level_ms=config.service_level_ms,
        today=tally.today,
        recent=recent,
        alerts=alerts_of(config.thresholds, counted.waiting, longest_wait_ms, recent),
        waiting_by_tier=tuple(sorted(counted.by_tier.items())),
        estimated_wait_ms=estimated_wait_ms(counted.waiting, counted.ready, working, recent, tally.today),
    )


def agent_view(state: State, agent: Agent) -> AgentView:
    contact = state.saved.contacts.get(agent.contact) if agent.contact is not None else None
    tally = state.saved.tally.agents.get(agent.config.id, _NO_AGENT_TALLY)
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
        skills=agent.config.skills,
        set_by=agent.set_by,
        pending_by=agent.pending_by,
        phone=agent.config.device.device,
        phone_chosen=agent.has_chosen,
        skills_set_by=agent.skills_order.by if agent.skills_order is not None else None,
        tier=contact.tier if contact is not None else None,
        call=state.call_of(agent) if agent.state is AgentState.TALKING else None,
        figures=tally.figures,
        missed=tally.missed,
    )


def contact_view(state: State, contact: Contact) -> ContactView:
    queue = contact.route.queue if contact.route is not None else None
    return ContactView(
        id=contact.id,
        state=contact.state,
        tier=contact.tier,
        queue=queue,
        priority=contact.route.priority if contact.route is not None else None,
        caller=contact.caller,
        arrived_ms=contact.arrived_ms,
        agent=_with(state, contact),
        held_for=contact.held_for,
        relaxed=contact.steps,
        in_fallback=contact.in_fallback,
        caller_name=contact.caller_name,
        customer_name=contact.customers[0].name if len(contact.customers) == 1 else None,
        tags=contact.route.tags if contact.route is not None else (),
    )

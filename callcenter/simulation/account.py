"""What the auditor's account is made of: callers, workers, offers, and what an event must bring.

These are records without rules. `picture.py` keeps them from the events, `placing.py` says where a caller waits, and
`judging.py` who comes first.
"""

from dataclasses import dataclass, field

from callcenter.events import ContactArrived
from callcenter.talks import ConsultState, Target
from callcenter.types import (
    AgentConfig,
    AgentId,
    AgentState,
    ContactId,
    ContactState,
    Customer,
    DecisionKind,
    DeviceRef,
    Needs,
    OfferId,
    OfferState,
    Outcome,
    QueueName,
    QueueState,
    Relaxation,
    Route,
    SegmentKind,
    Skill,
    Tier,
)

# contact, kind, queue and priority from then on, who asked for it
Decided = tuple[ContactId, DecisionKind, QueueName | None, int | None, str | None]


@dataclass(slots=True)
class Caller:
    """A contact that is not over. `age` is its rank of arrival; `armed` orders deadlines of the same moment."""

    arrival: ContactArrived
    arrived_ms: int
    age: int
    state: ContactState
    lookup_due_ms: int
    lookup_armed: int = 0
    customers: tuple[Customer, ...] | None = None
    last_agent: AgentId | None = None
    ringing: list["LiveOffer"] = field(default_factory=list)  # oldest first
    in_fallback: bool = False  # in the PBX's own queue, and asked back
    offer: OfferId | None = None  # the one that was answered
    worker: "Worker | None" = None  # who answered it
    offers: int = 0
    connected_ms: int = 0
    answers: int = 0  # by agents
    called: str | None = None  # the number outside that it is with, or is being called
    on_its_way: bool = False  # handed on, and not in the holding place yet
    asks: "Caller | None" = None  # it is a consultation about this one
    asked: "Caller | None" = None  # the consultation about it that goes on
    to: Target | None = None  # whom it asks
    shown: ConsultState | None = None  # of the last consultation, as the agent sees it
    consults: int = 0
    outbound: bool = False  # an agent has called
    dialling: bool = False  # and nobody has answered yet
    number_called: bool = False  # as the PBX was told
    conference: bool = False
    in_room: bool = False
    meant_for: Target | None = None  # an agent or a number that gets it before the queue does
    handed_by: AgentId | None = None
    held: bool = False  # on hold
    held_since_ms: int = 0
    route: Route | None = None
    tier: Tier | None = None  # as of its route, None before
    left_of_route: Route | None = None  # what counts of it where the caller waits
    nowhere: bool = False  # the rules want it where nobody may wait; it leaves when its phones have stopped
    needs: Needs | None = None
    to_come: tuple[Relaxation, ...] = ()
    step_armed: int = 0
    steps: int = 0
    given_by: str | None = None  # the supervisor who has given it to whom it is offered
    held_for: AgentId | None = None
    held_until_ms: int = 0
    hold_armed: int = 0
    refused_by: dict[AgentId, None] = field(default_factory=dict)
    moved_to: QueueName | None = None
    prioritised: int | None = None
    overflowed: tuple[QueueName, ...] = ()  # all the queues that it has overflowed to, in their order
    overflowed_to: QueueName | None = None  # the one of them where it waits
    overflow_due_ms: int | None = None  # when it is looked at (again), None: never as things are
    overflow_armed: int = 0
    decisions: int = 0

    @property
    def id(self) -> ContactId:
        return self.arrival.contact

    @property
    def queue(self) -> QueueName | None:
        return self.needs.queues[0] if self.needs is not None else None

    @property
    def priority(self) -> int | None:
        if self.prioritised is not None:
            return self.prioritised
        return self.route.priority if self.route is not None and self.needs is not None else None

    @property
    def is_here(self) -> bool:
        """In the holding place, and for anybody who may take it."""
        return not self.in_fallback and not self.on_its_way and self.meant_for is None

    @property
    def waits(self) -> bool:
        """In a queue, whether or not a phone rings for it."""
        return self.state in (ContactState.WAITING, ContactState.OFFERED)


@dataclass(slots=True)
class Worker:
    """An agent. `wish` is what it is when nothing is in hand; `busy` is RESERVED, TALKING or WRAP_UP."""

    config: AgentConfig
    wish: AgentState = AgentState.LOGGED_OUT
    busy: AgentState | None = None
    caller: Caller | None = None
    idle_since_ms: int = 0
    ready_since_ms: int = 0
    backoff_until_ms: int = 0
    connected_ms: int = 0  # with the caller that it has in hand
    wraps_for: QueueName | None = None  # in whose name it talks or wraps up
    wraps: OfferId | None = None  # by which it has got that caller
    wrap_up_due_ms: int = 0
    wrap_up_armed: int = 0
    removed: bool = False
    own_skills: tuple[Skill, ...] | None = None  # the configured ones, where others were set in their place
    skills_by: str | None = None  # who has set them
    own_device: DeviceRef | None = None  # the configured phone, where it has chosen another or has to
    contacts_today: int = 0
    handling_ms: int = 0
    ready_ms: int = 0
    turns: dict[QueueName, int] = field(default_factory=dict)

    @property
    def id(self) -> AgentId:
        return self.config.id

    @property
    def state(self) -> AgentState:
        return self.busy or self.wish


@dataclass(slots=True)
class LiveOffer:
    """`due_ms` is its deadline; `fires_ms` is when that is noticed, later where the PBX was out of reach."""

    id: OfferId
    caller: Caller
    worker: Worker | None  # None: a number outside
    device: DeviceRef
    made_ms: int
    due_ms: int
    fires_ms: int
    armed: int
    state: OfferState = OfferState.PENDING


@dataclass(slots=True)
class Foreseen:
    """What this event must bring. Whatever is not foreseen must not come."""

    closed: dict[OfferId, tuple[OfferState, AgentId | None]] = field(default_factory=dict)
    ended: dict[ContactId, Outcome] = field(default_factory=dict)
    over: dict[ContactId, Caller] = field(default_factory=dict)  # those who ended, as they were
    wrapped_up: dict[tuple[ContactId, AgentId], str | None] = field(default_factory=dict)
    stopped: dict[OfferId, None] = field(default_factory=dict)
    confirmed: dict[OfferId, None] = field(default_factory=dict)
    sent_away: dict[ContactId, str] = field(default_factory=dict)  # with the message, empty: that of why
    taken_back: dict[ContactId, None] = field(default_factory=dict)
    numbers: dict[OfferId, str] = field(default_factory=dict)  # to be called outside
    looked_up: dict[ContactId, None] = field(default_factory=dict)
    routed: dict[ContactId, tuple[QueueName | None, str]] = field(
        default_factory=dict
    )  # the last time: where, by which
    popped: dict[OfferId, None] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)
    queues: list[tuple[QueueName, QueueState, str]] = field(default_factory=list)
    moves: list[tuple[str, ContactId, OfferId | None]] = field(default_factory=list)  # hold, fetch, release; which leg
    dials: list[tuple[str, ContactId]] = field(default_factory=list)  # own, dial, stop
    consulted: list[tuple[ContactId, AgentId | None]] = field(default_factory=list)  # who was asked, and is no more
    spoken: list[tuple[ContactId, SegmentKind]] = field(default_factory=list)  # stretches of talk and hold that end
    given: dict[ContactId, AgentId] = field(default_factory=dict)  # to be offered before anything else is

"""The life of a contact: from its arrival at the PBX to its close.

IDENTIFYING  the customer is being looked up; ends with the answer or at the look-up deadline, whichever comes first
WAITING      routed to a queue, in its order
OFFERED      at least one offer to an agent is live; the contact keeps its place
CONNECTED    caller and agent talk, or the caller is on hold (see Talk); may be handed on, and then waits again
AWAY         handed on to a number outside, with which the caller talks
ENDED        closed; kept only until the wrap-up of each agent who had it is over
"""

from dataclasses import dataclass, field
from enum import Enum

from callcenter.routing.talk import Talk
from callcenter.statetable import StateTable
from callcenter.talks import Direction, Note, Target
from callcenter.types import (
    AgentId,
    ChannelRef,
    ContactId,
    ContactState,
    Customer,
    Needs,
    OfferId,
    QueueName,
    Route,
    Tier,
)


class ContactTrigger(Enum):
    ROUTED = "routed"
    OFFER_MADE = "offer made"
    OFFER_FAILED = "offer failed"
    OTHERS_RING = "offer failed, others ring"
    CONNECTED = "connected"
    CALLER_LEFT = "caller left"
    RELEASED = "agent's leg ended"
    SENT_AWAY = "sent away"
    HANDED_ON = "transferred"
    REACHED = "number answers"
    DIALLED = "called by an agent"


_S, _T = ContactState, ContactTrigger

CONTACT_TABLE = StateTable(
    "contact",
    _S.IDENTIFYING,
    {
        _S.IDENTIFYING: {
            _T.DIALLED: _S.CONNECTED,
            _T.ROUTED: _S.WAITING,
            _T.CALLER_LEFT: _S.ENDED,
            _T.SENT_AWAY: _S.ENDED,
        },
        _S.WAITING: {
            _T.ROUTED: _S.WAITING,  # again: a late customer record, new rules, a supervisor
            _T.OFFER_MADE: _S.OFFERED,
            _T.CALLER_LEFT: _S.ENDED,
            _T.SENT_AWAY: _S.ENDED,
        },
        _S.OFFERED: {  # a caller who leaves now: the offers are withdrawn first, then the contact ends
            _T.ROUTED: _S.OFFERED,  # again: the offer stands, the place is another
            _T.OFFER_MADE: _S.OFFERED,  # a parallel ring: one more phone
            _T.OTHERS_RING: _S.OFFERED,
            _T.OFFER_FAILED: _S.WAITING,
            _T.CONNECTED: _S.CONNECTED,
            _T.REACHED: _S.AWAY,
        },
        _S.CONNECTED: {
            _T.HANDED_ON: _S.WAITING,
            _T.REACHED: _S.AWAY,  # a number that was asked gets the caller
            _T.CALLER_LEFT: _S.ENDED,
            _T.RELEASED: _S.ENDED,
        },
        _S.AWAY: {
            _T.CALLER_LEFT: _S.ENDED,
            _T.RELEASED: _S.ENDED,
        },
        _S.ENDED: {  # whichever side hung up second
            _T.CALLER_LEFT: _S.ENDED,
            _T.RELEASED: _S.ENDED,
        },
    },
)


def consult_id(contact: ContactId, number: int) -> ContactId:
    return ContactId(f"{contact}-c{number}")


def parent_of(consult: ContactId) -> ContactId:
    """The contact that a consultation of this name is about."""
    return ContactId(consult.rpartition("-c")[0])


@dataclass(slots=True)
class Hearing:
    """What a contact has heard in the queues that treat those who wait."""

    queue: QueueName | None = None  # where the rhythm of its announcements began
    due_ms: int | None = None  # when the next one is
    turn: int = 0  # how many it has heard there
    greeted: bool = False
    music: str | None = None  # as the PBX was told last, empty: its own; None: never told
    told: bool = True  # false when nobody knows whether that has reached it
    played: int = 0  # how often something was said


@dataclass(slots=True)
class Visit:
    """A stay in one queue, for as long as it lasts; see `visits`."""

    number: int
    queue: QueueName
    began_ms: int
    after_transfer: bool  # an agent has handed the contact on, to here
    service_level_ms: int = 0
    short_abandon_ms: int = 0


@dataclass(slots=True)
class Contact:
    id: ContactId
    channel: ChannelRef
    caller: str | None
    caller_name: str
    dialled: str
    account: str | None
    intent: str | None
    language: str | None
    arrived_ms: int
    sequence: int
    tier: Tier
    number: str | None = None  # the caller's in E.164, as rules see it; `caller` is as the PBX gave it
    state: ContactState = CONTACT_TABLE.initial
    customers: tuple[Customer, ...] = ()
    identified: bool = False
    route: Route | None = None
    needs: Needs | None = None  # of the route, relaxed by the steps taken
    steps: int = 0  # of the route's relaxations
    last_agent: AgentId | None = None  # who talked to this customer last, before today's contact
    held_for: AgentId | None = None  # the preferred agent whom it is kept for
    refused_by: dict[AgentId, None] = field(default_factory=dict)
    moved_to: QueueName | None = None  # by a supervisor
    prioritised: int | None = None  # by a supervisor
    overflowed: tuple[QueueName, ...] = ()  # the queues that it has overflowed to, the last one last
    by_overflow: bool = False  # it waits in the last of them because of that, and not by its rule
    # No queue would have it now, but a phone rings for it: it is routed again if that comes to nothing.
    astray: bool = False
    in_fallback: bool = False  # the PBX has it in its own queue, and has been asked for it
    returning: bool = False  # it was handed on, and is on its way to the holding place
    consult_of: ContactId | None = None  # it is a consultation about this contact, its caller is an agent's leg
    consults: int = 0  # consultations about it, so far
    handed_by: AgentId | None = None  # the agent who handed it on last
    bound: Target | None = None  # the agent or the number that it was handed on to and is offered to first
    hearing: Hearing | None = None  # None: nothing so far
    given_by: str | None = None  # who has given it to the agent whose phone rings for it, or who has answered
    ringing: tuple[OfferId, ...] = ()  # the live offers, oldest first
    offer: OfferId | None = None  # the accepted one
    agent: AgentId | None = None  # of that offer
    talk: Talk | None = None  # while it is CONNECTED
    in_room: bool = False  # in a talk of three, or what is left of one: it ends for nobody when somebody leaves
    direction: Direction = Direction.IN
    notes: tuple[Note, ...] = ()  # oldest first
    visit: Visit | None = None  # while it waits
    visits: int = 0  # so far
    parts: int = 0  # of agents, that are over
    wrap_ups: int = 0  # agents who have had it and have still to finish with it
    orders: int = 0  # to the PBX, to move the caller while it is with an agent
    decisions: int = 0  # recorded ones
    offers_made: int = 0
    segments: int = 0  # finished ones
    segment_started_ms: int = 0
    waits_since_ms: int | None = None  # since when, if it waits again after a talk; None: since its arrival
    connected_ms: int | None = None
    ended_ms: int | None = None

    @property
    def to_be_offered(self) -> bool:
        return self.state is ContactState.WAITING and not self.elsewhere and self.bound is None

    @property
    def elsewhere(self) -> bool:
        """Not in the holding place (yet), though it waits."""
        return self.in_fallback or self.returning

    @property
    def queued_ms(self) -> int:
        """Since when it waits, or has waited until it was answered."""
        return self.arrived_ms if self.waits_since_ms is None else self.waits_since_ms

    @property
    def queue(self) -> QueueName | None:
        """Where it waits or has waited last; None before it is routed, and where a rule sends it away at once."""
        return None if self.route is None or self.route.away is not None else self.route.queue

    @property
    def priority(self) -> int | None:
        """None where it has no queue."""
        return None if self.route is None or self.route.away is not None else self.route.priority

    def next_order(self) -> int:
        self.orders += 1
        return self.orders

    def move(self, trigger: ContactTrigger) -> None:
        self.state = CONTACT_TABLE.next(self.state, trigger)

"""The life of a contact: from its arrival at the PBX to its close.

IDENTIFYING  the customer is being looked up; ends with the answer or at the look-up deadline, whichever comes first
WAITING      routed to a queue, in its order
OFFERED      at least one offer to an agent is live; the contact keeps its place
CONNECTED    caller and agent are in one bridge
ENDED        closed; kept only until the agent's wrap-up is over
"""

from dataclasses import dataclass, field
from enum import Enum

from callcenter.statetable import StateTable
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


_S, _T = ContactState, ContactTrigger

CONTACT_TABLE = StateTable(
    "contact",
    _S.IDENTIFYING,
    {
        _S.IDENTIFYING: {
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
        },
        _S.CONNECTED: {
            _T.CALLER_LEFT: _S.ENDED,
            _T.RELEASED: _S.ENDED,
        },
        _S.ENDED: {  # whichever side hung up second
            _T.CALLER_LEFT: _S.ENDED,
            _T.RELEASED: _S.ENDED,
        },
    },
)


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
    hearing: Hearing | None = None  # None: nothing so far
    ringing: tuple[OfferId, ...] = ()  # the live offers, oldest first
    offer: OfferId | None = None  # the accepted one
    agent: AgentId | None = None  # of that offer
    decisions: int = 0  # recorded ones
    offers_made: int = 0
    segments: int = 0  # finished ones
    segment_started_ms: int = 0
    connected_ms: int | None = None
    ended_ms: int | None = None

    @property
    def to_be_offered(self) -> bool:
        return self.state is ContactState.WAITING and not self.in_fallback

    @property
    def queue(self) -> QueueName | None:
        """Where it waits or has waited last; None before it is routed, and where a rule sends it away at once."""
        return None if self.route is None or self.route.away is not None else self.route.queue

    @property
    def priority(self) -> int | None:
        """None where it has no queue."""
        return None if self.route is None or self.route.away is not None else self.route.priority

    def move(self, trigger: ContactTrigger) -> None:
        self.state = CONTACT_TABLE.next(self.state, trigger)

"""The life of a contact: from its arrival at the PBX to its close.

IDENTIFYING  the customer is being looked up; ends with the answer or at the look-up deadline, whichever comes first
WAITING      routed to a queue, in its order
OFFERED      an offer to an agent is live; the contact keeps its place
CONNECTED    caller and agent are in one bridge
ENDED        closed; kept only until the agent's wrap-up is over
"""

from dataclasses import dataclass
from enum import Enum

from callcenter.statetable import StateTable
from callcenter.types import (
    AgentId,
    ChannelRef,
    ContactId,
    ContactState,
    Customer,
    OfferId,
    Route,
    Tier,
)


class ContactTrigger(Enum):
    ROUTED = "routed"
    OFFER_MADE = "offer made"
    OFFER_FAILED = "offer failed"
    CONNECTED = "connected"
    CALLER_LEFT = "caller left"
    RELEASED = "agent's leg ended"


_S, _T = ContactState, ContactTrigger

CONTACT_TABLE = StateTable(
    "contact",
    _S.IDENTIFYING,
    {
        _S.IDENTIFYING: {
            _T.ROUTED: _S.WAITING,
            _T.CALLER_LEFT: _S.ENDED,
        },
        _S.WAITING: {
            _T.ROUTED: _S.WAITING,  # again: a late customer record, or its queue is no more
            _T.OFFER_MADE: _S.OFFERED,
            _T.CALLER_LEFT: _S.ENDED,
        },
        _S.OFFERED: {  # a caller who leaves now: the offer is withdrawn first, then the contact ends
            _T.ROUTED: _S.OFFERED,  # again: the offer stands, the place is another
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
    state: ContactState = CONTACT_TABLE.initial
    customers: tuple[Customer, ...] = ()
    identified: bool = False
    route: Route | None = None
    offer: OfferId | None = None  # the live one, or the accepted one while connected
    agent: AgentId | None = None  # of that offer; after the end: whoever talked
    offers_made: int = 0
    segments: int = 0  # finished ones
    segment_started_ms: int = 0
    connected_ms: int | None = None
    ended_ms: int | None = None

    def move(self, trigger: ContactTrigger) -> None:
        self.state = CONTACT_TABLE.next(self.state, trigger)

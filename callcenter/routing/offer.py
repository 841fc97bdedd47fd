"""The life of an offer: one attempt to give one contact to one agent.

PENDING and RINGING are live: the agent is RESERVED and the contact OFFERED. All others are ends, reached once; whatever
comes after an end is late and changes nothing.
"""

from dataclasses import dataclass
from enum import Enum

from callcenter.statetable import StateTable
from callcenter.types import AgentId, ContactId, DeviceRef, LegEnd, OfferId, OfferState, QueueName


class OfferTrigger(Enum):
    RING = "rings"
    CONNECT = "connected"
    DECLINE = "declined"
    EXPIRE = "no answer"
    WITHDRAW = "withdrawn"
    FAIL = "failed"


_S, _T = OfferState, OfferTrigger

_ENDS = {_T.DECLINE: _S.DECLINED, _T.EXPIRE: _S.EXPIRED, _T.WITHDRAW: _S.WITHDRAWN, _T.FAIL: _S.FAILED}

OFFER_TABLE = StateTable(
    "offer",
    _S.PENDING,
    {
        _S.PENDING: {_T.RING: _S.RINGING, _T.CONNECT: _S.ACCEPTED, **_ENDS},
        _S.RINGING: {_T.RING: _S.RINGING, _T.CONNECT: _S.ACCEPTED, **_ENDS},
        **{end: dict.fromkeys(_T, end) for end in (_S.ACCEPTED, *_ENDS.values())},
    },
)

# Ends that the agent or its phone is the cause of: it gets the contact again only if nobody else can take it.
REFUSALS = (_S.DECLINED, _S.EXPIRED, _S.FAILED)

LIVE_STATES = (_S.PENDING, _S.RINGING)

# What the end of an agent's leg means for an offer that was live.
TRIGGER_OF_LEG_END = {
    LegEnd.BUSY: _T.DECLINE,
    LegEnd.NO_ANSWER: _T.EXPIRE,
    LegEnd.UNREACHABLE: _T.FAIL,
    LegEnd.CALLER_GONE: _T.WITHDRAW,
    LegEnd.TAKEN: _T.WITHDRAW,
    LegEnd.HUNG_UP: _T.FAIL,
    LegEnd.FAILED: _T.FAIL,
}


@dataclass(slots=True)
class Offer:
    id: OfferId
    contact: ContactId
    agent: AgentId | None  # None: a number outside is called
    device: DeviceRef  # without a name where a number is called
    queue: QueueName
    made_ms: int
    deadline_ms: int
    state: OfferState = OFFER_TABLE.initial
    accept_asked: bool = False  # on the agent's page; the phone is told once it rings

    @property
    def live(self) -> bool:
        return self.state in LIVE_STATES

    def move(self, trigger: OfferTrigger) -> None:
        self.state = OFFER_TABLE.next(self.state, trigger)

"""The life of a conversation: where the customer is while an agent has the contact.

DIALLING    outbound: the agent's own phone is called, then the number
TALKING     agent and customer are in one bridge
HELD        the customer hears music; the agent's phone is silent, or consults somebody
CONFERENCE  customer, agent and whoever was consulted are in one bridge

It begins with the answer and ends with the agent's part in the contact, whatever becomes of the contact then.
"""

from dataclasses import dataclass
from enum import Enum

from callcenter.facts import HandedTo
from callcenter.statetable import StateTable
from callcenter.talks import Consult, TalkState
from callcenter.types import OfferId, QueueName


class TalkTrigger(Enum):
    REACHED = "customer answers"
    HOLD = "put on hold"
    RESUME = "back to the customer"
    CONFER = "three-way"
    PART = "third party leaves"


_S, _T = TalkState, TalkTrigger

TALK_TABLE = StateTable(
    "talk",
    _S.TALKING,
    {
        _S.DIALLING: {
            _T.REACHED: _S.TALKING,
            _T.HOLD: _S.DIALLING,  # there is nobody to hold yet
            _T.RESUME: _S.DIALLING,
            _T.CONFER: _S.DIALLING,
            _T.PART: _S.DIALLING,
        },
        _S.TALKING: {
            _T.REACHED: _S.TALKING,
            _T.HOLD: _S.HELD,
            _T.RESUME: _S.TALKING,
            _T.CONFER: _S.TALKING,  # whoever was consulted has hung up meanwhile
            _T.PART: _S.TALKING,
        },
        _S.HELD: {
            _T.REACHED: _S.HELD,
            _T.HOLD: _S.HELD,
            _T.RESUME: _S.TALKING,
            _T.CONFER: _S.CONFERENCE,
            _T.PART: _S.HELD,  # the consultation is over, the customer still hears music
        },
        _S.CONFERENCE: {
            _T.REACHED: _S.CONFERENCE,
            _T.HOLD: _S.CONFERENCE,
            _T.RESUME: _S.CONFERENCE,
            _T.CONFER: _S.CONFERENCE,
            _T.PART: _S.TALKING,
        },
    },
)


@dataclass(slots=True)
class Talk:
    """Of a CONNECTED contact. `consult` is the consultation, one that failed is shown until the next order."""

    since_ms: int
    state: TalkState = TALK_TABLE.initial
    held_since_ms: int | None = None
    consult: Consult | None = None
    called: bool = False  # DIALLING: the PBX was asked to call the number

    def move(self, trigger: TalkTrigger) -> None:
        self.state = TALK_TABLE.next(self.state, trigger)


@dataclass(slots=True)
class Part:
    """An agent's share of a contact: what its wrap-up is recorded by. `asked` is the agent's who was only consulted.

    The times and the rest are as in RecordPart, as far as they are known yet.
    """

    offer: OfferId
    queue: QueueName
    connected_ms: int
    asked: bool = False
    called: bool = False  # the agent has called the customer
    ring_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    consult_ms: int = 0
    consults: int = 0
    transfer: HandedTo | None = None

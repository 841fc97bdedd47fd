"""The life of an agent, as far as routing goes.

LOGGED_OUT   not at work
NOT_READY    signed in and taking nothing, for a reason: the agent's own, or `rona`
READY        may be offered a contact, if the device is free and no back-off runs
RESERVED     a live offer names this agent; ends with the offer, at the latest at its deadline
TALKING      connected with a contact
WRAP_UP      after-call work; ends when the agent says so, at the latest at its deadline

What an agent asks for while busy (not ready, sign out) is remembered and takes effect at the end of the contact.
"""

from dataclasses import dataclass, field
from enum import Enum

from callcenter.orders import DeviceChoice, MessageId, SkillsOrder
from callcenter.routing.talk import Part
from callcenter.statetable import StateTable
from callcenter.types import AgentConfig, AgentState, ContactId, OfferId, QueueName


class AgentTrigger(Enum):
    SIGN_IN = "signs in"
    SIGN_OUT = "signs out"
    GO_READY = "goes ready"
    GO_NOT_READY = "goes not ready"
    RESERVE = "offer made"
    OFFER_OVER = "offer over, no blame"
    NO_ANSWER = "no answer (rona)"
    CONNECT = "connected"
    RELEASE = "contact over"
    END_WRAP_UP = "wrap-up over"
    CONSULTED = "consultation over"
    DIAL = "calls a customer"


_S, _T = AgentState, AgentTrigger

AGENT_TABLE = StateTable(
    "agent",
    _S.LOGGED_OUT,
    {
        _S.LOGGED_OUT: {
            _T.SIGN_IN: _S.NOT_READY,
            _T.SIGN_OUT: _S.LOGGED_OUT,
            _T.GO_READY: _S.LOGGED_OUT,  # a page that outlived its session: signs in first
            _T.GO_NOT_READY: _S.LOGGED_OUT,
        },
        _S.NOT_READY: {
            _T.SIGN_IN: _S.NOT_READY,
            _T.SIGN_OUT: _S.LOGGED_OUT,
            _T.GO_READY: _S.READY,
            _T.GO_NOT_READY: _S.NOT_READY,
            _T.DIAL: _S.TALKING,
        },
        _S.READY: {
            _T.DIAL: _S.TALKING,
            _T.SIGN_IN: _S.READY,
            _T.SIGN_OUT: _S.LOGGED_OUT,
            _T.GO_READY: _S.READY,
            _T.GO_NOT_READY: _S.NOT_READY,
            _T.RESERVE: _S.RESERVED,
        },
        _S.RESERVED: {
            _T.SIGN_IN: _S.RESERVED,
            _T.SIGN_OUT: _S.RESERVED,  # remembered
            _T.GO_READY: _S.RESERVED,  # forgets what was remembered
            _T.GO_NOT_READY: _S.RESERVED,  # remembered
            _T.OFFER_OVER: _S.READY,
            _T.NO_ANSWER: _S.NOT_READY,
            _T.CONNECT: _S.TALKING,
        },
        _S.TALKING: {
            _T.SIGN_IN: _S.TALKING,
            _T.SIGN_OUT: _S.TALKING,  # remembered
            _T.GO_READY: _S.TALKING,  # forgets what was remembered
            _T.GO_NOT_READY: _S.TALKING,  # remembered
            _T.RELEASE: _S.WRAP_UP,
            _T.CONSULTED: _S.READY,
        },
        _S.WRAP_UP: {
            _T.SIGN_IN: _S.WRAP_UP,
            _T.SIGN_OUT: _S.WRAP_UP,  # remembered
            _T.GO_READY: _S.WRAP_UP,  # forgets what was remembered
            _T.GO_NOT_READY: _S.WRAP_UP,  # remembered
            _T.END_WRAP_UP: _S.READY,
        },
    },
)

BUSY_STATES = (_S.RESERVED, _S.TALKING, _S.WRAP_UP)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Since when an agent is in its state, for this reason; `number` as in RecordStretch."""

    number: int
    began_ms: int
    state: AgentState
    reason: str | None


@dataclass(slots=True)
class Agent:
    config: AgentConfig
    state: AgentState = AGENT_TABLE.initial
    reason: str | None = None
    since_ms: int = 0
    idle_since_ms: int = 0  # READY since; an offer that came to nothing does not reset it
    deadline_ms: int | None = None
    offer: OfferId | None = None
    contact: ContactId | None = None
    part: Part | None = None  # in the contact, while TALKING or in WRAP_UP
    pending: str | None = None
    backoff_until_ms: int = 0
    turns: dict[QueueName, int] = field(default_factory=dict)  # the sequence of the last offer from each queue
    contacts_today: int = 0  # answered
    handling_ms: int = 0  # today: talk and wrap-up that are over
    ready_ms: int = 0  # today: stretches of READY that are over
    set_by: str | None = None  # which supervisor has ordered the present state; None: nobody
    pending_by: str | None = None  # the same of what is pending
    skills_order: SkillsOrder | None = None  # None: the skills are the configuration's
    device_choice: DeviceChoice | None = None  # None: the phone is the configuration's
    messages: dict[MessageId, None] = field(default_factory=dict)  # the open ones, oldest first
    removed: bool = False  # no longer in the configuration; goes when the contact in hand is over

    @property
    def has_chosen(self) -> bool:
        """Whether it has a phone by its own choice."""
        return self.device_choice is not None and self.config.device.device != ""

    def move(self, trigger: AgentTrigger) -> None:
        before, self.state = self.state, AGENT_TABLE.next(self.state, trigger)
        if self.state is not before:
            self.set_by = None

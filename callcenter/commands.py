"""What the core can ask for or tell: one frozen dataclass for each.

The runner releases these only after the event that caused them is in the journal. Each shell takes those it knows and
leaves the rest. A command may be released twice after a crash, so each names what it is about well enough to be
recognised: offers and contacts by their ids, segments by contact and number.
"""

from typing import TYPE_CHECKING

from callcenter.call_commands import (
    CallCommand,
    ConferCallers,
    DialCustomer,
    FetchCaller,
    HoldCaller,
    ReleaseCaller,
    ReturnCaller,
    RingNumber,
    RingOwnPhone,
    StopDialling,
)
from callcenter.facts import Fact
from callcenter.orders import Answer, AnswerPhone, ListenCommand
from callcenter.stories import QueueLeft, RecordNote
from callcenter.talks import Consult, Direction, Note
from callcenter.types import (
    AgentId,
    AgentState,
    ChannelRef,
    ContactId,
    Customer,
    DecisionKind,
    DeviceRef,
    OfferId,
    OfferState,
    Outcome,
    QueueName,
    QueueState,
    SegmentKind,
    Skill,
    Tier,
)

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from callcenter.values import dataclass

# ---- to a PBX


@dataclass(frozen=True, slots=True)
class RingDevice:
    """Ring the agent's device; when it answers, bridge it with the caller's channel without asking again.

    `timeout_ms` is the PBX's own limit, a little longer than the engine's: the engine withdraws first.
    """

    offer: OfferId
    contact: ContactId
    channel: ChannelRef
    device: DeviceRef
    caller: str | None
    caller_name: str
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class StopRinging:
    """Take the agent's leg of an offer down, whether the PBX has made it already or is about to."""

    offer: OfferId
    device: DeviceRef


@dataclass(frozen=True, slots=True)
class ConfirmConnection:
    """Tell the PBX that the engine knows of the conversation: its end, not a return to hold, follows the agent's."""

    offer: OfferId
    channel: ChannelRef


@dataclass(frozen=True, slots=True)
class SendAway:
    """Take the caller out of the holding place, or of whatever it is in: a message, then the end of the call.

    `outcome` is WITHDRAWN, CLOSED or OVERFLOWED; the dialplan has a message for each. `message` names another one, such
    as `holiday`, empty: the outcome's own.
    """

    contact: ContactId
    channel: ChannelRef
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Fetch the caller from the PBX's own queue to the holding place, unless somebody has answered there."""

    contact: ContactId
    channel: ChannelRef


@dataclass(frozen=True, slots=True)
class SetMusic:
    """Who waits hears this class of music from now on; empty: the PBX's own."""

    contact: ContactId
    channel: ChannelRef
    music: str


@dataclass(frozen=True, slots=True)
class PlaySounds:
    """Play sounds to a caller who waits, then say the position in the queue. It keeps nobody from answering.

    (contact, number) is unique for ever.
    """

    contact: ContactId
    channel: ChannelRef
    number: int
    sounds: tuple[str, ...]
    position: int | None = None


# ---- to the CRM


@dataclass(frozen=True, slots=True)
class LookUpCustomer:
    contact: ContactId
    caller: str | None
    account: str | None


# ---- to the agents' desktops


@dataclass(frozen=True, slots=True)
class ScreenPop:
    """What the agent should see of a contact; sent again when more is known (a late customer record)."""

    agent: AgentId
    offer: OfferId
    contact: ContactId
    caller: str | None
    caller_name: str
    dialled: str
    intent: str | None
    language: str | None
    tier: Tier
    customers: tuple[Customer, ...]
    identified: bool  # false while the look-up has not answered yet
    queue: QueueName
    priority: int
    skills: tuple[Skill, ...]
    rule: str
    because: str
    arrived_ms: int
    relaxed: tuple[str, ...] = ()  # the relaxation steps taken so far, in words
    tags: tuple[str, ...] = ()
    text: str = ""  # what the rule tells the agent
    given_by: str | None = None  # the supervisor who has given it to this agent
    accept: bool = False  # the agent may accept it on the page, and the phone answers
    notes: tuple[Note, ...] = ()  # oldest first, those of whoever had the contact before included


@dataclass(frozen=True, slots=True)
class ScreenClear:
    """The offer came to nothing: the agent's screen should no longer show it."""

    agent: AgentId
    offer: OfferId


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """The agent's state as it is now.

    `deadline_ms` is when RESERVED or WRAP_UP ends by itself. `contact` is the one being handled. `pending` is the
    reason of the NOT_READY (or "logged_out") that the agent asked for and gets at the end of this contact.
    """

    agent: AgentId
    state: AgentState
    reason: str | None
    since_ms: int
    deadline_ms: int | None
    contact: ContactId | None
    pending: str | None
    set_by: str | None = None  # the supervisor who has ordered the state, None: nobody
    pending_by: str | None = None  # the same of `pending`


@dataclass(frozen=True, slots=True)
class CallChanged:
    """The call that the agent has, as it is now; `contact` None: none any more, and nothing else counts.

    `since_ms` is when this agent and the customer were connected or, while an outbound call is `dialling`, when it was
    begun. `held_since_ms` is set while the customer is `on_hold`. `number` is the customer's, None: withheld. An agent
    who is consulted has the consultation as its contact, and `number` is the agent's who asks, None.
    """

    agent: AgentId
    contact: ContactId | None
    since_ms: int = 0
    on_hold: bool = False
    held_since_ms: int | None = None
    consult: Consult | None = None
    conference: bool = False
    direction: Direction = Direction.IN
    number: str | None = None
    dialling: bool = False


# ---- to the log and the metrics


@dataclass(frozen=True, slots=True)
class RecordSegment:
    """One stretch of a contact, finished. (contact, number) is unique for ever."""

    contact: ContactId
    number: int
    kind: SegmentKind
    started_ms: int
    ended_ms: int
    queue: QueueName | None
    agent: AgentId | None
    offer: OfferId | None
    result: str | None  # OFFER: the offer's last state; WRAP_UP: the disposition


@dataclass(frozen=True, slots=True)
class RecordContact:
    """A contact, ended. Unique by `contact` for ever; its wrap-up segment and disposition may follow.

    `queue` and `rule` are None when the caller left before a rule was asked; `queue` too when a rule sent the caller
    away at once. `waited_ms` is arrival to connection or to leaving. `tags` are those of the last route.
    """

    contact: ContactId
    channel: ChannelRef
    caller: str | None
    caller_name: str
    dialled: str
    account: str | None
    intent: str | None
    language: str | None
    customer: int | None
    tier: Tier
    queue: QueueName | None
    priority: int | None
    rule: str | None
    because: str | None
    agent: AgentId | None
    outcome: Outcome
    arrived_ms: int
    connected_ms: int | None
    ended_ms: int
    waited_ms: int
    offers: int
    service_level_ms: int | None
    tags: tuple[str, ...] = ()
    direction: Direction = Direction.IN


@dataclass(frozen=True, slots=True)
class RecordDisposition:
    """Wrap-up is over: `disposition` is None when its deadline ended it. `handled_ms` = talk + wrap-up."""

    contact: ContactId
    agent: AgentId
    queue: QueueName
    disposition: str | None
    handled_ms: int
    follow_up_on: str | None = None  # a date such as 2026-12-24


@dataclass(frozen=True, slots=True)
class RecordDecision:
    """What was decided about a contact, in words. (contact, number) is unique for ever.

    `queue` and `priority` are those that it has from then on. `by` is the person who asked for it, None: the engine.
    """

    contact: ContactId
    number: int
    kind: DecisionKind
    at_ms: int
    queue: QueueName | None
    priority: int | None
    words: str
    by: str | None


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """A queue is open, drained or closed from now on."""

    queue: QueueName
    state: QueueState
    by: str


@dataclass(frozen=True, slots=True)
class ContactRouted:
    """A rule (or none: `matched` is false) has sent a contact to a queue, for the first time or again."""

    contact: ContactId
    queue: QueueName
    tier: Tier
    rule: str
    matched: bool
    again: bool


@dataclass(frozen=True, slots=True)
class OfferClosed:
    """An offer has ended, once, in `state`. `ring_ms` is from the offer's making to its end."""

    offer: OfferId
    contact: ContactId
    agent: AgentId
    queue: QueueName
    state: OfferState
    ring_ms: int


@dataclass(frozen=True, slots=True)
class EventIgnored:
    """A late, duplicate or misdirected event that changed nothing, by a row of a state table."""

    event: str
    why: str


Command = (
    RingDevice
    | StopRinging
    | ConfirmConnection
    | RingNumber
    | RingOwnPhone
    | DialCustomer
    | StopDialling
    | HoldCaller
    | FetchCaller
    | ReleaseCaller
    | ReturnCaller
    | ConferCallers
    | SendAway
    | TakeBack
    | SetMusic
    | PlaySounds
    | LookUpCustomer
    | ScreenPop
    | ScreenClear
    | AgentChanged
    | CallChanged
    | RecordSegment
    | RecordContact
    | RecordDisposition
    | RecordNote
    | RecordDecision
    | Fact
    | QueueChanged
    | QueueLeft
    | ContactRouted
    | OfferClosed
    | EventIgnored
    | Answer
    | ListenCommand
    | AnswerPhone
)

PbxCommand = (
    RingDevice
    | RingNumber
    | RingOwnPhone
    | DialCustomer
    | StopDialling
    | StopRinging
    | ConfirmConnection
    | CallCommand
    | SendAway
    | TakeBack
    | SetMusic
    | PlaySounds
    | ListenCommand
    | AnswerPhone
)

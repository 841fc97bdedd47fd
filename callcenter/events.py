"""What the core can be told: one frozen dataclass for each thing that can happen.

Shells turn what they see into these; nothing shaped like AMI, HTTP or SQL gets any further. Events are journalled, so
every field is a value that survives JSON. The time at which an event is handled travels beside it, not in it.
"""

from typing import TYPE_CHECKING

from callcenter.orders import ListeningEvent, Order, Spy
from callcenter.talks import Target
from callcenter.types import (
    AgentId,
    ChannelRef,
    Configuration,
    ContactId,
    Customer,
    Departure,
    DeviceRef,
    DeviceStatus,
    LegEnd,
    OfferId,
    PbxName,
    QueueName,
    QueueState,
)

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from callcenter.values import dataclass

# ---- from a PBX


@dataclass(frozen=True, slots=True)
class ContactArrived:
    """A caller is in the PBX's holding place and hears music.

    `caller` is the number as the PBX gave it, None when it is withheld or absent. `number` is the same in E.164, None
    where it cannot be read so. `account`, `intent` and `language` come from an IVR before us, None where it gave none.
    """

    contact: ContactId
    channel: ChannelRef
    caller: str | None
    caller_name: str
    dialled: str
    account: str | None = None
    intent: str | None = None
    language: str | None = None
    number: str | None = None
    outbound: bool = False  # we have called, and this is the answer


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller's channel is gone from the holding place, or from the conversation it was in."""

    contact: ContactId
    how: Departure


@dataclass(frozen=True, slots=True)
class CallerFellBack:
    """The PBX has given the caller to its own queue, because we were silent; nobody has answered there."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class CallerReturned:
    """The caller is back in the holding place, see TakeBack."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class OfferRinging:
    offer: OfferId


@dataclass(frozen=True, slots=True)
class OfferConnected:
    """The agent answered and the PBX has put agent and caller into one bridge."""

    offer: OfferId


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """The agent's leg is gone, or never came to be."""

    offer: OfferId
    how: LegEnd


@dataclass(frozen=True, slots=True)
class NumberFailed:
    """A number that an agent calls has not answered."""

    contact: ContactId
    how: LegEnd


@dataclass(frozen=True, slots=True)
class CallResumed:
    """The PBX has put a customer who was on hold back to the agent by itself, because we were silent."""

    offer: OfferId


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    device: DeviceRef
    status: DeviceStatus


@dataclass(frozen=True, slots=True)
class PbxLost:
    """The connection to a PBX is gone. Its callers still hear music; nothing can be offered until PbxSynced."""

    pbx: PbxName


@dataclass(frozen=True, slots=True)
class Leg:
    """An agent's leg as found after a reconnect; `contact` is the one it is bridged with, None before the answer.

    `holds` is the contact whose caller is on hold at the PBX, for this leg; `beside` the leg of the agent who asks it.
    """

    offer: OfferId
    contact: ContactId | None
    ringing: bool = False
    holds: ContactId | None = None
    beside: OfferId | None = None
    at_desk: bool = False  # answered, and with nobody


@dataclass(frozen=True, slots=True)
class PbxSynced:
    """All that a PBX holds of ours, after each (re)connect: what is not listed here is no more.

    `waiting` are callers in the holding place or in a conversation. To its own queue the PBX has given `returnable`,
    whom nobody has answered there, and `fallback`, who are past that. `devices` lists every device that the PBX knows.
    `gone` is how those have left who are not listed: HUNG_UP where nothing else can have taken them, else LOST.
    """

    pbx: PbxName
    waiting: tuple[ContactArrived, ...]
    fallback: tuple[ContactId, ...]
    legs: tuple[Leg, ...]
    devices: tuple[DeviceChanged, ...]
    returnable: tuple[ContactArrived, ...] = ()
    gone: Departure = Departure.LOST
    listening: tuple[Spy, ...] = ()  # supervisors' legs
    held: tuple[ContactId, ...] = ()  # those who are on hold, and with nobody
    dialling: tuple[ContactId, ...] = ()  # whose numbers are being called for an agent


# ---- from the CRM


@dataclass(frozen=True, slots=True)
class CustomersFound:
    """The answer to LookUpCustomer, however late: none for an unknown caller, several where a number is shared.

    `last_agent` is who talked to this customer, or else to this number, last.
    """

    contact: ContactId
    customers: tuple[Customer, ...]
    last_agent: AgentId | None = None


# ---- from the agents' desktops


@dataclass(frozen=True, slots=True)
class AgentSignedIn:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentSignedOut:
    """Takes effect at once, or at the end of the contact that the agent is handling."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentReady:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentNotReady:
    """Takes effect at once, or at the end of the contact that the agent is handling."""

    agent: AgentId
    reason: str


@dataclass(frozen=True, slots=True)
class WrapUpEnded:
    """The agent has finished the after-call work of `contact`. `follow_up_on` is a date such as 2026-12-24."""

    agent: AgentId
    contact: ContactId
    disposition: str | None
    notes: str = ""
    follow_up_on: str | None = None


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """Somebody has written something about a contact, whether it is over or not. `note` is an id unique for ever."""

    note: str
    contact: ContactId
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class CallHeld:
    """The agent puts the customer on hold, or (`hold` is false) goes back to the customer."""

    agent: AgentId
    contact: ContactId
    hold: bool


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """The agent hands the customer over, without asking anybody first. `note` is for whoever gets the contact."""

    agent: AgentId
    contact: ContactId
    to: Target
    note: str = ""


@dataclass(frozen=True, slots=True)
class CallConsulted:
    """The agent asks somebody else, while the customer is on hold."""

    agent: AgentId
    contact: ContactId
    to: Target


@dataclass(frozen=True, slots=True)
class ConsultCancelled:
    """Whoever was asked is let go, and the agent is with the customer again."""

    agent: AgentId
    contact: ContactId


@dataclass(frozen=True, slots=True)
class ConsultCompleted:
    """Whoever was asked gets the customer. `note` is for them."""

    agent: AgentId
    contact: ContactId
    note: str = ""


@dataclass(frozen=True, slots=True)
class ConsultConferred:
    """All three talk with each other."""

    agent: AgentId
    contact: ContactId


@dataclass(frozen=True, slots=True)
class CallDialled:
    """The agent calls a number, in the name of `queue`, None: the default queue.

    The shell has made `contact` and `channel` up: `PBX-CHANNEL-1`. `number` is in E.164, or the PBX's own.
    """

    agent: AgentId
    contact: ContactId
    channel: ChannelRef
    number: str
    queue: QueueName | None = None


@dataclass(frozen=True, slots=True)
class CallHungUp:
    """The agent hangs up by the page, not by the phone."""

    agent: AgentId
    contact: ContactId


# ---- from supervisors; `by` is who asked for it


@dataclass(frozen=True, slots=True)
class ContactMoved:
    """Let a waiting contact wait in another queue; it keeps its age and its priority, the rule's skills stay behind."""

    contact: ContactId
    queue: QueueName
    by: str


@dataclass(frozen=True, slots=True)
class ContactPrioritised:
    contact: ContactId
    priority: int
    by: str


@dataclass(frozen=True, slots=True)
class ContactWithdrawn:
    """Take a waiting contact out of its queue: the caller hears that nobody can answer, and the call ends."""

    contact: ContactId
    by: str


@dataclass(frozen=True, slots=True)
class QueueStateSet:
    queue: QueueName
    state: QueueState
    by: str


@dataclass(frozen=True, slots=True)
class OfferingSet:
    """Offers are made, or none any more until further notice. `withdraw`: phones that ring now are stopped, too.

    `by` is who asked for it, a supervisor or the daemon itself.
    """

    offering: bool
    by: str
    withdraw: bool = False


# ---- from the daemon itself


@dataclass(frozen=True, slots=True)
class ConfigurationLoaded:
    """From now on this counts. Contacts that wait keep their route, unless `reroute` or its queue is no more."""

    configuration: Configuration
    reroute: bool = False


@dataclass(frozen=True, slots=True)
class DayBegan:
    """Agents' figures of the day begin anew. `day` is a date such as 2026-11-21; the same day again changes nothing."""

    day: str


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing happened but time: due timers fire."""


Event = (
    ContactArrived
    | CallerLeft
    | CallerFellBack
    | CallerReturned
    | OfferRinging
    | OfferConnected
    | OfferEnded
    | CallResumed
    | DeviceChanged
    | PbxLost
    | PbxSynced
    | CustomersFound
    | AgentSignedIn
    | AgentSignedOut
    | AgentReady
    | AgentNotReady
    | WrapUpEnded
    | NoteAdded
    | CallHeld
    | CallTransferred
    | CallConsulted
    | ConsultCancelled
    | ConsultCompleted
    | ConsultConferred
    | CallDialled
    | NumberFailed
    | CallHungUp
    | ContactMoved
    | ContactPrioritised
    | ContactWithdrawn
    | QueueStateSet
    | OfferingSet
    | ConfigurationLoaded
    | DayBegan
    | TimePassed
    | Order
    | ListeningEvent
)

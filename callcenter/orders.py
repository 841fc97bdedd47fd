"""What supervisors order on the floor: the values, what the core is told, and what it says about it.

These are parts of the two vocabularies in `events.py` and `commands.py`. `by` is always who ordered it.
"""

import dataclasses
from enum import Enum
from typing import TYPE_CHECKING, NewType

from callcenter.types import AgentId, AgentState, AutoAnswer, ContactId, DeviceRef, OfferId, QueueName, Skill

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from callcenter.values import dataclass

MessageId = NewType("MessageId", str)
ListeningId = NewType("ListeningId", str)

OPEN_MESSAGE_LIMIT = 1_000  # in all; beyond that the oldest is closed
MESSAGES_PER_AGENT = 20  # beyond that the agent's oldest is closed
MESSAGE_LIFE_MS = 7 * 86_400_000  # nobody is told after a week's holiday what was urgent at its beginning


@dataclass(frozen=True, slots=True)
class SkillsOrder:
    """An agent's skills were set on the floor, in place of those that the configuration gave it."""

    by: str
    instead_of: tuple[Skill, ...]


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """An agent sits at another phone than the configured one, or at none, for somebody else has that."""

    instead_of: DeviceRef  # without a name where none is configured
    auto_answer: AutoAnswer | None  # of the configured phone


class ListenMode(Enum):
    """What a supervisor who listens to a conversation may say, and who hears it."""

    LISTEN = "listen"  # nobody
    WHISPER = "whisper"  # the agent
    BARGE = "barge"  # the agent and the customer


@dataclass(frozen=True, slots=True)
class Listening:
    """A supervisor's phone and the agent's leg that it listens to; `hears` is false until the PBX says so."""

    id: ListeningId
    by: AgentId
    device: DeviceRef
    agent: AgentId
    contact: ContactId
    leg: OfferId
    mode: ListenMode
    since_ms: int
    hears: bool = False


@dataclass(frozen=True, slots=True)
class Spy:
    """A supervisor's leg as found after a reconnect."""

    listening: ListeningId
    leg: OfferId
    mode: ListenMode
    hears: bool


@dataclasses.dataclass(slots=True)
class OpenMessage:
    """A message that at least one agent has not acknowledged; `unread` is how many have not."""

    id: MessageId
    at_ms: int
    by: str
    text: str
    urgent: bool
    unread: int


# ---- events


@dataclass(frozen=True, slots=True)
class AgentStateSet:
    """READY, NOT_READY with a reason, or LOGGED_OUT: as if the agent had asked for it. Nobody is signed in by it."""

    agent: AgentId
    state: AgentState
    reason: str | None
    by: str


@dataclass(frozen=True, slots=True)
class AgentSkillsSet:
    """These are the agent's skills until the configuration gives it others; None: the configuration's own again."""

    agent: AgentId
    skills: tuple[Skill, ...] | None
    by: str


@dataclass(frozen=True, slots=True)
class ContactGiven:
    """Offer a waiting contact to this agent, whatever its skills and queues.

    Who gives a contact to itself (`by` is the agent) may be NOT_READY, and is so again afterwards.
    """

    contact: ContactId
    agent: AgentId
    by: str


@dataclass(frozen=True, slots=True)
class MessageSent:
    """To these agents, to those who serve one of these queues, or to everybody; an id that is known changes nothing."""

    message: MessageId
    by: str
    text: str
    urgent: bool = False
    agents: tuple[AgentId, ...] = ()
    queues: tuple[QueueName, ...] = ()
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class MessageAcknowledged:
    """The agent has read it."""

    message: MessageId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class ListenAsked:
    """Let the phone `device` of the supervisor `by` hear the agent in this mode; one that hears somebody changes."""

    by: AgentId
    device: DeviceRef
    agent: AgentId
    mode: ListenMode


@dataclass(frozen=True, slots=True)
class ListenStopped:
    by: AgentId


@dataclass(frozen=True, slots=True)
class AcceptAsked:
    """The agent has accepted the offer on its page: let the phone answer."""

    agent: AgentId
    offer: OfferId


@dataclass(frozen=True, slots=True)
class DeviceChosen:
    """The agent works at this phone until it signs out, or the configuration gives it another; None: at its own."""

    agent: AgentId
    device: DeviceRef | None


Order = AgentStateSet | AgentSkillsSet | ContactGiven | MessageSent | MessageAcknowledged | AcceptAsked | DeviceChosen


@dataclass(frozen=True, slots=True)
class ListeningBegan:
    """From the PBX: the supervisor's phone was answered and hears the conversation; said again for each mode."""

    listening: ListeningId


@dataclass(frozen=True, slots=True)
class ListeningEnded:
    """From the PBX: the supervisor's leg is gone, or never came to be."""

    listening: ListeningId


ListeningEvent = ListenAsked | ListenStopped | ListeningBegan | ListeningEnded


# ---- commands


@dataclass(frozen=True, slots=True)
class AgentSkillsChanged:
    """The agent's skills are others from now on. `by` None: they are the configuration's."""

    agent: AgentId
    skills: tuple[Skill, ...]
    by: str | None


@dataclass(frozen=True, slots=True)
class AgentDeviceChanged:
    """The agent's phone is another from now on; one without a name: it has none, and has to choose.

    `chosen` is whether it is the agent's choice, and not the configuration's.
    """

    agent: AgentId
    device: DeviceRef
    chosen: bool


@dataclass(frozen=True, slots=True)
class MessageShown:
    """The agent's screen should show this message until it is acknowledged."""

    agent: AgentId
    message: MessageId
    at_ms: int
    by: str
    text: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class MessageGone:
    """The agent's screen should show it no more: it was acknowledged, is too old, or had to make room."""

    agent: AgentId
    message: MessageId


@dataclass(frozen=True, slots=True)
class ListeningChanged:
    """How `listening` stands now; `over`: it is no more."""

    listening: Listening
    over: bool = False


Answer = AgentSkillsChanged | AgentDeviceChanged | MessageShown | MessageGone | ListeningChanged


@dataclass(frozen=True, slots=True)
class StartListening:
    """To the PBX: ring the supervisor's phone and let it hear the agent's leg. `agent` is whom the phone shows."""

    listening: ListeningId
    device: DeviceRef
    leg: OfferId
    mode: ListenMode
    agent: str


@dataclass(frozen=True, slots=True)
class ChangeListening:
    """To the PBX: from now on in this mode, to this leg, without ringing anew."""

    listening: ListeningId
    device: DeviceRef
    leg: OfferId
    mode: ListenMode


@dataclass(frozen=True, slots=True)
class StopListening:
    """To the PBX: take the supervisor's leg down, whether it rings, hears, or is about to be."""

    listening: ListeningId
    device: DeviceRef


ListenCommand = StartListening | ChangeListening | StopListening


@dataclass(frozen=True, slots=True)
class AnswerPhone:
    """To the PBX: tell the phone that rings for this offer to answer."""

    offer: OfferId
    device: DeviceRef

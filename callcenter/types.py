"""Names and values that both sides of the wall share.

Everything here is an immutable value. Times are integer milliseconds of UTC since the Unix epoch and end in `_ms`;
they arrive inside events, nothing in the core reads a clock.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NewType

PbxName = NewType("PbxName", str)
ContactId = NewType("ContactId", str)
OfferId = NewType("OfferId", str)
AgentId = NewType("AgentId", str)
QueueName = NewType("QueueName", str)
SkillName = NewType("SkillName", str)
Tier = NewType("Tier", str)

MIN_PROFICIENCY = 1
MAX_PROFICIENCY = 10


@dataclass(frozen=True, slots=True, order=True)
class ChannelRef:
    """A caller's channel: channel ids are unique at one PBX only, so the PBX belongs to the name."""

    pbx: PbxName
    channel: str


@dataclass(frozen=True, slots=True, order=True)
class DeviceRef:
    """An agent's phone, as the PBX that it is registered at calls it, such as `PJSIP/1001`."""

    pbx: PbxName
    device: str


class DeviceStatus(Enum):
    """What the PBX last said of a device. Only a FREE device gets an offer."""

    FREE = "free"
    RINGING = "ringing"
    IN_USE = "in_use"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class Departure(Enum):
    """How a caller left the PBX's holding place without an agent."""

    HUNG_UP = "hung_up"
    FALLBACK = "fallback"  # the PBX gave the caller to its own queue because the daemon was silent
    LOST = "lost"  # the channel was gone when the PBX could be asked again


class LegEnd(Enum):
    """Why an agent's leg of an offer is no more. One table in the translator maps hang-up causes to these."""

    BUSY = "busy"  # declined: busy, rejected, do not disturb
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"  # not registered, no route, refused by the network
    CALLER_GONE = "caller_gone"  # the agent answered and there was nobody left to talk to
    HUNG_UP = "hung_up"  # the leg was connected and has ended, whoever ended it
    FAILED = "failed"  # the PBX could not carry out the attempt


@dataclass(frozen=True, slots=True)
class Customer:
    """The CRM record behind a contact."""

    id: int
    account: str
    name: str
    tier: Tier
    language: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill with a proficiency of 1 to 10: what an agent has, or the least that a contact requires."""

    name: SkillName
    level: int


class AgentState(Enum):
    LOGGED_OUT = "logged_out"
    NOT_READY = "not_ready"
    READY = "ready"
    RESERVED = "reserved"
    TALKING = "talking"
    WRAP_UP = "wrap_up"


class ContactState(Enum):
    IDENTIFYING = "identifying"  # arrived; the customer is being looked up, for at most the look-up deadline
    WAITING = "waiting"
    OFFERED = "offered"
    CONNECTED = "connected"
    ENDED = "ended"


class OfferState(Enum):
    PENDING = "pending"
    RINGING = "ringing"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


class Outcome(Enum):
    """How a contact ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    FALLBACK = "fallback"
    LOST = "lost"


class SegmentKind(Enum):
    WAITING = "waiting"
    OFFER = "offer"
    TALK = "talk"
    WRAP_UP = "wrap_up"


# Reasons of NOT_READY that the engine sets by itself; an agent's own reasons are configuration.
REASON_SIGNED_IN = "signed_in"
REASON_RONA = "rona"
PENDING_SIGN_OUT = "logged_out"  # what an agent is waiting for who signed out in the middle of a contact


@dataclass(frozen=True, slots=True)
class Route:
    """Where a rule sends a contact, and which rule it was.

    `priority` is higher for the more urgent. `rule` names the rule; `because` says in words which facts matched.
    `matched` is false where no rule applied and the contact went to the default queue.
    """

    queue: QueueName
    priority: int
    skills: tuple[Skill, ...]
    rule: str
    because: str
    matched: bool = True


@dataclass(frozen=True, slots=True)
class QueueConfig:
    name: QueueName
    offer_timeout_ms: int
    wrap_up_ms: int
    service_level_ms: int


@dataclass(frozen=True, slots=True)
class AgentConfig:
    id: AgentId
    name: str
    device: DeviceRef
    skills: tuple[Skill, ...]
    queues: tuple[QueueName, ...]


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """One routing rule: each named fact must be one of the values listed; an empty tuple asks nothing.

    `dialled`, `intent` and `language` compare as text, exactly.
    """

    name: str
    queue: QueueName
    priority: int
    skills: tuple[Skill, ...] = ()
    tier: tuple[Tier, ...] = ()
    dialled: tuple[str, ...] = ()
    intent: tuple[str, ...] = ()
    language: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that an admin decides and the core obeys. `tiers` is ordered from the highest to the lowest."""

    tiers: tuple[Tier, ...]
    default_tier: Tier
    default_queue: QueueName
    queues: tuple[QueueConfig, ...]
    rules: tuple[RuleConfig, ...]
    agents: tuple[AgentConfig, ...]
    lookup_deadline_ms: int = 200
    decline_backoff_ms: int = 10_000
    failure_backoff_ms: int = 10_000

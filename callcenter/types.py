"""Names and values that both sides of the wall share.

Everything here is an immutable value. Times are integer milliseconds of UTC since the Unix epoch and end in `_ms`;
they arrive inside events, nothing in the core reads a clock.
"""

from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from callcenter.values import dataclass

PbxName = NewType("PbxName", str)
ContactId = NewType("ContactId", str)
OfferId = NewType("OfferId", str)
AgentId = NewType("AgentId", str)
QueueName = NewType("QueueName", str)
SkillName = NewType("SkillName", str)
Tier = NewType("Tier", str)

AttributeValue = str | float | bool

MIN_PROFICIENCY = 1
MAX_PROFICIENCY = 10
MIN_PRIORITY = 0
MAX_PRIORITY = 100
MAX_QUEUE_LEVEL = 10  # the last place in an agent's own order of queues; 1 is the first


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
    FALLBACK = "fallback"  # answered in the PBX's own queue, or past it: it got there because the daemon was silent
    LOST = "lost"  # gone when the PBX could be asked again, and it has started anew, or its own queue has had callers


class LegEnd(Enum):
    """Why an agent's leg of an offer is no more. One table in the translator maps hang-up causes to these."""

    BUSY = "busy"  # declined: busy, rejected, do not disturb
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"  # not registered, no route, refused by the network
    CALLER_GONE = "caller_gone"  # the agent answered and there was nobody left to talk to
    TAKEN = "taken"  # the agent answered, and another agent had the caller already
    HUNG_UP = "hung_up"  # the leg was connected and has ended, whoever ended it
    FAILED = "failed"  # the PBX could not carry out the attempt


@dataclass(frozen=True, slots=True)
class Customer:
    """The CRM record behind a contact; `key` is its id in the CRM that it is from.

    The log knows it by `id`; below 0 that was made up, as our database could not be asked, and the log has none.
    """

    id: int
    account: str
    name: str
    tier: Tier
    language: str | None = None
    notes: str | None = None
    account_manager: AgentId | None = None
    attributes: dict[str, AttributeValue] = field(default_factory=dict)  # those declared, as far as the record has them
    key: str = ""


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill with a proficiency of 1 to 10: what an agent has, or the least that a contact requires."""

    name: SkillName
    level: int


@dataclass(frozen=True, slots=True)
class Needs:
    """What an agent must bring to take a contact.

    It serves one of `queues`, the contact's own first. It has each of `skills`, and of each group of `any_of` at least
    one skill, at the level named or above. Each of `preferred` that it has lets it come sooner, and excludes nobody.
    """

    queues: tuple[QueueName, ...]
    skills: tuple[Skill, ...] = ()
    any_of: tuple[tuple[Skill, ...], ...] = ()
    preferred: tuple[Skill, ...] = ()


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A timed step that widens who may take a waiting contact: due `after_ms` from its arrival.

    `lower` names skills with the level that is enough from now on; `drop` names skills no longer asked for.
    """

    after_ms: int
    lower: tuple[Skill, ...] = ()
    drop: tuple[SkillName, ...] = ()
    add_queues: tuple[QueueName, ...] = ()


class Strategy(Enum):
    """Which of the free agents that may take a contact gets it. Equal ones: who has been idle longest."""

    LONGEST_IDLE = "longest_idle"
    LEAST_OCCUPIED = "least_occupied"  # the lowest occupancy today, as it was when the agent came free
    FEWEST_CONTACTS = "fewest_contacts"  # answered today
    MOST_PROFICIENT = "most_proficient"  # the highest sum of levels in the skills that the contact asks for
    LEAST_FLEXIBLE = "least_flexible"  # the fewest skills, so that those with rare ones stay free
    ROUND_ROBIN = "round_robin"  # whose last offer from this queue is longest ago
    RANKED = "ranked"  # in the queue's own list of agents
    RANDOM = "random"  # by a draw from the seed, the contact and the number of its offers


class QueueState(Enum):
    OPEN = "open"
    DRAINED = "drained"  # takes nobody new; those who wait are served
    CLOSED = "closed"  # takes nobody, and those who wait leave it


class Preference(Enum):
    """An agent whom a rule wants to keep a contact for."""

    ACCOUNT_MANAGER = "account_manager"  # the one in the customer's record
    LAST_AGENT = "last_agent"  # who talked to this customer last


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
    AWAY = "away"  # handed over to a number outside, with which the caller talks
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
    WITHDRAWN = "withdrawn"  # a supervisor took it out of its queue
    CLOSED = "closed"  # its queue takes nobody, and names no other
    OVERFLOWED = "overflowed"  # waited as long as its rule or queue lets it, and was sent away
    UNREACHED = "unreached"  # an agent has called, and nobody was there to talk to


class SegmentKind(Enum):
    WAITING = "waiting"
    OFFER = "offer"
    TALK = "talk"
    AWAY = "away"  # the caller talks with a number that it was transferred to
    CONSULT = "consult"  # an agent or a number was asked meanwhile, and talked with the agent who asked
    DIALLING = "dialling"  # an agent calls: the own phone, then the number
    HOLD = "hold"  # the customer hears music while an agent has the contact
    WRAP_UP = "wrap_up"


class DecisionKind(Enum):
    """What was decided about a contact, besides its offers."""

    TRANSFERRED = "transferred"  # by the agent who had it
    CONSULTED = "consulted"  # the agent who has it asks somebody
    ROUTED = "routed"
    RELAXED = "relaxed"
    RELEASED = "released"  # no longer kept for a preferred agent
    MOVED = "moved"
    PRIORITISED = "prioritised"
    WITHDRAWN = "withdrawn"
    TURNED_AWAY = "turned_away"  # its queue takes nobody, or its rule sends it away
    OVERFLOWED = "overflowed"
    GIVEN = "given"  # to an agent, by a supervisor
    LISTENED = "listened"  # a supervisor listens to the conversation, speaks in it, or no more


# Reasons of NOT_READY that the engine sets by itself; an agent's own reasons are configuration.
REASON_SIGNED_IN = "signed_in"
REASON_RONA = "rona"
PENDING_SIGN_OUT = "logged_out"  # what an agent is waiting for who signed out in the middle of a contact

AWAY = QueueName("away")  # what a route names in place of a queue where nobody waits: no queue has this name


@dataclass(frozen=True, slots=True)
class Overflow:
    """A contact that has waited so long since its arrival goes to another queue; `to` None: a message, and the end."""

    after_ms: int
    to: QueueName | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Where a rule sends a contact, and which rule it was.

    `priority` is higher for the more urgent. `rule` names the rule; `because` says in words which facts matched.
    `matched` is false where no rule applied and the contact went to the default queue. For `prefer_for_ms` from its
    arrival the contact is kept for the first of `prefer` who is at work and may take it. With a message in `away` the
    contact does not wait: the caller hears it, the call ends, and `queue` is AWAY.
    """

    queue: QueueName
    priority: int
    skills: tuple[Skill, ...]
    rule: str
    because: str = field(compare=False)  # it has the figures of its moment in it
    matched: bool = True
    any_of: tuple[tuple[Skill, ...], ...] = ()
    preferred: tuple[Skill, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    prefer: tuple[AgentId, ...] = ()
    prefer_for_ms: int = 0
    tags: tuple[str, ...] = ()
    text: str = ""  # what the agent sees
    overflow: Overflow | None = None
    away: str | None = None


@dataclass(frozen=True, slots=True)
class Announce:
    """What is said every `every_ms` of waiting in a queue: one of `sounds` in turn, then the place in the queue."""

    every_ms: int
    sounds: tuple[str, ...] = ()
    position: bool = False


@dataclass(frozen=True, slots=True)
class Treatment:
    """What those hear who wait in a queue. Sounds and the class of music are known to the PBX by these names."""

    music: str | None = None  # None: the PBX's own
    greeting: str | None = None  # once for a contact, in the first queue that has one
    announce: Announce | None = None


class Level(Enum):
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Limits:
    """None: this level is never reached."""

    warning: float | None = None
    critical: float | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When supervisors are alerted: so many wait, so long (s), and the service level (percent) is below that."""

    waiting: Limits | None = None
    longest_wait_s: Limits | None = None
    service_level: Limits | None = None


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """`ring_at_once` phones ring for one contact where so many agents are free. `ranked` is the order of RANKED.

    `closed_to` is the queue of those who find this one not open; None: they are told so and sent away.
    """

    name: QueueName
    offer_timeout_ms: int
    wrap_up_ms: int
    service_level_ms: int
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_at_once: int = 1
    ranked: tuple[AgentId, ...] = ()
    closed_to: QueueName | None = None
    overflow: Overflow | None = None
    treatment: Treatment | None = None
    short_abandon_ms: int = 5_000  # who hangs up sooner is counted apart
    thresholds: Thresholds | None = None


class AutoAnswer(Enum):
    """How a phone can be told to answer; one that can't is answered by hand."""

    NOTIFY = "notify"  # a SIP NOTIFY with the event "talk" in the dialog of the call


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """`levels` is the agent's own order of its queues: 1 comes first, and a queue that is not named is of level 1."""

    id: AgentId
    name: str
    device: DeviceRef
    skills: tuple[Skill, ...]
    queues: tuple[QueueName, ...]
    levels: dict[QueueName, int] = field(default_factory=dict)
    auto_answer: AutoAnswer | None = None


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """One routing rule: each named fact must be one of the values listed; an empty tuple asks nothing.

    `dialled`, `intent` and `language` compare as text, exactly; `when` is an expression that must hold as well, empty:
    always (docs/rules.md). `relaxations` are in the order of their time. `away` is as in a Route.
    """

    name: str
    queue: QueueName
    priority: int
    skills: tuple[Skill, ...] = ()
    tier: tuple[Tier, ...] = ()
    dialled: tuple[str, ...] = ()
    intent: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    any_of: tuple[tuple[Skill, ...], ...] = ()
    preferred: tuple[Skill, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    prefer: tuple[Preference, ...] = ()
    prefer_for_ms: int = 0
    when: str = ""
    entry: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    text: str = ""
    overflow: Overflow | None = None
    away: str | None = None


class AttributeKind(Enum):
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"  # a text such as 2026-12-24


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a customer's record has besides. `values`: a text is one of them; empty: any."""

    name: str
    kind: AttributeKind
    default: AttributeValue
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedList:
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A fragment that rules use by its name."""

    name: str
    when: str


@dataclass(frozen=True, slots=True)
class TierRule:
    when: str
    tier: Tier


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours, expanded: `open` and `holidays` are half-open stretches of time in ms, ascending, for a while."""

    name: str
    open: tuple[tuple[int, int], ...]
    holidays: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that an admin decides and the core obeys. `tiers` is ordered from the highest to the lowest.

    `ageing_ms` of waiting count as one point of priority.
    """

    tiers: tuple[Tier, ...]
    default_tier: Tier
    default_queue: QueueName
    queues: tuple[QueueConfig, ...]
    rules: tuple[RuleConfig, ...]
    agents: tuple[AgentConfig, ...]
    lookup_deadline_ms: int = 200
    decline_backoff_ms: int = 10_000
    failure_backoff_ms: int = 10_000
    rona_backoff_ms: int = 0
    ageing_ms: int = 30_000
    draw_seed: int = 0
    version: int = 0  # of the rules, 0: none is kept
    zone: tuple[tuple[int, int], ...] = ()  # from when (ms), how far local time is ahead of UTC (ms); ascending
    hours: tuple[Hours, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    lists: tuple[NamedList, ...] = ()
    conditions: tuple[Condition, ...] = ()
    tier_rules: tuple[TierRule, ...] = ()

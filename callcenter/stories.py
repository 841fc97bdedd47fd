"""The story of a contact: what is recorded about it beside segments and decisions, and how it is told again.

The first two are parts of the vocabulary in `commands`. Everything here is an immutable value, as in `types`. Times are
milliseconds of UTC since the Unix epoch.
"""

from typing import TYPE_CHECKING

from callcenter.types import ContactId, Outcome, QueueName, Tier

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from callcenter.values import dataclass

MAX_NOTE = 4_000  # characters


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """A contact waits in this queue no more: answered, gone, or (None) waiting on in another one, where a rule or a
    supervisor has sent it. OVERFLOWED counts here whether it waits on or was sent away.

    `waited_ms` is the time for which it had waited, in this queue and those before. The queue's thresholds of this
    moment are with it, as the figures are counted once and for all.
    """

    contact: ContactId
    queue: QueueName
    tier: Tier
    outcome: Outcome | None
    waited_ms: int
    service_level_ms: int
    short_abandon_ms: int
    to: QueueName | None = None  # OVERFLOWED: the queue in which it waits on


@dataclass(frozen=True, slots=True)
class RecordNote:
    """What somebody has written about a contact. `note` is unique for ever."""

    note: str
    contact: ContactId
    at_ms: int
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Logged:
    """A contact: one that is over, as the log has it, or (`outcome` is None) one that goes on, as it is now.

    `agent` is who had it last, `state` where it stands now, None for one that is over.
    """

    id: str
    arrived_ms: int
    connected_ms: int | None
    ended_ms: int | None
    waited_ms: int | None
    handled_ms: int | None
    caller: str | None
    caller_name: str
    dialled: str
    account: str | None
    intent: str | None
    language: str | None
    customer_id: int | None
    tier: str
    queue: str | None
    priority: int | None
    rule: str | None
    because: str | None
    agent: str | None
    outcome: str | None
    disposition: str | None
    follow_up_on: str | None
    offers: int
    service_level_ms: int | None
    tags: tuple[str, ...] = ()
    state: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedSegment:
    """A finished stretch: waiting, an offer, talk, hold, wrap-up. `result` is an offer's end or the disposition."""

    number: int
    kind: str
    started_ms: int
    ended_ms: int
    queue: str | None
    agent: str | None
    offer: str | None
    result: str | None


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """`queue` and `priority` are those from then on; `by` is the person who asked for it, None: the engine."""

    number: int
    kind: str
    at_ms: int
    queue: str | None
    priority: int | None
    words: str
    by: str | None


@dataclass(frozen=True, slots=True)
class LoggedNote:
    id: str
    at_ms: int
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Person:
    """The customer as far as our database knows them still. `id` is the log's."""

    id: int
    account: str
    name: str | None = None
    tier: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, each part in order. `partial` says in words what could not be read, None: all was."""

    contact: Logged
    customer: Person | None
    segments: tuple[LoggedSegment, ...] = ()
    decisions: tuple[LoggedDecision, ...] = ()
    notes: tuple[LoggedNote, ...] = ()
    partial: str | None = None

    @property
    def agents(self) -> tuple[str, ...]:
        """Those who have (had) the contact or were asked to take it."""
        named = [self.contact.agent, *(one.agent for one in self.segments)]
        return tuple(dict.fromkeys(agent for agent in named if agent is not None))

    @property
    def queues(self) -> tuple[str, ...]:
        """Those that it has been in."""
        named = [self.contact.queue, *(one.queue for one in self.segments), *(one.queue for one in self.decisions)]
        return tuple(dict.fromkeys(queue for queue in named if queue is not None))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in the log; None: whatever. From `from_ms` to before `to_ms`, by arrival.

    `number` is in E.164, `caller` as the PBX gave it. `queues`: only contacts of these. `after` is the arrival and the
    id of the last one that was seen.
    """

    caller: str | None = None
    number: str | None = None
    account: str | None = None
    agent: str | None = None
    queue: str | None = None
    queues: tuple[str, ...] | None = None
    outcome: str | None = None
    follow_up_until: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    after: tuple[int, str] | None = None
    limit: int = 50

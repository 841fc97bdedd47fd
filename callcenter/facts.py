"""The facts that every figure comes from: a contact's stays in queues, agents' parts in contacts, agents' states.

One idea: the core says each of them once, with all that a figure needs, and every report, page and metric is a function
of them. They are parts of the vocabulary in `commands`. Everything here is an immutable value, as in `types`; times are
milliseconds of UTC since the Unix epoch.
"""

from enum import Enum
from typing import TYPE_CHECKING

from callcenter.talks import Direction
from callcenter.types import AgentId, AgentState, ContactId, QueueName, Tier

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from callcenter.values import dataclass

QUARTER_MS = 15 * 60_000  # figures are kept by quarters of an hour of UTC: every time zone's days are made of them


def quarter_of(at_ms: int) -> int:
    """When the quarter of an hour began in which this moment lies."""
    return at_ms - at_ms % QUARTER_MS


class VisitEnd(Enum):
    """How a contact's stay in a queue ended. OVERFLOWED: by waiting too long, be it to another queue or sent away.

    OTHER: moved by a supervisor or by new rules, withdrawn, sent away because the queue was closed, in the PBX's own
    queue, lost, or answered by a number outside.
    """

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    OVERFLOWED = "overflowed"
    OTHER = "other"


class HandedTo(Enum):
    """To what an agent has handed a contact on, at once or after a consultation."""

    QUEUE = "queue"
    AGENT = "agent"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class RecordVisit:
    """A contact's stay in one queue, said when it begins (`ended_ms` None) and again, complete, when it ends.

    (contact, number) is unique for ever. `queued_ms` is since when it waits as service level counts it: its arrival or
    its transfer; `waited_ms` is from then to the end, in this queue and those before. `tier` and the queue's thresholds
    are those of the end. `entry` is the number that was dialled. `agent` is who has answered.
    """

    contact: ContactId
    number: int
    queue: QueueName
    tier: Tier
    entry: str
    began_ms: int
    queued_ms: int
    service_level_ms: int
    short_abandon_ms: int
    after_transfer: bool  # an agent has handed it on, to here
    ended_ms: int | None = None
    outcome: VisitEnd | None = None
    waited_ms: int | None = None
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class RecordPart:
    """An agent's part in a contact, said once, at the end of its wrap-up. (contact, number) is unique for ever.

    `began_ms` is the answer or, where the agent has called the customer (`direction` OUT), the order to dial: whoever
    has such a contact from a colleague has answered. `ring_ms` is of the offer that was accepted, before `began_ms`; of
    a call out, from the order to the customer's answer or the end, after `began_ms`. So ended - began = talk + hold +
    wrap-up, and ring of a call out. `consult_ms` is the time with those whom the agent asked, and lies within hold and
    talk (a talk of three). `entry` is empty where we have called: what was dialled there is the customer's number.
    `tier` is that of the end.
    """

    contact: ContactId
    number: int
    agent: AgentId
    queue: QueueName
    tier: Tier
    entry: str
    direction: Direction
    began_ms: int
    ended_ms: int
    ring_ms: int
    talk_ms: int
    hold_ms: int
    wrap_up_ms: int
    consult_ms: int
    consults: int
    transfer: HandedTo | None
    disposition: str | None


@dataclass(frozen=True, slots=True)
class RecordStretch:
    """A stretch of one state (and reason) of an agent, said when it begins (`ended_ms` None) and when it ends.

    `number` only goes up: of stretches of an agent that began in the same millisecond the last one counts. Nobody has a
    stretch of LOGGED_OUT. An agent's stretches follow each other without a gap from sign-in to sign-out.
    """

    agent: AgentId
    number: int
    began_ms: int
    state: AgentState
    reason: str | None
    ended_ms: int | None = None


Fact = RecordVisit | RecordPart | RecordStretch

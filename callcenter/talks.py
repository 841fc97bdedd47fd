"""Names and values of what agents do with a call that they have: whom they hand it to, consult or call.

Everything here is an immutable value, as in `types`.
"""

from enum import Enum
from typing import TYPE_CHECKING

from callcenter.types import AgentId, ContactId, QueueName

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from callcenter.values import dataclass


class Direction(Enum):
    IN = "in"  # the customer has called us
    OUT = "out"  # an agent has called the customer


class TalkState(Enum):
    """Where the caller of a CONNECTED contact is."""

    DIALLING = "dialling"  # outbound: the number is being called, the agent's phone is off the hook or rings
    TALKING = "talking"
    HELD = "held"  # hears music; the agent's phone is silent, or consults somebody
    CONFERENCE = "conference"  # three-way: caller, agent and whoever was consulted


class ConsultState(Enum):
    RINGING = "ringing"  # or waiting in a queue for somebody to be rung
    TALKING = "talking"
    FAILED = "failed"  # nobody to talk to (any more); the caller is on hold still


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a call may go to: exactly one of a queue, an agent, or a number in E.164 or of the PBX's own."""

    queue: QueueName | None = None
    agent: AgentId | None = None
    number: str | None = None

    @property
    def words(self) -> str:
        if self.queue is not None:
            return f"queue {self.queue}"
        return f"agent {self.agent}" if self.agent is not None else f"number {self.number}"


@dataclass(frozen=True, slots=True)
class Consult:
    """Whom an agent asks while the caller is on hold. `contact` names the consultation, `words` say why it failed."""

    contact: ContactId
    to: Target
    state: ConsultState
    words: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about a contact; it stays with it, whoever has it next."""

    at_ms: int
    by: str
    text: str

"""What happened in a queue, counted, and the service level by each of the formulas that are in use.

The one idea: a formula has a name, and is no more than two sums of counts; the counts say nothing of formulas. `within`
is always: at the latest when the queue's threshold T was reached, from the moment the contact began to wait.
docs/service_level.md has each formula with a worked example.

OF_ANSWERED                   answered within T ÷ answered
OF_OFFERED                    answered within T ÷ (answered + abandoned, short ones too)
OF_OFFERED_WITHOUT_SHORT      answered within T ÷ (answered + abandoned, short ones left out)
ABANDONED_IN_TIME_AS_MET      (answered within T + abandoned within T) ÷ (answered + abandoned, short ones too)
OF_OFFERED_WITH_OVERFLOWED    OF_OFFERED, and each contact that overflowed is one that was missed
WITH_OVERFLOWED               OF_OFFERED_WITHOUT_SHORT, the same
ABANDONED_IN_TIME_AS_MET_WITH_OVERFLOWED   ABANDONED_IN_TIME_AS_MET, the same

The first four leave out whoever overflowed. Those who left for another reason (`others`) count for no formula.
"""

from dataclasses import dataclass, fields
from enum import Enum
from operator import add, attrgetter


@dataclass(frozen=True, slots=True)
class Counts:
    """Contacts that a queue has lost, by how. Each is counted once, when it happens, in the queue that it left.

    `abandoned` are those who hung up, but not the short ones; `abandoned_within` counts of both. `overflowed` have gone
    to another queue, or were sent away, because they had waited too long. `others` were moved, withdrawn, sent away
    because the queue was closed, or have gone to the PBX's own queue. `parts` are the agents' with contacts of this
    queue, counted at the end of the wrap-up, and `handle_ms` is what they took together.
    """

    answered: int = 0
    answered_within: int = 0
    answer_wait_ms: int = 0  # of the answered, together
    abandoned: int = 0
    short_abandoned: int = 0
    abandoned_within: int = 0
    overflowed: int = 0
    others: int = 0
    parts: int = 0
    handle_ms: int = 0

    def plus(self, other: "Counts") -> "Counts":
        return Counts(*map(add, _numbers(self), _numbers(other)))

    @property
    def average_speed_of_answer_ms(self) -> int | None:
        """None where nobody was answered."""
        return round(self.answer_wait_ms / self.answered) if self.answered else None

    @property
    def average_handle_ms(self) -> int | None:
        """Talk, hold and wrap-up of a part, on average; None where none has ended."""
        return round(self.handle_ms / self.parts) if self.parts else None


_numbers = attrgetter(*(field.name for field in fields(Counts)))
NO_COUNTS = Counts()


class Formula(Enum):
    OF_ANSWERED = "of_answered"
    OF_OFFERED = "of_offered"
    OF_OFFERED_WITHOUT_SHORT = "of_offered_without_short"
    ABANDONED_IN_TIME_AS_MET = "abandoned_in_time_as_met"
    OF_OFFERED_WITH_OVERFLOWED = "of_offered_with_overflowed"
    WITH_OVERFLOWED = "with_overflowed"
    ABANDONED_IN_TIME_AS_MET_WITH_OVERFLOWED = "abandoned_in_time_as_met_with_overflowed"


USUAL = Formula.OF_OFFERED_WITHOUT_SHORT

_ALL = ("answered", "abandoned", "short_abandoned")
_IN_TIME = ("answered_within", "abandoned_within")

# Of each formula the counts that are met, and those that they are a share of.
TERMS: dict[Formula, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Formula.OF_ANSWERED: (("answered_within",), ("answered",)),
    Formula.OF_OFFERED: (("answered_within",), _ALL),
    Formula.OF_OFFERED_WITHOUT_SHORT: (("answered_within",), ("answered", "abandoned")),
    Formula.ABANDONED_IN_TIME_AS_MET: (_IN_TIME, _ALL),
    Formula.OF_OFFERED_WITH_OVERFLOWED: (("answered_within",), (*_ALL, "overflowed")),
    Formula.WITH_OVERFLOWED: (("answered_within",), ("answered", "abandoned", "overflowed")),
    Formula.ABANDONED_IN_TIME_AS_MET_WITH_OVERFLOWED: (_IN_TIME, (*_ALL, "overflowed")),
}


def service_level(counts: Counts, formula: Formula) -> float | None:
    """From 0 to 1; None where there is nobody to whom it could be given."""
    met, of = (sum(getattr(counts, term) for term in terms) for terms in TERMS[formula])
    return met / of if of else None

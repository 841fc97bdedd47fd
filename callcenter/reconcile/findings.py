"""What an audit has found: each check by its name, what it has looked at, and where two accounts differ.

One idea: an audit's memory is bounded, its counts are not. Of each check the first differences are kept in full, the
rest are counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

SHOWN = 20  # differences of one check that are told in full

# The checks: what each one holds against what. docs/audit.md explains them in this order.
CHECKS: dict[str, str] = {
    "contact-times": "a contact arrives, is connected and ends in this order, and waited_ms follows from that",
    "contact-outcome": "a contact is answered if and only if it was connected, and then there is a talk",
    "contact-twice": "one channel of the PBX is in one contact at a time",
    "contact-offers": "the offers that a contact says it had are in its segments",
    "contact-agent": "a contact's agent is the one of its last talk",
    "contact-queue": "a contact's queue is the one that was decided last",
    "contact-wrap-up": "disposition and handled_ms of a contact are those of its agent's last wrap-up",
    "contact-links": "previous_ms and next_ms are the arrivals of the contacts before and after it",
    "segments": "segments are numbered without a gap, in order of time, and tell a contact's life without a hole",
    "decisions": "decisions are numbered without a gap, in order of time, within the life of the contact",
    "no-contact": "rows that belong to a contact belong to one that is in the log, or that goes on",
    "early-dispositions": "the end of a wrap-up does not wait for a contact that is there",
    "visits": "the table visit is what segments and decisions say of waiting in queues",
    "parts": "the table part is what segments and decisions say of agents",
    "stretches": "an agent's stretches follow each other, and hold its talks and wrap-ups",
    "figure-queue": "the figures of queues, by quarter of an hour, queue, tier and entry, are the sums of the log",
    "figure-agent": "the figures of agents, by quarter of an hour and queue, are the sums of the log",
    "figure-stretch": "the figures of agents' states, by quarter of an hour, are the sums of the stretches",
    "reports": "a report of the whole range has the totals of the log",
    "metrics": "the counters of Prometheus are the totals of the log",
    "pbx-unknown": "each contact has a call in the PBX's records",
    "pbx-not-here": "each call that reached the call center's dialplan has a contact",
    "pbx-outcome": "whom an agent answered by the log, somebody was bridged with by the PBX's records, and no one else",
    "pbx-times": "arrival, end and talk of a contact are those of its call",
}


class State(Enum):
    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True)
class Difference:
    """`subject` names what differs: a contact, else a cell of a report such as `2026-05-04T10:15Z sales`. `what` is the
    column or the total, `counted` what the audit has counted from the log, `found` what stands where it looked."""

    check: str
    subject: str
    what: str
    counted: str
    found: str
    contacts: tuple[str, ...] = ()  # some of those that were counted, where the subject is no contact


@dataclass(slots=True)
class Tally:
    """Of one check. `compared` counts what was held against something else, in the check's own unit."""

    compared: int = 0
    differences: int = 0
    shown: list[Difference] = field(default_factory=list)
    not_compared: str | None = None  # why

    @property
    def state(self) -> State:
        if self.differences:
            return State.DIFFERS
        return State.NOT_COMPARED if self.not_compared is not None and not self.compared else State.AGREES


class Findings:
    """Of one audit. `notes` say what was left out, and why, beside what the checks say themselves."""

    def __init__(self, show: int = SHOWN) -> None:
        self.tallies = {check: Tally() for check in CHECKS}
        self.notes: list[str] = []
        self._show = show

    def looked(self, check: str, count: int = 1) -> None:
        self.tallies[check].compared += count

    def not_compared(self, check: str, why: str) -> None:
        self.tallies[check].not_compared = why

    def differs(  # noqa: PLR0917 - a difference is all of these
        self, check: str, subject: str, what: str, counted: object, found: object, contacts: Iterable[str] = ()
    ) -> None:
        tally = self.tallies[check]
        tally.differences += 1
        if len(tally.shown) < self._show:
            tally.shown.append(Difference(check, subject, what, _words(counted), _words(found), tuple(contacts)))

    def same(self, check: str, subject: str, what: str, counted: object, found: object) -> None:
        """Note a difference where the two are not equal."""
        if counted != found:
            self.differs(check, subject, what, counted, found)

    def forget(self, check: str, why: str) -> None:
        """What was noted of this check does not count."""
        self.tallies[check] = Tally(not_compared=why)

    @property
    def differences(self) -> int:
        return sum(tally.differences for tally in self.tallies.values())


def _words(value: object) -> str:
    return "nothing" if value is None else str(value)

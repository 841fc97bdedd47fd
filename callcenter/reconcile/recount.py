"""What a contact's segments and decisions say of its visits to queues and of its agents' parts.

One idea: this is told a second time, from other rows and by other code than the facts that the daemon writes, so the
two can be held against each other. A visit begins with a decision (routed, moved, overflowed, transferred) and ends
with the next one, with an accepted offer, or with the contact. A part is all segments with the offer of its wrap-up.

What segments and decisions do not hold (a queue's thresholds, the tier of that moment) is not told here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from callcenter.reconcile.rows import Log

ANSWERED, ABANDONED, OVERFLOWED, OTHER = "answered", "abandoned", "overflowed", "other"
_TARGET = re.compile(r" to (queue|agent|number) ")
_OF_CALLER = ("waiting", "dialling", "talk", "hold", "away")  # where the caller is, one after the other


@dataclass(slots=True)
class Visit:
    """`ended_ms` None: it waits still. `agent` is who answered."""

    number: int
    queue: str
    began_ms: int
    queued_ms: int
    after_transfer: bool
    ended_ms: int | None = None
    outcome: str | None = None
    waited_ms: int | None = None
    agent: str | None = None


@dataclass(slots=True)
class Part:
    """`talked_until_ms` is when its wrap-up began; `talking_since_ms` is before `began_ms` where the agent was asked
    first. `ring_ms` of a call out is the dialling. `transfer` is None where nothing was handed on, and "" where it was
    and nobody knows any more to whom: the words have been erased."""

    number: int
    agent: str
    queue: str
    offer: str
    direction: str
    began_ms: int
    ended_ms: int
    talking_since_ms: int
    talked_until_ms: int
    ring_ms: int
    talk_ms: int
    hold_ms: int
    wrap_up_ms: int
    consult_ms: int
    consults: int
    transfer: str | None
    disposition: str | None


def is_consult(contact: str, offer: str | None) -> bool:
    """Whether an offer belongs to a consultation about the contact, rather than to the contact."""
    return (offer or "").startswith(f"{contact}-c")


# ---- visits


def visits_of(log: Log) -> list[Visit]:
    """In order. The last one is open where the contact waits, or where nothing says that it has ended."""
    return _Visits(log).told()


class _Visits:
    """The decisions and the answers of one contact, in the order in which they must have been."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._decisions = [one for one in log.decisions if one.kind in _CHANGES]
        self._answers = [
            one
            for one in log.segments
            if one.kind == "offer" and one.result == "accepted" and not is_consult(log.id, one.offer)
        ]
        # A consultation that was completed hands the contact over without a queue; its decision comes with it.
        self._completed = [one.ended_ms for one in log.segments if one.kind == "consult" and one.result == "completed"]
        self._told: list[Visit] = []
        self._open: Visit | None = None
        self._queued_ms: int | None = None  # since the transfer; None: since the arrival
        self._arrived_ms = _arrived_ms(log)

    def told(self) -> list[Visit]:
        decisions, answers = list(reversed(self._decisions)), list(reversed(self._answers))
        while decisions or answers:
            if answers and (not decisions or self._answer_first(answers[-1], decisions[-1])):
                self._answer(answers.pop())
            else:
                self._decide(decisions.pop())
        self._end()
        return self._told

    def _answer_first(self, answer: Row[Any], decision: Row[Any]) -> bool:
        if answer.ended_ms != decision.at_ms:
            return bool(answer.ended_ms < decision.at_ms)
        # In the same millisecond: who is handed on was answered before, everything else happens to one who waits.
        return decision.kind == "transferred" and self._open is not None

    def _answer(self, offer: Row[Any]) -> None:
        if self._open is not None:
            self._open.agent = offer.agent
            self._close(offer.ended_ms, ANSWERED if offer.agent is not None else OTHER)

    def _decide(self, decision: Row[Any]) -> None:
        if decision.kind == "transferred":
            if decision.at_ms in self._completed:
                self._completed.remove(decision.at_ms)
                return
            self._queued_ms = decision.at_ms
            self._begin(decision)
        elif decision.queue is not None and (self._open is None or decision.queue != self._open.queue):
            overflowed = decision.kind == "overflowed"
            if self._open is not None:
                self._close(decision.at_ms, OVERFLOWED if overflowed else OTHER)
            self._begin(decision)

    def _begin(self, decision: Row[Any]) -> None:
        began_ms = decision.at_ms
        queued_ms = self._arrived_ms if self._queued_ms is None else self._queued_ms
        after = decision.kind == "transferred"
        self._open = Visit(len(self._told) + 1, decision.queue or "", began_ms, queued_ms, after)
        self._told.append(self._open)

    def _close(self, at_ms: int, outcome: str) -> None:
        assert self._open is not None
        visit, self._open = self._open, None
        visit.ended_ms, visit.outcome = at_ms, outcome
        visit.waited_ms = max(0, at_ms - visit.queued_ms)

    def _end(self) -> None:
        contact = self._log.contact
        if contact is None:
            return
        last = self._log.decisions[-1] if self._log.decisions else None
        if self._open is None and last is not None and last.kind == "turned_away" and last.queue is not None:
            self._begin(last)  # a queue that it has never waited in takes nobody: it was there for no time
        if self._open is None:
            return
        outcome = contact.outcome
        if contact.connected_ms is not None:  # it waited again: the segment of that wait says how it ended
            outcome = next((one.result for one in reversed(self._log.segments) if one.kind == "waiting"), None)
        self._close(contact.ended_ms, outcome if outcome in (ABANDONED, OVERFLOWED) else OTHER)


_CHANGES = ("routed", "moved", "overflowed", "transferred")  # decisions that may let a contact wait in another queue


def _arrived_ms(log: Log) -> int:
    if log.contact is not None:
        return int(log.contact.arrived_ms)
    first = [one.started_ms for one in log.segments[:1]] + [one.at_ms for one in log.decisions[:1]]
    return min(first, default=0)


# ---- parts


def parts_of(log: Log) -> list[Part]:
    """Those that are over: whose wrap-up has ended, in that order."""
    ends = [one for one in log.segments if one.kind == "wrap_up"]
    return [_part(log, number, wrap_up) for number, wrap_up in enumerate(ends, 1)]


def _part(log: Log, number: int, wrap_up: Row[Any]) -> Part:
    own = [one for one in log.segments if one.kind in _OF_CALLER and one.offer == wrap_up.offer]
    offer = next((one for one in log.segments if one.kind == "offer" and one.offer == wrap_up.offer), None)
    dialled = any(one.kind == "dialling" for one in own)
    began_ms = min((one.started_ms for one in own), default=wrap_up.started_ms)
    consults = _consults(log, own)
    asked = [one for one in log.decisions if one.kind == "consulted" and one.made_by == wrap_up.agent]
    return Part(
        number=number,
        agent=wrap_up.agent or "",
        queue=wrap_up.queue or "",
        offer=wrap_up.offer or "",
        direction="out" if dialled else "in",
        began_ms=began_ms,
        ended_ms=wrap_up.ended_ms,
        talking_since_ms=began_ms if offer is None else min(began_ms, offer.ended_ms),
        talked_until_ms=wrap_up.started_ms,
        ring_ms=_together(own, "dialling") if offer is None else offer.ended_ms - offer.started_ms,
        talk_ms=_together(own, "talk"),
        hold_ms=_together(own, "hold"),
        wrap_up_ms=wrap_up.ended_ms - wrap_up.started_ms,
        consult_ms=_together(consults, "consult"),
        consults=sum(began_ms <= one.at_ms <= wrap_up.started_ms for one in asked),
        transfer=_transfer(log, wrap_up),
        disposition=wrap_up.result,
    )


def _together(segments: Sequence[Row[Any]], kind: str) -> int:
    return sum(one.ended_ms - one.started_ms for one in segments if one.kind == kind)


def _consults(log: Log, own: Sequence[Row[Any]]) -> list[Row[Any]]:
    """A consultation that was answered ends before the stretch of talk or hold in which it ends."""
    if not own:
        return []
    first, last = own[0].number, own[-1].number
    others = [one.number for one in log.segments if one.kind in _OF_CALLER and one.number < first]
    since = max(others, default=0)
    return [one for one in log.segments if one.kind == "consult" and since < one.number < last]


def _transfer(log: Log, wrap_up: Row[Any]) -> str | None:
    """To what the agent has handed the contact on at the end of its talk."""
    for decision in log.decisions:
        ours = decision.made_by == wrap_up.agent and decision.at_ms == wrap_up.started_ms
        if decision.kind == "transferred" and ours:
            named = _TARGET.findall(decision.words)
            return named[-1] if named else ""
    return None

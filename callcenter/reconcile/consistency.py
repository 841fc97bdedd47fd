"""Whether the log agrees with itself: each contact's own columns, its segments and its decisions.

One idea: whatever is written down twice must say the same twice. Each function holds one contact against itself and
notes what differs under the name of its check; none of them changes anything or asks the database.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row

from callcenter.reconcile.findings import Findings
from callcenter.reconcile.recount import Part, is_consult
from callcenter.reconcile.rows import Log

_WITH_CUSTOMER = ("talk", "away")
_WITH_AGENT = ("dialling", "talk", "hold")
_OF_CALLER = ("waiting", *_WITH_AGENT, "away")
_AFTER_THE_END = ("listened",)  # decisions that may come while an agent wraps up

Check = Callable[[Log, Sequence[Part], Findings], None]


def check(log: Log, parts: Sequence[Part], findings: Findings) -> None:
    """Hold one contact against itself; `parts` are those that were recounted of it."""
    for one in _CHECKS:
        one(log, parts, findings)


# ---- the contact's own columns


def _times(log: Log, _parts: Sequence[Part], findings: Findings) -> None:
    contact = log.contact
    if contact is None:
        return
    findings.looked("contact-times")
    moments = [contact.arrived_ms, contact.connected_ms, contact.ended_ms]
    known = [moment for moment in moments if moment is not None]
    if known != sorted(known):
        findings.differs("contact-times", log.id, "arrived, connected, ended", "in this order", moments)
    until_ms = contact.ended_ms if contact.connected_ms is None else contact.connected_ms
    findings.same("contact-times", log.id, "waited_ms", until_ms - contact.arrived_ms, contact.waited_ms)


def _outcome(log: Log, _parts: Sequence[Part], findings: Findings) -> None:
    contact = log.contact
    if contact is None:
        return
    findings.looked("contact-outcome")
    answered = next((one.started_ms for one in log.segments if one.kind in _WITH_CUSTOMER), None)
    findings.same("contact-outcome", log.id, "connected_ms", answered, contact.connected_ms)
    wanted = "answered" if contact.connected_ms is not None else "another than answered"
    if (contact.outcome == "answered") != (contact.connected_ms is not None):
        findings.differs("contact-outcome", log.id, "outcome", wanted, contact.outcome)


def _offers(log: Log, _parts: Sequence[Part], findings: Findings) -> None:
    contact = log.contact
    if contact is None:
        return
    findings.looked("contact-offers")
    own = sum(one.kind == "offer" and not is_consult(log.id, one.offer) for one in log.segments)
    by_hand = int(contact.direction == "out")  # the agent's own phone is the first
    findings.same("contact-offers", log.id, "offers", own + by_hand, contact.offers)


def _agent(log: Log, _parts: Sequence[Part], findings: Findings) -> None:
    contact = log.contact
    if contact is None:
        return
    findings.looked("contact-agent")
    agent = next((one.agent for one in reversed(log.segments) if one.kind in _WITH_AGENT), None)
    findings.same("contact-agent", log.id, "agent", agent, contact.agent)


def _queue(log: Log, _parts: Sequence[Part], findings: Findings) -> None:
    contact = log.contact
    if contact is None or not log.decisions:
        return
    findings.looked("contact-queue")
    last = log.decisions[-1]
    findings.same("contact-queue", log.id, "queue", last.queue, contact.queue)
    findings.same("contact-queue", log.id, "priority", last.priority, contact.priority)


def _wrap_up(log: Log, parts: Sequence[Part], findings: Findings) -> None:
    contact = log.contact
    if contact is None:
        return
    findings.looked("contact-wrap-up")
    last = next((part for part in reversed(parts) if part.agent == contact.agent), None)
    disposition, handled_ms = (None, None) if last is None else (last.disposition, last.ended_ms - last.began_ms)
    findings.same("contact-wrap-up", log.id, "disposition", disposition, contact.disposition)
    findings.same("contact-wrap-up", log.id, "handled_ms", handled_ms, contact.handled_ms)


def _early(log: Log, _parts: Sequence[Part], findings: Findings) -> None:
    if log.contact is None:
        return
    findings.looked("early-dispositions")
    for row in log.early:
        found = f"a row of agent {row.agent or 'unknown'} that waits for the contact"
        findings.differs("early-dispositions", log.id, "early_disposition", None, found)


# ---- its segments and decisions


def _segments(log: Log, _parts: Sequence[Part], findings: Findings) -> None:
    findings.looked("segments")
    numbers = [one.number for one in log.segments]
    if numbers != list(range(1, len(numbers) + 1)):
        findings.differs("segments", log.id, "numbers", f"1 to {max(numbers)}", _short(numbers))
        return  # where one is missing, its neighbours cannot fit
    _in_order(log, findings)
    if log.contact is not None and (log.contact.direction != "out" or log.segments):
        _without_a_hole(log, log.contact, findings)


def _in_order(log: Log, findings: Findings) -> None:
    last_ms = None
    for one in log.segments:
        if one.ended_ms < one.started_ms:
            findings.differs("segments", log.id, f"segment {one.number}", "begins before it ends", _span(one))
        if last_ms is not None and one.ended_ms < last_ms:
            expected = f"ends at {last_ms} or later"
            findings.differs("segments", log.id, f"segment {one.number}", expected, one.ended_ms)
        last_ms = one.ended_ms


def _without_a_hole(log: Log, contact: Row[Any], findings: Findings) -> None:
    """Where the caller is follows each other, offers in between; consultations and wrap-ups are beside that."""
    told_until_ms = contact.arrived_ms
    for one in log.segments:
        if one.kind in _OF_CALLER:
            what = f"segment {one.number} ({one.kind}) begins"
            findings.same("segments", log.id, what, told_until_ms, one.started_ms)
            told_until_ms = one.ended_ms
        elif one.kind == "offer" and not is_consult(log.id, one.offer):
            if one.started_ms < contact.arrived_ms:
                what = f"segment {one.number} (offer) begins"
                findings.differs("segments", log.id, what, f"{contact.arrived_ms} or later", one.started_ms)
            told_until_ms = one.ended_ms
        elif one.kind == "wrap_up":
            _after_its_talk(log, one, findings)
    findings.same("segments", log.id, "the last stretch ends", contact.ended_ms, told_until_ms)


def _after_its_talk(log: Log, wrap_up: Row[Any], findings: Findings) -> None:
    of_part = [one for one in log.segments if one.kind in _WITH_AGENT and one.offer == wrap_up.offer]
    if not of_part:
        findings.differs("segments", log.id, f"segment {wrap_up.number} (wrap_up)", "a talk before it", None)
        return
    findings.same(
        "segments", log.id, f"segment {wrap_up.number} (wrap_up) begins", of_part[-1].ended_ms, wrap_up.started_ms
    )
    findings.same("segments", log.id, f"segment {wrap_up.number} (wrap_up): agent", of_part[-1].agent, wrap_up.agent)


def _decisions(log: Log, _parts: Sequence[Part], findings: Findings) -> None:
    findings.looked("decisions")
    numbers = [one.number for one in log.decisions]
    if numbers != list(range(1, len(numbers) + 1)):
        findings.differs("decisions", log.id, "numbers", f"1 to {max(numbers)}", _short(numbers))
    last_ms = None if log.contact is None else log.contact.arrived_ms
    for one in log.decisions:
        if last_ms is not None and one.at_ms < last_ms:
            findings.differs("decisions", log.id, f"decision {one.number}", f"{last_ms} or later", one.at_ms)
        last_ms = one.at_ms
        ended_ms = None if log.contact is None else log.contact.ended_ms
        if ended_ms is not None and one.at_ms > ended_ms and one.kind not in _AFTER_THE_END:
            findings.differs("decisions", log.id, f"decision {one.number}", f"{ended_ms} or sooner", one.at_ms)


def _short(numbers: Sequence[int]) -> str:
    return f"{len(numbers)} of them: {', '.join(map(str, numbers[:10]))}{' …' if len(numbers) > 10 else ''}"


def _span(segment: Row[Any]) -> str:
    return f"{segment.started_ms} to {segment.ended_ms}"


_CHECKS: tuple[Check, ...] = (_times, _outcome, _offers, _agent, _queue, _wrap_up, _early, _segments, _decisions)


# ---- several contacts beside each other


class Channels:
    """One channel is in one contact at a time. Contacts come by arrival; only those that go on are remembered."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], tuple[int, str]] = {}
        self._seen = 0

    def check(self, contact: Row[Any], findings: Findings) -> None:
        findings.looked("contact-twice")
        key = (contact.pbx, contact.channel)
        before = self._until.get(key)
        if before is not None and contact.arrived_ms < before[0]:
            found = f"in {before[1]} until {before[0]}"
            findings.differs("contact-twice", contact.id, f"channel {contact.channel}", "free", found)
        self._until[key] = (max(contact.ended_ms, before[0] if before else 0), contact.id)
        self._seen += 1
        if self._seen % 10_000 == 0:
            self._until = {one: end for one, end in self._until.items() if end[0] > contact.arrived_ms}

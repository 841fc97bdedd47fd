"""Contacts beside the PBX's own records of calls (see `calls`).

One idea: what a caller's channel did at the PBX bounds what our log may say of it. Each contact must have a call, each
call that reached our dialplan a contact; whom an agent answered must have been in a bridge with somebody, nobody else
may; and the times agree as closely as the records tell them. CDR tells whole seconds, and of a talk no times at all;
CEL tells both.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.reconcile.calls import Call, Calls
from callcenter.reconcile.findings import Findings
from callcenter.reconcile.rows import PAGE, Log, Range, table

TOLERANCE_MS = 3_000  # between the PBX's and our times: CDR's whole seconds, and an event's way on a busy machine
SHORT_MS = 1_000  # a talk under this may be an answer that crossed the caller's hang-up, told either way
_TALKS = ("talk", "away")
_UNANSWERED = ("abandoned", "withdrawn", "closed", "overflowed", "lost")


class PbxCheck:
    """Of one file. `pbx` is the name of the PBX that it is of; `between` the range of arrivals that is audited."""

    def __init__(self, calls: Calls, pbx: str, between: Range, findings: Findings) -> None:
        self._calls, self._pbx, self._findings = calls, pbx, findings
        self._from_ms, self._to_ms = between
        self._uncovered = 0

    async def page(self, connection: AsyncConnection, logs: Sequence[Log]) -> None:
        """Hold a page of contacts against their calls."""
        mine = [log for log in logs if log.contact is not None and log.contact.pbx == self._pbx]
        if not mine:
            return
        calls = self._calls.of([log.contact.channel for log in mine if log.contact is not None])
        again = await _seen_again(connection, mine)
        for log in mine:
            self._hold(log, calls, again)

    def _hold(self, log: Log, calls: dict[str, Call], again: set[str]) -> None:
        contact = log.contact
        assert contact is not None
        call = calls.get(contact.channel)
        if call is None:
            self._without_a_call(log)
            return
        self._findings.looked("pbx-unknown")
        self._outcome(log, call)
        if contact.channel not in again and contact.direction == "in":
            self._times(log, call)

    def _without_a_call(self, log: Log) -> None:
        contact = log.contact
        assert contact is not None
        never_there = contact.direction == "out" and contact.connected_ms is None  # nobody was called, or nobody there
        if never_there or contact.outcome == "lost":
            return  # a PBX that dies writes no record
        covered = self._covers(contact.arrived_ms) and self._covers(contact.ended_ms)
        if not covered:
            self._uncovered += 1
            return
        self._findings.looked("pbx-unknown")
        self._differs("pbx-unknown", log.id, "record", f"a call of channel {contact.channel}", None)

    def _covers(self, at_ms: int) -> bool:
        first_ms, last_ms = self._calls.first_ms, self._calls.last_ms
        return first_ms is not None and last_ms is not None and first_ms <= at_ms <= last_ms + TOLERANCE_MS

    def _outcome(self, log: Log, call: Call) -> None:
        contact = log.contact
        assert contact is not None
        if contact.direction == "out" and call.talk_ms is None:
            return  # of two channels in a bridge CDR tells one, and of a call out that is the agent's
        self._findings.looked("pbx-outcome")
        talked_ms = sum(one.ended_ms - one.started_ms for one in log.segments if one.kind in _TALKS)
        found = "bridged with somebody" if call.bridged else "bridged with nobody"
        if contact.connected_ms is not None and not call.bridged and talked_ms >= SHORT_MS:
            self._differs("pbx-outcome", log.id, "outcome", contact.outcome, found)
        long_enough = call.talk_ms is None or call.talk_ms >= SHORT_MS
        if contact.connected_ms is None and call.bridged and long_enough and contact.outcome in _UNANSWERED:
            self._differs("pbx-outcome", log.id, "outcome", contact.outcome, found)

    def _times(self, log: Log, call: Call) -> None:
        contact = log.contact
        assert contact is not None
        self._findings.looked("pbx-times")
        if contact.arrived_ms < call.began_ms - TOLERANCE_MS:
            self._differs("pbx-times", log.id, "arrived_ms", contact.arrived_ms, f"a call from {call.began_ms}")
        if call.ended_ms is not None:
            if contact.ended_ms > call.ended_ms + TOLERANCE_MS:
                self._differs("pbx-times", log.id, "ended_ms", contact.ended_ms, f"a call until {call.ended_ms}")
            if contact.outcome == "abandoned" and contact.ended_ms < call.ended_ms - TOLERANCE_MS:
                self._differs("pbx-times", log.id, "ended_ms", contact.ended_ms, f"a call until {call.ended_ms}")
        if contact.connected_ms is not None and call.bridged and call.talk_ms is not None:
            self._talk(log, call)

    def _talk(self, log: Log, call: Call) -> None:
        contact = log.contact
        assert contact is not None
        assert call.talk_ms is not None
        talks = [one for one in log.segments if one.kind in _TALKS]
        talked_ms = sum(one.ended_ms - one.started_ms for one in talks)
        if abs(talked_ms - call.talk_ms) > TOLERANCE_MS * max(1, len(talks)):
            self._differs("pbx-times", log.id, "talk", f"{talked_ms} ms", f"{call.talk_ms} ms")
        began_ms = call.talk_began_ms
        if began_ms is not None and abs(contact.connected_ms - began_ms) > TOLERANCE_MS:
            self._differs("pbx-times", log.id, "connected_ms", contact.connected_ms, f"a bridge from {began_ms}")

    async def finish(self, connection: AsyncConnection) -> None:
        """After the last page: calls that nobody has asked for."""
        calls, findings = self._calls, self._findings
        findings.looked("pbx-not-here", calls.ours)
        for page in calls.not_found(PAGE):
            known = await _known(connection, self._pbx, page)
            for call in page:
                if call.uniqueid not in known and self._in_range(call):
                    began = datetime.fromtimestamp(call.began_ms / 1000, UTC)
                    found = f"a call at {began:%Y-%m-%d %H:%M:%S} UTC, channel {call.uniqueid}"
                    self._differs("pbx-not-here", f"{self._pbx}-{call.uniqueid}-1", "contact", None, found)
        if self._uncovered:
            findings.notes.append(
                f"{self._uncovered} contacts were not compared with the {calls.kind} file: it covers {self._covered()}"
            )
        if calls.kind == "CDR" and self._uncovered and not findings.tallies["pbx-unknown"].compared:
            findings.notes.append("CDR times are read as UTC: cdr.conf needs usegmtime = yes")

    def _in_range(self, call: Call) -> bool:
        """Well within it: at its borders the contact may have arrived on the other side."""
        since, until = self._from_ms, self._to_ms
        assert call.ended_ms is not None
        began = since is None or call.began_ms >= since
        return began and (until is None or call.ended_ms + TOLERANCE_MS < until)

    def _covered(self) -> str:
        first_ms, last_ms = self._calls.first_ms, self._calls.last_ms
        if first_ms is None or last_ms is None:
            return "nothing"
        first, last = (datetime.fromtimestamp(at_ms / 1000, UTC) for at_ms in (first_ms, last_ms))
        return f"{first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"

    def _differs(self, check: str, subject: str, what: str, ours: object, theirs: object) -> None:
        self._findings.differs(check, subject, f"{self._calls.kind}: {what}", ours, theirs)


async def _seen_again(connection: AsyncConnection, logs: Sequence[Log]) -> set[str]:
    """Channels that have been in a second contact, such as after a survey: their records tell of both together."""
    second = {
        f"{log.contact.pbx}-{log.contact.channel}-2": log.contact.channel for log in logs if log.contact is not None
    }
    contact = table("contact")
    found = await connection.scalars(select(contact.c.id).where(contact.c.id.in_(second)))
    return {second[one] for one in found}


async def _known(connection: AsyncConnection, pbx: str, calls: Sequence[Call]) -> set[str]:
    """Channels whose first contact is in the log, though not in the range."""
    contact = table("contact")
    first = {f"{pbx}-{call.uniqueid}-1": call.uniqueid for call in calls}
    found = await connection.scalars(select(contact.c.id).where(contact.c.id.in_(first)))
    return {first[one] for one in found}

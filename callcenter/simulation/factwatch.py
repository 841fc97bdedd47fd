"""Judges the facts that all figures come from: visits, parts and stretches, each against an account of its own.

Where a caller waits and what an agent does is in the picture; here it is timed, with a stopwatch for each agent that
runs from event to event. So a second that is counted twice, or in the wrong place, or not at all, is noticed when it is
recorded.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from callcenter.commands import AgentChanged, Command
from callcenter.facts import RecordPart, RecordStretch, RecordVisit, VisitEnd
from callcenter.simulation.account import Caller, Worker
from callcenter.simulation.logwatch import of
from callcenter.simulation.picture import Picture
from callcenter.simulation.promises import check, same
from callcenter.state import Saved
from callcenter.talks import Direction
from callcenter.types import (
    AgentId,
    AgentState,
    ContactId,
    ContactState,
    DecisionKind,
    OfferId,
    OfferState,
    Outcome,
    QueueName,
)

AT_ONE = (ContactState.CONNECTED, ContactState.AWAY)
_ASKED = re.compile(r"-c\d+$")  # the names of consultations
_OF_TALLY = {
    AgentState.READY: "ready_ms",
    AgentState.RESERVED: "reserved_ms",
    AgentState.TALKING: "talk_ms",
    AgentState.WRAP_UP: "wrap_up_ms",
    AgentState.NOT_READY: "not_ready_ms",
}

Key = tuple[AgentId, ContactId]


@dataclass(slots=True)
class Stopwatch:
    """An agent's part in a contact, as it goes on. `rang_ms` is of the offer before it, `dialled_ms` of a call out."""

    began_ms: int
    called: bool
    rang_ms: int
    answered: RecordVisit | None  # the visit that ended with it; None: handed over, or called
    dialled_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_up_ms: int = 0
    consult_ms: int = 0
    consults: int = 0
    handed_on: bool = False


class FactWatch:
    def __init__(self, picture: Picture, count: Callable[[str], None]) -> None:
        self.picture = picture
        self.visits: dict[ContactId, RecordVisit] = {}  # that go on
        self._count = count
        self._numbers: dict[ContactId, int] = {}  # of the last visit
        self._left: dict[ContactId, RecordVisit] = {}  # the last one that is over
        self._limits: dict[QueueName, tuple[int, int]] = {}  # before this event, which may bring other ones
        self._queued: dict[ContactId, int] = {}  # since when whoever was transferred waits
        self._talked: set[ContactId] = set()  # who was with an agent before this event
        self._parts: dict[Key, Stopwatch] = {}
        self._part_numbers: dict[ContactId, int] = {}
        self._made: dict[OfferId, int] = {}
        self._rang: dict[AgentId, int] = {}  # before the agent's last answer
        self._stretches: dict[AgentId, RecordStretch] = {}  # that go on
        self._stretched = 0  # the number of the last one
        self._times: dict[AgentId, Counter[AgentState]] = {}  # in stretches that are over, of today
        self._day_began_ms = 0

    def let_pass(self, now_ms: int) -> None:
        """Time goes by until this event, and everybody goes on with what they were at."""
        for worker in self.picture.workers.values():
            caller = worker.caller
            watch = self._parts.get((worker.id, caller.id)) if caller is not None else None
            if caller is not None and watch is not None:
                _run(watch, worker, caller, max(0, now_ms - self.picture.now_ms))
        self._limits = self._limits_of_now()
        self._talked = {one.id for one in self.picture.callers.values() if one.state in AT_ONE}

    def judge(self, commands: list[Command], saved: Saved) -> None:
        """Hold the facts of one event against what it has changed; the picture has taken it, offers included."""
        answers = self._visits(of(RecordVisit, commands))
        self._parts_end(of(RecordPart, commands))
        self._parts_begin(answers)
        self._made = {offer.id: offer.made_ms for offer in self.picture.offers.values()}
        self._states(commands, saved)

    def _limits_of_now(self) -> dict[QueueName, tuple[int, int]]:
        queues = self.picture.config.queues if self.picture.config is not None else ()
        return {queue.name: (queue.service_level_ms, queue.short_abandon_ms) for queue in queues}

    # ---- visits

    def _visits(self, records: list[RecordVisit]) -> dict[Key, RecordVisit]:
        """Those that were answered, by whom."""
        ends: Counter[tuple[ContactId, VisitEnd]] = Counter()
        answers: dict[Key, RecordVisit] = {}
        for record in records:
            if record.ended_ms is None:
                self._begins(record)
                continue
            self._ends(record)
            assert record.outcome is not None
            ends[record.contact, record.outcome] += 1
            if record.outcome is VisitEnd.ANSWERED and record.agent is not None:
                answers[record.agent, record.contact] = record
        told = {key: times for key, times in ends.items() if key[1] is not VisitEnd.OTHER}
        same("a visit ends as the contact leaves its queue", dict(self._foreseen_ends()), told)
        callers = self.picture.callers.values()
        waiting = {caller.id: caller.queue for caller in callers if caller.waits and caller.asks is None}
        visits = {contact: visit.queue for contact, visit in self.visits.items()}
        same("who waits is on a visit to that queue, and nobody else", waiting, visits)
        return answers

    def _foreseen_ends(self) -> Counter[tuple[ContactId, VisitEnd]]:
        foreseen = self.picture.foreseen
        ends: Counter[tuple[ContactId, VisitEnd]] = Counter()
        for offer, (state, agent) in foreseen.closed.items():
            contact = ContactId(offer.rpartition(".")[0])
            if state is OfferState.ACCEPTED and agent is not None:
                self._rang[agent] = self.picture.now_ms - self._made[offer]
                ends[contact, VisitEnd.ANSWERED] += not _ASKED.search(contact)
        for contact, kind, *_ in foreseen.decided:
            ends[contact, VisitEnd.OVERFLOWED] += kind is DecisionKind.OVERFLOWED
        for contact, caller in foreseen.over.items():
            hung_up = self.picture.gone[contact] is Outcome.ABANDONED and caller.queue is not None
            ends[contact, VisitEnd.ABANDONED] += hung_up
        return +ends

    def _begins(self, record: RecordVisit) -> None:
        contact, now_ms = record.contact, self.picture.now_ms
        check("a visit begins when the one before is over", contact not in self.visits, record)
        same("visits are numbered without a gap", self._numbers.get(contact, 0) + 1, record.number)
        transferred = contact in self._talked
        self._talked.discard(contact)
        if transferred:
            self._queued[contact] = now_ms
        same("a visit begins now, and is one by transfer if it is", (now_ms, transferred), _begin_of(record))
        before = self._left.get(contact)
        goes_on = before is not None and before.ended_ms == now_ms and before.queue == record.queue
        check("a visit goes on for who stays in the queue", transferred or not goes_on, record)
        caller = self.picture.callers.get(contact) or self.picture.foreseen.over.get(contact)
        if caller is not None:
            same("a visit says what was dialled to get there", _entry_of(caller), record.entry)
            same("a visit waits since", self._queued.get(contact, caller.arrived_ms), record.queued_ms)
        self._numbers[contact] = record.number
        self.visits[contact] = record
        self._count("visits")

    def _ends(self, record: RecordVisit) -> None:
        contact, now_ms = record.contact, self.picture.now_ms
        began = self.visits.pop(contact, None)
        if began is None:  # sent away by a queue in which it never waited
            same("visits are numbered without a gap", self._numbers.get(contact, 0) + 1, record.number)
            same("a visit that was never begun is one of a moment", now_ms, record.began_ms)
            began = record
            self._numbers[contact] = record.number
            self._count("visits")
        same("a visit ends as it began", _place_of(began), _place_of(record))
        same("a visit ends now", now_ms, record.ended_ms)
        same("a visit waited until now", now_ms - record.queued_ms, record.waited_ms)
        limits = [each[record.queue] for each in (self._limits, self._limits_of_now()) if record.queue in each]
        has = (record.service_level_ms, record.short_abandon_ms)
        check("a visit has its queue's limits", not limits or has in limits, (record, limits))
        check("only an answer is somebody's", (record.agent is None) or record.outcome is VisitEnd.ANSWERED, record)
        self._left[contact] = record
        assert record.outcome is not None
        self._count(f"visits {record.outcome.value}")

    # ---- parts

    def _parts_begin(self, answers: dict[Key, RecordVisit]) -> None:
        for worker in self.picture.workers.values():
            caller = worker.caller
            if caller is None or worker.busy is not AgentState.TALKING or caller.asks is not None:
                continue
            key = (worker.id, caller.id)
            if key not in self._parts:
                rang_ms = 0 if caller.dialling else self._rang[worker.id]
                watch = Stopwatch(self.picture.now_ms, caller.dialling, rang_ms, answers.pop(key, None))
                self._parts[key] = watch
        same("each answered visit is the begin of a part", {}, answers)

    def _parts_end(self, records: list[RecordPart]) -> None:
        for contact, kind, _, _, by in self.picture.foreseen.decided:
            watch = self._parts.get((AgentId(by), contact)) if by is not None else None
            if watch is not None:
                watch.consults += kind is DecisionKind.CONSULTED
                watch.handed_on |= kind is DecisionKind.TRANSFERRED
        told = [(record.contact, record.agent) for record in records]
        same(
            "each part is recorded once, when its wrap-up ends", sorted(self.picture.foreseen.wrapped_up), sorted(told)
        )
        for record in records:
            self._part(record, self._parts.pop((record.agent, record.contact)))

    def _part(self, record: RecordPart, watch: Stopwatch) -> None:
        number = self._part_numbers.get(record.contact, 0) + 1
        same("parts are numbered without a gap", number, record.number)
        self._part_numbers[record.contact] = number
        disposition = self.picture.foreseen.wrapped_up[record.contact, record.agent]
        same("a part has the disposition of its wrap-up", disposition, record.disposition)
        ours = {
            "began_ms": watch.began_ms,
            "ended_ms": self.picture.now_ms,
            "ring_ms": watch.dialled_ms if watch.called else watch.rang_ms,
            "talk_ms": watch.talk_ms,
            "hold_ms": watch.hold_ms,
            "wrap_up_ms": watch.wrap_up_ms,
            "consult_ms": watch.consult_ms,
            "consults": watch.consults,
            "direction": Direction.OUT if watch.called else Direction.IN,
        }
        same("a part took what a stopwatch says", ours, {name: getattr(record, name) for name in ours})
        worked_ms = record.talk_ms + record.hold_ms + record.wrap_up_ms + (record.ring_ms if watch.called else 0)
        same("a part is talk, hold and wrap-up", record.ended_ms - record.began_ms, worked_ms)
        same("a part says whether it was handed on", watch.handed_on, record.transfer is not None)
        if watch.answered is not None:
            same("a part is in the queue whose visit was answered", watch.answered.queue, record.queue)
            same("a part says what was dialled", watch.answered.entry, record.entry)
        self._count(f"parts {record.direction.value}")

    # ---- stretches

    def _states(self, commands: list[Command], saved: Saved) -> None:
        if self.picture.day_began_ms != self._day_began_ms:
            self._day_began_ms = self.picture.day_began_ms
            self._times = {}
        ended: dict[AgentId, RecordStretch] = {}
        for record in of(RecordStretch, commands):
            now = self._stretches.get(record.agent)
            if record.ended_ms is None:
                self._stretch_begins(record, now, ended.get(record.agent))
                continue
            same("a stretch ends now, as it began", replace(record, ended_ms=None), now)
            same("a stretch ends now, as it began", self.picture.now_ms, record.ended_ms)
            ended[record.agent] = self._stretches.pop(record.agent)
            took_ms = record.ended_ms - max(record.began_ms, self._day_began_ms)
            self._times.setdefault(record.agent, Counter())[record.state] += took_ms
        for agent in ended.keys() - self._stretches.keys():
            worker = self.picture.workers.get(agent)
            out = worker is None or worker.state is AgentState.LOGGED_OUT
            check("stretches follow each other without a gap until the sign-out", out, agent)
        self._same_states(saved)
        for agent in dict.fromkeys(changed.agent for changed in of(AgentChanged, commands)):
            self._same_times(agent, saved)

    def _stretch_begins(self, record: RecordStretch, now: RecordStretch | None, ended: RecordStretch | None) -> None:
        check("stretches are numbered upwards", record.number > self._stretched, record)
        same("a stretch begins now", self.picture.now_ms, record.began_ms)
        replaced = now is None or now.began_ms == record.began_ms
        check("a stretch begins when the one before is over", replaced, record)
        before = ended or now
        other = before is None or (before.state, before.reason) != (record.state, record.reason)
        check("a stretch goes on for who stays in the state", other, record)
        self._stretched = record.number
        self._stretches[record.agent] = record
        self._count("stretches")

    def _same_states(self, saved: Saved) -> None:
        workers = {
            worker.id: worker.state
            for worker in self.picture.workers.values()
            if worker.state is not AgentState.LOGGED_OUT
        }
        same(
            "who is signed in is in a stretch of that state, and nobody else",
            workers,
            {agent: stretch.state for agent, stretch in self._stretches.items()},
        )
        for agent, stretch in self._stretches.items():
            same("a stretch has the agent's reason", saved.agents[agent].reason, stretch.reason)

    def _same_times(self, agent: AgentId, saved: Saved) -> None:
        """What the screens show of today is what the stretches add up to."""
        tally = saved.tally.agents.get(agent)
        if tally is None:
            return
        now_ms, figures = self.picture.now_ms, tally.figures
        ours = Counter(self._times.get(agent, {}))
        stretch = self._stretches.get(agent)
        if stretch is not None:
            ours[stretch.state] += now_ms - max(stretch.began_ms, self._day_began_ms)
        theirs = {state: getattr(figures, name) for state, name in _OF_TALLY.items()}
        if figures.state in theirs:
            theirs[figures.state] += now_ms - figures.upto_ms
        same("an agent's stretches add up to its day", +ours, +Counter(theirs))


def _run(watch: Stopwatch, worker: Worker, caller: Caller, took_ms: int) -> None:
    if worker.busy is AgentState.WRAP_UP:
        watch.wrap_up_ms += took_ms
    elif caller.dialling:
        watch.dialled_ms += took_ms
    elif caller.held:
        watch.hold_ms += took_ms
    else:
        watch.talk_ms += took_ms
    talks = worker.busy is AgentState.TALKING
    if talks and caller.asked is not None and caller.asked.state in AT_ONE:
        watch.consult_ms += took_ms


def _begin_of(record: RecordVisit) -> tuple[int, bool]:
    return (record.began_ms, record.after_transfer)


def _place_of(record: RecordVisit) -> tuple[object, ...]:
    return (record.number, record.queue, record.entry, record.began_ms, record.queued_ms, record.after_transfer)


def _entry_of(caller: Caller) -> str:
    return "" if caller.outbound else caller.arrival.dialled

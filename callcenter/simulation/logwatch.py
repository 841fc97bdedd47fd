"""Judges what goes into the log: records once each, segments without a gap, decisions numbered, counters right."""

from collections.abc import Iterable
from typing import TypeVar

from callcenter.call_commands import RingNumber
from callcenter.commands import (
    Command,
    OfferClosed,
    RecordContact,
    RecordDecision,
    RecordDisposition,
    RecordSegment,
    RingDevice,
    ScreenClear,
)
from callcenter.simulation.account import Caller, Decided
from callcenter.simulation.picture import Picture
from callcenter.simulation.promises import check, same
from callcenter.types import AgentId, ContactId, OfferId, OfferState, Outcome, SegmentKind

C = TypeVar("C")

IN_SERVICE_LEVEL = "answered within the service level"


def of(kind: type[C], commands: Iterable[object]) -> list[C]:
    return [command for command in commands if isinstance(command, kind)]


class LogWatch:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.counts: dict[str, int] = {}
        self._recount: dict[str, int] = {}
        self._numbers: dict[ContactId, int] = {}  # of the last segment
        self._told_until: dict[ContactId, int] = {}  # the contact's life is told up to then
        self._made: dict[OfferId, int] = {}  # when each offer was made whose segment is still to come
        self._decisions: dict[ContactId, int] = {}
        self._recorded: set[ContactId] = set()
        self._talked_until: dict[tuple[ContactId, AgentId | None], int] = {}  # an agent's wrap-up begins then

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def judge(self, commands: list[Command]) -> None:
        """Hold the records of one event against what it had to bring."""
        foreseen = self.picture.foreseen
        self._segments(commands)
        of_agents = {
            offer: end for offer, end in foreseen.closed.items() if end[1] is not None
        }  # numbers have no figures
        same("each offer ends once, as its event says", of_agents, self._closed(commands))
        same("each contact ends once, as its event says", foreseen.ended, self._ended(commands))
        same("each wrap-up ends once, as its event says", foreseen.wrapped_up, self._dispositions(commands))
        decided = sorted(map(_key, foreseen.decided))
        same("each decision is recorded once, and no other", decided, self._decided(commands))
        self._talks(commands)
        same("counters equal a recount", self._recount, {key: self.counts[key] for key in self._recount})

    def _talks(self, commands: list[Command]) -> None:
        kinds = (SegmentKind.TALK, SegmentKind.HOLD, SegmentKind.DIALLING)
        spoken = [(one.contact, one.kind) for one in of(RecordSegment, commands) if one.kind in kinds]
        same("each stretch of talk and of hold is recorded", self.picture.foreseen.spoken, spoken)
        asked = [(one.contact, one.agent) for one in of(RecordSegment, commands) if one.kind is SegmentKind.CONSULT]
        same("whoever was asked is in the log of the contact", self.picture.foreseen.consulted, asked)

    def offers_made(self, commands: list[Command]) -> None:
        """After the matching: where a contact's waiting ended, its first offer began."""
        for ring in commands:
            if isinstance(ring, RingDevice | RingNumber):
                self._made[ring.offer] = self.picture.now_ms

    def _closed(self, commands: list[Command]) -> dict[OfferId, tuple[OfferState, AgentId]]:
        closed: dict[OfferId, tuple[OfferState, AgentId]] = {}
        for command in of(OfferClosed, commands):
            check("each offer ends once, as its event says", command.offer not in closed, command)
            closed[command.offer] = (command.state, command.agent)
            self.count(f"offers {command.state.value}")
            cleared = any(clear.offer == command.offer for clear in of(ScreenClear, commands))
            accepted = command.state is OfferState.ACCEPTED
            check("a screen is cleared if and only if the offer failed", cleared is not accepted, command)
        return closed

    def _ended(self, commands: list[Command]) -> dict[ContactId, Outcome]:
        ended: dict[ContactId, Outcome] = {}
        for command in of(RecordContact, commands):
            check("nothing is logged twice", command.contact not in self._recorded, command)
            self._recorded.add(command.contact)
            ended[command.contact] = command.outcome
            self.count(command.outcome.value)
            connected = command.connected_ms is not None
            check("answered means connected", connected is (command.outcome is Outcome.ANSWERED), command)
            until_ms = command.connected_ms if command.connected_ms is not None else command.ended_ms
            same("a wait is arrival to connection or end", until_ms - command.arrived_ms, command.waited_ms)
            told_until = self._told_until.get(command.contact)
            same("a contact's segments reach its end", self.picture.now_ms, told_until)
            caller = self.picture.foreseen.over.get(command.contact)
            if caller is not None:
                self._about(caller, command)
        return ended

    def _about(self, caller: Caller, record: RecordContact) -> None:
        """The record says what the account says, and counts for the service level if and only if ours does."""
        ours = (caller.queue, caller.priority, caller.route.rule if caller.route is not None else None)
        same("the log says where the contact was", ours, (record.queue, record.priority, record.rule))
        same("the log has the tags of its last rule", caller.route.tags if caller.route else (), record.tags)
        same("the log says how often it was offered", caller.offers, record.offers)
        if record.outcome is not Outcome.ANSWERED:
            return
        same("a wait is arrival to connection or end", caller.connected_ms - caller.arrived_ms, record.waited_ms)
        queues = self.picture.rules_of_now.queues
        level_ms = next((queue.service_level_ms for queue in queues if queue.name == caller.queue), None)
        level_ms = None if caller.outbound else level_ms
        same("the log says what the service level was", level_ms, record.service_level_ms)
        if record.service_level_ms is not None and record.waited_ms <= record.service_level_ms:
            self.count(IN_SERVICE_LEVEL)
        if level_ms is not None and caller.connected_ms - caller.arrived_ms <= level_ms:
            self._recount[IN_SERVICE_LEVEL] = self._recount.get(IN_SERVICE_LEVEL, 0) + 1

    def _dispositions(self, commands: list[Command]) -> dict[tuple[ContactId, AgentId], str | None]:
        found: dict[tuple[ContactId, AgentId], str | None] = {}
        for command in of(RecordDisposition, commands):
            goes_on = command.contact in self.picture.callers
            check("who ends is logged before a disposition", goes_on or command.contact in self._recorded, command)
            check("nothing is logged twice", (command.contact, command.agent) not in found, command)
            found[command.contact, command.agent] = command.disposition
        return found

    def _decided(self, commands: list[Command]) -> list[tuple[str, ...]]:
        decided: list[Decided] = []
        for command in of(RecordDecision, commands):
            number = self._decisions.get(command.contact, 0) + 1
            same("decisions are numbered without a gap", number, command.number)
            same("a decision is recorded when it is made", self.picture.now_ms, command.at_ms)
            check("a decision is told in words", bool(command.words), command)
            self._decisions[command.contact] = number
            self.count(f"decisions {command.kind.value}")
            decided.append((command.contact, command.kind, command.queue, command.priority, command.by))
        return sorted(map(_key, decided))

    def _segments(self, commands: list[Command]) -> None:
        now_ms = self.picture.now_ms
        for command in of(RecordSegment, commands):
            number = self._numbers.get(command.contact, 0) + 1
            same("segments are numbered without a gap", number, command.number)
            same("a segment ends now", now_ms, command.ended_ms)
            wrap_up = command.kind is SegmentKind.WRAP_UP
            check("only wrap-up comes after the end", wrap_up or command.contact not in self._recorded, command)
            key = (command.contact, command.agent)
            if command.kind is SegmentKind.OFFER:
                self._offer_segment(command)
            elif command.kind is SegmentKind.CONSULT:
                pass  # while the customer is on hold, or in a talk of three
            elif wrap_up:
                same("a wrap-up begins where the talk ended", self._talked_until[key], command.started_ms)
            else:
                self._talked_until[key] = command.ended_ms
                told_until = self._told_until.get(command.contact, command.started_ms)
                same("segments follow each other without a gap", told_until, command.started_ms)
            self._numbers[command.contact] = number
            of_consult = (command.offer or "").startswith(f"{command.contact}-c") and command.kind is SegmentKind.OFFER
            if not wrap_up and not of_consult and command.kind is not SegmentKind.CONSULT:
                self._told_until[command.contact] = command.ended_ms

    def _offer_segment(self, segment: RecordSegment) -> None:
        assert segment.offer is not None
        made_ms = self._made.pop(segment.offer, None)
        same("each offer has one segment, from its making to its end", made_ms, segment.started_ms)
        end, agent = self.picture.foreseen.closed.get(segment.offer, (None, None))
        same("a segment says how its offer ended", (end.value if end else None, agent), (segment.result, segment.agent))


def _key(decided: Decided) -> tuple[str, ...]:
    contact, kind, queue, priority, by = decided
    return (contact, kind.value, str(queue), str(priority), str(by))

"""The auditor: after each event, is everything that ARCHITECTURE.md promises still true?

It is told what the engine was told (events) and what the engine said (commands, snapshot), and believes only its own
picture of the call center (`picture.py`). It raises at the first promise that is broken, and names it.
"""

from collections.abc import Iterable
from typing import TypeVar

from callcenter.commands import (
    AgentChanged,
    Command,
    ConfirmConnection,
    ContactRouted,
    LookUpCustomer,
    OfferClosed,
    RecordContact,
    RecordDisposition,
    RecordSegment,
    RingDevice,
    ScreenClear,
    ScreenPop,
    StopRinging,
)
from callcenter.events import Event
from callcenter.overview import Overview
from callcenter.simulation.picture import Caller, LiveOffer, Picture, Worker
from callcenter.state import Saved
from callcenter.timers import TimerKind
from callcenter.types import AgentId, AgentState, ContactId, ContactState, OfferState, Outcome, SegmentKind

C = TypeVar("C")


class BrokenInvariantError(AssertionError):
    """A promise of the core is broken; `invariant` names which one, in few words."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant


class Auditor:
    def __init__(self) -> None:
        self.picture = Picture()
        self.counts: dict[str, int] = {}
        self._told: dict[AgentId, AgentChanged] = {}
        self._segments: dict[ContactId, tuple[int, int]] = {}  # the last one's number and end
        self._recorded: set[ContactId] = set()
        self._disposed: set[ContactId] = set()

    def observe(self, now_ms: int, event: Event, commands: list[Command], saved: Saved) -> None:
        """Judge one event and what it brought. Raises BrokenInvariantError at the first promise broken."""
        picture = self.picture
        foreseen = picture.take(now_ms, event)
        self._count("events")
        self._segment(commands)
        _same("each offer ends once, as its event says", foreseen.closed, self._closed(commands))
        _same("each contact ends once, as its event says", foreseen.ended, self._ended(commands))
        _same("each wrap-up ends once, as its event says", foreseen.wrapped_up, self._dispositions(commands))
        confirmed = dict.fromkeys(command.offer for command in _of(ConfirmConnection, commands))
        _same("each conversation is confirmed", foreseen.confirmed, confirmed)
        looked_up = dict.fromkeys(command.contact for command in _of(LookUpCustomer, commands))
        _same("each contact is looked up once", foreseen.looked_up, looked_up)
        stopped = dict.fromkeys(command.offer for command in _of(StopRinging, commands))
        _all_in("a phone that should not ring is stopped", foreseen.stopped, stopped)
        self._routed(commands)
        self._tell(commands)
        self._offered(commands)
        for offer in stopped:
            _check("no live offer or conversation is stopped", offer not in picture.offers, offer)
            _check("no live offer or conversation is stopped", not picture.in_hand(offer), offer)
        popped = dict.fromkeys(command.offer for command in _of(ScreenPop, commands))
        _all_in("a late record reaches the screen", foreseen.popped, popped)
        self._nobody_waits_in_vain()
        self._same_state(saved)

    def overview(self, overview: Overview) -> None:
        """The numbers on the screens are those of a recount."""
        assert self.picture.config is not None
        for view in overview.queues:
            waiting = [
                caller
                for caller in self.picture.callers.values()
                if caller.queue == view.name and caller.state in (ContactState.WAITING, ContactState.OFFERED)
            ]
            _same("counters equal a recount", len(waiting), view.waiting)
            serving = [worker for worker in self.picture.workers.values() if view.name in worker.config.queues]
            ready = sum(self.picture.available(worker) for worker in serving)
            _same("counters equal a recount", ready, view.agents_ready)

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    # ---- what was foreseen

    def _closed(self, commands: list[Command]) -> dict[str, tuple[OfferState, AgentId]]:
        closed: dict[str, tuple[OfferState, AgentId]] = {}
        for command in _of(OfferClosed, commands):
            _check("each offer ends once, as its event says", command.offer not in closed, command)
            closed[command.offer] = (command.state, command.agent)
            self._count(f"offers {command.state.value}")
            cleared = any(c.offer == command.offer for c in _of(ScreenClear, commands))
            _check("a screen is cleared if and only if the offer failed", cleared is not _accepted(command), command)
        return closed

    def _ended(self, commands: list[Command]) -> dict[ContactId, Outcome]:
        ended: dict[ContactId, Outcome] = {}
        for command in _of(RecordContact, commands):
            _check("nothing is logged twice", command.contact not in self._recorded, command)
            self._recorded.add(command.contact)
            ended[command.contact] = command.outcome
            self._count(command.outcome.value)
            connected = command.connected_ms is not None
            _check("answered means connected", connected is (command.outcome is Outcome.ANSWERED), command)
            until_ms = command.connected_ms if command.connected_ms is not None else command.ended_ms
            _same("a wait is arrival to connection or end", until_ms - command.arrived_ms, command.waited_ms)
            _same("a contact's segments reach its end", self._last_segment_end(command.contact, commands), True)
        return ended

    def _last_segment_end(self, contact: ContactId, commands: list[Command]) -> bool:
        segments = [command for command in _of(RecordSegment, commands) if command.contact == contact]
        last_ms = segments[-1].ended_ms if segments else self._segments.get(contact, (0, 0))[1]
        return last_ms == self.picture.now_ms

    def _dispositions(self, commands: list[Command]) -> dict[ContactId, str | None]:
        for command in _of(RecordDisposition, commands):
            _check("nothing is logged twice", command.contact not in self._disposed, command)
            _check("the contact is logged before its disposition", command.contact in self._recorded, command)
            self._disposed.add(command.contact)
        return {command.contact: command.disposition for command in _of(RecordDisposition, commands)}

    def _routed(self, commands: list[Command]) -> None:
        last = {command.contact: command for command in _of(ContactRouted, commands)}
        for command in last.values():
            caller = self.picture.callers.get(command.contact)
            if caller is not None and caller.state is not ContactState.CONNECTED:
                _same("a contact goes where its rule says", (caller.queue, caller.rule), (command.queue, command.rule))

    def _segment(self, commands: list[Command]) -> None:
        for command in _of(RecordSegment, commands):
            number, ended_ms = self._segments.get(command.contact, (0, command.started_ms))
            _same("segments are numbered without a gap", number + 1, command.number)
            _same("segments follow each other without a gap", ended_ms, command.started_ms)
            _same("a segment ends now", self.picture.now_ms, command.ended_ms)
            wrap_up = command.kind is SegmentKind.WRAP_UP
            _check("only wrap-up comes after the end", wrap_up or command.contact not in self._recorded, command)
            self._segments[command.contact] = (command.number, command.ended_ms)

    def _tell(self, commands: list[Command]) -> None:
        for command in _of(AgentChanged, commands):
            self._told[command.agent] = command

    # ---- who was offered what

    def _offered(self, commands: list[Command]) -> None:
        popped: dict[str, ScreenPop] = {}
        for command in commands:
            if isinstance(command, ScreenPop):
                popped[command.offer] = command
            elif isinstance(command, RingDevice):
                _check("the screen pops before the phone rings", command.offer in popped, command)
                self._judge(command, popped[command.offer])

    def _judge(self, ring: RingDevice, pop: ScreenPop) -> None:
        picture = self.picture
        caller, worker = picture.callers.get(ring.contact), picture.workers.get(pop.agent)
        never = ring.offer not in picture.offers and ring.offer not in picture.closed
        _check("an offer's id is new", never, ring)
        assert picture.config is not None
        if caller is None or caller.state is not ContactState.WAITING:
            raise BrokenInvariantError("only a waiting contact is offered", str(ring))
        if worker is None or not picture.available(worker):
            raise BrokenInvariantError("an agent who is offered is available", f"{ring} to {_about(worker, picture)}")
        _check("an offer rings the agent's own device", ring.device == worker.config.device, ring)
        _check("an offer names the caller's channel", ring.channel == caller.arrival.channel, ring)
        _check("an agent never gets what it may not take", picture.suits(worker, caller), (ring, worker.config))
        _same("the screen says what is known", tuple(caller.customers or ()), pop.customers)
        _same("the screen says what is known", picture.tier(caller), pop.tier)
        _same("the screen says why", (caller.queue, caller.priority, caller.rule), (pop.queue, pop.priority, pop.rule))
        for other in picture.callers.values():
            earlier = other.state is ContactState.WAITING and other.rank < caller.rank
            _check("the order of waiting holds", not (earlier and picture.suits(worker, other)), (ring, other.id))
        for rival in picture.workers.values():
            before = (rival.idle_since_ms, rival.config.id) < (worker.idle_since_ms, worker.config.id)
            fits = before and picture.available(rival) and picture.suits(rival, caller)
            _check("the agent idle longest goes first", not fits, (ring, rival.config.id))
        config = next(config for config in picture.config.queues if config.name == caller.queue)
        due_ms = picture.now_ms + config.offer_timeout_ms
        picture.offers[ring.offer] = LiveOffer(ring.offer, caller, worker, ring.device, due_ms, caller.queue)
        caller.state, caller.offer, caller.worker = ContactState.OFFERED, ring.offer, worker
        caller.offers += 1
        worker.busy, worker.caller = AgentState.RESERVED, caller
        self._count("offers")

    def _nobody_waits_in_vain(self) -> None:
        picture = self.picture
        free = [worker for worker in picture.workers.values() if picture.available(worker)]
        if not free:
            return
        for caller in picture.callers.values():
            if caller.state is ContactState.WAITING and picture.up.get(caller.arrival.channel.pbx):
                in_vain = [worker.config.id for worker in free if picture.suits(worker, caller)]
                _check("nobody waits while a fitting agent is READY", not in_vain, (caller.id, in_vain))

    # ---- the state itself

    def _same_state(self, saved: Saved) -> None:
        picture = self.picture
        ours = {caller.id: _view(caller) for caller in picture.callers.values()}
        live = [contact for contact in saved.contacts.values() if contact.state is not ContactState.ENDED]
        theirs: dict[ContactId, object] = {}
        for contact in live:
            route = (contact.route.queue, contact.route.priority, contact.route.rule) if contact.route else None
            theirs[contact.id] = (contact.state, contact.offer, contact.agent, route, contact.identified)
        _same("contacts are conserved", ours, theirs)
        over = {contact.id for contact in saved.contacts.values() if contact.state is ContactState.ENDED}
        wrapping = {w.caller.id for w in picture.workers.values() if w.busy is AgentState.WRAP_UP and w.caller}
        _same("a contact that is over is kept for its wrap-up only", wrapping, over)
        offers = {o.id: (o.state, o.caller.id, o.worker.config.id, o.due_ms) for o in picture.offers.values()}
        their_offers = {o.id: (o.state, o.contact, o.agent, o.deadline_ms) for o in saved.offers.values()}
        _same("live offers are those made and not ended", offers, their_offers)
        self._same_agents(saved)

    def _same_agents(self, saved: Saved) -> None:
        workers = {
            worker.config.id: (worker.state, worker.caller.id if worker.caller else None)
            for worker in self.picture.workers.values()
        }
        agents = {agent.config.id: (agent.state, agent.contact) for agent in saved.agents.values()}
        _same("an agent is RESERVED if and only if a live offer names it", workers, agents)
        for agent in saved.agents.values():
            told = self._told.get(agent.config.id)
            seen = (told.state, told.reason, told.deadline_ms, told.contact, told.pending) if told else None
            now = (agent.state, agent.reason, agent.deadline_ms, agent.contact, agent.pending)
            _same("the desktop was told what the agent is", now, seen)
            if agent.state in (AgentState.RESERVED, AgentState.WRAP_UP):
                reserved = agent.state is AgentState.RESERVED
                kind, subject = (TimerKind.OFFER, agent.offer) if reserved else (TimerKind.WRAP_UP, agent.config.id)
                armed = f"{kind.value} {subject}" in saved.timers.armed
                _check("each RESERVED and each WRAP_UP has a deadline", armed, agent.config.id)


def _view(caller: Caller) -> tuple[object, ...]:
    route = (caller.queue, caller.priority, caller.rule) if caller.state is not ContactState.IDENTIFYING else None
    agent = caller.worker.config.id if caller.worker is not None else None
    return (caller.state, caller.offer, agent, route, caller.customers is not None)


def _about(worker: Worker | None, picture: Picture) -> str:
    if worker is None:
        return "nobody"
    status = picture.devices.get(worker.config.device)
    wait_ms = worker.backoff_until_ms - picture.now_ms
    return f"{worker.config.id}: {worker.state.value}, device {status}, back-off for {wait_ms} ms"


def _accepted(command: OfferClosed) -> bool:
    return command.state is OfferState.ACCEPTED


def _of(kind: type[C], commands: Iterable[object]) -> list[C]:
    return [command for command in commands if isinstance(command, kind)]


def _check(invariant: str, holds: bool, detail: object) -> None:
    if not holds:
        raise BrokenInvariantError(invariant, str(detail))


def _all_in(invariant: str, wanted: Iterable[object], came: Iterable[object]) -> None:
    missing = [item for item in wanted if item not in came]
    _check(invariant, not missing, f"missing {missing}")


def _same(invariant: str, ours: object, theirs: object) -> None:
    if ours == theirs:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        odd = [key for key in [*ours, *theirs] if ours.get(key, _NONE) != theirs.get(key, _NONE)]
        ours = {key: ours.get(key) for key in odd}
        theirs = {key: theirs.get(key) for key in odd}
    raise BrokenInvariantError(invariant, f"should be {ours}, is {theirs}")


_NONE = object()

"""Where a caller waits, and for whom: the part of the account that follows rules, steps, holds and queue states.

Written from docs/routing.md and not from the engine. A caller who is moved, overflows, or is sent on because a queue
takes nobody, leaves the rule's needs, its relaxation steps, its preferred agent and its overflow behind.
"""

import dataclasses
from abc import ABC, abstractmethod

from callcenter.events import ContactMoved, ContactPrioritised, ContactWithdrawn, QueueStateSet
from callcenter.simulation.account import Caller, Foreseen, Worker
from callcenter.simulation.choosing import choose
from callcenter.simulation.judging import suits
from callcenter.talks import Target
from callcenter.types import (
    MAX_PRIORITY,
    MIN_PRIORITY,
    AgentId,
    AgentState,
    Configuration,
    ContactId,
    ContactState,
    DecisionKind,
    Needs,
    Outcome,
    Overflow,
    QueueName,
    QueueState,
    Relaxation,
    Route,
    Skill,
)

LOOK_AGAIN_MS = 1_000  # at who should go on, while a phone rings for it


class Placing(ABC):
    def __init__(self) -> None:
        self.now_ms = 0
        self.config: Configuration | None = None
        self.callers: dict[ContactId, Caller] = {}
        self.gone: dict[ContactId, Outcome] = {}
        self.messages: dict[ContactId, str] = {}  # that a rule has named for those who are gone
        self.workers: dict[AgentId, Worker] = {}
        self.queue_states: dict[QueueName, QueueState] = {}  # of those that are not open
        self.foreseen = Foreseen()
        self._armed = 0

    @property
    def rules_of_now(self) -> Configuration:
        assert self.config is not None, "a journal begins with a configuration"
        return self.config

    def arm(self) -> int:
        """Deadlines of the same moment come in the order in which they were set."""
        self._armed += 1
        return self._armed

    def decided(self, caller: Caller, kind: DecisionKind, by: str | None = None) -> None:
        caller = caller.asks or caller
        caller.decisions += 1
        self.foreseen.decided.append((caller.id, kind, caller.queue, caller.priority, by))
        if kind is DecisionKind.ROUTED and caller.route is not None:
            self.foreseen.routed[caller.id] = (caller.queue, caller.route.rule)

    def end(self, caller: Caller, outcome: Outcome) -> None:
        del self.callers[caller.id]
        self.gone[caller.id] = outcome
        self.foreseen.ended[caller.id] = Outcome.ANSWERED if caller.answers else outcome
        self.foreseen.over[caller.id] = caller

    @abstractmethod
    def available(self, worker: Worker) -> bool:
        """Whether the agent may be offered something now."""

    # ---- rules

    def route(self, caller: Caller) -> None:
        """Send the caller where the rules of now want it, unless they want what they wanted before."""
        if caller.meant_for is not None and caller.queue in [queue.name for queue in self.rules_of_now.queues]:
            return  # first to whom it was handed on to
        wanted = choose(self, caller)
        if not self._takes_who_waits(caller.moved_to):
            caller.moved_to = None
        if not self._takes_who_waits(caller.overflowed_to):
            caller.overflowed_to = None
        queue = caller.moved_to or caller.overflowed_to
        away = wanted.away if queue is None else None  # who was moved or has overflowed is left where it is
        if queue is None and away is None:
            queue = self._open_for(caller, wanted.queue)
        caller.nowhere = caller.state is ContactState.OFFERED and queue is None
        if caller.nowhere:
            return  # the phone goes on ringing
        if away is not None:
            self._send_away_by_rule(caller, wanted, away)
            return
        if queue is None:
            if not caller.waits:
                caller.route, caller.needs = wanted, Needs((wanted.queue,))
            self._send_away(caller)
            return
        caller.route = wanted
        left_of_route = _left_of(caller, wanted, queue)
        if left_of_route == caller.left_of_route:
            return
        if caller.moved_to is not None or caller.overflowed_to is not None:
            caller.left_of_route = left_of_route
            self.decided(caller, DecisionKind.ROUTED)
        else:
            self._enter(caller, queue)

    def _takes_who_waits(self, queue: QueueName | None) -> bool:
        names = [config.name for config in self.rules_of_now.queues]
        return queue in names and self.queue_states.get(queue) is not QueueState.CLOSED

    # ---- queues and their states

    def _enter(self, caller: Caller, queue: QueueName) -> None:
        """The caller goes where its rule says, or on from there to `queue`."""
        assert caller.route is not None
        route = caller.route
        if queue == route.queue:
            caller.needs = Needs((route.queue,), route.skills, route.any_of, route.preferred)
            caller.to_come, caller.steps, caller.held_for = route.relaxations, 0, None
            caller.left_of_route = _left_of(caller, route, route.queue)
            caller.step_armed = self.arm()
            self._waits(caller)
            self.decided(caller, DecisionKind.ROUTED)
            while self.step_due(caller):
                self.step(caller)
            self._hold(caller, route)
            self.expect_overflow(caller)
            return
        self._leave_rule_behind(caller, queue)
        self.decided(caller, DecisionKind.ROUTED)

    @staticmethod
    def _waits(caller: Caller) -> None:
        if caller.state is ContactState.IDENTIFYING:
            caller.state = ContactState.WAITING

    def _open_for(self, caller: Caller, wanted: QueueName) -> QueueName | None:
        """The first queue, from the one wanted along `closed_to`, in which the caller may wait."""
        closed_to = {queue.name: queue.closed_to for queue in self.rules_of_now.queues}
        queue: QueueName | None = wanted  # a route that is kept may name one that is no more
        seen: list[QueueName] = []
        while queue in closed_to and queue not in seen:
            state = self.queue_states.get(queue, QueueState.OPEN)
            there = caller.waits and caller.queue == queue
            if state is QueueState.OPEN or (state is QueueState.DRAINED and there):
                return queue
            seen.append(queue)
            queue = closed_to[queue]
        return None

    def _send_away(self, caller: Caller) -> None:
        """Nobody may wait where the caller should: the log says where it waited until then."""
        self.decided(caller, DecisionKind.TURNED_AWAY)
        self.foreseen.sent_away[caller.id] = ""
        self.end(caller, Outcome.CLOSED)

    def _send_away_by_rule(self, caller: Caller, wanted: Route, message: str) -> None:
        """The log names this rule and, if the caller has waited, the queue and the priority until then."""
        had = caller.route if caller.waits else None
        caller.route = wanted if had is None else dataclasses.replace(had, rule=wanted.rule, tags=wanted.tags)
        self.decided(caller, DecisionKind.TURNED_AWAY)
        self.foreseen.sent_away[caller.id] = self.messages[caller.id] = message
        self.end(caller, Outcome.CLOSED)

    def _leave_rule_behind(self, caller: Caller, queue: QueueName) -> None:
        assert caller.route is not None
        self._waits(caller)
        caller.needs, caller.to_come, caller.steps, caller.held_for = Needs((queue,)), (), 0, None
        caller.left_of_route = _left_of(caller, caller.route, queue)
        self.expect_overflow(caller)

    def leave_closed(self, caller: Caller) -> None:
        """Who waits in a closed queue leaves it, and goes where its rule says or on from there."""
        closed = caller.queue is not None and self.queue_states.get(caller.queue) is QueueState.CLOSED
        if (closed or caller.nowhere) and caller.meant_for is None and caller.id not in self.foreseen.given:
            self.route(caller)

    def set_queue(self, event: QueueStateSet) -> None:
        known = any(queue.name == event.queue for queue in self.rules_of_now.queues)
        if not known or self.queue_states.get(event.queue, QueueState.OPEN) is event.state:
            return
        self.queue_states[event.queue] = event.state
        if event.state is QueueState.OPEN:
            del self.queue_states[event.queue]
        self.foreseen.queues.append((event.queue, event.state, event.by))

    # ---- supervisors

    def move(self, event: ContactMoved) -> None:
        caller = self.callers.get(event.contact)
        known = any(queue.name == event.queue for queue in self.rules_of_now.queues)
        if caller is None or caller.asks or not caller.waits or not known or event.queue in self.queue_states:
            return
        if caller.queue == event.queue:
            return
        caller.moved_to, caller.nowhere = event.queue, False
        caller.overflowed, caller.overflowed_to = (), None
        self._leave_rule_behind(caller, event.queue)
        self.decided(caller, DecisionKind.MOVED, event.by)

    def hand_on(self, caller: Caller, to: Target) -> None:
        """It waits again: in the queue named, else, in front, where it came from, by its rule as if it came."""
        config = self.rules_of_now
        queue = to.queue or (caller.queue if caller.queue in [one.name for one in config.queues] else None)
        queue = queue or config.default_queue
        assert caller.route is not None
        if to.queue is None:
            caller.prioritised = MAX_PRIORITY
        if queue != caller.queue:
            caller.moved_to, caller.overflowed, caller.overflowed_to = queue, (), None
        by_rule = queue == caller.route.queue and caller.moved_to is None and caller.overflowed_to is None
        caller.nowhere = False
        self._leave_rule_behind(caller, queue)
        if by_rule:
            route = caller.route
            caller.needs = Needs((route.queue,), route.skills, route.any_of, route.preferred)
            caller.to_come, caller.step_armed = route.relaxations, self.arm()
        self.decided(caller, DecisionKind.TRANSFERRED, caller.handed_by)
        while self.step_due(caller):
            self.step(caller)
        if by_rule:
            self._hold(caller, caller.route)

    def prioritise(self, event: ContactPrioritised) -> None:
        caller = self.callers.get(event.contact)
        if (
            caller is not None
            and caller.asks is None
            and caller.waits
            and MIN_PRIORITY <= event.priority <= MAX_PRIORITY
        ):
            caller.prioritised = event.priority
            assert caller.left_of_route is not None
            caller.left_of_route = dataclasses.replace(caller.left_of_route, priority=event.priority)
            self.decided(caller, DecisionKind.PRIORITISED, event.by)

    def withdraw(self, caller: Caller, event: ContactWithdrawn) -> None:
        """The caller's phones are stopped already."""
        self.decided(caller, DecisionKind.WITHDRAWN, event.by)
        self.foreseen.sent_away[caller.id] = ""
        self.end(caller, Outcome.WITHDRAWN)

    # ---- overflow

    def _overflow_of(self, caller: Caller) -> Overflow | None:
        """The one that counts: its rule's in the rule's own queue, else the queue's; none for who was moved."""
        if not caller.waits or caller.route is None or caller.moved_to is not None or caller.answers:
            return None
        own = caller.queue == caller.route.queue and caller.overflowed_to is None
        if own and caller.route.overflow is not None:
            return caller.route.overflow
        return next((queue.overflow for queue in self.rules_of_now.queues if queue.name == caller.queue), None)

    def expect_overflow(self, caller: Caller) -> None:
        """From its arrival on: perhaps its time is over already."""
        overflow = self._overflow_of(caller)
        caller.overflow_due_ms = None if overflow is None else caller.arrived_ms + overflow.after_ms
        caller.overflow_armed = self.arm()

    def overflow(self, caller: Caller) -> None:
        """Its time is over: it goes on, unless a phone rings for it or there is nowhere to go."""
        overflow = self._overflow_of(caller)
        assert overflow is not None
        caller.overflow_due_ms = None
        if caller.state is ContactState.OFFERED:
            caller.overflow_due_ms, caller.overflow_armed = self.now_ms + LOOK_AGAIN_MS, self.arm()
        elif overflow.to is None:
            self.decided(caller, DecisionKind.OVERFLOWED)
            self.foreseen.sent_away[caller.id] = ""
            self.end(caller, Outcome.OVERFLOWED)
        else:
            queue = self._open_for(caller, overflow.to)
            if queue is not None and queue != caller.queue and queue not in caller.overflowed:
                caller.overflowed, caller.overflowed_to = (*caller.overflowed, queue), queue
                self._leave_rule_behind(caller, queue)
                self.decided(caller, DecisionKind.OVERFLOWED)

    # ---- relaxation

    def step_due(self, caller: Caller) -> bool:
        return caller.waits and bool(caller.to_come) and self.step_due_ms(caller) <= self.now_ms

    @staticmethod
    def step_due_ms(caller: Caller) -> int:
        return caller.arrived_ms + caller.to_come[0].after_ms

    def step(self, caller: Caller) -> None:
        """Take the next step: lower levels, drop skills, add queues."""
        assert caller.needs is not None
        taken, caller.to_come = caller.to_come[0], caller.to_come[1:]
        needs = caller.needs
        added = [queue for queue in taken.add_queues if queue not in needs.queues]
        caller.needs = Needs(
            queues=(*needs.queues, *dict.fromkeys(added)),
            skills=tuple(_lowered(need, taken) for need in needs.skills if need.name not in taken.drop),
            any_of=tuple(
                tuple(_lowered(need, taken) for need in group)
                for group in needs.any_of
                if not any(need.name in taken.drop for need in group)
            ),
            preferred=needs.preferred,
        )
        caller.steps += 1
        caller.step_armed = self.arm()
        self.decided(caller, DecisionKind.RELAXED)
        for offer in [offer for offer in caller.ringing if offer.worker is not None]:
            self.foreseen.popped[offer.id] = None

    # ---- preferred agents

    def _hold(self, caller: Caller, route: Route) -> None:
        caller.held_until_ms = caller.arrived_ms + route.prefer_for_ms
        if self.now_ms >= caller.held_until_ms:
            return
        caller.held_for = next((agent for agent in route.prefer if self._may_be_held_for(caller, agent)), None)
        caller.hold_armed = self.arm()

    def _may_be_held_for(self, caller: Caller, agent: AgentId) -> bool:
        worker = self.workers.get(agent)
        return (
            worker is not None
            and not worker.removed
            and worker.state is not AgentState.LOGGED_OUT
            and agent not in caller.refused_by
            and suits(worker, caller)
        )

    def release(self, caller: Caller) -> None:
        caller.held_for = None
        self.decided(caller, DecisionKind.RELEASED)

    def release_all(self) -> None:
        """Nobody is kept for an agent who is not at work any more, or may not take the contact any more."""
        for caller in self.callers.values():
            if caller.waits and caller.held_for is not None and not self._may_be_held_for(caller, caller.held_for):
                self.release(caller)


def _lowered(need: Skill, step: Relaxation) -> Skill:
    levels = [lower.level for lower in step.lower if lower.name == need.name]
    return Skill(need.name, min([need.level, *levels]))


def _left_of(caller: Caller, route: Route, queue: QueueName) -> Route:
    """What counts of a route for who waits in `queue`: all of it in the rule's own queue."""
    priority = route.priority if caller.prioritised is None else caller.prioritised
    if route.queue == queue and caller.moved_to is None and caller.overflowed_to is None:
        return dataclasses.replace(route, priority=priority)
    return Route(queue, priority, (), route.rule, route.because, route.matched, tags=route.tags, text=route.text)

"""Where a contact waits, how urgent it is, and what it asks of an agent: the rules' word, then a supervisor's.

A contact is routed when it is identified, again when its record comes late or the rules change, and when a supervisor
says so. Its age and what it was refused by stay whatever happens.
"""

from dataclasses import replace

from callcenter.commands import ContactRouted, SendAway
from callcenter.queues import visits
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.queues.endings import end_contact
from callcenter.queues.figures import StateFigures
from callcenter.routing.language.facts import Facts, make_facts
from callcenter.routing.offering import pop_all
from callcenter.routing.preferred import keep
from callcenter.routing.rules import DEFAULT_PRIORITY, NO_RULE, decide, highest_tier
from callcenter.routing.skills import needs_of, relaxed, words_of_needs, words_of_step
from callcenter.state import State
from callcenter.talks import Target
from callcenter.timers import TimerKind
from callcenter.types import (
    MAX_PRIORITY,
    ContactId,
    ContactState,
    DecisionKind,
    Outcome,
    Overflow,
    QueueName,
    QueueState,
    Route,
)

# A phone that rings when its contact should go on to another queue may still be answered. Looked at again this often.
LOOK_AGAIN_MS = 1_000


def route(state: State, contact: Contact) -> None:
    """Ask the rules, for the first time or again. An offer that is ringing meanwhile stands."""
    if contact.consult_of is not None:
        state.waiting_anew[contact.id] = None  # no rule is asked; whether it may go on is looked at then
        return
    if contact.bound is not None and contact.route is not None and contact.route.queue in state.queues:
        return  # first to whom it was handed on to; the rules count again if that comes to nothing
    wanted = _supervised(state, contact, _decided(state, contact))
    admitted = _admitted(state, contact, wanted) if wanted.away is None else None
    contact.astray = admitted is None
    if admitted is None:
        if contact.state is not ContactState.OFFERED:  # else it may still be answered where it is
            _turn_away(state, contact, wanted)
        return
    again = contact.state is not ContactState.IDENTIFYING
    if again and admitted == contact.route:
        return
    if again and admitted.queue != contact.queue:
        state.leave_queue(contact, None)
    contact.route = admitted
    words = f"{admitted.rule}: {admitted.because}; {_needs_in_words(admitted)}"
    if admitted.queue != wanted.queue:
        words += f"; queue {wanted.queue} is {state.queue_state(wanted.queue).value}"
    state.record_decision(contact, DecisionKind.ROUTED, words)
    _settle(state, contact)
    state.emit(ContactRouted(contact.id, admitted.queue, contact.tier, admitted.rule, admitted.matched, again))


def _decided(state: State, contact: Contact) -> Route:
    """The rules' word; the rules for the tier come first, and the contact has that tier from now on."""
    facts = facts_of(state, contact)
    tier = state.program.tier(facts)
    if tier is not None:
        facts = facts.with_tier(tier)
    contact.tier = tier if tier is not None else highest_tier(state.configuration, contact.customers)
    alone = contact.customers[0] if len(contact.customers) == 1 else None
    account_manager = alone.account_manager if alone is not None else None
    return decide(state.configuration, state.program, facts, account_manager, contact.last_agent)


def facts_of(state: State, contact: Contact) -> Facts:
    """All that the rules may ask, with the tier of the record."""
    return make_facts(
        state.configuration,
        now_ms=state.now_ms,
        tier=highest_tier(state.configuration, contact.customers),
        figures=StateFigures(state),
        dialled=contact.dialled,
        caller=contact.number or contact.caller or "",
        caller_name=contact.caller_name,
        intent=contact.intent or "",
        language=contact.language or "",
        account=contact.account or "",
        customers=contact.customers,
    )


def sent_on(route: Route, queue: QueueName) -> Route:
    """The route into another queue than the rule's: what the rule asked for belongs to its own queue."""
    return replace(
        route,
        queue=queue,
        skills=(),
        any_of=(),
        preferred=(),
        relaxations=(),
        prefer=(),
        prefer_for_ms=0,
        overflow=None,
        away=None,
    )


def by_hand(queue: QueueName, because: str) -> Route:
    """The route of a contact that no rule was asked about."""
    return Route(queue, DEFAULT_PRIORITY, (), NO_RULE, because, matched=False)


def move(state: State, contact: Contact, queue: QueueName, by: str) -> None:
    """Let the contact wait in another queue, for a supervisor."""
    assert contact.route is not None
    state.leave_queue(contact, None)
    contact.moved_to, contact.overflowed, contact.by_overflow = queue, (), False
    contact.route, contact.astray = sent_on(contact.route, queue), False
    state.record_decision(contact, DecisionKind.MOVED, f"moved to {queue}", by)
    _settle(state, contact)


def hand_on(state: State, contact: Contact, to: Target, words: str) -> None:
    """Let a contact that an agent had wait again: in the queue named, else, in front, in the one where it came from."""
    queue = to.queue
    assert contact.route is not None
    if queue is None and contact.route.queue not in state.queues:
        queue = state.configuration.default_queue
    if queue is not None and queue != contact.route.queue:
        contact.moved_to, contact.overflowed, contact.by_overflow = queue, (), False
        contact.route = sent_on(contact.route, queue)
    if to.queue is None:
        contact.prioritised = MAX_PRIORITY
        contact.route = replace(contact.route, priority=MAX_PRIORITY)
    contact.astray = False
    if contact.hearing is not None:
        contact.hearing.due_ms = None  # the rhythm of its announcements begins anew
    state.record_decision(contact, DecisionKind.TRANSFERRED, words, contact.handed_by)
    _settle(state, contact, after_transfer=True)


def begin_consult(state: State, asked: Contact, about: Contact, to: Target) -> None:
    """Let a consultation wait: in the queue that is asked, else in the one where the contact waited, for the log."""
    assert about.route is not None
    queue = to.queue or (about.route.queue if about.route.queue in state.queues else state.configuration.default_queue)
    asked.route = sent_on(about.route, queue)
    asked.moved_to = queue
    _settle(state, asked)


def prioritise(state: State, contact: Contact, priority: int, by: str) -> None:
    assert contact.route is not None
    contact.prioritised = priority
    contact.route = replace(contact.route, priority=priority)
    state.record_decision(contact, DecisionKind.PRIORITISED, f"priority {priority}", by)
    state.waiting_anew[contact.id] = None


def send_away(state: State, contact: Contact, outcome: Outcome, message: str = "") -> None:
    """End a contact that no phone rings for, and let the PBX tell the caller."""
    state.emit(SendAway(contact.id, contact.channel, outcome, message))
    end_contact(state, contact, ContactTrigger.SENT_AWAY, outcome)


def leave_queues(state: State) -> None:
    """Whoever waits, anew or again, where it may not wait any more goes on to where it may."""
    for contact_id in list(state.waiting_anew):
        contact = state.saved.contacts[contact_id]
        if contact.bound is not None or contact.consult_of is not None:
            continue
        if contact.state is ContactState.WAITING and (contact.astray or _is_in_closed(state, contact)):
            route(state, contact)


def _is_in_closed(state: State, contact: Contact) -> bool:
    return contact.route is not None and state.queue_state(contact.route.queue) is QueueState.CLOSED


# ---- relaxation


def relaxation_due(state: State, contact_id: ContactId) -> None:
    """One step at a time: where timers are late, the contact's overflow may be due before the next one."""
    contact = state.saved.contacts[contact_id]
    _relax(state, contact, contact.steps + 1)


def _relax(state: State, contact: Contact, at_most: int) -> None:
    """Take the steps that are due, until `at_most` have been taken, and wait for the next one."""
    assert contact.route is not None
    assert contact.needs is not None
    steps, before = contact.route.relaxations, contact.steps
    while contact.steps < at_most and contact.arrived_ms + steps[contact.steps].after_ms <= state.now_ms:
        step = steps[contact.steps]
        contact.needs = relaxed(contact.needs, step)
        contact.steps += 1
        state.waiting_anew[contact.id] = None
        state.record_decision(contact, DecisionKind.RELAXED, words_of_step(step))
    if contact.steps > before:
        pop_all(state, contact)  # who is being rung for it sees the step too
    if contact.steps < len(steps):
        due_ms = contact.arrived_ms + steps[contact.steps].after_ms
        state.saved.timers.arm(TimerKind.RELAX, contact.id, due_ms)
    elif steps:
        state.saved.timers.cancel(TimerKind.RELAX, contact.id)


# ---- overflow


def watch_overflow(state: State, contact: Contact) -> None:
    """Wake up when the contact has waited as long as it may where it is."""
    overflow = _overflow_of(state, contact)
    if overflow is not None:
        state.saved.timers.arm(TimerKind.OVERFLOW, contact.id, contact.arrived_ms + overflow.after_ms)
    else:
        state.saved.timers.cancel(TimerKind.OVERFLOW, contact.id)


def overflow_due(state: State, contact_id: ContactId) -> None:
    """The contact goes on, unless a phone rings for it, or there is nowhere to go: then it stays."""
    contact = state.saved.contacts[contact_id]
    overflow = _overflow_of(state, contact)
    assert contact.route is not None
    if overflow is None:
        return
    if contact.ringing or contact.bound is not None:
        state.saved.timers.arm(TimerKind.OVERFLOW, contact.id, state.now_ms + LOOK_AGAIN_MS)
        return
    after = f"after {overflow.after_ms / 1000:g} s"
    if overflow.to is None:
        state.record_decision(contact, DecisionKind.OVERFLOWED, f"{after}: sent away")
        send_away(state, contact, Outcome.OVERFLOWED)
        return
    queue = _open_from(state, contact, overflow.to) if overflow.to in state.queues else None
    if queue is None or queue == contact.route.queue or queue in contact.overflowed:
        return
    state.leave_queue(contact, Outcome.OVERFLOWED, queue)
    contact.overflowed += (queue,)
    contact.by_overflow = True
    contact.route = sent_on(contact.route, queue)
    state.record_decision(contact, DecisionKind.OVERFLOWED, f"{after}: to queue {queue}")
    _settle(state, contact)


def _overflow_of(state: State, contact: Contact) -> Overflow | None:
    """The rule's, in the rule's own queue, else the queue's; none for one that was moved or handed on."""
    assert contact.route is not None
    if contact.moved_to is not None or contact.connected_ms is not None:
        return None
    queue = state.queues.get(contact.route.queue)
    return contact.route.overflow or (queue.overflow if queue is not None else None)


# ---- getting there


def _supervised(state: State, contact: Contact, decided: Route) -> Route:
    """The rule's route with what a supervisor has said about this contact, else in the queue that it overflowed to."""
    if contact.moved_to is not None:
        gone = contact.moved_to not in state.queues or state.queue_state(contact.moved_to) is QueueState.CLOSED
        if gone:
            contact.moved_to = None
        else:
            decided = sent_on(decided, contact.moved_to)
    elif _waits_by_overflow(state, contact):
        decided = sent_on(decided, contact.overflowed[-1])
    return decided if contact.prioritised is None else replace(decided, priority=contact.prioritised)


def _waits_by_overflow(state: State, contact: Contact) -> bool:
    """Whether an overflow still says where the contact waits: no longer if that queue is no more or takes nobody."""
    if contact.by_overflow:
        queue = contact.overflowed[-1]
        contact.by_overflow = queue in state.queues and state.queue_state(queue) is not QueueState.CLOSED
    return contact.by_overflow


def _admitted(state: State, contact: Contact, wanted: Route) -> Route | None:
    """The route into the wanted queue, else into the next one that is open; None where there is none."""
    queue = _open_from(state, contact, wanted.queue)
    return None if queue is None else wanted if queue == wanted.queue else sent_on(wanted, queue)


def _open_from(state: State, contact: Contact, queue: QueueName) -> QueueName | None:
    """This queue or the first one after it, by `closed_to`, that takes the contact."""
    here = contact.route.queue if contact.route is not None else None
    passed = [queue]
    while not _lets_in(state, queue, here):
        following = state.queues[queue].closed_to
        if following is None or following in passed or following not in state.queues:
            return None
        passed.append(following)
        queue = following
    return queue


def _lets_in(state: State, queue: QueueName, here: QueueName | None) -> bool:
    present = state.queue_state(queue)
    return present is QueueState.OPEN or (present is QueueState.DRAINED and queue == here)


def _turn_away(state: State, contact: Contact, wanted: Route) -> None:
    """The log says where the contact waited until then, and which rule has sent it away, if one has."""
    before = contact.route
    if wanted.away is None:
        contact.route = before or wanted
        words = f"queue {wanted.queue} is {state.queue_state(wanted.queue).value}, and there is no other"
    else:
        contact.route = (
            wanted
            if before is None  # else what is due by it must still be found
            else replace(before, rule=wanted.rule, because=wanted.because, tags=wanted.tags)
        )
        words = f"{wanted.rule}: {wanted.because}; away, with the message {wanted.away}"
        state.remember_message(contact.id, wanted.away)
    state.record_decision(contact, DecisionKind.TURNED_AWAY, words)
    send_away(state, contact, Outcome.CLOSED, wanted.away or "")


def _settle(state: State, contact: Contact, *, after_transfer: bool = False) -> None:
    """Begin to wait by a new route."""
    assert contact.route is not None
    contact.move(ContactTrigger.ROUTED)
    visits.begin(state, contact, after_transfer=after_transfer)
    if contact.needs is not None:  # a step of the route before may be due some time
        state.saved.timers.cancel(TimerKind.RELAX, contact.id)
    contact.needs, contact.steps = needs_of(contact.route), 0
    _relax(state, contact, len(contact.route.relaxations))
    keep(state, contact)
    state.waiting_anew[contact.id] = None
    watch_overflow(state, contact)


def _needs_in_words(route: Route) -> str:
    needs = ", ".join(words_of_needs(needs_of(route)))
    return f"queue {route.queue}, priority {route.priority}" + (f", needs {needs}" if needs else "")

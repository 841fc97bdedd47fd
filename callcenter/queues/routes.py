"""Where a contact waits, how urgent it is, and what it asks of an agent: the rules' word, then a supervisor's.

A contact is routed when it is identified, again when its record comes late or the rules change, and when a supervisor
says so. Its age and what it was refused by stay whatever happens.
"""

from dataclasses import replace

from callcenter.commands import ContactRouted, SendAway
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.queues.endings import end_contact
from callcenter.routing.offering import pop_all
from callcenter.routing.preferred import keep
from callcenter.routing.rules import Facts, decide
from callcenter.routing.skills import needs_of, relaxed, words_of_needs, words_of_step
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import ContactId, ContactState, DecisionKind, Outcome, QueueName, QueueState, Route


def route(state: State, contact: Contact) -> None:
    """Ask the rules, for the first time or again. An offer that is ringing meanwhile stands."""
    wanted = _supervised(state, contact, decide(state.configuration, facts_of(contact)))
    admitted = _admitted(state, contact, wanted)
    contact.astray = admitted is None
    if admitted is None:
        if contact.state is not ContactState.OFFERED:  # else it may still be answered where it is
            _turn_away(state, contact, wanted)
        return
    again = contact.state is not ContactState.IDENTIFYING
    if again and admitted == contact.route:
        return
    contact.route = admitted
    words = f"{admitted.rule}: {admitted.because}; {_needs_in_words(admitted)}"
    if admitted.queue != wanted.queue:
        words += f"; queue {wanted.queue} is {state.queue_state(wanted.queue).value}"
    state.record_decision(contact, DecisionKind.ROUTED, words)
    _settle(state, contact)
    state.emit(ContactRouted(contact.id, admitted.queue, contact.tier, admitted.rule, admitted.matched, again))


def facts_of(contact: Contact) -> Facts:
    alone = contact.customers[0] if len(contact.customers) == 1 else None
    return Facts(
        tier=contact.tier,
        dialled=contact.dialled,
        intent=contact.intent or "",
        # the customer's own language, where the IVR gave none and the record is the only one
        language=contact.language or (alone.language if alone else None) or "",
        account_manager=alone.account_manager if alone else None,
        last_agent=contact.last_agent,
    )


def sent_on(route: Route, queue: QueueName) -> Route:
    """The route into another queue than the rule's: what the rule asked for belongs to its own queue."""
    return replace(route, queue=queue, skills=(), any_of=(), preferred=(), relaxations=(), prefer=(), prefer_for_ms=0)


def move(state: State, contact: Contact, queue: QueueName, by: str) -> None:
    """Let the contact wait in another queue, for a supervisor."""
    assert contact.route is not None
    contact.moved_to = queue
    contact.route, contact.astray = sent_on(contact.route, queue), False
    state.record_decision(contact, DecisionKind.MOVED, f"moved to {queue}", by)
    _settle(state, contact)


def prioritise(state: State, contact: Contact, priority: int, by: str) -> None:
    assert contact.route is not None
    contact.prioritised = priority
    contact.route = replace(contact.route, priority=priority)
    state.record_decision(contact, DecisionKind.PRIORITISED, f"priority {priority}", by)
    state.waiting_anew[contact.id] = None


def send_away(state: State, contact: Contact, outcome: Outcome) -> None:
    """End a contact that no phone rings for, and let the PBX tell the caller."""
    state.emit(SendAway(contact.id, contact.channel, outcome))
    end_contact(state, contact, ContactTrigger.SENT_AWAY, outcome)


def leave_queues(state: State) -> None:
    """Whoever waits, anew or again, where it may not wait any more goes on to where it may."""
    for contact_id in list(state.waiting_anew):
        contact = state.saved.contacts[contact_id]
        if contact.state is ContactState.WAITING and (contact.astray or _is_in_closed(state, contact)):
            route(state, contact)


def _is_in_closed(state: State, contact: Contact) -> bool:
    return contact.route is not None and state.queue_state(contact.route.queue) is QueueState.CLOSED


# ---- relaxation


def relaxation_due(state: State, contact_id: ContactId) -> None:
    _relax(state, state.saved.contacts[contact_id])


def _relax(state: State, contact: Contact) -> None:
    """Take the steps that are due, and wait for the next one."""
    assert contact.route is not None
    assert contact.needs is not None
    steps, before = contact.route.relaxations, contact.steps
    while contact.steps < len(steps) and contact.arrived_ms + steps[contact.steps].after_ms <= state.now_ms:
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


# ---- getting there


def _supervised(state: State, contact: Contact, decided: Route) -> Route:
    """The rule's route with what a supervisor has said about this contact."""
    if contact.moved_to is not None:
        gone = contact.moved_to not in state.queues or state.queue_state(contact.moved_to) is QueueState.CLOSED
        if gone:
            contact.moved_to = None
        else:
            decided = sent_on(decided, contact.moved_to)
    return decided if contact.prioritised is None else replace(decided, priority=contact.prioritised)


def _admitted(state: State, contact: Contact, wanted: Route) -> Route | None:
    """The route into the wanted queue, else into the next one that is open; None where there is none."""
    here = contact.route.queue if contact.route is not None else None
    queue, passed = wanted.queue, [wanted.queue]
    while not _lets_in(state, queue, here):
        following = state.queues[queue].closed_to
        if following is None or following in passed or following not in state.queues:
            return None
        passed.append(following)
        queue = following
    return wanted if queue == wanted.queue else sent_on(wanted, queue)


def _lets_in(state: State, queue: QueueName, here: QueueName | None) -> bool:
    present = state.queue_state(queue)
    return present is QueueState.OPEN or (present is QueueState.DRAINED and queue == here)


def _turn_away(state: State, contact: Contact, wanted: Route) -> None:
    contact.route = contact.route or wanted
    words = f"queue {wanted.queue} is {state.queue_state(wanted.queue).value}, and there is no other"
    state.record_decision(contact, DecisionKind.TURNED_AWAY, words)
    send_away(state, contact, Outcome.CLOSED)


def _settle(state: State, contact: Contact) -> None:
    """Begin to wait by a new route."""
    assert contact.route is not None
    contact.move(ContactTrigger.ROUTED)
    if contact.needs is not None:  # a step of the route before may be due some time
        state.saved.timers.cancel(TimerKind.RELAX, contact.id)
    contact.needs, contact.steps = needs_of(contact.route), 0
    _relax(state, contact)
    keep(state, contact)
    state.waiting_anew[contact.id] = None


def _needs_in_words(route: Route) -> str:
    needs = ", ".join(words_of_needs(needs_of(route)))
    return f"queue {route.queue}, priority {route.priority}" + (f", needs {needs}" if needs else "")

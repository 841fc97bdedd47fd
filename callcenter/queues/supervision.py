"""What supervisors ask for. What makes no sense any more, such as moving a contact that talks, is ignored aloud."""

from callcenter.commands import QueueChanged
from callcenter.events import ContactMoved, ContactPrioritised, ContactWithdrawn, Event, QueueStateSet
from callcenter.queues import routes
from callcenter.queues.contact import Contact
from callcenter.routing.offering import stop_phones
from callcenter.state import State
from callcenter.types import MAX_PRIORITY, MIN_PRIORITY, ContactId, ContactState, DecisionKind, Outcome, QueueState


def move(state: State, event: ContactMoved) -> None:
    contact = _waiting(state, event.contact, event)
    if contact is None:
        return
    if event.queue not in state.queues or state.queue_state(event.queue) is not QueueState.OPEN:
        state.ignore(event, f"there is no open queue {event.queue}")
        return
    if contact.route is not None and contact.route.queue == event.queue:
        state.ignore(event, f"contact {event.contact} waits in {event.queue}")
        return
    routes.move(state, contact, event.queue, event.by)


def prioritise(state: State, event: ContactPrioritised) -> None:
    contact = _waiting(state, event.contact, event)
    if contact is None:
        return
    if not MIN_PRIORITY <= event.priority <= MAX_PRIORITY:
        state.ignore(event, f"priority {event.priority} is not from {MIN_PRIORITY} to {MAX_PRIORITY}")
        return
    routes.prioritise(state, contact, event.priority, event.by)


def withdraw(state: State, event: ContactWithdrawn) -> None:
    contact = _waiting(state, event.contact, event)
    if contact is None:
        return
    stop_phones(state, contact)
    state.record_decision(contact, DecisionKind.WITHDRAWN, "taken out of its queue", event.by)
    routes.send_away(state, contact, Outcome.WITHDRAWN)


def set_queue_state(state: State, event: QueueStateSet) -> None:
    """Who waits in a queue that is closed now leaves it; see `routes.leave_queues`."""
    if event.queue not in state.queues:
        state.ignore(event, f"there is no queue {event.queue}")
        return
    if state.queue_state(event.queue) is event.state:
        state.ignore(event, f"queue {event.queue} is {event.state.value}")
        return
    if event.state is QueueState.OPEN:
        del state.saved.queue_states[event.queue]
    else:
        state.saved.queue_states[event.queue] = event.state
    state.emit(QueueChanged(event.queue, event.state, event.by))
    if event.state is QueueState.CLOSED:
        waiting = (one for one in state.saved.contacts.values() if one.state is ContactState.WAITING)
        state.waiting_anew |= {one.id: None for one in waiting if one.route and one.route.queue == event.queue}


def _waiting(state: State, contact_id: ContactId, event: Event) -> Contact | None:
    contact = state.saved.contacts.get(contact_id)
    if (
        contact is None
        or contact.consult_of is not None
        or contact.state not in (ContactState.WAITING, ContactState.OFFERED)
    ):
        state.ignore(event, f"contact {contact_id} is not waiting")
        return None
    return contact

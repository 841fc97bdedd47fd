"""The end of a contact: recorded once, then forgotten, at once or after its wrap-up."""

from callcenter.commands import RecordContact
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.routing.preferred import stop_keeping
from callcenter.routing.wrap_up import begin_wrap_up
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import ContactState, Outcome, SegmentKind


def end_contact(state: State, contact: Contact, trigger: ContactTrigger, outcome: Outcome) -> None:
    """Close a contact that has no live offer any more, and record it."""
    connected = contact.state is ContactState.CONNECTED
    if contact.state is ContactState.IDENTIFYING:
        state.saved.timers.cancel(TimerKind.LOOKUP, contact.id)
    state.end_segment(contact, SegmentKind.TALK if connected else SegmentKind.WAITING)
    contact.move(trigger)
    contact.ended_ms = state.now_ms
    state.emit(_record(contact, outcome, state))
    state.remember_ended(contact.id, outcome)
    if connected:
        begin_wrap_up(state, contact)
    else:
        stop_waiting(state, contact)
        del state.saved.contacts[contact.id]


def stop_waiting(state: State, contact: Contact) -> None:
    """The wait is over: nothing is due for it any more."""
    stop_keeping(state, contact)
    if contact.route is not None and contact.steps < len(contact.route.relaxations):
        state.saved.timers.cancel(TimerKind.RELAX, contact.id)
    state.saved.timers.cancel(TimerKind.OVERFLOW, contact.id)
    state.lines.leave(contact.id)
    if contact.hearing is not None:
        state.saved.timers.cancel(TimerKind.ANNOUNCE, contact.id)
    state.waiting_anew.pop(contact.id, None)


def _record(contact: Contact, outcome: Outcome, state: State) -> RecordContact:
    route = contact.route
    until_ms = contact.connected_ms if contact.connected_ms is not None else state.now_ms
    queue = state.queues.get(contact.queue) if contact.queue is not None else None
    return RecordContact(
        contact=contact.id,
        channel=contact.channel,
        caller=contact.caller,
        caller_name=contact.caller_name,
        dialled=contact.dialled,
        account=contact.account,
        intent=contact.intent,
        language=contact.language,
        customer=contact.customers[0].id if len(contact.customers) == 1 else None,
        tier=contact.tier,
        queue=contact.queue,
        priority=contact.priority,
        rule=route.rule if route else None,
        because=route.because if route else None,
        agent=contact.agent,
        outcome=outcome,
        arrived_ms=contact.arrived_ms,
        connected_ms=contact.connected_ms,
        ended_ms=state.now_ms,
        waited_ms=until_ms - contact.arrived_ms,
        offers=contact.offers_made,
        service_level_ms=queue.service_level_ms if queue else None,
        tags=route.tags if route else (),
    )

"""The end of a contact: recorded once, then forgotten, at once or after its wrap-up."""

from callcenter.call_commands import ReleaseCaller, StopDialling
from callcenter.commands import RecordContact, StopRinging
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.routing.preferred import stop_keeping
from callcenter.routing.wrap_up import begin_wrap_up
from callcenter.state import State
from callcenter.talks import Direction, TalkState
from callcenter.timers import TimerKind
from callcenter.types import ContactState, DeviceRef, Outcome, SegmentKind


def end_contact(state: State, contact: Contact, trigger: ContactTrigger, outcome: Outcome) -> None:
    """Close a contact that has no live offer any more, and record it."""
    connected = contact.state is ContactState.CONNECTED
    talk, contact.talk = contact.talk, None
    held = talk is not None and talk.state is TalkState.HELD
    apart = held or contact.in_room
    if contact.state is ContactState.IDENTIFYING:
        state.saved.timers.cancel(TimerKind.LOOKUP, contact.id)
    waits = not connected and contact.state is not ContactState.AWAY
    again = waits and contact.connected_ms is not None
    dialling = talk is not None and talk.state is TalkState.DIALLING
    kind = SegmentKind.DIALLING if dialling else _kind_of(contact, held)
    outcome = Outcome.UNREACHED if dialling else outcome
    state.end_segment(contact, kind, outcome.value if again or dialling else None)
    contact.move(trigger)
    contact.ended_ms = state.now_ms
    state.emit(_record(contact, outcome if contact.connected_ms is None else Outcome.ANSWERED, state))
    state.remember_ended(contact.id, outcome)
    if dialling:
        state.emit(StopDialling(contact.id, contact.channel))
    if apart:
        _let_go_of_the_other(state, contact, trigger)
    if connected:
        begin_wrap_up(state, contact)
    elif waits:
        state.leave_queue(contact, outcome)
        stop_waiting(state, contact)
    if contact.wrap_ups == 0:
        state.saved.contacts.pop(contact.id, None)  # where there is no wrap-up it is forgotten already


def _kind_of(contact: Contact, held: bool) -> SegmentKind:
    """Of the stretch that the contact is in."""
    if contact.state is ContactState.CONNECTED:
        return SegmentKind.HOLD if held else SegmentKind.TALK
    return SegmentKind.AWAY if contact.state is ContactState.AWAY else SegmentKind.WAITING


def _let_go_of_the_other(state: State, contact: Contact, trigger: ContactTrigger) -> None:
    """They were in no bridge that ends for both when one leaves it."""
    if trigger is ContactTrigger.CALLER_LEFT:
        assert contact.offer is not None
        state.emit(StopRinging(contact.offer, leg_device(state, contact)))
    else:
        state.emit(ReleaseCaller(contact.id, contact.channel, contact.next_order()))


def leg_device(state: State, contact: Contact) -> DeviceRef:
    """The phone that the contact was answered at, as far as it is remembered."""
    assert contact.offer is not None
    return state.saved.closed.get(contact.offer, DeviceRef(contact.channel.pbx, ""))


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
        agent=contact.agent or contact.handed_by,
        outcome=outcome,
        arrived_ms=contact.arrived_ms,
        connected_ms=contact.connected_ms,
        ended_ms=state.now_ms,
        waited_ms=until_ms - contact.arrived_ms,
        offers=contact.offers_made,
        service_level_ms=queue.service_level_ms if queue and contact.direction is Direction.IN else None,
        tags=route.tags if route else (),
        direction=contact.direction,
    )

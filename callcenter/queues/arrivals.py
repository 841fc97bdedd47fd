"""How contacts come, are identified, and leave."""

from callcenter.commands import LookUpCustomer, SendAway
from callcenter.events import CallerLeft, ContactArrived, CustomersFound
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.queues.routes import route
from callcenter.routing.consults import finish
from callcenter.routing.dialling import give_up, is_dialling, reached
from callcenter.routing.offering import pop_all, stop_phones
from callcenter.routing.rules import highest_tier
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import ContactId, ContactState, Departure, Outcome

_OUTCOME_OF_DEPARTURE = {
    Departure.HUNG_UP: Outcome.ABANDONED,
    Departure.FALLBACK: Outcome.FALLBACK,
    Departure.LOST: Outcome.LOST,
}


def arrive(state: State, event: ContactArrived) -> None:
    """A caller is in the holding place: ask who it is, for as long as the look-up deadline allows."""
    known = state.saved.contacts.get(event.contact)
    if known is not None and is_dialling(known):
        reached(state, known, event)
        return
    if event.outbound and (known is None or known.state is ContactState.ENDED):
        state.emit(SendAway(event.contact, event.channel, Outcome.WITHDRAWN))  # its agent has hung up meanwhile
    if known is not None or event.outbound or event.contact in state.saved.ended:
        state.ignore(event, f"contact {event.contact} has arrived before")
        return
    contact = Contact(
        id=event.contact,
        channel=event.channel,
        caller=event.caller,
        number=event.number,
        caller_name=event.caller_name,
        dialled=event.dialled,
        account=event.account,
        intent=event.intent,
        language=event.language,
        arrived_ms=state.now_ms,
        sequence=state.next_sequence(),
        tier=state.configuration.default_tier,
        segment_started_ms=state.now_ms,
    )
    state.saved.contacts[contact.id] = contact
    if contact.caller is None and contact.account is None:
        contact.identified = True  # withheld, and no account given: there is nothing to look up
        route(state, contact)
        return
    state.saved.timers.arm(TimerKind.LOOKUP, contact.id, state.now_ms + state.configuration.lookup_deadline_ms)
    state.emit(LookUpCustomer(contact.id, contact.caller, contact.account))


def identify(state: State, event: CustomersFound) -> None:
    """The record has come: in time, or late, when the contact may be waiting, ringing or talking already."""
    contact = state.saved.contacts.get(event.contact)
    if contact is None or contact.state is ContactState.ENDED:
        state.ignore(event, f"contact {event.contact} is over")
        return
    if contact.identified:
        state.ignore(event, f"contact {event.contact} is identified")
        return
    contact.identified = True
    contact.customers, contact.last_agent = event.customers, event.last_agent
    contact.tier = highest_tier(state.configuration, event.customers)
    state.saved.timers.cancel(TimerKind.LOOKUP, contact.id)
    if contact.state not in (ContactState.CONNECTED, ContactState.AWAY):
        route(state, contact)
    pop_all(state, contact)


def lookup_expired(state: State, contact_id: ContactId) -> None:
    """The directory is slow: go on with the default tier, the record follows when it comes."""
    route(state, state.saved.contacts[contact_id])


def leave(state: State, event: CallerLeft) -> None:
    """The caller is gone: a ringing phone stops at once, and its agent is not to blame."""
    contact = state.saved.contacts.get(event.contact)
    if contact is None:
        state.ignore(event, f"contact {event.contact} is over or unknown")
        return
    if contact.state is ContactState.ENDED:
        contact.move(ContactTrigger.CALLER_LEFT)
        state.ignore(event, f"contact {event.contact} is over")
        return
    if is_dialling(contact):
        give_up(state, contact)
        return
    stop_phones(state, contact)
    connected = contact.state in (ContactState.CONNECTED, ContactState.AWAY)
    outcome = Outcome.ANSWERED if connected else _OUTCOME_OF_DEPARTURE[event.how]
    finish(state, contact, ContactTrigger.CALLER_LEFT, outcome)

"""Callers whom the PBX has given to its own queue because we were silent.

The one idea: nothing changes for the contact but that it cannot be offered. It waits on, in its place and with its age,
while the PBX is asked for the caller; whoever is answered there before that has left us.
"""

from collections.abc import Iterable

from callcenter.commands import TakeBack
from callcenter.events import CallerFellBack, CallerReturned
from callcenter.queues.contact import Contact
from callcenter.routing import handing
from callcenter.routing.offering import stop_phones
from callcenter.state import State
from callcenter.types import ContactId, ContactState


def fell_back(state: State, event: CallerFellBack) -> None:
    contact = state.saved.contacts.get(event.contact)
    if contact is None or contact.state in (ContactState.CONNECTED, ContactState.AWAY, ContactState.ENDED):
        state.ignore(event, f"contact {event.contact} does not wait")
        return
    _ask_for(state, contact)


def returned(state: State, event: CallerReturned) -> None:
    contact = state.saved.contacts.get(event.contact)
    if contact is None or not contact.elsewhere:
        state.ignore(event, f"contact {event.contact} was not in the PBX's own queue")
        return
    contact.in_fallback = contact.returning = False
    if contact.state is ContactState.WAITING:
        state.waiting_anew[contact.id] = None
        handing.offer_bound(state, contact)


def take_back(state: State, contacts: Iterable[ContactId]) -> None:
    """After a reconnect: those who are in the PBX's own queue now, as far as they are not over."""
    for contact_id in contacts:
        contact = state.saved.contacts.get(contact_id)
        if contact is not None and contact.state is not ContactState.ENDED:
            _ask_for(state, contact)


def _ask_for(state: State, contact: Contact) -> None:
    """An agent who answered now would find nobody, so phones that ring are stopped."""
    stop_phones(state, contact)
    contact.in_fallback, contact.returning = True, False
    state.emit(TakeBack(contact.id, contact.channel))

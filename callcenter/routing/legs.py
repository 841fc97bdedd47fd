"""What the PBX says of the agents' legs: each message has a row in each state of its offer, late ones too."""

from callcenter.commands import StopRinging
from callcenter.events import OfferConnected, OfferEnded, OfferRinging
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.queues.endings import end_contact
from callcenter.routing.offer import TRIGGER_OF_LEG_END, OfferTrigger
from callcenter.routing.offering import connect, end_offer, stop_phones
from callcenter.state import State
from callcenter.types import ContactId, ContactState, LegEnd, OfferId, Outcome


def ringing(state: State, event: OfferRinging) -> None:
    offer = state.saved.offers.get(event.offer)
    if offer is None:
        state.ignore(event, f"offer {event.offer} is over")
        return
    offer.move(OfferTrigger.RING)


def connected(state: State, event: OfferConnected) -> None:
    offer = state.saved.offers.get(event.offer)
    if offer is not None:
        connect(state, offer)
        return
    state.ignore(event, f"offer {event.offer} is over")
    if conversation_of(state, event.offer) is None and event.offer in state.saved.closed:
        # The agent answered in the instant in which the offer ended: the caller goes back to hold, place and all.
        state.emit(StopRinging(event.offer, state.saved.closed[event.offer]))


def ended(state: State, event: OfferEnded) -> None:
    offer = state.saved.offers.get(event.offer)
    if offer is not None:
        contact = state.saved.contacts[offer.contact]
        end_offer(state, offer, TRIGGER_OF_LEG_END[event.how], leg_is_gone=True)
        if event.how is LegEnd.CALLER_GONE:
            stop_phones(state, contact)
            end_contact(state, contact, ContactTrigger.CALLER_LEFT, Outcome.ABANDONED)
        return
    talking = conversation_of(state, event.offer)
    if talking is not None and talking.state is ContactState.CONNECTED:
        end_contact(state, talking, ContactTrigger.RELEASED, Outcome.ANSWERED)
        return
    if talking is not None:
        talking.move(ContactTrigger.RELEASED)
    state.ignore(event, f"offer {event.offer} is over")


def conversation_of(state: State, offer: OfferId) -> Contact | None:
    """The contact that this offer connected, while the contact is remembered."""
    contact_id, _, _ = offer.rpartition(".")
    contact = state.saved.contacts.get(ContactId(contact_id))
    return contact if contact is not None and contact.offer == offer and contact.connected_ms is not None else None

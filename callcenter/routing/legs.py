"""What the PBX says of the agents' legs: each message has a row in each state of its offer, late ones too."""

from callcenter.commands import StopRinging
from callcenter.events import OfferConnected, OfferEnded, OfferRinging
from callcenter.queues.contact import Contact, ContactTrigger, parent_of
from callcenter.queues.endings import end_contact
from callcenter.routing import accepting, consults, dialling
from callcenter.routing.offer import TRIGGER_OF_LEG_END, Offer, OfferTrigger
from callcenter.routing.offering import connect, end_offer, stop_phones
from callcenter.state import State
from callcenter.types import ContactId, ContactState, LegEnd, OfferId, OfferState, Outcome


def ringing(state: State, event: OfferRinging) -> None:
    offer = state.saved.offers.get(event.offer)
    if offer is None:
        state.ignore(event, f"offer {event.offer} is over")
        return
    began = offer.state is OfferState.PENDING
    offer.move(OfferTrigger.RING)
    if began:
        accepting.rings(state, offer)


def connected(state: State, event: OfferConnected) -> None:
    offer = state.saved.offers.get(event.offer)
    if offer is not None:
        connect_leg(state, offer)
        return
    talking = conversation_of(state, event.offer)
    if talking is not None and dialling.is_dialling(talking):
        dialling.off_the_hook(state, talking)
        return
    state.ignore(event, f"offer {event.offer} is over")
    if talking is None and event.offer in state.saved.closed:
        # The agent answered in the instant in which the offer ended: the caller goes back to hold, place and all.
        state.emit(StopRinging(event.offer, state.saved.closed[event.offer]))


def connect_leg(state: State, offer: Offer) -> None:
    contact = state.saved.contacts[offer.contact]
    connect(state, offer)
    if contact.consult_of is not None:
        consults.answered(state, contact)


def ended(state: State, event: OfferEnded) -> None:
    offer = state.saved.offers.get(event.offer)
    if offer is not None:
        contact = state.saved.contacts[offer.contact]
        end_offer(state, offer, TRIGGER_OF_LEG_END[event.how], leg_is_gone=True)
        if event.how is LegEnd.CALLER_GONE and contact.consult_of is not None:
            consults.over(state, contact, "nobody has answered")
        elif event.how is LegEnd.CALLER_GONE:
            stop_phones(state, contact)
            end_contact(state, contact, ContactTrigger.CALLER_LEFT, Outcome.ABANDONED)
        return
    talking = conversation_of(state, event.offer)
    if talking is not None and talking.consult_of is not None:
        consults.over(state, talking, "has hung up", leg_is_gone=True)
        return
    if talking is not None and talking.state in (ContactState.CONNECTED, ContactState.AWAY):
        consults.finish(state, talking, ContactTrigger.RELEASED, Outcome.ANSWERED)
        return
    if talking is not None:
        talking.move(ContactTrigger.RELEASED)
    state.ignore(event, f"offer {event.offer} is over")


def conversation_of(state: State, offer: OfferId) -> Contact | None:
    """The contact that this offer connected, while the contact is remembered."""
    contact_id = ContactId(offer.rpartition(".")[0])
    contact = state.saved.contacts.get(contact_id)
    if contact is None:  # who was asked in a consultation may have the contact itself meanwhile
        contact = state.saved.contacts.get(parent_of(contact_id))
    return contact if contact is not None and contact.offer == offer and _has_talked(contact) else None


def _has_talked(contact: Contact) -> bool:
    return contact.connected_ms is not None or contact.talk is not None

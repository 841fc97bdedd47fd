"""No more offers, until further notice: before maintenance, and while the daemon stops.

Everything else goes on: callers wait in their places, conversations end as they end, agents may sign in and out.
"""

from callcenter.events import OfferingSet
from callcenter.routing.offer import OfferTrigger
from callcenter.routing.offering import end_offer
from callcenter.state import State
from callcenter.types import ContactState


def set_offering(state: State, event: OfferingSet) -> None:
    saved = state.saved
    if event.offering and saved.offering_stopped_by is None:
        state.ignore(event, "offers are made")
        return
    saved.offering_stopped_by = None if event.offering else event.by
    if event.offering:
        state.freed |= dict.fromkeys(saved.agents)
        waiting = (contact for contact in saved.contacts.values() if contact.state is ContactState.WAITING)
        state.waiting_anew |= {contact.id: None for contact in waiting}
    elif event.withdraw:
        for offer in list(saved.offers.values()):
            end_offer(state, offer, OfferTrigger.WITHDRAW, leg_is_gone=False)

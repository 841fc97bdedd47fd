"""An agent accepts on the page what rings on the phone, where the phone can be told to answer.

The phone is told in the dialog of its own call, which it has once it rings; what is asked for earlier waits for that.
The offer is accepted when the PBX says that the phone has answered, and not before.
"""

from callcenter.orders import AcceptAsked, AnswerPhone
from callcenter.routing.agent import Agent
from callcenter.routing.offer import Offer
from callcenter.state import State
from callcenter.types import OfferState


def may_accept(agent: Agent) -> bool:
    """Whether this agent's page may show the button."""
    return agent.config.auto_answer is not None


def ask(state: State, event: AcceptAsked) -> None:
    offer = state.saved.offers.get(event.offer)
    agent = state.saved.agents.get(event.agent)
    if offer is None or agent is None or offer.agent != event.agent:
        state.ignore(event, f"offer {event.offer} does not ring for {event.agent}")
    elif not may_accept(agent):
        state.ignore(event, f"the phone {offer.device.device} cannot be told to answer")
    else:
        offer.accept_asked = True
        if offer.state is OfferState.RINGING:
            state.emit(AnswerPhone(offer.id, offer.device))


def rings(state: State, offer: Offer) -> None:
    """The phone has begun to ring."""
    if offer.accept_asked:
        state.emit(AnswerPhone(offer.id, offer.device))

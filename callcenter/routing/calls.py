"""What agents order for the call that they have: hold and back, transfer, consult, hang up.

The one idea: an order is the agent's own, about the contact that it has in hand, and takes effect in the core at once;
the PBX follows. After a reconnect the PBX says where everybody is, and whoever is not on hold on both sides talks
(`reconcile`): no caller is left on hold by mistake. What makes no sense any more is ignored aloud.
"""

from callcenter.call_commands import FetchCaller, HoldCaller
from callcenter.commands import StopRinging
from callcenter.events import (
    CallConsulted,
    CallHeld,
    CallHungUp,
    CallResumed,
    CallTransferred,
    ConsultCancelled,
    ConsultCompleted,
    ConsultConferred,
)
from callcenter.queues.contact import Contact
from callcenter.queues.endings import leg_device
from callcenter.routing import consults, handing
from callcenter.routing.consults import back, held
from callcenter.routing.legs import conversation_of
from callcenter.routing.talk import Talk
from callcenter.state import State
from callcenter.talks import TalkState

Order = CallHeld | CallTransferred | CallConsulted | ConsultCancelled | ConsultCompleted | ConsultConferred | CallHungUp


def handle_order(state: State, event: Order) -> None:
    agent = state.saved.agents.get(event.agent)
    contact = state.saved.contacts.get(event.contact)
    if agent is None or contact is None or contact.talk is None or contact.agent != event.agent:
        state.ignore(event, f"agent {event.agent} does not talk with {event.contact}")
        return
    if contact.consult_of is not None and not isinstance(event, CallHungUp):
        state.ignore(event, f"{event.contact} is a consultation")
        return
    if not state.saved.pbxs.get(contact.channel.pbx, False):
        state.ignore(event, f"the PBX {contact.channel.pbx} does not answer")
        return
    match event:
        case CallHeld(hold=True):
            _hold(state, contact, contact.talk, event)
        case CallHeld():
            _resume(state, contact, contact.talk, event)
        case CallTransferred():
            asked = consults.consult_of(state, contact)
            if asked is not None and not handing.cannot_go(state, contact, agent, event.to):
                consults.over(state, asked, None)
            handing.transfer(state, contact, agent, event)
        case CallConsulted():
            consults.begin(state, contact, agent, event)
        case ConsultCancelled():
            consults.cancel(state, contact, event)
        case ConsultCompleted():
            consults.complete(state, contact, agent, event)
        case ConsultConferred():
            consults.confer(state, contact, event)
        case CallHungUp():
            assert contact.offer is not None
            state.emit(StopRinging(contact.offer, leg_device(state, contact)))


def resumed(state: State, event: CallResumed) -> None:
    """The PBX did so by itself."""
    contact = conversation_of(state, event.offer)
    if contact is None or contact.talk is None or contact.talk.state is not TalkState.HELD:
        state.ignore(event, f"offer {event.offer} holds nobody")
        return
    back(state, contact, contact.talk)


def _hold(state: State, contact: Contact, talk: Talk, event: Order) -> None:
    if talk.state is not TalkState.TALKING:
        state.ignore(event, f"contact {contact.id} is {talk.state.value}")
        return
    assert contact.offer is not None
    held(state, contact, talk)
    state.emit(HoldCaller(contact.id, contact.channel, contact.offer, contact.next_order()))


def _resume(state: State, contact: Contact, talk: Talk, event: Order) -> None:
    if talk.state is not TalkState.HELD:
        state.ignore(event, f"contact {contact.id} is {talk.state.value}")
        return
    assert contact.offer is not None
    back(state, contact, talk)
    state.emit(FetchCaller(contact.id, contact.channel, contact.offer, contact.next_order()))

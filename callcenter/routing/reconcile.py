"""After each (re)connect to a PBX: make the core's picture and the PBX's the same again.

While the link is down nothing of that PBX is offered and no offer expires; PbxSynced lists what is really there. What
the core holds and the PBX does not is ended; what the PBX holds and the core does not know has just arrived.
"""

from callcenter.commands import ConfirmConnection, SendAway, StopRinging
from callcenter.events import CallerLeft, ContactArrived, DeviceChanged, Leg, PbxLost, PbxSynced
from callcenter.queues.arrivals import arrive, leave
from callcenter.queues.contact import ContactTrigger
from callcenter.queues.endings import end_contact
from callcenter.routing import fallback
from callcenter.routing.legs import conversation_of
from callcenter.routing.offer import Offer, OfferTrigger
from callcenter.routing.offering import connect, end_offer
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import ContactState, Departure, DeviceRef, DeviceStatus, Outcome


def pbx_lost(state: State, event: PbxLost) -> None:
    state.saved.pbxs[event.pbx] = False


def pbx_synced(state: State, event: PbxSynced) -> None:
    state.saved.pbxs[event.pbx] = True
    _devices(state, event)
    _callers_gone(state, event)
    _legs(state, event)
    _callers_come(state, event)
    fallback.take_back(state, [contact.contact for contact in event.returnable])
    for contact in state.saved.contacts.values():
        if contact.state is ContactState.WAITING and contact.channel.pbx == event.pbx:
            state.waiting_anew[contact.id] = None
    for agent in state.saved.agents.values():
        if agent.config.device.pbx == event.pbx:
            state.freed[agent.config.id] = None


def device_changed(state: State, event: DeviceChanged) -> None:
    state.saved.devices.setdefault(event.device.pbx, {})[event.device.device] = event.status
    if event.status is DeviceStatus.FREE:
        for agent in state.saved.agents.values():
            if agent.config.device == event.device:
                state.freed[agent.config.id] = None


def _devices(state: State, event: PbxSynced) -> None:
    state.saved.devices[event.pbx] = {seen.device.device: seen.status for seen in event.devices}


def _callers_gone(state: State, event: PbxSynced) -> None:
    present = {arrival.contact for arrival in (*event.waiting, *event.returnable)}
    fallen_back = set(event.fallback)
    for contact in list(state.saved.contacts.values()):
        if contact.channel.pbx != event.pbx or contact.id in present or contact.state is ContactState.ENDED:
            continue
        how = Departure.FALLBACK if contact.id in fallen_back else event.gone
        leave(state, CallerLeft(contact.id, how))


def _legs(state: State, event: PbxSynced) -> None:
    legs = {leg.offer: leg for leg in event.legs}
    for contact in list(state.saved.contacts.values()):
        talking = contact.state is ContactState.CONNECTED and contact.channel.pbx == event.pbx
        if not talking:
            continue
        assert contact.offer is not None
        if contact.offer in legs:  # what was said before the link was lost may not have arrived
            state.emit(ConfirmConnection(contact.offer, contact.channel))
        else:
            end_contact(state, contact, ContactTrigger.RELEASED, Outcome.ANSWERED)
    for offer in list(state.saved.offers.values()):
        if offer.device.pbx == event.pbx and offer.live:  # an answer to another phone may have ended it just now
            _settle_offer(state, offer, legs.get(offer.id))
    for leg in event.legs:
        if _is_stray(state, leg):
            device = state.saved.closed.get(leg.offer, DeviceRef(event.pbx, ""))
            state.emit(StopRinging(leg.offer, device))


def _settle_offer(state: State, offer: Offer, leg: Leg | None) -> None:
    if leg is None:
        # Never carried out, or over while nobody told us: not the agent's fault. It may still be on its way.
        end_offer(state, offer, OfferTrigger.WITHDRAW, leg_is_gone=False)
    elif leg.contact == offer.contact:
        connect(state, offer)
    else:
        if leg.ringing:
            offer.move(OfferTrigger.RING)
        state.saved.timers.arm(TimerKind.OFFER, offer.id, max(offer.deadline_ms, state.now_ms))


def _is_stray(state: State, leg: Leg) -> bool:
    """A phone that rings for no offer of ours, or a conversation that ours has ended before the answer: stop it.

    A conversation with a contact that we don't know is left alone: it began before our memory does.
    """
    if leg.offer in state.saved.offers:
        return False
    if leg.contact is None:
        return conversation_of(state, leg.offer) is None
    contact = state.saved.contacts.get(leg.contact)
    return contact is not None and contact.state is not ContactState.ENDED and contact.offer != leg.offer


def _callers_come(state: State, event: PbxSynced) -> None:
    in_conversation = {leg.contact for leg in event.legs}
    for arrival in (*event.waiting, *event.returnable):
        known = state.saved.contacts.get(arrival.contact)
        if known is not None and known.state is not ContactState.ENDED:
            known.in_fallback = False
            continue
        if arrival.contact in state.saved.ended:
            if arrival.contact not in in_conversation:
                _send_away_again(state, arrival)
        elif arrival.contact in in_conversation:
            state.ignore(arrival, f"contact {arrival.contact} is talking to an agent already")
        else:
            arrive(state, arrival)


def _send_away_again(state: State, arrival: ContactArrived) -> None:
    """The contact is over and the PBX holds the caller: it has not heard of it, unless it is being told just now."""
    if any(isinstance(command, SendAway) and command.contact == arrival.contact for command in state.out):
        return
    outcome = state.saved.ended[arrival.contact]
    told = (Outcome.WITHDRAWN, Outcome.CLOSED, Outcome.OVERFLOWED)
    message = state.saved.messages.get(arrival.contact, "")
    state.emit(SendAway(arrival.contact, arrival.channel, outcome if outcome in told else Outcome.WITHDRAWN, message))

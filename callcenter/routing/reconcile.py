"""After each (re)connect to a PBX: make the core's picture and the PBX's the same again.

While the link is down nothing of that PBX is offered and no offer expires; PbxSynced lists what is really there. What
the core holds and the PBX does not is ended; what the PBX holds and the core does not know has just arrived.
"""

from callcenter.call_commands import FetchCaller
from callcenter.commands import ConfirmConnection, SendAway, StopRinging
from callcenter.events import CallerLeft, ContactArrived, DeviceChanged, Leg, PbxLost, PbxSynced
from callcenter.queues.arrivals import arrive, leave
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.routing import accepting, consults, dialling, fallback, handing
from callcenter.routing.legs import connect_leg, conversation_of
from callcenter.routing.offer import Offer, OfferTrigger
from callcenter.routing.offering import end_offer
from callcenter.state import State
from callcenter.talks import TalkState
from callcenter.timers import TimerKind
from callcenter.types import ContactState, Departure, DeviceRef, DeviceStatus, OfferId, Outcome


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
        if contact.consult_of is not None or dialling.is_dialling(contact):
            continue  # its caller is an agent's leg, and it ends with that
        how = Departure.FALLBACK if contact.id in fallen_back else event.gone
        leave(state, CallerLeft(contact.id, how))


def _legs(state: State, event: PbxSynced) -> None:
    legs = {leg.offer: leg for leg in event.legs}
    handing.return_again(state, event)
    at_one = [
        contact
        for contact in state.saved.contacts.values()
        if contact.state in consults.AT_ONE and contact.channel.pbx == event.pbx
    ]
    for asked in at_one:
        if asked.consult_of is not None and asked.offer not in legs:
            consults.over(state, asked, "has hung up", leg_is_gone=True)
    for contact in at_one:
        if contact.id not in state.saved.contacts or contact.consult_of is not None:
            continue
        if contact.offer not in legs and dialling.is_dialling(contact):
            dialling.give_up(state, contact)  # it may still be on its way
        elif contact.offer not in legs:
            consults.finish(state, contact, ContactTrigger.RELEASED, Outcome.ANSWERED)
        if dialling.is_dialling(contact):
            _settle_dialling(state, contact, event)
        elif contact.offer in legs:  # what was said before the link was lost may not have arrived
            state.emit(ConfirmConnection(contact.offer, contact.channel))
            _settle_talk(state, contact, event, legs)
    for offer in list(state.saved.offers.values()):
        if offer.device.pbx == event.pbx and offer.live:  # an answer to another phone may have ended it just now
            _settle_offer(state, offer, legs.get(offer.id))
    _unknown_legs(state, event)


def _unknown_legs(state: State, event: PbxSynced) -> None:
    for leg in event.legs:
        if leg.holds is not None and leg.holds not in state.saved.contacts and leg.holds not in state.saved.ended:
            _give_back(state, event, leg)
        elif _is_stray(state, leg):
            device = state.saved.closed.get(leg.offer, DeviceRef(event.pbx, ""))
            state.emit(StopRinging(leg.offer, device))


def _settle_talk(state: State, contact: Contact, event: PbxSynced, legs: dict[OfferId, Leg]) -> None:
    """Whoever is not on hold on both sides talks; a talk of three that is none is made one."""
    talk = contact.talk
    assert contact.offer is not None
    on_hold = contact.id in event.held
    at_desk = legs[contact.offer].at_desk
    if talk is not None and talk.state is TalkState.HELD and on_hold:
        return
    if talk is not None and talk.state is TalkState.HELD:
        consults.back(state, contact, talk)
    asked = consults.consult_of(state, contact)
    if asked is not None and asked.offer is not None:
        if {legs[leg].contact for leg in (contact.offer, asked.offer)} != {contact.id}:
            consults.bring_together(state, contact, asked)
    elif on_hold or at_desk:
        state.emit(FetchCaller(contact.id, contact.channel, contact.offer, contact.next_order()))


def _settle_dialling(state: State, contact: Contact, event: PbxSynced) -> None:
    talk = contact.talk
    assert talk is not None
    at_desk = any(leg.offer == contact.offer and leg.at_desk for leg in event.legs)
    on_its_way = contact.id in event.dialling or any(one.contact == contact.id for one in event.waiting)
    if at_desk and not on_its_way and talk.called:
        dialling.give_up(state, contact)
    elif at_desk and not on_its_way:
        dialling.off_the_hook(state, contact)


def _settle_offer(state: State, offer: Offer, leg: Leg | None) -> None:
    if leg is None:
        # Never carried out, or over while nobody told us: not the agent's fault. It may still be on its way.
        end_offer(state, offer, OfferTrigger.WITHDRAW, leg_is_gone=False)
    elif leg.contact == offer.contact or _talks_with_who_asks(state, offer, leg):
        connect_leg(state, offer)
    else:
        if leg.ringing:
            offer.move(OfferTrigger.RING)
            accepting.rings(state, offer)
        state.saved.timers.arm(TimerKind.OFFER, offer.id, max(offer.deadline_ms, state.now_ms))


def _talks_with_who_asks(state: State, offer: Offer, leg: Leg) -> bool:
    contact = state.saved.contacts[offer.contact]
    return contact.consult_of is not None and leg.beside == contact.channel.channel


def _give_back(state: State, event: PbxSynced, leg: Leg) -> None:
    """Somebody holds a caller from before our memory begins: the two go on with their conversation."""
    for arrival in event.waiting:
        if arrival.contact == leg.holds:
            state.emit(FetchCaller(arrival.contact, arrival.channel, leg.offer, 1))


def _is_stray(state: State, leg: Leg) -> bool:
    """A phone that rings for no offer of ours, or a conversation that ours has ended before the answer: stop it.

    A conversation with a contact that we don't know is left alone: it began before our memory does.
    """
    if leg.offer in state.saved.offers:
        return False
    if leg.contact is None:
        return conversation_of(state, leg.offer) is None
    contact = state.saved.contacts.get(leg.contact)
    if contact is None or contact.state is ContactState.ENDED or contact.offer == leg.offer:
        return False
    asked = consults.consult_of(state, contact)
    return asked is None or asked.offer != leg.offer


def _callers_come(state: State, event: PbxSynced) -> None:
    in_conversation = {leg.contact or leg.holds for leg in event.legs}
    for arrival in (*event.waiting, *event.returnable):
        known = state.saved.contacts.get(arrival.contact)
        if known is not None and dialling.is_dialling(known):
            dialling.reached(state, known, arrival)
            continue
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

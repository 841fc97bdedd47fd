"""Making offers and ending them: where contact, offer and agent move together.

Each function here takes all three lives one step, so that they never disagree: an agent is RESERVED exactly while a
live offer names it, and a contact is OFFERED exactly while it has one, or several in a parallel ring.
"""

from callcenter.call_commands import RingNumber
from callcenter.commands import ConfirmConnection, OfferClosed, RingDevice, ScreenClear, ScreenPop, StopRinging
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.queues.endings import stop_waiting
from callcenter.routing.accepting import may_accept
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.offer import REFUSALS, Offer, OfferTrigger
from callcenter.routing.preferred import release
from callcenter.routing.skills import words_of_step
from callcenter.routing.standing import let_go, ready_ended
from callcenter.routing.talk import Part, Talk
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import AgentId, ContactState, DeviceRef, OfferId, Outcome, SegmentKind

# The PBX's own limit on ringing comes after the engine's, so that the engine is the one who withdraws.
PBX_RING_GRACE_MS = 3_000
NUMBER_RINGS_MS = 45_000  # a number outside, before it counts as not answering


def make_offer(state: State, contact: Contact, agent: Agent) -> None:
    """Reserve the agent, pop the customer's record, and ring: in this order, so that the record is there first."""
    assert contact.route is not None
    queue = state.queues[contact.route.queue]
    if contact.state is ContactState.WAITING:
        state.end_segment(contact, SegmentKind.WAITING)
    contact.offers_made += 1
    offer = Offer(
        id=OfferId(f"{contact.id}.{contact.offers_made}"),
        contact=contact.id,
        agent=agent.config.id,
        device=agent.config.device,
        queue=queue.name,
        made_ms=state.now_ms,
        deadline_ms=state.now_ms + queue.offer_timeout_ms,
    )
    ready_ended(state, agent)
    agent.move(AgentTrigger.RESERVE)
    contact.move(ContactTrigger.OFFER_MADE)
    contact.ringing += (offer.id,)
    state.saved.offers[offer.id] = offer
    state.saved.timers.arm(TimerKind.OFFER, offer.id, offer.deadline_ms)
    agent.offer, agent.contact, agent.since_ms = offer.id, contact.id, state.now_ms
    agent.deadline_ms = offer.deadline_ms
    agent.turns[queue.name] = state.next_sequence()
    pop(state, contact, offer.id, agent.config.id)
    state.tell_agent(agent)
    state.emit(
        RingDevice(
            offer=offer.id,
            contact=contact.id,
            channel=contact.channel,
            device=offer.device,
            caller=contact.caller,
            caller_name=contact.caller_name,
            timeout_ms=queue.offer_timeout_ms + PBX_RING_GRACE_MS,
        )
    )


def pop_all(state: State, contact: Contact) -> None:
    """Show what is known of a contact now to everybody whom it is with."""
    for offer_id in contact.ringing:
        agent = state.saved.offers[offer_id].agent
        if agent is not None:
            pop(state, contact, offer_id, agent)
    if contact.offer is not None and contact.agent is not None:
        pop(state, contact, contact.offer, contact.agent)


def pop(state: State, contact: Contact, offer: OfferId, agent: AgentId) -> None:
    assert contact.route is not None
    state.emit(
        ScreenPop(
            agent=agent,
            offer=offer,
            contact=contact.id,
            caller=contact.caller,
            caller_name=contact.caller_name,
            dialled=contact.dialled,
            intent=contact.intent,
            language=contact.language,
            tier=contact.tier,
            customers=contact.customers,
            identified=contact.identified,
            queue=contact.route.queue,
            priority=contact.route.priority,
            skills=contact.route.skills,
            rule=contact.route.rule,
            because=contact.route.because,
            arrived_ms=contact.arrived_ms,
            relaxed=tuple(words_of_step(step) for step in contact.route.relaxations[: contact.steps]),
            tags=contact.route.tags,
            text=contact.route.text,
            given_by=contact.given_by,
            accept=may_accept(state.saved.agents[agent]),
            notes=contact.notes,
        )
    )


def connect(state: State, offer: Offer) -> None:
    """Agent and caller are in one bridge; whoever else was rung for this contact is let go."""
    contact = state.saved.contacts[offer.contact]
    if offer.agent is None:
        _reach(state, contact, offer)
        return
    agent = state.saved.agents[offer.agent]
    _close(state, contact, offer, OfferTrigger.CONNECT)
    withdraw_all(state, contact)
    contact.move(ContactTrigger.CONNECTED)
    contact.offer, contact.agent = offer.id, agent.config.id
    state.leave_queue(contact, Outcome.ANSWERED)
    stop_waiting(state, contact)
    contact.segment_started_ms = state.now_ms
    contact.connected_ms = contact.connected_ms if contact.connected_ms is not None else state.now_ms
    agent.move(AgentTrigger.CONNECT)
    agent.offer, agent.deadline_ms, agent.since_ms = None, None, state.now_ms
    asked = contact.consult_of is not None
    agent.contacts_today += not asked
    assert contact.route is not None
    rang_ms = state.now_ms - offer.made_ms
    agent.part = Part(offer.id, contact.route.queue, state.now_ms, asked=asked, ring_ms=rang_ms)
    contact.talk = Talk(state.now_ms)
    state.emit(ConfirmConnection(offer.id, contact.channel))
    state.tell_agent(agent)
    state.tell_call(agent)


def call_number(state: State, contact: Contact, number: str) -> None:
    """Offer a contact to a number outside, which nobody's state stands for."""
    assert contact.route is not None
    state.end_segment(contact, SegmentKind.WAITING)
    contact.offers_made += 1
    offer = Offer(
        id=OfferId(f"{contact.id}.{contact.offers_made}"),
        contact=contact.id,
        agent=None,
        device=DeviceRef(contact.channel.pbx, ""),
        queue=contact.route.queue,
        made_ms=state.now_ms,
        deadline_ms=state.now_ms + NUMBER_RINGS_MS,
    )
    contact.move(ContactTrigger.OFFER_MADE)
    contact.ringing += (offer.id,)
    state.saved.offers[offer.id] = offer
    state.saved.timers.arm(TimerKind.OFFER, offer.id, offer.deadline_ms)
    state.emit(
        RingNumber(
            offer=offer.id,
            contact=contact.id,
            channel=contact.channel,
            number=number,
            caller=contact.caller,
            caller_name=contact.caller_name,
            timeout_ms=NUMBER_RINGS_MS + PBX_RING_GRACE_MS,
        )
    )


def _reach(state: State, contact: Contact, offer: Offer) -> None:
    """The number outside has answered: the caller is with it, and no agent's any more."""
    _close(state, contact, offer, OfferTrigger.CONNECT)
    contact.move(ContactTrigger.REACHED)
    state.leave_queue(contact, None)
    stop_waiting(state, contact)
    contact.offer, contact.segment_started_ms = offer.id, state.now_ms
    contact.connected_ms = contact.connected_ms if contact.connected_ms is not None else state.now_ms
    state.emit(ConfirmConnection(offer.id, contact.channel))


def withdraw_all(state: State, contact: Contact) -> None:
    """End the live offers of a contact that has got an answer or is leaving, in the order of their making."""
    for offer_id in contact.ringing:
        offer = state.saved.offers[offer_id]
        _close(state, contact, offer, OfferTrigger.WITHDRAW)
        state.emit(StopRinging(offer.id, offer.device))
        _clear(state, offer)


def stop_phones(state: State, contact: Contact) -> None:
    """Whoever is being rung for the contact is let go, and it waits for what comes next, be it its end."""
    if contact.ringing:
        withdraw_all(state, contact)
        back_to_waiting(state, contact)


def end_offer(state: State, offer: Offer, trigger: OfferTrigger, *, leg_is_gone: bool) -> None:
    """An offer came to nothing. The contact keeps its place; the agent goes where the end sends it."""
    assert trigger is not OfferTrigger.CONNECT
    contact = state.saved.contacts[offer.contact]
    _close(state, contact, offer, trigger)
    if not leg_is_gone:
        state.emit(StopRinging(offer.id, offer.device))
    if contact.ringing:
        contact.move(ContactTrigger.OTHERS_RING)
    else:
        back_to_waiting(state, contact)
    if offer.state in REFUSALS and offer.agent is not None:
        contact.refused_by[offer.agent] = None
        if contact.held_for == offer.agent:
            release(state, contact, f"the offer was {offer.state.value}")
    _clear(state, offer)


def back_to_waiting(state: State, contact: Contact) -> None:
    """The last phone has stopped."""
    contact.move(ContactTrigger.OFFER_FAILED)
    contact.given_by = None
    contact.segment_started_ms = state.now_ms
    state.waiting_anew[contact.id] = None


def _clear(state: State, offer: Offer) -> None:
    if offer.agent is None:
        return
    state.emit(ScreenClear(offer.agent, offer.id))
    let_go(state, state.saved.agents[offer.agent], offer.state)


def _close(state: State, contact: Contact, offer: Offer, trigger: OfferTrigger) -> None:
    offer.move(trigger)
    state.saved.timers.cancel(TimerKind.OFFER, offer.id)
    del state.saved.offers[offer.id]
    contact.ringing = tuple(other for other in contact.ringing if other != offer.id)
    state.remember_closed(offer)
    if offer.agent is not None:
        state.emit(
            OfferClosed(
                offer=offer.id,
                contact=offer.contact,
                agent=offer.agent,
                queue=offer.queue,
                state=offer.state,
                ring_ms=state.now_ms - offer.made_ms,
            )
        )
    state.end_offer_segment(contact, offer)

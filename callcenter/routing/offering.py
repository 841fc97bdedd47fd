"""Making offers and ending them: where contact, offer and agent move together.

Each function here takes all three lives one step, so that they never disagree: an agent is RESERVED exactly while a
live offer names it, and a contact is OFFERED exactly while it has one.
"""

from callcenter.commands import (
    ConfirmConnection,
    OfferClosed,
    RecordContact,
    RecordDisposition,
    RecordSegment,
    RingDevice,
    ScreenClear,
    ScreenPop,
    StopRinging,
)
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.offer import Offer, OfferTrigger
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import (
    PENDING_SIGN_OUT,
    REASON_RONA,
    AgentState,
    ContactState,
    OfferId,
    OfferState,
    Outcome,
    SegmentKind,
)

# The PBX's own limit on ringing comes after the engine's, so that the engine is the one who withdraws.
PBX_RING_GRACE_MS = 3_000


def make_offer(state: State, contact: Contact, agent: Agent) -> None:
    """Reserve the agent, pop the customer's record, and ring: in this order, so that the record is there first."""
    assert contact.route is not None
    queue = state.queues[contact.route.queue]
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
    agent.move(AgentTrigger.RESERVE)
    contact.move(ContactTrigger.OFFER_MADE)
    contact.offer, contact.agent = offer.id, agent.config.id
    state.saved.offers[offer.id] = offer
    state.saved.timers.arm(TimerKind.OFFER, offer.id, offer.deadline_ms)
    agent.offer, agent.contact, agent.since_ms = offer.id, contact.id, state.now_ms
    agent.deadline_ms = offer.deadline_ms
    pop(state, contact)
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


def pop(state: State, contact: Contact) -> None:
    """Show the agent whom the contact is with what is known of it now."""
    assert contact.route is not None
    assert contact.agent is not None
    assert contact.offer is not None
    state.emit(
        ScreenPop(
            agent=contact.agent,
            offer=contact.offer,
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
        )
    )


def connect(state: State, offer: Offer) -> None:
    """Agent and caller are in one bridge."""
    contact = state.saved.contacts[offer.contact]
    agent = state.saved.agents[offer.agent]
    _close(state, offer, OfferTrigger.CONNECT)
    state.end_segment(contact, SegmentKind.OFFER, offer.state.value)
    contact.move(ContactTrigger.CONNECTED)
    contact.connected_ms = state.now_ms
    agent.move(AgentTrigger.CONNECT)
    agent.offer, agent.deadline_ms, agent.since_ms = None, None, state.now_ms
    state.emit(ConfirmConnection(offer.id, contact.channel))
    state.tell_agent(agent)


def end_offer(state: State, offer: Offer, trigger: OfferTrigger, *, leg_is_gone: bool) -> None:
    """An offer came to nothing. The contact keeps its place; the agent goes where the end sends it."""
    assert trigger is not OfferTrigger.CONNECT
    contact = state.saved.contacts[offer.contact]
    agent = state.saved.agents[offer.agent]
    _close(state, offer, trigger)
    if not leg_is_gone:
        state.emit(StopRinging(offer.id, offer.device))
    state.end_segment(contact, SegmentKind.OFFER, offer.state.value)
    contact.move(ContactTrigger.OFFER_FAILED)
    contact.offer, contact.agent = None, None
    state.waiting_anew[contact.id] = None
    state.emit(ScreenClear(agent.config.id, offer.id))
    _let_go(state, agent, offer.state)


def _close(state: State, offer: Offer, trigger: OfferTrigger) -> None:
    offer.move(trigger)
    state.saved.timers.cancel(TimerKind.OFFER, offer.id)
    del state.saved.offers[offer.id]
    state.remember_closed(offer)
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


def _let_go(state: State, agent: Agent, how: OfferState) -> None:
    """RESERVED ends without a conversation."""
    agent.offer, agent.contact, agent.deadline_ms, agent.since_ms = None, None, None, state.now_ms
    if how is OfferState.EXPIRED:
        agent.move(AgentTrigger.NO_ANSWER)
        agent.reason = REASON_RONA
    else:
        agent.move(AgentTrigger.OFFER_OVER)
        if how is OfferState.DECLINED:
            back_off(state, agent, state.configuration.decline_backoff_ms)
        elif how is OfferState.FAILED:
            back_off(state, agent, state.configuration.failure_backoff_ms)
    settle_pending(state, agent)
    state.tell_agent(agent)


def back_off(state: State, agent: Agent, for_ms: int) -> None:
    agent.backoff_until_ms = state.now_ms + for_ms
    state.saved.timers.arm(TimerKind.BACKOFF, agent.config.id, agent.backoff_until_ms)


def settle_pending(state: State, agent: Agent) -> None:
    """Give the agent what it asked for while it was busy; a READY agent may take the next contact."""
    if agent.removed or agent.pending == PENDING_SIGN_OUT:
        agent.move(AgentTrigger.SIGN_OUT)
        agent.reason = None
    elif agent.pending is not None:
        agent.move(AgentTrigger.GO_NOT_READY)
        agent.reason = agent.pending
    agent.pending = None
    if agent.state is AgentState.READY:
        agent.reason = None
        state.freed[agent.config.id] = None
    if agent.removed:
        state.saved.timers.cancel(TimerKind.BACKOFF, agent.config.id)
        state.freed.pop(agent.config.id, None)
        del state.saved.agents[agent.config.id]


# ---- the end of a contact


def end_contact(state: State, contact: Contact, trigger: ContactTrigger, outcome: Outcome) -> None:
    """Close a contact that has no live offer any more, and record it."""
    if contact.state is ContactState.WAITING:
        state.end_segment(contact, SegmentKind.WAITING)
    elif contact.state is ContactState.IDENTIFYING:
        state.saved.timers.cancel(TimerKind.LOOKUP, contact.id)
        state.end_segment(contact, SegmentKind.WAITING)
    else:
        assert contact.state is ContactState.CONNECTED, contact.state
        state.end_segment(contact, SegmentKind.TALK)
    contact.move(trigger)
    contact.ended_ms = state.now_ms
    state.emit(_record(contact, outcome, state))
    state.remember_ended(contact.id)
    if contact.connected_ms is None:
        del state.saved.contacts[contact.id]
        state.waiting_anew.pop(contact.id, None)
    else:
        _begin_wrap_up(state, contact)


def _record(contact: Contact, outcome: Outcome, state: State) -> RecordContact:
    route = contact.route
    until_ms = contact.connected_ms if contact.connected_ms is not None else state.now_ms
    queue = state.queues.get(route.queue) if route else None
    return RecordContact(
        contact=contact.id,
        channel=contact.channel,
        caller=contact.caller,
        caller_name=contact.caller_name,
        dialled=contact.dialled,
        account=contact.account,
        intent=contact.intent,
        language=contact.language,
        customer=contact.customers[0].id if len(contact.customers) == 1 else None,
        tier=contact.tier,
        queue=route.queue if route else None,
        priority=route.priority if route else None,
        rule=route.rule if route else None,
        because=route.because if route else None,
        agent=contact.agent,
        outcome=outcome,
        arrived_ms=contact.arrived_ms,
        connected_ms=contact.connected_ms,
        ended_ms=state.now_ms,
        waited_ms=until_ms - contact.arrived_ms,
        offers=contact.offers_made,
        service_level_ms=queue.service_level_ms if queue else None,
    )


def _begin_wrap_up(state: State, contact: Contact) -> None:
    assert contact.agent is not None
    assert contact.route is not None
    agent = state.saved.agents[contact.agent]
    queue = state.queues.get(contact.route.queue)
    wrap_up_ms = queue.wrap_up_ms if queue else 0
    agent.move(AgentTrigger.RELEASE)
    agent.since_ms = state.now_ms
    if wrap_up_ms == 0:
        end_wrap_up(state, agent, None)
        return
    agent.deadline_ms = state.now_ms + wrap_up_ms
    state.saved.timers.arm(TimerKind.WRAP_UP, agent.config.id, agent.deadline_ms)
    state.tell_agent(agent)


def end_wrap_up(state: State, agent: Agent, disposition: str | None) -> None:
    """After-call work is over, by the agent or by its deadline: the contact is done with and forgotten."""
    assert agent.contact is not None
    contact = state.saved.contacts.pop(agent.contact)
    assert contact.route is not None
    assert contact.connected_ms is not None
    state.saved.timers.cancel(TimerKind.WRAP_UP, agent.config.id)
    contact.segments += 1
    state.emit(
        RecordSegment(
            contact=contact.id,
            number=contact.segments,
            kind=SegmentKind.WRAP_UP,
            started_ms=contact.segment_started_ms,
            ended_ms=state.now_ms,
            queue=contact.route.queue,
            agent=agent.config.id,
            offer=contact.offer,
            result=disposition,
        )
    )
    state.emit(
        RecordDisposition(
            contact=contact.id,
            agent=agent.config.id,
            queue=contact.route.queue,
            disposition=disposition,
            handled_ms=state.now_ms - contact.connected_ms,
        )
    )
    agent.move(AgentTrigger.END_WRAP_UP)
    agent.contact, agent.deadline_ms = None, None
    agent.since_ms = agent.idle_since_ms = state.now_ms
    settle_pending(state, agent)
    state.tell_agent(agent)

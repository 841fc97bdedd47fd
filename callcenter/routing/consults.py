"""Asking somebody while the customer is on hold, and what may come of it: back, handed over, or a talk of three.

The one idea: a consultation is a contact of its own whose caller is the agent's leg. So it waits, is offered, rings and
is answered as any contact, by the same machinery; the log and the figures know it only as a part of the contact that it
is about, and no rule is asked about it. It lives no longer than the agent's part in that contact.
"""

from dataclasses import replace

from callcenter.call_commands import ConferCallers, FetchCaller, HoldCaller
from callcenter.commands import ScreenClear, StopRinging
from callcenter.events import CallConsulted, ConsultCancelled, ConsultCompleted, ConsultConferred
from callcenter.queues.contact import Contact, ContactTrigger, consult_id
from callcenter.queues.endings import end_contact, leg_device, stop_waiting
from callcenter.queues.routes import begin_consult
from callcenter.routing import handing
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.offering import pop, stop_phones
from callcenter.routing.standing import contact_handled, settle_pending
from callcenter.routing.talk import Part, Talk, TalkTrigger
from callcenter.state import State
from callcenter.talks import Consult, ConsultState, TalkState
from callcenter.types import ChannelRef, ContactState, DecisionKind, OfferId, Outcome, QueueState, SegmentKind

AT_ONE = (ContactState.CONNECTED, ContactState.AWAY)  # somebody has answered the consultation


def consult_of(state: State, contact: Contact) -> Contact | None:
    """The consultation that goes on about this contact."""
    shown = contact.talk.consult if contact.talk is not None else None
    return state.saved.contacts.get(shown.contact) if shown is not None else None


# ---- orders


def begin(state: State, contact: Contact, agent: Agent, event: CallConsulted) -> None:
    why_not = handing.cannot_go(state, contact, agent, event.to)
    if consult_of(state, contact) is not None:
        why_not = f"a consultation about {contact.id} goes on"
    if why_not:
        state.ignore(event, why_not)
        return
    talk = contact.talk
    assert talk is not None
    assert contact.offer is not None
    assert contact.route is not None
    if talk.state is TalkState.TALKING:
        held(state, contact, talk)
        state.emit(HoldCaller(contact.id, contact.channel, contact.offer, contact.next_order()))
    contact.consults += 1
    assert agent.part is not None
    agent.part.consults += 1
    asked = Contact(
        id=consult_id(contact.id, contact.consults),
        channel=ChannelRef(contact.channel.pbx, contact.offer),
        caller=contact.caller,
        number=contact.number,
        caller_name=contact.caller_name,
        dialled=contact.dialled,
        account=contact.account,
        intent=contact.intent,
        language=contact.language,
        arrived_ms=contact.arrived_ms,
        sequence=state.next_sequence(),
        tier=contact.tier,
        customers=contact.customers,
        identified=True,
        notes=contact.notes,
        consult_of=contact.id,
        handed_by=agent.config.id,
        refused_by={agent.config.id: None},
        segment_started_ms=state.now_ms,
        waits_since_ms=state.now_ms,
    )
    state.saved.contacts[asked.id] = asked
    talk.consult = Consult(asked.id, event.to, ConsultState.RINGING, "", state.now_ms)
    words = f"{agent.config.name} asks {event.to.words}"
    state.record_decision(contact, DecisionKind.CONSULTED, words, agent.config.id)
    begin_consult(state, asked, contact, event.to)
    state.tell_talk(contact)
    if event.to.queue is None:
        asked.bound = event.to
        handing.offer_bound(state, asked)
        if not asked.ringing:
            over(state, asked, "is not ready")


def cancel(state: State, contact: Contact, event: ConsultCancelled) -> None:
    """Back to the customer; from a talk of three, back to a talk of two."""
    talk = contact.talk
    assert talk is not None
    asked = consult_of(state, contact)
    if asked is not None:
        over(state, asked, None)
    elif talk.consult is None:
        state.ignore(event, f"there is no consultation about {contact.id}")
        return
    talk.consult = None
    if talk.state is TalkState.HELD:
        assert contact.offer is not None
        back(state, contact, talk)
        state.emit(FetchCaller(contact.id, contact.channel, contact.offer, contact.next_order()))
    elif asked is None:
        state.tell_talk(contact)


def complete(state: State, contact: Contact, agent: Agent, event: ConsultCompleted) -> None:
    """Whoever was asked has the customer from now on; the agent wraps up its part."""
    asked = consult_of(state, contact)
    if asked is None or asked.state not in AT_ONE:
        state.ignore(event, f"nobody has answered the consultation about {contact.id}")
        return
    handing.add_note(state, contact, agent, event.note)
    stop = StopRinging(offer_of(contact), leg_device(state, contact))
    conference = contact.talk is not None and contact.talk.state is TalkState.CONFERENCE
    hand_over(state, contact, agent, asked)
    if not conference:
        state.emit(FetchCaller(contact.id, contact.channel, offer_of(contact), contact.next_order()))
    state.emit(stop)


def confer(state: State, contact: Contact, event: ConsultConferred) -> None:
    talk = contact.talk
    asked = consult_of(state, contact)
    assert talk is not None
    if talk.state is not TalkState.HELD or asked is None or asked.state not in AT_ONE:
        state.ignore(event, f"nobody has answered the consultation about {contact.id}")
        return
    state.end_segment(contact, SegmentKind.HOLD)
    talk.move(TalkTrigger.CONFER)
    talk.held_since_ms, contact.in_room = None, True
    bring_together(state, contact, asked)
    state.tell_talk(contact)


def bring_together(state: State, contact: Contact, asked: Contact) -> None:
    legs = (offer_of(contact), offer_of(asked))
    state.emit(ConferCallers(contact.id, contact.channel, legs, contact.next_order()))


# ---- what becomes of a consultation


def finish(state: State, contact: Contact, trigger: ContactTrigger, outcome: Outcome) -> None:
    """The agent's leg of a contact, or its caller, is gone; a talk of three goes on without the agent."""
    asked = consult_of(state, contact)
    stays = asked is not None and asked.state in AT_ONE and trigger is ContactTrigger.RELEASED
    if asked is not None and stays and contact.talk is not None and contact.talk.state is TalkState.CONFERENCE:
        assert contact.agent is not None
        hand_over(state, contact, state.saved.agents[contact.agent], asked)
        return
    if asked is not None:
        over(state, asked, None)
    end_contact(state, contact, trigger, outcome)


def look(state: State) -> None:
    """Consultations that wait for what cannot come any more are over."""
    for contact_id in list(state.waiting_anew):
        asked = state.saved.contacts.get(contact_id)
        if asked is None or asked.consult_of is None or asked.state is not ContactState.WAITING:
            continue
        talk = _about(state, asked).talk
        assert talk is not None
        assert talk.consult is not None
        queue = talk.consult.to.queue
        if queue is None:
            over(state, asked, "nobody has answered")
        elif queue not in state.queues or state.queue_state(queue) is QueueState.CLOSED:
            over(state, asked, "the queue is closed")


def answered(state: State, asked: Contact) -> None:
    """Told once the contact of the consultation is CONNECTED, or AWAY where a number was called."""
    about = _about(state, asked)
    talk = about.talk
    assert talk is not None
    assert talk.consult is not None
    talk.consult = replace(talk.consult, state=ConsultState.TALKING, since_ms=state.now_ms)
    state.tell_talk(about)


def over(state: State, asked: Contact, failed: str | None, *, leg_is_gone: bool = False) -> None:
    """It ends without a hand-over; `failed` says in words why, None where the agent wanted it so."""
    about = _about(state, asked)
    talk = about.talk
    stop_phones(state, asked)
    if asked.state in AT_ONE:
        _release(state, asked, about, failed or "ended", leg_is_gone=leg_is_gone)
    _forget(state, asked)
    if talk is None:
        return
    if talk.state is TalkState.CONFERENCE:
        talk.move(TalkTrigger.PART)
    shown = talk.consult
    if shown is not None:
        words = failed or ""
        talk.consult = replace(shown, state=ConsultState.FAILED, words=words, since_ms=state.now_ms) if failed else None
        state.tell_talk(about)


def hand_over(state: State, contact: Contact, agent: Agent, asked: Contact) -> None:
    """The contact becomes that of whoever was asked, who is with the agent now, or with both."""
    leg = offer_of(asked)
    state.record_segment(contact, SegmentKind.CONSULT, asked.segment_started_ms, asked.agent, leg, "completed")
    to = contact.talk.consult.to if contact.talk is not None and contact.talk.consult is not None else None
    _spend(state, agent, asked)
    if agent.part is not None and to is not None:
        agent.part.transfer = handing.handed_to(to)
    handing.part_with(state, contact, agent)
    contact.handed_by = agent.config.id
    words = f"{agent.config.name} has handed it over to {to.words if to is not None else 'whoever was asked'}"
    state.record_decision(contact, DecisionKind.TRANSFERRED, words, agent.config.id)
    colleague = state.saved.agents[asked.agent] if asked.agent is not None else None
    _forget(state, asked)
    contact.offer, contact.segment_started_ms = leg, state.now_ms
    if colleague is None:
        contact.agent = None
        contact.move(ContactTrigger.REACHED)
        return
    contact.agent, contact.talk = colleague.config.id, Talk(state.now_ms)
    colleague.contact = contact.id
    assert contact.route is not None
    ring_ms = colleague.part.ring_ms if colleague.part is not None else 0
    colleague.part = Part(leg, contact.route.queue, state.now_ms, ring_ms=ring_ms)
    colleague.contacts_today += 1
    pop(state, contact, leg, colleague.config.id)
    state.tell_agent(colleague)
    state.tell_call(colleague)


def _release(state: State, asked: Contact, about: Contact, result: str, *, leg_is_gone: bool) -> None:
    """Whoever was asked is free again, without a wrap-up: there was no customer."""
    leg = offer_of(asked)
    state.record_segment(about, SegmentKind.CONSULT, asked.segment_started_ms, asked.agent, leg, result)
    if about.agent is not None:
        _spend(state, state.saved.agents[about.agent], asked)
    if not leg_is_gone:
        state.emit(StopRinging(leg, leg_device(state, asked)))
    if asked.agent is None:
        return
    colleague = state.saved.agents[asked.agent]
    assert colleague.part is not None
    contact_handled(state, colleague, colleague.part.connected_ms)
    colleague.move(AgentTrigger.CONSULTED)
    colleague.contact, colleague.part = None, None
    colleague.since_ms = colleague.idle_since_ms = state.now_ms
    state.emit(ScreenClear(colleague.config.id, leg))
    settle_pending(state, colleague)
    state.tell_agent(colleague)
    state.tell_call(colleague)


def _spend(state: State, agent: Agent, asked: Contact) -> None:
    """Count the time with whoever was asked, which is over, in the part of the agent who has asked."""
    if agent.part is not None:
        agent.part.consult_ms += state.now_ms - asked.segment_started_ms


def _forget(state: State, asked: Contact) -> None:
    stop_waiting(state, asked)
    state.remember_ended(asked.id, Outcome.ANSWERED)
    del state.saved.contacts[asked.id]


def _about(state: State, asked: Contact) -> Contact:
    assert asked.consult_of is not None
    return state.saved.contacts[asked.consult_of]


def offer_of(contact: Contact) -> OfferId:
    assert contact.offer is not None
    return contact.offer


# ---- on hold and back


def held(state: State, contact: Contact, talk: Talk) -> None:
    """The caller is on hold from now on."""
    state.end_segment(contact, SegmentKind.TALK)
    talk.move(TalkTrigger.HOLD)
    talk.held_since_ms, contact.in_room = state.now_ms, False
    state.tell_talk(contact)


def back(state: State, contact: Contact, talk: Talk) -> None:
    """The caller is no longer on hold; whoever was asked meanwhile is let go."""
    asked = consult_of(state, contact)
    if asked is not None:
        over(state, asked, None)
    talk.consult = None
    state.end_segment(contact, SegmentKind.HOLD)
    talk.move(TalkTrigger.RESUME)
    talk.held_since_ms = None
    state.tell_talk(contact)

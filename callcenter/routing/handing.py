"""Handing a customer over: to a queue, to an agent, or to a number outside.

The one idea: the contact waits again, as it has waited before, and the PBX takes the caller to the holding place. From
there everything is as for any caller who waits, also when nobody is there to decide. A contact that is for an agent or
a number is *bound* for it and offered to nobody else, until that offer is made or cannot be; if it comes to nothing the
contact is in its queue already, in front.
"""

from callcenter.call_commands import ReturnCaller
from callcenter.commands import StopRinging
from callcenter.events import CallTransferred, PbxSynced
from callcenter.facts import HandedTo
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.queues.endings import leg_device
from callcenter.queues.routes import hand_on
from callcenter.routing.agent import Agent
from callcenter.routing.offering import call_number, make_offer
from callcenter.routing.wrap_up import begin_wrap_up
from callcenter.state import State
from callcenter.talks import TalkState, Target
from callcenter.types import ContactState, OfferId, QueueState, SegmentKind


def transfer(state: State, contact: Contact, agent: Agent, event: CallTransferred) -> None:
    """The agent's part ends with its wrap-up, the contact waits again."""
    why_not = cannot_go(state, contact, agent, event.to)
    if why_not:
        state.ignore(event, why_not)
        return
    add_note(state, contact, agent, event.note)
    assert agent.part is not None
    agent.part.transfer = handed_to(event.to)
    stop = StopRinging(_offer(contact), leg_device(state, contact))
    part_with(state, contact, agent)
    contact.move(ContactTrigger.HANDED_ON)
    contact.offer = contact.agent = None
    contact.refused_by[agent.config.id] = None
    contact.returning, contact.waits_since_ms = True, state.now_ms
    contact.bound = None if event.to.queue is not None else event.to
    contact.given_by, contact.handed_by, contact.in_room = None, agent.config.id, False
    hand_on(state, contact, event.to, f"{agent.config.name} has transferred it to {event.to.words}")
    state.emit(ReturnCaller(contact.id, contact.channel, contact.next_order()))
    state.emit(stop)


def cannot_go(state: State, contact: Contact, agent: Agent, to: Target) -> str:
    """In words why this call can't go there now; empty where it can."""
    if contact.talk is None or contact.talk.state not in (TalkState.TALKING, TalkState.HELD):
        return f"contact {contact.id} cannot be handed over now"
    if to.queue is not None:
        known = to.queue in state.queues and state.queue_state(to.queue) is QueueState.OPEN
        return "" if known else f"there is no open queue {to.queue}"
    if to.agent is None:
        return "" if to.number else "nobody is named"
    colleague = state.saved.agents.get(to.agent)
    if colleague is None or colleague is agent or colleague.removed:
        return f"there is no other agent {to.agent}"
    if colleague.config.device.pbx != contact.channel.pbx:
        return f"agent {to.agent} has its phone at another PBX"
    return "" if can_be_given(state, colleague) else f"agent {to.agent} is not ready, or its phone is not free"


def handed_to(to: Target) -> HandedTo:
    if to.queue is not None:
        return HandedTo.QUEUE
    return HandedTo.AGENT if to.agent is not None else HandedTo.NUMBER


def can_be_given(state: State, colleague: Agent | None) -> bool:
    return colleague is not None and state.saved.offering_stopped_by is None and state.may_be_offered(colleague)


def add_note(state: State, contact: Contact, agent: Agent, text: str) -> None:
    state.record_note(contact, f"{_offer(contact)}.handed_on", agent.config.id, text)


def part_with(state: State, contact: Contact, agent: Agent) -> None:
    """This agent's share of a contact that goes on is over: it wraps up its own."""
    talk = contact.talk
    assert talk is not None
    state.end_segment(contact, SegmentKind.HOLD if talk.state is TalkState.HELD else SegmentKind.TALK)
    contact.talk = None
    begin_wrap_up(state, contact)


def offer_bound(state: State, contact: Contact) -> None:
    """The caller is in the holding place: now it can be offered to whom it was handed on to."""
    to, contact.bound = contact.bound, None
    if to is None:
        return
    if to.number is not None:
        call_number(state, contact, to.number)
        return
    assert to.agent is not None
    colleague = state.saved.agents.get(to.agent)
    if colleague is None or not can_be_given(state, colleague):
        return  # it waits in its queue, in front
    contact.given_by = contact.handed_by
    if state.why is not None:
        state.why(state, contact, colleague)
    make_offer(state, contact, colleague)


def return_again(state: State, event: PbxSynced) -> None:
    """After a reconnect: whether the PBX was told, nobody knows."""
    present = {arrival.contact for arrival in event.waiting}
    for contact in state.saved.contacts.values():
        if contact.returning and contact.state is ContactState.WAITING and contact.id in present:
            state.emit(ReturnCaller(contact.id, contact.channel, contact.next_order()))


def _offer(contact: Contact) -> OfferId:
    assert contact.offer is not None
    return contact.offer

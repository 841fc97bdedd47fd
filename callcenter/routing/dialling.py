"""An agent calls a customer: the own phone first, then the number; from the answer on it is a call as any other.

The one idea: the customer comes to the holding place like a caller, with a contact that is known already, and the
agent's leg fetches it from there. So hold, transfers and what a reconnect finds are those of any call.
"""

from callcenter.call_commands import DialCustomer, FetchCaller, RingOwnPhone
from callcenter.commands import ConfirmConnection, LookUpCustomer, StopRinging
from callcenter.events import CallDialled, ContactArrived, NumberFailed
from callcenter.queues.contact import Contact, ContactTrigger
from callcenter.queues.endings import end_contact, leg_device
from callcenter.queues.routes import by_hand
from callcenter.routing import devices
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.offering import NUMBER_RINGS_MS, PBX_RING_GRACE_MS, pop
from callcenter.routing.standing import ready_ended
from callcenter.routing.talk import Part, Talk, TalkTrigger
from callcenter.state import State
from callcenter.talks import Direction, TalkState
from callcenter.types import AgentState, Needs, OfferId, Outcome, SegmentKind

OWN_PHONE_RINGS_MS = 20_000


def dial(state: State, event: CallDialled) -> None:
    agent = state.saved.agents.get(event.agent)
    if agent is None:
        state.ignore(event, f"there is no agent {event.agent}")
        return
    why_not = _why_not(state, agent, event)
    if why_not:
        state.ignore(event, why_not)
        return
    queue = event.queue if event.queue in state.queues else state.configuration.default_queue
    contact = Contact(
        id=event.contact,
        channel=event.channel,
        caller=event.number,
        number=event.number,
        caller_name="",
        dialled=event.number,
        account=None,
        intent=None,
        language=None,
        arrived_ms=state.now_ms,
        sequence=state.next_sequence(),
        tier=state.configuration.default_tier,
        segment_started_ms=state.now_ms,
        direction=Direction.OUT,
        route=by_hand(queue, f"{agent.config.name} has called this number"),
        needs=Needs((queue,)),
        offers_made=1,
    )
    state.saved.contacts[contact.id] = contact
    leg = OfferId(f"{contact.id}.1")
    contact.move(ContactTrigger.DIALLED)
    contact.offer, contact.agent = leg, agent.config.id
    state.remember_leg(leg, agent.config.device)
    contact.talk = Talk(state.now_ms, TalkState.DIALLING)
    if agent.state is AgentState.READY:
        ready_ended(state, agent)
    else:
        agent.pending, agent.reason = agent.reason, None  # as it was before, when this is done
    agent.move(AgentTrigger.DIAL)
    agent.contact, agent.since_ms, agent.deadline_ms = contact.id, state.now_ms, None
    agent.part = Part(leg, queue, state.now_ms, called=True)
    state.emit(LookUpCustomer(contact.id, contact.caller, None))
    pop(state, contact, leg, agent.config.id)
    state.tell_agent(agent)
    state.tell_call(agent)
    timeout_ms = OWN_PHONE_RINGS_MS
    state.emit(RingOwnPhone(leg, contact.id, contact.channel, agent.config.device, event.number, timeout_ms))


def _why_not(state: State, agent: Agent, event: CallDialled) -> str:
    if event.contact in state.saved.contacts or event.contact in state.saved.ended:
        return f"contact {event.contact} is known"
    if agent.state not in (AgentState.READY, AgentState.NOT_READY) or agent.removed:
        return f"agent {event.agent} is {agent.state.value}"
    if event.channel.pbx != agent.config.device.pbx:
        return f"agent {event.agent} has its phone at another PBX"
    return "" if state.can_ring(agent) else devices.why_silent(agent)


def is_dialling(contact: Contact | None) -> bool:
    return contact is not None and contact.talk is not None and contact.talk.state is TalkState.DIALLING


def off_the_hook(state: State, contact: Contact) -> None:
    """The agent has answered its own phone: the number is called, once."""
    talk = contact.talk
    assert talk is not None
    assert contact.caller is not None
    if not talk.called:
        talk.called = True
        timeout_ms = NUMBER_RINGS_MS + PBX_RING_GRACE_MS
        state.emit(DialCustomer(contact.id, contact.channel, contact.caller, timeout_ms))


def reached(state: State, contact: Contact, event: ContactArrived) -> None:
    """The customer has answered, and is in the holding place."""
    talk = contact.talk
    assert talk is not None
    assert contact.offer is not None
    assert contact.agent is not None
    state.end_segment(contact, SegmentKind.DIALLING)
    talk.move(TalkTrigger.REACHED)
    talk.since_ms = contact.connected_ms = state.now_ms
    contact.channel = event.channel
    state.saved.agents[contact.agent].contacts_today += 1
    state.emit(ConfirmConnection(contact.offer, contact.channel))
    state.emit(FetchCaller(contact.id, contact.channel, contact.offer, contact.next_order()))
    state.tell_talk(contact)


def failed(state: State, event: NumberFailed) -> None:
    contact = state.saved.contacts.get(event.contact)
    if contact is None or not is_dialling(contact):
        state.ignore(event, f"contact {event.contact} is not being called")
        return
    give_up(state, contact)


def give_up(state: State, contact: Contact) -> None:
    """Nobody is there to talk to."""
    assert contact.offer is not None
    state.emit(StopRinging(contact.offer, leg_device(state, contact)))
    end_contact(state, contact, ContactTrigger.CALLER_LEFT, Outcome.UNREACHED)

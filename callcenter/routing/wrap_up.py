"""After-call work: it begins when the contact ends, and ends when the agent says so or its deadline comes."""

from callcenter.commands import RecordDisposition
from callcenter.events import WrapUpEnded
from callcenter.facts import RecordPart
from callcenter.queues.contact import Contact
from callcenter.queues.visits import entry_of
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.standing import contact_handled, settle_pending
from callcenter.routing.talk import Part
from callcenter.state import State
from callcenter.talks import Direction
from callcenter.timers import TimerKind
from callcenter.types import ContactState, SegmentKind


def begin_wrap_up(state: State, contact: Contact) -> None:
    assert contact.agent is not None
    assert contact.route is not None
    agent = state.saved.agents[contact.agent]
    assert agent.part is not None
    queue = state.queues.get(agent.part.queue)
    wrap_up_ms = queue.wrap_up_ms if queue else 0
    contact.wrap_ups += 1
    agent.move(AgentTrigger.RELEASE)
    agent.since_ms = state.now_ms
    state.tell_call(agent)
    if wrap_up_ms == 0:
        end_wrap_up(state, agent, None)
        return
    agent.deadline_ms = state.now_ms + wrap_up_ms
    state.saved.timers.arm(TimerKind.WRAP_UP, agent.config.id, agent.deadline_ms)
    state.tell_agent(agent)


def end_wrap_up(state: State, agent: Agent, done: WrapUpEnded | None) -> None:
    """After-call work is over, by the agent or (`done` is None) by its deadline.

    A contact that has ended is done with and forgotten.
    """
    part = agent.part
    assert agent.contact is not None
    assert part is not None
    contact = state.saved.contacts[agent.contact]
    disposition = done.disposition if done is not None else None
    if done is not None:
        state.record_note(contact, f"{part.offer}.wrap_up", agent.config.id, done.notes)
    contact.wrap_ups -= 1
    if contact.state is ContactState.ENDED and contact.wrap_ups == 0:
        del state.saved.contacts[contact.id]
    state.saved.timers.cancel(TimerKind.WRAP_UP, agent.config.id)
    state.record_segment(
        contact, SegmentKind.WRAP_UP, agent.since_ms, agent.config.id, part.offer, disposition, part.queue
    )
    state.emit(
        RecordDisposition(
            contact=contact.id,
            agent=agent.config.id,
            queue=part.queue,
            disposition=disposition,
            handled_ms=state.now_ms - part.connected_ms,
            follow_up_on=done.follow_up_on if done is not None else None,
        )
    )
    state.emit(_record(state, contact, agent, part, disposition))
    contact_handled(state, agent, part.connected_ms)
    agent.move(AgentTrigger.END_WRAP_UP)
    agent.contact, agent.deadline_ms, agent.part = None, None, None
    agent.since_ms = agent.idle_since_ms = state.now_ms
    settle_pending(state, agent)
    state.tell_agent(agent)


def _record(state: State, contact: Contact, agent: Agent, part: Part, disposition: str | None) -> RecordPart:
    contact.parts += 1
    return RecordPart(
        contact=contact.id,
        number=contact.parts,
        agent=agent.config.id,
        queue=part.queue,
        tier=contact.tier,
        entry=entry_of(contact),
        direction=Direction.OUT if part.called else Direction.IN,
        began_ms=part.connected_ms,
        ended_ms=state.now_ms,
        ring_ms=part.ring_ms,
        talk_ms=part.talk_ms,
        hold_ms=part.hold_ms,
        wrap_up_ms=state.now_ms - agent.since_ms,
        consult_ms=part.consult_ms,
        consults=part.consults,
        transfer=part.transfer,
        disposition=disposition,
    )

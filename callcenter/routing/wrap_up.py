"""After-call work: it begins when the contact ends, and ends when the agent says so or its deadline comes."""

from callcenter.commands import RecordDisposition
from callcenter.queues.contact import Contact
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.standing import contact_handled, settle_pending
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import SegmentKind


def begin_wrap_up(state: State, contact: Contact) -> None:
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
    started_ms = contact.segment_started_ms
    state.record_segment(contact, SegmentKind.WRAP_UP, started_ms, agent.config.id, contact.offer, disposition)
    state.emit(
        RecordDisposition(
            contact=contact.id,
            agent=agent.config.id,
            queue=contact.route.queue,
            disposition=disposition,
            handled_ms=state.now_ms - contact.connected_ms,
        )
    )
    contact_handled(state, agent, contact.connected_ms)
    agent.move(AgentTrigger.END_WRAP_UP)
    agent.contact, agent.deadline_ms = None, None
    agent.since_ms = agent.idle_since_ms = state.now_ms
    settle_pending(state, agent)
    state.tell_agent(agent)

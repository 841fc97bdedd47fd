"""An agent between two contacts: let go, held back, given what it asked for; and its figures of the day."""

from callcenter.routing import devices
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.messages import drop_all
from callcenter.routing.preferred import release_all
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import PENDING_SIGN_OUT, REASON_RONA, AgentState, OfferState


def let_go(state: State, agent: Agent, how: OfferState) -> None:
    """RESERVED ends without a conversation."""
    agent.offer, agent.contact, agent.deadline_ms, agent.since_ms = None, None, None, state.now_ms
    backoff_ms = {
        OfferState.DECLINED: state.configuration.decline_backoff_ms,
        OfferState.FAILED: state.configuration.failure_backoff_ms,
        OfferState.EXPIRED: state.configuration.rona_backoff_ms,
    }.get(how, 0)
    if how is OfferState.EXPIRED:
        agent.move(AgentTrigger.NO_ANSWER)
        agent.reason = REASON_RONA
    else:
        agent.move(AgentTrigger.OFFER_OVER)
    if backoff_ms > 0:
        back_off(state, agent, backoff_ms)
    settle_pending(state, agent)
    state.tell_agent(agent)


def back_off(state: State, agent: Agent, for_ms: int) -> None:
    agent.backoff_until_ms = state.now_ms + for_ms
    state.saved.timers.arm(TimerKind.BACKOFF, agent.config.id, agent.backoff_until_ms)


def settle_pending(state: State, agent: Agent) -> None:
    """Give the agent what it asked for while it was busy; a READY agent may take the next contact."""
    if agent.removed or agent.pending == PENDING_SIGN_OUT:
        agent.move(AgentTrigger.SIGN_OUT)
        agent.reason, agent.set_by = None, agent.pending_by
        release_all(state, agent)
        devices.sign_out(state, agent)
    elif agent.pending is not None:
        agent.move(AgentTrigger.GO_NOT_READY)
        agent.reason, agent.set_by = agent.pending, agent.pending_by
    agent.pending = agent.pending_by = None
    if agent.state is AgentState.READY:
        agent.reason = None
        state.freed[agent.config.id] = None
    if agent.removed:
        forget(state, agent)


def forget(state: State, agent: Agent) -> None:
    """The agent is no longer in the configuration, and has nothing in hand."""
    state.saved.timers.cancel(TimerKind.BACKOFF, agent.config.id)
    state.freed.pop(agent.config.id, None)
    drop_all(state, agent)
    del state.saved.agents[agent.config.id]
    release_all(state, agent)


# ---- the figures of the day, by which some strategies choose


def ready_ended(state: State, agent: Agent) -> None:
    """Count the stretch of READY that ends now. To be called while `since_ms` still says when it began."""
    agent.ready_ms += state.now_ms - max(agent.since_ms, state.saved.day_began_ms)


def contact_handled(state: State, agent: Agent, connected_ms: int) -> None:
    """Count talk and wrap-up, as far as they lie within today."""
    agent.handling_ms += state.now_ms - max(connected_ms, state.saved.day_began_ms)


def begin_day(state: State, day: str) -> bool:
    """All figures begin anew; false if this day has begun already."""
    if state.saved.day == day:
        return False
    state.saved.day, state.saved.day_began_ms = day, state.now_ms
    for agent in state.saved.agents.values():
        agent.contacts_today = agent.handling_ms = agent.ready_ms = 0
        state.freed[agent.config.id] = None
    return True

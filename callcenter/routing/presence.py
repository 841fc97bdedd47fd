"""What agents ask for at their desktops. Every request is answered in every state by a row of the agent's table."""

from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, WrapUpEnded
from callcenter.orders import AgentStateSet
from callcenter.routing import devices
from callcenter.routing.agent import BUSY_STATES, Agent, AgentTrigger
from callcenter.routing.preferred import release_all
from callcenter.routing.standing import ready_ended
from callcenter.routing.wrap_up import end_wrap_up
from callcenter.state import State
from callcenter.types import PENDING_SIGN_OUT, REASON_SIGNED_IN, AgentState

Request = AgentSignedIn | AgentSignedOut | AgentReady | AgentNotReady | WrapUpEnded


def handle_request(state: State, event: Request) -> None:
    agent = state.saved.agents.get(event.agent)
    if agent is None:
        state.ignore(event, f"there is no agent {event.agent}")
        return
    match event:
        case AgentSignedIn():
            ask(state, agent, event, AgentTrigger.SIGN_IN, REASON_SIGNED_IN)
        case AgentSignedOut():
            ask(state, agent, event, AgentTrigger.SIGN_OUT, None)
        case AgentReady():
            ask(state, agent, event, AgentTrigger.GO_READY, None)
        case AgentNotReady(reason=reason):
            ask(state, agent, event, AgentTrigger.GO_NOT_READY, reason)
        case WrapUpEnded(contact=contact):
            if agent.state is AgentState.WRAP_UP and agent.contact == contact:
                end_wrap_up(state, agent, event)
            else:
                state.ignore(event, f"agent {event.agent} is not in the wrap-up of {contact}")


def ask(  # noqa: PLR0917 - a request is all of these
    state: State,
    agent: Agent,
    event: Request | AgentStateSet,
    trigger: AgentTrigger,
    reason: str | None,
    by: str | None = None,
) -> None:
    """Grant what is asked for, at once or at the end of the contact in hand. `by` is the supervisor who ordered it."""
    before = agent.state
    agent.move(trigger)
    if before in BUSY_STATES:
        _remember(agent, trigger, reason, by)
    elif agent.state is before and agent.state is not AgentState.NOT_READY:
        state.ignore(event, f"agent {event.agent} is {before.value}")
        return
    elif agent.state is before and trigger is AgentTrigger.SIGN_IN:
        state.ignore(event, f"agent {event.agent} is signed in")
        return
    else:
        if before is AgentState.READY:
            ready_ended(state, agent)
        if agent.state is AgentState.LOGGED_OUT:
            release_all(state, agent)
            devices.sign_out(state, agent)
        elif before is AgentState.LOGGED_OUT:
            devices.sign_in(state, agent)
        agent.reason, agent.set_by = reason, by
        agent.since_ms = state.now_ms
        if agent.state is AgentState.READY:
            agent.idle_since_ms = state.now_ms
            state.freed[agent.config.id] = None
    state.tell_agent(agent)


def _remember(agent: Agent, trigger: AgentTrigger, reason: str | None, by: str | None) -> None:
    """A busy agent gets what it asked for last at the end of the contact in hand."""
    if trigger is AgentTrigger.SIGN_OUT:
        agent.pending = PENDING_SIGN_OUT
    elif trigger is AgentTrigger.GO_NOT_READY:
        agent.pending = reason
    elif trigger is AgentTrigger.GO_READY or agent.pending == PENDING_SIGN_OUT:
        agent.pending = None
    agent.pending_by = by if agent.pending is not None else None

"""Taking a new configuration into a running engine: nobody is thrown out of a conversation, nobody loses a place."""

from callcenter.events import ConfigurationLoaded
from callcenter.queues.routes import route, watch_overflow
from callcenter.routing import devices
from callcenter.routing.agent import BUSY_STATES, Agent, AgentTrigger
from callcenter.routing.orders import configured
from callcenter.routing.preferred import release_unfit
from callcenter.routing.rules import highest_tier
from callcenter.routing.standing import forget, ready_ended
from callcenter.state import State
from callcenter.types import AgentConfig, AgentState, ContactState


def configure(state: State, event: ConfigurationLoaded) -> None:
    """Agents come, change and go, the busy ones at the end of their contact.

    Contacts that wait keep the route that they have, unless the event says otherwise or their queue is no more.
    """
    state.saved.configuration = event.configuration
    state.reindex()
    for queue in [name for name in state.saved.queue_states if name not in state.queues]:
        del state.saved.queue_states[queue]
    _agents(state, event.configuration.agents)
    for contact in list(state.saved.contacts.values()):
        if contact.state is ContactState.IDENTIFYING:
            contact.tier = highest_tier(state.configuration, contact.customers)
        if contact.state not in (ContactState.WAITING, ContactState.OFFERED):
            continue
        assert contact.route is not None
        if event.reroute or contact.route.queue not in state.queues:
            route(state, contact)
        if contact.state in (ContactState.WAITING, ContactState.OFFERED):
            watch_overflow(state, contact)  # it may be longer or shorter now
    release_unfit(state)
    for contacts in state.kept.values():  # an agent's own order of queues may be another: so may be their places
        state.waiting_anew |= contacts


def _agents(state: State, configs: tuple[AgentConfig, ...]) -> None:
    wanted = {config.id: config for config in configs}
    for agent in list(state.saved.agents.values()):
        if agent.config.id not in wanted:
            _remove(state, agent)
    before = devices.seats(state)
    for config in configs:
        known = state.saved.agents.get(config.id)
        if known is None:
            known = state.saved.agents[config.id] = Agent(config, since_ms=state.now_ms)
        known.config = configured(known, config)
        known.removed = False
        known.turns = {queue: turn for queue, turn in known.turns.items() if queue in state.queues}
        state.freed[config.id] = None
        state.tell_agent(known)
    devices.reseat(state, before)


def _remove(state: State, agent: Agent) -> None:
    if agent.state in BUSY_STATES:
        agent.removed = True
        return
    if agent.state is AgentState.READY:
        ready_ended(state, agent)
    forget(state, agent)
    if agent.state is not AgentState.LOGGED_OUT:
        agent.move(AgentTrigger.SIGN_OUT)
        agent.reason, agent.since_ms = None, state.now_ms
        state.tell_agent(agent)

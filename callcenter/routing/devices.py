"""At which phone an agent works: the configured one, one that it has chosen, or none until it chooses.

One idea: among those who are signed in a phone has one agent. As with skills that are set, the phone takes the place
of the configured one in the agent's own configuration, so that nothing that matches has to know of it; the choice
remembers what it has replaced, and signing out ends it.
"""

from collections.abc import Mapping
from dataclasses import replace

from callcenter.orders import AgentDeviceChanged, DeviceChoice, DeviceChosen
from callcenter.routing.agent import Agent
from callcenter.state import State
from callcenter.types import AgentConfig, AgentId, AgentState, AutoAnswer, DeviceRef


def choose(state: State, event: DeviceChosen) -> None:
    agent = state.saved.agents.get(event.agent)
    if agent is None:
        state.ignore(event, f"there is no agent {event.agent}")
        return
    own = _configured(agent)
    device = own.instead_of if event.device is None else event.device
    why_not = _why_not(state, agent, event, device)
    if why_not:
        state.ignore(event, why_not)
        return
    _sit(state, agent, device)
    state.freed[event.agent] = None


def sign_in(state: State, agent: Agent) -> None:
    """The agent's phone is the configured one, or none where somebody sits at it: then it has to choose."""
    device = agent.config.device
    if who_has(state, device, agent) is not None:
        _sit(state, agent, DeviceRef(device.pbx, ""))


def sign_out(state: State, agent: Agent) -> None:
    """What it has chosen counts no longer."""
    if agent.device_choice is not None:
        _sit(state, agent, agent.device_choice.instead_of)


def who_has(state: State, device: DeviceRef, other_than: Agent) -> Agent | None:
    """Who else is signed in and sits at this phone."""
    agents = state.saved.agents.values() if device.device else ()
    sits = (one for one in agents if one.config.device == device and one.state is not AgentState.LOGGED_OUT)
    return next((one for one in sits if one is not other_than), None)


def configured(agent: Agent, config: AgentConfig) -> AgentConfig:
    """What a new configuration makes of an agent: its choice holds until it is given another phone."""
    choice = agent.device_choice
    if choice is None or choice.instead_of != config.device:
        agent.device_choice = None
        return config
    agent.device_choice = _choice(config)
    return replace(config, device=agent.config.device, auto_answer=None)


def seats(state: State) -> dict[AgentId, DeviceRef]:
    """The phones of those who are signed in."""
    agents = state.saved.agents.values()
    return {one.config.id: one.config.device for one in agents if one.state is not AgentState.LOGGED_OUT}


def reseat(state: State, before: Mapping[AgentId, DeviceRef]) -> None:
    """After a new configuration: who had its phone before keeps it, and nobody is given one that another has."""
    agents = [state.saved.agents[agent] for agent in before if agent in state.saved.agents]
    taken = {one.config.device for one in agents if before[one.config.id] == one.config.device}
    for agent in agents:
        device = agent.config.device
        if before[agent.config.id] != device:
            if device.device and device in taken:
                agent.device_choice = _choice(agent.config)
                agent.config = replace(agent.config, device=DeviceRef(device.pbx, ""))
            taken.add(device)
        if agent.device_choice is not None:
            agent.config = replace(agent.config, auto_answer=_auto_answer(state, agent.config.device))
        if before[agent.config.id] != agent.config.device:
            _tell(state, agent)


def why_silent(agent: Agent, otherwise: str = "is not free") -> str:
    """In words why the agent's phone, which cannot be rung now, cannot."""
    if not agent.config.device.device:
        return f"agent {agent.config.id} has no phone: choose one"
    return f"the phone of agent {agent.config.id} {otherwise}"


def _why_not(  # noqa: PLR0911 - one row for each
    state: State, agent: Agent, event: DeviceChosen, device: DeviceRef
) -> str:
    """In words what stands between the agent and this phone; empty where nothing does."""
    if agent.state is AgentState.LOGGED_OUT:
        return f"agent {event.agent} is not signed in"
    if agent.state in (AgentState.RESERVED, AgentState.TALKING):
        return f"agent {event.agent} is {agent.state.value}"
    listening = state.saved.listening.values()
    if any(event.agent == one.by or agent.config.device == one.device for one in listening):
        return f"agent {event.agent} listens at its phone"
    if device == agent.config.device:
        return f"agent {event.agent} has this phone"
    if event.device is not None and (not device.device or device.pbx != agent.config.device.pbx):
        return f"{device.device or 'nothing'} is no phone of the PBX {agent.config.device.pbx}"
    other = who_has(state, device, agent)
    if other is not None:
        return f"{other.config.name} has the phone {device.device}"
    if any(device == one.device for one in listening):
        return f"somebody listens at the phone {device.device}"
    return ""


def _sit(state: State, agent: Agent, device: DeviceRef) -> None:
    own = _configured(agent)
    if device == own.instead_of:
        agent.device_choice, auto_answer = None, own.auto_answer
    else:
        agent.device_choice, auto_answer = own, _auto_answer(state, device)
    agent.config = replace(agent.config, device=device, auto_answer=auto_answer)
    _tell(state, agent)


def _configured(agent: Agent) -> DeviceChoice:
    return agent.device_choice or _choice(agent.config)


def _choice(config: AgentConfig) -> DeviceChoice:
    return DeviceChoice(config.device, config.auto_answer)


def _auto_answer(state: State, device: DeviceRef) -> AutoAnswer | None:
    """What is written of the phone, at whoever's it is."""
    agents = state.configuration.agents if device.device else ()
    return next((one.auto_answer for one in agents if one.device == device), None)


def _tell(state: State, agent: Agent) -> None:
    state.emit(AgentDeviceChanged(agent.config.id, agent.config.device, agent.has_chosen))

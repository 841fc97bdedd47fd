"""What supervisors of a simulated floor order, and what agents acknowledge: now and then what makes no sense."""

from collections.abc import Sequence
from random import Random

from callcenter.events import Event
from callcenter.orders import (
    AgentSkillsSet,
    AgentStateSet,
    ContactGiven,
    DeviceChosen,
    ListenAsked,
    ListenMode,
    ListenStopped,
    MessageAcknowledged,
    MessageId,
    MessageSent,
)
from callcenter.simulation.drawing import SKILLS, between, pick
from callcenter.types import AgentId, AgentState, Configuration, ContactId, DeviceRef, QueueName, Skill

SUPERVISORS = (AgentId("sue"), AgentId("sam"))
MESSAGES = 30  # ids; one that is used again while the first is open changes nothing


def draw_order(  # noqa: PLR0911 - one row for each
    rng: Random, contact: ContactId, config: Configuration
) -> Event:
    """One order, about this contact if it is about one."""
    agents = [agent.id for agent in config.agents]
    agent = pick(rng, [*agents, AgentId("nobody")])
    message = MessageId(f"m{between(rng, 1, MESSAGES)}")
    match pick(
        rng,
        (
            "state",
            "skills",
            "give",
            "give",
            "take",
            "message",
            "acknowledge",
            "acknowledge",
            "listen",
            "listen",
            "listen",
            "alone",
            "phone",
            "phone",
        ),
    ):
        case "state":
            return _state(rng, agent)
        case "skills":
            skills = tuple(Skill(name, between(rng, 1, 10)) for name in SKILLS if rng.random() < 0.6)
            return AgentSkillsSet(agent, pick(rng, (None, skills)), "sue")
        case "give":
            return ContactGiven(contact, agent, "sue")
        case "take":
            return ContactGiven(contact, agent, agent)
        case "listen":
            return _listen(rng, config, agent)
        case "alone":
            return ListenStopped(pick(rng, SUPERVISORS))
        case "phone":
            return DeviceChosen(agent, pick(rng, (None, *_phones(config))))
        case "message":
            return _message(rng, message, agents, [queue.name for queue in config.queues])
        case _:
            return MessageAcknowledged(message, agent)


def _phones(config: Configuration) -> list[DeviceRef]:
    """Agents' phones, one that is nobody's, and none."""
    own = [agent.device for agent in config.agents]
    return [*own, DeviceRef(own[0].pbx, "PJSIP/1013"), DeviceRef(own[0].pbx, "")]


def _listen(rng: Random, config: Configuration, agent: AgentId) -> Event:
    """Supervisors have phones of their own, or agents' phones: those of agents who supervise as well."""
    own = pick(rng, config.agents)
    number = between(rng, 0, len(SUPERVISORS) - 1)
    by, device = SUPERVISORS[number], DeviceRef(own.device.pbx, f"PJSIP/{1013 - number}")
    if rng.random() < 0.3:
        by, device = own.id, own.device
    return ListenAsked(by, device, agent, pick(rng, tuple(ListenMode)))


def _state(rng: Random, agent: AgentId) -> Event:
    state = pick(rng, (AgentState.READY, AgentState.NOT_READY, AgentState.LOGGED_OUT, AgentState.TALKING))
    return AgentStateSet(agent, state, "coaching" if state is AgentState.NOT_READY else None, "sue")


def _message(rng: Random, message: MessageId, agents: Sequence[AgentId], queues: Sequence[QueueName]) -> Event:
    everybody = rng.random() < 0.5
    to = () if everybody else (pick(rng, agents),)
    serving = () if everybody else (pick(rng, (*queues, QueueName("nowhere"))),)
    return MessageSent(message, "sue", "Hello", rng.random() < 0.5, to, serving, everybody)

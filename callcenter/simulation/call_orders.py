"""What simulated agents order for the calls that they have: mostly what makes sense, now and then what does not."""

from random import Random

from callcenter.commands import CallChanged
from callcenter.events import (
    CallConsulted,
    CallDialled,
    CallHeld,
    CallHungUp,
    CallTransferred,
    ConsultCancelled,
    ConsultCompleted,
    ConsultConferred,
    Event,
)
from callcenter.simulation.drawing import pick
from callcenter.talks import ConsultState, Target
from callcenter.types import AgentId, ChannelRef, Configuration, ContactId, PbxName, QueueName


def draw_call_order(rng: Random, call: CallChanged, config: Configuration) -> Event:
    """For an agent whose page shows this call."""
    agent, contact = call.agent, call.contact or ContactId("none")
    note = pick(rng, ("", "He wants three."))
    answered: tuple[Event, ...] = (
        ConsultCancelled(agent, contact),
        ConsultCompleted(agent, contact, note),
        ConsultConferred(agent, contact),
    )
    if call.consult is not None and call.consult.state is ConsultState.TALKING and rng.random() < 0.8:
        return pick(rng, answered)
    orders: tuple[Event, ...] = (
        CallHeld(agent, contact, not call.on_hold if rng.random() < 0.8 else call.on_hold),
        CallTransferred(agent, contact, draw_target(rng, config), note),
        CallConsulted(agent, contact, draw_target(rng, config)),
        CallConsulted(agent, contact, draw_target(rng, config)),
        pick(rng, answered),
        CallHungUp(pick(rng, (agent, agent, AgentId("nobody"))), contact),
    )
    return pick(rng, orders)


def draw_dial(rng: Random, agent: AgentId, config: Configuration, serial: int) -> Event:
    """An agent calls a customer: it has a phone at one of the PBXs."""
    pbx = next((one.device.pbx for one in config.agents if one.id == agent), PbxName("pbx1"))
    channel = ChannelRef(pbx, f"PJSIP/out-{serial}")
    queue = pick(rng, (None, *(queue.name for queue in config.queues), QueueName("nowhere")))
    return CallDialled(agent, ContactId(f"{pbx}-out{serial}-1"), channel, f"+49{int(rng.random() * 100)}", queue)


def draw_target(rng: Random, config: Configuration) -> Target:
    """A queue, an agent or a number; now and then one that there is not."""
    draw = rng.random()
    if draw < 0.3:
        return Target(queue=pick(rng, (*(queue.name for queue in config.queues), QueueName("nowhere"))))
    if draw < 0.6:
        return Target(agent=pick(rng, (*(one.id for one in config.agents), AgentId("nobody"))))
    return Target(number=f"+49{int(rng.random() * 100)}")

"""Which of the agents who may take a contact comes first, by the strategy of the contact's own queue."""

from collections.abc import Callable
from hashlib import blake2b

from callcenter.routing.agent import Agent
from callcenter.types import AgentId, ContactId, QueueConfig, Strategy

MILLION = 1_000_000


class Ranking:
    """One queue's. `rank` is the smaller the sooner the agent comes; RANDOM ranks all equal, see `draw`.

    `proficiency` is the agent's in what the contact asks for.
    """

    def __init__(self, queue: QueueConfig) -> None:
        position = {agent: number for number, agent in enumerate(queue.ranked)}
        ranks: dict[Strategy, Callable[[Agent, int], int]] = {
            Strategy.LONGEST_IDLE: lambda agent, proficiency: 0,
            Strategy.LEAST_OCCUPIED: lambda agent, proficiency: occupancy(agent),
            Strategy.FEWEST_CONTACTS: lambda agent, proficiency: agent.contacts_today,
            Strategy.MOST_PROFICIENT: lambda agent, proficiency: -proficiency,
            Strategy.LEAST_FLEXIBLE: lambda agent, proficiency: len(agent.config.skills),
            Strategy.ROUND_ROBIN: lambda agent, proficiency: agent.turns.get(queue.name, 0),
            Strategy.RANKED: lambda agent, proficiency: position.get(agent.config.id, len(position)),
            Strategy.RANDOM: lambda agent, proficiency: 0,
        }
        self.rank = ranks[queue.strategy]
        self.is_drawn = queue.strategy is Strategy.RANDOM


def standing_of(agent: Agent) -> tuple[int, ...]:
    """All that may change an agent's rank while the configuration stays: the same standing, the same rank."""
    return (agent.idle_since_ms, agent.handling_ms, agent.ready_ms, agent.contacts_today, *agent.turns.values())


def occupancy(agent: Agent) -> int:
    """Handling ÷ (handling + ready) today, in millionths, as it was when the agent came free."""
    worked_ms = agent.handling_ms + agent.ready_ms
    return agent.handling_ms * MILLION // worked_ms if worked_ms else 0


def draw(seed: int, contact: ContactId, offer: int, agent: AgentId) -> int:
    """The same for everybody who draws it again: a hash of the seed, the contact, its how-manieth offer, the agent."""
    return int.from_bytes(blake2b(f"{seed}:{contact}:{offer}:{agent}".encode(), digest_size=8).digest())

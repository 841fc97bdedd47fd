"""Who may take whom, and who comes first: each sentence of docs/routing.md as one plain function.

Nothing here is fast or clever. It is what the auditor holds the engine's choices against.
"""

import hashlib

from callcenter.simulation.account import Caller, Worker
from callcenter.types import AgentId, Configuration, Needs, QueueConfig, Skill, Strategy

MOST_URGENT = 100

Rank = tuple[int, int, int, int, int, AgentId]


def has(worker: Worker, need: Skill) -> bool:
    """Whether the agent has this skill, at the level asked for or above."""
    return any(have.name == need.name and have.level >= need.level for have in worker.config.skills)


def suits(worker: Worker, caller: Caller) -> bool:
    """Whether the agent may take this contact at all."""
    needs = caller.needs
    return (
        needs is not None
        and worker.config.device.pbx == caller.arrival.channel.pbx
        and any(queue in worker.config.queues for queue in needs.queues)
        and all(has(worker, need) for need in needs.skills)
        and all(any(has(worker, need) for need in group) for group in needs.any_of)
    )


def steps(worker: Worker, caller: Caller) -> int:
    """By how many hundreds of points of priority this agent's own order of queues puts the contact back."""
    assert caller.needs is not None
    config = worker.config
    return min(config.levels.get(queue, 1) for queue in caller.needs.queues if queue in config.queues) - 1


def partners(caller: Caller, available: list[Worker]) -> list[Worker]:
    """Who of the available agents makes a pair with this contact: who has refused it, only if nobody else does."""
    fitting = [w for w in available if caller.held_for in (None, w.id) and suits(w, caller)]
    return [worker for worker in fitting if worker.id not in caller.refused_by] or fitting


def place_ms(worker: Worker, caller: Caller, ageing_ms: int) -> int:
    assert caller.priority is not None
    return caller.arrived_ms - caller.priority * ageing_ms + steps(worker, caller) * 100 * ageing_ms


def bound_ms(worker: Worker, caller: Caller, ageing_ms: int) -> int:
    """Who arrives this long after the contact, or later, does not overtake it at this agent."""
    assert caller.priority is not None
    return (MOST_URGENT - caller.priority + 100 * steps(worker, caller)) * ageing_ms


def rank(worker: Worker, caller: Caller, config: Configuration) -> Rank:
    """The pair's place in the one total order of all pairs: the smallest is offered first."""
    assert caller.needs is not None
    return (
        place_ms(worker, caller, config.ageing_ms),
        caller.age,
        -sum(has(worker, skill) for skill in caller.needs.preferred),
        by_strategy(worker, caller, queue_of(caller, config), config.draw_seed),
        worker.idle_since_ms,
        worker.id,
    )


def queue_of(caller: Caller, config: Configuration) -> QueueConfig:
    return next(queue for queue in config.queues if queue.name == caller.queue)


def by_strategy(worker: Worker, caller: Caller, queue: QueueConfig, seed: int) -> int:  # noqa: PLR0911 - one row for each
    """Smaller comes first."""
    assert caller.needs is not None
    match queue.strategy:
        case Strategy.LONGEST_IDLE:
            return worker.idle_since_ms
        case Strategy.LEAST_OCCUPIED:
            return occupancy(worker)
        case Strategy.FEWEST_CONTACTS:
            return worker.contacts_today
        case Strategy.MOST_PROFICIENT:
            return -proficiency(worker, caller.needs)
        case Strategy.LEAST_FLEXIBLE:
            return len(worker.config.skills)
        case Strategy.ROUND_ROBIN:
            return worker.turns.get(queue.name, -1)
        case Strategy.RANKED:
            return queue.ranked.index(worker.id) if worker.id in queue.ranked else len(queue.ranked)
        case Strategy.RANDOM:
            text = f"{seed}:{caller.id}:{caller.offers + 1}:{worker.id}"
            return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def occupancy(worker: Worker) -> int:
    """Handling's share of today's handling and ready time, in millionths."""
    whole_ms = worker.handling_ms + worker.ready_ms
    return worker.handling_ms * 1_000_000 // whole_ms if whole_ms else 0


def proficiency(worker: Worker, needs: Needs) -> int:
    levels = {skill.name: skill.level for skill in worker.config.skills}
    total = sum(levels[need.name] for need in needs.skills)
    return total + sum(max(levels[need.name] for need in group if has(worker, need)) for group in needs.any_of)

"""What a rule may ask about queues and their agents at this moment. Each answer is a walk: only who asks pays."""

from callcenter.state import State
from callcenter.types import AgentState, ContactState, QueueName, QueueState


class StateFigures:
    """Counts are of now, the contact that is being routed included where it waits already."""

    def __init__(self, state: State) -> None:
        self._state = state

    def waiting(self, queue: QueueName) -> int:
        return len(self._arrivals(queue))

    def longest_wait_s(self, queue: QueueName) -> float:
        """Since the arrival of the one who has waited longest, in seconds; 0 where nobody waits."""
        return max(0, self._state.now_ms - min(self._arrivals(queue), default=self._state.now_ms)) / 1000

    def open(self, queue: QueueName) -> bool:
        return self._state.queue_state(queue) is QueueState.OPEN

    def ready(self, queue: QueueName) -> int:
        """Agents who could be offered a contact now."""
        agents = self._state.saved.agents.values()
        return sum(queue in agent.config.queues and self._state.may_be_offered(agent) for agent in agents)

    def signed_in(self, queue: QueueName) -> int:
        agents = self._state.saved.agents.values()
        return sum(queue in agent.config.queues and agent.state is not AgentState.LOGGED_OUT for agent in agents)

    def _arrivals(self, queue: QueueName) -> list[int]:
        """When those who wait in the queue arrived; whose phone rings waits too."""
        waits = (ContactState.WAITING, ContactState.OFFERED)
        contacts = self._state.saved.contacts.values()
        waiting = (one for one in contacts if one.state in waits and one.consult_of is None and one.route is not None)
        return [one.arrived_ms for one in waiting if one.route is not None and one.route.queue == queue]

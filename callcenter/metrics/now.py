"""The gauges that are read from the picture of the floor when Prometheus asks: who waits, who works, who could.

Series of a single agent are told only where the settings ask for them (`metrics.agents`): they are personal data, and
there are as many as agents. What is counted of an agent is of the day, and begins anew at midnight.
"""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from callcenter.metrics.names import OTHER, Names
from callcenter.overview import AgentView, Overview, QueueView
from callcenter.types import (
    MAX_PROFICIENCY,
    MIN_PROFICIENCY,
    REASON_RONA,
    REASON_SIGNED_IN,
    AgentState,
    Configuration,
    QueueState,
)

LEVELS = range(MIN_PROFICIENCY, MAX_PROFICIENCY + 1)
_TIMES = (
    (AgentState.READY, "ready_ms"),
    (AgentState.RESERVED, "reserved_ms"),
    (AgentState.TALKING, "talk_ms"),
    (AgentState.WRAP_UP, "wrap_up_ms"),
    (AgentState.NOT_READY, "not_ready_ms"),
)


class Now:
    """Knows the labels' values; `families` tells of one picture."""

    def __init__(self, agents: bool) -> None:
        self._of_each_agent = agents
        self.queues, self.tiers, self.skills, self.reasons = Names(), Names(), Names(), Names()
        self.reasons.add((REASON_SIGNED_IN, REASON_RONA))

    def configure(self, configuration: Configuration, reasons: Iterable[str]) -> None:
        self.queues.add(queue.name for queue in configuration.queues)
        self.tiers.add(configuration.tiers)
        self.skills.add(skill.name for agent in configuration.agents for skill in agent.skills)
        self.reasons.add(reasons)

    def families(self, picture: Overview) -> Iterable[Metric]:
        stopped = picture.offering_stopped_by is not None
        yield GaugeMetricFamily(
            "callcenter_offering", "1 while offers are made, 0 while somebody wants none", not stopped
        )
        known = [queue for queue in picture.queues if queue.name in self.queues]
        yield from self._waiting(known)
        yield _state(known)
        yield self._agents(picture)
        yield self._reasons(picture)
        yield from self._serving(picture)
        yield from self._skilled(picture)
        if self._of_each_agent:
            yield from _each_agent(picture)

    def _waiting(self, queues: Iterable[QueueView]) -> Iterable[Metric]:
        waiting = GaugeMetricFamily(
            "callcenter_contacts_waiting", "Contacts waiting now, offered ones too", None, ["queue"]
        )
        by_tier = GaugeMetricFamily("callcenter_contacts_waiting_by_tier", "The same by tier", None, ["queue", "tier"])
        longest = GaugeMetricFamily(
            "callcenter_longest_wait_seconds",
            "How long the longest waiting contact has waited, 0 for none",
            None,
            ["queue"],
        )
        connected = GaugeMetricFamily("callcenter_contacts_connected", "Contacts talking now", None, ["queue"])
        estimated = GaugeMetricFamily(
            "callcenter_estimated_wait_seconds",
            "Probable wait of the next contact: (waiting + 1) * average handle time / agents at work; nothing is told "
            "where nobody is at work or no handle time is known",
            None,
            ["queue"],
        )
        for queue in queues:
            counts = dict.fromkeys(self.tiers, 0)
            for tier, count in queue.waiting_by_tier:
                label = self.tiers.label(tier)
                counts[label] = counts.get(label, 0) + count
            for label, count in counts.items():
                by_tier.add_metric([queue.name, label], count)
            waiting.add_metric([queue.name], queue.waiting)
            longest.add_metric([queue.name], queue.longest_wait_ms / 1000)
            connected.add_metric([queue.name], queue.connected)
            if queue.estimated_wait_ms is not None:
                estimated.add_metric([queue.name], queue.estimated_wait_ms / 1000)
        return (waiting, by_tier, longest, connected, estimated)

    def _agents(self, picture: Overview) -> Metric:
        states = dict.fromkeys(AgentState, 0)
        for agent in picture.agents:
            states[agent.state] += 1
        agents = GaugeMetricFamily("callcenter_agents", "Agents by state", None, ["state"])
        for state, count in states.items():
            agents.add_metric([state.value], count)
        return agents

    def _reasons(self, picture: Overview) -> Metric:
        reasons = dict.fromkeys((*self.reasons, OTHER), 0)
        for agent in picture.agents:
            if agent.state is AgentState.NOT_READY:
                reasons[self.reasons.label(agent.reason or "")] += 1
        away = GaugeMetricFamily("callcenter_agents_not_ready", "Agents who are not ready, by reason", None, ["reason"])
        for reason, count in reasons.items():
            away.add_metric([reason], count)
        return away

    def _serving(self, picture: Overview) -> Iterable[Metric]:
        by_state: dict[tuple[str, AgentState], int] = {(name, state): 0 for name in self.queues for state in AgentState}
        by_reason: dict[tuple[str, str], int] = {
            (name, reason): 0 for name in self.queues for reason in (*self.reasons, OTHER)
        }
        for agent in picture.agents:
            for name in agent.queues:
                if name in self.queues:
                    by_state[name, agent.state] += 1
                    if agent.state is AgentState.NOT_READY:
                        by_reason[name, self.reasons.label(agent.reason or "")] += 1
        serving = GaugeMetricFamily(
            "callcenter_queue_agents",
            "Agents by state and by queue that they serve; who serves two queues counts in both",
            None,
            ["queue", "state"],
        )
        for (queue, state), count in by_state.items():
            serving.add_metric([queue, state.value], count)
        away = GaugeMetricFamily(
            "callcenter_queue_agents_not_ready",
            "Of those, agents who are not ready, by reason",
            None,
            ["queue", "reason"],
        )
        for (queue, reason), count in by_reason.items():
            away.add_metric([queue, reason], count)
        return (serving, away)

    def _skilled(self, picture: Overview) -> Iterable[Metric]:
        signed_in = {(name, level): 0 for name in self.skills for level in LEVELS}
        for agent in picture.agents:
            if agent.state is not AgentState.LOGGED_OUT:
                for skill in agent.skills:
                    if skill.name in self.skills:
                        signed_in[skill.name, skill.level] += 1
        family = GaugeMetricFamily(
            "callcenter_skill_agents",
            "Agents who are signed in, by skill and by their level in it; who has two skills counts in both",
            None,
            ["skill", "level"],
        )
        for (name, level), count in signed_in.items():
            family.add_metric([name, str(level)], count)
        return (family,)


def _state(queues: Iterable[QueueView]) -> Metric:
    state = GaugeMetricFamily(
        "callcenter_queue_state", "1 for the state that the queue is in, 0 for the others", None, ["queue", "state"]
    )
    for queue in queues:
        for each in QueueState:
            state.add_metric([queue.name, each.value], each is queue.state)
    return state


def _each_agent(picture: Overview) -> Iterable[Metric]:
    states = GaugeMetricFamily(
        "callcenter_agent_state", "1 for the state that the agent is in, 0 for the others", None, ["agent", "state"]
    )
    answered = CounterMetricFamily(
        "callcenter_agent_answered", "Contacts that the agent has answered, from midnight", None, ["agent"]
    )
    missed = CounterMetricFamily(
        "callcenter_agent_missed", "Offers that the agent has not answered, from midnight", None, ["agent"]
    )
    times = CounterMetricFamily(
        "callcenter_agent_state_seconds", "Time that the agent was in a state, from midnight", None, ["agent", "state"]
    )
    for agent in picture.agents:
        for state in AgentState:
            states.add_metric([agent.id, state.value], agent.state is state)
        answered.add_metric([agent.id], agent.figures.answered)
        missed.add_metric([agent.id], agent.figures.missed)
        for state, time in _TIMES:
            times.add_metric([agent.id, state.value], _time_in(agent, state, time, picture.now_ms) / 1000)
    return (states, answered, missed, times)


def _time_in(agent: AgentView, state: AgentState, time: str, now_ms: int) -> int:
    """In this state, the stretch that goes on included."""
    figures = agent.figures
    stretch_ms = max(0, now_ms - figures.upto_ms) if figures.state is state else 0
    counted_ms: int = getattr(figures, time)
    return counted_ms + stretch_ms

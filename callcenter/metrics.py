"""What Prometheus is told: a projection of what the core emitted and of the picture at the moment of the scrape.

The one idea: whatever happened is counted from the commands that say so, and whatever is (waiting now, agents by
state) is read from the overview when someone asks; nothing is kept twice. Every label has a bounded set of values:
queues and tiers come from the configuration and anything else is "other". Counters of what is configured start at
zero, so that a rate is right from the first contact on.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from callcenter.commands import (
    Command,
    ContactRouted,
    EventIgnored,
    OfferClosed,
    RecordContact,
    RecordDecision,
    RecordDisposition,
)
from callcenter.events import Event
from callcenter.overview import Overview
from callcenter.types import AgentState, Configuration, DecisionKind, OfferState, Outcome, QueueState

MAX_NAMES = 500  # of queues, and of tiers, over the life of the process; later ones are "other"
OTHER = "other"
NONE = "none"  # a contact that left before it was routed has no queue

LOOKUP_OUTCOMES = ("found", "several", "unknown", "failed", "late", "refused")
CLOSED_STATES = (
    OfferState.ACCEPTED,
    OfferState.DECLINED,
    OfferState.EXPIRED,
    OfferState.WITHDRAWN,
    OfferState.FAILED,
)
_EVENT_NAMES = frozenset(kind.__name__ for kind in get_args(Event))

_WAIT_BUCKETS_S = (0.1, 0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200)
_HANDLE_BUCKETS_S = (5, 15, 30, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 3600)
_RING_BUCKETS_S = (0.1, 0.5, 1, 2, 3, 5, 8, 10, 12, 15, 20, 30, 45, 60)
_LOOKUP_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10)
_DECISION_BUCKETS_S = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1)
_LAG_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class _Names:
    """The label values that are allowed: those configured, now or earlier, up to MAX_NAMES."""

    def __init__(self) -> None:
        self._known: dict[str, None] = {}

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            if len(self._known) < MAX_NAMES:
                self._known.setdefault(name)

    def label(self, name: str | None) -> str:
        if name is None:
            return NONE
        return name if name in self._known else OTHER

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)


class _Now(Collector):
    """The gauges that are read from the overview when Prometheus asks."""

    def __init__(self, overview: Callable[[], Overview], queues: _Names) -> None:
        self._overview = overview
        self._queues = queues

    def describe(self) -> Iterable[Metric]:
        return []  # the names are known at the scrape; without this the registry would scrape at once to learn them

    def collect(self) -> Iterable[Metric]:
        picture = self._overview()
        yield from self._collect_queues(picture)
        yield from self._collect_agents(picture)

    def _collect_queues(self, picture: Overview) -> Iterable[Metric]:
        stopped = picture.offering_stopped_by is not None
        yield GaugeMetricFamily(
            "callcenter_offering", "1 while offers are made, 0 while somebody wants none", not stopped
        )
        waiting = GaugeMetricFamily(
            "callcenter_contacts_waiting", "Contacts waiting now, offered ones too", None, ["queue"]
        )
        longest = GaugeMetricFamily(
            "callcenter_longest_wait_seconds",
            "How long the longest waiting contact has waited, 0 for none",
            None,
            ["queue"],
        )
        connected = GaugeMetricFamily("callcenter_contacts_connected", "Contacts talking now", None, ["queue"])
        state = GaugeMetricFamily(
            "callcenter_queue_state", "1 for the state that the queue is in, 0 for the others", None, ["queue", "state"]
        )
        for queue in picture.queues:
            if (name := self._queues.label(queue.name)) != OTHER:
                for each in QueueState:
                    state.add_metric([name, each.value], each is queue.state)
                waiting.add_metric([name], queue.waiting)
                longest.add_metric([name], queue.longest_wait_ms / 1000)
                connected.add_metric([name], queue.connected)
        yield from (waiting, longest, connected, state)

    def _collect_agents(self, picture: Overview) -> Iterable[Metric]:
        states = dict.fromkeys(AgentState, 0)
        by_queue = {(name, state): 0 for name in self._queues for state in AgentState}
        for agent in picture.agents:
            states[agent.state] += 1
            for served in agent.queues:
                if (served, agent.state) in by_queue:
                    by_queue[served, agent.state] += 1
        agents = GaugeMetricFamily("callcenter_agents", "Agents by state", None, ["state"])
        for state, count in states.items():
            agents.add_metric([state.value], count)
        serving = GaugeMetricFamily(
            "callcenter_queue_agents",
            "Agents by state and by queue that they serve; who serves two queues counts in both",
            None,
            ["queue", "state"],
        )
        for (name, state), count in by_queue.items():
            serving.add_metric([name, state.value], count)
        yield from (agents, serving)


class Metrics:
    """All metrics in a registry of their own. `execute` takes the core's commands, the rest is set by the shells."""

    def __init__(self, overview: Callable[[], Overview]) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._queues = _Names()
        self._tiers = _Names()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._make_contact_metrics()
        self._make_offer_metrics()
        self._make_shell_metrics()
        self.registry.register(_Now(overview, self._queues))
        self.loop_lag_s = 0.0

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"callcenter_{name}", words, labels, registry=self.registry)

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"callcenter_{name}", words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"callcenter_{name}", words, labels, registry=self.registry, buckets=buckets)

    def _make_contact_metrics(self) -> None:
        self._contacts = self._counter("contacts_total", "Contacts that ended, by outcome", "queue", "tier", "outcome")
        self._routed = self._counter(
            "contacts_routed_total",
            'Times that a contact was sent to a queue; matched="false": no rule applied, it went to the default queue',
            "queue",
            "tier",
            "matched",
        )
        self._rerouted = self._counter(
            "contacts_rerouted_total", "Of those, contacts that were sent to a queue again (more was known)", "queue"
        )
        self._unmatched = self._counter(
            "contacts_default_queue_total", "Contacts that went to the default queue because no rule applied"
        )
        self._decisions = self._counter(
            "contact_decisions_total",
            "Decisions about contacts besides their offers, by the queue that the contact has from then on",
            "queue",
            "kind",
        )
        self._within = self._counter(
            "service_level_answered_total",
            "Contacts answered within the service level of their queue. Service level = answered within / ended, "
            "whatever the outcome: rate(callcenter_service_level_answered_total[1h]) / "
            "rate(callcenter_service_level_contacts_total[1h])",
            "queue",
        )
        self._counted = self._counter(
            "service_level_contacts_total",
            "Contacts that count for the service level: all that reached a queue and ended, whatever the outcome",
            "queue",
        )
        self._answer = self._histogram(
            "answer_seconds", "Arrival to connection, of answered contacts", _WAIT_BUCKETS_S, "queue", "tier"
        )
        self._abandon = self._histogram(
            "abandon_seconds", "Arrival to hang-up, of abandoned contacts", _WAIT_BUCKETS_S, "queue"
        )
        self._handle = self._histogram("handle_seconds", "Talk and wrap-up", _HANDLE_BUCKETS_S, "queue")

    def _make_offer_metrics(self) -> None:
        self._offers = self._counter("offers_total", "Offers that ended, by their last state", "queue", "state")
        self._ring = self._histogram(
            "offer_ring_seconds", "An offer's making to its end, by its last state", _RING_BUCKETS_S, "state"
        )
        self._ignored = self._counter(
            "events_ignored_total", "Late, duplicate or misdirected events that changed nothing", "event"
        )
        self._decision = self._histogram(
            "decision_seconds", "Time that the engine took for one event", _DECISION_BUCKETS_S
        )
        for state in CLOSED_STATES:
            self._ring.labels(state.value)
        for event in sorted(_EVENT_NAMES):
            self._ignored.labels(event)

    def _make_shell_metrics(self) -> None:
        self._pbx_up = self._gauge("pbx_up", "1 while the PBX is connected and synced", "pbx")
        self._ami_lag = self._gauge("ami_lag_seconds", "Time that the PBX took to answer the last AMI ping", "pbx")
        self._ami_reconnects = self._counter("ami_reconnects_total", "Times that AMI was connected again", "pbx")
        self._gauge("in_charge", "1 in the daemon that routes calls, 0 in one that stands by for it").set(1)
        self._journal_up = self._gauge("journal_up", "1 while events are journalled in Redis")
        self._journal_gap = self._gauge(
            "journal_gap_bytes", "Size of the file that takes the journal while Redis is away"
        )
        self._journal_lost = self._counter(
            "journal_lost_total",
            "Events that could not be journalled, records that the contact log will not get",
            "kind",
        )
        self._lookup = self._histogram(
            "lookup_seconds", "Time that a customer look-up took, by outcome", _LOOKUP_BUCKETS_S, "outcome"
        )
        self._log_pending = self._gauge("contact_log_pending", "Records that are not in the contact log yet")
        self._inbox = self._gauge("inbox_events", "Events that wait to be handled; at 100,000 the daemon stops")
        self._clock_ahead = self._gauge(
            "clock_ahead_seconds",
            "How far the daemon's clock, which never goes back, is ahead of the machine's; below 0 where it is behind",
        )
        self._pages_dropped = self._counter("pages_dropped_total", "Browser pages that took their messages too slowly")
        self._dropped = 0
        self._lag = self._histogram("event_loop_lag_seconds", "How late the event loop ran a timer", _LAG_BUCKETS_S)
        self._lag_max = self._gauge("event_loop_lag_max_seconds", "The greatest event-loop lag of the last 15 s")
        for outcome in LOOKUP_OUTCOMES:
            self._lookup.labels(outcome)
        self._lost = {"event": 0, "record": 0}
        for kind in self._lost:
            self._journal_lost.labels(kind)

    def configure(self, configuration: Configuration) -> None:
        """Learn the names of queues and tiers, and start their counters at zero. Called at each (re)load."""
        self._queues.add(queue.name for queue in configuration.queues)
        self._tiers.add(configuration.tiers)
        for queue in self._queues:
            self._seed_queue(queue)

    def _seed_queue(self, queue: str) -> None:
        for tier in self._tiers:
            for outcome in Outcome:
                self._contacts.labels(queue, tier, outcome.value)
            for matched in ("true", "false"):
                self._routed.labels(queue, tier, matched)
            self._answer.labels(queue, tier)
        for state in CLOSED_STATES:
            self._offers.labels(queue, state.value)
        for kind in DecisionKind:
            self._decisions.labels(queue, kind.value)
        for metric in (self._rerouted, self._within, self._counted, self._abandon, self._handle):
            metric.labels(queue)

    # ---- from the core

    def execute(self, command: Command) -> None:
        match command:
            case RecordContact():
                self._contact_ended(command)
            case RecordDisposition():
                self._handle.labels(self._queues.label(command.queue)).observe(command.handled_ms / 1000)
            case RecordDecision():
                self._decisions.labels(self._queues.label(command.queue), command.kind.value).inc()
            case ContactRouted():
                self._contact_routed(command)
            case OfferClosed():
                self._offers.labels(self._queues.label(command.queue), command.state.value).inc()
                self._ring.labels(command.state.value).observe(command.ring_ms / 1000)
            case EventIgnored():
                self._ignored.labels(command.event if command.event in _EVENT_NAMES else OTHER).inc()
            case _:
                pass

    def _contact_ended(self, record: RecordContact) -> None:
        queue = self._queues.label(record.queue)
        tier = self._tiers.label(record.tier)
        self._contacts.labels(queue, tier, record.outcome.value).inc()
        waited_s = record.waited_ms / 1000
        if record.outcome is Outcome.ANSWERED:
            self._answer.labels(queue, tier).observe(waited_s)
        elif record.outcome is Outcome.ABANDONED:
            self._abandon.labels(queue).observe(waited_s)
        if record.queue is not None and record.service_level_ms is not None:
            self._counted.labels(queue).inc()
            if record.outcome is Outcome.ANSWERED and record.waited_ms <= record.service_level_ms:
                self._within.labels(queue).inc()

    def _contact_routed(self, routed: ContactRouted) -> None:
        queue = self._queues.label(routed.queue)
        self._routed.labels(queue, self._tiers.label(routed.tier), "true" if routed.matched else "false").inc()
        if routed.again:
            self._rerouted.labels(queue).inc()
        elif not routed.matched:
            self._unmatched.inc()

    def observe_decision(self, seconds: float) -> None:
        self._decision.observe(seconds)

    # ---- from the shells

    def pbx_up(self, pbx: str, up: bool) -> None:
        self._pbx_up.labels(pbx).set(up)
        self._ami_reconnects.labels(pbx)  # at zero from the first connection on

    def ami_lag(self, pbx: str, seconds: float) -> None:
        self._ami_lag.labels(pbx).set(seconds)

    def ami_reconnected(self, pbx: str) -> None:
        self._ami_reconnects.labels(pbx).inc()

    def journal(self, up: bool, gap_bytes: int, events_lost: int, records_lost: int) -> None:
        """What is lost is counted from the start of the daemon."""
        self._journal_up.set(up)
        self._journal_gap.set(gap_bytes)
        for kind, lost in (("event", events_lost), ("record", records_lost)):
            self._journal_lost.labels(kind).inc(lost - self._lost[kind])
            self._lost[kind] = lost

    def contact_log_pending(self, records: int) -> None:
        self._log_pending.set(records)

    def bounds(self, inbox: int, clock_ahead_s: float, pages_dropped: int) -> None:
        """`pages_dropped` is counted from the start of the daemon."""
        self._inbox.set(inbox)
        self._clock_ahead.set(clock_ahead_s)
        self._pages_dropped.inc(pages_dropped - self._dropped)
        self._dropped = pages_dropped

    def observe_lookup(self, outcome: str, seconds: float) -> None:
        """`outcome` is one of LOOKUP_OUTCOMES, as the directory names them."""
        self._lookup.labels(outcome if outcome in LOOKUP_OUTCOMES else OTHER).observe(seconds)

    def observe_loop_lag(self, seconds: float, greatest_s: float) -> None:
        self._lag.observe(seconds)
        self._lag_max.set(greatest_s)
        self.loop_lag_s = greatest_s

    # ---- to Prometheus

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics as text, and its content type, in the format that the Accept header asks for."""
        encode, content_type = choose_encoder(accept)
        encoded: Any = encode(self.registry)
        return bytes(encoded), content_type


class LoopLag:
    """Measures how late the event loop runs a timer of INTERVAL_S: what a call would have waited at that moment."""

    INTERVAL_S = 0.1
    WINDOW = 150  # samples: 15 s

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._last: deque[float] = deque(maxlen=self.WINDOW)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Needs the running loop."""
        self._task = asyncio.create_task(self._sample_for_ever())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def sample(self, lag_s: float) -> None:
        self._last.append(max(lag_s, 0.0))
        self._metrics.observe_loop_lag(self._last[-1], max(self._last))

    async def _sample_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self.INTERVAL_S
            await asyncio.sleep(self.INTERVAL_S)
            self.sample(loop.time() - due)

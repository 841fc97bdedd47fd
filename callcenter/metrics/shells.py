"""What the shells say of themselves: connections, journal, look-ups, the event loop. Counted from the process's start.

None of this is in the journal, so it begins anew with each process, as Prometheus expects of counters.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from callcenter.metrics.names import OTHER

WEBHOOK_RESULTS = ("delivered", "failed", "dead")
LOOKUP_OUTCOMES = ("found", "several", "unknown", "failed", "late", "refused")
SOURCE_OUTCOMES = ("found", "unknown", "failed", "late")
CACHE_RESULTS = ("hit", "miss", "shared", "stale")
JOURNAL_PLACES = ("redis", "file", "nowhere")
RETENTION_DONE = ("removed", "blanked")

_LOOKUP_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10)
_DECISION_BUCKETS_S = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1)
_LAG_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_APPEND_BUCKETS_S = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5)


class Shells:
    """In a registry of their own. Each method is called by the shell that knows."""

    def __init__(self) -> None:
        # Else each counter has a gauge beside it that says when it began: as the process did, and that says it itself.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._make_core()
        self._make_pbx()
        self._make_journal()
        self._make_customers()
        self._make_bounds()
        self.loop_lag_s = 0.0

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"callcenter_{name}", words, labels, registry=self.registry)

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"callcenter_{name}", words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"callcenter_{name}", words, labels, registry=self.registry, buckets=buckets)

    def _make_core(self) -> None:
        self._gauge("in_charge", "1 in the daemon that routes calls, 0 in one that stands by for it").set(1)
        self._decision = self._histogram(
            "decision_seconds", "Time that the engine took for one event", _DECISION_BUCKETS_S
        )

    def _make_pbx(self) -> None:
        self._pbx_up = self._gauge("pbx_up", "1 while the PBX is connected and synced", "pbx")
        self._ami_lag = self._histogram(
            "ami_lag_seconds", "Time that the PBX took to answer an AMI ping", _LAG_BUCKETS_S, "pbx"
        )
        self._ami_reconnects = self._counter("ami_reconnects_total", "Times that AMI was connected again", "pbx")

    def _make_journal(self) -> None:
        self._append = self._histogram(
            "journal_append_seconds",
            "Time until a batch of events was in the journal: in Redis, or in the file that takes it meanwhile",
            _APPEND_BUCKETS_S,
            "place",
        )
        for place in JOURNAL_PLACES:
            self._append.labels(place)
        self._journal_up = self._gauge("journal_up", "1 while events are journalled in Redis")
        self._journal_gap = self._gauge(
            "journal_gap_bytes", "Size of the file that takes the journal while Redis is away"
        )
        self._journal_lost = self._counter(
            "journal_lost_total",
            "Events that could not be journalled, records that the contact log will not get",
            "kind",
        )
        self._lost = {"event": 0, "record": 0}
        for kind in self._lost:
            self._journal_lost.labels(kind)
        self._log_pending = self._gauge("contact_log_pending", "Records that are not in the contact log yet")
        self._retention = self._counter(
            "retention_rows_total", "Rows that were too old, by what became of them: removed or blanked", "done"
        )
        for done in RETENTION_DONE:
            self._retention.labels(done)
        self._retained_at = self._gauge(
            "retention_last_success_timestamp_seconds",
            "When what is too old was last removed; 0 where it never was, or everything is kept",
        )

    def _make_customers(self) -> None:
        self._lookup = self._histogram(
            "lookup_seconds", "Time that a customer look-up took, by outcome", _LOOKUP_BUCKETS_S, "outcome"
        )
        for outcome in LOOKUP_OUTCOMES:
            self._lookup.labels(outcome)
        self._source = self._histogram(
            "customer_source_seconds",
            "Time that one question to the customer base took, by outcome; source is the setting crm.source",
            _LOOKUP_BUCKETS_S,
            "source",
            "outcome",
        )
        self._cache = self._counter(
            "customer_cache_total",
            "Questions to an existing customer base: hit: remembered; miss: asked; shared: under way already; stale: "
            "an old answer was given for want of a new one, which counts besides",
            "result",
        )
        for result in CACHE_RESULTS:
            self._cache.labels(result)

    def _make_bounds(self) -> None:
        self._inbox = self._gauge("inbox_events", "Events that wait to be handled; at 100,000 the daemon stops")
        self._clock_ahead = self._gauge(
            "clock_ahead_seconds",
            "How far the daemon's clock, which never goes back, is ahead of the machine's; below 0 where it is behind",
        )
        self._webhooks = self._counter("webhook_attempts_total", "Attempts to tell webhooks, by result", "result")
        for result in WEBHOOK_RESULTS:
            self._webhooks.labels(result)
        self._pages_dropped = self._counter("pages_dropped_total", "Browser pages that took their messages too slowly")
        self._dropped = 0
        self._lag = self._histogram("event_loop_lag_seconds", "How late the event loop ran a timer", _LAG_BUCKETS_S)
        self._lag_max = self._gauge("event_loop_lag_max_seconds", "The greatest event-loop lag of the last 15 s")

    # ---- what they say

    def observe_decision(self, seconds: float) -> None:
        self._decision.observe(seconds)

    def pbx_up(self, pbx: str, up: bool) -> None:
        self._pbx_up.labels(pbx).set(up)
        self._ami_reconnects.labels(pbx)  # at zero from the first connection on

    def ami_lag(self, pbx: str, seconds: float) -> None:
        self._ami_lag.labels(pbx).observe(seconds)

    def ami_reconnected(self, pbx: str) -> None:
        self._ami_reconnects.labels(pbx).inc()

    def journal_appended(self, place: str, seconds: float) -> None:
        """`place` is one of JOURNAL_PLACES."""
        self._append.labels(place if place in JOURNAL_PLACES else OTHER).observe(seconds)

    def journal(self, up: bool, gap_bytes: int, events_lost: int, records_lost: int) -> None:
        """What is lost is counted from the start of the daemon."""
        self._journal_up.set(up)
        self._journal_gap.set(gap_bytes)
        for kind, lost in (("event", events_lost), ("record", records_lost)):
            self._journal_lost.labels(kind).inc(lost - self._lost[kind])
            self._lost[kind] = lost

    def contact_log_pending(self, records: int) -> None:
        self._log_pending.set(records)

    def retention(self, removed: int, blanked: int, last_ms: int) -> None:
        """Rows since it was last told; `last_ms` is when a run last came to its end."""
        for done, rows in zip(RETENTION_DONE, (removed, blanked), strict=True):
            self._retention.labels(done).inc(rows)
        self._retained_at.set(last_ms / 1_000)

    def bounds(self, inbox: int, clock_ahead_s: float, pages_dropped: int) -> None:
        """`pages_dropped` is counted from the start of the daemon."""
        self._inbox.set(inbox)
        self._clock_ahead.set(clock_ahead_s)
        self._pages_dropped.inc(pages_dropped - self._dropped)
        self._dropped = pages_dropped

    def webhook(self, result: str) -> None:
        """One of WEBHOOK_RESULTS; "dead" is counted beside the attempt that failed last."""
        self._webhooks.labels(result).inc()

    def observe_lookup(self, outcome: str, seconds: float) -> None:
        """`outcome` is one of LOOKUP_OUTCOMES, as the directory names them."""
        self._lookup.labels(outcome if outcome in LOOKUP_OUTCOMES else OTHER).observe(seconds)

    def customer_source(self, source: str) -> None:
        """Start its counters at zero."""
        for outcome in SOURCE_OUTCOMES:
            self._source.labels(source, outcome)

    def observe_source(self, source: str, outcome: str, seconds: float) -> None:
        """`outcome` is one of SOURCE_OUTCOMES, as the directory names them."""
        self._source.labels(source, outcome if outcome in SOURCE_OUTCOMES else OTHER).observe(seconds)

    def observe_cache(self, result: str) -> None:
        """`result` is one of CACHE_RESULTS, as the directory's cache names them."""
        self._cache.labels(result if result in CACHE_RESULTS else OTHER).inc()

    def observe_loop_lag(self, seconds: float, greatest_s: float) -> None:
        self._lag.observe(seconds)
        self._lag_max.set(greatest_s)
        self.loop_lag_s = greatest_s

"""The counters of Prometheus beside the log, from the text of /metrics.

One idea: a counter has no range, only a difference between two moments. With two texts, taken at the two ends of a
range, their differences are compared with what the log has in that range; with one text, the totals with the whole log,
which they agree with where the journal is as old as the log.

A counter counts at the moment of which it tells: a contact and a visit when they end, a decision when it is made, an
offer when it ends. What has no queue or tier that Prometheus knows is `other` there; both sides are put together so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from callcenter.reconcile.figures import outcome_of, thresholds_of
from callcenter.reconcile.findings import Findings
from callcenter.reconcile.recount import OVERFLOWED, Part, Visit
from callcenter.reconcile.rows import Log

OTHER, NONE = "other", "none"
PENDING = "callcenter_contact_log_pending"

# What is compared: the name of the sample, and the labels by which it is told apart; other labels are summed up.
COMPARED: dict[str, tuple[str, ...]] = {
    "callcenter_contacts_total": ("queue", "tier", "outcome"),
    "callcenter_queue_left_total": ("queue", "tier", "outcome"),
    "callcenter_queue_answered_within_total": ("queue", "tier"),
    "callcenter_queue_abandoned_within_total": ("queue", "tier"),
    "callcenter_overflows_total": ("queue",),
    "callcenter_contact_decisions_total": ("queue", "kind"),
    "callcenter_offers_total": ("outcome",),  # the queue of a consultation's offer is not in the log
    "callcenter_answer_seconds_count": ("queue", "tier"),
    "callcenter_answer_seconds_sum": ("queue", "tier"),
    "callcenter_abandon_seconds_count": ("queue",),
    "callcenter_abandon_seconds_sum": ("queue",),
    "callcenter_talk_seconds_sum": ("queue",),
    "callcenter_hold_seconds_sum": ("queue",),
    "callcenter_wrap_up_seconds_sum": ("queue",),
    "callcenter_handle_seconds_count": ("queue",),
    "callcenter_handle_seconds_sum": ("queue",),
    "callcenter_transfers_total": ("queue",),
    "callcenter_consults_total": ("queue",),
}
_NAMES = ("queue", "tier")  # labels whose values Prometheus may not know

Sample = tuple[str, tuple[str, ...]]  # the name, and the values of its labels
Samples = dict[Sample, int]


class ExpositionError(ValueError):
    """A text that is none of /metrics."""


@dataclass(frozen=True, slots=True)
class Exposition:
    """What one text says of what is compared: counts, and seconds as milliseconds. `pending` records are not logged."""

    samples: Samples
    known: dict[str, frozenset[str]]  # the values of queue and tier that there are
    pending: int = 0


def read(text: str) -> Exposition:
    """Raises ExpositionError."""
    samples: Samples = {}
    known: dict[str, set[str]] = {name: set() for name in _NAMES}
    pending = 0
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == PENDING:
                    pending = round(sample.value)
                labels = COMPARED.get(sample.name)
                if labels is None:
                    continue
                key = (sample.name, tuple(sample.labels.get(label, "") for label in labels))
                samples[key] = samples.get(key, 0) + _whole(sample.name, sample.value)
                for name in _NAMES:
                    if name in sample.labels:
                        known[name].add(sample.labels[name])
    except ValueError as error:
        raise ExpositionError(f"this is no text of /metrics: {error}") from error
    if not samples:
        raise ExpositionError("this text has none of the call center's counters; take that of the daemon's /metrics")
    return Exposition(samples, {name: frozenset(values) for name, values in known.items()}, pending)


def _whole(name: str, value: float) -> int:
    return round(value * 1000) if name.endswith("_seconds_sum") else round(value)


@dataclass(slots=True)
class Counters:
    """What the log has of each counter in a range of time, added up contact by contact."""

    from_ms: int | None
    to_ms: int | None
    samples: Samples = field(default_factory=dict)

    def add(self, log: Log, visits: Sequence[Visit], parts: Sequence[Part]) -> None:
        contact = log.contact
        if contact is not None and self._within(contact.ended_ms):
            self._count("callcenter_contacts_total", contact.queue or NONE, contact.tier, contact.outcome)
        for visit in visits:
            if visit.ended_ms is not None and self._within(visit.ended_ms):
                self._left(log, visit)
        for one in log.decisions:
            if self._within(one.at_ms):
                self._count("callcenter_contact_decisions_total", one.queue or NONE, one.kind)
        for one in log.segments:
            if one.kind == "offer" and one.agent is not None and self._within(one.ended_ms):
                self._count("callcenter_offers_total", one.result or "")
        for part in parts:
            if self._within(part.ended_ms):
                self._handled(part)

    def _handled(self, part: Part) -> None:
        self._time("callcenter_handle_seconds", part.talk_ms + part.hold_ms + part.wrap_up_ms, part.queue)
        for name in ("talk", "hold", "wrap_up"):
            self._count(f"callcenter_{name}_seconds_sum", part.queue, by=getattr(part, f"{name}_ms"))
        self._count("callcenter_transfers_total", part.queue, by=int(part.transfer is not None))
        self._count("callcenter_consults_total", part.queue, by=part.consults)

    def _left(self, log: Log, visit: Visit) -> None:
        known = thresholds_of(log, visit)
        outcome, waited_ms = outcome_of(visit, known), visit.waited_ms or 0
        queue, tier = visit.queue, known.tier
        within = waited_ms <= known.service_level_ms
        self._count("callcenter_queue_left_total", queue, tier, OTHER if outcome == "others" else outcome)
        if outcome == "answered":
            self._time("callcenter_answer_seconds", waited_ms, queue, tier)
            self._count("callcenter_queue_answered_within_total", queue, tier, by=int(within))
        elif outcome in ("abandoned", "short_abandoned"):
            self._time("callcenter_abandon_seconds", waited_ms, queue)
            self._count("callcenter_queue_abandoned_within_total", queue, tier, by=int(within))
        elif visit.outcome == OVERFLOWED:
            self._count("callcenter_overflows_total", queue)

    def _within(self, at_ms: int) -> bool:
        return (self.from_ms is None or at_ms >= self.from_ms) and (self.to_ms is None or at_ms < self.to_ms)

    def _count(self, name: str, *labels: str, by: int = 1) -> None:
        self.samples[name, labels] = self.samples.get((name, labels), 0) + by

    def _time(self, name: str, took_ms: int, *labels: str) -> None:
        self._count(f"{name}_count", *labels)
        self._count(f"{name}_sum", *labels, by=took_ms)


def compare(counted: Counters, least: Exposition, most: Exposition, findings: Findings) -> None:
    """Where calls went on while the log was read, a counter may be from `least` to `most`; else the two are one."""
    ours = _as_told(counted.samples, most.known)
    told = {name for name, _ in most.samples}
    for name, labels in sorted(ours.keys() | most.samples.keys() | least.samples.keys()):
        if name not in told:
            continue  # an earlier or a later version that has no such counter
        findings.looked("metrics")
        value = ours.get((name, labels), 0)
        low, high = (one.samples.get((name, labels), 0) for one in (least, most))
        if not low <= value <= high:
            named = ", ".join(f'{label}="{text}"' for label, text in zip(COMPARED[name], labels, strict=True))
            found = high if low == high else f"{low} to {high}"
            findings.differs("metrics", f"{name}{{{named}}}", _unit(name), value, found)


def between(earlier: Exposition, later: Exposition) -> Exposition:
    """What has been counted from one text to the other. Raises ExpositionError where a counter has gone back."""
    samples: Samples = {}
    for key, value in later.samples.items():
        samples[key] = value - earlier.samples.get(key, 0)
        if samples[key] < 0:
            raise ExpositionError(f"{key[0]} is less in the later text: are they in order, and of the same daemon?")
    return Exposition(samples, later.known, later.pending)


def _unit(name: str) -> str:
    return "milliseconds" if name.endswith("_seconds_sum") else "count"


def _as_told(samples: Samples, known: Mapping[str, Iterable[str]]) -> Samples:
    """With `other` where Prometheus has no such queue or tier."""
    told: Samples = {}
    for (name, labels), value in samples.items():
        as_told = tuple(
            text if label not in _NAMES or text in known[label] or text == NONE else OTHER
            for label, text in zip(COMPARED[name], labels, strict=True)
        )
        told[name, as_told] = told.get((name, as_told), 0) + value
    return told

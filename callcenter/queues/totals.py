"""All that was ever counted and timed, for the metrics: a fold over the core's commands that a snapshot holds.

The one idea: the totals are state, like all else. A snapshot has them as they were at its event, and each event after
it is handled again at a restart; so they go on where the journal stands, and each command counts exactly once. Nothing
here knows of Prometheus: `callcenter/metrics` gives names and units to what is read from here.

Every label has a bound: names that no configuration had, and those beyond MAX_NAMES, are OTHER. A histogram is a count
for each stretch between two bounds (ms). Bounds only come, with a configuration that has other thresholds: what was
timed before stays above a new bound, so rates are right from its first moment on, and no series ever goes back.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, field
from typing import Any

from callcenter.commands import (
    Command,
    ContactRouted,
    EventIgnored,
    OfferClosed,
    RecordContact,
    RecordDecision,
)
from callcenter.facts import RecordPart
from callcenter.stories import QueueLeft
from callcenter.types import AWAY, Configuration, OfferState, Outcome

MAX_NAMES = 500  # of queues, of tiers and of rules, over the life of the journal
MAX_BOUNDS = 50  # of a histogram; thresholds beyond are not among them
MAX_SERIES = 20_000  # of one kind; with several labels of many names there could be more
OTHER = "other"
NONE = "none"  # a contact that left before it was routed has no queue
BETWEEN = "\t"  # of the values of labels; no name has it

# Bounds of histograms (ms). Those of waits have the thresholds of all queues besides.
WAIT, RING, HANDLE = "wait", "ring", "handle"
_S = 1_000
BASE_BOUNDS_MS: dict[str, tuple[int, ...]] = {
    WAIT: (100, 500, *(s * _S for s in (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200))),
    RING: (100, 500, *(s * _S for s in (1, 2, 3, 5, 8, 10, 12, 15, 20, 30, 45, 60))),
    HANDLE: tuple(s * _S for s in (5, 15, 30, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 3600)),
}
TIMED: dict[str, str] = {  # what is timed, and by which bounds
    "answer": WAIT,
    "abandon": WAIT,
    "offer_answer": RING,
    "offer_ring": RING,
    "talk": HANDLE,
    "hold": HANDLE,
    "wrap_up": HANDLE,
    "handle": HANDLE,
}


@dataclass(slots=True)
class Times:
    """A histogram: how many were up to each bound and above the one before, the last one above all; their sum."""

    counts: list[int]
    sum_ms: int = 0


def _base_bounds() -> dict[str, list[int]]:
    return {kind: list(bounds) for kind, bounds in BASE_BOUNDS_MS.items()}


@dataclass(slots=True)
class Totals:
    """`counts` and `times` are by what is counted, then by the values of its labels, with BETWEEN between them.

    Names are in the order in which they came.
    """

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    times: dict[str, dict[str, Times]] = field(default_factory=dict)
    bounds_ms: dict[str, list[int]] = field(default_factory=_base_bounds)
    queues: dict[str, None] = field(default_factory=dict)
    tiers: dict[str, None] = field(default_factory=dict)
    rules: dict[str, None] = field(default_factory=dict)

    def copy(self) -> "Totals":
        """One that does not change when this one does."""
        return Totals(
            {what: dict(series) for what, series in self.counts.items()},
            {
                what: {labels: Times(list(times.counts), times.sum_ms) for labels, times in series.items()}
                for what, series in self.times.items()
            },
            {kind: list(bounds) for kind, bounds in self.bounds_ms.items()},
            dict(self.queues),
            dict(self.tiers),
            dict(self.rules),
        )


def configure(totals: Totals, configuration: Configuration) -> None:
    """Learn the names and the thresholds of a configuration that is in force from now on."""
    _learn(totals.queues, (queue.name for queue in configuration.queues))
    _learn(totals.tiers, configuration.tiers)
    _learn(totals.rules, (rule.name for rule in configuration.rules))
    thresholds = [limit for queue in configuration.queues for limit in (queue.service_level_ms, queue.short_abandon_ms)]
    for kind, base in BASE_BOUNDS_MS.items():
        for bound_ms in (*base, *(thresholds if kind == WAIT else ())):
            _add_bound(totals, kind, bound_ms)
    ways = [(queue.name, queue.overflow) for queue in configuration.queues]
    ways += [(rule.queue, rule.overflow) for rule in configuration.rules]
    for queue, overflow in ways:
        if overflow is not None:
            _count(totals, "overflows", _way(totals, queue, overflow.to), 0)


def _learn(names: dict[str, None], new: Iterable[str]) -> None:
    for name in new:
        if len(names) >= MAX_NAMES:
            return
        names.setdefault(name)


def _add_bound(totals: Totals, kind: str, bound_ms: int) -> None:
    bounds = totals.bounds_ms.setdefault(kind, [])
    place = bisect_left(bounds, bound_ms)
    if bound_ms <= 0 or len(bounds) >= MAX_BOUNDS or bounds[place : place + 1] == [bound_ms]:
        return
    bounds.insert(place, bound_ms)
    for what, series in totals.times.items():
        if TIMED.get(what) == kind:
            for times in series.values():
                times.counts.insert(place, 0)  # nobody knows which of those above it were below it


def note(totals: Totals, command: Command) -> None:
    """Count what this command says."""
    counted = _COUNTED.get(type(command))
    if counted is not None:
        counted(totals, command)


def _count(totals: Totals, what: str, key: str, by: int = 1) -> None:
    try:
        totals.counts[what][key] += by
    except KeyError:  # the first time only, so that all others cost next to nothing
        series = totals.counts.setdefault(what, {})
        key = _with_room(series, key)
        series[key] = series.get(key, 0) + by


def _time(totals: Totals, what: str, took_ms: int, key: str) -> None:
    bounds = totals.bounds_ms[TIMED[what]]
    try:
        times = totals.times[what][key]
    except KeyError:
        series = totals.times.setdefault(what, {})
        times = series.setdefault(_with_room(series, key), Times([0] * (len(bounds) + 1)))
    times.counts[bisect_left(bounds, took_ms)] += 1
    times.sum_ms += took_ms


def _with_room(series: Sized, key: str) -> str:
    return key if len(series) < MAX_SERIES else BETWEEN.join([OTHER] * (key.count(BETWEEN) + 1))


def _named(names: dict[str, None], name: str | None) -> str:
    return NONE if name is None else name if name in names else OTHER


def _way(totals: Totals, queue: str, to: str | None) -> str:
    """From one queue to another one, or out of the center."""
    return f"{_named(totals.queues, queue)}{BETWEEN}{AWAY if to is None else _named(totals.queues, to)}"


# ---- what each command says


def _contact(totals: Totals, record: RecordContact) -> None:
    queue, tier = _named(totals.queues, record.queue), _named(totals.tiers, record.tier)
    _count(totals, "contacts", f"{queue}{BETWEEN}{tier}{BETWEEN}{record.outcome.value}")


def _routed(totals: Totals, routed: ContactRouted) -> None:
    queue, tier = _named(totals.queues, routed.queue), _named(totals.tiers, routed.tier)
    _count(totals, "routed", f"{queue}{BETWEEN}{tier}{BETWEEN}{'true' if routed.matched else 'false'}")
    if routed.matched:
        _count(totals, "rule_hits", _named(totals.rules, routed.rule))
    if routed.again:
        _count(totals, "rerouted", queue)
    elif not routed.matched:
        _count(totals, "default_queue", "")


def _decided(totals: Totals, decision: RecordDecision) -> None:
    _count(totals, "decisions", f"{_named(totals.queues, decision.queue)}{BETWEEN}{decision.kind.value}")


def _left(totals: Totals, left: QueueLeft) -> None:
    queue = _named(totals.queues, left.queue)
    key = f"{queue}{BETWEEN}{_named(totals.tiers, left.tier)}"
    within = left.waited_ms <= left.service_level_ms
    outcome = "other"
    match left.outcome:
        case Outcome.ANSWERED:
            outcome = "answered"
            _time(totals, "answer", left.waited_ms, key)
            if within:
                _count(totals, "answered_within", key)
        case Outcome.ABANDONED:
            outcome = "short_abandoned" if left.waited_ms < left.short_abandon_ms else "abandoned"
            _time(totals, "abandon", left.waited_ms, queue)
            if within:
                _count(totals, "abandoned_within", key)
        case Outcome.OVERFLOWED:
            outcome = "overflowed"
            _count(totals, "overflows", _way(totals, left.queue, left.to))
        case _:
            pass
    _count(totals, "left", f"{key}{BETWEEN}{outcome}")


def _offer(totals: Totals, closed: OfferClosed) -> None:
    queue, state = _named(totals.queues, closed.queue), closed.state.value
    _count(totals, "offers", f"{queue}{BETWEEN}{state}")
    _time(totals, "offer_ring", closed.ring_ms, state)
    if closed.state is OfferState.ACCEPTED:
        _time(totals, "offer_answer", closed.ring_ms, queue)


def _part(totals: Totals, part: RecordPart) -> None:
    queue = _named(totals.queues, part.queue)
    _time(totals, "talk", part.talk_ms, queue)
    _time(totals, "hold", part.hold_ms, queue)
    _time(totals, "wrap_up", part.wrap_up_ms, queue)
    _time(totals, "handle", part.talk_ms + part.hold_ms + part.wrap_up_ms, queue)
    if part.transfer is not None:
        _count(totals, "transfers", f"{queue}{BETWEEN}{part.transfer.value}")
    if part.consults:
        _count(totals, "consults", queue, part.consults)


def _ignored(totals: Totals, ignored: EventIgnored) -> None:
    _count(totals, "ignored", ignored.event)


_COUNTED: dict[type, Callable[[Totals, Any], None]] = {
    RecordContact: _contact,
    ContactRouted: _routed,
    RecordDecision: _decided,
    QueueLeft: _left,
    OfferClosed: _offer,
    RecordPart: _part,
    EventIgnored: _ignored,
}

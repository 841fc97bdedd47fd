"""From the core's totals to what Prometheus reads: each kind of count and of time gets a name, words and labels.

The one idea: a table. What has been counted is a number for the values of some labels; the table says which values
there can be, and whatever has not happened yet is there with 0, so that a rate is right from the first time on. A label
without a name picks: only what has that value is in the family, so one count can be told under two names.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from callcenter.queues.totals import BETWEEN, TIMED, Times, Totals


@dataclass(frozen=True, slots=True)
class Label:
    """`values` are those that are told even if nothing of them was counted. A label without a `name` picks them."""

    name: str
    values: Callable[[Totals], Iterable[str]]


def one_of(name: str, values: Sequence[str]) -> Label:
    return Label(name, lambda _: values)


def picked(value: str) -> Label:
    return one_of("", (value,))


QUEUE = Label("queue", lambda totals: totals.queues)
TIER = Label("tier", lambda totals: totals.tiers)
RULE = Label("rule", lambda totals: totals.rules)


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter. `what` is its name in the totals; `name` is told with callcenter_ before and _total behind."""

    what: str
    name: str
    words: str
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Timed:
    """A histogram of seconds; the rest as in Counted, with _seconds behind."""

    what: str
    name: str
    words: str
    labels: tuple[Label, ...] = ()


def families(told: Iterable[Counted | Timed], totals: Totals) -> Iterable[Metric]:
    for one in told:
        yield _counter(one, totals) if isinstance(one, Counted) else _histogram(one, totals)


def _counter(told: Counted, totals: Totals) -> Metric:
    family = CounterMetricFamily(f"callcenter_{told.name}", told.words, labels=_names(told.labels))
    counted = totals.counts.get(told.what, {})
    for values in _series(told.labels, totals, counted):
        family.add_metric(_named(told.labels, values), counted.get(BETWEEN.join(values), 0))
    return family


def _histogram(told: Timed, totals: Totals) -> Metric:
    family = HistogramMetricFamily(f"callcenter_{told.name}_seconds", told.words, labels=_names(told.labels))
    timed = totals.times.get(told.what, {})
    bounds_ms = totals.bounds_ms[TIMED[told.what]]
    bounds = [*(repr(bound_ms / 1000) for bound_ms in bounds_ms), "+Inf"]
    nothing = Times([0] * len(bounds))
    for values in _series(told.labels, totals, timed):
        times = timed.get(BETWEEN.join(values), nothing)
        up_to, buckets = 0, []
        for bound, count in zip(bounds, times.counts, strict=True):
            up_to += count
            buckets.append((bound, float(up_to)))
        family.add_metric(_named(told.labels, values), buckets, times.sum_ms / 1000)
    return family


def _series(labels: tuple[Label, ...], totals: Totals, counted: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """The values of the labels of each series: all that there can be, in their order, then all else that came."""
    expected = dict.fromkeys(product(*(label.values(totals) for label in labels)))
    yield from expected
    for key in counted:
        values = tuple(key.split(BETWEEN, maxsplit=max(0, len(labels) - 1))) if labels else ()
        picks = all(label.name or value in label.values(totals) for label, value in zip(labels, values, strict=True))
        if picks and values not in expected:
            yield values


def _names(labels: tuple[Label, ...]) -> list[str]:
    return [label.name for label in labels if label.name]


def _named(labels: tuple[Label, ...], values: tuple[str, ...]) -> list[str]:
    return [value for label, value in zip(labels, values, strict=True) if label.name]

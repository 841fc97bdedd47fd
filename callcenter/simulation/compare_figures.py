"""Figures of two sets of rules, and how sure one may be of the difference between them.

Both had the same callers. What happened is cut into blocks: a day each, where there are enough days, else the
half-hours in which the callers called. Each figure is taken from all blocks together, and its interval from what
becomes of the difference when one block after the other is left out: the jackknife (R. G. Miller, "The jackknife - a
review", Biometrika 61, 1974). With θ the difference from all n blocks and θ(-i) without block i, the pseudo-values
n θ - (n-1) θ(-i) have a variance s², and the 95 % interval is θ ± t(n-1) s / √n, with Student's t.
For a mean over blocks that is the paired t interval (A. M. Law, Simulation Modeling and Analysis, section 10.2.1); the
jackknife does the same for shares and means by caller, where numerator and denominator are random both.

Days are independent. Half-hours are not quite: a queue at the end of one is a queue at the beginning of the next. They
also differ by the time of day, which widens the interval. On 60 single days of the sample traffic, 94 to 100 % of
the half-hours' intervals, by figure, held the mean difference of all 60. What was used is always told.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt
from statistics import NormalDist, variance

MIN_BLOCKS = 5  # for fewer, or where fewer differ at all, no interval
QUANTILE = 0.9
_NORMAL_POINT = NormalDist().inv_cdf(0.975)


@dataclass(slots=True)
class Block:
    """What happened to the callers of a group in one block, and how its agents spent their time."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    sent_away: int = 0
    in_time: int = 0  # of the answered
    wait_ms: int = 0  # of the answered
    waits_ms: list[int] = field(default_factory=list)  # of the answered and the abandoned
    handling_ms: int = 0
    ready_ms: int = 0


Blocks = Sequence[Block]
Estimate = tuple[float | None, list[float | None]]  # from all blocks, and without each one of them


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: its name in JSON, its heading, its unit (`calls`, `share` or `ms`), and whether more is better."""

    key: str
    heading: str
    unit: str
    better: int  # 1: more, -1: less, 0: neither, as with numbers of calls, since a queue may just get more of them
    formula: str
    of: Callable[[Blocks, int], Estimate]  # of so many days
    tells: Callable[[Block], int]  # 0 where a block says nothing about this figure


@dataclass(frozen=True, slots=True)
class Difference:
    """Candidate minus current. `half_width` of the 95 % interval, None where it cannot be told."""

    current: float | None
    candidate: float | None
    difference: float | None
    half_width: float | None

    @property
    def is_certain(self) -> bool:
        """Whether the interval lies wholly on one side of zero."""
        return self.difference is not None and self.half_width is not None and abs(self.difference) > self.half_width


def differ(measure: Measure, current: Blocks, candidate: Blocks, days: int) -> Difference:
    """The figure for both, and their difference; the blocks are those of the same callers, pair by pair.

    Blocks that say nothing about this figure for either of the two are left out.
    """
    pairs = list(zip(current, candidate, strict=True))
    telling = [pair for pair in pairs if any(measure.tells(block) for block in pair)]
    one, one_without = measure.of([pair[0] for pair in telling], days)
    two, two_without = measure.of([pair[1] for pair in telling], days)
    if one is None or two is None:
        return Difference(one, two, None, None)
    changed = sum(measure.of([a], days)[0] != measure.of([b], days)[0] for a, b in telling)
    if 0 < changed < MIN_BLOCKS:  # what so few blocks say of the others is next to nothing
        return Difference(one, two, two - one, None)
    return Difference(one, two, two - one, _half_width(two - one, one_without, two_without))


def _half_width(difference: float, one: list[float | None], two: list[float | None]) -> float | None:
    count = len(one)
    without = [b - a for a, b in zip(one, two, strict=True) if a is not None and b is not None]
    if count < MIN_BLOCKS or len(without) < count:
        return None
    pseudo = [count * difference - (count - 1) * other for other in without]
    return student_t(count - 1) * sqrt(variance(pseudo) / count)


def student_t(freedom: int) -> float:
    """The two-sided 95 % point of Student's t, to three digits for 4 degrees of freedom or more.

    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), equation 26.7.5.
    """
    x = _NORMAL_POINT
    terms: tuple[float, ...] = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92_160,
    )
    return x + sum(term / float(freedom**power) for power, term in enumerate(terms, 1))


# ---- estimates


def _count(of: Callable[[Block], int]) -> Callable[[Blocks, int], Estimate]:
    """So many a day."""

    def estimate(blocks: Blocks, days: int) -> Estimate:
        counts = [of(block) for block in blocks]
        total, number = sum(counts), len(counts)
        if number < 2:
            return total / days, [None] * number
        return total / days, [(total - count) * number / (number - 1) / days for count in counts]

    return estimate


def _ratio(above: Callable[[Block], int], below: Callable[[Block], int]) -> Callable[[Blocks, int], Estimate]:
    def estimate(blocks: Blocks, _: int) -> Estimate:
        pairs = [(above(block), below(block)) for block in blocks]
        top, bottom = sum(a for a, _ in pairs), sum(b for _, b in pairs)
        return _share(top, bottom), [_share(top - a, bottom - b) for a, b in pairs]

    return estimate


def _share(above: int, below: int) -> float | None:
    return above / below if below else None


def _quantile(blocks: Blocks, _: int) -> Estimate:
    """The wait of the first caller, in the order of waits, up to whom at least 90 % are: the nearest rank."""
    waits = sorted((wait_ms, number) for number, block in enumerate(blocks) for wait_ms in block.waits_ms)
    if not waits:
        return None, [None] * len(blocks)
    ranks: list[list[int]] = [[] for _ in blocks]
    for rank, (_, number) in enumerate(waits):
        ranks[number].append(rank)
    return waits[_place(len(waits), [])][0], [
        waits[_place(len(waits), own)][0] if len(own) < len(waits) else None for own in ranks
    ]


def _place(count: int, left_out: list[int]) -> int:
    """Where the quantile stands among `count` sorted values when those at `left_out`, ascending, do not count."""
    wanted = ceil(QUANTILE * (count - len(left_out)))
    return bisect_left(range(count), wanted, key=lambda place: place + 1 - bisect_right(left_out, place))


def _calls(block: Block) -> int:
    return block.offered


def _work(block: Block) -> int:
    return block.handling_ms + block.ready_ms


MEASURES = (
    Measure("offered", "offered", "calls", 0, "calls a day", _count(_calls), _calls),
    Measure("answered", "answered", "calls", 0, "of them, answered", _count(lambda block: block.answered), _calls),
    Measure(
        "abandoned", "abandoned", "calls", 0, "of them, hung up before", _count(lambda block: block.abandoned), _calls
    ),
    Measure(
        "sent_away",
        "sent away",
        "calls",
        0,
        "of them, told that nobody can answer, by a rule, a closed queue or an overflow",
        _count(lambda block: block.sent_away),
        _calls,
    ),
    Measure(
        "service_level",
        "service level",
        "share",
        1,
        "answered within the queue's threshold / (answered + abandoned)",
        _ratio(lambda block: block.in_time, lambda block: block.answered + block.abandoned),
        _calls,
    ),
    Measure(
        "asa_ms",
        "ASA",
        "ms",
        -1,
        "average speed of answer, the mean wait of the answered",
        _ratio(lambda block: block.wait_ms, lambda block: block.answered),
        _calls,
    ),
    Measure(
        "p90_wait_ms",
        "p90 wait",
        "ms",
        -1,
        "90 % of the answered and the abandoned waited no longer",
        _quantile,
        _calls,
    ),
    Measure(
        "occupancy",
        "occupancy",
        "share",
        0,
        "(talk + wrap-up) / (talk + wrap-up + ready), of the agents who serve the queue",
        _ratio(lambda block: block.handling_ms, _work),
        _work,
    ),
)

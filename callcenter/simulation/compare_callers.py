"""The callers of a day, drawn before the day begins, so that the rules have no say in who calls.

All that a caller will do is drawn at once, in a fixed number of draws, from a stream of their own: when they call, who
they are, how long they wait at most, how long their call takes, and what the phones that ring for them will do. Two
sets of rules that are given the same callers differ by what they do, not by luck: common random numbers, synchronised
by the inverse transform (A. M. Law, Simulation Modeling and Analysis, section 11.2). A talk is drawn as a share, since
how long talks are may depend on the queue: who is among the longest of one queue is among the longest of another.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

from callcenter.simulation.compare_traffic import HALF_HOUR_MS, Kind, TrafficFile, by_half_hour

T = TypeVar("T")

SMALLEST_SHARE = 2.0**-53  # a share is never 0, where a lognormal time has no value


@dataclass(frozen=True, slots=True)
class Caller:
    """One call. `talk` and `wrap_up` are shares, from 0 to 1, of all calls that take less long.

    `record` is what the customer's record says, tier and attributes as texts; None: the caller is in none.
    """

    number: int
    at_ms: int  # since midnight
    dialled: str
    caller: str
    intent: str | None
    language: str | None
    record: dict[str, str] | None
    patience_ms: int
    talk: float
    wrap_up: float
    seed: int  # of what the phones do that ring for this caller


TIER = ""  # the key of a record's tier, which no attribute has


def draw_callers(traffic: TrafficFile, number: int) -> list[Caller]:
    """The callers of the day with this number, in the order of their calls. The same seed and number, the same callers.

    Within a half-hour they come at random, with the rate of that half-hour (a Poisson process).
    """
    rng = Random(f"{traffic.seed} {number}")  # noqa: S311 - chance, not secrecy
    kinds = _Choice([_Drawn(kind) for kind in traffic.mix], [kind.weight for kind in traffic.mix])
    callers: list[Caller] = []
    for slot, rate in enumerate(by_half_hour(traffic.arrivals)):
        at_ms, end_ms = float(slot * HALF_HOUR_MS), (slot + 1) * HALF_HOUR_MS
        while rate and (at_ms := at_ms + rng.expovariate(rate / HALF_HOUR_MS)) < end_ms:
            callers.append(_draw(rng, traffic, len(callers), int(at_ms), kinds))
    return callers


class _Choice(Generic[T]):
    """Values with weights; always one draw."""

    def __init__(self, values: list[T], weights: list[float]) -> None:
        chosen = [(value, weight) for value, weight in zip(values, weights, strict=True) if weight]
        self._values = [value for value, _ in chosen]
        self._up_to = list(accumulate(weight for _, weight in chosen))

    def pick(self, share: float) -> T:
        return self._values[min(bisect_right(self._up_to, share * self._up_to[-1]), len(self._values) - 1)]


class _Drawn:
    """One kind of callers, ready to be drawn from."""

    def __init__(self, kind: Kind) -> None:
        self.dialled = _choice(kind.dialled)
        self.caller = _choice(kind.caller)
        self.intent = _choice(kind.intent)
        self.language = _choice(kind.language)
        known = ([(TIER, kind.tier)] if kind.tier else []) + list(kind.attributes.items())
        self.record = [(name, _choice(choices)) for name, choices in known]


def _choice(choices: dict[str, float] | None) -> _Choice[str | None]:
    return _Choice(list(choices), list(choices.values())) if choices else _Choice([None], [1])


def _draw(rng: Random, traffic: TrafficFile, number: int, at_ms: int, kinds: _Choice[_Drawn]) -> Caller:
    own = Random(rng.getrandbits(64))  # noqa: S311 - so that no caller's draws depend on how many another made
    share = own.random
    kind = kinds.pick(share())
    patience, talk, wrap_up, seed = share(), share(), share(), own.getrandbits(63)
    record = {name: choice.pick(share()) or "" for name, choice in kind.record}
    return Caller(
        number=number,
        at_ms=at_ms,
        dialled=kind.dialled.pick(share()) or "",
        caller=kind.caller.pick(share()) or f"+999{number:08}",  # no country has this code
        intent=kind.intent.pick(share()),
        language=kind.language.pick(share()),
        record=record or None,
        patience_ms=traffic.patience.ms(max(patience, SMALLEST_SHARE)),
        talk=max(talk, SMALLEST_SHARE),
        wrap_up=max(wrap_up, SMALLEST_SHARE),
        seed=seed,
    )

"""What queueing theory says of a call center in steady state: Erlang C, Erlang A, and two models with few places.

Each model here is a birth-and-death process: with k contacts inside, the next one comes at one rate and the next one
goes at another, both known. So the long-run share of time with k contacts inside follows by multiplying ratios of
rates, and everything else follows from those shares, because arrivals that come at random see what time sees (PASTA:
Wolff 1982, "Poisson arrivals see time averages").

Words and units: `agents` is n, `load` the offered load in erlang (arrival rate x mean service time), times are
milliseconds. Shares are of the callers that were let in, except `refused`, which is of all that came.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp

# Shares of time smaller than this, relative to the largest, add nothing that a double can hold.
NEGLIGIBLE = 1e-18


@dataclass(frozen=True, slots=True)
class Figures:
    """How a call center does in the long run. `in_time` is None where the model has no simple formula for it."""

    refused: float  # found no place, of all that came
    waiting: float  # not answered at once
    abandoned: float  # left before the answer
    mean_wait_ms: float  # of all that were let in, those who were answered at once or left included
    in_time: float | None  # answered within the threshold


def erlang_b(agents: int, load: float) -> float:
    """The share of calls lost where nobody can wait (Erlang 1917).

    By the usual recursion B(0) = 1, B(k) = load B(k-1) / (k + load B(k-1)), which overflows nowhere (Cooper 1981,
    "Introduction to Queueing Theory", 2nd edition, chapter 3).
    """
    lost = 1.0
    for k in range(1, agents + 1):
        lost = load * lost / (k + load * lost)
    return lost


def erlang_c(agents: int, load: float) -> float:
    """The probability of waiting in M/M/n (Erlang 1917), as B / (1 - (load/n) (1 - B)) (Cooper 1981, chapter 3).

    Raises ValueError where the load is not below the number of agents: the queue grows for ever.
    """
    if load >= agents:
        raise ValueError(f"a load of {load} erlang is too much for {agents} agents: it should be below {agents}")
    lost = erlang_b(agents, load)
    return lost / (1 - load / agents * (1 - lost))


def m_m_n(agents: int, load: float, service_ms: float, threshold_ms: float) -> Figures:
    """M/M/n: everybody waits as long as it takes (Erlang 1917; Cooper 1981, chapter 3).

    The wait of those who wait is exponential at rate (n - load) / service: mean wait = C service / (n - load), and
    the service level within T is 1 - C exp(-(n - load) T / service).
    """
    waiting = erlang_c(agents, load)
    over_threshold = waiting * exp(-(agents - load) * threshold_ms / service_ms)
    return Figures(0.0, waiting, 0.0, waiting * service_ms / (agents - load), 1 - over_threshold)


def m_m_n_m(agents: int, load: float, service_ms: float, patience_ms: float) -> Figures:
    """M/M/n+M, Erlang A: each caller has an exponential patience (Palm 1957; Garnett, Mandelbaum and Reiman 2002).

    The birth-and-death process has death rate min(k, n) / service + max(k - n, 0) / patience. With Q the mean number
    waiting: mean wait = Q / arrival rate (Little 1961), and the share that abandons = mean wait / patience (Mandelbaum
    and Zeltyn 2005, "The Palm/Erlang-A queue", sections 4.4 to 4.6).
    """
    shares = _shares(load, lambda k: min(k, agents) + max(k - agents, 0) * service_ms / patience_ms)
    mean_wait_ms = _mean_waiting(shares, agents) / load * service_ms
    return Figures(0.0, sum(shares[agents:]), mean_wait_ms / patience_ms, mean_wait_ms, None)


def m_m_n_r(agents: int, load: float, service_ms: float, places: int) -> Figures:
    """M/M/n with `places` for callers in all, those being served included; who finds none is refused.

    The classical loss-and-delay system (Cooper 1981, chapter 3): the M/M/n process cut off at `places`.
    """
    shares = _shares(load, lambda k: min(k, agents), places)
    return _with_refusals(shares[places], sum(shares[agents:places]), _mean_waiting(shares, agents), load, service_ms)


def separate_groups(groups: int, agents: int, load: float, service_ms: float, places: int) -> Figures:
    """`groups` equal M/M/n systems, each with `agents` and `load` of its own, that share `places` for callers.

    Alone, each would be a reversible birth-and-death process. A reversible process that may not leave a set keeps the
    proportions of its shares of time inside that set (Kelly 1979, "Reversibility and Stochastic Networks", corollary
    1.10), so the joint share of (k1, k2, ...) is the product of the groups' own, cut off at k1 + k2 + ... = `places`.
    """
    own = _shares(load, lambda k: min(k, agents), places)
    others = [1.0] + [0.0] * places
    for _ in range(groups - 1):
        others = _convolved(others, own)
    joint = [[one * rest for rest in others[: places + 1 - k]] for k, one in enumerate(own)]
    total = sum(map(sum, joint))
    refused = sum(row[places - k] for k, row in enumerate(joint)) / total
    found_busy = sum(sum(row[: places - k]) for k, row in enumerate(joint) if k >= agents) / total
    in_queue = sum((k - agents) * sum(row) for k, row in enumerate(joint) if k > agents) / total
    return _with_refusals(refused, found_busy, in_queue, load, service_ms)


def _with_refusals(refused: float, found_busy: float, in_queue: float, load: float, service_ms: float) -> Figures:
    let_in = 1 - refused
    return Figures(refused, found_busy / let_in, 0.0, in_queue / (load * let_in) * service_ms, None)


def _shares(load: float, departures: Callable[[int], float], most: int | None = None) -> list[float]:
    """The long-run shares of time with 0, 1, 2, ... inside, where the arrival rate is `load` per service time.

    `departures` gives the rate of leaving with k inside, per service time. Without `most` the list ends where nothing
    is left to add. The weights are kept in scale, so that no number of agents makes them overflow.
    """
    weights = [1.0]
    largest = 1.0
    while most is None or len(weights) <= most:
        weights.append(weights[-1] * load / departures(len(weights)))
        if weights[-1] > 1e200:
            weights = [weight / 1e200 for weight in weights]
            largest /= 1e200
        largest = max(largest, weights[-1])
        if most is None and weights[-1] < NEGLIGIBLE * largest:
            break
    total = sum(weights)
    return [weight / total for weight in weights]


def _mean_waiting(shares: list[float], agents: int) -> float:
    return sum((k - agents) * share for k, share in enumerate(shares) if k > agents)


def _convolved(one: list[float], other: list[float]) -> list[float]:
    """How many are in two groups together, as far as the lists go, which are of one length."""
    return [sum(one[i] * other[k - i] for i in range(k + 1)) for k in range(len(one))]

"""From what callers and phones saw to the samples of one run.

The one idea: both variants are measured by the same outsiders, the SIP phones themselves. SIPp stamps each message with
the machine's clock to the microsecond, so nothing is taken from either implementation's own words, and watching costs
the PBX nothing. One sweep over all that happened, in the order of its time, keeps who waits and which phones are free.

- Arrival is when the PBX announces the caller in the queue, stamped by the PBX (see observer.py).
- A ring is when an agent's phone gets the INVITE; it names the caller by the caller id.
- A call's end is when the PBX has hung up the phone's channel, stamped by the PBX: before that nobody could use the
  phone again, and what the hang-up itself takes is the PBX's affair in both variants. Because a busy PBX may stamp
  late, the gap from the phone's own BYE, hang-up included, is kept beside it.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter

from lab.sipp import Step, What

PASSED_OVER_S = 5.0
_ENDS = frozenset({What.ENDED, What.HUNG_UP, What.CANCELLED, What.REFUSED})


class UnknownCallerError(Exception):
    """A phone rang for a caller that never called, so the samples can't be told apart."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What one run shows; times are in milliseconds.

    `arrival_to_ring_ms`: callers who arrived while a phone was free for them, that is more free than callers waiting.
    `idle_gap_ms`: from the end of a phone's call to its next ring, where in all that time there was a waiting caller
    for each free phone; `bye_gap_ms`: the same from the phone's BYE. `double_offers`: rings at a phone that had a leg
    already, ringing or talking, and rings for a caller who had one. `passed_over`: gaps of over 5 s, with callers
    waiting for each free phone, that no ring ended.
    """

    arrival_to_ring_ms: tuple[float, ...]
    idle_gap_ms: tuple[float, ...]
    bye_gap_ms: tuple[float, ...]
    double_offers: int
    passed_over: int
    callers: int
    served: int
    most_waiting: int


def samples(
    phones: Sequence[str],
    arrivals: Mapping[str, float],
    freed: Mapping[str, Sequence[float]],
    caller_steps: Iterable[Step],
    phone_steps: Iterable[Step],
) -> Samples:
    """The samples of one run with these agents' phones, all free at its start.

    `arrivals` holds seconds by caller, `freed` the seconds of all hang-ups by phone, in order. Raises
    UnknownCallerError when a phone rang for a number that did not call.
    """
    callers = list(caller_steps)
    sweep = _Sweep(phones, arrivals, freed, {step.own for step in callers})
    happened: list[tuple[float, Callable[[], None]]] = []
    happened += [(at_s, partial(sweep.arrive, caller, at_s)) for caller, at_s in arrivals.items()]
    happened += [(step.at_s, partial(sweep.leave, step)) for step in callers if step.what in _ENDS]
    happened += [(step.at_s, partial(sweep.at_phone, step)) for step in phone_steps]
    for _, happen in sorted(happened, key=itemgetter(0)):
        happen()
    return Samples(
        tuple(sweep.arrival_to_ring_ms),
        tuple(sweep.idle_gap_ms),
        tuple(sweep.bye_gap_ms),
        sweep.double_offers,
        sweep.passed_over,
        len(sweep.callers),
        len(sweep.served),
        sweep.most_waiting,
    )


@dataclass(slots=True)
class _Sweep:
    phones: Sequence[str]
    arrivals: Mapping[str, float]
    freed: Mapping[str, Sequence[float]]
    callers: set[str]
    arrival_to_ring_ms: list[float] = field(default_factory=list)
    idle_gap_ms: list[float] = field(default_factory=list)
    bye_gap_ms: list[float] = field(default_factory=list)
    double_offers: int = 0
    passed_over: int = 0
    most_waiting: int = 0
    served: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    rung: set[str] = field(default_factory=set)
    found_free: set[str] = field(default_factory=set)
    legs: dict[str, tuple[str, str]] = field(default_factory=dict)  # a leg's call id: its phone and caller
    answered: set[str] = field(default_factory=set)  # call ids
    began: dict[str, float] = field(default_factory=dict)  # phone: when it last rang
    gaps: dict[str, float] = field(default_factory=dict)  # phone: its BYE, where callers have been waiting ever since

    def free(self) -> int:
        return len(self.phones) - len({phone for phone, _ in self.legs.values()})

    def arrive(self, caller: str, at_s: float) -> None:
        if caller not in self.rung:
            if self.free() > len(self.waiting):
                self.found_free.add(caller)
            self.waiting.add(caller)
            self.most_waiting = max(self.most_waiting, len(self.waiting))
        self._close_gaps(at_s)

    def leave(self, step: Step) -> None:
        self.waiting.discard(step.own)
        self._close_gaps(step.at_s)

    def at_phone(self, step: Step) -> None:
        if step.what is What.RINGING:
            self._ring(step)
        elif step.what is What.ANSWERED and step.call in self.legs:
            self.answered.add(step.call)
            self.served.add(step.other)
        elif step.what in _ENDS and self.legs.pop(step.call, None) is not None:
            busy = any(phone == step.own for phone, _ in self.legs.values())
            if step.call in self.answered and not busy:
                self.gaps[step.own] = step.at_s
        self._close_gaps(step.at_s)

    def _ring(self, step: Step) -> None:
        phone, caller = step.own, step.other
        if caller not in self.callers:
            raise UnknownCallerError(f"{phone} rang for {caller!r}, who never called: is the caller id passed on?")
        if any(phone == leg[0] or caller == leg[1] for leg in self.legs.values()):
            self.double_offers += 1
        if phone in self.gaps:
            bye_s = self.gaps.pop(phone)
            self.bye_gap_ms.append((step.at_s - bye_s) * 1_000)
            self.idle_gap_ms.append(max(0.0, step.at_s - self._freed_at(phone, bye_s)) * 1_000)
        self.began[phone] = step.at_s
        if caller in self.found_free and caller not in self.rung:
            self.arrival_to_ring_ms.append((step.at_s - self.arrivals[caller]) * 1_000)
        self.rung.add(caller)
        self.waiting.discard(caller)
        self.legs[step.call] = (phone, caller)

    def _freed_at(self, phone: str, bye_s: float) -> float:
        """When the call before was hung up: the first hang-up after its ring; the BYE where the PBX told of none."""
        hangups = self.freed.get(phone, ())
        first = bisect_right(hangups, self.began[phone])
        return hangups[first] if first < len(hangups) else bye_s

    def _close_gaps(self, now_s: float) -> None:
        """A phone that is free for want of callers is nobody's fault: its gap no longer counts."""
        if len(self.waiting) < self.free():
            self.passed_over += sum(now_s - began > PASSED_OVER_S for began in self.gaps.values())
            self.gaps.clear()

"""The current rules and a candidate through the same days: what each makes of the same callers, and the difference.

Only the rules differ. Callers, shifts and what phones do are drawn once for both, so that most of the luck is the same
luck and small differences show after few days. A day is one replication: it begins with nobody inside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from callcenter.simulation.compare_callers import draw_callers
from callcenter.simulation.compare_figures import MEASURES, Block, Difference, differ
from callcenter.simulation.compare_traffic import DAY_MS, HALF_HOUR_MS, HALF_HOURS, TrafficFile, by_half_hour, shifts_of
from callcenter.simulation.day import Day, DayLog, End, Fate
from callcenter.types import Configuration

# How many calls are played by default with each set of rules, in at most so many days: a matter of seconds.
CALLS_BY_DEFAULT = 15_000
MAX_DAYS_BY_DEFAULT = 20
MIN_DAYS = 10  # for intervals made from days; fewer say less than their half-hours

_EPOCH = date(1970, 1, 1).toordinal()
ALL, QUEUE, TIER = "all", "queue", "tier"
GroupName = tuple[str, str]  # ALL, QUEUE or TIER, and which one


@dataclass(frozen=True, slots=True)
class Point:
    """Those who called in one half-hour, over all days; None where there is nobody to speak of."""

    offered: int
    service_level: float | None
    mean_wait_ms: float | None  # of the answered and the abandoned


@dataclass(frozen=True, slots=True)
class Group:
    """All callers, those who ended in a queue, or those of a tier by the current rules.

    `differences` are in the order of MEASURES; the curves have one point for each half-hour.
    """

    kind: str
    name: str
    differences: tuple[Difference, ...]
    current: tuple[Point, ...]
    candidate: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`blocks` says what the intervals are made from: `days` or `half-hours`. `calls` are those of all days."""

    day: date
    days: int
    calls: int
    seed: int
    blocks: str
    groups: tuple[Group, ...]
    events: int  # that the engine handled, for both


def days_by_default(traffic: TrafficFile) -> int:
    """As many days as make CALLS_BY_DEFAULT calls, at least one."""
    return max(1, min(MAX_DAYS_BY_DEFAULT, int(CALLS_BY_DEFAULT / calls_a_day(traffic))))


def calls_a_day(traffic: TrafficFile) -> float:
    """How many calls are to be expected."""
    return sum(by_half_hour(traffic.arrivals))


def midnight_ms(day: date, zone: tuple[tuple[int, int], ...]) -> int:
    """When the day begins in ms of UTC, in the zone of a configuration; no zone is UTC.

    Times of the day are counted from there, so that on a day when clocks change they differ from the wall's.
    """
    local_ms = (day.toordinal() - _EPOCH) * DAY_MS
    at_ms = local_ms
    for _ in range(2):  # the offset at the first guess may be that of the other side of a change
        offset_ms = next((offset for from_ms, offset in reversed(zone) if from_ms <= at_ms), 0)
        at_ms = local_ms - offset_ms
    return at_ms


def compare(
    current: Configuration,
    candidate: Configuration,
    traffic: TrafficFile,
    day: date,
    days: int,
    *,
    tick: Callable[[], object] = lambda: None,
) -> Comparison:
    """Play `days` such days with both; `tick` is called once for each caller of each. `traffic` must fit to both."""
    both = (current, candidate)
    begins_ms = midnight_ms(day, current.zone)
    shifts = shifts_of(traffic, current.agents)
    names = _groups(current, candidate)
    tallies = [_Tally(configuration, names, days) for configuration in both]
    calls = 0
    for number in range(days):
        callers = draw_callers(traffic, number)
        calls += len(callers)
        logs = [Day(configuration, traffic, begins_ms, day).play(callers, shifts, tick) for configuration in both]
        for tally, log in zip(tallies, logs, strict=True):
            tally.add(number, log, logs[0].ends)
    by_days = days >= MIN_DAYS
    groups = []
    for name in names:
        one, two = (tally.blocks(name, by_days=by_days) for tally in tallies)
        differences = tuple(differ(measure, one, two, days) for measure in MEASURES)
        groups.append(Group(*name, differences, *(tally.curve(name) for tally in tallies)))
    events = sum(tally.events for tally in tallies)
    return Comparison(day, days, calls, traffic.seed, "days" if by_days else "half-hours", tuple(groups), events)


def _groups(current: Configuration, candidate: Configuration) -> list[GroupName]:
    """Everybody, then the queues and the tiers of both, those of the current rules first."""
    queues = dict.fromkeys(queue.name for made in (current, candidate) for queue in made.queues)
    tiers = dict.fromkeys(tier for made in (current, candidate) for tier in made.tiers)
    return [(ALL, ""), *((QUEUE, name) for name in queues), *((TIER, name) for name in tiers)]


class _Tally:
    """What one configuration made of the days, by group, day and half-hour of the call."""

    def __init__(self, configuration: Configuration, names: list[GroupName], days: int) -> None:
        self.events = 0
        self._blocks = {name: [Block() for _ in range(days * HALF_HOURS)] for name in names}
        self._serves = {agent.id: tuple(dict.fromkeys(agent.queues)) for agent in configuration.agents}

    def add(self, day: int, log: DayLog, ends_of_current: tuple[End, ...]) -> None:
        """One more day. A caller's tier is that by the current rules, so that a tier is the same people for both."""
        self.events += log.events
        first = day * HALF_HOURS
        for end, known in zip(log.ends, ends_of_current, strict=True):
            slot = first + end.at_ms // HALF_HOUR_MS
            _add(self._blocks[ALL, ""][slot], end)
            if end.queue is not None:
                _add(self._blocks[QUEUE, end.queue][slot], end)
            _add(self._blocks[TIER, known.tier][slot], end)
        for agent, time in log.times.items():
            for name in ((ALL, ""), *((QUEUE, queue) for queue in self._serves[agent])):
                blocks = self._blocks[name]
                for slot in range(HALF_HOURS):
                    blocks[first + slot].handling_ms += time.handling[slot]
                    blocks[first + slot].ready_ms += time.ready[slot]

    def blocks(self, name: GroupName, *, by_days: bool) -> list[Block]:
        blocks = self._blocks[name]
        if not by_days:
            return blocks
        return [_sum(blocks[first : first + HALF_HOURS]) for first in range(0, len(blocks), HALF_HOURS)]

    def curve(self, name: GroupName) -> tuple[Point, ...]:
        return tuple(_point(_sum(self._blocks[name][slot::HALF_HOURS])) for slot in range(HALF_HOURS))


def _add(block: Block, end: End) -> None:
    block.offered += 1
    if end.fate is Fate.ANSWERED:
        block.answered += 1
        block.in_time += end.in_time
        block.wait_ms += end.waited_ms
        block.waits_ms.append(end.waited_ms)
    elif end.fate is Fate.ABANDONED:
        block.abandoned += 1
        block.waits_ms.append(end.waited_ms)
    else:
        block.sent_away += 1


def _sum(blocks: list[Block]) -> Block:
    return Block(
        offered=sum(block.offered for block in blocks),
        answered=sum(block.answered for block in blocks),
        abandoned=sum(block.abandoned for block in blocks),
        sent_away=sum(block.sent_away for block in blocks),
        in_time=sum(block.in_time for block in blocks),
        wait_ms=sum(block.wait_ms for block in blocks),
        waits_ms=[wait_ms for block in blocks for wait_ms in block.waits_ms],
        handling_ms=sum(block.handling_ms for block in blocks),
        ready_ms=sum(block.ready_ms for block in blocks),
    )


def _point(block: Block) -> Point:
    waited = len(block.waits_ms)
    return Point(
        block.offered,
        block.in_time / waited if waited else None,
        sum(block.waits_ms) / waited if waited else None,
    )

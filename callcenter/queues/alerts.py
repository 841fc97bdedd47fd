"""What is amiss in a queue, by the thresholds that its admin has set.

A threshold is reached at its value: 5 who wait with `warning: 5` are a warning. Of the service level it is the other
way about: below its value. And that of the last quarter of an hour says nothing before FEWEST contacts left the queue.
"""

from dataclasses import dataclass

from callcenter.queues.service_level import USUAL, Counts, service_level
from callcenter.types import Level, Limits, Thresholds

FEWEST = 5


@dataclass(frozen=True, slots=True)
class Alert:
    """`measure` is a key of the thresholds. The words say nothing that changes while only time passes."""

    measure: str
    level: Level
    words: str


def alerts_of(thresholds: Thresholds | None, waiting: int, longest_wait_ms: int, recent: Counts) -> tuple[Alert, ...]:
    """Those of a queue now, in the order of the measures; of each measure at most one, the worse level."""
    if thresholds is None:
        return ()
    share = service_level(recent, USUAL)
    enough = recent.answered + recent.abandoned >= FEWEST
    percent = 100 * share if share is not None and enough else None
    found: list[Alert] = []
    for level, limit in _worse_first(thresholds.waiting):
        if waiting >= limit:
            found.append(Alert("waiting", level, f"{waiting} wait, {limit:g} are too many"))
            break
    for level, limit in _worse_first(thresholds.longest_wait_s):
        if waiting and longest_wait_ms >= 1_000 * limit:
            found.append(Alert("longest_wait_s", level, f"somebody has waited for {limit:g} s and longer"))
            break
    for level, limit in _worse_first(thresholds.service_level):
        if percent is not None and percent < limit:
            words = f"the service level is {int(percent)} % in the last 15 minutes, below {limit:g} %"
            found.append(Alert("service_level", level, words))
            break
    return tuple(found)


def worst(alerts: tuple[Alert, ...]) -> Level | None:
    levels = [alert.level for alert in alerts]
    return Level.CRITICAL if Level.CRITICAL in levels else Level.WARNING if levels else None


def _worse_first(limits: Limits | None) -> list[tuple[Level, float]]:
    if limits is None:
        return []
    both = ((Level.CRITICAL, limits.critical), (Level.WARNING, limits.warning))
    return [(level, limit) for level, limit in both if limit is not None]

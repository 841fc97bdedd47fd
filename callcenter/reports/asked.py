"""What is asked for: a kind of report over a range, by intervals and groups, as a command or an address says it.

The one idea: whoever asks, on the command line or over HTTP, asks in the same words, and they are read here and nowhere
else. What comes out makes sense, or AskedError says what would.
"""

from collections.abc import Collection
from dataclasses import dataclass

from callcenter.queues.service_level import USUAL, Formula
from callcenter.reports import intervals
from callcenter.reports.columns import Group, GroupError, Kind, groups_of
from callcenter.reports.intervals import By, Grid, RangeError

NO_GROUP = "none"
MIN_DAYS, MAX_DAYS = 1, 366
USUAL_DAYS = 7


class AskedError(ValueError):
    """There is no such report. Its text says what there is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`queues` and `agents`: only what is of these, None: everything. `now_ms` is when it was asked."""

    kind: Kind
    grid: Grid
    groups: tuple[Group, ...]
    formula: Formula
    within_days: int
    now_ms: int
    queues: frozenset[str] | None = None
    agents: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A question as it was written; None: what is usual. `from_` and `to` are moments on the clock of `zone`."""

    kind: str
    from_: str | None = None
    to: str | None = None
    by: str | None = None
    group: str | None = None
    zone: str | None = None
    formula: str | None = None
    within_days: int = USUAL_DAYS


def read(
    words: Words,
    *,
    zone: str,
    now_ms: int,
    queues: Collection[str] | None = None,
    agents: Collection[str] | None = None,
) -> Asked:
    """`zone` is the usual one. Without a range it is today; without its end, until the end of the day it begins on.

    Raises AskedError.
    """
    try:
        kind = Kind(_one_of("report", words.kind, [kind.value for kind in Kind]))
        by = None if words.by is None else By(_one_of("interval", words.by, [by.value for by in By]))
        named = words.formula or USUAL.value
        formula = Formula(_one_of("formula", named, [formula.value for formula in Formula]))
        groups = None if words.group is None else words.group.split(",")
        group = groups_of(kind, [] if groups == [NO_GROUP] else groups)
        zone = words.zone or zone
        from_ms = intervals.day_of(now_ms, zone)[0] if words.from_ is None else intervals.moment(words.from_, zone)
        to_ms = intervals.day_of(from_ms, zone)[1] if words.to is None else intervals.moment(words.to, zone)
        grid = intervals.grid(zone, by, from_ms, to_ms)
    except (RangeError, GroupError) as error:
        raise AskedError(str(error)) from None
    if not MIN_DAYS <= words.within_days <= MAX_DAYS:
        raise AskedError(f"Within {words.within_days} days makes no sense. Use {MIN_DAYS} to {MAX_DAYS} days")
    only = None if queues is None else frozenset(queues)
    of = None if agents is None else frozenset(agents)
    return Asked(kind, grid, group, formula, words.within_days, now_ms, only, of)


def _one_of(what: str, word: str, known: list[str]) -> str:
    if word not in known:
        raise AskedError(f"{word[:40]!r} is no {what}. Use one of: {', '.join(known)}")
    return word

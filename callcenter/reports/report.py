"""A report: rows of figures with what they mean, ready to be shown or exported.

The one idea: it is complete and holds values, not words. Whatever shows it, a table, a file or a page, turns the same
values into its own form, and adds nothing up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.reports.asked import Asked
from callcenter.reports.columns import (
    LONGEST,
    Column,
    Group,
    Kind,
    Value,
    columns_of,
    counts_of,
)
from callcenter.reports.intervals import Interval
from callcenter.reports.reading import Found

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Row:
    """`groups` are in the order of the report's; None: of no queue, without a disposition, and so on."""

    interval: Interval
    groups: tuple[str | None, ...]
    cells: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """`rows` ascend by interval and groups, and there is none where nothing happened. `total` is of all of them."""

    asked: Asked
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: tuple[Value, ...]
    notes: tuple[str, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        return self.asked.groups

    @property
    def title(self) -> str:
        grid = self.asked.grid
        first, last = (f"{grid.local(at_ms):%Y-%m-%d %H:%M}" for at_ms in (grid.from_ms, grid.to_ms))
        return f"{self.asked.kind}: {first} to {last}, {grid.zone}"


def made(asked: Asked, found: Found) -> Report:
    columns = columns_of(
        asked.kind,
        asked.groups,
        formula=asked.formula,
        within_days=asked.within_days,
        reasons=sorted(found.reasons),
    )
    total = dict.fromkeys(counts_of(asked.kind), 0)
    rows = []
    for (index, groups), sums in sorted(found.sums.items(), key=lambda item: item[0]):
        for name, value in sums.items():
            before = total.get(name, 0)
            total[name] = max(before, value) if name == LONGEST else before + value
        cells = tuple(column.of(sums) for column in columns)
        rows.append(Row(asked.grid.intervals[index], tuple(group or None for group in groups), cells))
    return Report(asked, columns, tuple(rows), tuple(column.of(total) for column in columns), tuple(_notes(asked)))


def _notes(asked: Asked) -> Sequence[str]:
    notes = []
    grid = asked.grid
    if grid.to_ms > asked.now_ms:
        notes.append(f"The range is not over: these are the figures of {grid.local(asked.now_ms):%Y-%m-%d %H:%M}.")
    if asked.kind is Kind.CUSTOMERS and grid.to_ms + asked.within_days * _DAY_MS > asked.now_ms:
        notes.append(
            f"{asked.within_days} days after the end of the range have not passed: who calls again takes away from the "
            "first-contact resolution still."
        )
    if asked.kind is Kind.AGENTS and Group.QUEUE in asked.groups:
        notes.append("An agent's time is of no queue: leave `queue` out of the groups to see it.")
    if asked.queues is not None:
        notes.append(f"Only what is of these queues: {', '.join(sorted(asked.queues)) or 'none'}.")
    return notes

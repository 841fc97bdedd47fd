"""A report as a table for the terminal, and how its values are written for people, here and on the page."""

from collections.abc import Iterator, Sequence

from callcenter.reports.columns import Column, Unit, Value
from callcenter.reports.report import Report

NOTHING = "-"
NO_NAME = "(none)"
TOTAL = "total"
_WIDEST = 32  # of the names of groups


def lines_of(report: Report) -> list[str]:
    """The report, one string for each line: those columns that there is room for, and all rows."""
    shown = [number for number, column in enumerate(report.columns) if column.brief]
    columns = [report.columns[number] for number in shown]
    if not report.rows:
        return [report.title, "", "Nothing happened in this range.", *_notes(report)]
    names, table = headings(report), list[list[str]]()
    for interval, groups, cells in rows_of(report):
        table.append([*interval, *(_cut(group) for group in groups), *(cells[number] for number in shown)])
    last = [written(report.total[number], column) for number, column in zip(shown, columns, strict=True)]
    total = [TOTAL, *[""] * (len(names) - 1), *last] if names else last
    head = [*names, *(column.heading for column in columns)]
    widths = [max(len(line[place]) for line in (head, *table, total)) for place in range(len(head))]
    left = len(names)
    body = [_line(line, widths, left) for line in (head, *table)]
    ends = ["-" * len(body[0]), _line(total, widths, left)] if len(table) > 1 and names else []
    return [report.title, "", *body, *ends, *_notes(report)]


def headings(report: Report) -> list[str]:
    """Of the columns before the figures."""
    return [*([] if report.asked.grid.by is None else ["from"]), *report.groups]


def rows_of(report: Report) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Each row in words: its interval, unless there is one only, its groups and all its figures."""
    for row in report.rows:
        interval = [] if report.asked.grid.by is None else [row.interval.label]
        groups = [group if group is not None else NO_NAME for group in row.groups]
        yield (
            interval,
            groups,
            [written(value, column) for value, column in zip(row.cells, report.columns, strict=True)],
        )


def written(value: Value, column: Column) -> str:
    """A share as per cent, a time as minutes and seconds, or with hours; `-` where there is nothing to tell."""
    if value is None:
        return NOTHING
    if column.unit is Unit.SHARE:
        return f"{100 * value:.1f} %"
    if column.unit is Unit.MS:
        minutes, seconds = divmod(round(value / 1_000), 60)
        hours, rest = divmod(minutes, 60)
        return f"{hours}:{rest:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{value:,}"


def _cut(name: str) -> str:
    return name if len(name) <= _WIDEST else f"{name[: _WIDEST - 1]}…"


def _line(cells: Sequence[str], widths: Sequence[int], left: int) -> str:
    parts = [
        f"{cell:<{width}}" if place < left else f"{cell:>{width}}"
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(parts).rstrip()


def _notes(report: Report) -> list[str]:
    return ["", *report.notes] if report.notes else []

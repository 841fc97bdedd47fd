"""A report as one page that needs nothing else: plots of its main figures over the intervals, and the whole table.

A plot has a line for each group where there are few, told apart by colour and by dashes, else one for all of them.
"""

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil

from callcenter import plots
from callcenter.reports.columns import Column, Unit, Value
from callcenter.reports.report import Report
from callcenter.reports.table import NO_NAME, NOTHING, TOTAL, headings, rows_of, written

MAX_LINES = 6
_WORDS_CELL = ' class="words"'
_MAX_MARKS = 7
_COLOURS = (  # on light and on dark paper, with the dashes
    ("#1d4ed8", "#93c5fd", "none"),
    ("#c2410c", "#fb923c", "6 3"),
    ("#15803d", "#4ade80", "2 3"),
    ("#7e22ce", "#d8b4fe", "10 4"),
    ("#a16207", "#facc15", "8 3 2 3"),
    ("#0f766e", "#5eead4", "4 4"),
)
_KEYS = ("dashed", "solid")
_WORDS = """
td.words, th.words { text-align: left }
tfoot td { font-weight: 600 }
.wide { overflow-x: auto }
dl { font-size: .85rem; columns: 24rem } dt { font-weight: 600 } dd { margin: 0 0 .3rem }
"""


def _colours() -> str:
    light = "".join(f"--l{number}: {one} ; " for number, (one, _, _) in enumerate(_COLOURS))
    dark = "".join(f"--l{number}: {one} ; " for number, (_, one, _) in enumerate(_COLOURS))
    lines = "".join(
        f"path.l{number} {{ stroke: var(--l{number}); stroke-dasharray: {dashes} }}\n"
        f"circle.l{number} {{ fill: var(--l{number}) }}\n"
        f".key.l{number} {{ border-color: var(--l{number}); border-top-style: {_KEYS[dashes == 'none']} }}\n"
        for number, (_, _, dashes) in enumerate(_COLOURS)
    )
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{lines}"


def page_of(report: Report) -> str:
    drawn = "".join(_plots(report))
    notes = "".join(f"<p>{escape(note)}</p>" for note in report.notes)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{escape(report.title)}</title>
<style>{plots.STYLE}{_colours()}{_WORDS}</style>
</head>
<body>
<h1>Report</h1>
<p>{escape(report.title)}</p>
{notes}
{drawn}
<h2>Figures</h2>
<div class="wide">{_table(report)}</div>
<h2>What they are</h2>
{_formulas(report.columns)}
</body>
</html>
"""


# ---- the table


def _table(report: Report) -> str:
    if not report.rows:
        return "<p>Nothing happened in this range.</p>"
    words = headings(report)
    head = "".join(f'<th class="words">{escape(word)}</th>' for word in words)
    head += "".join(f"<th>{escape(column.heading)}</th>" for column in report.columns)
    body = "".join(
        f"<tr>{_cells([*interval, *groups], _WORDS_CELL)}{_cells(cells)}</tr>"
        for interval, groups, cells in rows_of(report)
    )
    total = [written(value, column) for value, column in zip(report.total, report.columns, strict=True)]
    last = _cells([TOTAL, *[""] * (len(words) - 1)] if words else [], _WORDS_CELL) + _cells(total)
    foot = f"<tfoot><tr>{last}</tr></tfoot>" if words else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>"


def _cells(cells: Sequence[str], kind: str = "") -> str:
    return "".join(f"<td{kind}>{escape(cell)}</td>" for cell in cells)


def _formulas(columns: Sequence[Column]) -> str:
    told = "".join(f"<dt>{escape(column.heading)}</dt><dd>{escape(column.formula)}</dd>" for column in columns)
    return f'<dl>{told}</dl><p class="notes">{NOTHING}: there is nobody of whom it could be said.</p>'


# ---- the plots


def _plots(report: Report) -> Iterator[str]:
    """None where there are no intervals to draw lines over, or too many groups to tell them apart."""
    lines = list(dict.fromkeys(row.groups for row in report.rows))
    if report.asked.grid.by is None or not report.rows or len(lines) > MAX_LINES:
        return
    names = [", ".join(name if name is not None else NO_NAME for name in line) for line in lines]
    yield "<h2>Over time</h2>"
    if len(lines) > 1:
        keys = "".join(f'<span class="key l{number}"></span>{escape(name)}' for number, name in enumerate(names))
        yield f"<p>{keys}</p>"
    yield '<div class="plots">'
    for place, column in enumerate(report.columns):
        if column.drawn:
            yield _plot(report, place, column, lines, names)
    yield "</div>"


def _plot(
    report: Report, place: int, column: Column, lines: Sequence[tuple[str | None, ...]], names: Sequence[str]
) -> str:
    intervals = report.asked.grid.intervals
    index = {interval.from_ms: number for number, interval in enumerate(intervals)}
    curves: dict[str, list[float | None]] = {f"l{number}": [None] * len(intervals) for number in range(len(lines))}
    name_of = dict(zip(curves, names, strict=True))
    for row in report.rows:
        curves[f"l{lines.index(row.groups)}"][index[row.interval.from_ms]] = _height(row.cells[place], column)

    def told(line: str, number: int, value: float) -> str:
        who = f"{name_of[line]}, " if name_of[line] else ""
        return f"{who}{intervals[number].label}: {_words(value, column)}"

    def marks(first: int, last: int) -> Iterator[tuple[int, str]]:
        for number in range(first, last, ceil((last - first) / _MAX_MARKS)):
            yield number, _short(intervals[number].label, len(intervals))

    unit = {Unit.SHARE: "%", Unit.MS: "seconds", Unit.COUNT: ""}[column.unit]
    caption = f"{column.heading}, {unit}" if unit else column.heading
    top = 100.0 if column.unit is Unit.SHARE else None
    return plots.plot(caption, f"{report.title}: {caption}", curves, told=told, marks=marks, top=top)


def _height(value: Value, column: Column) -> float | None:
    return None if value is None else value * {Unit.SHARE: 100, Unit.MS: 0.001, Unit.COUNT: 1}[column.unit]


def _words(value: float, column: Column) -> str:
    return {Unit.SHARE: f"{value:.1f} %", Unit.MS: f"{value:.1f} s", Unit.COUNT: f"{value:,.0f}"}[column.unit]


def _short(label: str, count: int) -> str:
    """Of a label below a plot the time where it is of a day or so, else the date without its year."""
    day, _, clock = label.partition(" ")
    if clock and count <= 100:
        return clock.split(" ")[0]
    return day[5:] or day

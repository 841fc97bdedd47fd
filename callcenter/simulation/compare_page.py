"""A comparison as one page that needs nothing else: tables, and plots of the day.

A plot has one line for each set of rules, dashed for the current ones, so that it can be read without colours; where
nobody called, the line has a gap.
"""

from collections.abc import Callable, Iterator
from html import escape
from math import ceil

from callcenter import plots
from callcenter.simulation.compare import Comparison, Group, Point
from callcenter.simulation.compare_table import HEADINGS, is_drawn, name_of, notes_of, rows_of, title_of
from callcenter.simulation.compare_traffic import HALF_HOUR_MS, clock

_MAX_HOUR_MARKS = 9

_STYLE = """
:root { --current: #5b7083; --candidate: #c2410c; --good: #15803d; --bad: #b91c1c }
@media (prefers-color-scheme: dark) {
  :root { --current: #9fb3c8; --candidate: #fb923c; --good: #4ade80; --bad: #f87171 }
}
th:first-child, td:first-child, td:last-child { text-align: left }
.better { color: var(--good) } .worse { color: var(--bad) }
.current { stroke: var(--current); stroke-dasharray: 5 3 } .candidate { stroke: var(--candidate) }
circle.current { fill: var(--current) } circle.candidate { fill: var(--candidate) }
.key.current { border-color: var(--current); border-top-style: dashed }
.key.candidate { border-color: var(--candidate) }
.tables { display: flex; flex-wrap: wrap; align-items: start; gap: 1.5rem 2rem }
"""


def page_of(comparison: Comparison, current: str, candidate: str) -> str:
    """The whole page; `current` and `candidate` say what the two sets of rules are called."""
    drawn = [group for group in comparison.groups if is_drawn(group)]
    tables = "".join(_table(group, comparison.days) for group in comparison.groups)
    notes = "".join(f"<p>{escape(note)}</p>" for note in notes_of(comparison))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Rules compared: {escape(candidate)}</title>
<style>{plots.STYLE}{_STYLE}</style>
</head>
<body>
<h1>Rules compared</h1>
<p>{escape(title_of(comparison))}</p>
<p><span class="key current"></span>current: {escape(current)} <span class="key candidate"></span>candidate: \
{escape(candidate)}</p>
<h2>What it comes to</h2>
<div class="tables">{tables}</div>
<h2>Over the day</h2>
{"".join(_plots(group) for group in drawn)}
<div class="notes">{notes}</div>
</body>
</html>
"""


def _table(group: Group, days: int) -> str:
    rows = rows_of(group, days)
    if not rows:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in HEADINGS)
    body = "".join(_row(row) for row in rows)
    caption = escape(name_of(group))
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(row: tuple[str, ...]) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[:-1])
    return f'<tr>{cells}<td class="{escape(row[-1])}">{escape(row[-1])}</td></tr>'


def _plots(group: Group) -> str:
    waits = _plot(group, "mean wait, seconds", lambda point: _or_none(point.mean_wait_ms, 0.001), "{:.1f} s")
    levels = _plot(group, "service level, %", lambda point: _or_none(point.service_level, 100), "{:.1f} %", 100)
    return f'<h3>{escape(name_of(group))}</h3><div class="plots">{waits}{levels}</div>'


def _or_none(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _plot(group: Group, what: str, of: Callable[[Point], float | None], form: str, top: float | None = None) -> str:
    curves = {"current": [of(point) for point in group.current], "candidate": [of(point) for point in group.candidate]}

    def told(name: str, slot: int, value: float) -> str:
        return f"{name}, {clock(slot * HALF_HOUR_MS)}: {form.format(value)}"

    return plots.plot(what, f"{name_of(group)}: {what}", curves, told=told, marks=_hours, top=top)


def _hours(first: int, last: int) -> Iterator[tuple[int, str]]:
    """The hours of the clock between two half-hours, as many as there is room for."""
    step = 2 * ceil((last - first) / 2 / _MAX_HOUR_MARKS)
    for slot in range(first + first % 2, last + 1, step):
        yield slot, clock(slot * HALF_HOUR_MS)

"""A comparison as one page that needs nothing else: tables, and plots of the day as SVG, drawn here by hand.

A plot has one line for each set of rules, dashed for the current ones, so that it can be read without colours; where
nobody called, the line has a gap.
"""

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, log10

from callcenter.simulation.compare import Comparison, Group, Point
from callcenter.simulation.compare_table import HEADINGS, is_drawn, name_of, notes_of, rows_of, title_of
from callcenter.simulation.compare_traffic import HALF_HOUR_MS, HALF_HOURS, clock

WIDTH, HEIGHT = 560, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 20, 12, 24
_GRID_LINES = 4
_MAX_HOUR_MARKS = 9

_STYLE = """
:root { color-scheme: light dark; --line: #8884 }
:root { --current: #5b7083; --candidate: #c2410c; --good: #15803d; --bad: #b91c1c }
@media (prefers-color-scheme: dark) {
  :root { --current: #9fb3c8; --candidate: #fb923c; --good: #4ade80; --bad: #f87171 }
}
body { font: 15px/1.45 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin-bottom: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem } p { margin: .3rem 0 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } caption { text-align: left; font-weight: 600 }
th, td { padding: .15rem .55rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child, td:first-child, td:last-child { text-align: left } th { font-weight: 500 }
.better { color: var(--good) } .worse { color: var(--bad) }
.plots { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; flex: 1 1 26rem } figcaption { font-weight: 600 }
svg { width: 100%; height: auto; font-size: 11px; fill: currentColor } svg line { stroke: var(--line) }
svg path { fill: none; stroke-width: 2 }
.current { stroke: var(--current); stroke-dasharray: 5 3 } .candidate { stroke: var(--candidate) }
circle.current { fill: var(--current) } circle.candidate { fill: var(--candidate) } circle { stroke: none }
.key { display: inline-block; width: 2rem; border-top: 3px solid; vertical-align: middle; margin: 0 .4rem 0 1rem }
.key.current { border-color: var(--current); border-top-style: dashed }
.key.candidate { border-color: var(--candidate) }
.tables { display: flex; flex-wrap: wrap; align-items: start; gap: 1.5rem 2rem }
.notes { font-size: .85rem; opacity: .8; margin-top: 2rem }
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
<style>{_STYLE}</style>
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
    known = [value for curve in curves.values() for value in curve if value is not None]
    slots = [slot for slot in range(HALF_HOURS) if any(curve[slot] is not None for curve in curves.values())]
    if not known:
        return ""
    plane = _Plane(slots[0], slots[-1] + 1, top if top is not None else _round_up(max(known)))
    drawn = "".join(_curve(plane, name, curve, form) for name, curve in curves.items())
    title = f"{name_of(group)}: {what}"
    return (
        f"<figure><figcaption>{escape(what)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{plane.axes()}{drawn}</svg></figure>"
    )


class _Plane:
    """Where a half-hour and a value stand in the picture."""

    def __init__(self, first: int, last: int, top: float) -> None:
        self.first, self.last, self.top = first, last, top

    def x(self, slot: float) -> float:
        return LEFT + (slot - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def axes(self) -> str:
        parts = []
        for number in range(_GRID_LINES + 1):
            value = self.top * number / _GRID_LINES
            y = self.y(value)
            parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        step = 2 * ceil((self.last - self.first) / 2 / _MAX_HOUR_MARKS)
        for slot in range(self.first + self.first % 2, self.last + 1, step):
            x, hour = self.x(slot), clock(slot * HALF_HOUR_MS)
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{hour}</text>')
        return "".join(parts)


def _curve(plane: _Plane, name: str, values: Sequence[float | None], form: str) -> str:
    """A line through the middles of the half-hours, and points that tell their value to the mouse."""
    path, dots, before = [], [], False
    for slot, value in enumerate(values):
        if value is not None:
            x, y = plane.x(slot + 0.5), plane.y(value)
            path.append(f"{'L' if before else 'M'}{x:.1f} {y:.1f}")
            told = f"{name}, {clock(slot * HALF_HOUR_MS)}: {form.format(value)}"
            dots.append(f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"><title>{told}</title></circle>')
        before = value is not None
    return f'<path class="{name}" d="{"".join(path)}"/>{"".join(dots)}'


def _round_up(value: float) -> float:
    """The next of 1, 2, 4 or 8 times a power of ten, so that a quarter of it reads well."""
    if value <= 0:
        return 1
    power = 10.0 ** floor(log10(value))
    return next(power * step for step in (1, 2, 4, 8, 10) if power * step >= value)

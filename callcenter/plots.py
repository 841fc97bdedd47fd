"""Plots of lines over time as SVG, drawn by hand, for pages that need nothing else.

The one idea: a plot is text. Each line has a class, by which the page's style tells it from the others, with colours
and without; where there is no value, it has a gap, and each point tells its value to the mouse.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from math import floor, log10

WIDTH, HEIGHT = 560, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 20, 12, 24
_GRID_LINES = 4

STYLE = """
:root { color-scheme: light dark; --line: #8884 }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin-bottom: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem } p { margin: .3rem 0 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } caption { text-align: left; font-weight: 600 }
th, td { padding: .15rem .55rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th { font-weight: 500 }
.plots { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; flex: 1 1 26rem } figcaption { font-weight: 600 }
svg { width: 100%; height: auto; font-size: 11px; fill: currentColor } svg line { stroke: var(--line) }
svg path { fill: none; stroke-width: 2 } circle { stroke: none }
.key { display: inline-block; width: 2rem; border-top: 3px solid; vertical-align: middle; margin: 0 .4rem 0 1rem }
.notes { font-size: .85rem; opacity: .8; margin-top: 2rem }
"""


class Plane:
    """Where a place from `first` to `last` and a value from 0 to `top` stand in the picture."""

    def __init__(self, first: int, last: int, top: float) -> None:
        self.first, self.last, self.top = first, last, top

    def x(self, place: float) -> float:
        return LEFT + (place - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def axes(self, marks: Iterable[tuple[int, str]]) -> str:
        """The lines of some values, and the words at some places."""
        parts = []
        for number in range(_GRID_LINES + 1):
            value = self.top * number / _GRID_LINES
            y = self.y(value)
            parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        for place, words in marks:
            x = self.x(place)
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(words)}</text>')
        return "".join(parts)

    def curve(self, name: str, values: Sequence[float | None], told: Callable[[int, float], str]) -> str:
        """A line of the class `name` through the middles of the places; `told` is what a point says."""
        path, dots, before = [], [], False
        for place, value in enumerate(values):
            if value is not None:
                x, y = self.x(place + 0.5), self.y(value)
                path.append(f"{'L' if before else 'M'}{x:.1f} {y:.1f}")
                title = f"<title>{escape(told(place, value))}</title>"
                dots.append(f'<circle class="{escape(name)}" cx="{x:.1f}" cy="{y:.1f}" r="2.5">{title}</circle>')
            before = value is not None
        return f'<path class="{escape(name)}" d="{"".join(path)}"/>{"".join(dots)}'


def plot(
    caption: str,
    title: str,
    curves: Mapping[str, Sequence[float | None]],
    *,
    told: Callable[[str, int, float], str],
    marks: Callable[[int, int], Iterable[tuple[int, str]]],
    top: float | None = None,
) -> str:
    """A figure with a line for each of the curves, over those places where one of them has a value; empty: nowhere.

    `title` is for those who do not see it, `marks` gives the words below the places from a first to a last one, and
    `top` is the highest value, None: as it comes.
    """
    known = [value for curve in curves.values() for value in curve if value is not None]
    count = max((len(curve) for curve in curves.values()), default=0)
    places = [place for place in range(count) if any(curve[place] is not None for curve in curves.values())]
    if not known:
        return ""
    plane = Plane(places[0], places[-1] + 1, top if top is not None else round_up(max(known)))
    drawn = "".join(
        plane.curve(name, curve, lambda place, value, name=name: told(name, place, value))  # type: ignore[misc]
        for name, curve in curves.items()
    )
    return (
        f"<figure><figcaption>{escape(caption)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{plane.axes(marks(plane.first, plane.last))}{drawn}</svg></figure>"
    )


def round_up(value: float) -> float:
    """The next of 1, 2, 4 or 8 times a power of ten, so that a quarter of it reads well."""
    if value <= 0:
        return 1
    power = 10.0 ** floor(log10(value))
    return next(power * step for step in (1, 2, 4, 8, 10) if power * step >= value)

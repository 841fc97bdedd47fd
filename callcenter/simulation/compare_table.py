"""A comparison in words and numbers: the table for the terminal, and the same for programs as JSON."""

from callcenter.simulation.compare import ALL, QUEUE, Comparison, Group, Point
from callcenter.simulation.compare_figures import MEASURES, MIN_BLOCKS, Difference, Measure
from callcenter.simulation.compare_traffic import HALF_HOUR_MS, clock

HEADINGS = ("", "current", "candidate", "difference", "± 95 %", "")
_VERDICTS = {(1, True): "better", (1, False): "worse", (0, True): "more", (0, False): "less"}
NOTHING = "-"


def lines_of(comparison: Comparison) -> list[str]:
    """The table, one string for each line."""
    lines = [title_of(comparison), ""]
    lines.append(_line(HEADINGS))
    for group in comparison.groups:
        rows = rows_of(group, comparison.days)
        if rows:
            lines += [name_of(group), *(_line((f"  {row[0]}", *row[1:])) for row in rows)]
    return [*lines, "", *notes_of(comparison)]


def title_of(comparison: Comparison) -> str:
    days = "1 day" if comparison.days == 1 else f"{comparison.days} days"
    when = f"{comparison.day:%A}, {comparison.day.isoformat()}"
    return f"{when}: {days} with {comparison.calls:,} calls, seed {comparison.seed}"


def notes_of(comparison: Comparison) -> list[str]:
    """What the figures are, and how far they can be trusted."""
    notes = [f"{measure.heading}: {measure.formula}." for measure in MEASURES]
    notes.append("Queue: where the call ended. Tier: by the current rules, so that it is the same callers for both.")
    cut = (
        "days" if comparison.blocks == "days" else "half-hours, which are not quite independent: more --days are surer"
    )
    return [
        *notes,
        f"Difference: candidate minus current, for the same callers, and its 95 % interval by jackknife over {cut}.",
        "Where nothing has changed, about one interval in twenty lies beyond zero by chance alone.",
        f"No interval is given where there are fewer than {MIN_BLOCKS} {comparison.blocks}, or fewer of them differ.",
    ]


def name_of(group: Group) -> str:
    return "all callers" if group.kind == ALL else f"{group.kind} {group.name}"


def rows_of(group: Group, days: int) -> list[tuple[str, ...]]:
    """A row for each figure of so many days that says something; none for a group that nobody belongs to."""
    if not _has_callers(group):
        return []
    pairs = zip(MEASURES, group.differences, strict=True)
    return [_row(measure, it, days) for measure, it in pairs if _says_something(measure, it)]


def verdict_of(measure: Measure, it: Difference) -> str:
    """`better` or `worse`, `more` or `less`, for a difference whose interval lies beyond zero; else nothing."""
    if it.difference is None or not it.is_certain:
        return ""
    return _VERDICTS[abs(measure.better), it.difference * (measure.better or 1) > 0]


def as_json(comparison: Comparison) -> dict[str, object]:
    """For programs: numbers as they are, shares from 0 to 1, times in ms; null where there is nothing to tell."""
    return {
        "day": comparison.day.isoformat(),
        "days": comparison.days,
        "calls": comparison.calls,
        "seed": comparison.seed,
        "interval": {"level": 0.95, "method": "jackknife", "blocks": comparison.blocks},
        "formulas": {measure.key: measure.formula for measure in MEASURES},
        "groups": [_group_as_json(group) for group in comparison.groups],
    }


def _group_as_json(group: Group) -> dict[str, object]:
    figures = {
        measure.key: {
            "current": it.current,
            "candidate": it.candidate,
            "difference": it.difference,
            "half_width": it.half_width,
            "verdict": verdict_of(measure, it) or None,
        }
        for measure, it in zip(MEASURES, group.differences, strict=True)
    }
    named = {} if group.kind == ALL else {"name": group.name}
    curves = {"current": _curve_as_json(group.current), "candidate": _curve_as_json(group.candidate)}
    return {"kind": group.kind, **named, "figures": figures, "half_hours": curves}


def _curve_as_json(points: tuple[Point, ...]) -> list[dict[str, object]]:
    return [
        {
            "from": clock(slot * HALF_HOUR_MS),
            "offered": point.offered,
            "service_level": point.service_level,
            "mean_wait_ms": point.mean_wait_ms,
        }
        for slot, point in enumerate(points)
        if point.offered
    ]


def _has_callers(group: Group) -> bool:
    return any(point.offered for point in (*group.current, *group.candidate))


def _says_something(measure: Measure, it: Difference) -> bool:
    if it.current is None and it.candidate is None:
        return False
    return measure.key != "sent_away" or bool(it.current or it.candidate)


def _row(measure: Measure, it: Difference, days: int) -> tuple[str, ...]:
    return (
        measure.heading,
        _value(measure, it.current, days),
        _value(measure, it.candidate, days),
        _change(measure, it.difference, "+"),
        _change(measure, it.half_width, ""),
        verdict_of(measure, it),
    )


def _value(measure: Measure, value: float | None, days: int) -> str:
    if value is None:
        return NOTHING
    if measure.unit == "share":
        return f"{100 * value:.1f} %"
    if measure.unit == "ms":
        return f"{value / 1000:,.1f} s"
    return f"{value:,.0f}" if days == 1 else f"{value:,.1f}"


def _change(measure: Measure, value: float | None, sign: str) -> str:
    if value is None:
        return NOTHING
    factor, decimals, unit = {"share": (100, 2, " points"), "ms": (0.001, 2, " s"), "calls": (1, 1, "")}[measure.unit]
    shown = round(factor * value, decimals)
    return f"{shown:{sign if shown else 'z'},.{decimals}f}{unit}"


def _line(row: tuple[str, ...]) -> str:
    first, *others, last = row
    return f"{first:<20}{''.join(f'{cell:>14}' for cell in others)}  {last}".rstrip()


def is_drawn(group: Group) -> bool:
    """Whether the group's curves are worth a picture: everybody's and those of queues that were used."""
    return group.kind in (ALL, QUEUE) and _has_callers(group)

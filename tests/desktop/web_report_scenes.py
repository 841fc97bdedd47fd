"""Scenes for web_fake.py: the four reports, of a morning in two queues. The columns are the real ones."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from callcenter.queues.service_level import USUAL
from callcenter.reports.columns import Group, Kind, columns_of, counts_of, time_in

HALF_HOUR_MS = 1_800_000
REASONS = (("not_ready", "lunch"),)
OVER = "The range is not over: these are the figures of 2026-11-02 09:00."
_EIGHT_MS = round(datetime(2026, 11, 2, 7, tzinfo=UTC).timestamp() * 1_000)  # in Berlin

_SALES = {
    "offered": 1_240, "answered": 3, "answered_within": 1, "answer_wait_ms": 15_000, "abandoned": 2,
    "longest_wait_ms": 60_400, "parts": 3, "talk_ms": 362_000, "hold_ms": 30_000, "wrap_up_ms": 60_000,
}  # fmt: skip
_SUPPORT = {"offered": 1, "waiting": 1}  # of whom nothing can be said yet
_ANN = {
    time_in("ready"): 1_930_000, time_in("talking"): 210_000, time_in("wrap_up"): 60_000,
    time_in("not_ready"): 1_400_000, time_in("not_ready", "lunch"): 1_400_000, "accepted": 2, "declined": 1, "parts": 2,
}  # fmt: skip
_TALKS = {"talk_ms": 190_000, "hold_ms": 20_000, "wrap_up_ms": 60_000, "ring_ms": 9_000}
_SOLD = {"parts": 2, "talk_ms": 180_000}
_CUSTOMERS = {"contacts": 6, "answered": 3, "resolved": 1, "repeated": 3}


def report(
    kind: Kind, groups: Sequence[Group], rows: Sequence[tuple[Sequence[str | None], dict[str, int]]], by: str | None
) -> dict[str, Any]:
    """An answer of the API: each row is one of the half-hours from eight on, with its names and its sums."""
    columns = columns_of(kind, groups, formula=USUAL, within_days=7, reasons=REASONS)
    nothing = dict.fromkeys(counts_of(kind), 0)
    total = dict(nothing)
    told = []
    for number, (names, sums) in enumerate(rows):
        held = nothing | sums
        total = {key: total.get(key, 0) + held.get(key, 0) for key in {**total, **held}}
        from_ms = _EIGHT_MS + number * HALF_HOUR_MS
        told.append(
            {
                "from_ms": from_ms,
                "to_ms": from_ms + HALF_HOUR_MS,
                "label": f"2026-11-02 08:{30 * number:02}",
                **{group.value: name for group, name in zip(groups, names, strict=True)},
                **{column.key: column.of(held) for column in columns},
            }
        )
    return {
        "report": kind.value,
        "zone": "Europe/Berlin",
        "from_ms": _EIGHT_MS - 16 * HALF_HOUR_MS,
        "to_ms": _EIGHT_MS + 32 * HALF_HOUR_MS,
        "by": by,
        "group": [group.value for group in groups],
        "formula": USUAL.value,
        "within_days": 7,
        "columns": [{"key": one.key, "unit": one.unit.value, "formula": one.formula} for one in columns],
        "rows": told,
        "total": {column.key: column.of(total) for column in columns},
        "notes": [OVER],
    }


def own() -> dict[str, Any]:
    """What an agent is told of itself."""
    hours: list[tuple[list[str | None], dict[str, int]]] = [
        ([], _ANN | _TALKS),
        ([], {time_in("ready"): 600_000, "expired": 1}),
    ]
    return {"reports/agents": report(Kind.AGENTS, [], hours, "60m")}


def answers() -> dict[str, Any]:
    return {
        "reports/queues": report(Kind.QUEUES, [Group.QUEUE], [(["sales"], _SALES), (["support"], _SUPPORT)], "30m"),
        "reports/agents": report(Kind.AGENTS, [Group.AGENT], [(["ann"], _ANN)], None),
        "reports/dispositions": report(
            Kind.DISPOSITIONS, [Group.TIER, Group.DISPOSITION], [(["gold", "sold"], _SOLD), (["gold", None], {})], None
        ),
        "reports/customers": report(Kind.CUSTOMERS, [], [([], _CUSTOMERS)], None),
    }

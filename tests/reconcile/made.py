"""Rows of the log by hand, for the tests of what is recounted from them."""

from types import SimpleNamespace
from typing import Any

from callcenter.reconcile.rows import Log

C = "main-1.1-1"


def contact(**changes: Any) -> Any:
    """Arrived at 0, answered by Ann at 5 s, over at 20 s."""
    row = {
        "id": C, "pbx": "main", "channel": "1.1", "dialled": "800", "tier": "gold", "queue": "sales", "priority": 20,
        "agent": "ann", "outcome": "answered", "disposition": "sold", "direction": "in", "arrived_ms": 0,
        "connected_ms": 5_000, "ended_ms": 20_000, "waited_ms": 5_000, "handled_ms": 25_000, "offers": 1,
        "service_level_ms": 20_000,
    }  # fmt: skip
    return SimpleNamespace(**{**row, **changes})


def segment(number: int, kind: str, started_ms: int, ended_ms: int, **changes: Any) -> Any:
    agent, offer = (None, None) if kind == "waiting" else ("ann", f"{C}.1")
    row = {"queue": "sales", "agent": agent, "offer": offer, "result": "accepted" if kind == "offer" else None}
    own = {"number": number, "kind": kind, "started_ms": started_ms, "ended_ms": ended_ms}
    return SimpleNamespace(**{**row, **own, **changes})


def decision(number: int, kind: str, at_ms: int, queue: str | None = "sales", **changes: Any) -> Any:
    row = {"number": number, "kind": kind, "at_ms": at_ms, "queue": queue, "priority": 20, "words": "", "made_by": None}
    return SimpleNamespace(**{**row, **changes})


def visit(number: int = 1, **changes: Any) -> Any:
    row = {
        "number": number, "queue": "sales", "tier": "gold", "entry": "800", "began_ms": 0, "queued_ms": 0,
        "ended_ms": 5_000, "outcome": "answered", "waited_ms": 5_000, "agent": "ann", "service_level_ms": 20_000,
        "short_abandon_ms": 5_000, "after_transfer": False,
    }  # fmt: skip
    return SimpleNamespace(**{**row, **changes})


def part(number: int = 1, **changes: Any) -> Any:
    row = {
        "number": number, "agent": "ann", "queue": "sales", "tier": "gold", "entry": "800", "direction": "in",
        "began_ms": 5_000, "ended_ms": 30_000, "ring_ms": 3_000, "talk_ms": 15_000, "hold_ms": 0,
        "wrap_up_ms": 10_000, "consult_ms": 0, "consults": 0, "transfer": None, "disposition": "sold",
    }  # fmt: skip
    return SimpleNamespace(**{**row, **changes})


def answered(**changes: Any) -> Log:
    """Waits 2 s, rings 3 s, talks 15 s, wraps up 10 s."""
    log = Log(C, contact())
    log.segments = [
        segment(1, "waiting", 0, 2_000),
        segment(2, "offer", 2_000, 5_000),
        segment(3, "talk", 5_000, 20_000),
        segment(4, "wrap_up", 20_000, 30_000, result="sold"),
    ]
    log.decisions, log.visits, log.parts = [decision(1, "routed", 0)], [visit()], [part()]
    for name, value in changes.items():
        setattr(log, name, value)
    return log

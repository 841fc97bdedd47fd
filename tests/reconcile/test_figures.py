"""Figures of quarters of an hour, added up by hand. That they equal the tables is in test_audit."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.reconcile.figures import (
    QUARTER_MS,
    Figures,
    StretchFigures,
    Thresholds,
    cell_name,
    outcome_of,
    thresholds_of,
)
from callcenter.reconcile.findings import Findings
from callcenter.reconcile.recount import Visit, parts_of, visits_of
from tests.reconcile.made import answered, contact, visit

NOWHERE = cast("AsyncConnection", None)


def added(*logs: Any) -> Figures:
    figures = Figures(NOWHERE, Findings(), None, None)
    for log in logs:
        figures.add(log, visits_of(log), parts_of(log))
    return figures


def test_contact_counts_in_its_queue_and_its_agent() -> None:
    figures = added(answered(), answered())
    [sums] = figures.of_queues[0].values()
    assert {name: value for name, value in sums.items() if value} == {
        "offered": 2, "answered": 2, "answered_within": 2, "answer_wait_ms": 10_000, "longest_wait_ms": 5_000,
        "parts": 2, "talk_ms": 30_000, "wrap_up_ms": 20_000,
    }  # fmt: skip
    assert list(figures.of_queues[0]) == [("sales", "gold", "800")]
    [[key, of_agent]] = figures.of_agents[0].items()
    assert (key, of_agent["ring_ms"], of_agent["accepted"], of_agent["parts"]) == (("ann", "sales"), 6_000, 2, 2)


@pytest.mark.parametrize(
    ("outcome", "waited_ms", "named"),
    [
        ("answered", 1, "answered"),
        ("abandoned", 4_999, "short_abandoned"),
        ("abandoned", 5_000, "abandoned"),
        ("overflowed", 1, "overflowed"),
        ("other", 1, "others"),
        (None, None, "waiting"),
    ],
)
def test_outcome_is_named_as_figures_name_it(outcome: str | None, waited_ms: int | None, named: str) -> None:
    one = Visit(1, "sales", 0, 0, False, outcome=outcome, waited_ms=waited_ms)
    assert outcome_of(one, Thresholds("gold", 20_000, 5_000)) == named


def test_thresholds_are_those_of_the_row_else_of_the_contact() -> None:
    log = answered(visits=[visit(tier="silver", service_level_ms=3)])
    [one] = visits_of(log)
    assert thresholds_of(log, one) == Thresholds("silver", 3, 5_000)
    assert thresholds_of(answered(visits=[]), one) == Thresholds("gold", 20_000, 0)
    assert thresholds_of(answered(visits=[], contact=None), one) == Thresholds("", 0, 0)


def test_call_out_counts_as_one_and_as_nothing_else() -> None:
    log = answered(contact=contact(direction="out"), decisions=[], visits=[], parts=[])
    log.segments[0].kind, log.segments[0].offer, log.segments[0].agent = "dialling", log.segments[3].offer, "ann"
    [sums] = added(log).of_queues[0].values()
    assert {name: value for name, value in sums.items() if value} == {"out_parts": 1, "out_ms": 30_000}


def test_stretch_is_shared_by_the_quarters_that_it_lies_in() -> None:
    shares = StretchFigures(NOWHERE, Findings(), None, None)
    row: Any = SimpleNamespace(
        agent="ann", state="ready", reason=None, began_ms=QUARTER_MS - 10, ended_ms=2 * QUARTER_MS + 5
    )
    shares.add(row)
    shares.add(cast("Any", SimpleNamespace(**{**vars(row), "ended_ms": None})))
    told = [(quarter, ms) for quarter, of in shares.sums.items() for ms in of.values()]
    assert told == [(0, 10), (QUARTER_MS, QUARTER_MS), (2 * QUARTER_MS, 5)]


def test_cell_is_named_by_its_time_in_utc() -> None:
    assert cell_name(1_777_890_600_000, ("sales", "")) == "2026-05-04T10:30Z sales, none"

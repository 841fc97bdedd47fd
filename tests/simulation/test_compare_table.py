import json

import pytest

from callcenter.simulation.compare import Comparison, compare
from callcenter.simulation.compare_figures import MEASURES, Difference
from callcenter.simulation.compare_table import as_json, is_drawn, lines_of, rows_of, verdict_of
from tests.simulation.comparing import DAY, configuration, picky, traffic

BY_KEY = {measure.key: measure for measure in MEASURES}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(configuration(), configuration(picky(None)), traffic(), DAY, 1)


def test_the_table_tells_the_groups_their_figures_and_the_formulas(comparison: Comparison) -> None:
    text = "\n".join(lines_of(comparison))
    assert text.startswith(f"Monday, 2026-11-23: 1 day with {comparison.calls} calls, seed 7")
    for told in ("all callers", "queue sales", "queue support", "tier gold", "tier standard"):
        assert told in text
    assert "answered within the queue's threshold / (answered + abandoned)" in text
    assert "jackknife over half-hours, which are not quite independent" in text
    assert max(len(line) for line in text.splitlines() if line.startswith("  ")) <= 100


def test_a_row_shows_both_the_difference_its_interval_and_the_verdict(comparison: Comparison) -> None:
    rows = {row[0]: row[1:] for row in rows_of(comparison.groups[0], 1)}
    current, candidate, difference, width, verdict = rows["service level"]
    assert current.endswith(" %")
    assert candidate.endswith(" %")
    assert difference.startswith("+")
    assert difference.endswith(" points")
    assert width.endswith(" points")
    assert verdict == "better"
    assert rows["offered"][:3] == (f"{comparison.calls}", f"{comparison.calls}", "0.0")
    assert "sent away" not in rows  # nobody was


@pytest.mark.parametrize(
    ("key", "difference", "half_width", "verdict"),
    [
        ("service_level", 0.1, 0.05, "better"),
        ("service_level", -0.1, 0.05, "worse"),
        ("asa_ms", -900.0, 100.0, "better"),
        ("abandoned", 5.0, 1.0, "more"),
        ("occupancy", 0.1, 0.01, "more"),
        ("occupancy", -0.1, 0.01, "less"),
        ("asa_ms", -900.0, 901.0, ""),
        ("asa_ms", -900.0, None, ""),
        ("asa_ms", 0.0, 0.0, ""),
    ],
)
def test_only_an_interval_beyond_zero_is_a_verdict(
    key: str, difference: float, half_width: float | None, verdict: str
) -> None:
    assert verdict_of(BY_KEY[key], Difference(1.0, 2.0, difference, half_width)) == verdict


def test_a_group_that_nobody_belongs_to_has_no_rows(comparison: Comparison) -> None:
    alone = traffic(mix=[{"dialled": "200"}])
    empty = compare(configuration(), configuration(), alone, DAY, 1)
    shown = {(group.kind, group.name): (bool(rows_of(group, 1)), is_drawn(group)) for group in empty.groups}
    assert shown == {
        ("all", ""): (True, True),
        ("queue", "sales"): (False, False),
        ("queue", "support"): (True, True),
        ("tier", "gold"): (False, False),
        ("tier", "standard"): (True, False),
    }


def test_json_holds_the_same_figures_as_plain_numbers(comparison: Comparison) -> None:
    told = json.loads(json.dumps(as_json(comparison)))
    everybody = told["groups"][0]
    level = comparison.groups[0].differences[4]
    assert everybody["kind"] == "all"
    assert everybody["figures"]["service_level"] == {
        "current": level.current,
        "candidate": level.candidate,
        "difference": level.difference,
        "half_width": level.half_width,
        "verdict": "better",
    }
    assert told["interval"] == {"level": 0.95, "method": "jackknife", "blocks": "half-hours"}
    assert [point["from"] for point in everybody["half_hours"]["current"]][:2] == ["08:00", "08:30"]
    assert sum(point["offered"] for point in everybody["half_hours"]["candidate"]) == told["calls"]

"""The benchmark of the reports on a small year: it measures what it says, and removes what it has made."""

from pathlib import Path

import pytest

from benchmarks.report_log import Year
from benchmarks.reports import (
    QUESTIONS,
    UNTIL_MS,
    House,
    PostgresHouse,
    Seen,
    SqliteHouse,
    figures_of,
    measure,
    table_of,
)
from tests.helpers import run_async

YEAR = Year(300, 70, UNTIL_MS)


@run_async
async def test_a_small_year_in_sqlite_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.reports.FIGURES_FROM_MS", UNTIL_MS - 48 * 86_400_000)
    monkeypatch.setattr("benchmarks.reports.FIGURES_TO_MS", UNTIL_MS - 46 * 86_400_000)
    monkeypatch.setattr("benchmarks.reports.BATCHES", 2)
    house = SqliteHouse(tmp_path)
    seen = await measure(house, YEAR, 2)
    assert set(seen.warm_s) == set(seen.cold_s) == set(QUESTIONS)
    assert seen.rows["month_by_queue"] >= seen.rows["month"] > 0
    assert set(seen.records_per_s) == {"with_figures", "without_figures"}
    assert seen.bytes > 0
    told = figures_of({"sqlite": seen}, YEAR)
    assert told["sqlite_s"] == round(max(seen.warm_s["month"], seen.warm_s["month_by_queue"]), 3)
    assert told["contacts"] == 300
    assert len(list(table_of({"sqlite": seen}))) == 2 + len(QUESTIONS)


def seen_in(seconds: float) -> Seen:
    each = dict.fromkeys(QUESTIONS, seconds)
    return Seen(each, each, dict.fromkeys(QUESTIONS, 1))


def test_aims_are_met_or_missed() -> None:
    assert figures_of({"postgresql": seen_in(1.9), "sqlite": seen_in(4.9)}, YEAR)["met"] is True
    assert figures_of({"postgresql": seen_in(2.1), "sqlite": seen_in(4.9)}, YEAR)["met"] is False
    assert figures_of({"sqlite": seen_in(5.1)}, YEAR)["met"] is False


@pytest.mark.postgres
def test_cluster_of_the_benchmark_starts_forgets_and_goes_away(tmp_path: Path) -> None:
    house: House = PostgresHouse(tmp_path)
    folder = house.folder
    try:
        house.connect().close()
        house.forget()
        house.connect().close()
        assert house.files()
    finally:
        house.close()
    assert not folder.exists()

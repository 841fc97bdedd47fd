"""A report for the terminal."""

import pytest

from callcenter.reports.asked import Words
from callcenter.reports.columns import Column, Unit, Value
from callcenter.reports.table import lines_of, written
from tests.reports.made import SALES, of_a_day, report


def test_a_table_has_its_rows_under_its_headings_and_a_total() -> None:
    lines = lines_of(of_a_day())
    assert lines[0] == "queues: 2026-10-25 00:00 to 2026-10-26 00:00, Europe/Berlin"
    head, first, second, third, rule, total = lines[2:8]
    figures = "offered answ. aband. short overfl. others waiting SL ASA longest AHT talk hold wrap-up transf. consults"
    assert head.split() == ["from", "queue", *figures.split()]
    assert first.split()[:6] == ["2026-10-25", "02:00", "+02:00", "=sales", "10", "8"]
    assert second.split()[-8:] == ["-", "-", "-", "-", "-", "-", "0", "0"]
    assert third.startswith("2026-10-25 02:00 +01:00  <b>support</b>")
    assert set(rule) == {"-"}
    assert total.split()[:3] == ["total", "14", "8"]
    width = head.index("offered") + len("offered")
    assert [line[:width].split()[-1] for line in (first, second, third, total)] == ["10", "1", "3", "14"]
    assert all(len(line) <= 180 for line in lines)


def test_one_row_needs_no_total_and_none_says_so() -> None:
    one = lines_of(report(Words("queues", "2026-10-25"), (0, ("sales",), SALES)))
    assert len(one) == 4
    assert lines_of(report(Words("queues", "2026-10-25")))[2] == "Nothing happened in this range."


def test_a_report_without_intervals_and_groups_is_one_line() -> None:
    lines = lines_of(report(Words("queues", "2026-10-25", group="none"), (0, (), SALES)))
    assert lines[3].split()[:4] == ["10", "8", "2", "0"]


def test_notes_come_last_and_long_names_are_cut() -> None:
    lines = lines_of(report(Words("customers", "2026-12-20", group="entry"), (0, ("x" * 100,), {"contacts": 1})))
    assert lines[3].split()[0] == "x" * 31 + "…"
    assert "have not passed" in lines[-1]


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        (Unit.COUNT, 12_345, "12,345"),
        (Unit.COUNT, 0, "0"),
        (Unit.SHARE, 0.7777, "77.8 %"),
        (Unit.SHARE, 0.0, "0.0 %"),
        (Unit.MS, 0, "0:00"),
        (Unit.MS, 59_600, "1:00"),
        (Unit.MS, 3_599_000, "59:59"),
        (Unit.MS, 27_130_000, "7:32:10"),
        (Unit.SHARE, None, "-"),
        (Unit.MS, None, "-"),
    ],
)
def test_values_in_words(unit: Unit, value: Value, words: str) -> None:
    assert written(value, Column("x", "x", unit, "x", lambda _: None)) == words

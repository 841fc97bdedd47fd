"""A report made of sums: rows in order, a total of all, and notes on what it cannot know yet."""

from callcenter.reports.asked import Words
from tests.reports.made import NOW_MS, SALES, of_a_day, report


def value(of: object, key: str) -> object:
    from callcenter.reports.report import Report

    assert isinstance(of, Report)
    return of.total[[column.key for column in of.columns].index(key)]


def test_rows_are_in_order_whatever_the_order_in_which_they_were_found() -> None:
    made = of_a_day()
    assert [(row.interval.label, row.groups) for row in made.rows] == [
        ("2026-10-25 02:00 +02:00", ("=sales",)),
        ("2026-10-25 02:30 +02:00", ("=sales",)),
        ("2026-10-25 02:00 +01:00", ("<b>support</b>",)),
    ]
    assert made.title == "queues: 2026-10-25 00:00 to 2026-10-26 00:00, Europe/Berlin"


def test_the_total_is_of_the_sums_and_not_of_shares_and_means() -> None:
    rows = [
        (0, ("a",), SALES),
        (0, ("b",), {"offered": 2, "answered": 2, "answer_wait_ms": 1_000, "longest_wait_ms": 7}),
    ]
    made = report(Words("queues", "2026-10-25"), *rows)
    assert value(made, "offered") == 12
    assert value(made, "service_level") == 6 / 12
    assert value(made, "asa_ms") == 8_100
    assert value(made, "longest_wait_ms") == 61_500, "the longest of all, and not the sum"


def test_what_a_report_cannot_know_yet_is_said() -> None:
    during = report(Words("queues", "2026-12-23", "2026-12-25"), now_ms=NOW_MS + 3_600_000)
    assert during.notes == ("The range is not over: these are the figures of 2026-12-24 01:00.",)
    assert report(Words("queues", "2026-12-01")).notes == ()
    assert "7 days after the end of the range have not passed" in report(Words("customers", "2026-12-20")).notes[0]
    assert report(Words("customers", "2026-12-16")).notes == ()
    assert "time is of no queue" in report(Words("agents", "2026-12-01", group="agent,queue")).notes[0]


def test_the_reasons_that_there_were_have_columns() -> None:
    made = report(
        Words("agents", "2026-12-01"),
        (0, ("ann",), {"time_not_ready_ms": 9, "time_not_ready_lunch_ms": 5}),
        (0, ("bob",), {}),
    )
    keys = [column.key for column in made.columns]
    assert [row.cells[keys.index("time_not_ready_lunch_ms")] for row in made.rows] == [5, 0]

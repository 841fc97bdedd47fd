"""The page with plots: it needs nothing else, shows names as they are, and draws what can be drawn."""

import re
from xml.etree import ElementTree

from callcenter.reports.asked import Words
from callcenter.reports.page import MAX_LINES, page_of
from tests.helpers import unclosed
from tests.reports.made import SALES, of_a_day, report


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = page_of(of_a_day())
    assert not re.search(r"https?:|src=|href=|url\(|@import|<script", page)
    assert "default-src 'none'" in page


def test_names_are_shown_as_they_are() -> None:
    page = page_of(of_a_day())
    assert "&lt;b&gt;support&lt;/b&gt;" in page
    assert "<b>" not in page


def test_every_element_is_closed() -> None:
    assert unclosed(page_of(of_a_day())) == []


def test_each_main_figure_has_a_plot_with_a_line_for_each_group() -> None:
    plots = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page_of(of_a_day()), re.DOTALL)]
    captions = [plot.attrib["aria-label"].rsplit(": ", 1)[1] for plot in plots]
    assert captions == ["offered", "SL, %", "ASA, seconds", "AHT, seconds"]
    assert [path.attrib["class"] for path in plots[0].iter("path")] == ["l0", "l1"]
    titles = [circle.findtext("title") for circle in plots[0].iter("circle")]
    assert "=sales, 2026-10-25 02:00 +02:00: 10" in titles
    assert len(list(plots[1].iter("circle"))) == 1, "where there is no service level there is no point"


def test_the_whole_table_is_there_with_its_total_and_formulas() -> None:
    page = page_of(of_a_day())
    assert len(re.findall("<tr>", page)) == 1 + 3 + 1
    assert "<td>14</td>" in page
    assert "<dt>ASA</dt><dd>wait of the answered ÷ answered</dd>" in page


def test_too_many_lines_are_not_drawn_nor_is_one_interval() -> None:
    rows = [(number, (f"q{number}",), SALES) for number in range(MAX_LINES + 1)]
    assert "<svg" not in page_of(report(Words("queues", "2026-10-25", by="30m"), *rows))
    assert "<svg" in page_of(report(Words("queues", "2026-10-25", by="30m"), *rows[1:]))
    assert "<svg" not in page_of(report(Words("queues", "2026-10-25"), (0, ("sales",), SALES)))


def test_a_report_of_nothing_says_so() -> None:
    assert "Nothing happened in this range." in page_of(report(Words("queues", "2026-10-25", by="day")))


def test_the_marks_below_a_month_are_dates() -> None:
    page = page_of(report(Words("queues", "2026-10-01", "2026-11-01", "day"), *((n, ("a",), SALES) for n in range(31))))
    marks = re.findall(r'text-anchor="middle">([^<]*)<', page)
    assert marks[:3] == ["10-01", "10-06", "10-11"]

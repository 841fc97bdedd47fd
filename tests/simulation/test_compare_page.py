import re
from xml.etree import ElementTree

import pytest

from callcenter.simulation.compare import compare
from callcenter.simulation.compare_page import page_of
from tests.helpers import unclosed
from tests.simulation.comparing import DAY, configuration, picky, traffic


@pytest.fixture(scope="module")
def page() -> str:
    comparison = compare(configuration(), configuration(picky(None)), traffic(), DAY, 1)
    return page_of(comparison, "config.yaml", "rules <new> & better")


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    assert not re.search(r"https?:|src=|href=|url\(|@import|<script", page)
    assert "default-src 'none'" in page


def test_names_are_shown_as_they_are(page: str) -> None:
    assert "rules &lt;new&gt; &amp; better" in page
    assert "rules <new>" not in page


def test_every_element_is_closed(page: str) -> None:
    assert unclosed(page) == []


def test_waits_and_service_level_are_drawn_for_everybody_and_each_queue(page: str) -> None:
    plots = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(plots) == 2 * 3
    for plot in plots:
        tree = ElementTree.fromstring(plot)
        _, _, width, height = (float(number) for number in tree.attrib["viewBox"].split())
        assert [path.attrib["class"] for path in tree.iter("path")] == ["current", "candidate"]
        dots = list(tree.iter("circle"))
        assert len(dots) == 2 * 8  # half-hours from 08:00 to 12:00
        for dot in dots:
            assert 0 <= float(dot.attrib["cx"]) <= width
            assert 0 <= float(dot.attrib["cy"]) <= height
        assert [text.text for text in tree.iter("text")][-5:] == ["08:00", "09:00", "10:00", "11:00", "12:00"]

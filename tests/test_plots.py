"""A plot as text: lines with gaps, words below, and nothing where there is nothing."""

from collections.abc import Sequence
from xml.etree import ElementTree

import pytest

from callcenter import plots


def drawn(**curves: Sequence[float | None]) -> str:
    return plots.plot(
        "waits & levels",
        "of <all>",
        curves,
        told=lambda name, place, value: f"{name} {place}: <{value:g}>",
        marks=lambda first, last: [(place, f"at {place}") for place in range(first, last)],
    )


def test_a_line_has_a_gap_where_there_is_no_value() -> None:
    plot = ElementTree.fromstring(drawn(one=[None, 1, 2, None, 4]))
    (path,) = plot.iter("path")
    assert [command[0] for command in path.attrib["d"].replace("L", " L").replace("M", " M").split(" ") if command][
        ::2
    ] == ["M", "L", "M"]
    titles = [circle.findtext("title") for circle in plot.iter("circle")]
    assert titles == ["one 1: <1>", "one 2: <2>", "one 4: <4>"]


def test_only_the_places_with_values_are_shown_and_all_is_inside() -> None:
    plot = ElementTree.fromstring(drawn(one=[None, None, 3, 8], other=[None, None, 5, None]))
    words = [text.text for text in plot.iter("text")]
    assert words == ["0", "2", "4", "6", "8", "at 2", "at 3"]
    for circle in plot.iter("circle"):
        assert plots.LEFT <= float(circle.attrib["cx"]) <= plots.WIDTH - plots.RIGHT
        assert plots.TOP <= float(circle.attrib["cy"]) <= plots.HEIGHT - plots.BOTTOM


def test_words_are_words_and_no_markup() -> None:
    plot = drawn(one=[1])
    assert "waits &amp; levels" in plot
    assert 'aria-label="of &lt;all&gt;"' in plot
    assert "one 0: &lt;1&gt;" in plot


@pytest.mark.parametrize("curves", [{}, {"one": []}, {"one": [None, None]}])
def test_nothing_is_drawn_of_nothing(curves: dict[str, list[float | None]]) -> None:
    assert drawn(**curves) == ""


@pytest.mark.parametrize(
    ("value", "up"), [(0, 1), (-3, 1), (0.03, 0.04), (1, 1), (3, 4), (9, 10), (11, 20), (800, 800), (801, 1000)]
)
def test_the_highest_value_is_rounded_up_so_that_a_quarter_of_it_reads_well(value: float, up: float) -> None:
    assert plots.round_up(value) == pytest.approx(up)

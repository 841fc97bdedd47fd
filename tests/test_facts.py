import pytest

from callcenter.facts import QUARTER_MS, quarter_of


@pytest.mark.parametrize(
    ("at_ms", "quarter_ms"),
    [(0, 0), (QUARTER_MS - 1, 0), (QUARTER_MS, QUARTER_MS), (7 * QUARTER_MS + 5, 7 * QUARTER_MS), (-1, -QUARTER_MS)],
)
def test_a_moment_lies_in_the_quarter_of_an_hour_that_began_last(at_ms: int, quarter_ms: int) -> None:
    assert quarter_of(at_ms) == quarter_ms

"""Mistakes have a place, come in the order of reading, and are bounded."""

import pytest

from callcenter.routing.language.mistakes import (
    MAX_MISTAKES,
    ExpressionError,
    Mistakes,
    did_you_mean,
    nearest,
    place,
    shown,
)


def test_lines_and_columns_count_from_one() -> None:
    source = "ab\ncd\n\nef"
    assert [place(source, offset) for offset in (0, 1, 3, 4, 7, 8)] == [(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2)]
    assert place("", 0) == (1, 1)


def test_an_error_tells_the_first_of_its_mistakes_and_has_all() -> None:
    mistakes = Mistakes("one\ntwo")
    mistakes.add(4, "second", "mend it")
    mistakes.add(0, "first", "mend this")
    mistakes.add(0, "first", "mend this")
    error = mistakes.error()
    assert (error.message, error.remedy, error.line, error.column) == ("first", "mend this", 1, 1)
    assert [(it.message, it.line, it.column) for it in error.mistakes] == [("first", 1, 1), ("second", 2, 1)]
    assert str(error) == "1:1: first. mend this"
    with pytest.raises(ExpressionError):
        raise error


def test_beyond_the_bound_no_more_are_collected() -> None:
    mistakes = Mistakes("x" * 100)
    for offset in range(100):
        mistakes.add(offset, "wrong", "mend it")
    assert mistakes.full
    assert len(mistakes.error().mistakes) == MAX_MISTAKES


def test_the_nearest_name_is_proposed_else_those_that_are_known() -> None:
    assert nearest("glod", ("silver", "gold")) == "gold"
    assert nearest("xyz", ("silver", "gold")) is None
    assert did_you_mean("glod", ("silver", "gold")) == "Did you mean `gold`?"
    assert did_you_mean("xyz", ("silver", "gold")) == "Known here: silver, gold"
    assert did_you_mean("glod", ("silver", "gold"), under="lists.") == "Did you mean `lists.gold`?"
    assert did_you_mean("xyz", ("silver", "gold"), under="lists.") == "Known here: lists.silver, lists.gold"
    assert did_you_mean("xyz", (), "No lists are declared") == "No lists are declared"
    many = did_you_mean("xyz", [f"queue{number}" for number in range(30)])
    assert many.endswith("queue19 and 10 more")


def test_a_long_piece_of_the_source_is_cut_and_told_in_one_line() -> None:
    assert shown("a\n   b") == "`a b`"
    assert shown("x" * 100) == f"`{'x' * 60}…`"

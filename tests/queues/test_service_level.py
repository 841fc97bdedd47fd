"""The worked examples of the formulas: one quarter of an hour, each formula's answer worked out by hand."""

from dataclasses import astuple, fields

import pytest

from callcenter.queues.service_level import NO_COUNTS, USUAL, Counts, Formula, service_level

# 100 answered, 80 of them in time; 15 hung up late, 5 hung up in time but not at once, 10 at once; 20 went elsewhere.
EXAMPLE = Counts(
    answered=100,
    answered_within=80,
    answer_wait_ms=1_250_000,
    abandoned=20,
    short_abandoned=10,
    abandoned_within=15,
    overflowed=20,
    others=3,
    parts=90,
    handle_ms=90 * 240_000,
)


@pytest.mark.parametrize(
    ("formula", "by_hand"),
    [
        (Formula.OF_ANSWERED, 80 / 100),
        (Formula.OF_OFFERED, 80 / (100 + 20 + 10)),
        (Formula.OF_OFFERED_WITHOUT_SHORT, 80 / (100 + 20)),
        (Formula.ABANDONED_IN_TIME_AS_MET, (80 + 15) / (100 + 20 + 10)),
        (Formula.OF_OFFERED_WITH_OVERFLOWED, 80 / (100 + 20 + 10 + 20)),
        (Formula.WITH_OVERFLOWED, 80 / (100 + 20 + 20)),
        (Formula.ABANDONED_IN_TIME_AS_MET_WITH_OVERFLOWED, (80 + 15) / (100 + 20 + 10 + 20)),
    ],
)
def test_each_formula_answers_the_worked_example(formula: Formula, by_hand: float) -> None:
    assert service_level(EXAMPLE, formula) == pytest.approx(by_hand)


@pytest.mark.parametrize("formula", Formula)
def test_without_anybody_there_is_no_service_level_rather_than_a_good_or_bad_one(formula: Formula) -> None:
    assert service_level(NO_COUNTS, formula) is None
    assert service_level(Counts(answered=1, answered_within=1), formula) == 1.0
    assert service_level(Counts(answered=1), formula) == 0.0


def test_who_hangs_up_at_once_spoils_nothing_by_the_usual_formula() -> None:
    assert USUAL is Formula.OF_OFFERED_WITHOUT_SHORT
    with_short = EXAMPLE.plus(Counts(short_abandoned=1_000, abandoned_within=1_000))
    assert service_level(with_short, USUAL) == service_level(EXAMPLE, USUAL)


def test_counts_of_two_stretches_are_added_up() -> None:
    twice = EXAMPLE.plus(EXAMPLE)
    assert (twice.answered, twice.abandoned, twice.short_abandoned, twice.others) == (200, 40, 20, 6)
    assert service_level(twice, USUAL) == service_level(EXAMPLE, USUAL)
    assert twice.average_speed_of_answer_ms == EXAMPLE.average_speed_of_answer_ms == 12_500
    assert NO_COUNTS.average_speed_of_answer_ms is None
    assert (twice.parts, twice.average_handle_ms) == (180, 240_000)
    assert NO_COUNTS.average_handle_ms is None


def test_every_count_is_added_up() -> None:
    each = Counts(*range(1, len(fields(Counts)) + 1))
    assert astuple(each.plus(each)) == tuple(2 * count for count in astuple(each))

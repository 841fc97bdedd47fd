from math import ceil, sqrt
from random import Random
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.simulation.compare_figures import MEASURES, Block, Measure, differ, student_t
from callcenter.simulation.theory import STUDENT_T

BY_KEY = {measure.key: measure for measure in MEASURES}


def block(rng: Random, slower: int = 0) -> Block:
    waits_ms = [round(rng.expovariate(1 / 20_000)) + slower for _ in range(rng.randrange(5, 60))]
    answered = [wait_ms for wait_ms in waits_ms if wait_ms < 60_000]
    return Block(
        offered=len(waits_ms),
        answered=len(answered),
        abandoned=len(waits_ms) - len(answered),
        in_time=sum(wait_ms <= 20_000 for wait_ms in answered),
        wait_ms=sum(answered),
        waits_ms=waits_ms,
        handling_ms=1_000 * len(answered),
        ready_ms=rng.randrange(1, 100_000),
    )


def blocks(count: int, seed: int = 1, slower: int = 0) -> list[Block]:
    rng = Random(seed)
    return [block(rng, slower) for _ in range(count)]


@pytest.mark.parametrize("freedom", STUDENT_T)
def test_students_t_is_the_tables(freedom: int) -> None:
    assert student_t(freedom) == pytest.approx(STUDENT_T[freedom], abs=0.001)


def test_for_calls_a_day_the_jackknife_is_the_paired_t_interval() -> None:
    one, two = blocks(12, 1), blocks(12, 2)
    differences = [b.answered - a.answered for a, b in zip(one, two, strict=True)]
    found = differ(BY_KEY["answered"], one, two, days=12)
    assert found.difference == pytest.approx(fmean(differences))
    assert found.half_width == pytest.approx(student_t(11) * stdev(differences) / sqrt(12))


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.key)
def test_what_is_left_without_a_block_is_the_figure_of_the_others(measure: Measure) -> None:
    every = blocks(9)
    _, without = measure.of(every, 9)
    for number, found in enumerate(without):
        others = every[:number] + every[number + 1 :]
        assert found == pytest.approx(measure.of(others, 8)[0])


@given(st.lists(st.lists(st.integers(0, 50), max_size=12), min_size=1, max_size=6))
def test_the_quantile_without_a_block_is_that_of_the_other_waits(waits: list[list[int]]) -> None:
    whole, without = BY_KEY["p90_wait_ms"].of([Block(waits_ms=list(each)) for each in waits], 1)

    def naive(left: list[int]) -> int | None:
        return sorted(left)[ceil(0.9 * len(left)) - 1] if left else None

    assert whole == naive([wait for each in waits for wait in each])
    for number, found in enumerate(without):
        others = waits[:number] + waits[number + 1 :]
        if any(others) or waits[number]:
            assert found == naive([wait for each in others for wait in each])


def test_the_figures_are_what_their_formulas_say() -> None:
    one = Block(10, 7, 2, 1, 5, 70_000, [1_000 * number for number in range(1, 10)], 300, 100)
    figures = {key: measure.of([one], 1)[0] for key, measure in BY_KEY.items()}
    assert figures == {
        "offered": 10,
        "answered": 7,
        "abandoned": 2,
        "sent_away": 1,
        "service_level": 5 / 9,
        "asa_ms": 10_000,
        "p90_wait_ms": 9_000,
        "occupancy": 0.75,
    }


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.key)
def test_the_same_blocks_differ_by_nothing_at_all(measure: Measure) -> None:
    found = differ(measure, blocks(20), blocks(20), 20)
    assert (found.difference, found.half_width, found.is_certain) == (0, 0, False)


def test_slower_answers_are_certain_and_few_blocks_give_no_interval() -> None:
    found = differ(BY_KEY["asa_ms"], blocks(20), blocks(20, slower=5_000), 20)
    assert found.is_certain
    assert differ(BY_KEY["asa_ms"], blocks(4), blocks(4, slower=5_000), 4).half_width is None


def test_a_difference_that_few_blocks_made_has_no_interval() -> None:
    one, two = blocks(20), blocks(20)
    for number in range(4):
        two[number].abandoned += 1
    few = differ(BY_KEY["abandoned"], one, two, 20)
    assert few.difference == pytest.approx(0.2)
    assert few.half_width is None
    assert not few.is_certain
    two[4].abandoned += 1
    assert differ(BY_KEY["abandoned"], one, two, 20).half_width is not None


def test_blocks_without_anybody_say_nothing() -> None:
    empty = [Block() for _ in range(30)]
    one, two = blocks(8, 1), blocks(8, 2)
    for measure in MEASURES:
        assert differ(measure, one + empty, two + empty, 8) == differ(measure, one, two, 8)
    nobody = differ(BY_KEY["service_level"], empty, empty, 1)
    assert (nobody.current, nobody.difference, nobody.half_width) == (None, None, None)


def test_intervals_hold_the_truth_about_as_often_as_they_promise() -> None:
    """Blocks of two kinds whose difference is known: 95 of 100 intervals should hold it, with room for chance."""
    truth = 2_000
    held = 0
    for seed in range(200):
        one, two = blocks(15, seed), blocks(15, seed, slower=truth)
        found = differ(BY_KEY["p90_wait_ms"], one, two, 15)
        assert found.difference is not None
        assert found.half_width is not None
        held += abs(found.difference - truth) <= found.half_width + 1e-6
    assert held == 200  # the very same waits, each later by the same time: no luck is left in it

    rng = Random(5)
    held = 0
    for _ in range(300):
        one = [Block(offered=40, answered=40, in_time=sum(rng.random() < 0.8 for _ in range(40))) for _ in range(15)]
        two = [Block(offered=40, answered=40, in_time=sum(rng.random() < 0.9 for _ in range(40))) for _ in range(15)]
        found = differ(BY_KEY["service_level"], one, two, 15)
        assert found.difference is not None
        assert found.half_width is not None
        held += abs(found.difference - 0.1) <= found.half_width
    assert 270 <= held <= 297

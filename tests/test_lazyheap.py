from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from callcenter.lazyheap import SMALL, LazyHeap

Entry = tuple[int]


def heap_of(numbers: list[int], true: Callable[[int], bool], told: list[Entry], at_most: int = 100) -> LazyHeap[Entry]:
    heap: LazyHeap[Entry] = LazyHeap(lambda _, entry: true(entry[0]), lambda _, entry: told.append(entry))
    for number in numbers:
        heap.push((number,), at_most)
    return heap


def test_untrue_heads_are_dropped_and_told_and_those_behind_them_are_not_looked_at() -> None:
    told: list[Entry] = []
    heap = heap_of([5, 1, 3, 2], lambda number: number % 3 == 0, told)
    assert heap.smallest == (1,)
    assert heap.head() == (3,)
    assert told == [(1,), (2,)]
    assert len(heap) == 2


def test_a_heap_without_a_true_entry_is_emptied() -> None:
    told: list[Entry] = []
    heap = heap_of([2, 1], lambda _: False, told)
    assert heap.head() is None
    assert heap.smallest is None
    assert told == [(1,), (2,)]


def test_those_who_are_passed_over_stay() -> None:
    told: list[Entry] = []
    heap = heap_of([1, 2, 3, 4], lambda number: number != 2, told)
    assert heap.head({1, 3}) == (4,)
    assert heap.head({1, 3, 4}) is None
    assert heap.head() == (1,)
    assert sorted(heap) == [(1,), (3,), (4,)]
    assert told == [(2,)]


def test_sweeping_waits_until_it_is_worth_it_and_drops_what_is_untrue_or_there_twice() -> None:
    told: list[Entry] = []
    numbers = [number % 50 for number in range(SMALL + 18)]
    heap = heap_of(numbers, lambda number: number < 9, told, at_most=9)
    assert len(heap) == SMALL + 18
    heap.push((0,), 9)
    assert len(heap) == 9
    assert sorted(told) == [(number,) for number in range(9, 50)]


@given(st.lists(st.integers(0, 30)), st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_the_head_is_the_smallest_that_is_true_and_not_passed_over(
    numbers: list[int], true: set[int], passed: set[int]
) -> None:
    heap = heap_of(numbers, lambda number: number in true, [])
    expected = min((number for number in numbers if number in true - passed), default=None)
    found = heap.head(passed)
    assert (None if found is None else found[0]) == expected
    assert {number for (number,) in heap} >= {number for number in numbers if number in true}

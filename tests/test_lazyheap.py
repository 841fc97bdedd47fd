from hypothesis import given
from hypothesis import strategies as st

from callcenter.lazyheap import SMALL, LazyHeap

Entry = tuple[int]


def nothing(_: Entry) -> None:
    """Nobody wants to know."""


def test_untrue_heads_are_dropped_and_told_and_those_behind_them_are_not_looked_at() -> None:
    heap: LazyHeap[Entry] = LazyHeap()
    for number in (5, 1, 3, 2):
        heap.push((number,))
    told: list[Entry] = []
    assert heap.head(lambda entry: entry[0] % 3 == 0, told.append) == (3,)
    assert told == [(1,), (2,)]
    assert len(heap) == 2
    assert heap.head(lambda _: False, told.append) is None
    assert len(heap) == 0


def test_sweeping_waits_until_it_is_worth_it_and_drops_what_is_untrue_or_there_twice() -> None:
    heap: LazyHeap[Entry] = LazyHeap()
    told: list[Entry] = []
    for number in range(SMALL + 20):
        heap.push((number % 50,))
    heap.sweep(10, lambda entry: entry[0] < 10, told.append)
    assert len(heap) == SMALL + 20
    heap.sweep(9, lambda entry: entry[0] < 9, told.append)
    assert len(heap) == 9
    assert sorted(told) == [(number,) for number in range(9, 50)]


@given(st.lists(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_the_head_is_the_smallest_that_is_true(numbers: list[int], true: set[int]) -> None:
    heap: LazyHeap[Entry] = LazyHeap()
    for number in numbers:
        heap.push((number,))
    expected = min((number for number in numbers if number in true), default=None)
    found = heap.head(lambda entry: entry[0] in true, nothing)
    assert (None if found is None else found[0]) == expected

"""A heap whose entries may have become untrue: it is told how to see what is true, and untrue heads are dropped.

To withdraw an entry costs nothing, so a change that concerns many heaps touches none of them. The price is paid when an
entry comes up, and is bounded: a heap that has grown to twice what it may truly hold is swept.
"""

from collections.abc import Callable, Container, Iterator
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

E = TypeVar("E", bound=tuple[object, ...])

SMALL = 64  # a heap of this size is never worth sweeping


class LazyHeap(Generic[E]):
    """The smallest entry first. Entries are tuples that compare; the same one may be in it twice.

    `true` is asked of an entry of this heap, `dropped` is told of each untrue one that goes.
    """

    def __init__(self, true: "Callable[[LazyHeap[E], E], bool]", dropped: "Callable[[LazyHeap[E], E], None]") -> None:
        self._heap: list[E] = []
        self._true = true
        self._dropped = dropped

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[E]:
        """All entries, untrue ones too, in no order to rely on."""
        return iter(self._heap)

    def push(self, entry: E, at_most: int) -> None:
        """Add an entry to a heap that may truly hold `at_most`: if it has more than twice as many, it is swept."""
        heappush(self._heap, entry)
        if len(self._heap) > SMALL + 2 * at_most:
            self._sweep()

    @property
    def smallest(self) -> E | None:
        """The smallest entry, true or not: no true one is smaller."""
        return self._heap[0] if self._heap else None

    def head(self, besides: Container[object] = (), key: int = 0) -> E | None:
        """The smallest entry that is true, None if there is none. Untrue ones before it are dropped.

        Those whose field number `key` is in `besides` are passed over. They stay, and cost as much as being dropped.
        """
        heap = self._heap
        passed: list[E] = []
        found: E | None = None
        while heap:
            if not self._true(self, heap[0]):
                self._dropped(self, heappop(heap))
            elif besides and heap[0][key] in besides:
                passed.append(heappop(heap))
            else:
                found = heap[0]
                break
        for entry in passed:
            heappush(heap, entry)
        return found

    def _sweep(self) -> None:
        """Drop what is untrue or there twice."""
        kept = []
        for entry in dict.fromkeys(self._heap):
            if self._true(self, entry):
                kept.append(entry)
            else:
                self._dropped(self, entry)
        heapify(kept)
        self._heap = kept

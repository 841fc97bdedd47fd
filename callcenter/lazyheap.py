"""A heap whose entries may have become untrue: who asks for the head says what is true, untrue heads are dropped.

To withdraw an entry costs nothing, so a change that concerns many heaps touches none of them. The price is paid when an
entry comes up, and is bounded: a heap that has grown to twice what it may truly hold is swept.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

E = TypeVar("E", bound=tuple[object, ...])

SMALL = 64  # a heap of this size is never worth sweeping


class LazyHeap(Generic[E]):
    """The smallest entry first. Entries are tuples that compare; the same one may be in it twice."""

    def __init__(self) -> None:
        self._heap: list[E] = []

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, entry: E) -> None:
        heappush(self._heap, entry)

    def head(self, true: Callable[[E], bool], dropped: Callable[[E], None]) -> E | None:
        """The smallest entry that is true, None if there is none. Untrue ones before it are dropped, and told."""
        heap = self._heap
        while heap:
            if true(heap[0]):
                return heap[0]
            dropped(heappop(heap))
        return None

    def sweep(self, at_most: int, true: Callable[[E], bool], dropped: Callable[[E], None]) -> None:
        """Drop what is untrue or there twice, if the heap has more than twice the entries that it may truly hold."""
        if len(self._heap) <= SMALL + 2 * at_most:
            return
        kept = []
        for entry in dict.fromkeys(self._heap):
            if true(entry):
                kept.append(entry)
            else:
                dropped(entry)
        heapify(kept)
        self._heap = kept

"""Deadlines: a heap of (due_ms, sequence, timer), each cancellable by what it is about.

Cancelling only forgets the entry; the heap drops it when it comes up, or when forgotten entries outnumber armed ones.
The first entry always counts, so that asking for the next deadline changes nothing.
"""

import heapq
from dataclasses import dataclass, field
from enum import Enum


class TimerKind(Enum):
    LOOKUP = "lookup"  # subject: a contact
    OFFER = "offer"  # subject: an offer
    WRAP_UP = "wrap_up"  # subject: an agent
    BACKOFF = "backoff"  # subject: an agent
    RELAX = "relax"  # subject: a contact
    OVERFLOW = "overflow"  # subject: a contact
    KEEP = "keep"  # subject: a contact that is kept for a preferred agent
    ANNOUNCE = "announce"  # subject: a contact
    MESSAGE = "message"  # subject: a message to agents


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    due_ms: int
    sequence: int
    kind: TimerKind = field(compare=False)
    subject: str = field(compare=False)


@dataclass(slots=True)
class Timers:
    """At most one timer of a kind for a subject: arming again moves it."""

    heap: list[Entry] = field(default_factory=list)
    armed: dict[str, int] = field(default_factory=dict)  # key -> sequence of the entry that counts
    sequence: int = 0

    def arm(self, kind: TimerKind, subject: str, due_ms: int) -> None:
        self.sequence += 1
        self.armed[_key(kind, subject)] = self.sequence
        heapq.heappush(self.heap, Entry(due_ms, self.sequence, kind, subject))
        self._drop_forgotten()
        if len(self.heap) > 64 and len(self.heap) > 2 * len(self.armed):
            self.heap = [entry for entry in self.heap if self._counts(entry)]
            heapq.heapify(self.heap)

    def cancel(self, kind: TimerKind, subject: str) -> None:
        self.armed.pop(_key(kind, subject), None)
        self._drop_forgotten()

    def next_due_ms(self) -> int | None:
        """When the earliest armed timer is due, None where nothing is armed."""
        return self.heap[0].due_ms if self.heap else None

    def pop_due(self, now_ms: int) -> Entry | None:
        """Take the earliest timer that is due, if there is one."""
        if not self.heap or self.heap[0].due_ms > now_ms:
            return None
        entry = heapq.heappop(self.heap)
        del self.armed[_key(entry.kind, entry.subject)]
        self._drop_forgotten()
        return entry

    def _counts(self, entry: Entry) -> bool:
        return self.armed.get(_key(entry.kind, entry.subject)) == entry.sequence

    def _drop_forgotten(self) -> None:
        while self.heap and not self._counts(self.heap[0]):
            heapq.heappop(self.heap)


def _key(kind: TimerKind, subject: str) -> str:
    return f"{kind.value} {subject}"

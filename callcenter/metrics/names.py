"""The values that labels may have: a metric must not grow with what callers, agents or files think of.

Queues, tiers and rules are bounded where they are counted (callcenter/queues/totals.py). What is read at the scrape is
bounded here: by the names that a configuration has, or has had.
"""

from collections.abc import Iterable, Iterator

MAX_NAMES = 500  # of each kind, over the life of the process
OTHER = "other"


class Names:
    """The values allowed: those configured, now or earlier, up to MAX_NAMES."""

    def __init__(self) -> None:
        self._known: dict[str, None] = {}

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            if len(self._known) < MAX_NAMES:
                self._known.setdefault(name)

    def label(self, name: str) -> str:
        return name if name in self._known else OTHER

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._known))  # may be learning at this moment, in another thread

    def __contains__(self, name: str) -> bool:
        return name in self._known

"""State machines as tables.

A table names, for each state, what each trigger leads to; it is the only truth about a life. What is not in the table
is illegal and raises before anything changes. A late or duplicate message from the network is no error: it is a row
that leads back to the state it came from. `docs/states.md` is drawn from the tables.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

S = TypeVar("S", bound=Enum)
T = TypeVar("T", bound=Enum)


class IllegalTransitionError(Exception):
    """A trigger that the table has no row for: a broken invariant, never the network's fault."""


class StateTable(Generic[S, T]):
    """One life: `rows[state][trigger]` is the next state."""

    def __init__(self, name: str, initial: S, rows: Mapping[S, Mapping[T, S]]) -> None:
        self.name = name
        self.initial = initial
        self.rows = rows

    def next(self, state: S, trigger: T) -> S:
        """The state that `trigger` leads to; raises IllegalTransitionError where the table has no row."""
        try:
            return self.rows[state][trigger]
        except KeyError:
            raise IllegalTransitionError(f"{self.name}: no row for {trigger.value} in {state.value}") from None

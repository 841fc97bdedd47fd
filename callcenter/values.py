"""The decorator of events, commands and the values in them: `dataclasses.dataclass`, frozen for the type checker only.

A call makes some thirty of these. At run time Python freezes a dataclass by making the first setting of each field
slow, and that was a quarter of the core's time. mypy sees the real decorator and refuses any change of a field.
"""

import dataclasses
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def dataclass(*, frozen: bool, slots: bool, order: bool = False) -> Callable[[type[T]], type[T]]:
    """As `dataclasses.dataclass`, of a class whose objects are never changed: compared and hashed by their fields."""
    assert frozen, "a dataclass that may change needs no decorator of ours"
    return dataclasses.dataclass(slots=slots, order=order, unsafe_hash=True)

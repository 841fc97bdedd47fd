"""What each family of canaries has to show: every one is caught soon, and none outlives its block."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest

from callcenter.simulation.world import SeedFailedError, run

SEEDS, EVENTS = 400, 300  # most are caught within 30 seeds, the rarest needs 269

Canaries = Mapping[str, Callable[[], AbstractContextManager[None]]]


def caught(canary: Callable[[], AbstractContextManager[None]]) -> None:
    """The auditor finds the engine broken within so many seeds."""
    with canary(), pytest.raises(SeedFailedError):
        _try_seeds()


def _try_seeds() -> None:
    for seed in range(SEEDS):
        run(seed, EVENTS)


def nothing_left_broken(canaries: Canaries) -> None:
    for canary in canaries.values():
        with canary():
            pass
    run(1, EVENTS)

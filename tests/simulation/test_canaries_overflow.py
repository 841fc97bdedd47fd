"""Each engine whose overflow is broken on purpose, or whose new rules reach the wrong ones, is caught soon."""

import pytest

from callcenter.simulation.canaries_overflow import CANARIES
from callcenter.simulation.world import SeedFailedError, run

SEEDS, EVENTS = 100, 300


def test_there_are_enough_of_them() -> None:
    assert len(CANARIES) >= 10


@pytest.mark.parametrize("name", CANARIES)
def test_a_broken_engine_is_caught_within_a_hundred_seeds(name: str) -> None:
    with CANARIES[name](), pytest.raises(SeedFailedError):
        _try_seeds()


def _try_seeds() -> None:
    for seed in range(SEEDS):
        run(seed, EVENTS)


def test_a_canary_leaves_nothing_broken_behind() -> None:
    for canary in CANARIES.values():
        with canary():
            pass
    run(1, EVENTS)

"""Each engine that says wrong facts, from which all figures come, is caught soon."""

import pytest

from callcenter.simulation.canaries_facts import CANARIES
from tests.simulation.catching import caught, nothing_left_broken


def test_there_are_enough_of_them() -> None:
    assert len(CANARIES) >= 10


@pytest.mark.parametrize("name", CANARIES)
def test_a_broken_engine_is_caught_within_a_hundred_seeds(name: str) -> None:
    caught(CANARIES[name])


def test_a_canary_leaves_nothing_broken_behind() -> None:
    nothing_left_broken(CANARIES)

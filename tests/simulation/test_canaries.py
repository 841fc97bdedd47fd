"""Each engine that is broken on purpose is caught, soon, and by a promise that names what is wrong."""

import pytest

from callcenter.simulation.canaries import CANARIES
from tests.simulation.catching import caught, nothing_left_broken


def test_there_are_enough_of_them() -> None:
    assert len(CANARIES) >= 10


@pytest.mark.parametrize("name", CANARIES)
def test_a_broken_engine_is_caught(name: str) -> None:
    caught(CANARIES[name])


def test_a_canary_leaves_nothing_broken_behind() -> None:
    nothing_left_broken(CANARIES)

"""Each engine that treats those who wait wrongly on purpose is caught soon."""

import pytest

from callcenter.simulation.canaries_treatment import CANARIES
from tests.simulation.catching import caught, nothing_left_broken


@pytest.mark.parametrize("name", CANARIES)
def test_a_broken_engine_is_caught(name: str) -> None:
    caught(CANARIES[name])


def test_a_canary_leaves_nothing_broken_behind() -> None:
    nothing_left_broken(CANARIES)

"""When Python looks for garbage."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from callcenter.garbage import EVERY_S, collect_seldom, settle
from tests.helpers import run_async


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


class Ring:
    def __init__(self) -> None:
        self.me = self


def test_what_is_there_is_left_out_and_the_young_are_looked_at_as_before() -> None:
    young = gc.get_threshold()[:2]
    gc.disable()
    settle()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[:2] == young


def test_no_collection_of_all_comes_by_itself() -> None:
    settle()
    before = gc.get_stats()[2]["collections"]
    kept = [[number] for number in range(1_000_000)]  # enough for a dozen, as Python sets out
    assert gc.get_stats()[2]["collections"] == before
    assert kept


@run_async
async def test_what_goes_round_in_circles_is_gone_after_an_hour() -> None:
    settle()
    ring = Ring()
    gone = weakref.ref(ring)
    gc.collect(1)  # it is among the old ones now, which nothing looks at by itself
    del ring
    gc.collect(1)
    assert gone() is not None
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await collect_seldom(sleep)
    assert waited == [EVERY_S, EVERY_S]
    assert gone() is None

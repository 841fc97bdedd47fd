from callcenter.retention.pace import LARGEST, SMALLEST, Pace
from tests.helpers import run_async


class Clock:
    """Each look at it finds it `step_s` later."""

    def __init__(self) -> None:
        self.now_s = self.step_s = 0.0
        self.rests: list[float] = []

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)


@run_async
async def test_slow_transactions_make_the_next_ones_smaller_and_quick_ones_larger() -> None:
    clock = Clock()
    pace = Pace(100, sleep=clock.sleep, clock=clock)
    sizes = []
    for clock.step_s in (0.2, 0.2, 0.2, 0.2, 0.04, 0.001, 0.001):
        sizes.append(pace.size)
        pace.begin()
        await pace.rest()
    assert sizes == [100, 50, 25, SMALLEST, SMALLEST, SMALLEST, 40]
    clock.step_s = 0.0
    for _ in range(20):
        await pace.rest()
    assert pace.size == LARGEST


@run_async
async def test_the_rest_is_as_long_as_the_work() -> None:
    clock = Clock()
    pace = Pace(sleep=clock.sleep, clock=clock)
    for clock.step_s in (0.25, 0.0):
        pace.begin()
        await pace.rest()
    assert clock.rests == [0.25, 0.01]

"""The machine's clock is set while the daemon is down: its own never goes back, and nobody loses the place."""

import asyncio
from pathlib import Path

import pytest

from tests.bounds.floor import VISITOR, Machine, floor_in
from tests.helpers import run_async

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]

HOUR_S = 3_600
LONGEST = 'callcenter_longest_wait_seconds{queue="general"}'
WAITING = 'callcenter_contacts_waiting{queue="general"}'


@pytest.mark.parametrize(("first_s", "then_s"), [(HOUR_S, 0), (0, HOUR_S)], ids=["back", "forward"])
@run_async
async def test_places_and_states_outlive_a_clock_that_is_set(
    first_s: int, then_s: int, tmp_path: Path, machine: Machine
) -> None:
    machine.set_clock(first_s)
    async with floor_in(tmp_path) as floor:
        await floor.anna.not_ready("break")
        callers = [floor.pbx.call(VISITOR) for _ in range(2)]
        await floor.center.until_metric(WAITING, 2)
        await floor.anna.leave()
        await floor.center.kill()
        machine.set_clock(then_s)
        await floor.open()
        await floor.center.until_metric(WAITING, 2)
        assert (floor.anna.state["state"], floor.anna.state["reason"]) == ("not_ready", "break")
        metrics = await floor.center.metrics()
        if then_s < first_s:  # time goes on where the journal ends, an hour ahead of the machine
            assert 0 <= metrics[LONGEST] < HOUR_S / 2
            assert metrics["callcenter_clock_ahead_seconds"] == pytest.approx(HOUR_S, abs=HOUR_S / 2)
        else:  # the hour has passed, as far as anybody can tell
            assert metrics[LONGEST] >= HOUR_S
            assert abs(metrics["callcenter_clock_ahead_seconds"]) < HOUR_S / 2
        await floor.answer(lambda: asyncio.ensure_future(floor.be_ready()))
        await floor.anna.until(lambda: len(floor.conversations) == 2, "the second caller")
        assert [contact.removeprefix("main-") for contact in floor.conversations] == [f"{one}-1" for one in callers]
        await floor.until_logged(2)
        await floor.anna.leave()

"""500 calls a second for five seconds, at 50 agents: whoever can be answered is, nobody is lost, memory is bounded."""

import asyncio
import time
from pathlib import Path
from random import Random

import pytest

from lab.center import AgentSpec
from lab.daemon_process import all_ready
from lab.simulated import Phone, Visitor
from tests.bounds.floor import floor_in
from tests.helpers import run_async

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]

CALLS, CALLS_A_SECOND = 2_500, 500
AGENTS = [AgentSpec(f"agent{n}", str(1_000 + n), {"support": 5}, ["general"]) for n in range(50)]
AGENTS[0] = AgentSpec("anna", "1000", {"support": 5}, ["general"])
MEMORY_BYTES = 100 * 1024 * 1024
ENDED = 'callcenter_contacts_total{{outcome="{}",queue="general",tier="standard"}}'


@run_async
async def test_flood_is_told_from_the_figures_and_every_call_is_logged_once(tmp_path: Path) -> None:
    async with floor_in(tmp_path, AGENTS, Phone((0.2, 0.5), (0.5, 1.0))) as floor:
        center, pbx = floor.center, floor.pbx
        pbx.max_calls = CALLS
        seats = [floor.anna] + [await center.seat(agent.id) for agent in AGENTS[1:]]
        await asyncio.gather(*(seat.ready() for seat in seats))
        before = (await center.metrics())["process_resident_memory_bytes"]
        random = Random(2)
        began_s = time.monotonic()
        called = 0
        while called < CALLS:
            while called < min(CALLS, (time.monotonic() - began_s) * CALLS_A_SECOND):
                number = f"+1212555{random.randrange(10_000):04}"
                pbx.call(Visitor(number, "8001", patience_s=random.uniform(0.5, 2.0)))
                called += 1
            await asyncio.sleep(0.005)
        highest = (await center.metrics())["process_resident_memory_bytes"]
        assert highest - before < MEMORY_BYTES
        await center.until(lambda _: not pbx.waiting, "all calls to be over", 30)
        await floor.until_logged(CALLS)
        await center.until(all_ready, "every part to be well")
        metrics = await center.metrics()
        answered, abandoned = (metrics[ENDED.format(outcome)] for outcome in ("answered", "abandoned"))
        assert answered + abandoned == CALLS
        assert answered > len(AGENTS)
        assert all(any(m["type"] == "pop" for m in seat.messages) for seat in seats), "nobody was left idle"
        assert metrics['callcenter_ami_reconnects_total{pbx="main"}'] == 0
        assert metrics["callcenter_event_loop_lag_max_seconds"] > 0
        await center.until_metric("callcenter_inbox_events", 0)
        await asyncio.gather(*(seat.leave() for seat in seats))
        assert await center.stop() == 0

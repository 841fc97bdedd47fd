"""The daemon as the benchmark runs it: unmodified, with its journal in Redis, its log and its customers in SQL, rules
by tier, and agents who have signed in and gone READY at their pages, which stay open.

It runs only during its own runs, so that app_queue's pay nothing for it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter.crm.sample import MAX_CUSTOMERS, load_sample
from callcenter.stores.database import default_url, open_database
from callcenter.stores.migrations import migrate
from lab.center import AgentSpec, Center
from lab.daemon_process import all_ready, process_cpu_s
from lab.pbx import Pbx

DIALLED = "5000"
QUEUE = "bench"
# Every agent can take every contact, as in app_queue: an idle agent is then always the queue's to use.
ROUTING: dict[str, Any] = {
    "version": 1,
    "tiers": ["platinum", "gold", "silver", "standard"],
    "default_tier": "standard",
    "default_queue": QUEUE,
    "queues": {QUEUE: {"offer_timeout_s": 15, "wrap_up_s": 0, "service_level_s": 20}},
    "dispositions": ["resolved"],
    "not_ready_reasons": ["break"],
    "rules": [
        {
            "name": f"service, {tier}",
            "when": {"tier": tier, "dialled": DIALLED},
            "route": {"queue": QUEUE, "priority": priority, "skills": {"service": level}},
        }
        for tier, priority, level in (("platinum", 80, 5), ("gold", 60, 4), ("silver", 40, 3), ("standard", 20, 2))
    ],
}


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU that the daemon and its own redis-server have used."""

    daemon_s: float
    redis_s: float

    def since(self, before: "Cpu") -> "Cpu":
        return Cpu(self.daemon_s - before.daemon_s, self.redis_s - before.redis_s)


@asynccontextmanager
async def at_work(pbx: Pbx, folder: Path) -> AsyncIterator[Center]:
    """A daemon of its own for one run, in an empty folder, with all agents READY."""
    agents = [AgentSpec(f"agent{phone}", phone, {"service": 7}, [QUEUE]) for phone in pbx.agents]
    center = Center(folder, pbx.ami_port, pbx.ami_secret, agents, ROUTING)
    await fill_database(center)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(center)
        for agent in agents:
            seat = await center.seat(agent.id)
            stack.push_async_callback(seat.leave)
            await seat.ready()
        await center.until(all_ready, "all parts to be ready")
        yield center


def cpu(center: Center) -> Cpu:
    redis_pid = int((center.data_dir / "redis/redis.pid").read_text())
    return Cpu(center.cpu_s(), process_cpu_s(redis_pid))


async def fill_database(center: Center) -> None:
    center.data_dir.mkdir(parents=True)
    database = open_database(default_url(center.data_dir))
    try:
        await migrate(database.engine)
        await load_sample(database.engine, MAX_CUSTOMERS)
    finally:
        await database.close()

"""The journal's benchmark with little of everything: each journal is given the same kind of work."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.journal import EMBEDDED, EXTERNAL, NONE, figures, floors, lines, measure, turn
from callcenter.engine import Engine
from callcenter.types import AgentState
from tests.helpers import run_async
from tests.stories.stage import until

FOUND: dict[str, Any] = figures(
    {NONE: [1.0, 2.0], EMBEDDED: [1.5, 3.5], EXTERNAL: [2.0, 5.0]},
    {NONE: 1_000, EMBEDDED: 990, EXTERNAL: 980},
    2.0,
    {NONE: 9_000, EMBEDDED: 5_000, EXTERNAL: 4_000},
)


def test_what_is_added_is_the_difference_to_no_journal() -> None:
    assert FOUND[NONE] == {"p50_ms": 1.0, "p99_ms": 2.0, "measured_events_per_s": 500, "events_per_s": 9_000}
    assert (FOUND[EMBEDDED]["added_p50_ms"], FOUND[EMBEDDED]["added_p99_ms"]) == (0.5, 1.5)
    assert (FOUND[EXTERNAL]["added_p50_ms"], FOUND[EXTERNAL]["added_p99_ms"]) == (1.0, 3.0)


def test_aim_is_met_only_if_both_meet_it() -> None:
    assert lines(FOUND)[-1].endswith("MISSED.")
    assert lines({**FOUND, EXTERNAL: FOUND[EMBEDDED]})[-1].endswith("met.")


@pytest.mark.redis
@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_every_call_is_answered_and_wrapped_up_on_each_floor(tmp_path: Path) -> None:
    async with floors(tmp_path) as made:
        for name, floor in made.items():
            assert await turn(floor, rate=300, seconds=0.3, lead_s=0.1) > 0, name
            assert floor.latencies_ms
            assert floor.called == floor.over > 1
            engine = floor.runner.engine

            async def all_are_ready(engine: Engine = engine) -> bool:
                return all(agent.state is AgentState.READY for agent in engine.overview(0).agents)

            await until(all_are_ready, lambda: "the last ones to wrap up", 20)


@pytest.mark.redis
@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_each_journal_has_figures() -> None:
    found = await measure(rate=200, seconds=0.3, turns=1, lead_s=0.1, most_s=0.2)
    for name in (NONE, EMBEDDED, EXTERNAL):
        assert found[name]["p99_ms"] >= found[name]["p50_ms"] > 0
        assert found[name]["events_per_s"] > 0

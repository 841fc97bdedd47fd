"""The daemon as a process: a call's facts are in the database, through a kill, and it works out figures by itself."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import run_async
from tests.test_daemon import VISITOR, center_in

pytestmark = pytest.mark.redis

DEADLINE_S = 20.0


def _rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


async def _until(file: Path, query: str, wanted: list[tuple[Any, ...]]) -> None:
    end_s = asyncio.get_running_loop().time() + DEADLINE_S
    while (found := _rows(file, query)) != wanted:
        assert asyncio.get_running_loop().time() < end_s, f"{query} should give {wanted}, gives {found}"
        await asyncio.sleep(0.05)


@run_async
async def test_a_call_is_a_visit_and_a_part_and_figures_are_there_after_a_kill(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, pbx):
        await center.start()
        file = center.database_file
        anna = await center.seat("anna")
        await anna.ready()
        pbx.call(VISITOR)
        await anna.until_state("talking")
        await anna.until_state("ready")
        await _until(
            file,
            "SELECT outcome, agent, queue, ended_ms - began_ms >= 0 FROM visit",
            [("answered", "anna", "general", 1)],
        )
        await _until(
            file,
            "SELECT agent, transfer, ended_ms - began_ms = talk_ms + hold_ms + wrap_up_ms FROM part",
            [("anna", None, 1)],
        )
        await _until(file, "SELECT state FROM agent_stretch WHERE ended_ms IS NULL", [("ready",)])
        before = _rows(file, "SELECT began_ms, state FROM agent_stretch ORDER BY began_ms")
        await anna.leave()
        await center.kill()
        await center.start()
        await _until(file, "SELECT sum(offered), sum(answered), sum(parts) FROM figure_queue", [(1, 1, 1)])
        await _until(file, "SELECT agent, sum(accepted), sum(parts) FROM figure_agent GROUP BY agent", [("anna", 1, 1)])
        anna = await center.seat("anna")
        assert anna.state["state"] == "ready"
        assert _rows(file, "SELECT began_ms, state FROM agent_stretch ORDER BY began_ms") == before, "it goes on"
        await anna.leave()

"""The daemon as a process: a call is in the report of today, over the API and on the command line beside the daemon."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from callcenter.cli import main
from tests.helpers import run_async
from tests.test_daemon import VISITOR
from tests.test_daemon_staff import running

pytestmark = pytest.mark.redis


async def report(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(f"/api/v1/reports/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@run_async
async def test_a_call_is_in_the_reports_of_today(tmp_path: Path) -> None:
    async with running(tmp_path) as (center, pbx, admin):
        carl, boss = await center.seat("carl"), await center.seat("boss")
        assert (await report(admin, "queues"))["rows"] == []
        pbx.call(VISITOR)  # who asks for German, which Carl speaks
        await center.until_metric('callcenter_contacts_waiting{queue="general"}', 1.0)
        for _ in range(200):
            if (told := await report(admin, "queues"))["rows"]:
                break
            await asyncio.sleep(0.05)
        assert [(row["queue"], row["offered"], row["waiting"]) for row in told["rows"]] == [("general", 1, 1)]
        agents = await report(admin, "agents")
        assert {row["agent"] for row in agents["rows"]} == {"carl", "boss"}
        assert all(row["signed_in_ms"] > 0 for row in agents["rows"]), "a state that goes on counts"
        beside = await asyncio.to_thread(
            CliRunner().invoke,
            main,
            ["report", "queues", "--format", "json", "--config", str(center.config_file)],
        )
        assert beside.exit_code == 0, beside.output
        assert json.loads(beside.stdout)["rows"] == told["rows"]
        await carl.leave()
        await boss.leave()

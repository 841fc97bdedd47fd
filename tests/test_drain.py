"""`callcenter drain` at a daemon that runs: no new offers, talks go on, and it says how many are left."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from callcenter.drain import drain
from lab.center import Center
from tests.helpers import run_async
from tests.test_daemon import ANNA, BELA, VISITOR, center_in

pytestmark = pytest.mark.redis


async def run(center: Center, *arguments: str, login: str = "anna", password: str | None = None) -> Result:
    options = ["--config", str(center.config_file), "--as", login, *arguments]
    environment = {"CALLCENTER_PASSWORD": password or center.password}
    return await asyncio.to_thread(CliRunner().invoke, drain, options, env=environment)


async def engine_says(center: Center, words: str) -> None:
    await center.until(lambda parts: words in parts["engine"]["words"], f"the engine to say {words!r}")


@run_async
async def test_who_talks_is_waited_for_and_nobody_new_is_offered(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, pbx):
        pbx.phones["1001"] = replace(pbx.phones["1001"], talks_s=(3.0, 3.0))
        center.agents = [replace(ANNA, roles=("agent", "supervisor")), BELA]
        await center.start()
        anna, bela = await center.seat("anna"), await center.seat("bela")
        await anna.ready()
        pbx.call(VISITOR)
        await anna.until_state("talking")
        early = await run(center, "--timeout", "0")
        assert early.exit_code == 1
        assert "1 talk, 0 phones ring, 0 wait" in early.output
        assert "there are 1 left; no offers are made until `--undo`" in early.output
        await engine_says(center, "no offers are made, anna has asked for it")
        await bela.ready()
        pbx.call(VISITOR)
        over = await run(center)
        assert over.exit_code == 0, over.output
        assert over.output.splitlines()[-1] == "No new offers. 0 talk, 0 phones ring, 1 wait."
        picture: dict[str, Any] = await bela.picture()
        assert picture["offering_stopped_by"] == "anna"
        assert (await center.metrics())["callcenter_offering"] == 0
        undone = await run(center, "--undo")
        assert (undone.exit_code, undone.output) == (0, "Offers are made again.\n")
        await bela.until(lambda: bela.pop is not None or anna.pop is not None, "the offer")
        assert (await center.metrics())["callcenter_offering"] == 1


@run_async
async def test_a_start_makes_offers_again(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, pbx):
        center.agents = [replace(ANNA, roles=("agent", "supervisor"))]
        await center.start()
        assert (await run(center)).exit_code == 0
        assert await center.stop() == 0
        await center.start()
        anna = await center.seat("anna")
        await anna.ready()
        pbx.call(VISITOR)
        await anna.until(lambda: anna.pop is not None, "a pop")


@run_async
async def test_what_is_wrong_is_said_in_words(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, _):
        center.agents = [ANNA]
        await center.start()
        assert "Agent or password is wrong" in (await run(center, password="wrong-wrong")).output
        not_allowed = await run(center)
        assert not_allowed.exit_code == 1
        assert "needs the permission stop_offering" in not_allowed.output

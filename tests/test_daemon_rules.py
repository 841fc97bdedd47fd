"""The daemon as a process: rules are published, refused, rolled back and reloaded while it runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click import Command
from click.testing import CliRunner, Result

from callcenter.rulebook import publish_cli
from lab.center import Center
from lab.daemon_process import all_ready
from tests.helpers import run_async
from tests.test_daemon import ANNA, ROUTING, VISITOR, center_in

pytestmark = pytest.mark.redis

SUPERVISED = [replace(ANNA, roles=("agent", "supervisor"))]


def with_rule(name: str, priority: int = 7, **changes: Any) -> dict[str, Any]:
    rule = {"name": name, "when": {"dialled": VISITOR.dialled}, "route": {"queue": "general", "priority": priority}}
    return {**ROUTING, "rules": [rule], **changes}


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Center, Any]]:
    async with center_in(folder) as (center, pbx):
        center.agents = SUPERVISED
        await center.start()
        await center.until(all_ready, "every part to be well")
        await until_log(center, "(file): read at start")
        yield center, pbx


async def command(center: Center, name: str, *arguments: str) -> Result:
    """`callcenter rules NAME …` of an admin on this machine."""
    run: Command = getattr(publish_cli, name)
    options = ["--config", str(center.config_file)]
    if name in {"publish", "rollback"}:
        options += ["--as", "anna"]
    environment = {"CALLCENTER_PASSWORD": center.password}
    return await asyncio.to_thread(CliRunner().invoke, run, [*arguments, *options], env=environment)


async def until_log(center: Center, *expected: str) -> str:
    """Wait until the authors and messages in the log of versions are these, the newest first."""
    for _ in range(100):
        result = await command(center, "log")
        seen = tuple(line.split("  ")[-1] for line in result.stdout.splitlines()[::2])
        if seen == expected:
            return result.stdout
        await asyncio.sleep(0.1)
    raise AssertionError(f"{result.output} is not {expected}\n{center.log()}")


@run_async
async def test_published_rules_count_at_once_and_can_be_rolled_back(tmp_path: Path) -> None:
    async with running(tmp_path) as (center, pbx):
        center.routing = with_rule("front desk")
        center.write_files()
        result = await command(center, "publish", "-m", "A rule for the front desk", "--author", "Jane")
        assert result.exit_code == 0, result.output
        assert result.stdout == "Version 2 is in force.\n"
        anna = await center.seat("anna")
        await anna.ready()
        pbx.call(VISITOR)
        await anna.until(lambda: anna.pop is not None, "a pop")
        assert anna.pop is not None
        assert (anna.pop["rule"], anna.pop["priority"]) == ("front desk", 7)
        await anna.until_state("ready")
        told = await until_log(center, "Jane (as anna): A rule for the front desk", "(file): read at start")
        assert "~routing.yaml" in told
        diff = await command(center, "diff", "1", "2")
        assert "+- name: front desk" in diff.stdout
        assert (await command(center, "diff", "folder", "2")).stdout == ""

        result = await command(center, "rollback", "1", "-m", "Not today")
        assert result.exit_code == 0, result.output
        assert "Version 3 is in force. It has the files of version 1." in result.stdout
        assert "holds other rules" in result.stderr
        assert "front desk" in (center.folder / "routing.yaml").read_text()
        pbx.call(VISITOR)
        await anna.until(lambda: anna.pop is not None and anna.pop["rule"] != "front desk", "another pop")
        await anna.leave()
        assert (await command(center, "diff", "1", "3")).stdout == ""


@run_async
async def test_who_waits_keeps_the_version_that_routed_it_unless_the_publisher_says_otherwise(tmp_path: Path) -> None:
    async with running(tmp_path) as (center, pbx):
        anna = await center.seat("anna")

        async def published(priority: int, *options: str) -> None:
            (center.folder / "routing.yaml").write_text(yaml.safe_dump(with_rule("front desk", priority)))
            result = await command(center, "publish", "-m", f"Priority {priority}", *options)
            assert result.exit_code == 0, result.output

        async def until_waiting(*priorities: int) -> None:
            for _ in range(200):
                seen = [contact["priority"] for contact in (await anna.picture())["contacts"]]
                if seen == [*priorities]:
                    return
                await asyncio.sleep(0.05)
            raise AssertionError(f"{seen} wait, not {priorities}\n{center.log()}")

        await published(7)
        pbx.call(VISITOR)
        await until_waiting(7)
        await published(8)
        pbx.call(VISITOR)
        await until_waiting(7, 8)
        await published(9)
        pbx.call(VISITOR)
        await until_waiting(7, 8, 9)
        await published(10, "--reroute-waiting")
        await until_waiting(10, 10, 10)
        await anna.leave()


@run_async
async def test_the_second_of_two_admins_is_told_and_nothing_is_overwritten(tmp_path: Path) -> None:
    async with running(tmp_path) as (center, _pbx):
        folders = []
        for admin in ("jane", "omar"):
            folder = tmp_path / admin
            folder.mkdir()
            (folder / "routing.yaml").write_text(yaml.safe_dump(with_rule(f"rule of {admin}")))
            (folder / ".published").write_text("1\n")  # both have begun with version 1
            folders.append(folder)
        first = await command(center, "publish", str(folders[0]), "-m", "Of Jane")
        second = await command(center, "publish", str(folders[1]), "-m", "Of Omar")
        assert (first.exit_code, second.exit_code) == (0, 1), first.output + second.output
        assert "anna: Of Jane" in second.stderr
        assert "rules diff 1 2" in second.stderr
        assert "--expect 2" in second.stderr
        await until_log(center, "anna: Of Jane", "(file): read at start")
        third = await command(center, "publish", str(folders[1]), "-m", "Of both", "--expect", "2")
        assert third.exit_code == 0, third.output
        again = await command(center, "publish", str(folders[1]), "-m", "Of both")
        assert again.stdout == "Version 3 is in force as before: no file has changed.\n"
        assert (folders[1] / ".published").read_text() == "3\n"


@run_async
async def test_rules_with_mistakes_are_refused_whole_by_the_daemon_too(tmp_path: Path) -> None:
    async with running(tmp_path) as (center, _pbx):
        wrong = with_rule("lost", default_queue="nowhere")
        center.routing = wrong
        center.write_files()
        local = await command(center, "publish", "-m", "Oops")
        assert local.exit_code == 1
        assert "nowhere" in local.stderr
        async with httpx.AsyncClient(base_url=center.url) as client:
            await client.post("/api/v1/sign-in", json={"agent": "anna", "password": center.password})
            body = {"files": {"a.yaml": yaml.safe_dump(wrong)}, "message": "Oops", "based_on": 1}
            answer = await client.post("/api/v1/rules", json=body)
            in_force = (await client.get("/api/v1/rules")).json()["version"]
        assert answer.status_code == 422, answer.text
        assert any(line.startswith("a.yaml:") and "nowhere" in line for line in answer.json()["mistakes"])
        assert (in_force["number"], in_force["message"]) == (1, "read at start")
        await until_log(center, "(file): read at start")


@run_async
async def test_sighup_and_restart_keep_the_folder_as_a_version_where_it_is_another(tmp_path: Path) -> None:
    async with running(tmp_path) as (center, _pbx):
        center.reload()
        await center.until(lambda _: "configuration reloaded" in center.log(), "the reload")
        center.routing = with_rule("front desk")
        center.reload()
        await until_log(center, "(file): reload", "(file): read at start")
        assert await center.stop() == 0
        await center.start()
        await center.until(all_ready, "every part to be well")
        await until_log(center, "(file): reload", "(file): read at start")
        assert await center.stop() == 0
        center.routing = with_rule("back office")
        await center.start()
        await until_log(center, "(file): read at start", "(file): reload", "(file): read at start")


@run_async
async def test_who_may_not_publish_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as (center, _pbx):
        center.password = "something else"
        result = await command(center, "publish", "-m", "Mine")
        assert result.exit_code == 1
        assert "Agent or password is wrong." in result.stderr
        await center.stop()
        result = await command(center, "publish", "-m", "Mine")
        assert "no daemon answers at 127.0.0.1:" in result.stderr

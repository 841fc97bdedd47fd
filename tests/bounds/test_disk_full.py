"""A full disk below the daemon as a process: calls go on, health says so, and with room again nothing is missing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lab.daemon_process import all_ready
from tests.bounds import small_disk
from tests.bounds.floor import VISITOR, Floor, floor_in
from tests.bounds.small_disk import SmallDisk
from tests.helpers import run_async
from tests.redis_fixtures import running_redis

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]

KINDS = {"limited": small_disk.limited} | ({"mounted": small_disk.mounted} if small_disk.can_mount() else {})
each_kind = pytest.mark.parametrize("kind", KINDS)


@contextlib.asynccontextmanager
async def floor_on(disk: SmallDisk, **changes: Any) -> AsyncIterator[Floor]:
    async with floor_in(disk.folder, **changes) as floor:
        await floor.be_ready()
        await floor.talk()
        yield floor


@each_kind
@run_async
async def test_journal_waits_in_memory_and_is_caught_up(kind: str, tmp_path: Path) -> None:
    with KINDS[kind](tmp_path / "disk") as disk:
        async with floor_on(disk) as floor:
            disk.fill(floor.center)
            await floor.talk_until(lambda parts: "in memory only" in parts["engine"]["words"])
            parts = await floor.center.until(lambda parts: not parts["redis"]["ok"], "Redis to be missed")
            assert parts["pbx"]["ok"]
            for _ in range(5):
                await floor.talk()
            metrics = await floor.center.metrics()
            assert metrics["callcenter_journal_up"] == 0
            assert metrics["callcenter_journal_gap_bytes"] > 0
            disk.make_room(floor.center)
            await floor.center.until(all_ready, "every part to be well again")
            await floor.until_logged()
            metrics = await floor.center.metrics()
            assert metrics['callcenter_journal_lost_total{kind="event"}'] == 0
            assert metrics['callcenter_journal_lost_total{kind="record"}'] == 0
            await floor.anna.leave()
            assert await floor.center.stop() == 0


@each_kind
@run_async
async def test_contact_log_waits_in_redis_and_is_caught_up(kind: str, tmp_path: Path) -> None:
    async with running_redis(tmp_path / "elsewhere") as server:
        with KINDS[kind](tmp_path / "disk") as disk:
            async with floor_on(disk, settings={"redis": {"url": server.url}}) as floor:
                disk.fill(floor.center)
                parts = await floor.talk_until(lambda parts: not parts["sql"]["ok"])
                assert "records wait in Redis" in parts["sql"]["words"]
                assert parts["redis"]["ok"]
                assert parts["engine"]["ok"]
                disk.make_room(floor.center)
                await floor.center.until(all_ready, "every part to be well again")
                await floor.until_logged()
                await floor.anna.leave()


if "mounted" in KINDS:  # a limit would not outlive the process

    @run_async
    async def test_daemon_that_dies_on_a_full_disk_starts_and_has_its_agents_and_callers(tmp_path: Path) -> None:
        with small_disk.mounted(tmp_path / "disk") as disk:
            async with floor_on(disk) as floor:
                await floor.anna.not_ready("break")
                floor.pbx.call(VISITOR)
                await floor.center.until_metric('callcenter_contacts_waiting{queue="general"}', 1)
                disk.fill(floor.center)
                await floor.anna.leave()
                await floor.center.kill()
                await floor.open()
                assert (floor.anna.state["state"], floor.anna.state["reason"]) == ("not_ready", "break")
                await floor.answer(lambda: asyncio.ensure_future(floor.be_ready()))
                disk.make_room(floor.center)
                await floor.center.until(all_ready, "every part to be well again")
                await floor.until_logged()
                await floor.anna.leave()

"""The daemon as a process, beside a simulated PBX: how it starts, tells of itself, reloads, restarts and ends."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from callcenter.daemon import end_task
from callcenter.days import day_and_next
from callcenter.recovery import open_journal
from callcenter.settings import Settings
from callcenter.stores.redis_server import RedisServer
from callcenter.stores.snapshot import decode_snapshot
from lab.center import AgentSpec, Center
from lab.daemon_process import all_ready
from lab.simulated import Phone, SimulatedPbx, Visitor
from tests.helpers import run_async

pytestmark = pytest.mark.redis

SECRET = "a secret of the test"
ROUTING: dict[str, Any] = {
    "version": 1,
    "tiers": ["gold", "standard"],
    "default_tier": "standard",
    "default_queue": "general",
    "dispositions": ["resolved"],
    "not_ready_reasons": ["break"],
    "queues": {"general": {"offer_timeout_s": 5, "wrap_up_s": 0, "service_level_s": 20}},
    "rules": [],
}
ANNA = AgentSpec("anna", "1001", {"support": 5}, ["general"])
BELA = AgentSpec("bela", "1002", {"support": 5}, ["general"])
VISITOR = Visitor("+12125550123", "8001", "Jane Doe", "", "", "", patience_s=60.0)


@contextlib.asynccontextmanager
async def center_in(folder: Path, **changes: Any) -> AsyncIterator[tuple[Center, SimulatedPbx]]:
    from twisted.internet import reactor

    phone = Phone(answers_after_s=(0.05, 0.05), talks_s=(0.2, 0.2))
    pbx = SimulatedPbx(reactor, Random(1), {"1001": phone, "1002": phone}, secret=SECRET)
    port = pbx.listen(reactor)
    center = Center(folder / "center", port, SECRET, agents=[ANNA], routing=ROUTING, **changes)
    try:
        yield center, pbx
    finally:
        await center.stop()
        await pbx.stop().asFuture(asyncio.get_running_loop())


@run_async
async def test_health_tells_the_parts_apart_and_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, pbx):
        await center.start()
        parts = await center.until(all_ready, "every part to be well")
        assert set(parts) == {"pbx", "redis", "sql", "engine"}
        assert center.data_dir.stat().st_mode & 0o077 == 0, "customers' records are nobody else's to read"
        pbx.refuse_logins = True
        pbx.cut_links()
        parts = await center.until(lambda parts: not parts["pbx"]["ok"], "the PBX to be missed")
        assert [name for name, part in parts.items() if not part["ok"]] == ["pbx"]
        async with httpx.AsyncClient(base_url=center.url) as client:
            assert (await client.get("/health/live")).status_code == 200
            assert (await client.get("/health/ready")).status_code == 503
        assert await center.stop() == 0


@run_async
async def test_redis_that_hangs_stops_no_call_and_is_told(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, pbx):
        await center.start()
        anna = await center.seat("anna")
        await anna.ready()
        redis = int((center.data_dir / "redis" / "redis.pid").read_text())
        os.kill(redis, signal.SIGSTOP)
        try:
            pbx.call(VISITOR)
            await anna.until_state("talking")
            parts = await center.until(lambda parts: not parts["redis"]["ok"], "Redis to be missed")
            assert not parts["engine"]["ok"]
            assert parts["pbx"]["ok"]
        finally:
            os.kill(redis, signal.SIGCONT)
        await center.until(lambda parts: parts["redis"]["ok"], "Redis to be back")
        await anna.until_state("ready")
        pbx.call(VISITOR)
        await anna.until_state("talking")
        await center.until(lambda parts: parts["engine"]["ok"], "journalling to go on")
        await anna.until_state("ready")
        await anna.leave()
        await center.kill()
        await center.start()
        anna = await center.seat("anna")
        assert anna.state["state"] in {"ready", "talking"}
        await anna.leave()


@run_async
async def test_daemon_that_dies_while_redis_is_away_comes_back_without_it_and_no_record_is_lost(
    tmp_path: Path, redis_executable: Path
) -> None:
    redis = RedisServer(tmp_path / "other machine")
    url = await redis.start()
    try:
        async with center_in(tmp_path, settings={"redis": {"url": url}}) as (center, pbx):
            await center.start()
            anna = await center.seat("anna")
            await anna.ready()
            pbx.call(VISITOR)
            await anna.until_state("talking")
            await anna.until_state("ready")
            await redis.stop()
            pbx.call(VISITOR)
            await anna.until_state("talking")
            await anna.until_state("ready")
            await anna.not_ready("break")
            await anna.leave()
            parts = await center.until(lambda parts: not parts["engine"]["ok"], "the gap to be told")
            assert "journal-gap.jsonl" in parts["engine"]["words"]
            await center.kill()
            await center.start()
            assert "starting without Redis, from" in center.log()
            anna = await center.seat("anna")
            assert (anna.state["state"], anna.state["reason"]) == ("not_ready", "break")
            redis = RedisServer(tmp_path / "other machine")
            assert await redis.start() == url
            await center.until(all_ready, "the journal to be back in Redis")
            await anna.ready()
            pbx.call(VISITOR)
            await anna.until_state("talking")
            await anna.until_state("ready")
            await anna.leave()
            assert await center.stop() == 0
            with contextlib.closing(sqlite3.connect(center.database_file)) as database:
                outcomes = database.execute("SELECT outcome, agent FROM contact ORDER BY arrived_ms").fetchall()
            assert outcomes == [("answered", "anna")] * 3
    finally:
        await redis.stop()


@run_async
async def test_restart_brings_agents_and_callers_back_as_they_were(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, pbx):
        await center.start()
        anna = await center.seat("anna")
        await anna.not_ready("break")
        pbx.call(VISITOR)
        await center.until_metric('callcenter_contacts_waiting{queue="general"}', 1)
        await anna.leave()
        assert await center.stop() == 0
        await center.start()
        await center.until_metric('callcenter_contacts_waiting{queue="general"}', 1)
        anna = await center.seat("anna")
        assert (anna.state["state"], anna.state["reason"]) == ("not_ready", "break")
        await anna.ready()
        await anna.until_state("talking")
        await anna.until_state("ready")
        await anna.leave()


@run_async
async def test_restart_asks_for_callers_at_the_pbx_first_and_then_who_they_are(tmp_path: Path) -> None:
    nowhere = {"database": {"url": "postgresql://127.0.0.1:1/nowhere"}}
    looked_up = 'callcenter_lookup_seconds_count{outcome="unknown"}'
    async with center_in(tmp_path, settings=nowhere) as (center, pbx):
        await center.start()
        pbx.call(VISITOR)
        await center.until_metric('callcenter_contacts_waiting{queue="general"}', 1)
        await center.kill()
        center.settings = {}
        pbx.refuse_logins = True
        await center.start(synced=False)
        await center.until(lambda parts: parts["sql"]["ok"], "the database to be there")
        assert (await center.metrics())[looked_up] == 0
        pbx.refuse_logins = False
        await center.until_metric(looked_up, 1)


@run_async
async def test_day_of_the_machine_is_told_at_the_start(tmp_path: Path) -> None:
    def today() -> str:
        return day_and_next(time.time_ns() // 1_000_000)[0]

    async with center_in(tmp_path) as (center, _pbx):
        days = {today()}
        await center.start()
        assert await center.stop() == 0
        days.add(today())
        async with contextlib.AsyncExitStack() as closing:
            journal = await open_journal(Settings(data_dir=center.data_dir), closing)
            snapshot, _ = await journal.load()
        assert snapshot is not None
        assert decode_snapshot(snapshot).day in days


@run_async
async def test_sighup_takes_new_agents_and_keeps_the_old_settings_where_the_new_are_wrong(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, _pbx):
        await center.start()
        center.agents = [ANNA, BELA]
        center.reload()
        await center.until_metric('callcenter_agents{state="logged_out"}', 2)
        bela = await center.seat("bela")
        center.routing = {**ROUTING, "default_queue": "nowhere"}
        center.reload()
        await center.until(lambda _: "nowhere" in center.log(), "the mistake to be told")
        assert "routing.yaml" in center.log()
        await bela.ready()
        await bela.until_state("ready")
        await bela.leave()


@run_async
async def test_settings_with_mistakes_start_nothing_and_are_all_told(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, _pbx):
        center.write_files()
        center.config_file.write_text(center.config_file.read_text() + "log_level: loud\ncolour: green\n")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "callcenter",
            "run",
            "--config",
            str(center.config_file),
            stderr=asyncio.subprocess.PIPE,
        )
        _, errors = await process.communicate()
        assert process.returncode == 1
        assert b"log_level" in errors
        assert b"colour" in errors
        assert not center.data_dir.exists()


@run_async
async def test_port_in_use_is_said_and_ends_the_start(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, _pbx):
        taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        center.http_port = taken.sockets[0].getsockname()[1]
        with pytest.raises(Exception, match="in use by another program"):
            await center.start()
        taken.close()


@run_async
async def test_a_task_that_takes_being_cancelled_for_an_error_is_ended_all_the_same() -> None:
    async def watch() -> None:
        with contextlib.suppress(asyncio.CancelledError):  # as a driver does that was connecting
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    task = asyncio.create_task(watch())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end_task(task)
    assert task.cancelled()

"""The daemon as a process: people are added, changed and removed while it takes calls, and stay so over restarts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from twisted.internet import reactor

from lab.center import Center
from lab.daemon_process import all_ready
from lab.simulated import Phone, SimulatedPbx
from tests.helpers import run_async
from tests.test_daemon import ANNA, ROUTING, SECRET, VISITOR

pytestmark = pytest.mark.redis

STAFF = "/api/v1/staff"
BOSS = replace(ANNA, id="boss", phone="1009", roles=("agent", "admin"))
GERMAN = {
    "name": "German line",
    "when": {"dialled": VISITOR.dialled},
    "route": {"queue": "general", "skills": {"german": 5}},
}
SPEAKS_GERMAN = replace(ANNA, id="carl", phone="1008", skills={"german": 10})  # never signed in, so the skill is one


@contextlib.asynccontextmanager
async def running(folder: Path, talks_s: float = 0.2) -> AsyncIterator[tuple[Center, SimulatedPbx, httpx.AsyncClient]]:
    """A center with its simulated PBX, and its admin, signed in to administer."""
    phone = Phone(answers_after_s=(0.05, 0.05), talks_s=(talks_s, talks_s))
    pbx = SimulatedPbx(reactor, Random(1), dict.fromkeys(("1001", "1002", "1009"), phone), secret=SECRET)
    port = pbx.listen(reactor)
    center = Center(
        folder / "center", port, SECRET, agents=[ANNA, BOSS, SPEAKS_GERMAN], routing={**ROUTING, "rules": [GERMAN]}
    )
    try:
        async with center, httpx.AsyncClient(base_url=center.url, timeout=10) as admin:
            await center.until(all_ready, "every part to be well")
            await sign_in(center, admin)
            yield center, pbx, admin
    finally:
        await pbx.stop().asFuture(asyncio.get_running_loop())


async def sign_in(center: Center, admin: httpx.AsyncClient) -> None:
    body = {"agent": "boss", "password": center.password, "takes_contacts": False}
    assert (await admin.post("/api/v1/sign-in", json=body)).status_code == 200


async def in_force(admin: httpx.AsyncClient) -> dict[str, Any]:
    """The staff, once it is kept."""
    for _ in range(100):
        told: dict[str, Any] = (await admin.get(STAFF)).json()
        if told["version"]["number"]:
            return told
        await asyncio.sleep(0.1)
    raise AssertionError(told)


@run_async
async def test_a_published_skill_makes_an_agent_take_a_contact_that_waits(tmp_path: Path) -> None:
    async with running(tmp_path) as (center, pbx, admin):
        anna = await center.seat("anna")
        await anna.ready()
        number = (await in_force(admin))["version"]["number"]
        pbx.call(VISITOR)
        await center.until_metric('callcenter_contacts_waiting{queue="general"}', 1.0)
        offered = anna.pop
        assert offered is None
        wrong = await admin.patch(f"{STAFF}/people/anna", json={"skills": {"german": 11}, "based_on": number})
        assert wrong.status_code == 422, wrong.text
        answer = await admin.patch(f"{STAFF}/people/anna", json={"skills": {"german": 7}, "based_on": number})
        assert answer.status_code == 200, answer.text
        await anna.until(lambda: anna.pop is not None, "a pop")
        assert anna.pop is not None
        assert anna.pop["rule"] == "German line"
        await anna.until_state("talking")
        await anna.until_state("ready")
        await anna.leave()


@run_async
async def test_who_is_removed_in_a_talk_goes_when_it_is_over_and_a_restart_brings_nobody_back(tmp_path: Path) -> None:
    async with running(tmp_path, talks_s=3.0) as (center, pbx, admin):
        number = (await in_force(admin))["version"]["number"]
        zoe = {"name": "Zoe", "device": "PJSIP/1002", "queues": ["general"], "skills": {"german": 9}}
        body = {**zoe, "password": center.password, "based_on": number}
        assert (await admin.put(f"{STAFF}/people/zoe", json=body)).status_code == 200
        seat = await center.seat("zoe")
        await seat.ready()
        pbx.call(VISITOR)
        await seat.until_state("talking")
        removed = await admin.delete(f"{STAFF}/people/zoe?based_on={number + 1}")
        assert removed.status_code == 200, removed.text
        metrics = await center.metrics()
        assert metrics['callcenter_agents{state="talking"}'] == 1.0, "the talk goes on"
        await center.until_metric('callcenter_agents{state="talking"}', 0.0)
        await seat.leave()
        await center.stop()
        await center.start()
        await center.until(all_ready, "every part to be well")
        await sign_in(center, admin)
        told = await in_force(admin)
        assert [it["id"] for it in told["people"]] == ["anna", "boss", "carl"]
        assert (told["version"]["number"], told["version"]["author"]) == (number + 2, "boss")


@run_async
async def test_who_was_added_keeps_state_and_call_over_a_kill(tmp_path: Path) -> None:
    async with running(tmp_path, talks_s=10.0) as (center, pbx, admin):
        number = (await in_force(admin))["version"]["number"]
        zoe = {"name": "Zoe", "device": "PJSIP/1002", "queues": ["general"], "skills": {"german": 9}}
        body = {**zoe, "password": center.password, "based_on": number}
        assert (await admin.put(f"{STAFF}/people/zoe", json=body)).status_code == 200
        seat = await center.seat("zoe")
        await seat.ready()
        pbx.call(VISITOR)
        await seat.until_state("talking")
        await center.kill()
        await seat.leave()
        await center.start()
        seat = await center.seat("zoe")
        assert seat.state["state"] in {"talking", "ready"}, "not signed out by a file that does not know her"
        center.reload()
        await center.until(lambda _: "configuration reloaded" in center.log(), "the reload")
        assert [it["id"] for it in (await in_force(admin))["people"]][-1] == "zoe", "nobody has edited the file"
        await seat.leave()

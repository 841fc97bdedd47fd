"""The daemon as a process: what its live socket shows of a call, and what is left of it when the daemon is killed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.asyncio.client import connect

from lab.center import AgentSpec, Center, Seat
from lab.daemon_process import DaemonFailed
from lab.simulated import Phone, SimulatedPbx, Visitor
from tests.desktop.watching import LIVE, Watcher
from tests.helpers import run_async
from tests.test_daemon import ANNA, ROUTING, SECRET

pytestmark = pytest.mark.redis

SUE = AgentSpec("sue", "1002", {}, ["general"], roles=("supervisor", "agent"))
VISITOR = Visitor("+12125550123", "8001", "Jane Doe", "", "", "", patience_s=60.0)
RULES: dict[str, Any] = {
    **ROUTING,
    "version": 2,
    "queues": {"general": {"offer_timeout_s": 5, "wrap_up_s": 30, "service_level_s": 20, "script": "hello"}},
    "scripts": {"hello": {"steps": {"one": {"text": "This is {agent.name}, queue {contact.queue}."}}}},
}


@contextlib.asynccontextmanager
async def center_where_calls_take_a_while(folder: Path) -> AsyncIterator[tuple[Center, SimulatedPbx]]:
    from twisted.internet import reactor

    phones = dict.fromkeys(("1001", "1002"), Phone(answers_after_s=(0.5, 0.5), talks_s=(3.0, 3.0)))
    pbx = SimulatedPbx(reactor, Random(1), phones, secret=SECRET)
    center = Center(folder / "center", pbx.listen(reactor), SECRET, agents=[ANNA, SUE], routing=RULES)
    try:
        yield center, pbx
    finally:
        await center.stop()
        await pbx.stop().asFuture(asyncio.get_running_loop())


@contextlib.asynccontextmanager
async def page(center: Center, seat: Seat, *views: str) -> AsyncIterator[Watcher]:
    cookie = "; ".join(f"{name}={value}" for name, value in seat._client.cookies.items())
    url = center.url.replace("http", "ws", 1) + LIVE
    async with connect(url, additional_headers={"Cookie": cookie}, compression=None) as socket:
        watcher = Watcher(socket)
        await watcher.subscribe(*views)
        await watcher.hear()
        yield watcher


@run_async
async def test_a_call_is_seen_live_and_a_killed_daemon_loses_no_figure_and_no_note(tmp_path: Path) -> None:
    async with center_where_calls_take_a_while(tmp_path) as (center, pbx):
        await center.start()
        anna, sue = await center.seat("anna"), await center.seat("sue")
        async with page(center, anna, "self") as own, page(center, sue, "self", "floor") as floor:
            await anna.ready()
            pbx.call(VISITOR)
            await own.until(lambda shown: shown["pop"] is not None)
            assert own.entries["state"]["state"] in ("ready", "reserved")  # the pop comes first
            assert own.entries["pop"]["script"]["steps"][0]["text"].endswith("queue general.")
            await own.until(lambda shown: shown["talk"] is not None)
            contact = own.entries["talk"]["contact"]
            await floor.until(lambda shown: shown["agent/anna"]["state"] == "talking")
            assert floor.entries[f"contact/{contact}"]["agent"] == "anna"
            assert floor.entries["queue/general"]["answered"] == 1
            assert floor.entries["queue/general"]["service_level"]["now"] == 1.0
            await anna.post(f"contacts/{contact}/notes", text="asks for an offer")
            await own.until(lambda shown: bool(shown["pop"] and shown["pop"]["notes"]))
            await own.until(lambda shown: shown["state"]["state"] == "wrap_up")
            await anna.post(
                "wrap-up", contact=contact, disposition="resolved", notes="sent it", follow_up_on="2026-12-24"
            )
            await own.until(lambda shown: shown["state"]["state"] == "ready" and shown["pop"] is None)
            with pytest.raises(DaemonFailed, match=f"409 .*You are not in the wrap-up of {contact}"):
                await anna.post("wrap-up", contact=contact, disposition="resolved")
            await floor.until(lambda shown: shown["agent/anna"]["state"] == "ready")
            day, queue = floor.entries["agent/anna"]["figures"], floor.entries["queue/general"]
            stream = floor.stream
        await anna.leave()
        await sue.leave()
        await center.kill()
        await center.start()
        sue = await center.seat("sue")
        async with page(center, sue, "floor") as floor:
            assert floor.stream != stream
            assert floor.entries["agent/anna"]["figures"] == day
            assert {key: floor.entries["queue/general"][key] for key in queue if key != "agents_ready"} == {
                key: queue[key] for key in queue if key != "agents_ready"
            }
            story = await sue.get(f"contacts/{contact}")
            assert [note["text"] for note in story["notes"]] == ["asks for an offer", "sent it"]
            assert (story["contact"]["outcome"], story["contact"]["follow_up_on"]) == ("answered", "2026-12-24")
            assert [one["result"] for one in story["dispositions"]] == ["resolved"]
            found = await sue.get("contacts?caller=212-555-0123&agent=anna")
            assert [one["id"] for one in found["contacts"]] == [contact]
        await sue.leave()

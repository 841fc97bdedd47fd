"""The hub, over real WebSockets: what a page hears, when, and what happens at the bounds."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from callcenter.commands import EventIgnored, ScreenClear
from callcenter.desktop.desk import RecentContact
from callcenter.desktop.live import hub as hub_module
from callcenter.desktop.live.page import CLOSE_ELSEWHERE, CLOSE_FULL, CLOSE_RESTART, CLOSE_SIGNED_OUT
from callcenter.overview import QueueView
from callcenter.types import AgentState, DeviceStatus, OfferId
from tests.desktop.fake_desk import ANNA, BORIS, DANA, SALES, SUPPORT, SUSAN, FakeDesk, pop_for
from tests.desktop.serving import DEADLINE_S, close_code, cookie_of, hear, listening, serving, until
from tests.helpers import run_async


@run_async
async def test_pop_comes_first_and_its_last_contacts_follow() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, listening(server, "/api/agent", await cookie_of(server, ANNA)) as page:
        await hear(page, "present")
        desk.offer(ANNA)
        pop = (await hear(page, "pop"))["pop"]
        assert pop["customers"][0]["name"] == "Dana Okafor"
        assert pop["because"] == "tier is gold, dialled is 8000"
        assert pop["skills"] == [{"name": "sales", "level": 5}, {"name": "english", "level": 3}]
        recent = (await hear(page, "recent"))["recent"]
        assert recent["offer"] == "offer-1"
        assert recent["contacts"][0]["agent"] == "Boris Novak"
    assert desk.recent_asked == [((7,), "+12025550147")]


@run_async
async def test_pop_does_not_wait_for_a_contact_log_that_fails_or_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = FakeDesk()
    monkeypatch.setattr(hub_module, "RECENT_LIMIT_S", 0.01)

    async def fail() -> Sequence[RecentContact]:
        raise OSError("no database")

    async def hang() -> Sequence[RecentContact]:
        await asyncio.Event().wait()
        return ()

    async with serving(desk) as server, listening(server, "/api/agent", await cookie_of(server, ANNA)) as page:
        for number, lookup in enumerate((fail, hang)):
            desk.recent = lookup
            desk.offer(ANNA, offer=OfferId(f"offer {number}"))
            await hear(page, "pop")
            recent = (await hear(page, "recent"))["recent"]
            assert recent["contacts"] == []
            assert recent["error"]


@run_async
async def test_late_record_updates_the_pop_and_its_last_contacts() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, listening(server, "/api/agent", await cookie_of(server, ANNA)) as page:
        desk.offer(ANNA, customers=(), identified=False)
        assert (await hear(page, "pop"))["pop"]["identified"] is False
        await hear(page, "recent")
        desk.tell(pop_for(ANNA, desk.now_ms()))
        assert (await hear(page, "pop"))["pop"]["customers"][0]["account"] == "A-1007"
        await hear(page, "recent")
        assert [ids for ids, _ in desk.recent_asked] == [(), (DANA.id,)]


@run_async
async def test_reload_in_mid_ring_gets_the_pop_with_its_last_contacts() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        async with listening(server, "/api/agent", cookie) as page:
            desk.offer(ANNA)
            await hear(page, "recent")
        async with listening(server, "/api/agent", cookie) as page:
            present = await hear(page, "present")
        assert present["state"]["state"] == "reserved"
        assert present["state"]["deadline_ms"] > present["now_ms"]
        assert present["pop"]["offer"] == "offer-1"
        assert present["recent"]["contacts"][0]["disposition"] == "sold"


@run_async
async def test_pop_from_before_the_start_is_shown_and_its_last_contacts_looked_up() -> None:
    desk = FakeDesk()
    desk.offer(ANNA)
    async with serving(desk) as server, listening(server, "/api/agent", await cookie_of(server, ANNA)) as page:
        assert (await hear(page, "present"))["pop"]["offer"] == "offer-1"
        assert (await hear(page, "recent"))["recent"]["offer"] == "offer-1"


@run_async
async def test_pop_stays_through_the_conversation_and_wrap_up_and_goes_with_them() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        desk.offer(ANNA)
        for state in (AgentState.TALKING, AgentState.WRAP_UP):
            desk.change(ANNA, state)
            async with listening(server, "/api/agent", cookie) as page:
                assert (await hear(page, "present"))["pop"] is not None
        async with listening(server, "/api/agent", cookie) as page:
            desk.change(ANNA, AgentState.READY)
            assert (await hear(page, "clear"))["offer"] == "offer-1"
        async with listening(server, "/api/agent", cookie) as page:
            assert (await hear(page, "present"))["pop"] is None


@run_async
async def test_a_late_clear_leaves_the_next_offers_pop_alone() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        desk.offer(ANNA, offer=OfferId("second"))
        desk.tell(ScreenClear(ANNA, OfferId("first")))
        async with listening(server, "/api/agent", cookie) as page:
            assert (await hear(page, "present"))["pop"]["offer"] == "second"
            desk.tell(ScreenClear(ANNA, OfferId("second")))
            assert (await hear(page, "clear"))["offer"] == "second"


@run_async
async def test_an_agent_hears_nothing_of_others() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, listening(server, "/api/agent", await cookie_of(server, BORIS)) as page:
        await hear(page, "present")
        await hear(page, "floor")
        desk.offer(ANNA)
        desk.change(BORIS, AgentState.READY)
        async with asyncio.timeout(DEADLINE_S):
            message = json.loads(await page.recv())
        assert message["state"]["state"] == "ready"


@run_async
async def test_agent_hears_of_the_own_phone_and_a_lost_pbx() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, listening(server, "/api/agent", await cookie_of(server, ANNA)) as page:
        first = await hear(page, "floor")
        assert first["device"] == "free"
        assert [queue["name"] for queue in first["queues"]] == ["sales", "support"]
        desk.frozen_ms = desk.now_ms()
        desk.views[ANNA] = replace(desk.views[ANNA], device=DeviceStatus.UNREACHABLE)
        desk.pbx_up = False
        while (floor := await hear(page, "floor"))["device"] == "free":
            pass
        assert floor["pbxs"] == [{"name": "main", "up": False}]


@run_async
async def test_overview_is_sent_when_it_differs_and_not_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "PICTURE_INTERVAL_S", 0.001)
    monkeypatch.setattr(hub_module, "LOOK_INTERVAL_S", 0.005)
    desk = FakeDesk()
    desk.frozen_ms = desk.now_ms()
    async with serving(desk) as server, listening(server, "/api/overview", await cookie_of(server, SUSAN)) as page:
        first = await hear(page, "picture")
        assert first["queues"][0]["oldest_ms"] == first["now_ms"] - 30_000
        looked = desk.looked
        desk.tell(EventIgnored("OfferEnded", "late"))
        await until(lambda: desk.looked > looked + 5)  # looked at again and again, and nothing to tell
        desk.frozen_ms += 1_000  # time passes: the oldest contact has waited a second longer
        desk.queues = [QueueView(SALES, 2, 31_000, 1, 2, 1), QueueView(SUPPORT, 1, 0, 0, 2, 0)]
        desk.tell(EventIgnored("OfferEnded", "late"))
        second = await hear(page, "picture")
        assert second["queues"][0] == first["queues"][0]
        assert second["queues"][1]["waiting"] == 1


@run_async
async def test_overview_shows_whose_contact_an_agent_has() -> None:
    desk = FakeDesk()
    desk.change(ANNA, AgentState.TALKING)
    async with serving(desk) as server, listening(server, "/api/overview", await cookie_of(server, SUSAN)) as page:
        agents = {agent["id"]: agent for agent in (await hear(page, "picture"))["agents"]}
    assert agents["anna"]["tier"] == "gold"
    assert agents["boris"]["tier"] is None


@run_async
async def test_a_burst_of_changes_is_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "LOOK_INTERVAL_S", 1_000.0)
    desk = FakeDesk()
    async with serving(desk) as server, listening(server, "/api/overview", await cookie_of(server, SUSAN)) as page:
        await hear(page, "picture")
        looked = desk.looked
        for waiting in range(500):
            desk.queues = [QueueView(SALES, waiting, 0, 1, 2, 1)]
            desk.tell(EventIgnored("OfferEnded", "late"))
        while (await hear(page, "picture"))["queues"][0]["waiting"] != 499:
            pass
        assert desk.looked - looked <= 2


@run_async
async def test_nobody_looks_at_the_floor_while_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "PICTURE_INTERVAL_S", 0.001)
    monkeypatch.setattr(hub_module, "LOOK_INTERVAL_S", 0.001)
    monkeypatch.setattr(hub_module, "TICK_INTERVAL_S", 0.001)
    desk = FakeDesk()
    ticks = 0

    def now_ms() -> int:
        nonlocal ticks
        ticks += 1
        return 0

    monkeypatch.setattr(desk, "now_ms", now_ms)
    async with serving(desk):
        await until(lambda: ticks >= 50)  # as long as the floor could have been looked at so often
        assert desk.looked == 0


@run_async
async def test_a_picture_that_cannot_be_made_stops_neither_calls_nor_later_pictures(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hub_module, "PICTURE_INTERVAL_S", 0.001)
    desk = FakeDesk()
    async with serving(desk) as server, listening(server, "/api/overview", await cookie_of(server, SUSAN)) as page:
        await hear(page, "picture")
        queues, desk.queues = desk.queues, None  # type: ignore[assignment]
        desk.tell(EventIgnored("OfferEnded", "late"))
        await until(lambda: "could not be made" in caplog.text)
        desk.queues = queues[:1]
        desk.tell(EventIgnored("OfferEnded", "late"))
        assert len((await hear(page, "picture"))["queues"]) == 1


def test_a_pop_that_cannot_be_encoded_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    desk = FakeDesk()
    desk.tell(pop_for(ANNA, desk.now_ms(), caller_name="\ud800"))
    assert "could not be told of ScreenPop" in caplog.text


@pytest.mark.parametrize("path", ["/api/agent", "/api/overview"])
@run_async
async def test_who_is_not_signed_in_is_told_so(path: str) -> None:
    async with serving(FakeDesk()) as server, listening(server, path, None) as page:
        assert await close_code(page) == CLOSE_SIGNED_OUT


@run_async
async def test_sign_out_closes_the_pages_of_that_session() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, SUSAN)
        other = await cookie_of(server, SUSAN)
        async with (
            listening(server, "/api/overview", cookie) as page,
            listening(server, "/api/overview", other) as stays,
        ):
            await hear(page, "picture")
            async with httpx.AsyncClient(base_url=server.url, headers={"Cookie": cookie}) as client:
                assert (await client.post("/api/sign-out")).json()["signed_out"] is True
            assert await close_code(page) == CLOSE_SIGNED_OUT
            await hear(stays, "picture")


@run_async
async def test_the_oldest_of_too_many_pages_of_one_agent_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_PAGES_PER_AGENT", 1)
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        async with listening(server, "/api/agent", cookie) as first, listening(server, "/api/agent", cookie) as second:
            assert await close_code(first) == CLOSE_ELSEWHERE
            await hear(second, "present")
            desk.offer(ANNA)
            await hear(second, "pop")


@pytest.mark.parametrize(("path", "bound"), [("/api/agent", "MAX_PAGES"), ("/api/overview", "MAX_OVERVIEW_PAGES")])
@run_async
async def test_one_page_too_many_is_refused(path: str, bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, bound, 1)
    async with serving(FakeDesk()) as server:
        cookie = await cookie_of(server, ANNA)
        async with listening(server, path, cookie) as first:
            await first.recv()
            async with listening(server, path, cookie) as second:
                assert await close_code(second) == CLOSE_FULL


@run_async
async def test_stop_tells_pages_to_come_back_later() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        page = await listening(server, "/api/agent", await cookie_of(server, ANNA))
        await hear(page, "present")
    assert await close_code(page) == CLOSE_RESTART


@run_async
async def test_pages_hear_a_tick_so_that_silence_means_a_dead_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "TICK_INTERVAL_S", 0.01)
    async with serving(FakeDesk()) as server:
        cookie = await cookie_of(server, ANNA)
        async with listening(server, "/api/agent", cookie) as page, listening(server, "/api/overview", cookie) as floor:
            assert (await hear(page, "tick"))["now_ms"] > 0
            assert (await hear(floor, "tick"))["now_ms"] > 0

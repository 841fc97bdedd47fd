"""The hub, over real WebSockets: what a page is shown, when, and what happens at the bounds."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from callcenter.commands import EventIgnored, ScreenClear
from callcenter.desktop.desk import AgentLogin, RecentContact
from callcenter.desktop.live import hub as hub_module
from callcenter.desktop.live import screens as screens_module
from callcenter.desktop.live.page import (
    CLOSE_ELSEWHERE,
    CLOSE_FULL,
    CLOSE_NOT_ALLOWED,
    CLOSE_NOT_UNDERSTOOD,
    CLOSE_RESTART,
    CLOSE_SIGNED_OUT,
)
from callcenter.desktop.live.streams import OF_AN_AGENT
from callcenter.overview import QueueView
from callcenter.types import AgentState, DeviceStatus, OfferId
from tests.desktop.fake_desk import ANNA, BORIS, DANA, HASH, SALES, SUPPORT, SUSAN, FakeDesk, pop_for, waiting
from tests.desktop.serving import close_code, cookie_of, listening, serving, until
from tests.desktop.watching import LIVE, Watcher, watching
from tests.helpers import run_async


def somebody_commands(desk: FakeDesk) -> None:
    desk.tell(EventIgnored("OfferEnded", "late"))


def in_state(state: AgentState) -> Callable[[dict[str, Any]], bool]:
    return lambda shown: bool(shown["state"]["state"] == state.value)


@run_async
async def test_pop_is_told_at_once_and_its_last_contacts_follow() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, watching(server, await cookie_of(server, ANNA), "self") as page:
        assert page.heard[0]["entries"]["pop"] is None
        assert page.entries["state"]["state"] == "not_ready"
        desk.offer(ANNA)
        await page.hear()
        assert page.entries["pop"]["customers"][0]["name"] == "Dana Okafor"
        assert page.entries["pop"]["skills"] == [{"name": "sales", "level": 5}, {"name": "english", "level": 3}]
        await page.until(lambda shown: shown["recent"] is not None)
        assert page.entries["recent"]["offer"] == "offer-1"
        assert page.entries["recent"]["contacts"][0]["agent"] == "Boris Novak"
        assert page.entries["state"]["state"] == "reserved"
    assert desk.recent_asked == [((7,), "+12025550147")]


@run_async
async def test_pop_does_not_wait_for_a_contact_log_that_fails_or_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = FakeDesk()
    monkeypatch.setattr(screens_module, "RECENT_LIMIT_S", 0.01)

    async def fail() -> Sequence[RecentContact]:
        raise OSError("no database")

    async def hang() -> Sequence[RecentContact]:
        await asyncio.Event().wait()
        return ()

    async with serving(desk) as server, watching(server, await cookie_of(server, ANNA), "self") as page:
        for number, lookup in enumerate((fail, hang)):
            desk.recent = lookup
            desk.offer(ANNA, offer=OfferId(f"offer {number}"))
            await page.until(lambda shown: shown["recent"] is not None)
            assert page.entries["pop"]["offer"] == f"offer {number}"
            assert page.entries["recent"]["contacts"] == []
            assert page.entries["recent"]["error"]
            desk.tell(ScreenClear(ANNA, OfferId(f"offer {number}")))
            await page.until(lambda shown: shown["pop"] is None)


@run_async
async def test_late_record_updates_the_pop_and_its_last_contacts() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, watching(server, await cookie_of(server, ANNA), "self") as page:
        desk.offer(ANNA, customers=(), identified=False)
        await page.until(lambda shown: shown["recent"] is not None)
        assert page.entries["pop"]["identified"] is False
        desk.tell(pop_for(ANNA, desk.now_ms()))
        await page.until(lambda shown: shown["recent"] is None)
        assert page.entries["pop"]["customers"][0]["account"] == "A-1007"
        await page.until(lambda shown: shown["recent"] is not None)
        assert [ids for ids, _ in desk.recent_asked] == [(), (DANA.id,)]


@run_async
async def test_pop_from_before_the_start_is_shown_and_its_last_contacts_looked_up() -> None:
    desk = FakeDesk()
    desk.offer(ANNA)
    async with serving(desk) as server, watching(server, await cookie_of(server, ANNA), "self") as page:
        assert page.entries["pop"]["offer"] == "offer-1"
        await page.until(lambda shown: shown["recent"] is not None)


@run_async
async def test_pop_stays_through_the_conversation_and_wrap_up_and_goes_with_them() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        desk.offer(ANNA)
        async with watching(server, cookie, "self") as page:
            for state in (AgentState.TALKING, AgentState.WRAP_UP):
                desk.change(ANNA, state)
                await page.until(in_state(state))
                assert page.entries["pop"] is not None
            desk.change(ANNA, AgentState.READY)
            await page.until(lambda shown: shown["state"]["state"] == "ready")
            assert page.entries["pop"] is None
            assert page.entries["recent"] is None


@run_async
async def test_a_late_clear_leaves_the_next_offers_pop_alone() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, watching(server, await cookie_of(server, ANNA), "self") as page:
        desk.offer(ANNA, offer=OfferId("second"))
        desk.tell(ScreenClear(ANNA, OfferId("first")))
        desk.change(ANNA, AgentState.TALKING)
        await page.until(lambda shown: shown["state"]["state"] == "talking")
        assert page.entries["pop"]["offer"] == "second"
        desk.tell(ScreenClear(ANNA, OfferId("second")))
        await page.until(lambda shown: shown["pop"] is None)


@run_async
async def test_an_agent_hears_nothing_of_others() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, watching(server, await cookie_of(server, BORIS), "self") as page:
        desk.offer(ANNA)
        desk.change(BORIS, AgentState.READY)
        message = await page.hear()
        assert message["set"]["state"]["state"] == "ready"
        assert not any(key.startswith(("agent/", "contact/", "center")) for key in page.entries)


@run_async
async def test_agent_hears_of_the_own_phone_queues_and_a_lost_pbx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "LOOK_INTERVAL_S", 0.01)
    desk = FakeDesk()
    async with serving(desk) as server, watching(server, await cookie_of(server, ANNA), "self") as page:
        assert page.entries["device"] == "free"
        assert page.entries["queue/sales"]["waiting"] == 2
        assert set(page.entries["queue/support"]) >= {"name", "state", "waiting", "oldest_ms", "agents_ready"}
        desk.views[ANNA] = replace(desk.views[ANNA], device=DeviceStatus.UNREACHABLE, queues=(SALES,))
        desk.pbx_up = False
        await page.until(lambda shown: shown["device"] == "unreachable")
        assert page.entries["pbxs"] == [{"name": "main", "up": False}]
        assert "queue/support" not in page.entries


@run_async
async def test_floor_is_told_of_what_differs_and_of_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "FLOOR_INTERVAL_S", 0.001)
    monkeypatch.setattr(hub_module, "LOOK_INTERVAL_S", 0.005)
    desk = FakeDesk()
    desk.frozen_ms = desk.now_ms()
    async with serving(desk) as server, watching(server, await cookie_of(server, SUSAN), "floor") as page:
        first = page.entries["queue/sales"]
        assert first["oldest_ms"] == desk.frozen_ms - 30_000
        assert page.entries["center"]["totals"]["waiting"] == 2
        assert page.entries["agent/anna"]["name"] == "Anna Lindqvist"
        assert page.entries["contact/contact-1"]["caller"] == "+12025550147"
        looked = desk.looked
        await until(lambda: desk.looked > looked + 5)  # looked at again and again, and nothing to tell
        desk.frozen_ms += 1_000  # time passes: the oldest contact has waited a second longer
        desk.queues = [QueueView(SALES, 2, 31_000, 1, 2, 1), QueueView(SUPPORT, 1, 0, 0, 2, 0)]
        desk.contacts = [waiting("contact-2", desk.now_ms())]
        message = await page.hear()
        assert sorted(message["set"]) == ["center", "contact/contact-2", "queue/support"]
        assert message["gone"] == ["contact/contact-1"]
        assert message["sequence"] == page.heard[0]["sequence"] + 1


@run_async
async def test_a_burst_of_changes_is_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "LOOK_INTERVAL_S", 1_000.0)
    desk = FakeDesk()
    async with serving(desk) as server, watching(server, await cookie_of(server, SUSAN), "floor") as page:
        looked = desk.looked
        for count in range(500):
            desk.queues = [QueueView(SALES, count, 0, 1, 2, 1)]
            somebody_commands(desk)
        await page.until(lambda shown: shown["queue/sales"]["waiting"] == 499)
        assert desk.looked - looked <= 2
        assert "queue/support" not in page.entries


@run_async
async def test_two_supervisors_hear_the_same_text_and_one_who_comes_later_too() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, SUSAN)
        async with watching(server, cookie, "floor") as first, watching(server, cookie, "floor") as second:
            assert first.stream == second.stream
            desk.queues = desk.queues[:1]
            somebody_commands(desk)
            assert await first.hear() == await second.hear()
            async with watching(server, cookie, "floor") as third:
                assert (third.stream, third.sequence) == (first.stream, first.sequence)
                assert third.entries == first.entries


@run_async
async def test_nobody_looks_at_the_floor_while_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "FLOOR_INTERVAL_S", 0.001)
    monkeypatch.setattr(hub_module, "LOOK_INTERVAL_S", 0.001)
    monkeypatch.setattr(hub_module, "TICK_INTERVAL_S", 0.001)
    monkeypatch.setattr(hub_module, "KEEP_S", 0.0)
    desk = FakeDesk()
    async with serving(desk) as server:
        async with watching(server, await cookie_of(server, SUSAN), "floor"):
            pass
        await until(lambda: not desk.hub._streams)  # kept for a while, for one that comes back; then no more
        looked = desk.looked
        for _ in range(20):
            somebody_commands(desk)
            await asyncio.sleep(0.002)
        assert desk.looked == looked


@run_async
async def test_a_picture_that_cannot_be_made_stops_neither_calls_nor_later_pictures(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hub_module, "FLOOR_INTERVAL_S", 0.001)
    desk = FakeDesk()
    async with serving(desk) as server, watching(server, await cookie_of(server, SUSAN), "floor") as page:
        queues, desk.queues = desk.queues, None  # type: ignore[assignment]
        somebody_commands(desk)
        await until(lambda: "could not be made" in caplog.text)
        desk.queues = queues[:1]
        somebody_commands(desk)
        await page.until(lambda shown: "queue/support" not in shown)


@run_async
async def test_a_pop_that_cannot_be_encoded_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    desk = FakeDesk()
    async with serving(desk) as server, watching(server, await cookie_of(server, ANNA), "self") as page:
        desk.tell(pop_for(ANNA, desk.now_ms(), caller_name="\ud800"))
        assert "could not be told of ScreenPop" in caplog.text
        desk.change(ANNA, AgentState.READY)
        await page.until(lambda shown: shown["state"]["state"] == "ready")


# ---- coming back


@run_async
async def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_else() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        async with watching(server, cookie, "self") as page:
            at = page.stream, page.sequence
        desk.change(ANNA, AgentState.READY)
        desk.change(ANNA, AgentState.NOT_READY, reason="lunch")
        async with watching(server, cookie, "self", resume=at) as page:
            page.sequence, page.entries = at[1], {"state": None}
            assert (await page.hear())["set"]["state"]["state"] == "ready"
            assert (await page.hear())["set"]["state"]["reason"] == "lunch"
            assert (await page.hear())["type"] == "tick"  # that is all, and it is live again
            desk.change(ANNA, AgentState.READY)
            assert (await page.hear())["sequence"] == at[1] + 3


@run_async
async def test_a_page_that_missed_nothing_hears_that_it_is_live() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        async with watching(server, cookie, "self") as page:
            at = page.stream, page.sequence
        async with watching(server, cookie, "self", resume=at) as page:
            message = await page.hear()
            assert (message["type"], message["sequence"]) == ("tick", at[1])


@pytest.mark.parametrize("change", ["stream", "future", "past", "negative"])
@run_async
async def test_what_cannot_be_resumed_begins_anew(change: str) -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        async with watching(server, cookie, "self") as page:
            stream, sequence = page.stream, page.sequence
        at = {
            "stream": ("of-the-daemon-before", sequence),
            "future": (stream, sequence + 1),
            "past": (stream, sequence),
            "negative": (stream, -7),
        }[change]
        if change == "past":
            for number in range(OF_AN_AGENT.deltas + 1):
                desk.change(ANNA, AgentState.NOT_READY, reason=f"reason {number}")
        async with watching(server, cookie, "self", resume=at) as page:
            assert (await page.hear())["type"] == "snapshot"


@run_async
async def test_nobody_resumes_somebody_elses_stream() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        async with watching(server, await cookie_of(server, ANNA), "self") as page:
            at = page.stream, page.sequence
        async with watching(server, await cookie_of(server, BORIS), "self", resume=at) as page:
            assert (await page.hear())["type"] == "snapshot"
            assert page.stream != at[0]


@run_async
async def test_a_page_may_want_something_else_and_both_views_at_once() -> None:
    desk = FakeDesk()
    desk.agents = {**desk.agents, ANNA: AgentLogin(ANNA, "Anna Lindqvist", HASH, ("agent", "supervisor"))}
    async with serving(desk) as server, watching(server, await cookie_of(server, ANNA), "self") as page:
        assert "center" not in page.entries
        await page.subscribe("self", "floor")
        await page.until(lambda shown: "center" in shown)
        assert page.entries["state"]["state"] == "not_ready"
        desk.offer(ANNA)
        await page.until(lambda shown: shown["pop"] is not None)
        await page.until(lambda shown: shown["agent/anna"]["state"] == "reserved")


# ---- who may, and how many


@pytest.mark.parametrize(("who", "view"), [(ANNA, "floor"), (SUSAN, "self")])
@run_async
async def test_who_may_not_see_a_view_is_told_so(who: str, view: str) -> None:
    desk = FakeDesk()
    async with serving(desk) as server, listening(server, LIVE, await cookie_of(server, desk.agents[who].id)) as page:  # type: ignore[index]
        await Watcher(page).subscribe(view)
        assert await close_code(page) == CLOSE_NOT_ALLOWED


@pytest.mark.parametrize("said", ["", "[]", "{", '{"subscribe": []}', '{"subscribe": ["walls"]}', '{"x": 1}', "\ud800"])
@run_async
async def test_what_is_not_understood_ends_the_page(said: str) -> None:
    async with serving(FakeDesk()) as server, listening(server, LIVE, await cookie_of(server, ANNA)) as page:
        await page.send(said.encode(errors="replace"))
        assert await close_code(page) == CLOSE_NOT_UNDERSTOOD


@run_async
async def test_a_page_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "SUBSCRIBE_LIMIT_S", 0.01)
    async with serving(FakeDesk()) as server, listening(server, LIVE, await cookie_of(server, ANNA)) as page:
        assert await close_code(page) == CLOSE_NOT_UNDERSTOOD


@run_async
async def test_who_is_not_signed_in_is_told_so() -> None:
    async with serving(FakeDesk()) as server, listening(server, LIVE, None) as page:
        assert await close_code(page) == CLOSE_SIGNED_OUT


@run_async
async def test_sign_out_closes_the_pages_of_that_session() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie, other = await cookie_of(server, SUSAN), await cookie_of(server, SUSAN)
        async with watching(server, cookie, "floor") as page, watching(server, other, "floor") as stays:
            async with httpx.AsyncClient(base_url=server.url, headers={"Cookie": cookie}) as client:
                assert (await client.post("/api/v1/sign-out")).json()["signed_out"] is True
            assert await close_code(page.page) == CLOSE_SIGNED_OUT
            desk.queues = desk.queues[:1]
            somebody_commands(desk)
            await stays.until(lambda shown: "queue/support" not in shown)


@run_async
async def test_the_oldest_of_too_many_pages_of_one_agent_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_PAGES_PER_AGENT", 1)
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        async with watching(server, cookie, "self") as first, watching(server, cookie, "self") as second:
            assert await close_code(first.page) == CLOSE_ELSEWHERE
            desk.offer(ANNA)
            await second.until(lambda shown: shown["pop"] is not None)


@pytest.mark.parametrize("bound", ["MAX_PAGES", "MAX_FLOOR_PAGES"])
@run_async
async def test_one_page_too_many_is_refused(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, bound, 1)
    async with serving(FakeDesk()) as server:
        cookie = await cookie_of(server, SUSAN)
        async with watching(server, cookie, "floor"), listening(server, LIVE, cookie) as second:
            await Watcher(second).subscribe("floor")
            assert await close_code(second) == CLOSE_FULL


@run_async
async def test_stop_tells_pages_to_come_back_later() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        page = await listening(server, LIVE, await cookie_of(server, ANNA))
        await Watcher(page).subscribe("self")
    assert await close_code(page) == CLOSE_RESTART


@run_async
async def test_pages_hear_a_tick_so_that_silence_means_a_dead_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "TICK_INTERVAL_S", 0.01)
    async with serving(FakeDesk()) as server, watching(server, await cookie_of(server, ANNA), "self") as page:
        message = await page.hear()
        assert (message["type"], message["sequence"]) == ("tick", page.sequence)
        assert message["now_ms"] > 0

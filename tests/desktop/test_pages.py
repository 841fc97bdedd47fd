"""The pages in a real browser, from signing in to the end of the wrap-up."""

import re
from dataclasses import replace

from playwright.async_api import Page, expect

from callcenter.desktop.server import Server
from callcenter.types import AgentState, DeviceStatus, OfferId, Tier
from tests import browsing as browser_tests
from tests.browsing import NEEDS_BROWSER, browsing, context_of
from tests.desktop.fake_desk import ANNA, DANA, PASSWORD, SUSAN, FakeDesk, pop_for
from tests.desktop.serving import serving, until
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER


async def sign_in(page: Page, server: Server, agent: str = ANNA, password: str = PASSWORD) -> None:
    await browser_tests.sign_in(page, server.url, agent, password)


@run_async
async def test_a_working_day_from_sign_in_to_sign_out() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await sign_in(page, server, password="wrong")
        await expect(page.get_by_role("alert").filter(has_text="Agent or password is wrong")).to_be_visible()
        await sign_in(page, server)
        state = page.locator("#state-name")
        await expect(state).to_have_text("Not ready")

        await page.get_by_role("button", name="Ready", exact=True).click()
        await expect(state).to_have_text("Ready")
        told = "Greet by name.\nOffer the loyalty plan. <b>"
        desk.offer(ANNA, relaxed=("billing >= 3 in place of 5", "support is added"), tags=("vip",), text=told)
        pop = page.locator("#pop")
        await expect(pop.get_by_role("heading", name="Dana Okafor")).to_be_visible()
        await expect(pop.locator("#pop-tier")).to_have_text("Gold")
        await expect(pop.locator("#because")).to_have_text("tier is gold, dialled is 8000")
        await expect(pop.locator("#why")).to_contain_text("Sales ≥ 5, English ≥ 3")
        await expect(pop.locator("#why")).to_contain_text("Widened" + "billing >= 3 in place of 5")
        await expect(pop.locator("#told")).to_have_text(told)
        await expect(pop.locator("#why")).to_contain_text("TagsVip")
        await expect(pop.locator("#recent tr")).to_have_count(2)
        await expect(page.locator("#announce")).to_contain_text("Gold caller: Dana Okafor")
        await expect(page).to_have_title("☎ Dana Okafor")

        desk.change(ANNA, AgentState.TALKING)
        await expect(page.locator("#pop-left-label")).to_have_text("Talking for")
        await page.get_by_role("button", name="Lunch").click()
        await expect(page.locator("#pending")).to_contain_text("Not ready (Lunch) after this contact")
        await page.get_by_role("button", name="Ready afterwards", exact=True).click()
        await expect(page.locator("#pending")).to_be_hidden()

        desk.change(ANNA, AgentState.WRAP_UP, deadline_in_ms=30_000)
        await expect(page.locator("#wrap-up-left")).to_have_text(re.compile(r"0:(30|2\d) left"))
        await page.locator("#dispositions").get_by_text("Call back").click()
        await page.get_by_role("button", name="End wrap-up", exact=True).dblclick()
        await expect(state).to_have_text("Ready")
        await expect(pop).to_be_hidden()
        await expect(page.locator("#empty")).to_be_visible()

        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Password")).to_be_visible()
        assert desk.views[ANNA].state is AgentState.LOGGED_OUT
        assert troubles == []
    ended = [event for event in desk.events if type(event).__name__ == "WrapUpEnded"]
    assert ended
    assert {event.disposition for event in ended} == {"call_back"}  # type: ignore[union-attr]


@run_async
async def test_hostile_names_are_shown_as_text_and_nothing_else() -> None:
    hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202e\u2028Event: Hangup\r\n'
    desk = FakeDesk()
    async with serving(desk) as server, browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await sign_in(page, server)
        await expect(page.locator("#state-name")).to_have_text("Not ready")
        twin = replace(DANA, id=8, name=hostile, account=hostile, notes=hostile, tier=Tier('"><b>'))
        changes = {"caller": hostile, "dialled": hostile, "because": hostile, "rule": hostile, "intent": hostile}
        desk.offer(ANNA, caller_name=hostile, customers=(DANA, twin), **changes)
        await expect(page.locator("#pop-name")).to_contain_text('<img src=x onerror="alert(1)">')
        await expect(page.locator("#customers")).to_contain_text("<script>alert(2)</script>")
        assert await page.locator("#pop img, #pop script, #pop b").count() == 0
        assert troubles == []


@run_async
async def test_reload_in_mid_ring_shows_the_pop_again() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await sign_in(page, server)
        await expect(page.locator("#state-name")).to_have_text("Not ready")
        desk.offer(ANNA)
        await expect(page.locator("#pop-name")).to_have_text("Dana Okafor")
        await page.reload()
        await expect(page.locator("#pop-name")).to_have_text("Dana Okafor")
        await expect(page.locator("#state-name")).to_have_text("Reserved")
        await expect(page.locator("#recent tr")).to_have_count(2)
        desk.change(ANNA, AgentState.WRAP_UP, deadline_in_ms=30_000)
        await expect(page.locator("#wrap-up")).to_be_visible()
        await page.reload()
        await expect(page.locator("#pop-name")).to_have_text("Dana Okafor")
        await expect(page.locator("#pop-wait")).to_be_hidden()
        assert troubles == []


@run_async
async def test_what_is_known_of_the_caller_is_said_in_words() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await sign_in(page, server)
        note, name = page.locator("#customer-note"), page.locator("#pop-name")
        desk.offer(ANNA, customers=(), identified=False)
        await expect(note).to_have_text("The record is still being looked up.")
        desk.tell(pop_for(ANNA, desk.now_ms()))
        await expect(name).to_have_text("Dana Okafor")
        await expect(note).to_be_hidden()
        desk.offer(ANNA, offer=OfferId("2"), customers=(), caller_name="")
        await expect(name).to_have_text("Unknown caller")
        await expect(note).to_contain_text("no customer has this number")
        desk.offer(ANNA, offer=OfferId("3"), customers=(), caller=None, caller_name="")
        await expect(name).to_have_text("Withheld number")
        desk.offer(ANNA, offer=OfferId("4"), customers=(DANA, replace(DANA, id=8, name="Sam Okafor")))
        await expect(note).to_contain_text("2 customers share this number")
        await expect(page.locator("#customers article")).to_have_count(2)
        assert troubles == []


@run_async
async def test_a_lost_connection_is_said_and_comes_back_by_itself() -> None:
    desk = FakeDesk()
    async with browsing() as browser, context_of(browser) as (context, troubles):
        async with serving(desk) as server:
            page = await context.new_page()
            await sign_in(page, server)
            await expect(page.locator("#link")).to_have_text("Connected")
        banner = page.locator("#offline")
        await expect(banner).to_contain_text("Not connected to the call center")
        ready = page.locator("#ready")
        await expect(ready).to_be_disabled()
        desk.offer(ANNA)
        async with serving(desk, server.port):
            await expect(banner).to_be_hidden(timeout=20_000)
            await expect(page.locator("#pop-name")).to_have_text("Dana Okafor")
            await expect(ready).to_be_enabled()
        assert troubles == []


@run_async
async def test_the_page_warns_of_an_unreachable_phone_and_a_lost_pbx() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await sign_in(page, server)
        warning = page.locator("#floor-warning")
        await expect(page.locator("#device")).to_have_text("Free")
        desk.views[ANNA] = replace(desk.views[ANNA], device=DeviceStatus.UNREACHABLE)
        await expect(warning).to_contain_text("Your phone is unreachable")
        desk.pbx_up = False
        await expect(warning).to_contain_text("The PBX main is not connected")
        assert troubles == []


@run_async
async def test_signed_out_by_the_engine_the_page_asks_to_sign_in() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await sign_in(page, server)
        desk.offer(ANNA)
        desk.change(ANNA, AgentState.TALKING)
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("#pending")).to_contain_text("signed out after this contact")
        desk.change(ANNA, AgentState.LOGGED_OUT)
        await expect(page.get_by_label("Password")).to_be_visible()
        assert await context.cookies() == []
        assert troubles == []


@run_async
async def test_overview_shows_the_floor_and_follows_it() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await page.goto(f"{server.url}/overview")
        await page.get_by_role("link", name="Sign in").click()
        await page.get_by_label("Agent").fill(SUSAN)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        anna = page.locator("#agents tr").filter(has_text="Anna")
        await expect(anna).to_contain_text("Logged out")
        await expect(page.locator("#queues tr").first).to_contain_text("Sales")
        desk.change(ANNA, AgentState.TALKING)
        await expect(anna).to_contain_text("Talking")
        await expect(anna.locator(".tier")).to_have_text("Gold")
        desk.change(ANNA, AgentState.NOT_READY, reason="rona")
        await expect(anna).to_contain_text("No answer")
        await expect(page.locator("#pbx-warning")).to_be_hidden()
        await expect(page.locator("#drained")).to_be_hidden()
        desk.offering_stopped_by = "susan"
        await expect(page.locator("#drained")).to_contain_text("No offers are made, susan has asked for it.")
        desk.pbx_up = False
        await expect(page.locator("#pbx-warning")).to_contain_text("main is not connected")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Password")).to_be_visible()
        assert troubles == []


@run_async
async def test_everything_can_be_done_from_the_keyboard() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await page.goto(server.url)
        await expect(page.get_by_label("Agent")).to_be_focused()
        await page.keyboard.type("anna")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("#link")).to_have_text("Connected")
        await page.get_by_role("button", name="Ready", exact=True).focus()
        await page.keyboard.press("Enter")
        await until(lambda: desk.views[ANNA].state is AgentState.READY)
        desk.change(ANNA, AgentState.WRAP_UP, deadline_in_ms=30_000)
        await page.get_by_role("radio", name="Sold").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("radio", name="Call back")).to_be_checked()
        await page.keyboard.press("Enter")
        await until(lambda: desk.views[ANNA].state is AgentState.READY)
        assert troubles == []

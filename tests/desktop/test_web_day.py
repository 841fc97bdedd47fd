"""An agent's day on the real application, in a real browser: from signing in to signing out."""

import re
from dataclasses import replace

from playwright.async_api import expect

from callcenter.types import AgentState, DeviceStatus, OfferId, Tier
from tests.browsing import NEEDS_BROWSER
from tests.desktop.fake_desk import ANNA, DANA, PASSWORD, FakeDesk, pop_for
from tests.desktop.serving import serving, until
from tests.desktop.web_pages import at_the_desk, context_of, sign_in
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER


@run_async
async def test_a_working_day_from_sign_in_to_sign_out() -> None:
    desk = FakeDesk()
    async with at_the_desk(desk) as (page, _):
        await sign_in(page, ANNA, "wrong")
        await expect(page.get_by_role("alert")).to_contain_text("wrong")
        await sign_in(page, ANNA)
        state = page.get_by_role("region", name="Your state").get_by_role("status").first
        await expect(state).to_contain_text("Not ready")
        await page.get_by_role("button", name="Ready", exact=True).click()
        await expect(state).to_have_text("Ready")
        await expect(page).to_have_title("Ready · callcenter")

        told = "Greet by name.\nOffer the loyalty plan. <b>"
        desk.offer(ANNA, relaxed=("billing >= 3 in place of 5",), tags=("vip",), text=told)
        await expect(page.get_by_role("heading", name="Dana Okafor")).to_be_visible()
        await expect(page).to_have_title("☎ Dana Okafor · callcenter")
        main = page.get_by_role("main")
        for words in ("Gold", "Ringing", "Vip", "Offer the loyalty plan. <b>", "+12025550147", "Prefers e-mail."):
            await expect(main.get_by_text(words).first).to_be_visible()
        why = page.get_by_role("region", name="Why this contact came to you")
        await expect(why).to_contain_text("tier is gold, dialled is 8000")
        await expect(why).to_contain_text("Sales ≥ 5")
        await expect(why).to_contain_text("billing >= 3 in place of 5")
        await expect(page.get_by_role("region", name="Last contacts").get_by_role("listitem")).to_have_count(2)
        await expect(page.locator("[aria-live=assertive]")).to_contain_text("Gold caller: Dana Okafor. Queue Sales.")

        desk.change(ANNA, AgentState.TALKING)
        await expect(main.get_by_text("Talking for")).to_be_visible()
        await page.get_by_role("button", name="Lunch").click()
        await expect(main.get_by_text("Not ready (Lunch) after this contact.")).to_be_visible()
        await page.get_by_role("button", name="Ready afterwards", exact=True).click()
        await expect(main.get_by_text("Not ready (Lunch) after this contact.")).to_be_hidden()

        desk.change(ANNA, AgentState.WRAP_UP, deadline_in_ms=30_000)
        wrap_up = page.get_by_role("region", name="Wrap-up")
        await expect(wrap_up).to_contain_text(re.compile(r"0:(30|2\d)"))
        await wrap_up.get_by_text("Call back").click()
        await wrap_up.get_by_role("button", name="End wrap-up", exact=True).dblclick()
        await expect(state).to_have_text("Ready")
        await expect(page.get_by_text("You are next")).to_be_visible()

        await page.get_by_role("button", name="Menu of Anna Lindqvist").click()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_text("You are signed out.")).to_be_visible()
        assert desk.views[ANNA].state is AgentState.LOGGED_OUT
    ended = [event for event in desk.events if type(event).__name__ == "WrapUpEnded"]
    assert [event.disposition for event in ended] == ["call_back"]  # type: ignore[union-attr]


@run_async
async def test_everything_can_be_done_from_the_keyboard() -> None:
    desk = FakeDesk()
    async with at_the_desk(desk) as (page, _):
        await expect(page.get_by_label("User name")).to_be_focused()
        await page.keyboard.type("anna")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        await page.keyboard.press("r")
        await until(lambda: desk.views[ANNA].state is AgentState.READY)
        await page.keyboard.press("2")
        await until(lambda: desk.views[ANNA].reason == "lunch")
        await page.keyboard.press("?")
        keys = page.get_by_role("dialog", name="Keyboard shortcuts")
        await expect(keys).to_contain_text("Mute or unmute the ring")
        await page.keyboard.press("r")
        await page.keyboard.press("Escape")
        await expect(keys).to_be_hidden()
        assert desk.views[ANNA].reason == "lunch", "behind a dialog no shortcut does anything"
        desk.offer(ANNA)
        desk.change(ANNA, AgentState.TALKING)
        notes = page.get_by_label("Your notes")
        await expect(notes).to_be_visible()
        await page.keyboard.press("n")
        await expect(notes).to_be_focused()
        await page.keyboard.type("rr 22")
        await expect(notes).to_have_value("rr 22")
        await page.keyboard.press("Alt+3")
        await expect(page.get_by_text("Not ready (Training) after this contact.")).to_be_visible()
        desk.change(ANNA, AgentState.WRAP_UP, deadline_in_ms=30_000)
        await expect(page.get_by_role("region", name="Wrap-up")).to_be_visible()
        await page.keyboard.press("Alt+w")
        await expect(page.get_by_role("radio", name="Sold")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("radio", name="Call back")).to_be_checked()
        await page.keyboard.press("Enter")
        await until(lambda: desk.views[ANNA].state is AgentState.READY)


@run_async
async def test_hostile_names_are_shown_as_text_and_nothing_else() -> None:
    hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202e\u2028Event: Hangup\r\n'
    desk = FakeDesk()
    async with at_the_desk(desk) as (page, _):
        await sign_in(page, ANNA)
        await expect(page.get_by_text("You are not ready")).to_be_visible()
        twin = replace(DANA, id=8, name=hostile, account=hostile, notes=hostile, tier=Tier('"><b>'))
        changes = {"caller": hostile, "dialled": hostile, "because": hostile, "rule": hostile, "intent": hostile}
        desk.offer(ANNA, caller_name=hostile, customers=(DANA, twin), tags=(hostile,), **changes)
        await expect(page.locator("#contact-title")).to_contain_text('<img src=x onerror="alert(1)">')
        await expect(page.get_by_role("region", name="Customer")).to_contain_text("<script>alert(2)</script>")
        assert await page.locator("main img, main script, main b").count() == 0
        width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width == 0, "a long name makes nobody scroll sideways"


@run_async
async def test_reload_in_mid_ring_shows_the_pop_again() -> None:
    desk = FakeDesk()
    async with at_the_desk(desk) as (page, _):
        await sign_in(page, ANNA)
        await expect(page.get_by_text("You are not ready")).to_be_visible()
        desk.offer(ANNA)
        heading = page.get_by_role("heading", name="Dana Okafor")
        await expect(heading).to_be_visible()
        await page.reload()
        await expect(heading).to_be_visible()
        await expect(page.get_by_role("main").get_by_text("Ringing").first).to_be_visible()
        await expect(page.get_by_role("region", name="Last contacts").get_by_role("listitem")).to_have_count(2)


@run_async
async def test_what_is_known_of_the_caller_is_said_in_words() -> None:
    desk = FakeDesk()
    async with at_the_desk(desk) as (page, _):
        await sign_in(page, ANNA)
        await expect(page.get_by_text("You are not ready")).to_be_visible()
        customer, name = page.get_by_role("region", name="Customer"), page.locator("#contact-title")
        desk.offer(ANNA, customers=(), identified=False)
        await expect(customer).to_contain_text("still being looked up")
        desk.tell(pop_for(ANNA, desk.now_ms()))
        await expect(name).to_have_text("Dana Okafor")
        await expect(customer).not_to_contain_text("still being looked up")
        desk.offer(ANNA, offer=OfferId("2"), customers=(), caller_name="")
        await expect(name).to_have_text("Unknown caller")
        await expect(customer).to_contain_text("no customer has this number")
        desk.offer(ANNA, offer=OfferId("3"), customers=(), caller=None, caller_name="")
        await expect(name).to_have_text("Withheld number")
        desk.offer(ANNA, offer=OfferId("4"), customers=(DANA, replace(DANA, id=8, name="Sam Okafor")))
        await expect(customer).to_contain_text("2 customers share this number")
        await expect(customer.get_by_role("article")).to_have_count(2)


@run_async
async def test_a_restart_of_the_daemon_is_seen_and_got_over_without_a_reload() -> None:
    desk = FakeDesk()
    async with context_of() as context:
        async with serving(desk) as server:
            page = await context.new_page()
            await page.goto(server.url)
            await sign_in(page, ANNA)
            await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        await expect(page.get_by_role("alert")).to_contain_text("Not live: as of")
        await expect(page.get_by_role("button", name="Ready", exact=True)).to_be_disabled()
        desk.offer(ANNA)
        async with serving(desk, server.port):
            await expect(page.get_by_role("heading", name="Dana Okafor")).to_be_visible(timeout=20_000)
            await expect(page.get_by_role("alert").filter(has_text="Not live")).to_be_hidden()
            await expect(page.get_by_role("button", name="Ready afterwards")).to_be_enabled()


@run_async
async def test_the_page_warns_of_an_unreachable_phone_and_a_lost_pbx() -> None:
    desk = FakeDesk()
    async with at_the_desk(desk) as (page, _):
        await sign_in(page, ANNA)
        await expect(page.get_by_role("region", name="Your phone")).to_contain_text("Free")
        desk.views[ANNA] = replace(desk.views[ANNA], device=DeviceStatus.UNREACHABLE)
        await expect(page.get_by_text("Your phone is unreachable")).to_be_visible()
        desk.pbx_up = False
        await expect(page.get_by_text("The PBX main is not connected")).to_be_visible()


@run_async
async def test_signed_out_by_the_engine_the_page_asks_to_sign_in() -> None:
    desk = FakeDesk()
    async with at_the_desk(desk) as (page, _):
        await sign_in(page, ANNA)
        desk.offer(ANNA)
        desk.change(ANNA, AgentState.TALKING)
        await page.get_by_role("button", name="Menu of").click()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_text("You are signed out after this contact.")).to_be_visible()
        desk.change(ANNA, AgentState.LOGGED_OUT)
        await expect(page.get_by_label("Password")).to_be_visible()
        assert await page.context.cookies() == []

"""What is old is never shown as live, and nothing that was missed stays missing."""

import re

from playwright.async_api import expect

from tests.browsing import NEEDS_BROWSER
from tests.desktop import web_scenes
from tests.desktop.serving import until
from tests.desktop.web_fake import now_ms
from tests.desktop.web_pages import showing
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER


@run_async
async def test_a_lost_connection_greys_the_page_stops_its_clocks_and_resumes_what_was_missed() -> None:
    async with showing("ready") as (page, fake):
        state = page.locator(".state-name")
        await expect(page.locator("html")).to_have_attribute("data-link", "live")
        fake.away = True
        await fake.cut()
        banner = page.get_by_role("alert").filter(has_text="Not live")
        await expect(banner).to_contain_text(re.compile(r"Not live: as of \d\d:\d\d:\d\d\."))
        await expect(page.locator(".application")).to_have_class(re.compile("stale"))
        await expect(page.get_by_role("button", name="Ready", exact=True)).to_be_disabled()
        clock = page.locator(".state-clock")
        stopped = await clock.inner_text()
        await fake.set({"state": web_scenes.state(now_ms(), "not_ready", reason="lunch")})
        await page.wait_for_timeout(1_500)
        assert await clock.inner_text() == stopped, "what is old does not run on"
        await expect(state).to_have_text("Ready")

        fake.away = False
        await page.get_by_role("button", name="Try now").click()
        await expect(state).to_contain_text("Lunch")
        await expect(banner).to_be_hidden()
        await expect(page.locator(".application")).not_to_have_class(re.compile("stale"))
        assert fake.subscriptions[0] == {"subscribe": ["self"], "resume": None}
        assert fake.subscriptions[-1]["resume"] == {"stream": "stream-1", "sequence": 0}


@run_async
async def test_a_gap_in_the_numbers_is_noticed_and_filled() -> None:
    async with showing("ready") as (page, fake):
        await expect(page.locator("html")).to_have_attribute("data-link", "live")
        fake.silent = True
        await fake.set({"queue/sales": web_scenes.queue(now_ms(), "sales", 5, 90, label="Sales")})
        fake.silent = False
        await fake.set({"device": "in_use"})
        await until(lambda: len(fake.subscriptions) == 2)
        assert fake.subscriptions[1]["resume"] == {"stream": "stream-1", "sequence": 0}
        await expect(page.get_by_role("region", name="Your phone")).to_contain_text("In use")
        await expect(page.get_by_role("row", name="Sales")).to_contain_text("5")


@run_async
async def test_another_stream_after_a_restart_begins_with_a_snapshot() -> None:
    async with showing("ready") as (page, fake):
        await expect(page.locator("html")).to_have_attribute("data-link", "live")
        fake.stream = "stream-2"
        fake.entries["device"] = "unreachable"
        await fake.cut()
        await expect(page.get_by_text("Your phone is unreachable")).to_be_visible()


@run_async
async def test_signed_out_elsewhere_or_too_many_windows_are_said_in_words() -> None:
    async with showing("ready") as (page, fake):
        await expect(page.locator("html")).to_have_attribute("data-link", "live")
        await fake.cut(4409)
        await expect(page.get_by_role("status").filter(has_text="too many windows")).to_be_visible()
        await page.get_by_role("button", name="Use it here").click()
        await until(lambda: len(fake.subscriptions) == 2)
        await fake.cut(4401)
        await until(lambda: len(fake.subscriptions) == 3)  # another session goes on
        fake.signed_in = False
        await fake.cut(4401)
        await expect(page.get_by_text("Your session has ended. Sign in again.")).to_be_visible()
        await expect(page.get_by_label("User name")).to_be_focused()


@run_async
async def test_a_session_that_ended_while_the_connection_was_lost_leads_to_the_sign_in_page() -> None:
    async with showing("ready") as (page, fake):
        await expect(page.locator("html")).to_have_attribute("data-link", "live")
        fake.away, fake.signed_in = True, False
        await fake.cut()
        await expect(page.get_by_text("Your session has ended. Sign in again.")).to_be_visible()


@run_async
async def test_an_order_after_the_session_ended_leads_there_too() -> None:
    async with showing("ready") as (page, fake):
        await expect(page.locator("html")).to_have_attribute("data-link", "live")
        fake.refusals["not-ready"] = (401, "You are not signed in.", "Sign in.")
        await page.get_by_role("button", name="Lunch").click()
        await expect(page.get_by_text("Your session has ended. Sign in again.")).to_be_visible()

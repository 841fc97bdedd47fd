"""A day as it looks from the chair: real calls, and the pages of a real browser beside the phones, wide and narrow."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from playwright.async_api import Page, expect

from callcenter.crm.sample import sample_customers, sample_numbers
from lab.sipp import Caller, Phones, What
from scripts.web import build
from tests.browsing import NEEDS_BROWSER, browsing, context_of, sign_in
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import Stage, agent, ended, routing, supervisor

pytestmark = [pytest.mark.pbx, *NEEDS_BROWSER]

GOLD = sample_numbers("gold")[2]  # this customer has called before
STANDARD = sample_numbers("standard")
RINGS_MS = 6_000  # the page is looked at in the meantime, on a slow machine too
NOTE = "Wants the new tariff in writing.\nSend it by Friday."
on_each_screen = pytest.mark.parametrize("size", [(1360, 860), (400, 800)], ids=["wide", "narrow"])


@contextlib.asynccontextmanager
async def a_page(on: Stage, name: str, size: tuple[int, int]) -> AsyncIterator[Page]:
    """A browser of one's own, signed in. No script may fail, and nobody scrolls sideways at the end."""
    build()
    async with browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await sign_in(page, on.center.url, name, on.center.password)
        yield page
        assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        assert troubles == []


@on_each_screen
@run_async
async def test_agent_sees_who_calls_before_the_answer_and_ends_the_wrap_up_with_a_disposition(
    stage: SetStage, size: tuple[int, int]
) -> None:
    customer = next(one for one in sample_customers() if GOLD in one.numbers)
    rules = routing(support={"wrap_up_s": 60, "offer_timeout_s": 15})
    async with stage([agent("anna", 1001)], routing=rules) as on, a_page(on, "anna", size) as page:
        phones = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=RINGS_MS))
        main, phone = page.get_by_role("main"), page.get_by_role("region", name="Your phone")
        state = page.get_by_role("region", name="Your state").get_by_role("status").first
        await expect(state).to_contain_text("Not ready")
        await expect(phone).to_contain_text("Free")
        await page.get_by_role("button", name="Ready", exact=True).click()
        await expect(state).to_contain_text("Ready")

        on.call(Caller(GOLD, "8003"))
        await phones.until(What.RINGING)
        await expect(page.get_by_role("heading", name=customer.name)).to_be_visible()
        await expect(page).to_have_title(f"☎ {customer.name} · callcenter")
        await expect(main.get_by_text("Gold").first).to_be_visible()
        why = page.get_by_role("region", name="Why this contact came to you")
        await expect(why).to_contain_text("tier is gold and dialled is 8003")
        await expect(why).to_contain_text("Support ≥ 5")
        await expect(page.get_by_role("region", name="Last contacts").get_by_role("listitem")).to_have_count(2)
        await expect(phone).to_contain_text("Ringing")
        assert phones.steps(What.ANSWERED) == [], "all of this stands on the page before the phone is picked up"

        await phones.until(What.ANSWERED)
        await expect(main.get_by_text("Talking for")).to_be_visible()
        await page.get_by_role("button", name="Hold", exact=True).click()
        await expect(main.get_by_text("On hold for")).to_be_visible()
        await page.get_by_role("button", name="Back from hold").click()
        await expect(page.get_by_role("button", name="Hold", exact=True)).to_be_visible()
        await page.get_by_label("Your notes").fill(NOTE)
        await page.get_by_role("button", name="Hang up").click()

        wrap_up = page.get_by_role("region", name="Wrap-up")
        await expect(wrap_up).to_contain_text(re.compile(r"1:00|0:[45]\d"))
        await expect(wrap_up.get_by_label("Your notes")).to_have_value(NOTE)
        await wrap_up.get_by_text("Sold").click()
        await wrap_up.get_by_role("button", name="End wrap-up", exact=True).click()
        await expect(page.get_by_text("You are next")).to_be_visible()

        [row] = await on.contacts(lambda rows: ended(1)(rows) and rows[0].handled_ms is not None)
        assert (row.outcome, row.agent, row.disposition, row.tier) == ("answered", "anna", "sold", "gold")
        kinds = [kind for kind, _, _ in await on.segments(row.id)]
        assert kinds == ["waiting", "offer", "talk", "hold", "talk", "wrap_up"]
        await on.no_channel()


@run_async
async def test_a_call_is_given_from_page_to_page_with_what_was_noted(stage: SetStage) -> None:
    """Anna talks and gives the call to Boris, who sees her notes while his phone rings."""
    rules = routing(support={"wrap_up_s": 60, "offer_timeout_s": 15})
    agents = [agent("anna", 1001), agent("boris", 1002)]
    async with (
        stage(agents, routing=rules) as on,
        a_page(on, "anna", (1360, 860)) as annas,
        a_page(on, "boris", (1360, 860)) as boris,
    ):
        phones = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=500))
        await on.phones(Phones.answering(on.pbx.sip_port, ["1002"], after_ms=RINGS_MS))
        for page in (annas, boris):
            await expect(page.get_by_role("region", name="Your phone")).to_contain_text("Free")
        await annas.get_by_role("button", name="Ready", exact=True).click()
        on.call(Caller(STANDARD[0], "8003"))
        await phones.until(What.ANSWERED)
        await boris.get_by_role("button", name="Ready", exact=True).click()
        await expect(boris.get_by_text("You are next")).to_be_visible()

        await annas.get_by_label("Your notes").fill(NOTE)
        await annas.get_by_role("button", name="Transfer", exact=True).click()
        await annas.get_by_role("option", name="Boris").click()
        await annas.get_by_role("button", name="Transfer now").click()
        await expect(boris.get_by_role("main").get_by_text("Send it by Friday.").first).to_be_visible()
        await expect(boris.get_by_role("main").get_by_text("Talking for")).to_be_visible()
        await expect(annas.get_by_role("region", name="Wrap-up")).to_be_visible()
        await annas.get_by_role("button", name="End wrap-up without").click()
        await expect(annas.get_by_text("You are next")).to_be_visible()
        await boris.get_by_role("button", name="Hang up").click()
        await expect(boris.get_by_role("region", name="Wrap-up")).to_be_visible()
        await on.no_channel()


@on_each_screen
@run_async
async def test_supervisor_sees_who_waits_puts_one_first_and_reads_the_story_afterwards(
    stage: SetStage, size: tuple[int, int]
) -> None:
    rules = routing(support={"wrap_up_s": 0, "offer_timeout_s": 15})
    sue = replace(supervisor(), roles=("supervisor",), skills={}, queues=())
    async with stage([agent("anna", 1001), sue], routing=rules) as on, a_page(on, "sue", size) as page:
        phones = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=500))
        anna = await on.seat("anna", ready=False)
        await on.device(1001, "free")
        waiting = page.get_by_role("table", name="Who waits").locator("tbody tr")
        await expect(page.get_by_text("Nobody waits")).to_be_visible()
        on.call(Caller(STANDARD[0], "8003"))
        await expect(waiting).to_have_count(1)
        on.call(Caller(STANDARD[1], "8003"))
        await expect(waiting).to_have_count(2)

        await waiting.nth(1).get_by_role("link").click()
        panel = page.get_by_role("dialog").first
        why = panel.get_by_role("region", name="Why it stands here")
        await expect(why).to_contain_text("2 of 2")
        await expect(why.get_by_role("list", name="Why each agent does not have it")).to_contain_text("Anna")
        await panel.get_by_label("Priority").fill("90")
        await page.keyboard.press("Enter")
        await expect(why).to_contain_text("1 of 2")
        await expect(waiting.nth(1)).to_contain_text("90")
        story = panel.get_by_role("link", name="The whole story")
        address = await story.get_attribute("href")
        await panel.get_by_role("button", name="Close", exact=True).click()

        await anna.ready()
        await phones.until(What.ANSWERED)
        row = page.get_by_role("table", name="Agents").locator("tbody tr").filter(has_text="Anna")
        await expect(row).to_contain_text("Talking")
        await expect(waiting).to_have_count(1)
        assert address is not None
        assert address.endswith(anna.state["contact"]), "the second caller came first"
        await page.goto(f"{on.center.url}{address}")
        happened = page.get_by_role("region", name="What happened")
        await expect(happened).to_contain_text("by sue")
        await page.get_by_role("region", name="Write a note").get_by_role("textbox").fill(NOTE)
        await page.get_by_role("button", name="Keep the note").click()
        await expect(happened).to_contain_text("Send it by Friday.")
        await anna.post("calls/hang-up", contact=anna.state["contact"])
        await on.contacts(ended(1))

        await page.goto(f"{on.center.url}/contacts")
        found = page.get_by_role("region", name="Contacts").get_by_role("link").first
        await found.click()
        await expect(page.get_by_role("region", name="What happened")).to_contain_text("Send it by Friday.")

"""What an agent's day looks like from the chair: a real call, and the page of a real browser beside the phone."""

import re

import pytest
from playwright.async_api import Page, expect

from callcenter.crm.sample import sample_customers, sample_numbers
from lab.sipp import Caller, Phones, What
from tests.browsing import NEEDS_BROWSER, browsing, context_of, sign_in
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import Stage, agent, ended, routing

pytestmark = [pytest.mark.pbx, *NEEDS_BROWSER]

GOLD = sample_numbers("gold")[2]  # this customer has called before
RINGS_MS = 6_000  # the page is looked at in the meantime, on a slow machine too


async def sign_in_and_be_ready(page: Page, on: Stage, name: str) -> None:
    await sign_in(page, on.center.url, name, on.center.password)
    await expect(page.locator("#state-name")).to_have_text("Not ready")
    await expect(page.locator("#device")).to_have_text("Free")
    await page.get_by_role("button", name="Ready", exact=True).click()
    await expect(page.locator("#state-name")).to_have_text("Ready")


async def pop_shows(page: Page, *, name: str, tier: str, because: str) -> None:
    pop = page.locator("#pop")
    await expect(pop.get_by_role("heading", name=name)).to_be_visible()
    await expect(pop.locator("#pop-tier")).to_have_text(tier)
    await expect(pop.locator("#because")).to_have_text(because)
    await expect(pop.locator("#pop-phase")).to_have_text("Ringing")
    await expect(page).to_have_title(f"☎ {name}")


@run_async
async def test_agent_sees_who_calls_before_the_answer_and_ends_the_wrap_up_with_a_disposition(stage: SetStage) -> None:
    customer = next(one for one in sample_customers() if GOLD in one.numbers)
    rules = routing(support={"wrap_up_s": 30, "offer_timeout_s": 15})
    async with (
        stage([agent("anna", 1001)], routing=rules) as on,
        browsing() as browser,
        context_of(browser) as (context, troubles),
    ):
        phones = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=RINGS_MS))
        page = await context.new_page()
        await sign_in_and_be_ready(page, on, "anna")
        state = page.locator("#state-name")
        on.call(Caller(GOLD, "8003"), hold_ms=RINGS_MS + 3_000)

        await phones.until(What.RINGING)
        await pop_shows(page, name=customer.name, tier="Gold", because="tier is gold and dialled is 8003")
        await expect(page.locator("#why")).to_contain_text("Support ≥ 5")
        await expect(page.locator("#recent tr")).to_have_count(2)
        await expect(page.locator("#device")).to_have_text("Ringing")
        await expect(state).to_have_text("Reserved")
        assert phones.steps(What.ANSWERED) == [], "all of this stands on the page before the phone is picked up"

        await phones.until(What.ANSWERED)
        await expect(state).to_have_text("Talking")
        await expect(page.locator("#pop-left-label")).to_have_text("Talking for")
        await expect(page.locator("#pop-name")).to_have_text(customer.name)

        await expect(state).to_have_text("Wrap-up")
        await expect(page.locator("#wrap-up-left")).to_have_text(re.compile(r"0:(30|2\d) left"))
        await page.locator("#dispositions").get_by_text("Sold").click()
        await page.get_by_role("button", name="End wrap-up", exact=True).click()
        await expect(state).to_have_text("Ready")
        await expect(page.locator("#pop")).to_be_hidden()

        [row] = await on.contacts(lambda rows: ended(1)(rows) and rows[0].handled_ms is not None)
        assert (row.outcome, row.agent, row.disposition, row.tier) == ("answered", "anna", "sold", "gold")
        assert [kind for kind, _, _ in await on.segments(row.id)] == ["waiting", "offer", "talk", "wrap_up"]
        await on.no_channel()
        assert troubles == []

"""A supervisor at the overview, in a real browser."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from playwright.async_api import Page, Route, expect

from callcenter.desktop.desk import DeskUnavailableError
from callcenter.events import ContactMoved, ContactPrioritised, ContactWithdrawn, Event, QueueStateSet
from callcenter.routing.explain import AgentReason
from callcenter.types import AgentId, ContactId, ContactState, QueueState, Tier
from tests.browsing import NEEDS_BROWSER, browsing, context_of, sign_in
from tests.desktop.fake_desk import ANNA, BORIS, PASSWORD, SALES, SUPPORT, SUSAN, FakeDesk, waiting
from tests.desktop.serving import serving, until
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER

OLDEST, DANA, OMAR = ContactId("main-1.1"), ContactId("main-1.2"), ContactId("main-1.3")


def desk_with_waiting() -> FakeDesk:
    desk = FakeDesk()
    now_ms = desk.now_ms()
    desk.contacts += [
        waiting(OLDEST, now_ms, caller="+12025550101", arrived_ms=now_ms - 300_000),
        waiting(DANA, now_ms, caller="+12025550102", held_for=BORIS, relaxed=2),
        waiting(OMAR, now_ms, SUPPORT, caller=None, tier=Tier("standard"), priority=5, state=ContactState.OFFERED),
    ]
    return desk


@contextlib.asynccontextmanager
async def at_the_overview(desk: FakeDesk, who: AgentId = SUSAN, width: int = 1280) -> AsyncIterator[Page]:
    """The page, signed in, with what waits on it. No script may fail and no browser dialog come up."""
    async with serving(desk) as server, browsing() as browser, context_of(browser) as (context, troubles):
        page = await context.new_page()
        await page.set_viewport_size({"width": width, "height": 860})
        await sign_in(page, server.url, who, PASSWORD)
        await expect(page.locator("#link")).to_have_text("Connected")
        await page.goto(f"{server.url}/overview")
        await expect(page.locator("#waiting tr")).to_have_count(3)
        yield page
        assert troubles == []


@run_async
async def test_a_supervisor_drains_closes_and_opens_a_queue() -> None:
    desk = desk_with_waiting()
    async with at_the_overview(desk) as page:
        sales = page.get_by_role("group", name="State of Sales")
        await expect(sales.get_by_role("button", name="Open")).to_have_attribute("aria-pressed", "true")
        await sales.get_by_role("button", name="Drained").click()
        await expect(sales.get_by_role("button", name="Drained")).to_have_attribute("aria-pressed", "true")

        await sales.get_by_role("button", name="Closed").click()  # two wait in it, so it asks
        question = page.get_by_role("dialog", name="Close Sales?")
        await expect(question).to_contain_text("Who waits in it now (2)")
        await question.get_by_role("button", name="Cancel").click()
        await sales.get_by_role("button", name="Closed").click()
        await question.get_by_role("button", name="Close the queue").click()
        await expect(sales.get_by_role("button", name="Closed")).to_have_attribute("aria-pressed", "true")

        support = page.get_by_role("group", name="State of Support")
        await support.get_by_role("button", name="Closed").click()  # nobody waits in it
        await expect(support.get_by_role("button", name="Closed")).to_have_attribute("aria-pressed", "true")
        await sales.get_by_role("button", name="Open").click()
        await expect(sales.get_by_role("button", name="Open")).to_have_attribute("aria-pressed", "true")
    assert desk.events == [
        QueueStateSet(SALES, QueueState.DRAINED, SUSAN),
        QueueStateSet(SALES, QueueState.CLOSED, SUSAN),
        QueueStateSet(SUPPORT, QueueState.CLOSED, SUSAN),
        QueueStateSet(SALES, QueueState.OPEN, SUSAN),
    ]


@run_async
async def test_a_supervisor_moves_reprioritises_and_withdraws_a_contact() -> None:
    desk = desk_with_waiting()
    async with at_the_overview(desk) as page:
        row = page.locator("#waiting tr").filter(has_text="+12025550102")
        await expect(row).to_contain_text("Kept for Boris Novak · Widened by 2 steps")
        await row.get_by_role("button", name="Manage").click()
        panel = page.get_by_role("dialog", name="+12025550102")
        await expect(panel.get_by_label("Move to")).to_be_focused()
        assert await panel.get_by_label("Move to").locator("option").all_inner_texts() == ["Choose a queue", "Support"]

        await panel.get_by_label("Move to").select_option("support")
        await panel.get_by_role("button", name="Move").click()
        await expect(panel.get_by_role("status")).to_have_text("Moved to Support.")
        await expect(row).to_contain_text("Support")
        await panel.get_by_label("Priority").fill("85")
        await page.keyboard.press("Enter")
        await expect(panel.get_by_role("status")).to_have_text("The priority is 85 now.")
        await expect(row).to_contain_text("85")

        question = page.get_by_role("dialog", name="Withdraw this caller?")
        await panel.get_by_role("button", name="Withdraw…").click()
        await page.keyboard.press("Enter")  # Cancel has the focus
        await expect(question).to_be_hidden()
        await panel.get_by_role("button", name="Withdraw…").click()
        await question.get_by_role("button", name="Withdraw the caller").click()
        await expect(panel.get_by_role("status")).to_contain_text("Withdrawn")
        await expect(page.locator("#waiting tr")).to_have_count(2)
        await expect(panel.locator("#panel-phase")).to_have_text("Ended")
        await expect(panel.get_by_role("button", name="Move")).to_be_hidden()
        await panel.get_by_role("button", name="Close").click()
        await expect(panel).to_be_hidden()
    assert desk.events == [
        ContactMoved(DANA, SUPPORT, SUSAN),
        ContactPrioritised(DANA, 85, SUSAN),
        ContactWithdrawn(DANA, SUSAN),
    ]


@run_async
async def test_why_tells_rule_place_needs_and_each_agents_reason_and_follows_them() -> None:
    desk = desk_with_waiting()
    async with at_the_overview(desk) as page:
        assert desk.explained == []
        row = page.locator("#waiting tr").filter(has_text="+12025550102")
        await row.get_by_role("button", name="Why?").click()
        panel = page.get_by_role("dialog", name="+12025550102")
        why = panel.locator("#why")
        for words in ("gold-sales", "tier is gold, dialled is 8000", "2 of 2 in Sales", "billing >= 3", "Boris Novak"):
            await expect(why).to_contain_text(words)
        reasons = panel.locator("#reasons tr")
        await expect(reasons).to_have_count(2)
        await expect(reasons.nth(1)).to_contain_text("Boris Novak")
        await expect(reasons.nth(1)).to_contain_text("has billing 2, and 3 is asked for")

        desk.reasons = [replace(desk.reasons[1], reason="rings", words="the phone rings")]
        desk.contacts = [view for view in desk.contacts if view.id != OLDEST]
        await expect(why).to_contain_text("1 of 1 in Sales")
        await expect(reasons).to_have_count(1)
        await expect(reasons).to_contain_text("the phone rings")
        desk.contact(DANA, state=ContactState.CONNECTED)
        await expect(panel.locator("#panel-phase")).to_have_text("Talking with an agent")
        await page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()
    assert desk.events == []


@run_async
async def test_what_goes_on_meanwhile_takes_neither_the_focus_nor_what_is_being_typed() -> None:
    desk = desk_with_waiting()
    async with at_the_overview(desk) as page:
        row = page.locator("#waiting tr").filter(has_text="Withheld number")
        await row.get_by_role("button", name="Manage").click()
        panel = page.get_by_role("dialog", name="Withheld number")
        await panel.get_by_label("Move to").select_option("sales")
        priority = panel.get_by_label("Priority")
        await priority.fill("7")
        desk.contacts = [view for view in desk.contacts if view.id != OLDEST]  # the row above goes
        desk.contact(OMAR, priority=50)
        desk.change(ANNA, desk.views[ANNA].state)
        await expect(row).to_contain_text("50")
        await expect(priority).to_be_focused()
        await expect(priority).to_have_value("7")
        await panel.get_by_role("button", name="Close").focus()
        desk.contact(OMAR, priority=51)
        desk.change(ANNA, desk.views[ANNA].state)
        await expect(row).to_contain_text("51")
        await expect(priority).to_have_value("7")  # typed, not yet sent
        await expect(panel.get_by_label("Move to")).to_have_value("sales")

        await page.keyboard.press("Escape")
        await expect(row.get_by_role("button", name="Manage")).to_be_focused()
        desk.contacts = [view for view in desk.contacts if view.id != DANA]
        desk.change(ANNA, desk.views[ANNA].state)
        await expect(page.locator("#waiting tr")).to_have_count(1)
        await expect(row.get_by_role("button", name="Manage")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(priority).to_have_value("51")


@run_async
async def test_a_refusal_is_said_where_the_order_was_given() -> None:
    desk = desk_with_waiting()
    async with at_the_overview(desk) as page:
        row = page.locator("#waiting tr").filter(has_text="+12025550102")
        await row.get_by_role("button", name="Manage").click()
        panel = page.get_by_role("dialog", name="+12025550102")
        await panel.get_by_label("Move to").select_option("support")

        async def drain_first(route: Route) -> None:  # once the order is on its way; before, the page would not give it
            desk.queues = [replace(view, state=QueueState.DRAINED) for view in desk.queues]
            await route.continue_()

        await page.route("**/api/contacts/*/move", drain_first)
        await panel.get_by_role("button", name="Move").click()
        await expect(panel.get_by_role("alert")).to_contain_text("The queue support is drained. Open it first")
        await expect(panel.get_by_label("Move to").locator("option")).to_have_text(["No other queue is open"])
        await page.keyboard.press("Escape")

        async def refuse(event: Event) -> None:
            raise DeskUnavailableError("the journal is down")

        desk.on_submit = refuse
        await page.get_by_role("group", name="State of Sales").get_by_role("button", name="Open").click()
        await expect(page.locator("#failure")).to_contain_text("the journal is down")
    assert desk.events == []


@run_async
async def test_who_is_no_supervisor_sees_the_states_and_gives_no_orders() -> None:
    desk = desk_with_waiting()
    desk.queues = [replace(view, state=QueueState.DRAINED) for view in desk.queues]
    async with at_the_overview(desk, BORIS) as page:
        await expect(page.locator("#queues tr").first).to_contain_text("Drained")
        await expect(page.locator("#waiting tr").nth(1)).to_contain_text("Kept for Boris Novak")
        assert await page.locator("#floor button").count() == 0


@run_async
async def test_hostile_words_are_shown_as_text() -> None:
    hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202e\u2028'
    desk = desk_with_waiting()
    desk.contact(DANA, caller=hostile, tier=Tier('"><b>'), held_for=AgentId("<b>gone</b>"))
    desk.reasons = [AgentReason(ANNA, hostile, hostile, hostile)]
    async with at_the_overview(desk) as page:
        row = page.locator("#waiting tr").nth(1)
        await expect(row).to_contain_text("Kept for <b>gone</b>")
        await row.get_by_role("button", name="Why?").click()
        await expect(page.locator("#panel-caller")).to_contain_text('<img src=x onerror="alert(1)">')
        await expect(page.locator("#reasons")).to_contain_text("<script>alert(2)</script>")
        await page.get_by_role("button", name="Withdraw…").click()
        await expect(page.locator("#ask-words")).to_contain_text("<script>")
        assert await page.locator("main img, main b, dialog img, dialog b, body script").count() == 0


@run_async
async def test_a_narrow_page_needs_no_scrolling_sideways_and_works_from_the_keyboard() -> None:
    desk = desk_with_waiting()
    async with at_the_overview(desk, width=400) as page:
        sideways = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(sideways) == 0
        await page.locator("#waiting tr").first.get_by_role("button", name="Why?").focus()
        await page.keyboard.press("Enter")
        panel = page.get_by_role("dialog", name="+12025550101")
        await expect(panel.locator("#reasons tr")).to_have_count(2)
        assert await panel.evaluate("(node) => node.scrollWidth - node.clientWidth") == 0
        await page.keyboard.press("Tab")
        await page.keyboard.press("s")
        await expect(panel.get_by_label("Move to")).to_have_value("support")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await until(lambda: desk.events == [ContactMoved(OLDEST, SUPPORT, SUSAN)])

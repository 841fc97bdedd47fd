"""The floor follows what happens, shows a viewer no orders, and asks before it does harm."""

from dataclasses import replace

from playwright.async_api import expect

from callcenter.desktop.desk import AgentLogin
from callcenter.events import QueueStateSet
from callcenter.types import AgentId, AgentState, QueueState, Tier
from tests.browsing import NEEDS_BROWSER
from tests.desktop.fake_desk import ANNA, BORIS, HASH, SUPPORT, SUSAN, FakeDesk
from tests.desktop.test_web_floor import desk_with_waiting, on_the_floor
from tests.desktop.web_pages import at_the_desk, sign_in
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER
VERA = AgentId("vera")


@run_async
async def test_the_floor_follows_agents_offers_and_the_pbx() -> None:
    desk = FakeDesk()
    async with at_the_desk(desk) as (page, server):
        await sign_in(page, SUSAN)
        await page.goto(f"{server.url}/overview")  # as it was bookmarked
        await expect(page).to_have_url(f"{server.url}/floor")
        anna = page.get_by_role("table", name="Agents").locator("tbody tr").filter(has_text="Anna")
        await expect(anna).to_have_count(0)  # those who are signed in are shown
        desk.change(ANNA, AgentState.TALKING)
        await expect(anna).to_contain_text("Talking")
        desk.views[ANNA] = replace(desk.views[ANNA], tier=Tier("gold"))
        await expect(anna).to_contain_text("Gold")
        desk.change(ANNA, AgentState.NOT_READY, reason="rona")
        await expect(anna).to_contain_text("No answer")
        alerts = page.get_by_role("log", name="Alerts")
        desk.offering_stopped_by = "susan"
        await expect(alerts).to_contain_text("susan has stopped offers")
        desk.pbx_up = False
        await expect(alerts).to_contain_text("The PBX main does not answer")


@run_async
async def test_a_viewer_sees_states_and_masked_numbers_and_gives_no_orders() -> None:
    desk = desk_with_waiting()
    desk.agents = {**desk.agents, VERA: AgentLogin(VERA, "Vera", HASH, ("viewer",))}
    desk.queues = [replace(view, state=QueueState.DRAINED) for view in desk.queues]
    async with at_the_desk(desk) as (page, server):
        await sign_in(page, VERA)
        waiting = page.get_by_role("table", name="Who waits").locator("tbody tr")
        await expect(waiting).to_have_count(3)
        await expect(waiting.nth(1)).to_contain_text("Kept for Boris Novak")
        await expect(waiting.nth(1)).not_to_contain_text("+12025550102")
        await expect(page.get_by_role("table", name="Queues").locator("tbody tr").first).to_contain_text("Drained")
        await expect(page.get_by_role("button", name="Stop offers")).to_have_count(0)
        await waiting.nth(1).get_by_role("link").click()
        panel = page.get_by_role("dialog").first
        await expect(panel.get_by_role("region", name="Why it stands here")).to_be_visible()
        await expect(panel.get_by_role("region", name="Orders")).to_have_count(0)
        for address in ("queue=sales", f"agent={BORIS}"):
            await page.goto(f"{server.url}/floor?{address}")
            await expect(panel).to_be_visible()
            names = {await one.inner_text() for one in await panel.get_by_role("button").all()}
            assert names <= {"", "Close"}, names


@run_async
async def test_harm_is_asked_about_and_enter_does_none() -> None:
    desk = desk_with_waiting()
    desk.contacts = [view for view in desk.contacts if view.queue != SUPPORT]
    desk.queues = [replace(view, waiting=0) if view.name == SUPPORT else view for view in desk.queues]
    desk.contact(desk.contacts[0].id, priority=50)
    async with at_the_desk(desk) as (page, server):
        await sign_in(page, SUSAN)
        await page.get_by_role("link", name="+12025550102").click()
        panel = page.get_by_role("dialog", name="+12025550102")
        question = page.get_by_role("dialog", name="Withdraw this caller?")
        await panel.get_by_role("button", name="Withdraw…").click()
        await expect(question).to_be_visible()
        await page.keyboard.press("Enter")  # Cancel has the focus
        await expect(question).to_be_hidden()
        assert desk.events == []
        await page.goto(f"{server.url}/floor?queue=support")
        state = page.get_by_role("dialog", name="Support").get_by_role("group", name="State of the queue")
        await state.get_by_role("button", name="Closed").click()  # nobody waits in it, so nothing is asked
        await expect(state.get_by_role("button", name="Closed")).to_have_attribute("aria-pressed", "true")
    assert desk.events == [QueueStateSet(SUPPORT, QueueState.CLOSED, SUSAN)]


@run_async
async def test_what_was_typed_is_kept_while_the_focus_is_elsewhere() -> None:
    desk = desk_with_waiting()
    async with on_the_floor(desk) as page:
        await page.get_by_role("link", name="+12025550102").click()
        panel = page.get_by_role("dialog", name="+12025550102")
        priority = panel.get_by_label("Priority")
        await priority.fill("7")
        await panel.get_by_role("button", name="Close", exact=True).focus()
        desk.contact(desk.contacts[2].id, priority=51)
        desk.change(ANNA, desk.views[ANNA].state)
        row = page.get_by_role("table", name="Who waits").get_by_role("row").filter(has_text="+12025550102")
        await expect(row).to_contain_text("51")
        await expect(priority).to_have_value("7")  # typed, not yet sent

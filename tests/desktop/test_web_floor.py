"""A supervisor on the floor: the real application over a made-up desk, in a real browser."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from playwright.async_api import Page, Route, expect

from callcenter.desktop.desk import DeskUnavailableError
from callcenter.events import ContactMoved, ContactPrioritised, ContactWithdrawn, Event, QueueStateSet
from callcenter.routing.explain import AgentReason
from callcenter.types import AgentId, ContactId, ContactState, QueueState, Tier
from tests.browsing import NEEDS_BROWSER
from tests.desktop.fake_desk import ANNA, BORIS, SALES, SUPPORT, SUSAN, FakeDesk, waiting
from tests.desktop.web_pages import NARROW, USUAL, Look, at_the_desk, showing, sign_in
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
async def on_the_floor(desk: FakeDesk, look: Look = USUAL) -> AsyncIterator[Page]:
    async with at_the_desk(desk, look) as (page, server):
        await sign_in(page, SUSAN)
        await page.goto(f"{server.url}/floor")
        await expect(page.get_by_role("table", name="Who waits").get_by_role("row")).to_have_count(4)
        yield page


@run_async
async def test_a_supervisor_drains_closes_and_opens_a_queue() -> None:
    desk = desk_with_waiting()
    async with on_the_floor(desk) as page:
        await page.get_by_role("table", name="Queues").get_by_role("link", name="Sales").click()
        panel = page.get_by_role("dialog", name="Sales")
        state = panel.get_by_role("group", name="State of the queue")
        await expect(state.get_by_role("button", name="Open")).to_have_attribute("aria-pressed", "true")
        await state.get_by_role("button", name="Drained").click()
        await expect(state.get_by_role("button", name="Drained")).to_have_attribute("aria-pressed", "true")

        question = page.get_by_role("dialog", name="Close Sales?")
        await state.get_by_role("button", name="Closed").click()  # two wait in it, so it asks
        await expect(question).to_contain_text("2 contacts wait in it")
        await question.get_by_role("button", name="Cancel").click()
        await state.get_by_role("button", name="Closed").click()
        await question.get_by_role("button", name="Close the queue").click()
        await expect(state.get_by_role("button", name="Closed")).to_have_attribute("aria-pressed", "true")
        await state.get_by_role("button", name="Open").click()
        await expect(state.get_by_role("button", name="Open")).to_have_attribute("aria-pressed", "true")
    assert desk.events == [
        QueueStateSet(SALES, QueueState.DRAINED, SUSAN),
        QueueStateSet(SALES, QueueState.CLOSED, SUSAN),
        QueueStateSet(SALES, QueueState.OPEN, SUSAN),
    ]


@run_async
async def test_a_supervisor_moves_reprioritises_and_withdraws_a_contact() -> None:
    desk = desk_with_waiting()
    async with on_the_floor(desk) as page:
        row = page.get_by_role("table", name="Who waits").get_by_role("row").filter(has_text="+12025550102")
        await expect(row).to_contain_text("Kept for Boris Novak")
        await row.get_by_role("link", name="+12025550102").click()
        panel = page.get_by_role("dialog", name="+12025550102")
        await expect(panel.get_by_label("Move to").locator("option")).to_have_text(["Choose a queue", "Support"])
        await panel.get_by_label("Move to").select_option("support")
        await panel.get_by_role("button", name="Move").click()
        await expect(row).to_contain_text("Support")
        await panel.get_by_label("Priority").fill("85")
        await page.keyboard.press("Enter")
        await expect(row).to_contain_text("85")

        question = page.get_by_role("dialog", name="Withdraw this caller?")
        await panel.get_by_role("button", name="Withdraw…").click()
        await question.get_by_role("button", name="Cancel").click()
        await panel.get_by_role("button", name="Withdraw…").click()
        await question.get_by_role("button", name="Withdraw the caller").click()
        await expect(panel.get_by_text("This contact waits no more.")).to_be_visible()
        await expect(panel.get_by_role("button", name="Move")).to_be_hidden()
        await panel.get_by_role("button", name="Close", exact=True).click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_role("table", name="Who waits").get_by_role("row")).to_have_count(3)
    assert desk.events == [
        ContactMoved(DANA, SUPPORT, SUSAN),
        ContactPrioritised(DANA, 85, SUSAN),
        ContactWithdrawn(DANA, SUSAN),
    ]


@run_async
async def test_why_tells_rule_place_needs_and_each_agents_reason_and_follows_them() -> None:
    desk = desk_with_waiting()
    async with on_the_floor(desk) as page:
        assert desk.explained == []
        await page.get_by_role("link", name="+12025550102").click()
        why = page.get_by_role("dialog", name="+12025550102").get_by_role("region", name="Why it stands here")
        for words in ("gold-sales", "tier is gold, dialled is 8000", "2 of 2", "billing >= 3", "Boris Novak"):
            await expect(why).to_contain_text(words)
        reasons = why.get_by_role("list", name="Why each agent does not have it").get_by_role("listitem")
        await expect(reasons).to_have_count(2)
        await expect(reasons.nth(1)).to_contain_text("has billing 2, and 3 is asked for")

        desk.reasons = [replace(desk.reasons[1], reason="rings", words="the phone rings")]
        desk.contacts = [view for view in desk.contacts if view.id != OLDEST]
        await expect(why).to_contain_text("1 of 1")
        await expect(reasons).to_have_count(1)
        await expect(reasons).to_contain_text("the phone rings")
    assert desk.events == []


@run_async
async def test_what_goes_on_meanwhile_takes_neither_the_focus_nor_what_is_being_typed() -> None:
    desk = desk_with_waiting()
    async with on_the_floor(desk) as page:
        row = page.get_by_role("table", name="Who waits").get_by_role("row").filter(has_text="Withheld number")
        await row.get_by_role("link", name="Withheld number").click()
        panel = page.get_by_role("dialog", name="Withheld number")
        priority = panel.get_by_label("Priority")
        await panel.get_by_label("Move to").select_option("sales")
        await priority.fill("7")
        desk.contacts = [view for view in desk.contacts if view.id != OLDEST]  # the row above goes
        desk.contact(OMAR, priority=50)
        desk.change(ANNA, desk.views[ANNA].state)
        await expect(row).to_contain_text("50")
        await expect(priority).to_be_focused()
        await expect(priority).to_have_value("7")
        await expect(panel.get_by_label("Move to")).to_have_value("sales")
        await page.keyboard.press("Escape")
        await expect(row.get_by_role("link", name="Withheld number")).to_be_focused()


@run_async
async def test_a_refusal_is_said_where_the_order_was_given() -> None:
    desk = desk_with_waiting()
    async with on_the_floor(desk) as page:
        await page.get_by_role("link", name="+12025550102").click()
        panel = page.get_by_role("dialog", name="+12025550102")
        await panel.get_by_label("Move to").select_option("support")

        async def drain_first(route: Route) -> None:  # once the order is on its way; before, the page would not give it
            desk.queues = [replace(view, state=QueueState.DRAINED) for view in desk.queues]
            await route.continue_()

        await page.route("**/api/v1/contacts/*/move", drain_first)
        await panel.get_by_role("button", name="Move").click()
        await expect(panel.get_by_role("alert")).to_contain_text("The queue support is drained. Open it first")
        await expect(panel.get_by_label("Move to").locator("option")).to_have_text(["No other queue is open"])

        async def refuse(event: Event) -> None:
            raise DeskUnavailableError("the journal is down")

        desk.on_submit = refuse
        await panel.get_by_role("button", name="Set").click()
        await expect(panel.get_by_role("alert")).to_contain_text("the journal is down")
    assert desk.events == []


@run_async
async def test_hostile_words_are_shown_as_text() -> None:
    hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202e\u2028'
    desk = desk_with_waiting()
    desk.contact(DANA, caller=hostile, tier=Tier('"><b>'), held_for=AgentId("<b>gone</b>"))
    desk.reasons = [AgentReason(ANNA, hostile, hostile, hostile)]
    async with on_the_floor(desk) as page:
        row = page.get_by_role("table", name="Who waits").get_by_role("row").filter(has_text="<img")
        await expect(row).to_contain_text("Kept for <b>gone</b>")
        await row.get_by_role("link").click()
        panel = page.get_by_role("dialog").first
        await expect(panel).to_contain_text('<img src=x onerror="alert(1)">')
        await expect(panel.get_by_role("region", name="Why it stands here")).to_contain_text(
            "<script>alert(2)</script>"
        )
        await panel.get_by_role("button", name="Withdraw…").click()
        await expect(page.get_by_role("dialog", name="Withdraw this caller?")).to_contain_text("<script>")
        assert await page.locator("main img, main b, dialog img, dialog b, body script").count() == 0


@run_async
async def test_a_narrow_floor_needs_no_scrolling_sideways_and_works_from_the_keyboard() -> None:
    desk = desk_with_waiting()
    async with on_the_floor(desk, Look(size=NARROW)) as page:
        sideways = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(sideways) == 0
        await page.get_by_role("link", name="+12025550101").focus()
        await page.keyboard.press("Enter")
        panel = page.get_by_role("dialog", name="+12025550101")
        await expect(panel.get_by_role("listitem")).to_have_count(2)
        assert await panel.evaluate("(node) => node.scrollWidth - node.clientWidth") == 0


@run_async
async def test_filters_sorting_and_place_are_as_they_were_after_a_drill_down() -> None:
    async with showing("floor", "/floor") as (page, _):
        agents = page.get_by_role("table", name="Agents")
        await page.get_by_role("group", name="Which agents").get_by_role("button", name="Busy").click()
        await agents.get_by_role("button", name="Agent").click()
        names = agents.locator("tbody tr td:first-child")
        shown = ["Anna Lindqvist", "Emil Sørensen", "Fatima Al-Sayed", "陈丽"]
        await expect(names).to_have_text(shown)
        await page.get_by_role("link", name="Dana Okafor").click()
        await page.get_by_role("link", name="The whole story").click()
        await expect(page.get_by_role("region", name="What happened").get_by_role("listitem")).to_have_count(8)
        await page.go_back()
        await page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
        await expect(names).to_have_text(shown)


@run_async
async def test_what_is_out_of_bounds_is_said_and_leads_to_its_queue() -> None:
    async with showing("floor", "/floor") as (page, fake):
        alerts = page.get_by_role("log", name="Alerts")
        await alerts.get_by_role("link", name="Somebody waits too long in Billing").click()
        panel = page.get_by_role("dialog", name="Billing")
        await expect(panel).to_contain_text("Answered within 0:20 ÷ (answered + abandoned, those at once left out)")
        await panel.get_by_role("button", name="Close", exact=True).click()
        center = {**fake.entries["center"], "pbxs": [{"name": "main", "up": False}], "offering_stopped_by": "susan"}
        await fake.set({"center": center}, gone=("alert/billing:longest_wait_s",))
        await expect(alerts).to_contain_text("The PBX main does not answer")
        await expect(alerts).to_contain_text("susan has stopped offers")
        await expect(alerts.get_by_role("link")).to_have_count(0)


@run_async
async def test_listening_setting_a_state_skills_and_a_message_are_sent_as_asked() -> None:
    async with showing("floor", "/floor?agent=anna") as (page, fake):
        panel = page.get_by_role("dialog", name="Anna Lindqvist")
        await panel.get_by_role("button", name="Whisper").click()
        await panel.get_by_role("button", name="Stop", exact=True).click()
        await panel.get_by_label("Not ready because of").select_option("meeting")
        await panel.get_by_role("button", name="Not ready").click()
        await panel.get_by_label("German").fill("0")
        await panel.get_by_role("button", name="Save the skills").click()
        await panel.get_by_role("button", name="Message to Anna Lindqvist").click()
        message = page.get_by_role("dialog", name="Message")
        await message.get_by_label("Text").fill("Please take a break after this one.")
        await message.get_by_label("Urgent").check()
        await message.get_by_role("button", name="Send").click()
        await expect(page.get_by_text("The message is on its way.")).to_be_visible()
    assert fake.orders == [
        ("agents/anna/listen", {"mode": "whisper"}),
        ("agents/anna/listen/stop", {}),
        ("agents/anna/state", {"state": "not_ready", "reason": "meeting"}),
        ("agents/anna/skills", {"skills": {"sales": 7}}),
        ("messages", {"to": {"agents": ["anna"]}, "text": "Please take a break after this one.", "urgent": True}),
    ]


@run_async
async def test_the_wall_shows_the_queues_asked_for_and_nothing_to_click_but_the_way_back() -> None:
    async with showing("floor", "/wall?queues=sales,billing") as (page, _):
        await expect(page.get_by_role("region", name="Billing")).to_contain_text("52%")
        await expect(page.get_by_role("region", name="Support")).to_have_count(0)
        await expect(page.get_by_role("log", name="Alerts")).to_contain_text("Somebody waits too long in Billing")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("heading", name="Floor")).to_be_visible()

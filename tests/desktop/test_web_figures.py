"""An agent at its own figures, in a real browser: of itself and nobody else."""

from datetime import date, timedelta

import pytest
from playwright.async_api import expect

from callcenter.desktop.reporting import ReportKind
from tests.browsing import NEEDS_BROWSER
from tests.desktop import web_scenes
from tests.desktop.fake_desk import ANNA, FakeDesk
from tests.desktop.test_web_access import overflow, violations
from tests.desktop.web_fake import now_ms
from tests.desktop.web_floor_scenes import supervisor
from tests.desktop.web_pages import NARROW, Look, at_the_desk, showing, sign_in
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER


@run_async
async def test_an_agent_reads_its_time_its_offers_and_what_it_handled_today_and_this_week() -> None:
    async with showing("not_ready", "/agent") as (page, fake):
        await page.get_by_role("navigation").get_by_role("link", name="My figures").press("Enter")
        time = page.get_by_role("region", name="Time")
        for words in ("Signed in1:10:00", "Ready42:10", "Not ready · Lunch23:20", "Occupancy9.6%"):
            await expect(time).to_contain_text(words)
        offers = page.get_by_role("region", name="Offers")
        for words in ("Offers4", "Accepted2", "Declined1", "Not answered1"):
            await expect(offers).to_contain_text(words)
        handled = page.get_by_role("region", name="Handled")
        for words in ("Parts2", "Handle time2:15", "Mean talk1:35", "Mean hold0:10", "Mean wrap-up0:30"):
            await expect(handled).to_contain_text(words)
        await expect(page.get_by_role("region", name="By hour").locator("tbody tr")).to_have_count(2)
        await page.get_by_role("button", name="This week").press("Space")
        await expect(page.get_by_role("region", name="By day")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("button", name="This week", pressed=True)).to_be_visible()
        before = len(fake.asked)
        await page.get_by_role("button", name="Refresh").press("Enter")
        await expect(time).to_be_visible()
    asked = [query for path, query in fake.asked if path == "reports/agents"]
    today, week = asked[0], asked[1]
    own = {"own": "true", "group": "none", "zone": "Europe/Berlin"}
    first, after = date.fromisoformat(week["from"]), date.fromisoformat(week["to"])
    assert today == {**own, "by": "60m", "from": str(after - timedelta(days=1)), "to": str(after)}
    assert week == {**own, "by": "day", "from": str(first), "to": str(after)}
    assert (first.weekday(), after - first <= timedelta(days=7)) == (0, True)
    assert len(asked) == 4
    assert before < len(fake.asked)


@run_async
async def test_a_day_without_anything_and_a_refusal_are_said_in_words() -> None:
    async with showing("ready", "/figures") as (page, fake):
        fake.answers["reports/agents"] = {**fake.answers["reports/agents"], "rows": []}
        await page.get_by_role("button", name="Refresh").click()
        await expect(page.get_by_text("Nothing happened in this range")).to_be_visible()
        fake.refusals["reports/agents"] = (503, "2 reports are being made already.", "Try again soon.")
        await page.get_by_role("button", name="Refresh").click()
        refused = page.get_by_role("alert").filter(has_text="2 reports are being made already.")
        await expect(refused).to_contain_text("Try again soon.")


@run_async
async def test_an_offer_leads_to_the_desk_that_rings() -> None:
    async with showing("ready", "/figures") as (page, fake):
        await expect(page.get_by_role("region", name="Time")).to_be_visible()
        await fake.set(web_scenes.SCENES["offer"](now_ms())["entries"])
        await expect(page).to_have_url(f"{fake.url}/agent")
        await expect(page.get_by_role("heading", name="My desk")).to_be_attached()


@pytest.mark.parametrize("look", [Look(dark=True), Look("zh-CN", NARROW)], ids=["wide, dark", "narrow, Chinese"])
@run_async
async def test_axe_finds_nothing_and_nobody_scrolls_sideways(look: Look) -> None:
    async with showing("ready", "/figures", look) as (page, _):
        await expect(page.locator(".report")).to_be_visible()
        assert await violations(page) == []
        assert await overflow(page) == 0


@run_async
async def test_who_takes_no_contacts_has_no_such_page() -> None:
    async with showing("floor", "/figures", me={**supervisor(), "takes_contacts": False}) as (page, fake):
        await expect(page.get_by_role("heading", name="This page is not for you")).to_be_visible()
        await expect(page.get_by_role("link", name="My figures")).to_have_count(0)
    assert not [path for path, _ in fake.asked if path.startswith("reports")]


@run_async
async def test_the_api_itself_gives_an_agent_its_own_rows() -> None:
    desk = FakeDesk()
    async with at_the_desk(desk) as (page, _):
        await sign_in(page, ANNA)
        await page.get_by_role("link", name="My figures").click()
        await expect(page.get_by_role("region", name="Handled")).to_be_visible()
    (wanted,) = desk.reports.wanted
    assert (wanted.kind, wanted.agents, wanted.queues) == (ReportKind.AGENTS, [ANNA], None)

"""A supervisor at the reports, in a real browser, on a server that notes what it is asked for."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from callcenter.desktop.desk import DeskUnavailableError
from callcenter.desktop.reporting import ReportForm, ReportKind, ReportWanted
from callcenter.reports.page import page_of
from tests.browsing import NEEDS_BROWSER
from tests.desktop import web_scenes
from tests.desktop.fake_desk import SUSAN, FakeDesk
from tests.desktop.test_web_access import overflow, violations
from tests.desktop.web_fake import WebFake
from tests.desktop.web_floor_scenes import supervisor
from tests.desktop.web_pages import NARROW, Look, at_the_desk, showing, sign_in
from tests.desktop.web_report_scenes import OVER
from tests.helpers import run_async
from tests.reports.made import of_a_day

pytestmark = NEEDS_BROWSER
KINDS = ("queues", "agents", "dispositions", "customers")


def wanted(fake: WebFake) -> list[tuple[str, dict[str, str]]]:
    return [(path.removeprefix("reports/"), query) for path, query in fake.asked if path.startswith("reports/")]


def content(file: Path) -> bytes:
    return file.read_bytes()


async def cells(page: Page, row: str) -> dict[str, str]:
    """A row of the table (a CSS selector), by the columns' headings; without those of the names."""
    heads = await page.locator(".report thead th.number").all_inner_texts()
    values = await page.locator(f".report {row} td.number").all_inner_texts()
    return dict(zip(heads, values, strict=True))


@run_async
async def test_figures_are_written_for_people_and_what_cannot_be_said_is_an_empty_cell() -> None:
    async with showing("floor", "/reports?by=30m") as (page, _):
        table = page.get_by_role("table", name="Queues")
        await expect(table.locator("tbody tr")).to_have_count(2)
        await expect(table.locator("tbody tr").first.get_by_role("rowheader")).to_have_text("2 Nov 2026 08:00")
        sales, support = [await cells(page, f"tbody tr:nth-child({number})") for number in (1, 2)]
        total = await cells(page, "tfoot")
        await expect(page.get_by_text(OVER)).to_be_visible()
        await expect(page.get_by_role("status").filter(has_text="2 rows")).to_have_count(1)
    assert (sales["Offered"], sales["Service level"], sales["Handle time"]) == ("1,240", "20.0%", "2:31")
    assert sales["Longest wait"] == "1:00"
    assert (support["Offered"], support["Transfers"]) == ("1", "0")
    assert (support["Service level"], support["Answer time"], support["Longest wait"]) == ("", "", "")
    assert (total["Offered"], total["Service level"]) == ("1,241", "20.0%")


@run_async
async def test_the_choice_is_in_the_address_and_a_step_back_brings_the_report_of_before() -> None:
    async with showing("floor", "/floor") as (page, fake):
        await page.get_by_role("navigation").get_by_role("link", name="Reports").click()
        await expect(page.get_by_role("table", name="Queues")).to_be_visible()
        await page.get_by_label("From").fill("2026-10-01")
        await page.get_by_label("To", exact=True).fill("2026-10-31")
        await page.get_by_label("Each interval is").select_option("a day")
        await page.get_by_label("Service level").select_option("of the answered")
        await page.get_by_label("Tier").check()
        await page.get_by_role("button", name="Show the report").click()
        await expect(page.get_by_role("region", name=re.compile("1 Oct 2026.*31 Oct 2026"))).to_be_visible()
        assert page.url.removeprefix(fake.url) == (
            "/reports?from=2026-10-01&to=2026-10-31&by=day&group=queue,tier&formula=of_answered"
        )
        await page.get_by_label("Report", exact=True).select_option("Customers")
        await page.get_by_label("Again within days").fill("3")
        await page.get_by_role("button", name="Show the report").click()
        await expect(page.get_by_role("table", name="Customers")).to_be_visible()
        assert (await cells(page, "tbody tr"))["First-contact resolution"] == "33.3%"
        await page.go_back()
        await expect(page.get_by_role("table", name="Queues")).to_be_visible()
        await expect(page.get_by_label("Service level")).to_have_value("of_answered")
        await page.reload()
        await expect(page.get_by_label("From")).to_have_value("2026-10-01")
        await expect(page.get_by_label("Tier")).to_be_checked()
    range_ = {"from": "2026-10-01", "to": "2026-11-01", "by": "day", "zone": "Europe/Berlin"}
    first, *later = wanted(fake)
    assert first[1].keys() == {"from", "to", "group", "zone", "formula"}
    assert first[1]["from"] < first[1]["to"], "today, and `to` is not in it"
    by_tier = ("queues", {**range_, "group": "queue,tier", "formula": "of_answered"})
    again = ("customers", {**range_, "group": "none", "within_days": "3"})
    assert later == [by_tier, again, by_tier, by_tier]


@pytest.mark.parametrize("kind", KINDS)
@run_async
async def test_every_column_has_a_name_in_every_language_and_a_telephone_shows_it(kind: str) -> None:
    async with showing("floor", f"/reports?report={kind}&columns=all", Look("zh-CN", NARROW)) as (page, fake):
        columns = fake.answers[f"reports/{kind}"]["columns"]
        heads = page.locator(".report thead th.number")
        await expect(heads).to_have_count(len(columns))
        texts = await heads.all_inner_texts()
        assert [text for text in texts if re.search("[A-Za-z]", text)] == []
        assert len(set(texts)) == len(texts)
        assert await overflow(page) == 0
        assert await violations(page) == []
        await page.goto(f"{fake.url}/reports?report={kind}")
        await expect(heads.first).to_be_visible()
        assert 0 < await heads.count() <= len(columns)


@run_async
async def test_without_a_mouse_a_report_is_chosen_and_a_wide_table_is_moved() -> None:
    async with showing("floor", "/reports?columns=all", Look(size=NARROW)) as (page, fake):
        await expect(page.get_by_role("table", name="Queues")).to_be_visible()
        await page.get_by_label("Report", exact=True).focus()
        await page.keyboard.type("Agents")
        await page.get_by_label("Queue", exact=True).focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Enter")
        table = page.get_by_role("region", name="Agents", exact=True)
        await expect(table).to_be_visible()
        for _ in range(12):
            await page.keyboard.press("Tab")
            if await table.evaluate("node => node === document.activeElement"):
                break
        await expect(table).to_be_focused()
        await page.keyboard.press("ArrowRight")
        await page.wait_for_function("() => document.querySelector('.report').scrollLeft > 0")
    assert wanted(fake)[-1][1]["group"] == "agent,queue"


@run_async
async def test_a_report_is_kept_as_a_file_and_a_refusal_is_read_and_not_saved() -> None:
    address = "/reports?report=agents&from=2026-11-01&to=2026-11-02"
    async with showing("floor", address) as (page, fake):
        files = page.get_by_role("group", name="Download")
        for button, ending in (("CSV", "csv"), ("JSON", "json"), ("Parquet", "parquet")):
            async with page.expect_download() as download:
                await files.get_by_role("button", name=button).click()
            assert (await download.value).suggested_filename == f"agents-2026-11-01.{ending}"
            assert wanted(fake)[-1][1]["format"] == ending
            assert wanted(fake)[-1][1]["to"] == "2026-11-03"
        fake.refusals["reports/agents"] = (422, "Parquet is written by pyarrow.", "Install it.")
        await files.get_by_role("button", name="Parquet").click()
        await expect(page.get_by_role("alert").filter(has_text="Parquet is written")).to_contain_text("Install it.")


@run_async
async def test_the_page_with_plots_opens_in_a_tab_with_its_style_and_the_report_stays() -> None:
    desk = FakeDesk()
    desk.reports.page = page_of(of_a_day()).encode()
    async with at_the_desk(desk) as (page, server):
        await sign_in(page, SUSAN)
        await page.get_by_role("link", name="Reports").click()
        plots = page.get_by_role("link", name="Page with plots (in a new tab)")
        async with page.expect_popup() as popup:
            await plots.focus()
            await page.keyboard.press("Enter")
        tab = await popup.value
        await expect(tab.get_by_role("heading", name="Report")).to_be_visible()
        await expect(tab.locator("svg").first).to_be_visible()
        style = "node => getComputedStyle(node).textAlign"
        assert await tab.locator("td.words").first.evaluate(style) == "left", "its own style counts"
        assert await tab.evaluate("window.opener") is None
        assert tab.url.startswith(f"{server.url}/api/v1/reports/queues?from=")
        await expect(page.get_by_role("table", name="Queues")).to_be_visible()
    assert desk.reports.wanted[-1].form is ReportForm.HTML


@run_async
async def test_a_range_that_ends_before_it_begins_is_refused_in_words() -> None:
    refusals = {"reports/queues": (422, "The range ends before it begins.", "Look at the dates.")}
    async with showing("floor", "/reports?from=2026-11-02&to=2026-11-01", refusals=refusals) as (page, fake):
        refused = page.get_by_role("alert").filter(has_text="The range ends before it begins.")
        await expect(refused).to_contain_text("Look at the dates.")
        await expect(page.get_by_role("table")).to_have_count(0)
        fake.refusals.clear()
        await refused.get_by_role("button", name="Try again").click()
        await expect(page.get_by_role("table", name="Queues")).to_be_visible()


@run_async
async def test_of_many_rows_some_are_drawn_and_more_when_they_are_wanted() -> None:
    async with showing("floor", "/reports") as (page, fake):
        answer = fake.answers["reports/queues"]
        answer["rows"] = answer["rows"] * 300
        await page.reload()
        rows = page.locator(".report tbody tr")
        await expect(rows).to_have_count(500)
        await expect(page.get_by_text("500 of 600 rows are shown")).to_be_visible()
        await page.get_by_role("button", name="Show more rows").click()
        await expect(rows).to_have_count(600)
        answer["rows"] = []
        await page.reload()
        await expect(page.get_by_text("Nothing happened in this range")).to_be_visible()


@run_async
async def test_who_may_not_see_reports_has_no_such_page() -> None:
    without = {**supervisor(), "permissions": ["see_floor", "see_contacts"]}
    for me in (without, web_scenes.anna()):
        async with showing("floor", "/reports", me=me) as (page, fake):
            await expect(page.get_by_role("heading", name="This page is not for you")).to_be_visible()
            await expect(page.get_by_role("link", name="Reports")).to_have_count(0)
        assert wanted(fake) == []


@run_async
async def test_the_api_itself_understands_what_the_page_asks_and_what_it_refuses_is_read() -> None:
    desk = FakeDesk()
    choice = "report=customers&from=2026-10-01&to=2026-10-31&by=week&group=tier,entry&within_days=3"
    async with at_the_desk(desk) as (page, server):
        await sign_in(page, SUSAN)
        await page.get_by_role("link", name="Reports").click()
        await expect(page.get_by_role("table", name="Queues")).to_be_visible()
        await page.goto(f"{server.url}/reports?{choice}")
        await expect(page.get_by_role("table", name="Customers")).to_be_visible()
        async with page.expect_download() as download:
            await page.get_by_role("button", name="CSV").click()
        assert content(await (await download.value).path()) == b"offered\r\n3\r\n"
        desk.reports.away = DeskUnavailableError("2 reports are being made already, and no more at a time")
        await page.get_by_role("button", name="CSV").click()
        await expect(page.get_by_role("alert").filter(has_text="2 reports are being made already")).to_be_visible()
        await page.goto(f"{server.url}/reports?report=customers&within_days=400")
        await expect(page.get_by_role("alert").filter(has_text="within_days")).to_be_visible()
    wanted = ReportWanted(
        ReportKind.CUSTOMERS, ReportForm.CSV, "2026-10-01", "2026-11-01", "week", "tier,entry", "Europe/Berlin",
        within_days=3,
    )  # fmt: skip
    assert desk.reports.wanted[2] == wanted

"""Everybody can use the pages: axe finds nothing, and no screen is too narrow."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from scripts.web import install
from tests.browsing import NEEDS_BROWSER
from tests.desktop import web_scenes
from tests.desktop.web_fake import WebFake, faking, now_ms
from tests.desktop.web_pages import NARROW, Look, context_of, showing
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


async def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now, a line each."""
    install()
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]
    ]


async def overflow(page: Page) -> int:
    width: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


@pytest.mark.parametrize("look", [Look(), Look("zh-CN", NARROW, dark=True)], ids=["wide", "narrow, dark, Chinese"])
@run_async
async def test_axe_finds_nothing_in_any_scene_and_nobody_scrolls_sideways(look: Look) -> None:
    fake = WebFake()
    async with faking(fake), context_of(look) as context:
        page = await context.new_page()
        for name, scene in web_scenes.SCENES.items():
            fake.me = web_scenes.anna()
            for part, value in scene(now_ms()).items():
                setattr(fake, part, value)
            await page.goto(fake.url)
            await expect(page.locator("html")).to_have_attribute("data-link", "live")
            await expect(page.get_by_role("main")).not_to_have_attribute("aria-busy", "true")
            assert await violations(page) == [], name
            assert await overflow(page) == 0, name


@run_async
async def test_axe_finds_nothing_on_the_sign_in_page_in_the_menu_and_in_dialogs() -> None:
    async with showing("talk", signed_in=False) as (page, _):
        await page.get_by_role("button", name="Language and colours").click()
        assert await violations(page) == []
    async with showing("talk") as (page, fake):
        await expect(page.get_by_role("button", name="Hold")).to_be_visible()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await violations(page) == []
        await page.keyboard.press("Escape")
        await page.keyboard.press("t")
        await page.get_by_role("option", name="Boris").click()
        assert await violations(page) == []
        await page.keyboard.press("Escape")
        fake.refusals["calls/hold"] = (409, "There is no call.", "Wait for one.")
        await page.keyboard.press("h")
        await expect(page.get_by_text("There is no call.")).to_be_visible()
        await page.get_by_role("button", name="Menu of").click()
        fake.away = True
        await fake.cut()
        await expect(page.get_by_role("alert").filter(has_text="Not live")).to_be_visible()


@run_async
async def test_the_focus_is_seen_and_goes_to_the_content_first_where_one_wants() -> None:
    async with showing("ready") as (page, _):
        await expect(page.get_by_role("button", name="Ready", exact=True)).to_be_visible()
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        outline = await skip.evaluate("node => getComputedStyle(node).outlineStyle")
        assert outline == "solid"

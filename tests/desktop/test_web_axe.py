"""Axe finds nothing serious in any area and panel, wide as narrow, light as dark. The agent has test_web_access.py."""

import pytest
from playwright.async_api import expect

from tests.browsing import NEEDS_BROWSER
from tests.desktop.test_web_access import overflow, violations
from tests.desktop.web_pages import NARROW, Look, showing
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER

LOOKS = {
    "light": Look(),
    "dark": Look(dark=True),
    "narrow, dark, Chinese": Look("zh-CN", NARROW, dark=True),
}
AREAS = {
    "floor": (
        "/floor",
        "/floor?queue=billing",
        "/floor?agent=anna",
        "/floor?contact=main-147",
        "/wall",
        "/contacts",
        "/contacts/main-147",
        "/reports?columns=all",
        "/reports?report=dispositions&group=tier,disposition",
    ),
    "admin": tuple(
        f"/admin/{room}" for room in ("people", "import", "devices", "lists", "rules", "tokens", "webhooks", "audit")
    ),
    "talk": ("/agent", "/floor", "/figures", "/figures?range=week"),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("scene", AREAS)
@run_async
async def test_axe_finds_nothing_serious_in_any_area_and_nobody_scrolls_sideways(scene: str, look: Look) -> None:
    async with showing(scene, "/", look) as (page, fake):
        for address in AREAS[scene]:
            await page.goto(f"{fake.url}{address}")
            await expect(page.get_by_role("heading").first).to_be_visible()
            await page.wait_for_load_state("networkidle")  # what it asks the API for is there
            await expect(page.locator("[aria-busy=true]")).to_have_count(0)
            found = [one for one in await violations(page) if "(serious)" in one or "(critical)" in one]
            assert found == [], address
            assert await overflow(page) == 0, address

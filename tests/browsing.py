"""A real browser for tests: Chromium, driven by Playwright. Mark such tests with `NEEDS_BROWSER`."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium")
REQUIRED = os.environ.get("CALLCENTER_REQUIRE_ALL") == "1"
NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not REQUIRED, reason="needs chromium on the PATH"),
]
LIMIT_MS = 15_000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=LIMIT_MS)


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    assert CHROMIUM is not None, "CALLCENTER_REQUIRE_ALL=1 and there is no chromium on the PATH"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def context_of(browser: Browser) -> AsyncIterator[tuple[BrowserContext, list[str]]]:
    """A fresh browser profile, and the script errors and dialogs that its pages had."""
    context = await browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(LIMIT_MS)
    troubles: list[str] = []
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("dialog", lambda dialog: troubles.append(dialog.message))
    try:
        yield context, troubles
    finally:
        await context.close()


async def sign_in(page: Page, url: str, agent: str, password: str) -> None:
    await page.goto(url)
    await page.get_by_label("Agent").fill(agent)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()

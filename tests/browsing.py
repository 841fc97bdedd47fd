"""A real browser for tests: Chromium, driven by Playwright. Mark such tests with `NEEDS_BROWSER`.

One for the whole session, because its start takes a second or two; each test has a profile of its own in it.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_twisted  # type: ignore[import-untyped]
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from twisted.internet.defer import Deferred

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
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


_running = contextlib.AsyncExitStack()
_browsers: list[Browser] = []


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """The session's browser, started for the first who wants it, and again should it have crashed."""
    assert CHROMIUM is not None, "CALLCENTER_REQUIRE_ALL=1 and there is no chromium on the PATH"
    if not _browsers or not _browsers[-1].is_connected():
        playwright = await _running.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        _running.push_async_callback(browser.close)
        _browsers.append(browser)
    yield _browsers[-1]


async def end_browsing() -> None:
    """End the session's browser, for programs; pytest's sessions do it by themselves."""
    _browsers.clear()
    await _running.aclose()


@pytest.fixture(scope="session", autouse=True)
def browser_ends_with_the_session() -> Iterator[None]:
    yield
    if _browsers:
        pytest_twisted.blockon(Deferred.fromFuture(asyncio.ensure_future(end_browsing())))


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
    await page.get_by_label("User name").fill(agent)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()

"""The application in a real browser: on the fake server with a scene, or on the real application with a FakeDesk.

The one idea: whatever a page complains of in its console, and each script error, fails the test at its end.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Page

from callcenter.desktop.server import Server
from scripts.web import build
from tests.browsing import LIMIT_MS, browsing
from tests.desktop import web_scenes
from tests.desktop.fake_desk import PASSWORD, FakeDesk
from tests.desktop.serving import serving
from tests.desktop.web_fake import WebFake, faking, now_ms

WIDE = (1360, 860)
NARROW = (360, 780)


@dataclass(frozen=True, slots=True)
class Look:
    """How the page is looked at."""

    language: str = "en-GB"
    size: tuple[int, int] = WIDE
    dark: bool = False

    @property
    def options(self) -> dict[str, Any]:
        width, height = self.size
        return {
            "viewport": {"width": width, "height": height},
            "locale": self.language,
            "color_scheme": "dark" if self.dark else "light",
            "timezone_id": "Europe/Berlin",
        }


USUAL = Look()


@contextlib.asynccontextmanager
async def context_of(look: Look = USUAL) -> AsyncIterator[BrowserContext]:
    """A fresh browser profile. Fails where a page of it had a script error, a dialog or an error in its console."""
    build()
    async with browsing() as browser:
        context = await browser.new_context(**look.options)
        context.set_default_timeout(LIMIT_MS)
        troubles: list[str] = []

        def hear(message: ConsoleMessage) -> None:
            # A refused order is no fault of the page; the browser puts each into the console.
            if message.type in ("error", "warning") and not message.text.startswith(("Failed to load", "WebSocket")):
                troubles.append(message.text)

        context.on("weberror", lambda error: troubles.append(str(error.error)))
        context.on("dialog", lambda dialog: troubles.append(dialog.message))
        context.on("console", hear)
        try:
            yield context
            assert troubles == []
        finally:
            await context.close()


@contextlib.asynccontextmanager
async def showing(
    scene: str, path: str = "/", look: Look = USUAL, **changes: Any
) -> AsyncIterator[tuple[Page, WebFake]]:
    """A page on the fake server with a scene; `changes` are of the fake."""
    fake = WebFake(**{**web_scenes.SCENES[scene](now_ms()), **changes})
    async with faking(fake), context_of(look) as context:
        page = await context.new_page()
        await page.goto(f"{fake.url}{path}")
        yield page, fake


@contextlib.asynccontextmanager
async def at_the_desk(desk: FakeDesk, look: Look = USUAL) -> AsyncIterator[tuple[Page, Server]]:
    """A page on the real application, at its start: nobody has signed in."""
    async with serving(desk) as server, context_of(look) as context:
        page = await context.new_page()
        await page.goto(server.url)
        yield page, server


async def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()

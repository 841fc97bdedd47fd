"""One agent's page in a real Chromium: from the socket's message with a pop until the name is in the page.

The one idea: the page is the application as it is. A script that runs before its own listens at its WebSocket first
and looks after each change of the document whether the heading has become the customer's name.
"""

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

from playwright.async_api import Page, async_playwright

LIMIT_MS = 60_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
_WATCH = """
(() => {
  const seen = (window.seenPops = []), known = new Set(), Native = window.WebSocket;
  const now = () => performance.timeOrigin + performance.now();
  const heard = (event) => {
    const at = now(), pop = JSON.parse(event.data).set?.pop;
    if (!pop || pop.customers.length !== 1 || known.has(pop.contact)) return;
    known.add(pop.contact);
    const there = () => document.getElementById("contact-title")?.textContent.includes(pop.customers[0].name);
    const watcher = new MutationObserver(() => {
      if (!there()) return;
      watcher.disconnect();
      seen.push([pop.contact, at, now()]);
    });
    watcher.observe(document, { childList: true, subtree: true, characterData: true });
  };
  window.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", heard);
    }
  };
})();
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A pop in the browser: when its message came, and when the name was in the document. Milliseconds of UTC."""

    contact: str
    message_ms: float
    name_ms: float


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.asynccontextmanager
async def agent_page(url: str, cookie: str) -> AsyncIterator[Page]:
    """The page of whoever has this session, when it is live."""
    name, _, value = cookie.partition("=")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        try:
            context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 860})
            context.set_default_timeout(LIMIT_MS)
            await context.add_cookies([{"name": name, "value": value, "url": url}])
            await context.add_init_script(_WATCH)
            page = await context.new_page()
            await page.goto(url)
            await page.get_by_text("Live", exact=True).wait_for()
            yield page
        finally:
            await browser.close()


async def drawn(page: Page) -> list[Drawn]:
    """What it has shown so far."""
    return [Drawn(*one) for one in await page.evaluate("window.seenPops")]

"""Draw the pictures of docs/screenshots: `python -m scripts.screenshots`, or `make screenshots`.

The one idea: the pages are the real ones, in a real browser; what they show is made up, the very scenes that the tests
look at (tests/desktop/web_scenes.py and its neighbours). So the pictures can be drawn anew after each change.
"""

import argparse
import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import expect

from tests.browsing import end_browsing
from tests.desktop.web_pages import Look, showing

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
WIDE, PHONE = (1360, 860), (400, 860)


@dataclass(frozen=True, slots=True)
class Picture:
    """A scene at an address, and how large the window is, in pixels."""

    name: str
    scene: str
    path: str
    size: tuple[int, int] = WIDE
    dark: bool = False


PICTURES = (
    Picture("agent", "offer", "/agent"),
    Picture("agent-talk", "talk", "/agent", dark=True),
    Picture("agent-phone", "wrap_up", "/agent", PHONE),
    Picture("floor", "floor", "/floor"),
    Picture("floor-contact", "floor", "/floor?contact=main-147"),
    Picture("wall", "floor", "/wall", dark=True),
    Picture("story", "floor", "/contacts/main-147"),
    Picture("admin", "admin", "/admin/people"),
)


async def draw(folder: Path, wanted: frozenset[str] = frozenset()) -> list[Path]:
    """Draw them all, or those that are wanted, in each language; the files, in order. The folder is there."""
    drawn = []
    for picture in PICTURES:
        if wanted and picture.name not in wanted:
            continue
        for tag, language in LANGUAGES.items():
            path = folder / f"{picture.name}-{tag}.png"
            look = Look(language, picture.size, picture.dark)
            async with showing(picture.scene, picture.path, look) as (page, _):
                await expect(page.get_by_role("heading").first).to_be_attached()
                await expect(page.locator("html")).to_have_attribute("data-link", re.compile("live|idle"))
                await page.wait_for_load_state("networkidle")  # what it asks the API for is there
                await expect(page.locator("[aria-busy=true]")).to_have_count(0)
                await page.screenshot(path=path, animations="disabled", caret="hide")
            drawn.append(path)
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshots", description="Draw docs/screenshots.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, if none is named")
    parser.add_argument("--into", type=Path, default=FOLDER, help="the folder to write to [docs/screenshots]")
    arguments = parser.parse_args()

    arguments.into.mkdir(parents=True, exist_ok=True)

    async def work() -> None:
        try:
            for path in await draw(arguments.into, frozenset(arguments.names)):
                print(path)
        finally:
            await end_browsing()

    asyncio.run(work())


if __name__ == "__main__":
    main()

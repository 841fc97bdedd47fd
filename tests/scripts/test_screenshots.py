"""The command that draws the pictures of the README."""

import re
from pathlib import Path

from scripts.screenshots import FOLDER, LANGUAGES, PICTURES, draw
from tests.browsing import NEEDS_BROWSER
from tests.helpers import run_async

README = Path(__file__).parents[2] / "README.md"


@NEEDS_BROWSER[0]
@NEEDS_BROWSER[1]
@run_async
async def test_a_picture_is_drawn_in_each_language(tmp_path: Path) -> None:
    drawn = await draw(tmp_path, frozenset({"story"}))
    assert [path.name for path in drawn] == ["story-en.png", "story-zh.png"]
    english, chinese = (path.read_bytes() for path in drawn)
    assert english.startswith(b"\x89PNG")
    assert english != chinese
    assert int.from_bytes(english[16:20], "big") == PICTURES[0].size[0]


def test_the_readme_shows_pictures_that_are_drawn() -> None:
    shown = re.findall(r"\(docs/screenshots/([\w-]+)\.png\)", README.read_text())
    drawn = {f"{picture.name}-{language}" for picture in PICTURES for language in LANGUAGES}
    assert set(shown) <= drawn
    assert len(shown) >= 5
    assert {path.stem for path in FOLDER.glob("*.png")} == drawn

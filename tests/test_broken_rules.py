"""Rules as an admin gets them wrong: each file in `broken_rules` ends with exactly what it must be told.

The lines that begin with `#!` are what `callcenter rules check` says of the file, without the file's name.
"""

from pathlib import Path

import pytest

from callcenter.admin.load import Given, read
from callcenter.types import PbxName

FOLDER = Path(__file__).parent / "broken_rules"
FILES = sorted(FOLDER.glob("*.yaml"))
GIVEN = Given(PbxName("main"), "PJSIP/", 200)
NOW_MS = 1_800_000_000_000
EXPECTED = "#! "


def told_of(path: Path) -> list[str]:
    """The mistakes, else the warnings, that this file of rules gives."""
    agents = path.parent / "of_all" / "agents.yaml"
    found = read(agents, path, GIVEN, NOW_MS)
    lines = [str(mistake) for mistake in found.mistakes] + [f"Warning: {doubt}" for doubt in found.doubts]
    return [line.replace(f"{path}:", "").replace(str(path.parent) + "/", "") for line in lines]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_file_is_told_exactly_this(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    expected = [line.removeprefix(EXPECTED) for line in lines if line.startswith(EXPECTED)]
    assert expected, "a broken file says what is to be told of it"
    assert told_of(path) == expected


def test_there_are_many_of_them() -> None:
    assert len(FILES) >= 60

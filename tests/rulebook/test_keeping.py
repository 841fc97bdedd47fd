"""What is in force of one kind, and how it becomes a version. (test_publishing.py and test_staffing.py: both kinds.)"""

import logging
from pathlib import Path

import pytest

from callcenter.admin import staff_copy
from callcenter.admin.versions import RuleFilesError, RuleVersion
from callcenter.rulebook.keeping import AT_RELOAD, AT_START, FILE_AUTHOR, Kept, rules_on_disk, staff_on_disk
from callcenter.settings import Settings
from callcenter.stores.rule_versions import StaffVersions
from tests.database_fixtures import migrated
from tests.helpers import run_async

FIRST, SECOND, THIRD = ({"agents.yaml": f"agents: [] # {word}\n"} for word in ("first", "second", "third"))


def kept_in(versions: StaffVersions) -> Kept:
    return Kept("staff", versions, staff_on_disk, 0)


@run_async
async def test_what_was_read_is_kept_once_and_has_a_number_then(database_url: str) -> None:
    async with migrated(database_url) as database:
        kept = kept_in(StaffVersions(database.engine))
        assert (kept.in_force.number, kept.is_kept, await kept.keep()) == (0, True, False)
        kept.read_from_disk(FIRST, AT_START, 7)
        assert (kept.in_force, kept.is_kept) == (RuleVersion(0, FILE_AUTHOR, 7, AT_START, 0), False)
        assert await kept.newer() is None
        assert await kept.keep()
        assert (kept.in_force.number, kept.files, kept.is_kept) == (1, FIRST, True)
        assert not await kept.keep()
        kept.read_from_disk(FIRST, AT_RELOAD, 8)
        await kept.keep()
        assert kept.in_force.number == 1, "the same files are the same version"


@run_async
async def test_a_start_prefers_what_is_newer_to_what_was_a_version_before(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with migrated(database_url) as database:
        versions = StaffVersions(database.engine)
        kept = kept_in(versions)
        kept.read_from_disk(FIRST, AT_START, 7)
        await kept.keep()
        published = await versions.append(SECOND, parent=1, author="jane", at_ms=8, message="why")
        for message, newer in ((AT_START, (published, SECOND)), (AT_RELOAD, None)):
            kept.read_from_disk(FIRST, message, 9)
            assert await kept.newer() == newer
        kept.read_from_disk(THIRD, AT_START, 9)
        assert await kept.newer() is None, "nobody has seen these yet"
        with caplog.at_level(logging.WARNING):
            await kept.keep()
        assert "the staff on disk are not those of version 2 by jane (why); from now on they count" in caplog.text
        assert kept.in_force.number == 3


def test_what_cannot_be_kept_counts_and_the_log_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(agents=tmp_path / "agents.yaml", routing=tmp_path / "rules", data_dir=tmp_path)
    for broken in (None, b"agents: [] # \xff\n"):
        if broken is not None:
            settings.agents.write_bytes(broken)
        with pytest.raises(RuleFilesError, match=r"agents\.yaml"):
            staff_on_disk(settings)
    kept = Kept("staff", None, staff_on_disk, 0)  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING):
        assert kept.readable(settings) is None
    assert "the staff on disk will not be kept as a version" in caplog.text
    kept.read_from_disk(None, AT_START, 0)
    assert kept.is_kept
    with pytest.raises(RuleFilesError):
        rules_on_disk(settings)


def test_the_staff_is_read_from_the_copy_while_that_counts(tmp_path: Path) -> None:
    settings = Settings(agents=tmp_path / "agents.yaml", data_dir=tmp_path)
    settings.agents.write_text("agents: []\n")
    staff_copy.keep("agents: [] # published\n", staff_copy.digest(settings.agents), tmp_path)
    assert staff_on_disk(settings) == {"agents.yaml": "agents: [] # published\n"}

"""The command, on a real log: what it says, and that it does no more than it says."""

import asyncio
import time
from pathlib import Path

from click.testing import CliRunner, Result

from callcenter.cli import main
from callcenter.stores.database import default_url
from callcenter.stores.tables import AuditRow, ContactRow
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.retention.world import DAY_MS, NOW_MS, fill, ids
from tests.stores.logs import rows

KEPT = "retention: {personal_days: 90, contacts_days: 400}\n"


async def ask(folder: Path, settings: str, *arguments: str) -> Result:
    config = folder / "callcenter.yaml"
    config.write_text(settings)
    return await asyncio.to_thread(CliRunner().invoke, main, ["retention", "--config", str(config), *arguments])


@run_async
async def test_dry_run_tells_and_changes_nothing_and_the_run_tells_the_same(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    passed = (time.time_ns() // 1_000_000 - NOW_MS) // DAY_MS
    async with migrated(default_url(tmp_path / "data")) as database:
        await fill(database.engine, [days - passed for days in (1, 100, 500)])
        told = await ask(tmp_path, KEPT, "--dry-run")
        assert told.exit_code == 0, told.output
        assert "Nothing is changed." in told.output
        assert "Personal data: kept for 90 days; what is from before " in told.output
        assert "Figures: kept for ever." in told.output
        assert "Rows would be blanked: 1 of contact, 1 of decision, 1 of note." in told.output
        assert "Rows would be removed: 1 of contact_tag, 1 of segment" in told.output
        assert len(await ids(database.engine, ContactRow)) == 3
        did = await ask(tmp_path, KEPT)
        assert did.exit_code == 0, did.output
        assert "Rows blanked: 1 of contact, 1 of decision, 1 of note." in did.output
        assert len(await ids(database.engine, ContactRow)) == 2
        again = await ask(tmp_path, KEPT)
        assert "Nothing is too old." in again.output
        (noted,) = await rows(database.engine, AuditRow)
        assert (noted["action"], noted["via"]) == ("retention", "command line")
        assert "1 of contact" in noted["outcome"]


@run_async
async def test_without_days_everything_stays(tmp_path: Path) -> None:
    told = await ask(tmp_path, "retention:\n  at_hour: 4\n")
    assert told.output == "Everything is kept for ever: the settings `retention` name no days.\n"


@run_async
async def test_mistakes_and_a_database_that_is_not_there_are_told(tmp_path: Path) -> None:
    wrong = await ask(tmp_path, "retention: {personal_days: 90, contacts_days: 60}\n")
    assert wrong.exit_code == 1
    assert "at least retention.personal_days, 90" in wrong.output
    missing = await ask(tmp_path, KEPT)
    assert missing.exit_code == 1
    assert "there is no database" in missing.output

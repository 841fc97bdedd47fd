import asyncio
from pathlib import Path

import pytest

from callcenter.admin.versions import RuleVersion
from callcenter.stores.database import DatabaseUnavailableError
from callcenter.stores.rule_versions import NotTheNewestError, RuleVersions, StaffVersions
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import no_database

FIRST = {"routing.yaml": "version: 1\n# ü \u2028 'quoted'\n"}
SECOND = {**FIRST, "cases.yaml": "[]\r\n"}


async def keep(versions: RuleVersions, files: dict[str, str], parent: int, message: str = "") -> RuleVersion:
    return await versions.append(files, parent=parent, author="anna", at_ms=1_000 + parent, message=message)


@run_async
async def test_versions_are_numbered_and_kept_with_all_that_is_known_of_them(database_url: str) -> None:
    async with migrated(database_url) as database:
        versions = RuleVersions(database.engine)
        assert await versions.newest() is None
        assert await versions.files(1) is None
        first = await keep(versions, FIRST, 0, "read at start")
        second = await keep(versions, SECOND, 1, "Test the VIP line")
        assert first == RuleVersion(1, "anna", 1_000, "read at start", 0, ("+routing.yaml",))
        assert second == RuleVersion(2, "anna", 1_001, "Test the VIP line", 1, ("+cases.yaml",))
        assert await versions.newest() == second
        assert await versions.latest(10) == (second, first)
        assert await versions.latest(1) == (second,)
        assert await versions.latest(10, above=1) == (second,)
        assert await versions.files(1) == FIRST
        assert await versions.files(2) == SECOND


@run_async
async def test_a_version_has_files_whatever_their_order(database_url: str) -> None:
    async with migrated(database_url) as database:
        versions = RuleVersions(database.engine)
        version = await keep(versions, SECOND, 0)
        assert await versions.has_files(version, dict(reversed(SECOND.items())))
        assert not await versions.has_files(version, FIRST)
        assert not await versions.has_files(None, FIRST)


@run_async
async def test_of_two_who_build_on_the_same_version_one_is_refused_and_nothing_is_overwritten(
    database_url: str,
) -> None:
    """Two connections of their own, as of two processes."""
    async with migrated(database_url) as one, migrated(database_url) as other:
        for parent in range(5):
            kept = await asyncio.gather(
                *(keep(RuleVersions(database.engine), FIRST, parent) for database in (one, other) for _ in range(2)),
                return_exceptions=True,
            )
            won = [version for version in kept if isinstance(version, RuleVersion)]
            refused = [error for error in kept if isinstance(error, NotTheNewestError | DatabaseUnavailableError)]
            assert (len(won), len(refused)) == (1, 3), kept
        assert [version.number for version in await RuleVersions(one.engine).latest(10)] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("parent", [0, 1, 3])
@run_async
async def test_only_the_newest_can_be_followed(database_url: str, parent: int) -> None:
    async with migrated(database_url) as database:
        versions = RuleVersions(database.engine)
        await keep(versions, FIRST, 0)
        await keep(versions, SECOND, 1)
        with pytest.raises(NotTheNewestError):
            await keep(versions, FIRST, parent)
        assert len(await versions.latest(10)) == 2


@run_async
async def test_database_that_is_away_or_not_prepared_is_said(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, bring_back):
        versions = RuleVersions(engine)
        for ask in (versions.newest(), versions.files(1), keep(versions, FIRST, 0)):
            with pytest.raises(DatabaseUnavailableError, match="cannot be used"):
                await ask
        await bring_back()
        assert (await keep(versions, FIRST, 0)).number == 1


@run_async
async def test_the_staff_has_a_history_of_its_own_that_says_whom_it_was_about(database_url: str) -> None:
    async with migrated(database_url) as database:
        rules, people = RuleVersions(database.engine), StaffVersions(database.engine)
        await keep(rules, FIRST, 0)
        anna = "{id: anna, name: Anna, roles: [viewer]}"
        await people.append({"agents.yaml": f"agents: [{anna}]"}, parent=0, author="a", at_ms=1, message="")
        both = {"agents.yaml": f"agents: [{anna}, {anna.replace('anna', 'bela')}]"}
        version = await people.append(both, parent=1, author="a", at_ms=2, message="")
        assert (version.number, version.changed) == (2, ("+bela",))
        assert (await rules.newest(), await people.files(2)) == (await rules.newest(), both)
        assert len(await rules.latest(9)) == 1

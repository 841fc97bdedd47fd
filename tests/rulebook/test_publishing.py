"""Which rules are in force: published, refused, read from the disk, and kept as versions when the database is there."""

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.desktop.desk import DeskUnavailableError, RulesConflictError, RulesDraft, RulesRefusedError
from callcenter.rulebook import publishing
from callcenter.rulebook.keeping import AT_RELOAD, AT_START, FILE_AUTHOR
from callcenter.rulebook.publishing import Publishing
from callcenter.settings import Loaded, SettingsError, load
from callcenter.stores.rule_versions import RuleVersions
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import no_database

NOW_MS = 1_763_000_000_000
ROUTING = """\
version: 1
tiers: [gold, standard]
default_tier: standard
default_queue: general
dispositions: [resolved]
not_ready_reasons: [break]
queues:
  general: {offer_timeout_s: 5, wrap_up_s: 0, service_level_s: 20}
rules: []
"""
OTHER = ROUTING.replace("offer_timeout_s: 5", "offer_timeout_s: 7")
AGENTS = "agents: [{id: anna, name: Anna, device: PJSIP/1001, skills: {}, queues: [general]}]\n"


@dataclass
class Center:
    """The files of a daemon, and what it was made to take."""

    folder: Path
    engine: AsyncEngine
    taken: list[tuple[Loaded, bool]] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "callcenter.yaml"

    @property
    def routing(self) -> Path:
        return self.folder / "rules" / "routing.yaml"

    def write(self, routing: str = ROUTING) -> None:
        self.routing.parent.mkdir(exist_ok=True)
        self.config.write_text("pbx: {secret: x}\nrouting: rules\n")
        (self.folder / "agents.yaml").write_text(AGENTS)
        self.routing.write_text(routing)

    def daemon(self) -> Publishing:
        async def take(loaded: Loaded, reroute: bool) -> None:
            self.taken.append((loaded, reroute))

        return Publishing(self.config, load(self.config), self.engine, take, lambda: NOW_MS)

    async def begun(self) -> Publishing:
        daemon = self.daemon()
        await daemon.begin()
        await daemon.settle()
        return daemon

    @property
    def versions(self) -> list[int]:
        """The version of each configuration that was put in force."""
        return [loaded.configuration.version for loaded, _ in self.taken]

    @property
    def timeout_ms(self) -> int:
        """What the rules in force say."""
        return self.taken[-1][0].configuration.queues[0].offer_timeout_ms


@contextlib.asynccontextmanager
async def center_at(tmp_path: Path, database_url: str) -> AsyncIterator[Center]:
    async with migrated(database_url) as database:
        center = Center(tmp_path, database.engine)
        center.write()
        yield center


def draft(routing: str = OTHER, based_on: int = 1, *, reroute: bool = False, cases: str | None = None) -> RulesDraft:
    files = {"routing.yaml": routing} | ({} if cases is None else {"cases.yaml": cases})
    return RulesDraft(files, "jane", "Ring longer", based_on, reroute)


async def history(center: Center) -> list[tuple[int, str, str]]:
    found = await RuleVersions(center.engine).latest(100)
    return [(version.number, version.author, version.message) for version in found]


# ---- publishing


@run_async
async def test_published_rules_are_kept_and_taken_in_one_event(tmp_path: Path, database_url: str) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        version = await daemon.publish(draft())
        assert (version.number, version.author, version.message, version.at_ms) == (2, "jane", "Ring longer", NOW_MS)
        assert version.changed == ("~routing.yaml",)
        assert daemon.in_force == version
        assert center.versions == [1, 2]
        assert center.timeout_ms == 7_000
        assert [reroute for _, reroute in center.taken] == [False, False]
        assert await daemon.versions(1) == (version,)
        assert center.routing.read_text() == ROUTING, "the folder is the admin's"
        await daemon.publish(draft(ROUTING, 2, reroute=True))
        assert center.taken[-1][1]


@run_async
async def test_rules_with_mistakes_change_nothing_and_name_the_files_as_they_were_sent(
    tmp_path: Path, database_url: str
) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        bad = ROUTING.replace("default_queue: general", "default_queue: nowhere\ncolour: green")
        with pytest.raises(RulesRefusedError) as caught:
            await daemon.publish(draft(bad))
        assert len(caught.value.mistakes) >= 2
        assert all(line.startswith("routing.yaml:") for line in caught.value.mistakes), caught.value.mistakes
        assert not any("callcenter-rules-" in line for line in caught.value.mistakes)
        assert daemon.in_force.number == 1
        assert center.versions == [1]
        assert len(await history(center)) == 1


@run_async
async def test_a_case_that_fails_refuses_the_rules(tmp_path: Path, database_url: str) -> None:
    cases = "cases:\n  - {name: VIPs first, facts: {dialled: '8001'}, expect: {queue: general, priority: 90}}\n"
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        with pytest.raises(RulesRefusedError) as caught:
            await daemon.publish(draft(cases=cases))
        (told,) = caught.value.mistakes
        assert "VIPs first" in told
        assert "callcenter-rules-" not in told
        (center.routing.parent / "cases.yaml").write_text(cases)
        center.routing.write_text(OTHER)
        with pytest.raises(RulesRefusedError, match="VIPs first"):
            await daemon.reload()
        assert len(await history(center)) == len(center.taken) == 1


@run_async
async def test_who_builds_on_an_older_version_is_told_of_the_newer_ones(tmp_path: Path, database_url: str) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        await daemon.publish(draft())
        await daemon.publish(draft(ROUTING, 2))
        for based_on, newer in ((1, [3, 2]), (0, [3, 2, 1]), (7, [])):
            with pytest.raises(RulesConflictError) as caught:
                await daemon.publish(draft("not even looked at", based_on))
            assert [version.number for version in caught.value.newer] == newer
        assert len(await history(center)) == 3


@run_async
async def test_of_two_admins_at_once_one_wins_in_one_daemon_and_in_two(tmp_path: Path, database_url: str) -> None:
    async with center_at(tmp_path, database_url) as center:
        one = await center.begun()
        other = await center.begun()
        for base, pair in ((1, (one, one)), (2, (one, other))):
            results = await asyncio.gather(
                *(daemon.publish(draft(f"{OTHER}# {base} {n}\n", base)) for n, daemon in enumerate(pair)),
                return_exceptions=True,
            )
            refused = [result for result in results if isinstance(result, RulesConflictError)]
            assert len(refused) == 1, results
            assert [version.number for version in refused[0].newer] == [base + 1]
        assert [number for number, _, _ in await history(center)] == [3, 2, 1]
        assert sorted(center.versions) == [1, 1, 2, 3]


@run_async
async def test_the_same_files_again_are_the_same_version(tmp_path: Path, database_url: str) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        first = await daemon.publish(draft())
        again = await daemon.publish(draft(OTHER, 2, reroute=True))
        assert again == first
        assert center.taken[-1][1], "to route those who wait anew is asked for, whatever has changed"
        assert len(await history(center)) == 2


# ---- the folder


@run_async
async def test_start_and_reload_keep_a_version_only_where_the_files_differ(tmp_path: Path, database_url: str) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        await daemon.reload()
        assert daemon.in_force.number == 1
        center.write(OTHER)
        (center.routing.parent / "traffic.yaml").write_text("# for simulate\n")
        await daemon.reload()
        assert daemon.in_force.changed == ("~routing.yaml", "+traffic.yaml")
        assert (await center.begun()).in_force.number == 2
        assert await history(center) == [(2, FILE_AUTHOR, AT_RELOAD), (1, FILE_AUTHOR, AT_START)]
        assert center.versions == [1, 1, 2, 2]


@run_async
async def test_a_start_that_takes_other_rules_than_were_published_says_so(
    tmp_path: Path, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with center_at(tmp_path, database_url) as center:
        await (await center.begun()).publish(draft())
        center.write(ROUTING.replace("offer_timeout_s: 5", "offer_timeout_s: 9"))
        with caplog.at_level(logging.WARNING):
            restarted = await center.begun()
        assert "not those of version 2 by jane (Ring longer)" in caplog.text
        assert restarted.in_force.number == 3
        assert center.timeout_ms == 9_000


@run_async
async def test_a_reload_with_mistakes_changes_nothing(tmp_path: Path, database_url: str) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        center.write(ROUTING.replace("default_queue: general", "default_queue: nowhere"))
        with pytest.raises(SettingsError, match="nowhere"):
            await daemon.reload()
        assert center.versions == [1]
        assert daemon.in_force.number == 1


@run_async
async def test_what_changes_while_it_is_read_is_read_again(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        reads = 0

        def load_and_edit(path: Path) -> Loaded:
            nonlocal reads
            reads += 1
            loaded = load(path)
            if reads <= edits:
                center.routing.write_text(f"{OTHER}# {reads}\n")
            return loaded

        monkeypatch.setattr(publishing, "load", load_and_edit)
        edits = 2
        await daemon.reload()
        assert reads == 3
        assert (await RuleVersions(center.engine).files(2)) == {"routing.yaml": f"{OTHER}# 2\n"}
        assert center.timeout_ms == 7_000
        reads, edits = 0, 100
        with pytest.raises(RulesRefusedError, match="changes while it is read"):
            await daemon.reload()


# ---- without a database, or with files that cannot be kept


@run_async
async def test_without_a_database_rules_are_read_and_not_published_and_kept_when_it_is_back(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, bring_back):
        center = Center(tmp_path, engine)
        center.write()
        daemon = await center.begun()
        assert (daemon.in_force.number, center.taken) == (0, [])
        with pytest.raises(DeskUnavailableError, match="the rules in force stay"):
            await daemon.publish(draft(based_on=0))
        with pytest.raises(DeskUnavailableError):
            await daemon.versions(1)
        center.write(OTHER)
        await daemon.reload()
        assert (center.versions, center.timeout_ms) == ([0], 7_000)
        await bring_back()
        await daemon.settle()
        assert daemon.in_force.number == 1
        assert center.versions == [0, 1]
        assert await history(center) == [(1, FILE_AUTHOR, AT_RELOAD)]
        await daemon.settle()
        assert center.versions == [0, 1]
        assert (await daemon.publish(draft(ROUTING))).number == 2


@run_async
async def test_a_publisher_who_comes_before_the_start_was_kept_builds_on_it(tmp_path: Path, database_url: str) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = center.daemon()
        await daemon.begin()
        with pytest.raises(RulesConflictError):
            await daemon.publish(draft(based_on=0))
        assert (daemon.in_force.number, center.versions) == (1, [1])
        assert (await daemon.publish(draft())).number == 2


@run_async
async def test_files_that_cannot_be_kept_count_without_a_number(
    tmp_path: Path, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        shutil.move(center.routing, center.routing.with_name("Routing.yaml"))
        with caplog.at_level(logging.WARNING):
            await daemon.reload()
        assert "'Routing.yaml'" in caplog.text
        assert (daemon.in_force.number, center.versions) == (0, [1, 0])
        assert (await daemon.publish(draft())).number == 2


@run_async
async def test_a_start_undoes_no_rollback_where_the_files_on_disk_are_only_older(
    tmp_path: Path, database_url: str
) -> None:
    async with center_at(tmp_path, database_url) as center:
        daemon = await center.begun()
        await daemon.publish(draft(OTHER, 1))
        assert center.timeout_ms == 7_000
        again = await center.begun()  # the files on disk are those of version 1
        assert (again.in_force.number, center.timeout_ms) == (2, 7_000)
        center.write(ROUTING.replace("offer_timeout_s: 5", "offer_timeout_s: 9"))
        edited = await center.begun()
        assert (edited.in_force.number, edited.in_force.author, center.timeout_ms) == (3, FILE_AUTHOR, 9_000)
        center.write()
        await again.reload()
        assert (again.in_force.number, center.timeout_ms) == (4, 5_000)


@run_async
async def test_opening_hours_are_worked_out_anew_and_nothing_else_changes(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 days later they reach 300 days further; what is on the disk meanwhile does not count."""
    days_ns = 300 * 86_400 * 10**9
    async with center_at(tmp_path, database_url) as center:
        center.write(ROUTING.replace("version: 1", "version: 2\nhours: {office: {week: {mon-sun: 24h}}}"))
        daemon = await center.begun()
        before = center.taken[-1][0].configuration
        later_ns = time.time_ns() + days_ns
        monkeypatch.setattr("callcenter.admin.load.time.time_ns", lambda: later_ns)
        center.write(OTHER)
        await daemon.expand_hours()
        after, reroute = center.taken[-1][0].configuration, center.taken[-1][1]
        assert after.hours[0].open[-1][1] - before.hours[0].open[-1][1] >= 299 * 86_400_000
        assert replace(after, hours=before.hours, zone=before.zone) == before
        assert reroute is False

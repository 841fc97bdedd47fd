"""Who works here is changed while the daemon runs: entry by entry, by tables, back to older versions."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from callcenter.admin import staff
from callcenter.admin.lists import DISPOSITIONS, REASONS, SKILLS
from callcenter.admin.staff import HASH, Edits, NoSuchPersonError
from callcenter.admin.staff_csv import CellMistake
from callcenter.desktop.desk import DeskUnavailableError, RulesConflictError, RulesRefusedError
from callcenter.desktop.staff import Change, NoSuchVersionError, StaffConflictError, StaffMistake, StaffRefusedError
from callcenter.rulebook.publishing import Publishing
from callcenter.rulebook.staffing import Staffing
from callcenter.types import AgentId, SkillName
from tests.helpers import run_async
from tests.rulebook.test_publishing import ROUTING, Center, center_at, draft
from tests.stores.logs import no_database

A_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("a password")
AGENTS = f"""\
# The seed.
agents:
  - {{id: anna, name: Anna, device: PJSIP/1001, skills: {{sales: 5}}, queues: [general]}}
  - {{id: boss, name: Boss, roles: [admin], password_hash: {A_HASH!r}}}
"""
ZOE = {"name": "Zoe", "device": "PJSIP/1003", "queues": ["general"]}
RULES = ROUTING.replace("version: 1", "version: 2\nskills: [sales, german, dutch]")


class StaffedCenter(Center):
    def write(self, routing: str = RULES) -> None:
        super().write(routing)
        (self.folder / "agents.yaml").write_text(AGENTS)
        (self.folder / "data").mkdir(exist_ok=True)

    @property
    def agents(self) -> dict[str, dict[str, int]]:
        """Who takes contacts by the configuration that was taken last, with their skills."""
        agents = self.taken[-1][0].configuration.agents
        return {agent.id: {skill.name: skill.level for skill in agent.skills} for agent in agents}


@contextlib.asynccontextmanager
async def staffed(tmp_path: Path, database_url: str) -> AsyncIterator[tuple[StaffedCenter, Publishing, Staffing]]:
    async with center_at(tmp_path, database_url) as made:
        center = StaffedCenter(tmp_path, made.engine)
        center.write()
        publishing = await center.begun()
        yield center, publishing, Staffing(publishing)


def by(author: str = "boss", based_on: int | None = None) -> Change:
    return Change(author, f"of {author}", based_on)


# ---- entries


@run_async
async def test_a_change_is_kept_and_counts_at_once(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (center, publishing, people):
        outcome = await people.change(
            Edits(put={"zoe": ZOE}, patch={"anna": {"skills": {"german": 3}}}),
            by(based_on=1),
            {"zoe": "a fine password"},
        )
        assert (outcome.version.number, outcome.version.author, outcome.version.message) == (2, "boss", "of boss")
        assert outcome.version.changed == ("~anna", "+zoe")
        assert [it.id for it in outcome.differences] == ["anna", "zoe"]
        assert center.agents == {"anna": {"german": 3}, "zoe": {}}
        login = center.taken[-1][0].logins[AgentId("zoe")]
        assert PasswordHasher().verify(login.password_hash, "a fine password")
        assert people.in_force == outcome.version
        assert await people.versions(1) == (outcome.version,)
        assert publishing.in_force.number == center.versions[-1] == 1, "the rules have versions of their own"
        assert (center.folder / "agents.yaml").read_text() == AGENTS, "the file is the admin's"
        assert await people.compare(1, 2) == outcome.differences
        assert [it.kind for it in await people.compare(0, 1)] == ["added", "added"]
        with pytest.raises(NoSuchVersionError):
            await people.compare(1, 7)


@run_async
async def test_whatever_is_wrong_is_told_and_nothing_changes(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (center, _, people):
        wrong = {"name": "", "device": "PJSIP/1001", "queues": {"nowhere": 1}, "skills": {"latin": 11}}
        with pytest.raises(StaffRefusedError) as caught:
            await people.change(Edits(put={"zoe": wrong}), by())
        told = {(it.id, it.key, it.what.split(":")[0]) for it in caught.value.mistakes}
        assert {key for _, key, _ in told} == {"name", "device", "queues", "skills"}
        assert {id for id, _, _ in told} == {"zoe"}
        with pytest.raises(NoSuchPersonError):
            await people.change(Edits(remove=("nobody",)), by())
        assert (people.in_force.number, len(center.taken)) == (1, 1)


@run_async
async def test_a_mistake_in_the_rules_is_told_by_its_place(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (_, publishing, people):
        ranked = RULES.replace("service_level_s: 20", "service_level_s: 20, strategy: ranked, ranked: [anna]")
        await publishing.publish(draft(ranked))
        with pytest.raises(StaffRefusedError) as caught:
            await people.change(Edits(remove=("anna",)), by())
        (mistake,) = caught.value.mistakes
        assert (mistake.id, mistake.where.partition(":")[0]) == (None, "routing.yaml")
        assert "there is no agent `anna` in agents.yaml" in mistake.what


@run_async
async def test_no_change_is_no_version(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (_, __, people):
        outcome = await people.change(Edits(patch={"anna": {"skills": {"sales": 5}}}), by())
        assert (outcome.version.number, outcome.differences) == (1, ())


@run_async
async def test_two_who_change_different_people_do_not_meet_and_of_the_same_the_second_is_told(
    tmp_path: Path, database_url: str
) -> None:
    async with staffed(tmp_path, database_url) as (center, _, people):
        await people.change(Edits(put={"zoe": ZOE}), by("jane", 1))
        await people.change(Edits(patch={"anna": {"skills": {"dutch": 1}}}), by("omar", 1))
        assert center.agents == {"anna": {"dutch": 1}, "zoe": {}}
        for late in (
            Edits(put={"zoe": {**ZOE, "name": "Zoé"}}),
            Edits(patch={"anna": {"name": "A"}}),
            Edits(remove=("anna",)),
        ):
            with pytest.raises(StaffConflictError) as caught:
                await people.change(late, by("late", 1))
            assert caught.value.ids == late.touched
            assert [it.author for it in caught.value.newer] == ["omar", "jane"]
        with pytest.raises(StaffConflictError):
            await people.change(Edits(patch={"anna": {"name": "A"}}), by(based_on=9))
        assert people.in_force.number == 3


@run_async
async def test_of_two_at_once_both_are_kept_or_one_is_told(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (center, _, people):
        results = await asyncio.gather(
            *(people.change(Edits(patch={"anna": {"skills": {"sales": level}}}), by(based_on=1)) for level in (6, 7)),
            return_exceptions=True,
        )
        assert sorted(type(it).__name__ for it in results) == ["Outcome", "StaffConflictError"]
        other = Staffing(await center.begun())  # another daemon on the same database
        results = await asyncio.gather(
            *(
                it.change(Edits(put={f"z{n}": {**ZOE, "device": f"PJSIP/{n}"}}), by())
                for n, it in enumerate((people, other))
            ),
            return_exceptions=True,
        )
        assert all(type(it).__name__ in ("Outcome", "StaffConflictError") for it in results), results


@run_async
async def test_an_older_version_comes_back_with_the_passwords_of_today(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (center, _, people):
        await people.change(Edits(patch={"anna": {"skills": {"dutch": 1}}}), by(), {"boss": "a new password"})
        with pytest.raises(StaffConflictError):
            await people.roll_back(1, by(based_on=1))
        outcome = await people.roll_back(1, by(based_on=2))
        assert (outcome.version.number, center.agents) == (3, {"anna": {"sales": 5}})
        boss = center.taken[-1][0].logins[AgentId("boss")]
        assert PasswordHasher().verify(boss.password_hash, "a new password")
        for number in (0, 9):
            with pytest.raises(NoSuchVersionError):
                await people.roll_back(number, by())


@run_async
async def test_nobody_can_shut_everybody_out(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (_, __, people):
        for wrong in ({"roles": ["viewer"]}, {HASH: None}):
            with pytest.raises(StaffRefusedError, match="nobody with the role `admin`"):
                await people.change(Edits(patch={"boss": wrong}), by())
        await people.change(Edits(patch={"anna": {"roles": ["agent", "admin"]}}), by(), {"anna": "a fine password"})
        await people.change(Edits(remove=("boss",)), by())


@run_async
async def test_the_cases_of_the_rules_are_tried_with_other_people_and_not_for_a_password(
    tmp_path: Path, database_url: str
) -> None:
    async with staffed(tmp_path, database_url) as (center, _, __):
        case = "{name: first, facts: {dialled: '8001'}, expect: {queue: general, priority: 90}}"
        (center.routing.parent / "cases.yaml").write_text(f"cases: [{case}]\n")  # fails, which a start does not ask
        center.routing.write_text(RULES + "# begun anew\n")
        people = Staffing(await center.begun())
        await people.change(Edits(), by(), {"anna": "a fine password"})
        with pytest.raises(StaffRefusedError, match="first"):
            await people.change(Edits(patch={"anna": {"skills": {"dutch": 1}}}), by())


# ---- which of the two counts, the file or what was published


@run_async
async def test_what_was_published_outlives_restarts_and_reloads_until_the_file_is_edited(
    tmp_path: Path, database_url: str
) -> None:
    async with staffed(tmp_path, database_url) as (center, publishing, people):
        await people.change(Edits(put={"zoe": ZOE}), by())
        await publishing.reload()
        assert (people.in_force.number, list(center.agents)) == (2, ["anna", "zoe"])
        daemon = center.daemon()
        assert [it.id for it in (await daemon.begin()).configuration.agents] == ["anna", "zoe"]
        await daemon.settle()
        assert daemon.staff.in_force.number == 2
        (tmp_path / "agents.yaml").write_text(AGENTS.replace("Anna", "Anna Berg"))
        await daemon.reload()
        assert (daemon.staff.in_force.author, daemon.staff.in_force.number) == ("(file)", 3)
        assert list(center.agents) == ["anna"]
        assert daemon.staff.in_force.changed == ("~anna", "-zoe")
        await daemon.reload()
        assert daemon.staff.in_force.number == 3


@run_async
async def test_an_edit_that_nobody_has_read_yet_is_not_forgotten_over_what_is_published_meanwhile(
    tmp_path: Path, database_url: str
) -> None:
    async with staffed(tmp_path, database_url) as (center, publishing, people):
        (tmp_path / "agents.yaml").write_text(AGENTS.replace("Anna", "Anna Berg"))
        await people.change(Edits(put={"zoe": ZOE}), by())
        assert list(center.agents) == ["anna", "zoe"]
        await publishing.reload()
        assert (people.in_force.author, list(center.agents)) == ("(file)", ["anna"])


@run_async
async def test_a_start_without_the_copy_takes_the_newest_of_the_database_before_it_serves(
    tmp_path: Path, database_url: str
) -> None:
    """As the second of two daemons does that takes over: its own file is the seed."""
    async with staffed(tmp_path, database_url) as (center, _, people):
        await people.change(Edits(put={"zoe": ZOE}), by())
        (tmp_path / "data" / "staff-in-force.yaml").unlink()
        taken = len(center.taken)
        daemon = center.daemon()
        assert [it.id for it in (await daemon.begin()).configuration.agents] == ["anna", "zoe"]
        assert (daemon.staff.in_force.number, len(center.taken)) == (2, taken)
        await daemon.settle()
        assert daemon.staff.in_force.number == 2
        assert (tmp_path / "data" / "staff-in-force.yaml").exists()


@run_async
async def test_a_file_that_is_out_of_date_keeps_no_rules_and_no_daemon_back(tmp_path: Path, database_url: str) -> None:
    """The seed names a queue that is no more, and nobody looks at the seed any more."""
    async with staffed(tmp_path, database_url) as (center, publishing, people):
        moved = RULES.replace("general: {", "sales: {").replace("default_queue: general", "default_queue: sales")
        both = moved.replace("queues:\n", "queues:\n  general: {offer_timeout_s: 5}\n")
        await publishing.publish(draft(both))
        await people.change(Edits(patch={"anna": {"queues": ["sales"]}}), by())
        await publishing.publish(draft(moved, 2))
        center.routing.write_text(moved)
        await publishing.reload()
        daemon = center.daemon()
        await daemon.begin()
        assert list(center.agents) == ["anna"]


@run_async
async def test_without_a_database_nothing_is_changed_and_a_start_knows_who_works_here(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, bring_back):
        center = StaffedCenter(tmp_path, engine)
        center.write()
        people = Staffing(await center.begun())
        with pytest.raises(DeskUnavailableError, match="the staff in force stay"):
            await people.change(Edits(put={"zoe": ZOE}), by())
        with pytest.raises(DeskUnavailableError):
            await people.versions(1)
        await bring_back()
        await people.change(Edits(put={"zoe": ZOE}), by())
    async with no_database(tmp_path / "away") as (engine, _):
        center = StaffedCenter(tmp_path, engine)
        again = center.daemon()
        assert [it.id for it in (await again.begin()).configuration.agents] == ["anna", "zoe"]


# ---- tables

TABLE = "id,name,device,skills,queues,password\nzoe,Zoe,PJSIP/3,german:3,general,a fine password\n"


@run_async
async def test_a_table_is_tried_and_taken(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (center, _, people):
        tried = await people.import_table(TABLE.encode(), None, prune=False)
        assert [(it.id, it.what) for it in tried.plan.rows] == [("zoe", "added")]
        assert (tried.mistakes, tried.outcome, tried.based_on, people.in_force.number) == ((), None, 1, 1)
        done = await people.import_table(TABLE.encode(), by(), prune=False)
        assert done.outcome is not None
        assert (done.outcome.version.number, center.agents["zoe"]) == (2, {"german": 3})
        assert PasswordHasher().verify(center.taken[-1][0].logins[AgentId("zoe")].password_hash, "a fine password")


@run_async
async def test_mistakes_of_a_table_have_rows_and_columns_and_nothing_is_taken(
    tmp_path: Path, database_url: str
) -> None:
    async with staffed(tmp_path, database_url) as (center, _, people):
        table = "id,name,device,skills,queues\nanna,Anna,PJSIP/1001,sales:x,general\nzoe,,1003,latin:3,nowhere\n"
        for change in (None, by()):
            found = (await people.import_table(table.encode(), change, prune=False)).mistakes
            assert {(it.row, it.column) for it in found} == {
                (2, "skills"),
                (3, "name"),
                (3, "device"),
                (3, "skills"),
                (3, "queues"),
            }
            assert all(it.remedy for it in found)
        pruned = await people.import_table(b"id\nanna\n", None, prune=True)
        assert pruned.mistakes == (
            CellMistake(
                0,
                "",
                "nobody with the role `admin` and a password would be left",
                "Give somebody else both first, for all queues",
            ),
        )
        assert len(center.taken) == 1


@run_async
async def test_a_table_that_was_tried_conflicts_with_what_came_between(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (_, __, people):
        table = b"id,skills\nanna,sales:9\n"
        tried = await people.import_table(table, None, prune=False)
        await people.change(Edits(patch={"anna": {"skills": {"dutch": 9}}}), by("jane"))
        with pytest.raises(StaffConflictError) as caught:
            await people.import_table(table, by(based_on=tried.based_on), prune=False)
        assert (caught.value.ids, caught.value.newer[0].author) == (("anna",), "jane")


# ---- the lists of the rules


@run_async
async def test_lists_are_changed_in_the_rules_by_a_version_of_them(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (center, publishing, people):
        assert people.plain_list(DISPOSITIONS).values == ("resolved",)
        version = await people.set_list(DISPOSITIONS, ["resolved", "sold"], by(based_on=1))
        assert (version.number, version.author, version.changed) == (2, "boss", ("~routing.yaml",))
        assert publishing.in_force == version
        assert people.plain_list(DISPOSITIONS).values == ("resolved", "sold")
        assert (await people.set_list(REASONS, ["lunch"], by())).number == 3
        assert center.taken[-1][0].not_ready_reasons == ("lunch",)
        with pytest.raises(RulesConflictError):
            await people.set_list(REASONS, ["tea"], by(based_on=2))
        with pytest.raises(RulesRefusedError, match="two words"):
            await people.set_list(REASONS, ["two words"], by())


@run_async
async def test_a_skill_in_use_is_not_removed_and_it_is_told_where(tmp_path: Path, database_url: str) -> None:
    async with staffed(tmp_path, database_url) as (_, publishing, people):
        asked = RULES.replace("rules: []", "rules:\n  - {name: Berlin, route: {queue: general, skills: {german: 3}}}")
        await publishing.publish(draft(asked))
        found = people.plain_list(SKILLS)
        assert found.values == ("sales", "german", "dutch")
        assert found.used_by["sales"] == [{"kind": "agent", "name": "anna", "how": "level 5"}]
        with pytest.raises(StaffRefusedError) as caught:
            await people.set_list(SKILLS, ["latin"], by())
        assert caught.value.mistakes == (
            StaffMistake("`sales` is in use: agent anna (level 5)", "Take it from them first, then remove it"),
            StaffMistake(
                "`german` is in use: rule Berlin (asks for level 3)", "Take it from them first, then remove it"
            ),
        )
        await people.set_list(SKILLS, ["sales", "german", "latin"], by())
        await people.change(Edits(patch={"anna": {"skills": {"latin": 1}}}), by())
        assert SkillName("latin") in [it.name for it in publishing.loaded.configuration.agents[0].skills]


def test_the_people_of_a_version_are_kept_in_one_form() -> None:
    text = staff.text_of(staff.entries_of(staff.parsed({staff.FILE: AGENTS})).values())
    assert staff.text_of(staff.entries_of(staff.parsed({staff.FILE: text})).values()) == text

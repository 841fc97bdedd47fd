"""What an admin at a terminal is told. The daemon here is a desk of the tests; test_daemon_rules.py has a real one."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner, Result

from callcenter import daemon_client
from callcenter.admin.versions import RuleVersion
from callcenter.desktop.desk import DeskUnavailableError, RulesRefusedError
from callcenter.rulebook.keeping import FILE_AUTHOR
from callcenter.rulebook.publish_cli import diff, log, publish, rollback
from callcenter.stores.rule_versions import RuleVersions
from tests.database_fixtures import migrated
from tests.desktop.fake_desk import PASSWORD, FakeDesk
from tests.desktop.serving import serving
from tests.helpers import run_async
from tests.rulebook.test_publishing import AGENTS, OTHER, ROUTING


@dataclass
class Admin:
    """Who works in `folder`, where the settings name the rules in `rules/`."""

    folder: Path
    port: int = 1
    password: str | None = PASSWORD
    database: str = "sqlite:///callcenter.sqlite3"

    @property
    def rules(self) -> Path:
        return self.folder / "rules"

    def write(self, routing: str = ROUTING, folder: str = "rules") -> Path:
        (self.folder / folder).mkdir(exist_ok=True)
        (self.folder / folder / "routing.yaml").write_text(routing)
        (self.folder / "agents.yaml").write_text(AGENTS)
        settings = {"routing": "rules", "http": {"port": self.port}, "database": {"url": self.database}}
        (self.folder / "callcenter.yaml").write_text(json.dumps(settings))
        return self.folder / folder

    async def runs(self, command: Command, *arguments: object, stdin: str | None = None) -> Result:
        config = ["--config", str(self.folder / "callcenter.yaml")]
        texts = [str(argument) for argument in arguments]
        environment = {"CALLCENTER_PASSWORD": self.password}
        return await asyncio.to_thread(CliRunner().invoke, command, [*texts, *config], input=stdin, env=environment)

    async def publishes(self, *arguments: object, stdin: str | None = None) -> Result:
        return await self.runs(publish, *arguments, "-m", "VIP line", "--as", "susan", stdin=stdin)


@asynccontextmanager
async def admin_of(desk: FakeDesk, tmp_path: Path) -> AsyncIterator[Admin]:
    async with serving(desk) as server:
        admin = Admin(tmp_path, server.port)
        admin.write()
        yield admin


def by_others(desk: FakeDesk, author: str, message: str) -> None:
    parent = desk.rules.in_force.number
    desk.rules.kept.append(RuleVersion(parent + 1, author, 1_763_000_000_000, message, parent, ("~routing.yaml",)))


# ---- publish


@run_async
async def test_publishing_tells_the_number_and_leaves_a_mark_in_the_folder(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with admin_of(desk, tmp_path) as admin:
        result = await admin.publishes("--reroute-waiting", "--author", "Jane Doe")
    assert result.exit_code == 0, result.output
    assert result.stdout == "Version 2 is in force. Contacts that wait were routed anew.\n"
    assert result.stderr == ""
    (draft,) = desk.rules.drafts
    assert draft.files == {"routing.yaml": ROUTING}
    assert (draft.author, draft.message, draft.based_on) == ("Jane Doe (as susan)", "VIP line", 1)
    assert draft.reroute_waiting
    assert (admin.rules / ".published").read_text() == "2\n"
    assert desk.events == [], "no agent was signed in or out"


@run_async
async def test_another_folder_is_published_and_the_daemons_own_is_told_to_differ(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with admin_of(desk, tmp_path) as admin:
        result = await admin.publishes(admin.write(OTHER, "mine"))
        single = await admin.publishes(tmp_path / "mine" / "routing.yaml")
    assert result.exit_code == single.exit_code == 0, result.output + single.output
    assert [draft.files for draft in desk.rules.drafts] == [{"routing.yaml": OTHER}] * 2
    assert f"Note: {admin.rules} was not touched and holds other rules" in result.stderr
    assert (tmp_path / "mine" / ".published").read_text() == "2\n"
    assert (tmp_path / "mine" / ".routing.yaml.published").read_text() == "3\n"


@run_async
async def test_mistakes_are_found_before_anybody_is_asked(tmp_path: Path) -> None:
    admin = Admin(tmp_path)
    admin.write(ROUTING.replace("default_queue: general", "default_queue: nowhere"))
    result = await admin.publishes()
    assert result.exit_code == 1
    assert f"{admin.rules}/routing.yaml:4" in result.stderr
    assert "nowhere" in result.stderr


@run_async
async def test_what_others_have_published_since_is_told_and_nothing_is_overwritten(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with admin_of(desk, tmp_path) as admin:
        (admin.rules / ".published").write_text("1\n")
        by_others(desk, "omar", "Christmas hours")
        result = await admin.publishes()
        assert result.exit_code == 1
        assert "Not published. Yours was made from version 1" in result.stderr
        assert "   2  2025-11-13 02:13:20  omar: Christmas hours\n" in result.stderr
        assert "rules diff 1 2" in result.stderr
        assert (admin.rules / ".published").read_text() == "1\n"
        result = await admin.publishes("--expect", "2")
        assert result.exit_code == 0, result.output
        assert (admin.rules / ".published").read_text() == "3\n"


@run_async
async def test_what_the_daemon_read_from_this_very_folder_is_no_news_to_it(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with admin_of(desk, tmp_path) as admin:
        by_others(desk, FILE_AUTHOR, "reload")
        for folder, code in ((admin.rules, 0), (admin.write(ROUTING, "mine"), 1)):
            (folder / ".published").write_text("1\n")
            assert (await admin.publishes(folder)).exit_code == code
        by_others(desk, "omar", "Christmas hours")
        by_others(desk, FILE_AUTHOR, "read at start")
        result = await admin.publishes()
    assert result.exit_code == 1
    assert "omar: Christmas hours" in result.stderr


@run_async
async def test_a_mark_that_says_nothing_counts_for_none_and_one_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with admin_of(desk, tmp_path) as admin:
        mark = admin.rules / ".published"
        mark.write_text("what?")
        assert (await admin.publishes()).exit_code == 0
        mark.unlink()
        mark.mkdir()
        result = await admin.publishes()
    assert result.exit_code == 0
    assert f"Note: {mark} cannot be written" in result.stderr


@run_async
async def test_each_refusal_of_the_daemon_is_told(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with admin_of(desk, tmp_path) as admin:
        desk.rules.refuse = RulesRefusedError(["routing.yaml:3:1: is wrong", "case VIP: expected sales"])
        result = await admin.publishes()
        assert result.exit_code == 1
        assert "Not published, the rules in force stay:\n  routing.yaml:3:1: is wrong\n  case VIP:" in result.stderr
        desk.rules.refuse = DeskUnavailableError("the database cannot be used: it is away")
        assert "the database cannot be used: it is away" in (await admin.publishes()).stderr
        desk.rules.refuse = ValueError("a bug")
        assert "That failed on our side" in (await admin.publishes()).stderr
        admin.password = "wrong"
        assert "Agent or password is wrong" in (await admin.publishes()).stderr
        agent = await admin.runs(publish, "-m", "x", "--as", "anna")
    assert not (admin.rules / ".published").exists()
    assert agent.exit_code == 1


@run_async
async def test_only_supervisors_publish(tmp_path: Path) -> None:
    async with admin_of(FakeDesk(), tmp_path) as admin:
        result = await admin.runs(publish, "-m", "x", "--as", "anna")
    assert result.exit_code == 1
    assert "Anna Lindqvist may not do that: it needs the permission see_rules" in result.stderr


@run_async
async def test_the_password_may_come_on_standard_input(tmp_path: Path) -> None:
    async with admin_of(FakeDesk(), tmp_path) as admin:
        admin.password = None
        assert (await admin.publishes(stdin=f"{PASSWORD}\n")).exit_code == 0
        assert "password is wrong" in (await admin.publishes(stdin="guess\n")).stderr
        admin.password = "no text: \udcff"
        assert "password is wrong" in (await admin.publishes()).stderr


@run_async
async def test_where_no_daemon_answers_it_is_said_where_it_was_looked_for(tmp_path: Path) -> None:
    admin = Admin(tmp_path)
    admin.write()
    result = await admin.publishes()
    assert "no daemon answers at 127.0.0.1:1 (http.host and http.port in " in result.stderr
    admin.port = 0
    admin.write()
    assert "Set it, so that it is known here" in (await admin.publishes()).stderr


@run_async
async def test_an_answer_of_something_else_than_a_daemon_is_shown(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    admin = Admin(tmp_path, server.sockets[0].getsockname()[1])
    admin.write()
    result = await admin.publishes()
    server.close()
    assert result.exit_code == 1
    assert "the daemon answers with 200 <html>" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "two\nlines"],
        ["-m", " "],
        ["-m", "x" * 501],
        ["-m", "x", "--author", "\x1b[2J"],
        ["-m", "x", "--expect", "-1"],
    ],
)
def test_words_that_no_log_should_show_are_refused_at_once(arguments: list[str]) -> None:
    result = CliRunner().invoke(publish, ["--as", "susan", *arguments])
    assert result.exit_code == 2
    assert "Invalid value" in result.stderr


# ---- log, diff, rollback


async def keep(url: str, *texts: str) -> None:
    async with migrated(url) as database:
        versions = RuleVersions(database.engine)
        for number, text in enumerate(texts):
            await versions.append(
                {"routing.yaml": text},
                parent=number,
                author="jane",
                at_ms=1_763_000_000_000 + number,
                message=f"Version of {number}",
            )


@run_async
async def test_log_lists_the_newest_first(tmp_path: Path, database_url: str) -> None:
    await keep(database_url, ROUTING, OTHER, OTHER)
    admin = Admin(tmp_path, database=database_url)
    admin.write("rules: are broken here")
    result = await admin.runs(log)
    assert result.stdout == (
        "   3  2025-11-13 02:13:20  jane: Version of 2\n"
        "      no file changed\n"
        "   2  2025-11-13 02:13:20  jane: Version of 1\n"
        "      ~routing.yaml\n"
        "   1  2025-11-13 02:13:20  jane: Version of 0\n"
        "      +routing.yaml\n"
    )
    assert (await admin.runs(log, "-n", 1)).stdout.count("jane") == 1


@run_async
async def test_diff_compares_versions_and_the_folder(tmp_path: Path, database_url: str) -> None:
    await keep(database_url, ROUTING, OTHER)
    admin = Admin(tmp_path, database=database_url)
    admin.write()
    changed = (await admin.runs(diff, "1", "2")).stdout.splitlines()
    assert changed[:2] == ["--- version 1: routing.yaml", "+++ version 2: routing.yaml"]
    assert "+  general: {offer_timeout_s: 7, wrap_up_s: 0, service_level_s: 20}" in changed
    assert "--- folder: routing.yaml" in (await admin.runs(diff, "folder", "2")).stdout
    same = await admin.runs(diff, "folder", "1")
    assert (same.exit_code, same.stdout, same.stderr) == (0, "", "No difference.\n")


@pytest.mark.parametrize(("name", "told"), [("9", "there is no version 9"), ("x", "neither"), ("-1", "No such option")])
@run_async
async def test_diff_of_what_is_not_there_is_told(tmp_path: Path, name: str, told: str) -> None:
    url = f"sqlite:///{tmp_path}/kept.sqlite3"
    await keep(url, ROUTING)
    admin = Admin(tmp_path, database=url)
    admin.write()
    result = await admin.runs(diff, name, "folder")
    assert result.exit_code != 0
    assert told in result.stderr


@run_async
async def test_to_look_makes_no_database(tmp_path: Path) -> None:
    admin = Admin(tmp_path, database=f"sqlite:///{tmp_path}/none.sqlite3")
    admin.write()
    for arguments in ((log,), (diff, "1", "2"), (rollback, "1", "-m", "x", "--as", "susan")):
        result = await admin.runs(*arguments)
        assert result.exit_code == 1
        assert "there is no database" in result.stderr
    assert not (tmp_path / "none.sqlite3").exists()


@run_async
async def test_a_database_without_versions_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kept.sqlite3"
    await keep(url)
    admin = Admin(tmp_path, database=url)
    admin.write()
    result = await admin.runs(log)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No version has been kept yet" in result.stderr


@run_async
async def test_rollback_publishes_the_files_of_then_and_leaves_those_on_disk(tmp_path: Path) -> None:
    desk = FakeDesk()
    url = f"sqlite:///{tmp_path}/kept.sqlite3"
    await keep(url, OTHER)
    async with admin_of(desk, tmp_path) as admin:
        admin.database = url
        admin.write()
        by_others(desk, "omar", "Christmas hours")
        result = await admin.runs(rollback, 1, "-m", "Christmas is over", "--as", "susan")
        missing = await admin.runs(rollback, 7, "-m", "x", "--as", "susan")
    assert result.exit_code == 0, result.output
    assert result.stdout == "Version 3 is in force. It has the files of version 1.\n"
    assert "was not touched and holds other rules" in result.stderr
    (draft,) = desk.rules.drafts
    assert (draft.files, draft.based_on, draft.message) == ({"routing.yaml": OTHER}, 2, "Christmas is over")
    assert not draft.reroute_waiting
    assert (admin.rules / "routing.yaml").read_text() == ROUTING
    assert "there is no version 7" in missing.stderr


def test_the_daemon_is_waited_for_longer_than_it_takes() -> None:
    from callcenter.desktop.api.rules import PUBLISH_LIMIT_S

    assert daemon_client.HTTP_TIMEOUT_S > PUBLISH_LIMIT_S

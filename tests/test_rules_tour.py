"""The tour of the rules, docs/rules.md, done as an admin would do it who follows it step by step.

One idea: the page itself is the test. Its blocks are files to write, SQL to run and commands with what they print; each
is done in its turn, in a folder with the project's own sample settings and agents, and what is printed is compared. A
line `...` stands for any lines, and `...` within a line for any text. The last steps publish at a desk that is served
for real, with a database of its own.
"""

import asyncio
import difflib
import re
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from callcenter.admin import model
from callcenter.cli import main
from callcenter.desktop.desk import AgentLogin
from callcenter.routing.language import declared
from callcenter.rulebook.cases import USUAL_TIME
from callcenter.rulebook.publishing import Publishing
from callcenter.settings import Loaded, load
from callcenter.stores.database import Database, default_url
from callcenter.types import AgentId
from tests.database_fixtures import migrated
from tests.desktop.fake_desk import HASH, PASSWORD, FakeDesk
from tests.desktop.serving import serving
from tests.helpers import run_async

ROOT = Path(__file__).parents[1]
TOUR = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
FIRST_MS, STEP_MS = 1_796_115_600_000, 300_000  # 2026-12-01 09:00 UTC, and 5 minutes
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (?P<path>\S+\.yaml) \((?P<how>new|replaced|changed|wrong)\)\n")


@dataclass(frozen=True)
class Block:
    line: int
    language: str
    text: str


def blocks_of(page: str) -> list[Block]:
    return [Block(page.count("\n", 0, it.start()) + 1, it[1], it[2]) for it in FENCE.finditer(page)]


def pattern_of(expected: str) -> str:
    """What the page shows as a pattern of what is printed."""
    lines = expected.splitlines(keepends=True)
    return "".join("(?:.*\n)*?" if line == "...\n" else re.escape(line).replace(r"\.\.\.", ".*") for line in lines)


def sessions(block: Block) -> Iterator[tuple[list[str], str]]:
    """The commands of a block, each with what it should print."""
    assert block.text.startswith("$ "), f"docs/rules.md:{block.line}: begin with a command"
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield shlex.split(command), expected


class Admin:
    """Who follows the tour in `folder`. The desk of the daemon is there from the step on that names the folder."""

    def __init__(self, folder: Path, database: Database, desk: FakeDesk) -> None:
        self.folder = folder
        self.wrong: list[str] = []
        self._database = database
        self._desk = desk
        self._undo: tuple[Path, str | None] | None = None
        self._unchecked: Block | None = None
        self._now_ms = FIRST_MS - STEP_MS

    async def follow(self, block: Block) -> None:
        """Files that follow one another are one step; each step must leave rules without mistake or warning."""
        if block.language != "yaml" or "(wrong)" in block.text:
            await self.finish_step()
        match block.language:
            case "yaml":
                await self._write(block)
            case "sql":
                self.run_sql(block.text)
            case "console":
                for words, expected in sessions(block):
                    printed = await self._run(*words)
                    if not re.fullmatch(pattern_of(expected), printed):
                        self._differs(block, words, expected, printed)
            case other:
                raise AssertionError(f"docs/rules.md:{block.line}: nobody runs a block of {other!r}")

    async def finish_step(self) -> None:
        block, self._unchecked = self._unchecked, None
        if block is not None:
            printed = await self._run("callcenter", "rules", "check", "tour", "--strict")
            if not re.fullmatch(r"OK: .*\n", printed):
                self._differs(block, ["the rules of this step"], "OK: ...\n", printed)

    def run_sql(self, statements: str) -> None:
        connection = sqlite3.connect(self.folder / "data" / "callcenter.sqlite3")
        connection.executescript(statements)
        connection.close()

    async def _write(self, block: Block) -> None:
        head = FILE.match(block.text)
        assert head is not None, f"docs/rules.md:{block.line}: begin with the name of the file, and (new) or the like"
        self._forget_what_was_wrong()
        path, how = self.folder / head["path"], head["how"]
        before = path.read_text() if path.exists() else None
        if how == "changed":
            assert before is not None
            key = block.text[head.end() :].partition(":")[0]
            path.write_text(re.sub(rf"^{key}:.*\n", block.text[head.end() :], before, flags=re.MULTILINE))
            await self._start_daemon()
            return
        if how != "wrong":
            assert (before is not None) == (how == "replaced"), (
                f"docs/rules.md:{block.line}: {head['path']} is not {how}"
            )
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.text)
        if how == "wrong":
            self._undo = path, before
            return
        self._unchecked = block

    def _forget_what_was_wrong(self) -> None:
        """The page shows a wrong file and then goes on as if it had not been written."""
        if self._undo is not None:
            path, before = self._undo
            path.unlink()
            if before is not None:
                path.write_text(before)
            self._undo = None

    async def _run(self, program: str, *arguments: str) -> str:
        assert program == "callcenter"
        result = await asyncio.to_thread(CliRunner().invoke, main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    async def _start_daemon(self) -> None:
        loaded = await asyncio.to_thread(load, Path("config/callcenter.yaml"))
        engine = self._database.engine
        publishing = Publishing(Path("config/callcenter.yaml"), loaded, engine, self._take, lambda: self._now_ms)
        self._now_ms = FIRST_MS
        await publishing.begin()
        await publishing.settle()
        self._desk.rules = publishing  # type: ignore[assignment]

    async def _take(self, loaded: Loaded, reroute: bool) -> None:
        self._now_ms += STEP_MS

    def _differs(self, block: Block, words: list[str], expected: str, printed: str) -> None:
        lines = difflib.unified_diff(expected.splitlines(), printed.splitlines(), "the page", "printed", lineterm="")
        self.wrong.append("\n".join([f"docs/rules.md:{block.line}: {shlex.join(words)}", *lines]))


@run_async
async def test_whoever_follows_the_tour_sees_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("config", "rules"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLCENTER_PBX__SECRET", "x")
    monkeypatch.setenv("CALLCENTER_PASSWORD", PASSWORD)
    desk = FakeDesk()
    anna = AgentId("anna")
    desk.agents = {anna: AgentLogin(anna, "Anna Berg", HASH, ("agent", "supervisor"))}
    async with migrated(default_url(tmp_path / "data")) as database, serving(desk) as server:
        settings = tmp_path / "config" / "callcenter.yaml"
        settings.write_text(settings.read_text().replace("  port: 8080\n", f"  port: {server.port}\n"))
        admin = Admin(tmp_path, database, desk)
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        admin.run_sql(re.sub(r"^   ", "", readme.split("```sql\n")[1].split("```")[0], flags=re.MULTILINE))
        for block in blocks_of(TOUR):
            await admin.follow(block)
    assert not admin.wrong, "\n\n".join(admin.wrong)


MODELS = (
    model.RoutingFile,
    model.QueueEntry,
    model.OverflowEntry,
    model.RuleEntry,
    model.RouteEntry,
    model.StepEntry,
    model.SetEntry,
    model.TierRuleEntry,
    model.DialledEntry,
    model.HoursEntry,
    model.AttributeEntry,
)


def test_the_reference_has_every_key_field_and_function() -> None:
    reference = TOUR.split("\n# Reference\n")[1]
    tables = "\n".join(line for line in reference.splitlines() if line.startswith("|"))
    keys = {field.alias or name for section in MODELS for name, field in section.model_fields.items()}
    fields = [f"contact.{name}" for name in declared.CONTACT_FIELDS]
    fields += [f"customer.{name}" for name in declared.CUSTOMER_FIELDS]
    fields += [f"queue.NAME.{name}" for name in declared.QUEUE_FIELDS]
    fields += [f"agents.NAME.{name}" for name in declared.AGENTS_FIELDS]
    fields += [f"now.{name}" for name in declared.NOW_FIELDS]
    assert [name for name in (*sorted(keys), *fields) if f"`{name}`" not in tables] == []
    assert [name for name in declared.FUNCTIONS if f"`{name}(" not in tables] == []


def test_the_usual_moment_of_a_case_is_the_one_that_the_tour_names() -> None:
    assert f"{datetime.fromisoformat(USUAL_TIME):%A %H:%M}" == "Wednesday 10:00"
    assert "on a Wednesday at ten" in TOUR

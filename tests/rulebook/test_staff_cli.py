"""The staff as a table at a terminal. The daemon here is a desk of the tests; test_daemon_staff.py has a real one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from click.testing import CliRunner, Result

from callcenter import cli
from callcenter.desktop.desk import AgentLogin
from callcenter.types import AgentId
from tests.desktop.fake_desk import HASH, PASSWORD, FakeDesk
from tests.desktop.fake_staff import FakeStaff
from tests.desktop.serving import serving
from tests.helpers import run_async

BOSS = AgentId("boss")


class Admin:
    def __init__(self, folder: Path, staff: FakeStaff) -> None:
        self.folder = folder
        self.staff = staff
        self.table = folder / "agents.csv"

    async def runs(self, *arguments: str, password: str = PASSWORD, given: bytes = b"") -> Result:
        options = ["--as", "boss", "--config", str(self.folder / "callcenter.yaml")]
        return await asyncio.to_thread(
            CliRunner().invoke,
            cli.main,
            ["staff", *arguments, *options],
            input=given,
            env={"CALLCENTER_PASSWORD": password},
        )


@contextlib.asynccontextmanager
async def admin_in(folder: Path) -> AsyncIterator[Admin]:
    desk = FakeDesk()
    desk.agents = {**desk.agents, BOSS: AgentLogin(BOSS, "Boss", HASH, ("admin",))}
    assert isinstance(desk.staff, FakeStaff)
    async with serving(desk) as server:
        (folder / "callcenter.yaml").write_text(f"http: {{port: {server.port}}}\npbx: {{secret: x}}\n")
        yield Admin(folder, desk.staff)


@run_async
async def test_a_table_is_exported_and_imported(tmp_path: Path) -> None:
    async with admin_in(tmp_path) as admin:
        result = await admin.runs("export", str(admin.table))
        assert result.exit_code == 0, result.output
        assert result.stderr == f"3 people are in {admin.table}.\n"
        assert (await admin.runs("export", "-")).stdout_bytes == admin.table.read_bytes()
        same = await admin.runs("import", str(admin.table), "--prune", "--dry-run")
        assert same.stdout == "0 added, 0 changed, 3 unchanged, 0 removed.\nA dry run: nothing was changed.\n"
        text = admin.table.read_bytes().decode("utf-8-sig")
        rows = [line for line in text.splitlines() if not line.startswith("boris")]
        rows[1] = rows[1].replace("sales support", "sales")
        admin.table.write_text("\n".join([*rows, "zoe,Zoe,viewer,,,,,"]))
        told = (
            "row 2: anna changed: queues: sales:1 support:1 → sales:1\n"
            "row 4: zoe added: name: none → Zoe; roles: agent → viewer\n"
            "no row: boris removed\n"
            "1 added, 1 changed, 1 unchanged, 1 removed.\n"
        )
        tried = await admin.runs("import", str(admin.table), "--prune", "--dry-run")
        assert tried.stdout == told + "A dry run: nothing was changed.\n"
        assert admin.staff.in_force.number == 1
        done = await admin.runs("import", "-", "--prune", "-m", "From HR", given=admin.table.read_bytes())
        assert done.stdout == told + "Version 2 of the staff is in force.\n", done.output
        assert (admin.staff.in_force.author, admin.staff.in_force.message) == ("boss", "From HR")
        assert [it.id for it in admin.staff.people.agents] == ["anna", "susan", "zoe"]


@run_async
async def test_mistakes_are_told_by_row_and_nothing_is_imported(tmp_path: Path) -> None:
    async with admin_in(tmp_path) as admin:
        admin.table.write_text("id,skills\nanna,sales\n,german:1\n")
        result = await admin.runs("import", str(admin.table))
        assert result.exit_code == 1
        assert result.stderr.splitlines() == [
            "Error: Nothing is imported:",
            f"  {admin.table}:2: skills: `sales` is no name with a level. Write it as `sales:5`",
            f"  {admin.table}:3: id: is empty. Name the person that this row is about",
        ]
        assert admin.staff.in_force.number == 1


@run_async
async def test_what_cannot_be_done_is_told_in_words(tmp_path: Path) -> None:
    async with admin_in(tmp_path) as admin:
        missing = await admin.runs("import", str(tmp_path / "nowhere.csv"))
        assert "nowhere.csv cannot be read: No such file or directory" in missing.stderr
        unwritable = await admin.runs("export", str(tmp_path / "no" / "folder.csv"))
        assert "folder.csv cannot be written: No such file or directory" in unwritable.stderr
        stranger = await admin.runs("export", "-", password="wrong")
        assert (stranger.exit_code, "Agent or password is wrong." in stranger.stderr) == (1, True)
        lines = await admin.runs("import", str(admin.table), "-m", "a\nb")
        assert "one line of at most 500" in lines.stderr
        (tmp_path / "callcenter.yaml").write_text("http: {port: x}\n")
        assert "http.port" in (await admin.runs("export", "-")).stderr

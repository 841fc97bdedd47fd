"""docs/staff.md is run from top to bottom: what it shows must work, and in the order in which it stands there."""

import asyncio
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from callcenter.admin import checks, schema, staff, staff_csv, yaml_source
from callcenter.admin.files import AgentEntry, AgentsFile
from callcenter.cli import main
from callcenter.rulebook.staffing import Staffing
from callcenter.settings import load
from tests.desktop.serving import serving, sign_in
from tests.desktop.staffed import BOSS, PASSWORD, ROUTING, StaffedDesk, staffed
from tests.helpers import run_async

GUIDE = Path(__file__).parent.parent / "docs" / "staff.md"


@dataclass(frozen=True)
class Snippet:
    kind: str
    text: str
    line: int


def snippets(*kinds: str) -> list[Snippet]:
    text = GUIDE.read_text()
    found = [
        Snippet(match[1], match[2], text.count("\n", 0, match.start()) + 1)
        for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]
    assert {it.kind for it in found} == {"sh", "yaml", "csv", "http"}, "a kind that no test here runs"
    return [it for it in found if it.kind in kinds]


def test_the_people_shown_have_no_mistakes() -> None:
    (shown,) = snippets("yaml")
    document = yaml_source.parse(shown.text, "agents.yaml")
    people, mistakes = schema.validate(AgentsFile, document)
    assert people is not None, mistakes
    assert checks.crossed(document, yaml_source.parse(ROUTING, "routing.yaml"), "PJSIP/") == []
    assert {key for person in people.agents for key in person.model_fields_set} | {"password_hash"} == {
        *AgentEntry.model_fields
    }


def test_every_column_is_told_and_the_table_shown_has_no_mistakes() -> None:
    (shown,) = snippets("csv")
    plan = staff_csv.plan(shown.text.encode(), AgentsFile(agents=()), prune=False)
    assert (plan.mistakes, [row.what for row in plan.rows]) == ((), ["added", "added"])
    told = re.findall(r"^\| `(\w+)` \|", GUIDE.read_text(), re.MULTILINE)
    assert told == [*staff_csv.COLUMNS, staff.PASSWORD]


@run_async
async def test_every_request_shown_is_answered(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (_, client):
        await sign_in(client, BOSS)
        for shown in snippets("http"):
            first, _, body = shown.text.partition("\n")
            method, path = first.split(" ")
            kind = "text/csv" if "/import" in path else "application/json"
            answer = await client.request(method, path, content=body.encode(), headers={"Content-Type": kind})
            assert answer.status_code == 200, f"docs/staff.md:{shown.line}: {answer.text}"
            if answer.headers["content-type"] == "application/json":
                assert not json.loads(answer.text).get("mistakes"), f"docs/staff.md:{shown.line}: {answer.text}"


@run_async
async def test_every_command_shown_does_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a daemon of the tests at its address."""
    monkeypatch.setenv("CALLCENTER_PASSWORD", PASSWORD)
    async with staffed(tmp_path) as (desk, client), serving(desk) as server:
        (tmp_path / "config").mkdir()
        config = tmp_path / "config" / "callcenter.yaml"
        config.write_text(f"pbx: {{secret: x}}\nhttp: {{port: {server.port}}}\ndata_dir: ../data\nrouting: ../rules\n")
        agents = tmp_path / "config" / "agents.yaml"
        agents.write_text((tmp_path / "agents.yaml").read_text())
        monkeypatch.chdir(tmp_path)
        await published(desk, client)
        before = [agent.id for agent in load(tmp_path / "callcenter.yaml").staff.agents]
        for shown in snippets("sh"):
            for line in shown.text.splitlines():
                program, *arguments = shlex.split(line)
                if program == "callcenter":
                    result = await asyncio.to_thread(CliRunner().invoke, main, arguments)
                    assert result.exit_code == 0, f"docs/staff.md:{shown.line}: {result.output}"
                else:
                    done = await asyncio.create_subprocess_shell(line)
                    assert await done.wait() == 0, line
        assert [agent.id for agent in load(config).staff.agents] == before
        assert "zoe" in before
        assert agents.read_text().startswith("agents:"), "without the line that makes it a copy"


async def published(desk: StaffedDesk, client: httpx.AsyncClient) -> None:
    await sign_in(client, BOSS)
    answer = await client.put("/api/v1/staff/people/zoe", json={"name": "Zoe", "roles": ["viewer"], "based_on": 1})
    assert answer.status_code == 200, answer.text
    assert isinstance(desk.staff, Staffing)

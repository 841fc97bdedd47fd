"""The command as somebody calls it; the examples of docs/reports.md as they stand there."""

import asyncio
import csv
import io
import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from callcenter.cli import main
from callcenter.reports import cli
from callcenter.stores.database import default_url
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.reports.world import at, fill
from tests.rules_samples import write_files

DOCUMENT = (Path(__file__).parent.parent.parent / "docs/reports.md").read_text()


@pytest.fixture(autouse=True)
def weeks_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_now_ms", lambda: at("12:00:00", "2026-11-22"))


async def filled(folder: Path) -> Path:
    config = write_files(folder)
    (folder / "data").mkdir()
    async with migrated(default_url(folder / "data")) as database:
        await fill(database.engine)
    return config


async def call(config: Path, *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["report", *arguments, "--config", str(config)])


@run_async
async def test_the_examples_of_the_document_are_what_the_command_says(tmp_path: Path) -> None:
    config = await filled(tmp_path)
    examples = re.findall(r"^```console\n\$ (.*?)\n(.*?)```", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert len(examples) == 4
    for command, output in examples:
        result = await call(config, *shlex.split(command)[2:])
        assert result.exit_code == 0, result.output
        assert result.stdout.strip() == output.strip(), command


@run_async
async def test_every_form_says_the_same(tmp_path: Path) -> None:
    config = await filled(tmp_path)
    words = ("queues", "--from", "2026-11-02", "--by", "30m", "--group", "queue,tier")
    rows = csv.DictReader(io.StringIO((await call(config, *words, "--format", "csv")).stdout.removeprefix("\ufeff")))
    told = json.loads((await call(config, *words, "--format", "json")).stdout)["rows"]
    for form in ("parquet", "html", "table"):
        result = await call(config, *words, "--format", form, "--out", str(tmp_path / form))
        assert (result.exit_code, result.stdout) == (0, ""), result.output
    table = parquet.read_table(tmp_path / "parquet").to_pylist()
    assert len(told) == len(table) == 7
    for row, one, other in zip(rows, told, table, strict=True):
        for key in ("queue", "tier", "offered", "answered", "asa_ms"):
            assert row[key] == str("" if one[key] is None else one[key])
            assert one[key] == other[key]
    assert "<svg" in (tmp_path / "html").read_text()
    assert (tmp_path / "table").read_text().startswith("queues: 2026-11-02 00:00")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("queues", "--group", "agent"), "by agent can: agents, dispositions"),
        (("queues", "--from", "2026-11-02T08:01"), "not at a full quarter of an hour"),
        (("queues", "--zone", "Europe/Berlim"), "Did you mean `Europe/Berlin`"),
        (("golf",), "'golf' is not one of 'queues', 'agents'"),
        (("queues", "--out", "/no/such/folder/file"), "cannot be written: No such file or directory"),
    ],
)
@run_async
async def test_what_cannot_be_said_is_refused_with_a_remedy(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    result = await call(await filled(tmp_path), *words)
    assert result.exit_code != 0
    assert told in result.output


@run_async
async def test_without_a_database_or_rules_it_says_what_is_missing(tmp_path: Path) -> None:
    config = write_files(tmp_path)
    assert "there is no database" in (await call(config, "queues")).output
    (tmp_path / "rules" / "routing.yaml").write_text("version: 2\n")
    assert "Name one with --zone" in (await call(config, "queues")).output
    assert "there is no database" in (await call(config, "queues", "--zone", "UTC")).output
    assert (await call(tmp_path / "nowhere.yaml", "queues")).exit_code == 1


@run_async
async def test_a_database_without_tables_is_said_so(tmp_path: Path) -> None:
    config = write_files(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "callcenter.sqlite3").touch()
    result = await call(config, "queues")
    assert result.exit_code == 1
    assert "the database cannot be used: no such table" in result.output


@run_async
async def test_parquet_without_its_library_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = await filled(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = await call(config, "queues", "--format", "parquet", "--out", str(tmp_path / "x"))
    assert "pip install 'callcenter[parquet]'" in result.output
    assert not (tmp_path / "x").exists()

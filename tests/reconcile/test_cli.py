"""The command as an operator calls it: what it prints, and its status."""

import asyncio
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from callcenter.cli import main
from callcenter.reconcile.findings import CHECKS
from callcenter.stores.database import default_url
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.reconcile.logs import SEED, simulated, write
from tests.reconcile.test_calls import CDR, CEL
from tests.rules_samples import write_files

DOCUMENTS = Path(__file__).parent.parent.parent / "docs"
BROKEN = "UPDATE contact SET waited_ms = waited_ms + 1 WHERE id = (SELECT min(id) FROM contact)"


async def filled(folder: Path, *statements: str) -> Path:
    config = write_files(folder)
    (folder / "data").mkdir()
    async with migrated(default_url(folder / "data")) as database:
        await write(database.engine, simulated(SEED))
        async with database.engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    return config


async def call(config: Path, *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["audit", *arguments, "--config", str(config)])


@contextmanager
def daemon(exposition: str) -> Iterator[str]:
    """Something that answers as the daemon's /metrics does."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(exposition.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/metrics"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@run_async
async def test_status_is_0_where_all_agrees(tmp_path: Path) -> None:
    config = await filled(tmp_path)
    result = await call(config)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "All that was compared agrees.")
    with daemon(simulated(SEED).exposition) as address:
        told = json.loads((await call(config, "--metrics", address, "--format", "json")).output)
        assert told["agrees"]
        [metrics] = [one for one in told["checks"] if one["check"] == "metrics"]
        assert metrics["compared"] > 0
    (tmp_path / "earlier").write_text(simulated(SEED).exposition)
    both = ["--metrics", str(tmp_path / "earlier")] * 2
    result = await call(config, *both, "--from", "2031-01-01", "--to", "2031-01-02", "--zone", "Europe/Berlin")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Audit of 2030-12-31T23:00:00Z to 2031-01-01T23:00:00Z")


@run_async
async def test_status_is_1_where_something_differs_and_the_contact_is_named(tmp_path: Path) -> None:
    config = await filled(tmp_path, BROKEN)
    result = await call(config)
    assert result.exit_code == 1
    [line] = [line for line in result.output.splitlines() if ": waited_ms: counted " in line]
    told = json.loads((await call(config, "--format", "json")).output)
    [wrong] = [one for one in told["checks"] if one["differences"]]
    assert line.strip().startswith(wrong["shown"][0]["subject"])


@run_async
async def test_records_of_calls_that_are_another_pbxs_are_found_out(tmp_path: Path) -> None:
    config = await filled(tmp_path)
    for option, content, missing in (("--cdr", CDR, 3), ("--cel", CEL, 1)):
        (tmp_path / "records").write_text(content)
        result = await call(config, option, str(tmp_path / "records"), "--format", "json")
        found = {one["check"]: one["differences"] for one in json.loads(result.output)["checks"]}
        assert (result.exit_code, found["pbx-not-here"]) == (1, missing)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metrics", "http://127.0.0.1:9/metrics"], "does not answer"),
        (["--metrics", "nowhere"], "cannot be read"),
        (["--metrics", "x", "--from", "2026-01-01"], "Give --metrics twice"),
        (["--metrics", "x", "--metrics", "y"], "Give --metrics twice"),
        (["--metrics", "x", "--metrics", "y", "--metrics", "z"], "once, or twice"),
        (["--from", "yesterday"], "no date"),
        (["--from", "2026-01-02", "--to", "2026-01-02"], "not after"),
        (["--from", "2026-01-02", "--zone", "Mars/Base"], "Mars/Base"),
        (["--cdr", "callcenter.yaml"], "columns' names"),
        (["--cel", "nowhere.csv"], "does not exist"),
    ],
)
@run_async
async def test_status_is_2_where_it_cannot_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    config = write_files(tmp_path)
    (tmp_path / "data").mkdir()
    async with migrated(default_url(tmp_path / "data")):
        monkeypatch.chdir(tmp_path)
    result = await call(config, *arguments)
    assert result.exit_code == 2, result.output
    assert words in result.output


@run_async
async def test_status_is_2_without_a_database(tmp_path: Path) -> None:
    result = await call(write_files(tmp_path))
    assert (result.exit_code, "no database" in result.output) == (2, True)


def test_the_document_explains_each_check() -> None:
    document = (DOCUMENTS / "audit.md").read_text()
    for check in CHECKS:
        assert any(line.startswith("| `") and f"`{check}`" in line for line in document.splitlines()), check

"""The commands as an admin calls them; those in docs/customers.md as they stand there."""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from callcenter.cli import main
from callcenter.stores.database import default_url
from callcenter.stores.tables import AuditRow, CustomerKeyRow, CustomerRow
from tests.crm.crm_server import Answer, crm_server
from tests.customers.world import ANNS, contacts_by_id, fill, rows
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.rules_samples import SECRET, write_files

DOCUMENT = (Path(__file__).parent.parent.parent / "docs/customers.md").read_text()


async def call(folder: Path, *arguments: str) -> Result:
    config = ["--config", str(folder / "callcenter.yaml")]
    return await asyncio.to_thread(CliRunner().invoke, main, ["customers", *arguments, *config], env=SECRET)


def blocks(chapter: str, language: str) -> list[str]:
    """The examples of this language in a chapter of the document, those in lists left out."""
    text = re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)
    (wanted,) = [part for part in text if part.startswith(chapter)]
    return re.findall(rf"^```{language}\n(.*?)^```", wanted, re.MULTILINE | re.DOTALL)


def sessions(console: str) -> Iterator[tuple[list[str], str]]:
    """Each command of a console with what it prints."""
    for part in console.removeprefix("$ ").split("\n$ "):
        command, _, output = part.partition("\n")
        yield shlex.split(command)[2:], output


def timeless(text: str) -> str:
    return re.sub(r"after [0-9.]+ ms", "after N ms", text).strip()


def secret(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o600)


def use(folder: Path, settings: str) -> None:
    with (folder / "callcenter.yaml").open("a") as file:
        file.write(settings.replace("/etc/callcenter/", ""))


# ---- finding


@pytest.mark.postgres
@run_async
async def test_the_document_finds_customers_in_an_existing_database(tmp_path: Path, postgres_url: str) -> None:
    write_files(tmp_path)
    (definition,), (settings,), (console,) = (blocks("An existing database", it) for it in ("sql", "yaml", "console"))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(definition.encode())
    secret(tmp_path, "crm-url", postgres_url)
    use(tmp_path, settings)
    shown = re.sub(r"//callcenter:[^@]+@", "//callcenter:***@", postgres_url).replace(
        "postgresql", "postgresql+asyncpg"
    )
    done = 0
    for arguments, output in sessions(console):
        result = await call(tmp_path, *arguments)
        assert result.exit_code == 0, result.output
        told = timeless(result.stdout).replace(shown, "postgresql+asyncpg://reader:***@db.example.org/crm")
        assert told == timeless(output)
        done += 1
    assert done == 2
    nobody = await call(tmp_path, "find", "+12025550150")
    assert nobody.exit_code == 1
    assert "\nNobody, after" in nobody.stdout


@run_async
async def test_the_document_finds_customers_by_an_api(tmp_path: Path) -> None:
    write_files(tmp_path)
    (answer,), (settings,), (console,) = (blocks("An API", it) for it in ("json", "yaml", "console"))
    with crm_server() as server:
        server.answer = lambda _: Answer(body=answer.encode())
        secret(tmp_path, "crm-token", "Bearer hush")
        use(tmp_path, settings.replace("https://crm.example.org", server.url))
        ((arguments, output),) = sessions(console)
        result = await call(tmp_path, *arguments)
        assert result.exit_code == 0, result.output
        assert timeless(result.stdout) == timeless(output.replace("https://crm.example.org", server.url))
        assert {headers["Authorization"] for _, headers in server.requests} == {"Bearer hush"}
        assert server.requests[0][0] == "/api/customers?phone=%2B12025550101"
        server.answer = lambda _: Answer(503)
        away = await call(tmp_path, *arguments)
        assert away.exit_code == 1
        assert away.stderr.startswith("Error: the CRM at 127.0.0.1:")
        assert "answered 503" in away.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(tmp_path)
    (tmp_path / "data").mkdir()
    return tmp_path


async def filled(folder: Path) -> None:
    async with migrated(default_url(folder / "data")) as database:
        await fill(database.engine)


@run_async
async def test_our_own_tables_are_shown_too_and_json_is_for_programs(folder: Path) -> None:
    await filled(folder)
    result = await call(folder, "find", "--account", "1001", "--format", "json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["asked"] == "our own tables, for customer.account '1001'"
    (ann,) = told["customers"]
    assert ann["fields"][2] == {"field": "name", "value": "Ann", "place": "customer.name", "said": "'Ann'"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "Give a NUMBER, or --account."),
        (["1", "--account", "2"], 2, "Give a NUMBER, or --account."),
        (["anonymous"], 1, "'anonymous' cannot be read as a telephone number in US"),
        ([ANNS], 1, "no such table: customer"),
    ],
)
@run_async
async def test_what_cannot_be_asked_is_said_without_a_traceback(
    folder: Path, arguments: list[str], code: int, words: str
) -> None:
    (folder / "data/callcenter.sqlite3").touch()
    result = await call(folder, "find", *arguments)
    assert result.exit_code == code
    assert words in result.stderr
    assert "Traceback" not in result.output


@run_async
async def test_a_database_that_is_not_there_yet_is_not_made(folder: Path) -> None:
    for command in (["find", ANNS], ["erase", ANNS]):
        result = await call(folder, *command)
        assert result.exit_code == 1
        assert "callcenter.sqlite3 yet; the daemon makes it when it starts" in result.stderr
    assert list((folder / "data").iterdir()) == []


@run_async
async def test_settings_with_mistakes_are_told(folder: Path) -> None:
    use(folder, "crm: {source: sql}\n")
    result = await call(folder, "find", ANNS)
    assert result.exit_code == 1
    assert "crm.url: is missing, and crm.source is `sql`" in result.stderr


# ---- erasing


@pytest.mark.redis
@run_async
async def test_a_customer_is_erased_and_it_is_told_what_was_done(redis_executable: Path, folder: Path) -> None:
    await filled(folder)
    dry = await call(folder, "erase", "1001", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert dry.stdout.startswith("1001 (Ann): known to the contact log as 1. Nothing is changed\n")
    assert "Would be removed: 1 row of customer_attribute, 2 rows of customer_number, 1 row of customer" in dry.stdout
    async with migrated(default_url(folder / "data")) as database:
        assert (await contacts_by_id(database.engine))["by-id"]["account"] == "1001"
        result = await call(folder, "erase", "1001")
        assert result.exit_code == 0, result.output
        assert "Contact log: personal data blanked in 6 rows of contact" in result.stdout
        assert "Journal: holds nothing of theirs." in result.stdout
        assert "CRM" not in result.stdout
        assert (await contacts_by_id(database.engine))["by-id"]["account"] is None
        (audited,) = await rows(database.engine, AuditRow)
        assert (audited["action"], audited["subject"], audited["outcome"]) == ("customers erase", "customer 1", "done")
        assert ANNS not in repr(audited)
        again = await call(folder, "erase", "1001")
        assert "1001: no record here" in again.stdout
        assert "Nothing to remove.\nContact log: holds nothing of theirs." in again.stdout
        assert len(await rows(database.engine, AuditRow)) == 1


@run_async
async def test_a_number_that_several_share_changes_nothing(folder: Path) -> None:
    await filled(folder)
    result = await call(folder, "erase", "+12025550199")
    assert result.exit_code == 1
    assert "2 customers share this number; name the account: 1001, 1002" in result.stderr
    assert len(await _customers(folder)) == 2


async def _customers(folder: Path) -> list[dict[str, object]]:
    async with migrated(default_url(folder / "data")) as database:
        return await rows(database.engine, CustomerRow)


@pytest.mark.redis
@run_async
async def test_a_crms_customer_is_erased_here_and_not_there(redis_executable: Path, folder: Path) -> None:
    await filled(folder)
    with crm_server() as server:
        server.answer = _dora
        fields = "{id: id, account: number, name: name, numbers: phones}"
        templates = f"by_number: '{server.url}/?q={{number}}', by_account: '{server.url}/{{account}}'"
        use(folder, f"crm: {{source: http, http: {{{templates}, fields: {fields}}}}}\n")
        result = await call(folder, "erase", "(202) 555-0104")
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("1004 (Dora): known to the contact log as ")
        assert "Removed: 1 row of customer_key." in result.stdout
        assert "personal data blanked in 2 rows of contact" in result.stdout
        assert "The CRM's own record is not ours to erase; a running daemon remembers it for 3600 s" in result.stdout
        async with migrated(default_url(folder / "data")) as database:
            assert await rows(database.engine, CustomerKeyRow) == []
        server.answer = lambda _: Answer(500)
        away = await call(folder, "erase", "1004")
        assert away.exit_code == 0, away.output
        assert "The CRM could not be asked: the CRM at 127.0.0.1:" in away.stdout


def _dora(path: str) -> Answer:
    record = {"id": "uuid-of-dora", "number": "1004", "name": "Dora", "phones": ["+12025550104"]}
    return Answer(body=json.dumps(record).encode()) if "2025550104" in path or path == "/1004" else Answer(404)

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from callcenter.crm_settings import CrmSettings, with_driver
from callcenter.settings import Loaded, SettingsError, load
from tests.test_settings import AGENTS, ROUTING, SECRET

SQL = """crm:
  source: sql
  url: sqlite:///{folder}/crm.sqlite3
  sql:
    table: kunden
    columns: {{id: nr, name: [vorname, nachname], numbers: [tel1, tel2], tier: klasse}}
    number_format: [national, "###.###.####"]
    attributes: {{spend: umsatz}}
  tiers: {{A: gold, "1": standard}}
"""
HTTP = """crm:
  source: http
  http:
    by_number: https://crm.example.org/c?q={{number}}
    secret_headers: {{Authorization: token}}
    fields: {{id: id, name: "contact.[first, last]"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "agents.yaml").write_text(AGENTS)
    (tmp_path / "routing.yaml").write_text(
        ROUTING.replace("version: 1", "version: 2") + "attributes: {spend: {type: number, default: 0}}\n"
    )
    (tmp_path / "crm.sqlite3").touch()
    (tmp_path / "token").write_text("Bearer hush\n")
    (tmp_path / "token").chmod(0o600)
    return tmp_path


def loaded(folder: Path, main: str, environ: Mapping[str, str] = SECRET) -> Loaded:
    (folder / "callcenter.yaml").write_text("routing: routing.yaml\n" + main.format(folder=folder))
    (folder / "callcenter.yaml").chmod(0o600)
    return load(folder / "callcenter.yaml", environ)


def mistakes(folder: Path, main: str, environ: Mapping[str, str] = SECRET) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        loaded(folder, main, environ)
    assert "hush" not in str(raised.value)
    return [str(mistake).replace(f"{folder}/", "") for mistake in raised.value.mistakes]


def test_our_own_table_is_the_default() -> None:
    crm = CrmSettings()
    assert (crm.source, crm.url, crm.sql, crm.http, crm.link) == ("own", None, None, None, None)


def test_a_table_of_an_existing_database(folder: Path) -> None:
    crm = loaded(folder, SQL).settings.crm
    assert crm.sql is not None
    assert crm.sql.columns.name == ("vorname", "nachname")
    assert crm.sql.number_format == ("national", "###.###.####")
    assert crm.tiers == {"A": "gold", "1": "standard"}
    assert crm.url == f"sqlite:///{folder}/crm.sqlite3"
    assert crm.url not in repr(crm)


def test_one_text_is_a_list_of_one(folder: Path) -> None:
    crm = loaded(
        folder, SQL.replace("[tel1, tel2]", "tel1").replace('[national, "###.###.####"]', "digits")
    ).settings.crm
    assert crm.sql is not None
    assert (crm.sql.columns.numbers, crm.sql.number_format) == (("tel1",), ("digits",))


def test_the_address_may_come_from_a_file_or_the_environment(folder: Path) -> None:
    secret = folder / "crm-url"
    address = f"sqlite:///{folder}/crm.sqlite3"
    secret.write_text(f"{address}\n")
    secret.chmod(0o600)
    from_file = SQL.replace("url: sqlite:///{folder}/crm.sqlite3", "url_file: crm-url")
    assert loaded(folder, from_file).settings.crm.url == address
    other = f"sqlite+pysqlite:///{folder}/crm.sqlite3"
    assert loaded(folder, from_file, {**SECRET, "CALLCENTER_CRM__URL": other}).settings.crm.url == other
    assert loaded(folder, SQL, {**SECRET, "CALLCENTER_CRM__URL": other}).settings.crm.url == other
    assert mistakes(folder, from_file + "  url: sqlite://\n")[0] == (
        "callcenter.yaml:4:13: crm.url_file: is given, and so is crm.url. Keep the file and drop crm.url"
    )
    secret.chmod(0o604)
    assert mistakes(folder, from_file) == [
        "callcenter.yaml:4:13: crm.url_file: crm-url can be read or written by others. `chmod o= crm-url`"
    ]
    secret.unlink()
    assert mistakes(folder, from_file) == [
        "callcenter.yaml:4:13: crm.url_file: there is no file crm-url. Put it there, in one line"
    ]


def test_an_address_with_a_password_that_others_can_read_is_doubted(folder: Path) -> None:
    main = SQL.replace("sqlite:///{folder}/crm.sqlite3", "postgresql://reader:hush@db.example.org/crm")
    loaded(folder, main)
    (folder / "callcenter.yaml").chmod(0o644)
    warnings = load(folder / "callcenter.yaml", SECRET).warnings
    assert any("crm.url: others can read this file. Use crm.url_file" in warning for warning in warnings)
    assert not any("hush" in warning for warning in warnings)


def test_an_api_with_a_secret_header(folder: Path) -> None:
    http = loaded(folder, HTTP).settings.crm.http
    assert http is not None
    assert http.headers == {"Authorization": "Bearer hush"}
    assert "hush" not in repr(http)
    assert http.by_number == "https://crm.example.org/c?q={number}"


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("crm: {{source: csv}}\n", ["2:15: crm.source: is 'csv'. It should be 'own', 'sql' or 'http'"]),
        (
            "crm: {{source: sql}}\n",
            [
                "2:1: crm.sql: is missing, and crm.source is `sql`. "
                "Add it: where customers are in that database, and which column is what (docs/customers.md)",
                "2:1: crm.url: is missing, and crm.source is `sql`. "
                "Name a file that holds it in crm.url_file, or set CALLCENTER_CRM__URL",
            ],
        ),
        (
            "crm: {{source: http}}\n",
            [
                "2:1: crm.http: is missing, and crm.source is `http`. "
                "Add it: what to ask, and which path in the answer is what (docs/customers.md)"
            ],
        ),
        (
            SQL.replace("table: kunden", "tabel: kunden"),
            ["6:5: crm.sql.tabel: is not a known key. Did you mean `table`?"],
        ),
        (
            SQL.replace("table: kunden", "schema: x"),
            [
                "5:3: crm.sql: has neither `table` nor `select`. Name a table or a view, or write a SELECT",
                "6:13: crm.sql.schema: is given without `table`. Write it into the SELECT",
            ],
        ),
        (
            SQL.replace("table: kunden", "table: kunden\n    select: SELECT 1"),
            ["5:3: crm.sql: has both `table` and `select`. Name a table or a view, or write a SELECT"],
        ),
        (
            SQL.replace("table: kunden", "select: DELETE FROM kunden"),
            [
                "6:13: crm.sql.select: is 'DELETE FROM kunden'. "
                "It should be one statement that begins with SELECT or WITH"
            ],
        ),
        (
            SQL.replace("table: kunden", "select: SELECT 1; DROP TABLE kunden"),
            [
                "6:13: crm.sql.select: is 'SELECT 1; DROP TABLE kunden'. "
                "It should be one statement that begins with SELECT or WITH"
            ],
        ),
        (
            SQL.replace("name: [vorname, nachname], ", ""),
            [
                "7:5: crm.sql.columns.name: is missing. "
                "Add it: the column, or columns, of the name, such as `name: [first_name, last_name]`"
            ],
        ),
        (
            SQL.replace("national,", "nationl,"),
            [
                "8:21: crm.sql.number_format[0]: is 'nationl'. "
                "Did you mean `national`? Or a pattern such as (###) ###-####"
            ],
        ),
        (
            SQL.replace("number_format:", "number_expression: lower(tel)\n    number_format:"),
            [
                "8:24: crm.sql.number_expression: is 'lower(tel)'. "
                "It should be one expression in SQL with {column} in it, such as replace({column}, ' ', '')"
            ],
        ),
        (
            SQL.replace("A: gold", "A: gould"),
            ["10:14: crm.tiers.A: there is no tier `gould` in the rules. Did you mean `gold`?"],
        ),
        (
            SQL.replace("sqlite:///{folder}/crm.sqlite3", "sqlite:///{folder}/away.sqlite3"),
            ["4:8: crm.url: names no file that is there: away.sqlite3. Name the CRM's file: sqlite:////ABSOLUTE/PATH"],
        ),
        (
            SQL.replace("sqlite:///{folder}/crm.sqlite3", "sybase://reader:hush@db/crm"),
            [
                "4:8: crm.url: begins with `sybase`, which SQLAlchemy does not know here. "
                "It should be DIALECT+DRIVER://USER@HOST/NAME, with one that SQLAlchemy knows or a package adds"
            ],
        ),
        (
            SQL.replace("sqlite:///{folder}/crm.sqlite3", "oracle+cx_oracle://reader:hush@db/crm"),
            [
                "4:8: crm.url: needs the driver `cx_oracle`, and there is no module cx_Oracle. "
                "Install the package that has it beside callcenter, or name another driver: DIALECT+DRIVER://..."
            ],
        ),
        (
            SQL.replace("sqlite:///{folder}/crm.sqlite3", "hush"),
            [
                "4:8: crm.url: is no address of a database (its value is not shown). "
                "It should be DIALECT+DRIVER://USER@HOST/NAME, such as postgresql://reader@db.example.org/crm"
            ],
        ),
        (
            HTTP.replace("by_number: https://crm.example.org/c?q={{number}}", "timeout_s: 3"),
            [
                "4:3: crm.http: has neither `by_number` nor `by_account`. "
                "Add `by_number`, such as https://crm.example.org/customers?phone={number}"
            ],
        ),
        (
            HTTP.replace("{{number}}", "1"),
            ["5:16: crm.http.by_number: has no field. Put {number} where the value belongs"],
        ),
        (
            HTTP.replace("{{number}}", "{{phone}}"),
            [
                "5:16: crm.http.by_number: is 'https://crm.example.org/c?q={phone}'. "
                "It should have no other fields than {number} {digits} {national} {national_digits}"
            ],
        ),
        (
            HTTP.replace("id: id", "id: 'contact['"),
            [
                "7:18: crm.http.fields.id: is 'contact['. "
                "It should be a JMESPath, such as contact.name: Invalid jmespath expression: Incomplete expression"
            ],
        ),
        (
            HTTP.replace("secret_headers", "headers: {{authorization: x}}\n    secret_headers"),
            ["7:37: crm.http.secret_headers.Authorization: stands in `headers` too. Keep it here and drop it there"],
        ),
        (
            HTTP.replace("fields:", "ca_file: ca.pem\n    fields:"),
            ["7:14: crm.http.ca_file: there is no file ca.pem. Name a PEM file of the authority"],
        ),
        (
            "crm: {{link: 'ftp://crm.example.org/{{account}}'}}\n",
            [
                "2:13: crm.link: is 'ftp://crm.example.org/{account}'. "
                "It should start with https:// or http:// and a host"
            ],
        ),
        (
            "crm: {{cache: {{entries: 0}}}}\n",
            ["2:24: crm.cache.entries: is '0'. It should be a whole number from 1 to 1000000"],
        ),
    ],
)
def test_each_mistake_has_its_place_and_its_remedy(folder: Path, main: str, expected: list[str]) -> None:
    assert [mistake.removeprefix("callcenter.yaml:") for mistake in mistakes(folder, main)] == expected


def test_a_token_that_no_header_can_carry_is_refused(folder: Path) -> None:
    (folder / "token").write_text("Bearer hüsh")
    (mistake,) = mistakes(folder, HTTP)
    assert "token holds characters that no header may have (its value is not shown)" in mistake


def test_an_attribute_that_the_rules_do_not_declare_is_doubted(folder: Path) -> None:
    warnings = loaded(folder, SQL.replace("spend:", "spent:")).warnings
    assert any(
        "crm.sql.attributes.spent: is declared nowhere in the rules, so it is not read. Did you mean `spend`?"
        in warning
        for warning in warnings
    )


def test_a_driver_of_ours_where_none_is_named() -> None:
    assert with_driver("postgresql://reader@db/crm") == "postgresql+asyncpg://reader@db/crm"
    assert with_driver("sqlite:////crm.db") == "sqlite+aiosqlite:////crm.db"
    assert with_driver("mysql+pymysql://reader@db/crm") == "mysql+pymysql://reader@db/crm"


def test_what_the_sample_leaves_commented_out_is_right_too(folder: Path) -> None:
    sample = (Path(__file__).parent.parent / "config/callcenter.yaml").read_text()
    crm = re.search(r"^crm:\n(?:(?:  .*|\s*)\n)+", sample, re.MULTILINE)
    assert crm is not None
    lines = [re.sub(r"^  # (?=( *)[a-z_]+:( |$))", "  ", line) for line in crm[0].splitlines()]
    read = yaml.safe_load("\n".join(line for line in lines if not line.startswith("  #")))["crm"]
    assert set(read) == {field.alias or name for name, field in CrmSettings.model_fields.items()}
    del read["sql"]["table"], read["sql"]["schema"], read["url"]
    read["sql"]["select"] = "SELECT 1"
    settings = CrmSettings.model_validate(yaml_as_text(read))
    assert settings.http is not None
    assert os.fspath(settings.http.secret_headers["Authorization"]) == "/etc/callcenter/crm-token"


def yaml_as_text(value: object) -> object:
    """As our own reader gives it: every plain value is a text."""
    if isinstance(value, dict):
        return {str(key): yaml_as_text(item) for key, item in value.items()}
    return [yaml_as_text(item) for item in value] if isinstance(value, list) else str(value)

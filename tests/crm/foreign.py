"""A CRM that is not ours: odd names, numbers as people write them, classes A to C, UUIDs; in SQLite and PostgreSQL."""

import sqlite3
import uuid
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from callcenter.crm_settings import CrmSettings

ANN, BEN, CLEO, DORA = (uuid.UUID(int=0xA000_0000_0000_4000_8000_0000_0000_0000 + n) for n in range(4))

_PEOPLE = (
    # id, number, first, last, telephone, mobile, class, language, remark, looked after by, turnover, since
    (
        ANN,
        1001,
        "Ann",
        "O'Hara",
        "(202) 555-0101",
        None,
        "A",
        "en",
        "likes: short answers",
        "anna",
        "1250.50",
        "2024-02-29",
    ),
    (BEN, 1002, "Ben", "Ruiz", "202.555.0102", "+12025550199", "B", "es", None, None, "70", None),
    (CLEO, 1003, None, "Cleo", None, "+12025550199", "C", None, None, "someone", None, None),
    (DORA, 1004, "Dora", "Ñandú", "+49 30 12345678", "not on Mondays", "Z", "de", "", None, "0", "2026-01-01"),
)
_COLUMNS = (
    '"Kd UUID", kd_nr, vorname, "Nachname", "Tel. privat", tel_mobil, '
    "klasse, sprache, bemerkung, betreuer, umsatz, seit"
)
_POSTGRES = """
CREATE SCHEMA vertrieb;
CREATE TABLE vertrieb."Kunden Stamm" (
    "Kd UUID" uuid PRIMARY KEY, kd_nr integer UNIQUE, vorname text, "Nachname" varchar(80), "Tel. privat" text,
    tel_mobil char(20), klasse char(3), sprache text, bemerkung text, betreuer text, umsatz numeric(12, 2),
    seit timestamp
);
CREATE TABLE vertrieb.anrufe (nr integer);
CREATE VIEW vertrieb.sicht AS SELECT * FROM vertrieb."Kunden Stamm" WHERE klasse <> 'Z';
CREATE FUNCTION vertrieb.zaehlen() RETURNS SETOF vertrieb."Kunden Stamm" LANGUAGE sql AS $$
    INSERT INTO vertrieb.anrufe VALUES (1); SELECT * FROM vertrieb."Kunden Stamm";
$$;
"""
_SQLITE = """
CREATE TABLE "Kunden Stamm" (
    "Kd UUID" text PRIMARY KEY, kd_nr integer UNIQUE, vorname text, "Nachname" varchar(80), "Tel. privat" text,
    tel_mobil char(20), klasse char(3), sprache text, bemerkung text, betreuer text, umsatz numeric(12, 2), seit date
);
CREATE VIEW sicht AS SELECT * FROM "Kunden Stamm" WHERE klasse <> 'Z';
"""


def make_sqlite(path: Path) -> str:
    connection = sqlite3.connect(path)
    connection.executescript(_SQLITE)
    rows = [(str(row[0]), *row[1:]) for row in _PEOPLE]
    connection.executemany(f'INSERT INTO "Kunden Stamm" ({_COLUMNS}) VALUES ({", ".join("?" * 12)})', rows)
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


def make_postgres(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_POSTGRES)
        statement = f'INSERT INTO vertrieb."Kunden Stamm" ({_COLUMNS}) VALUES ({", ".join(["%s"] * 12)})'
        connection.cursor().executemany(statement, _PEOPLE)
    return url


def settings_of(url: str, **sql: Any) -> CrmSettings:
    """The settings for that CRM; `sql` takes the place of keys of crm.sql."""
    name = make_url(url).get_backend_name()
    mapping: dict[str, Any] = {
        "table": "Kunden Stamm",
        **({"schema": "vertrieb"} if name == "postgresql" else {}),
        "columns": {
            "id": "Kd UUID",
            "account": "kd_nr",
            "name": ["vorname", "Nachname"],
            "numbers": ["Tel. privat", "tel_mobil"],
            "tier": "klasse",
            "language": "sprache",
            "notes": "bemerkung",
            "account_manager": "betreuer",
        },
        "attributes": {"spend": "umsatz", "since": "seit"},
        "number_format": ["national", "###.###.####", "e164", "international"],
    }
    mapping |= sql
    if "select" in sql:
        for key in ("table", "schema"):
            mapping.pop(key, None)
    return CrmSettings.model_validate(
        {
            "source": "sql",
            "url": url,
            "sql": mapping,
            "tiers": {"A": "platinum", "B": "gold", "C": "standard"},
        }
    )

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from callcenter.crm.records import MAX_SHARING, Record, SourceError, record_of
from callcenter.crm.sql import SqlSource
from callcenter.crm_settings import CrmSettings
from lab.postgres import PostgresCluster
from tests.crm.foreign import ANN, BEN, CLEO, DORA, make_postgres, make_sqlite, settings_of
from tests.helpers import run_async

ANNS_RECORD = Record(
    str(ANN),
    "1001",
    "Ann O'Hara",
    "platinum",
    "en",
    "likes: short answers",
    "anna",
    ("+12025550101",),
    {"spend": "1250.5", "since": "2024-02-29"},
)


@pytest.fixture(
    params=["aiosqlite", "pysqlite", *(pytest.param(it, marks=pytest.mark.postgres) for it in ("asyncpg", "psycopg"))]
)
def crm_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The CRM in either database, by an asynchronous and by a synchronous driver."""
    driver: str = request.param
    if driver.endswith("sqlite"):
        return make_sqlite(tmp_path / "crm.sqlite3").replace("sqlite:", f"sqlite+{driver}:")
    return make_postgres(request.getfixturevalue("postgres_url")).replace("postgresql:", f"postgresql+{driver}:")


@asynccontextmanager
async def opened(settings: CrmSettings, **options: Any) -> AsyncIterator[SqlSource]:
    source = SqlSource(settings, **options)
    try:
        yield source
    finally:
        await source.close()


async def by_number(source: SqlSource, settings: CrmSettings, number: str) -> list[Record]:
    return [record_of(raw, settings.tiers, "US") for raw in await source.by_number(number)]


async def by_account(source: SqlSource, settings: CrmSettings, account: str) -> list[Record]:
    return [record_of(raw, settings.tiers, "US") for raw in await source.by_account(account)]


@run_async
async def test_customers_are_found_whatever_their_columns_are_called_and_their_numbers_look_like(crm_url: str) -> None:
    settings = settings_of(crm_url)
    async with opened(settings) as source:
        assert source.in_threads == ("psycopg" in crm_url or "pysqlite" in crm_url)
        assert await by_number(source, settings, "+12025550101") == [ANNS_RECORD]
        assert [one.account for one in await by_number(source, settings, "+12025550102")] == ["1002"]
        assert [one.name for one in await by_number(source, settings, "+493012345678")] == ["Dora Ñandú"]
        shared = await by_number(source, settings, "+12025550199")
        assert [(one.key, one.name, one.tier) for one in shared] == [
            (str(BEN), "Ben Ruiz", "gold"),
            (str(CLEO), "Cleo", "standard"),
        ]
        assert shared[0].numbers == ("+12025550102", "+12025550199")
        assert await by_number(source, settings, "+12025550150") == []
        assert await by_account(source, settings, "1001") == [ANNS_RECORD]
        for account in ("9999", "K-1", "' OR 1=1 --", "\0\ud800", "9" * 60, "0x3e9"):
            assert await by_account(source, settings, account) == [], account


@run_async
async def test_a_word_that_is_no_tier_of_ours_is_taken_as_it_is(crm_url: str) -> None:
    settings = settings_of(crm_url)
    async with opened(settings) as source:
        (dora,) = await by_account(source, settings, "1004")
        assert (dora.key, dora.tier, dora.notes, dora.attributes) == (
            str(DORA),
            "Z",
            None,
            {"spend": "0", "since": "2026-01-01"},
        )


@run_async
async def test_the_id_is_the_account_where_none_is_named(crm_url: str) -> None:
    settings = settings_of(
        crm_url, columns={"id": "Kd UUID", "name": "Nachname", "numbers": "tel_mobil"}, attributes={}
    )
    async with opened(settings) as source:
        (ben,) = await by_account(source, settings, str(BEN))
        assert (ben.key, ben.account, ben.name, ben.tier) == (str(BEN), str(BEN), "Ruiz", "")
        assert await by_account(source, settings, "no UUID") == []


@run_async
async def test_a_view_is_as_good_as_a_table(crm_url: str) -> None:
    settings = settings_of(crm_url, table="sicht")
    async with opened(settings) as source:
        assert await by_number(source, settings, "+12025550101") == [ANNS_RECORD]
        assert await by_account(source, settings, "1004") == []


@run_async
async def test_a_select_of_ones_own_with_one_row_for_each_telephone(crm_url: str) -> None:
    place = 'vertrieb."Kunden Stamm"' if "postgresql" in crm_url else '"Kunden Stamm"'
    cast = "kd_nr::text" if "postgresql" in crm_url else "CAST(kd_nr AS text)"
    name = """"Nachname" || ', ' || coalesce(vorname, ':-%')"""
    one = f"SELECT {cast} AS nr, {name} AS wer, klasse, {{}} AS tel FROM {place}"
    settings = settings_of(
        crm_url,
        select=f"{one.format(chr(34) + 'Tel. privat' + chr(34))} UNION ALL {one.format('tel_mobil')};",
        columns={"id": "nr", "name": "wer", "numbers": "tel", "tier": "klasse"},
        attributes={},
    )
    async with opened(settings) as source:
        (ann,) = await by_number(source, settings, "+12025550101")
        assert (ann.key, ann.name, ann.tier) == ("1001", "O'Hara, Ann", "platinum")
        ben, cleo = await by_number(source, settings, "+12025550199")
        assert (ben.key, cleo.name) == ("1002", "Cleo, :-%")
        (ben,) = await by_account(source, settings, "1002")
        assert sorted(ben.numbers) == ["+12025550102", "+12025550199"], "of both of its rows"


@run_async
async def test_numbers_may_be_made_alike_by_the_database_itself(crm_url: str) -> None:
    expression = (
        "regexp_replace({column}, '[^0-9]', '', 'g')"
        if "postgresql" in crm_url
        else "replace(replace(replace(replace({column}, '(', ''), ') ', ''), '-', ''), '.', '')"
    )
    settings = settings_of(crm_url, number_expression=expression, number_format=["national_digits", "digits"])
    async with opened(settings) as source:
        assert await by_number(source, settings, "+12025550101") == [ANNS_RECORD]
        assert [one.key for one in await by_number(source, settings, "+12025550102")] == [str(BEN)]
        assert await by_number(source, settings, "+442025550102") == [], "the same digits abroad are somebody else"


@run_async
async def test_a_number_that_is_kept_as_a_number_is_found_by_its_digits(tmp_path: Path) -> None:
    url = make_sqlite(tmp_path / "crm.sqlite3")
    with sqlite3.connect(tmp_path / "crm.sqlite3") as connection:
        connection.execute('ALTER TABLE "Kunden Stamm" ADD COLUMN tel bigint')
        connection.execute('UPDATE "Kunden Stamm" SET tel = 12025550104 WHERE kd_nr = 1004')
    columns = {"id": "Kd UUID", "name": "Nachname", "numbers": "tel"}
    settings = settings_of(url, columns=columns, attributes={}, number_format=["e164", "digits"])
    async with opened(settings) as source:
        assert [one.key for one in await by_number(source, settings, "+12025550104")] == [str(DORA)]


@run_async
async def test_number_of_a_switchboard_gives_only_so_many_customers(tmp_path: Path) -> None:
    url = make_sqlite(tmp_path / "crm.sqlite3")
    with sqlite3.connect(tmp_path / "crm.sqlite3") as connection:
        for n in range(3 * MAX_SHARING):
            connection.execute(
                'INSERT INTO "Kunden Stamm" ("Kd UUID", tel_mobil) VALUES (?, ?)', (f"x{n:03}", "+12025550177")
            )
    settings = settings_of(url)
    async with opened(settings) as source:
        found = await by_number(source, settings, "+12025550177")
        assert [one.key for one in found] == [f"x{n:03}" for n in range(MAX_SHARING)]


# ---- what keeps us from asking


@run_async
async def test_what_is_not_there_is_named_and_is_found_when_it_comes(crm_url: str) -> None:
    settings = settings_of(crm_url, table="Kunden Stam")
    async with opened(settings) as source:
        with pytest.raises(SourceError, match=r"no table or view `Kunden Stam`. Did you mean `Kunden Stamm`\?"):
            await source.by_number("+12025550101")
    columns = {"id": "Kd UUID", "name": "Nachnahme", "numbers": "tel_mobil"}
    settings = settings_of(crm_url, columns=columns, attributes={})
    async with opened(settings) as source:
        for _ in range(2):
            with pytest.raises(
                SourceError, match=r"table Kunden Stamm has no column `Nachnahme`. Did you mean `Nachname`"
            ):
                await source.by_account(str(BEN))
        if "sqlite" in crm_url:
            with sqlite3.connect(crm_url.partition(":///")[2]) as connection:
                connection.execute('ALTER TABLE "Kunden Stamm" RENAME COLUMN "Nachname" TO "Nachnahme"')
            (ben,) = await by_account(source, settings, str(BEN))
            assert ben.name == "Ruiz"


@run_async
async def test_a_table_that_is_changed_meanwhile_is_looked_at_again(tmp_path: Path) -> None:
    file = tmp_path / "crm.sqlite3"
    settings = settings_of(make_sqlite(file))

    def change(statement: str) -> None:
        with sqlite3.connect(file) as connection:
            connection.execute(statement)

    async with opened(settings) as source:
        assert await by_account(source, settings, "1001") == [ANNS_RECORD]
        change('ALTER TABLE "Kunden Stamm" RENAME COLUMN klasse TO stufe')
        with pytest.raises(SourceError, match="no such column"):
            await source.by_account("1001")
        with pytest.raises(SourceError, match="the table Kunden Stamm has no column `klasse`"):
            await source.by_account("1001")
        change('ALTER TABLE "Kunden Stamm" RENAME COLUMN stufe TO klasse')
        assert await by_account(source, settings, "1001") == [ANNS_RECORD]


@run_async
async def test_a_select_that_lacks_a_column_says_so(crm_url: str) -> None:
    settings = settings_of(
        crm_url,
        select="SELECT 1 AS nr, 'x' AS tel",
        columns={"id": "nr", "name": "wer", "numbers": "tel"},
        attributes={},
    )
    async with opened(settings) as source:
        with pytest.raises(SourceError, match="the SELECT has no column `wer`"):
            await source.by_number("+12025550101")


@run_async
async def test_nothing_can_be_written(crm_url: str) -> None:
    if "postgresql" in crm_url:
        settings = settings_of(crm_url, select="SELECT * FROM vertrieb.zaehlen()")
        async with opened(settings) as source:
            with pytest.raises(SourceError, match="read-only transaction"):
                await source.by_number("+12025550101")
        return
    async with opened(settings_of(crm_url)) as source:
        with pytest.raises(SourceError, match="readonly"):
            await source._within(lambda connection: connection.exec_driver_sql('DELETE FROM "Kunden Stamm"'))


@run_async
async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    async with opened(settings_of(f"sqlite:///{tmp_path}/away.sqlite3")) as source:
        with pytest.raises(SourceError, match="unable to open database file"):
            await source.by_number("+12025550101")
    assert os.listdir(tmp_path) == []


@pytest.mark.postgres
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@run_async
async def test_a_wrong_password_is_told_without_it(postgres_url: str, driver: str) -> None:
    url = postgres_url.replace("postgresql://callcenter:", f"postgresql+{driver}://callcenter:hush")
    async with opened(settings_of(url)) as source:
        with pytest.raises(SourceError, match="password authentication failed") as raised:
            await source.by_number("+12025550101")
    assert "hush" not in str(raised.value)
    assert "hush" not in source.asked("+12025550101", None)


@pytest.mark.postgres
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@run_async
async def test_a_server_that_was_away_is_asked_again(
    postgres_url: str, postgres_cluster: PostgresCluster, driver: str
) -> None:
    url = make_postgres(postgres_url).replace("postgresql:", f"postgresql+{driver}:")
    settings = settings_of(url)
    async with opened(settings) as source:
        assert await by_number(source, settings, "+12025550101") == [ANNS_RECORD]
        await asyncio.to_thread(postgres_cluster.stop)
        try:
            with pytest.raises(SourceError, match="the CRM's database cannot be asked"):
                await source.by_number("+12025550101")
        finally:
            await asyncio.to_thread(postgres_cluster.start)
        assert await by_number(source, settings, "+12025550101") == [ANNS_RECORD]


@pytest.mark.postgres
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@run_async
async def test_questions_are_bounded_in_number_and_time(postgres_url: str, driver: str) -> None:
    make_postgres(postgres_url)
    url = postgres_url.replace("postgresql:", f"postgresql+{driver}:")
    settings = settings_of(url).model_copy(update={"lookup_limit_s": 3.0})
    count = (
        "SELECT count(*), count(*) FILTER (WHERE wait_event_type = 'Lock') FROM pg_stat_activity "
        "WHERE application_name = 'callcenter' AND datname = current_database()"
    )
    async with opened(settings, concurrency=2) as source:
        await source.by_account("1001")
        with psycopg.connect(postgres_url) as other, psycopg.connect(postgres_url, autocommit=True) as watcher:
            other.execute('LOCK TABLE vertrieb."Kunden Stamm" IN ACCESS EXCLUSIVE MODE')
            asking = [asyncio.create_task(source.by_account("1001")) for _ in range(5)]
            async with asyncio.timeout(2.5):
                while watcher.execute(count).fetchone() != (2, 2):  # noqa: ASYNC110 - no event tells it
                    await asyncio.sleep(0.01)
            other.rollback()
            assert [len(found) for found in await asyncio.gather(*asking)] == [1] * 5
            other.execute('LOCK TABLE vertrieb."Kunden Stamm" IN ACCESS EXCLUSIVE MODE')
            with pytest.raises(SourceError, match="cannot be asked"):
                await source.by_account("1001")  # the statement has a limit of its own, also in a thread

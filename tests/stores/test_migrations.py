from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from callcenter.stores import (
    figure_tables,  # noqa: F401 - its tables are among those of Base
    migrations,
)
from callcenter.stores.database import open_database
from callcenter.stores.migrations import MigrationError, migrate
from callcenter.stores.tables import Base
from tests.database_fixtures import migrated
from tests.helpers import run_async


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, Base.metadata))


@run_async
async def test_migrated_schema_is_the_one_that_the_tables_describe(database_url: str) -> None:
    async with migrated(database_url) as database, database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
        tables = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    assert tables == {*Base.metadata.tables, "alembic_version"}


@run_async
async def test_primary_keys_are_the_ones_that_the_tables_describe(database_url: str) -> None:
    def keys(sync: Connection) -> dict[str, list[str]]:
        return {name: inspect(sync).get_pk_constraint(name)["constrained_columns"] for name in Base.metadata.tables}

    async with migrated(database_url) as database, database.engine.connect() as connection:
        found = await connection.run_sync(keys)
    assert found == {
        name: [column.name for column in table.primary_key] for name, table in Base.metadata.tables.items()
    }


@run_async
async def test_migrating_twice_keeps_what_is_there(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await connection.execute(text("INSERT INTO customer (account, name, tier) VALUES ('a', 'Ann', 'gold')"))
        await migrate(database.engine)
        async with database.engine.connect() as connection:
            assert (await connection.execute(text("SELECT name FROM customer"))).scalar_one() == "Ann"


def _upgrade_to_0001(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.dialect.name == "sqlite" else "SELECT 1")
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


@run_async
async def test_database_of_version_0001_keeps_its_data_and_gets_what_is_new(database_url: str) -> None:
    database = open_database(database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(_upgrade_to_0001)
        for statement in (
            "INSERT INTO customer (id, account, name, tier, notes) VALUES (7, 'a', 'Ann', 'gold', 'kind')",
            "INSERT INTO customer_number (number, customer_id) VALUES ('+12125550123', 7)",
            "INSERT INTO segment (contact_id, number, kind, started_ms, ended_ms) VALUES ('c1', 1, 'talk', 1, 2)",
            "INSERT INTO early_disposition (contact_id, handled_ms) VALUES ('c1', 5)",
        ):
            await connection.execute(text(statement))
    await migrate(database.engine)
    await migrate(database.engine)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
        customer = (await connection.execute(text("SELECT id, name, notes, account_manager FROM customer"))).one()
        assert tuple(customer) == (7, "Ann", "kind", None)
        kept = {"customer_number": 1, "segment": 1, "early_disposition": 1, "decision": 0, "customer_attribute": 0}
        kept |= {"rule_version": 0, "contact_tag": 0, "log_cursor": 0}
        for table, rows in kept.items():
            assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == rows
    await database.close()


@run_async
async def test_schema_of_a_newer_version_is_refused_in_words(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(MigrationError, match=r"9999.*start the version that made it"):
            await migrate(database.engine)


@run_async
async def test_failed_migration_leaves_nothing_behind(database_url: str) -> None:
    database = open_database(database_url)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE segment (stranger INTEGER)"))
    with pytest.raises(Exception, match="segment"):
        await migrate(database.engine)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["segment"]
    await database.close()

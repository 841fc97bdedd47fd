import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

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

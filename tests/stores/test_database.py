import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from callcenter.stores.database import (
    DatabaseUnavailableError,
    DatabaseUrlError,
    default_url,
    open_database,
    open_existing,
)
from lab.postgres import PostgresCluster
from tests.database_fixtures import migrated
from tests.helpers import run_async


@run_async
async def test_health_of_a_database_that_answers(database_url: str) -> None:
    async with migrated(database_url) as database:
        health = await database.health()
    assert health.ok, health.words


@run_async
async def test_sqlite_lets_readers_in_while_a_writer_is_at_work(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        async with database.engine.connect() as reader:
            assert (await reader.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
            assert (await reader.execute(text("PRAGMA foreign_keys"))).scalar_one() == 1
        async with database.engine.begin() as writer, database.engine.connect() as reader:
            await writer.execute(text("INSERT INTO customer (account, name, tier) VALUES ('a', 'Ann', 'gold')"))
            assert (await reader.execute(text("SELECT count(*) FROM customer"))).scalar_one() == 0
    assert (tmp_path / "callcenter.sqlite3").exists()


@run_async
async def test_health_names_a_sqlite_file_that_cannot_be_opened(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/no/such/folder/file.sqlite3")
    health = await database.health()
    assert not health.ok
    assert "no/such/folder" in health.words
    await database.close()


@run_async
async def test_health_of_a_server_that_is_not_there_hides_the_password() -> None:
    database = open_database("postgresql://someone:very-secret@127.0.0.1:1/nothing")
    health = await database.health()
    assert not health.ok
    assert "127.0.0.1:1" in health.words
    assert "very-secret" not in health.words
    await database.close()


@run_async
async def test_health_of_a_server_that_accepts_and_says_nothing_does_not_wait_for_ever() -> None:
    connections: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: connections.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = open_database(f"postgresql://someone@127.0.0.1:{port}/nothing")
    health = await database.health()
    assert not health.ok
    assert "has not answered" in health.words
    await database.close()
    for writer in connections:
        writer.close()
    server.close()


@pytest.mark.postgres
@run_async
async def test_health_names_a_connection_that_is_lost_before_it_is_set_up(postgres_cluster: PostgresCluster) -> None:
    database = open_database(postgres_cluster.url())

    def cut(connection: Any, _: object) -> None:
        connection.driver_connection.terminate()

    event.listen(database.engine.sync_engine, "connect", cut, insert=True)  # before SQLAlchemy's own
    health = await database.health()
    await database.close()
    assert not health.ok
    assert "connection is closed" in health.words


@pytest.mark.postgres
@run_async
async def test_health_follows_a_server_that_goes_and_comes_back(postgres_cluster: PostgresCluster) -> None:
    database = open_database(postgres_cluster.url())
    assert (await database.health()).ok
    await asyncio.to_thread(postgres_cluster.stop)
    try:
        assert not (await database.health()).ok
    finally:
        await asyncio.to_thread(postgres_cluster.start)
    assert (await database.health()).ok
    await database.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host/name", "mysql"),
        ("not an address", "not an address"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("postgresql+psycopg2://host/name", r"postgresql\+psycopg2"),
    ],
)
def test_address_that_cannot_be_used_is_refused_with_a_remedy(url: str, words: str) -> None:
    with pytest.raises(DatabaseUrlError, match=words) as caught:
        open_database(url)
    assert "database.url" in str(caught.value)
    assert "sqlite:///FILE" in str(caught.value)


@pytest.mark.parametrize("url", ["postgres://host/name", "postgresql://host/name", "postgresql+asyncpg://host/name"])
def test_driver_is_ours_to_choose(url: str) -> None:
    assert open_database(url).engine.url.drivername == "postgresql+asyncpg"


@run_async
async def test_a_command_opens_only_a_database_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailableError, match=r"there is no database .*callcenter\.sqlite3 yet"):
        open_existing(None, tmp_path)
    with pytest.raises(DatabaseUnavailableError, match="is not supported"):
        open_existing("mysql://host/name", tmp_path)
    with pytest.raises(DatabaseUnavailableError):
        open_existing("not an address", tmp_path)
    assert list_of(tmp_path) == []
    async with migrated(default_url(tmp_path)):
        database = open_existing(None, tmp_path)
    assert (await database.health()).ok
    await database.close()
    assert open_existing("postgresql://host/name", tmp_path).engine.url.host == "host"


def list_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())

"""Tests that must hold on either database ask for `database_url`, and open it with `migrated`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.stores.database import Database, open_database
from callcenter.stores.migrations import migrate


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.sqlite3"
    url: str = request.getfixturevalue("postgres_url")
    return url


@asynccontextmanager
async def migrated(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    try:
        await migrate(database.engine)
        yield database
    finally:
        await database.close()

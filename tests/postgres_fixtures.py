"""The fixtures `postgres_cluster` and `postgres_url`: a real PostgreSQL, made once for all tests (see lab.postgres)."""

import os
from collections.abc import Iterator

import pytest

from lab.postgres import PostgresCluster, find_binaries


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """Skips, or fails where CALLCENTER_REQUIRE_ALL=1, if this machine has no PostgreSQL."""
    binaries = find_binaries()
    if binaries is None:
        words = "no PostgreSQL server was found (Debian: apt-get install postgresql)"
        if os.environ.get("CALLCENTER_REQUIRE_ALL") == "1":
            pytest.fail(words)
        pytest.skip(words)
    cluster = PostgresCluster(binaries)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def postgres_url(postgres_cluster: PostgresCluster) -> str:
    """An empty database of the test's own."""
    return postgres_cluster.new_database()

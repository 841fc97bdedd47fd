import asyncio
import secrets
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import OperationalError

from callcenter.crm.keys import LOWEST, ids_of, made_up_id
from callcenter.crm.records import Record
from callcenter.stores.database import default_url, open_database
from callcenter.stores.tables import CustomerKeyRow
from tests.database_fixtures import migrated
from tests.helpers import run_async

ANN, BEN = Record("uuid-of-ann", "1001", "Ann", "gold"), Record("Ünïcode / 7", "1002", "Ben", "gold")


@run_async
async def test_a_key_leads_to_the_same_id_for_ever_and_to_no_one_elses(database_url: str) -> None:
    async with migrated(database_url) as database:
        first = await ids_of(database.engine, "crm", [ANN])
        both = await ids_of(database.engine, "crm", [BEN, ANN])
        assert both[ANN.key] == first[ANN.key]
        assert len(set(both.values())) == 2
        assert all(LOWEST <= id_ < 1 << 53 for id_ in both.values()), "above our own customers', and a browser reads it"
        other = await ids_of(database.engine, "other", [ANN, BEN])
        assert not set(other.values()) & set(both.values()), "the same key in another CRM is somebody else"
        assert await ids_of(database.engine, "crm", []) == {}


@run_async
async def test_the_account_is_kept_as_it_was_last_seen(database_url: str) -> None:
    async with migrated(database_url) as database:
        await ids_of(database.engine, "crm", [ANN, BEN])
        await ids_of(database.engine, "crm", [Record(ANN.key, "1009", "Ann", "gold"), BEN])
        async with database.engine.connect() as connection:
            rows = (await connection.execute(select(CustomerKeyRow.key, CustomerKeyRow.account))).all()
        assert {tuple(row) for row in rows} == {(ANN.key, "1009"), (BEN.key, "1002")}


@run_async
async def test_who_comes_first_at_once_gets_one_id(database_url: str) -> None:
    async with migrated(database_url) as database:
        found = await asyncio.gather(*(ids_of(database.engine, "crm", [ANN]) for _ in range(6)))
        assert len({ids[ANN.key] for ids in found}) == 1


@run_async
async def test_an_erased_id_is_not_given_again(database_url: str) -> None:
    async with migrated(database_url) as database:
        before = await ids_of(database.engine, "crm", [ANN])
        async with database.engine.begin() as connection:
            await connection.execute(delete(CustomerKeyRow))
        assert (await ids_of(database.engine, "crm", [ANN]))[ANN.key] != before[ANN.key]


@run_async
async def test_an_id_that_is_taken_is_drawn_again(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = [5, 5, 6]
    monkeypatch.setattr(secrets, "randbits", lambda bits: draws.pop(0))
    async with migrated(database_url) as database:
        taken = {"id": LOWEST + 5, "source": "crm", "key": "somebody", "account": "9"}
        async with database.engine.begin() as connection:
            await connection.execute(insert(CustomerKeyRow), [taken])
        assert await ids_of(database.engine, "crm", [ANN]) == {ANN.key: LOWEST + 6}


@run_async
async def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    database = open_database(default_url(tmp_path / "away"))
    with pytest.raises(OperationalError):
        await ids_of(database.engine, "crm", [ANN])
    await database.close()


def test_an_id_that_is_made_up_leads_nowhere() -> None:
    ids = {made_up_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(-(1 << 53) < id_ < 0 for id_ in ids)

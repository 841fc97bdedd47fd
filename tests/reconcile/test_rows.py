"""The log as a stream: pages in the order of arrival, each contact with its rows, none twice and none left out."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.numbers import to_e164
from callcenter.reconcile.rows import Range, contacts, one_moment, strangers, table, without_contact
from callcenter.stores.contact_rows import write_batch
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.records import contact, decision, segment


async def filled(engine: AsyncEngine) -> None:
    arrivals = {"b": 5, "a": 5, "c": 5, "d": 7, "e": 9}
    records = [contact(one, arrived_ms=at) for one, at in arrivals.items()]
    more = [segment(one, number) for one in ("a", "e", "zz") for number in (2, 1)] + [decision("zz")]
    async with engine.begin() as connection:
        await write_batch(connection, [*records, *more], lambda caller: to_e164(caller, "US"))


async def ids(engine: AsyncEngine, between: Range, page: int) -> list[list[str]]:
    async with one_moment(engine) as connection:
        return [[log.id for log in logs] async for logs in contacts(connection, between, page)]


@run_async
async def test_pages_hold_each_contact_once_in_the_order_of_arrival(database_url: str) -> None:
    async with migrated(database_url) as database:
        assert await ids(database.engine, (None, None), 2) == []
        await filled(database.engine)
        assert await ids(database.engine, (None, None), 2) == [["a", "b"], ["c", "d"], ["e"]]
        assert await ids(database.engine, (6, 9), 10) == [["d"]]
        async with one_moment(database.engine) as connection:
            [logs] = [logs async for logs in contacts(connection, (None, None))]
            assert [len(log.segments) for log in logs] == [2, 0, 0, 0, 2]
            assert [one.number for one in logs[0].segments] == [1, 2]


@run_async
async def test_rows_without_a_contact_are_found(database_url: str) -> None:
    async with migrated(database_url) as database:
        await filled(database.engine)
        async with one_moment(database.engine) as connection:
            assert [found async for found in strangers(connection, "segment", 1)] == [["zz"]]
            assert [found async for found in strangers(connection, "note")] == []
            [log] = await without_contact(connection, ["zz"])
            assert (log.contact, len(log.segments), len(log.decisions)) == (None, 2, 1)


@run_async
async def test_what_is_written_meanwhile_is_not_seen(database_url: str) -> None:
    async with migrated(database_url) as database:
        await filled(database.engine)
        async with one_moment(database.engine) as connection:
            first = [log.id async for logs in contacts(connection, (None, None)) for log in logs]
            async with database.engine.begin() as other:
                await other.execute(
                    insert(table("contact_tag")), [{"contact_id": "none", "tag": "t"}, {"contact_id": "a", "tag": "t"}]
                )
            assert [found async for found in strangers(connection, "contact_tag")] == []
            assert [log.id async for logs in contacts(connection, (None, None)) for log in logs] == first

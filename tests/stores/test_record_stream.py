from pathlib import Path

import pytest

from callcenter.events import AgentReady
from callcenter.stores.codec import encode_record
from callcenter.stores.journal import Entry, Journal
from callcenter.stores.record_stream import RecordsUnavailableError
from callcenter.types import AgentId
from tests.helpers import run_async
from tests.redis_fixtures import running_redis
from tests.stores.records import segment

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]


@run_async
async def test_records_are_read_page_by_page_and_trimmed_behind(tmp_path: Path) -> None:
    made = [segment("c1", n) for n in range(3)]
    async with running_redis(tmp_path) as server:
        journal = Journal(server.url)
        await journal.load()
        await journal.append([Entry(1, AgentReady(AgentId("a")), made)] * 2)
        first = await journal.records.read("0-0", 4)
        assert [record_id for record_id, _ in first.records] == ["1-1", "1-2", "1-3", "2-1"]
        assert [data for _, data in first.records[:3]] == [encode_record(record) for record in made]
        assert first.in_all == 6
        rest = await journal.records.read("2-1", 4)
        assert [record_id for record_id, _ in rest.records] == ["2-2", "2-3"]
        await journal.records.trim("2-2")
        assert [record_id for record_id, _ in (await journal.records.read("0-0", 9)).records] == ["2-3"]
        assert await journal.records.last_number() == 2
        await journal.close()


@run_async
async def test_name_is_there_once_the_journal_has_been_begun_and_stays(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server:
        journal = Journal(server.url)
        await journal.load()
        with pytest.raises(RecordsUnavailableError, match="not been begun"):
            await journal.records.name()
        assert await journal.records.last_number() == 0
        await journal.find_place()
        name = await journal.records.name()
        assert name == journal.name
        await journal._client.flushall()
        await journal.save_snapshot(b"state", 1, beyond=True)
        assert await journal.records.name() == name, "the cursor in the database is for this name"
        await journal.close()


@run_async
async def test_server_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    journal = Journal(f"unix://{tmp_path}/nothing.sock")
    for attempt in (journal.records.name(), journal.records.read("0-0", 1), journal.records.trim("1-1")):
        with pytest.raises(RecordsUnavailableError, match="Redis cannot be used"):
            await attempt
    await journal.close()

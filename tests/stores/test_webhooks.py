from dataclasses import replace

import pytest

from callcenter.records import RecordNotice
from callcenter.stores import webhooks
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import Database, DatabaseUnavailableError, default_url, open_database
from callcenter.stores.webhooks import KeptWebhook, Webhooks
from tests.database_fixtures import migrated
from tests.helpers import run_async

HOOK = KeptWebhook("w1", "https://example.org", ("contact.arrived",), "secret", "root", 1_000)


async def happened(database: Database, *ids: str) -> None:
    async with database.engine.begin() as connection:
        records = [RecordNotice(one, "contact.arrived", 5, "{}") for one in ids]
        await write_batch(connection, records, lambda number: number)


@run_async
async def test_a_webhook_begins_with_what_comes_after_it(database_url: str) -> None:
    async with migrated(database_url) as database:
        kept = Webhooks(database.engine)
        await happened(database, "e1", "e2")
        await kept.add(HOOK)
        assert [hook.delivered for hook in await kept.all()] == [2]
        await happened(database, "e3", "e3", "e4")
        assert [event.id for event in await kept.next(2, 10)] == ["e3", "e4"], "what is written twice is there once"
        assert await kept.waiting() == {"w1": 2}
        await kept.delivered("w1", (await kept.next(2, 1))[0].number)
        assert await kept.waiting() == {"w1": 1}
        assert await kept.remove("w1")
        assert not await kept.remove("w1")
        assert await kept.all() == []


@run_async
async def test_a_webhook_that_is_changed_keeps_its_place_and_its_secret(database_url: str) -> None:
    async with migrated(database_url) as database:
        kept = Webhooks(database.engine)
        await kept.add(HOOK)
        await happened(database, "e1")
        assert await kept.change("w1", "https://example.net", ("queue.state", "alert.raised"))
        assert not await kept.change("w2", "https://example.net", ("queue.state",))
        changed = replace(HOOK, url="https://example.net", events=("queue.state", "alert.raised"))
        assert await kept.all() == [changed]
        assert await kept.waiting() == {"w1": 1}


@run_async
async def test_a_dead_letter_and_the_cursor_go_together(database_url: str) -> None:
    async with migrated(database_url) as database:
        kept = Webhooks(database.engine)
        await kept.add(HOOK)
        await happened(database, "e1", "e2")
        for event in await kept.next(0, 10):
            await kept.give_up("w1", event, 8, "x" * 600, 9_000)
        assert await kept.waiting() == {"w1": 0}
        second, first = await kept.dead_letters("w1", None, 10)
        assert (first.event_id, second.event_id, len(first.error)) == ("e1", "e2", 500)
        assert await kept.dead_letters("w1", second.number, 10) == [first]
        assert await kept.dead_letters("other", None, 10) == []
        await kept.remove("w1")
        assert await kept.dead_letters("w1", None, 10) == []


@run_async
async def test_a_dead_letter_that_is_tried_again_keeps_its_time_and_goes_when_it_is_taken(database_url: str) -> None:
    async with migrated(database_url) as database:
        kept = Webhooks(database.engine)
        await kept.add(HOOK)
        await happened(database, "e1", "e2")
        for event in await kept.next(0, 10):
            await kept.give_up("w1", event, 8, "500", 9_000)
        second, first = await kept.dead_letters("w1", None, 10)
        assert await kept.dead_letter("w1", first.number) == first
        assert await kept.dead_letter("other", first.number) is None
        await kept.note_attempt("w1", first.number, "x" * 600)
        await kept.note_attempt("other", second.number, "no")
        assert await kept.dead_letters("w1", None, 10) == [second, replace(first, attempts=9, error="x" * 500)]
        await kept.remove_letter("other", first.number)
        await kept.remove_letter("w1", first.number)
        await kept.remove_letter("w1", first.number)
        await kept.note_attempt("w1", first.number, "gone meanwhile")
        assert await kept.dead_letters("w1", None, 10) == [second]
        assert await kept.dead_letter("w1", first.number) is None


@run_async
async def test_what_each_has_is_removed_and_numbers_go_on(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with migrated(database_url) as database:
        kept = Webhooks(database.engine)
        await kept.add(HOOK)
        await kept.add(replace(HOOK, id="w2"))
        await happened(database, "e1", "e2", "e3")
        await kept.delivered("w1", 3)
        await kept.delivered("w2", 1)
        assert await kept.tidy() == 0
        assert [event.number for event in await kept.next(0, 10)] == [2, 3]
        await kept.delivered("w2", 3)
        assert await kept.tidy() == 0
        await happened(database, "e4")
        assert [(event.number, event.id) for event in await kept.next(3, 10)] == [(4, "e4")]
        monkeypatch.setattr(webhooks, "MAX_EVENTS", 2)
        await happened(database, "e5", "e6", "e7")
        assert await kept.tidy() == 2, "the two oldest that nobody has"
        assert [event.id for event in await kept.next(0, 10)] == ["e6", "e7"]


@run_async
async def test_a_database_without_tables_is_not_available(tmp_path: object) -> None:
    database = open_database(default_url(tmp_path))  # type: ignore[arg-type]
    with pytest.raises(DatabaseUnavailableError):
        await Webhooks(database.engine).all()
    await database.close()

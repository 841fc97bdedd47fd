"""The log read back: one contact's story, and contacts looked for page by page, on both databases."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.stores.database import DatabaseUnavailableError
from callcenter.stores.stories import find, read_story
from callcenter.stores.tables import CustomerRow
from callcenter.stories import RecordNote, Wanted
from callcenter.types import AgentId, ContactId, Outcome, QueueName, SegmentKind
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import no_database, started
from tests.stores.records import contact, decision, disposition, segment


def note(id_: str, number: int, text: str = "wants a quote") -> RecordNote:
    return RecordNote(f"{id_}.{number}", ContactId(id_), 5_000 + number, "ann", text)


async def with_customer(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        values = {"id": 7, "account": "A-7", "name": "Dana", "tier": "gold"}
        await connection.execute(CustomerRow.__table__.insert(), values)  # type: ignore[attr-defined]


@run_async
async def test_a_story_has_all_that_was_recorded_in_order(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        await with_customer(database.engine)
        for record in (
            segment("c1", 2, kind=SegmentKind.TALK, result=None),
            segment("c1", 1),
            decision("c1", 2),
            decision("c1", 1, words="routed", by=None),
            note("c1", 2, "second"),
            note("c1", 1, "first"),
            note("c1", 1, "written twice"),
            replace(disposition("c1"), follow_up_on="2026-12-24"),
            contact("c1", customer=7, tags=("vip", "eu")),
        ):
            log.execute(record)
        await log.flush()
        story = await read_story(database.engine, "c1")
        assert story is not None
        assert (story.contact.outcome, story.contact.disposition, story.contact.tags) == (
            "answered",
            "resolved",
            ("eu", "vip"),
        )
        assert (story.contact.follow_up_on, story.contact.state) == ("2026-12-24", None)
        assert story.customer is not None
        assert (story.customer.account, story.customer.name) == ("A-7", "Dana")
        assert [(one.number, one.kind) for one in story.segments] == [(1, "offer"), (2, "talk")]
        assert [(one.words, one.by) for one in story.decisions] == [
            ("routed", None),
            ("moved from sales to support", "greta"),
        ]
        assert [one.text for one in story.notes] == ["first", "second"]
        assert (story.agents, story.queues) == (("ann",), ("sales", "support"))
        assert await read_story(database.engine, "nobody") is None


@run_async
async def test_the_log_is_searched_by_what_is_known(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        await with_customer(database.engine)
        for n in range(4):
            log.execute(contact(f"c{n}", arrived_ms=1_000 * n))
        log.execute(contact("dana", customer=7, caller="+4930901234", arrived_ms=10_000, agent=AgentId("bob")))
        log.execute(
            contact("gone", outcome=Outcome.ABANDONED, queue=QueueName("support"), account="B-1", arrived_ms=11_000)
        )
        log.execute(replace(disposition("dana"), agent=AgentId("bob"), follow_up_on="2026-12-24"))
        await log.flush()

        async def found(**wanted: object) -> list[str]:
            return [one.id for one in await find(database.engine, Wanted(**wanted))]  # type: ignore[arg-type]

        assert await found() == ["gone", "dana", "c3", "c2", "c1", "c0"]
        assert await found(number="+4930901234") == ["dana"]
        assert await found(account="A-7") == ["dana"]
        assert await found(account="B-1") == ["gone"]
        assert await found(agent="bob") == ["dana"]
        assert await found(queue="support") == ["gone"]
        assert await found(queues=("support",)) == ["gone"]
        assert await found(outcome="abandoned") == ["gone"]
        assert await found(from_ms=1_000, to_ms=3_000) == ["c2", "c1"]
        assert await found(follow_up_until="2026-12-24") == ["dana"]
        assert await found(follow_up_until="2026-12-23") == []


@run_async
async def test_pages_neither_repeat_nor_hide_a_contact(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        for n in range(10):
            log.execute(contact(f"c{n}", arrived_ms=1_000 * (n // 4)))  # several in one millisecond
        await log.flush()
        seen: list[str] = []
        after = None
        while page := await find(database.engine, Wanted(limit=3, after=after)):
            seen += [one.id for one in page]
            after = page[-1].arrived_ms, page[-1].id
            log.execute(contact(f"new{len(seen)}", arrived_ms=99_000))
            await log.flush()
        assert seen == ["c9", "c8", "c7", "c6", "c5", "c4", "c3", "c2", "c1", "c0"]


@run_async
async def test_a_pops_last_contacts_have_their_notes(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(contact("c1", customer=7))
        log.execute(note("c1", 1))
        log.execute(replace(disposition("c1"), follow_up_on="2026-12-24"))
        await log.flush()
        (past,) = await log.recent([7], None)
        assert [one.text for one in past.notes] == ["wants a quote"]
        assert past.follow_up_on == "2026-12-24"


@run_async
async def test_a_database_that_is_away_says_so(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, _):
        with pytest.raises(DatabaseUnavailableError):
            await find(engine, Wanted())

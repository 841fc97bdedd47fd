"""A contact wherever it is: in the engine while it goes on, in the log when it is over, in both in between."""

from pathlib import Path

import pytest

from callcenter.contact_book import ContactBook
from callcenter.desktop.desk import DeskUnavailableError
from callcenter.events import NoteAdded
from callcenter.stores.codec import Record
from callcenter.stories import Wanted
from callcenter.types import ContactId
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.playbook import Playbook, agent, answered, arrived, configuration, customer, found, left
from tests.stores.logs import no_database, started

CONFIG = configuration(agent("ada"))


@run_async
async def test_a_contact_that_goes_on_is_told_by_the_engine_and_by_the_log(database_url: str, tmp_path: Path) -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna", caller="+4930901234")).at(1_100, found("anna", customer(7)))
    recorded = [command for command in story.came if isinstance(command, Record)]
    recorded += [one for one in story.at(2_000, answered("anna.1")).came if isinstance(one, Record)]
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        book = ContactBook(database.engine, lambda: story.engine, "DE")
        for record in recorded:
            log.execute(record)
        await log.flush()
        told = await book.story(ContactId("anna"))
        assert told is not None
        assert (told.contact.state, told.contact.outcome, told.contact.agent) == ("connected", None, "ada")
        assert told.customer is not None
        assert told.customer.name == "Customer 7"
        assert [one.kind for one in told.segments] == ["waiting", "offer"]
        assert told.decisions[0].kind == "routed"
        story.at(3_000, NoteAdded("n1", ContactId("anna"), "ada", "asks for a refund"))
        told = await book.story(ContactId("anna"))
        assert told is not None
        assert [one.text for one in told.notes] == ["asks for a refund"]  # before the log has it
        for record in [one for one in story.at(4_000, left("anna")).came if isinstance(one, Record)]:
            log.execute(record)
        await log.flush()
        told = await book.story(ContactId("anna"))
        assert told is not None
        assert told.contact.state == "ended"  # in wrap-up still
        assert [one.id for one in await book.find(Wanted(number="+4930901234"))] == ["anna"]
        assert await book.story(ContactId("nobody")) is None


@run_async
async def test_without_the_database_one_that_goes_on_is_told_as_far_as_it_is_known(tmp_path: Path) -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"))
    async with no_database(tmp_path) as (engine, _):
        book = ContactBook(engine, lambda: story.engine, "DE")
        told = await book.story(ContactId("anna"))
        assert told is not None
        assert told.partial is not None
        assert told.contact.state == "offered"
        with pytest.raises(DeskUnavailableError):
            await book.story(ContactId("nobody"))
        with pytest.raises(DeskUnavailableError):
            await book.find(Wanted())
        assert book.number("030 901234") == "+4930901234"

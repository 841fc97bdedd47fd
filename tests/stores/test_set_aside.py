"""What the contact log takes from files that were set aside, on SQLite and PostgreSQL."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from callcenter.commands import RecordContact
from callcenter.events import AgentReady
from callcenter.stores import set_aside
from callcenter.stores.codec import Record
from callcenter.stores.database import default_url
from callcenter.stores.journal import Entry, lines_of
from callcenter.stores.journal_file import FILE_NAME, GapFile
from callcenter.stores.retention_marks import Mark, mark_of, move
from callcenter.stores.tables import ContactRow, EarlyDispositionRow, NoteRow, SegmentRow
from callcenter.stories import RecordNote
from callcenter.types import AgentId, ContactId, Outcome
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import RecordsInMemory, rows, started
from tests.stores.records import contact, disposition, segment, until


def put_aside(folder: Path, *records: Record) -> Path:
    """A file of one entry for each record."""
    file = GapFile(folder / FILE_NAME)
    file.open("test")
    entries = [Entry(1, AgentReady(AgentId("ann")), [record]) for record in records]
    file.add(lines_of(entries, 1, 0))
    return file.set_aside()


async def logged(
    url: str, folder: Path, before: Sequence[Record] = ()
) -> list[tuple[str, str, str | None, int | None]]:
    """What a start with the files in the folder makes of the log: id, outcome, disposition and segments of contacts."""
    records = RecordsInMemory()
    records.add(*before)
    async with migrated(url) as database, started(database.engine, folder, records) as log:
        await until(lambda: not set_aside.files_in(folder) and log.log.health().ok, "the files are written")
        segments = [row["contact_id"] for row in await rows(database.engine, SegmentRow)]
        contacts = await rows(database.engine, ContactRow, ContactRow.id)
        assert await rows(database.engine, EarlyDispositionRow) == []
        return [(row["id"], row["outcome"], row["disposition"], segments.count(row["id"])) for row in contacts]


@run_async
async def test_contacts_that_only_the_file_knows_reach_the_log_once(database_url: str, tmp_path: Path) -> None:
    whole: list[Record] = [segment("c1"), segment("c1", 2), contact("c1"), disposition("c1")]
    put_aside(tmp_path, *whole)
    assert await logged(database_url, tmp_path) == [("c1", "answered", "resolved", 2)]
    put_aside(tmp_path, *whole)  # as if the daemon had died before it could note it
    assert await logged(database_url, tmp_path) == [("c1", "answered", "resolved", 2)]


@run_async
async def test_contact_that_another_daemon_has_told_stays_as_it_is(database_url: str, tmp_path: Path) -> None:
    """Also where its record still waits in Redis at the start."""
    before: list[Record] = [segment("c1"), contact("c1", outcome=Outcome.LOST)]
    put_aside(tmp_path, segment("c1"), segment("c1", 2), contact("c1"), segment("c2"), contact("c2"))
    assert await logged(database_url, tmp_path, before) == [
        ("c1", "lost", None, 1),
        ("c2", "answered", None, 1),
    ]


@run_async
async def test_disposition_comes_to_a_contact_that_has_none(database_url: str, tmp_path: Path) -> None:
    before: list[Record] = [contact("c1"), contact("c2"), disposition("c2", "sold")]
    put_aside(tmp_path, disposition("c1"), disposition("c2"), disposition("of nobody"))
    assert await logged(database_url, tmp_path, before) == [
        ("c1", "answered", "resolved", 0),
        ("c2", "answered", "sold", 0),
    ]


@run_async
async def test_contact_whose_end_is_not_in_the_file_is_anothers_to_tell(database_url: str, tmp_path: Path) -> None:
    put_aside(tmp_path, segment("c1"))
    assert await logged(database_url, tmp_path) == []


@run_async
async def test_several_files_are_written_one_after_the_other(tmp_path: Path) -> None:
    many = [contact(f"c{n:03}") for n in range(2 * set_aside.CHUNK + 1)]
    paths = {put_aside(tmp_path, *many), put_aside(tmp_path, contact("d")), put_aside(tmp_path, contact("e"))}
    assert len(paths) == 3
    assert len(await logged(default_url(tmp_path), tmp_path)) == len(many) + 2
    assert (tmp_path / set_aside.WRITTEN).exists()


@run_async
async def test_record_that_the_database_refuses_is_kept_for_a_person_and_the_rest_is_written(
    postgres_url: str, tmp_path: Path
) -> None:
    refused: RecordContact = contact("c2", arrived_ms=2**70)
    put_aside(tmp_path, contact("c1"), refused, contact("c3"))
    assert [one[0] for one in await logged(postgres_url, tmp_path)] == ["c1", "c3"]
    assert b"c2" in (tmp_path / "contact-log.refused.jsonl").read_bytes()


@run_async
async def test_file_that_cannot_be_read_is_said_and_left_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = put_aside(tmp_path, contact("c1"))
    path.write_bytes(b"not ours\n" + path.read_bytes())
    records = RecordsInMemory()
    async with migrated(default_url(tmp_path)) as database, started(database.engine, tmp_path, records) as log:
        await until(lambda: "cannot be written to the contact log" in caplog.text, "it is said")
        log.execute(contact("c2"))
        await log.flush()
        assert [row["id"] for row in await rows(database.engine, ContactRow)] == ["c2"]
    assert path.exists()


@run_async
async def test_of_what_is_older_than_the_log_keeps_nothing_is_added(database_url: str, tmp_path: Path) -> None:
    old, new = contact("c1", ended_ms=899_999), contact("c2", arrived_ms=899_000, ended_ms=900_000)
    notes = [RecordNote(f"n{at_ms}", ContactId("c1"), at_ms, "ann", "at home") for at_ms in (899_000, 900_000)]
    put_aside(tmp_path, segment("c1"), old, disposition("c1"), segment("c2"), new, disposition("c2"), *notes)
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await move(connection, Mark.FACTS, 900_000)
            await move(connection, Mark.PERSONAL, 900_000)
        assert await logged(database_url, tmp_path) == [("c2", "answered", "resolved", 1)]
        assert [row["id"] for row in await rows(database.engine, NoteRow)] == ["n900000"]
        async with database.engine.connect() as connection:
            assert await mark_of(connection, Mark.PERSONAL) == 899_000  # the next run looks at it

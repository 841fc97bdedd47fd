import contextlib
from pathlib import Path

import pytest
from sqlalchemy import insert

from callcenter.commands import RecordContact, RecordDecision
from callcenter.customers.subject import Subject
from callcenter.customers.traces import FileTraces, in_files, in_journal
from callcenter.engine import Engine
from callcenter.events import CallerLeft, ConfigurationLoaded, ContactArrived, CustomersFound, Event, TimePassed
from callcenter.recovery import open_journal
from callcenter.settings import Settings
from callcenter.stores.codec import Record, decode_record, encode_event, encode_record
from callcenter.stores.database import default_url
from callcenter.stores.journal import Entry, Line
from callcenter.stores.journal_file import GapFile, SavedState
from callcenter.stores.personal import ERASED
from callcenter.stores.refused import RefusedRecords
from callcenter.stores.snapshot import encode_snapshot
from callcenter.stores.tables import LogCursorRow
from callcenter.stories import RecordNote
from callcenter.types import ChannelRef, ContactId, Customer, Departure, PbxName, Tier
from tests.customers.world import ANN, ANNS, BEN
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.facts import part, visit
from tests.stores.records import contact, decision, disposition, segment
from tests.test_recovery import CONFIGURATION, arrival

MAIN = PbxName("main")
CALL = ContactArrived(ContactId("a"), ChannelRef(MAIN, "7"), "(202) 555-0101", "", "8001")
FOUND = CustomersFound(ContactId("a"), (Customer(ANN, "1001", "Ann", Tier("gold")),))


def ann(*contacts: str) -> Subject:
    return Subject("US", own_ids={ANN}, ids={ANN}, accounts={"1001"}, numbers={ANNS}, contacts=set(contacts))


# ---- the journal


async def write(
    settings: Settings, events: list[tuple[Event, list[Record]]], *, snapshot_at: int | None = None
) -> tuple[str, str]:
    """What a daemon that has stopped leaves behind; the journal's name, and the id of the last record."""
    engine = Engine.fresh(CONFIGURATION)
    async with contextlib.AsyncExitStack() as closing:
        journal = await open_journal(settings, closing)
        await journal.load()
        await journal.find_place()
        for number, (event, records) in enumerate(events):
            last = await journal.append([Entry(number * 1_000, event, records)])
            engine.handle(number * 1_000, event)
            if number == snapshot_at:
                await journal.save_snapshot(encode_snapshot(engine.snapshot()), last)
        waiting = await journal.records.read("0-0", 10)
        return await journal.records.name(), waiting.records[-1][0] if waiting.records else "0-0"


@pytest.mark.redis
@run_async
async def test_what_the_journal_holds_of_them_is_counted(redis_executable: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    of_a: list[Record] = [contact("a", caller="(202) 555-0101"), segment("a"), decision("a")]
    events: list[tuple[Event, list[Record]]] = [
        (ConfigurationLoaded(CONFIGURATION), []),
        (CALL, []),
        (FOUND, []),
        (TimePassed(), []),
        (arrival(2), []),
        (CallerLeft(CALL.contact, Departure.HUNG_UP), of_a),
    ]
    journal, last = await write(settings, events)
    async with migrated(default_url(tmp_path)) as database:
        found = await in_journal(settings, ann(), database.engine)
        assert (found.events, found.all_events, found.snapshot) == (3, 6, False)
        assert found.unwritten == 3, "nothing of it is in the log"
        assert found.per_hour > 0
        async with database.engine.begin() as connection:
            await connection.execute(insert(LogCursorRow), [{"journal": journal, "last": last}])
        assert (await in_journal(settings, ann(), database.engine)).unwritten == 0
        nobody = await in_journal(settings, Subject("US", numbers={"+12025550150"}), database.engine)
        assert (nobody.events, nobody.snapshot, nobody.unwritten) == (0, False, 0)


@pytest.mark.redis
@run_async
async def test_a_contact_that_is_not_over_is_in_the_snapshot(redis_executable: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    await write(settings, [(ConfigurationLoaded(CONFIGURATION), []), (CALL, []), (FOUND, [])], snapshot_at=2)
    async with migrated(default_url(tmp_path)) as database:
        found = await in_journal(settings, ann(), database.engine)
    assert (found.events, found.all_events, found.per_hour, found.snapshot) == (0, 0, 0.0, True)


# ---- the files


def refuse(folder: Path, *records: Record) -> Path:
    refused = RefusedRecords(folder)
    for record in records:
        refused.add(encode_record(record), "is refused")
    return folder / "contact-log.refused.jsonl"


def test_refused_records_keep_their_statistics(tmp_path: Path) -> None:
    note = RecordNote("n1", ContactId("a"), 5, "greta", "wants a call at home")
    records: list[Record] = [
        contact("a", caller="(202) 555-0101", caller_name="Ann", account="1001", customer=ANN, because="Ann"),
        decision("a", words="Ann"),
        segment("a"),
        disposition("a"),
        note,
        contact("b", caller=ANNS, customer=None),
        contact("ben", caller=ANNS, customer=BEN),
        decision("ben", words="Ben"),
        contact("known", caller=None),
        contact("other"),
        visit("a"),
        part("a"),
    ]
    path = refuse(tmp_path, *records)
    with path.open("ab") as file:
        file.write(b'["RecordContact",{"caller":"+12025550101\n["RecordContact",{"caller":"+1202555\n')
    before = path.read_bytes()
    subject = ann("known")
    assert in_files(tmp_path, subject, dry_run=True).mended == {path.name: 6, "journal-gap.written.jsonl": 0}
    assert path.read_bytes() == before
    assert subject.contacts == {"known"}, "what is only in a file is nobody else's business"
    assert in_files(tmp_path, subject, dry_run=False).mended[path.name] == 6
    *lines, cut_off = path.read_bytes().splitlines()
    assert cut_off == b'["RecordContact",{"caller":"+1202555'
    mended = [decode_record(line) for line in lines]
    a, a_decision, a_segment, a_disposition, a_note, b, *others = mended
    assert isinstance(a, RecordContact)
    assert (a.caller, a.caller_name, a.account, a.customer, a.because) == (None, "", None, None, None)
    assert (a.queue, a.outcome, a.waited_ms) == ("sales", contact("a").outcome, 3_000)
    assert isinstance(a_decision, RecordDecision)
    assert a_decision.words == ERASED
    assert isinstance(a_note, RecordNote)
    assert a_note.text == ERASED
    assert (a_segment, a_disposition) == (segment("a"), disposition("a"))
    assert isinstance(b, RecordContact)
    assert b.caller is None
    assert others[:2] == [records[6], records[7]]
    assert isinstance(others[2], RecordContact)
    assert others[2].because is None
    assert others[3:] == records[9:]
    assert path.stat().st_mode & 0o777 == path.stat().st_mode & 0o666
    assert in_files(tmp_path, subject, dry_run=False).mended[path.name] == 0, "there is nothing more to do"


def gap(path: Path) -> None:
    """A file of a gap, with two entries about Ann's contact and one about another."""
    file = GapFile(path)
    file.open("j")
    call = encode_event(CALL)
    lines = [
        Line(2, 1, 10, call, ()),
        Line(3, 2, 20, encode_event(TimePassed()), (encode_record(contact("a", caller=ANNS)),)),
        Line(4, 3, 30, encode_event(arrival(2)), ()),
    ]
    file.add(lines, SavedState(4, b'{"contacts":{}}'))
    file.close()


def test_a_gap_that_is_written_is_mended_and_one_that_is_needed_is_told(tmp_path: Path) -> None:
    for name in (
        "journal-gap.written.jsonl",
        "journal-gap.jsonl",
        "journal-gap.aside.jsonl",
        "journal-gap.aside1.jsonl",
    ):
        gap(tmp_path / name)
    needed = (tmp_path / "journal-gap.aside1.jsonl").read_bytes()
    written = (tmp_path / "journal-gap.written.jsonl").read_bytes().splitlines()
    assert in_files(tmp_path, ann(), dry_run=False) == FileTraces(
        {"contact-log.refused.jsonl": 0, "journal-gap.written.jsonl": 2},
        {"journal-gap.jsonl": 2, "journal-gap.aside.jsonl": 2, "journal-gap.aside1.jsonl": 2},
    )
    assert (tmp_path / "journal-gap.aside1.jsonl").read_bytes() == needed
    kept = (tmp_path / "journal-gap.written.jsonl").read_bytes().splitlines()
    assert kept == [line for line in written if b'"a"' not in line and b'"(202) 555-0101"' not in line]
    assert len(kept) == 3


def test_where_there_are_no_files_there_is_nothing_to_tell(tmp_path: Path) -> None:
    found = in_files(tmp_path, ann(), dry_run=False)
    assert not any(found.mended.values())
    assert not any(found.waiting.values())
    assert list(tmp_path.iterdir()) == []

import os
from pathlib import Path

from callcenter.commands import RecordContact
from callcenter.records import RecordChange, RecordNotice
from callcenter.retention.files import clean
from callcenter.stores.codec import decode_record, encode_record
from callcenter.stores.refused import FILE_NAME
from callcenter.stores.set_aside import WRITTEN
from callcenter.stories import RecordNote
from callcenter.talks import Direction
from callcenter.types import ContactId
from tests.stores.records import contact, decision, disposition

CONTACTS_MS, PERSONAL_MS = 100_000, 200_000


def old(id_: str, at_ms: int) -> bytes:
    called = {"direction": Direction.OUT, "dialled": "+12125550177"}
    return encode_record(contact(id_, arrived_ms=at_ms, connected_ms=None, ended_ms=at_ms + 1, customer=7, **called))


def write(folder: Path, *lines: bytes) -> Path:
    path = folder / FILE_NAME
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def test_refused_records_are_blanked_and_then_left_out(tmp_path: Path) -> None:
    note = RecordNote("n", ContactId("c2"), 150_000, "ann", "at home")
    change = RecordChange("x", 5, "ann", "page", "", "rules", "", None, None, "done")
    path = write(
        tmp_path,
        encode_record(change),
        old("c1", 50_000),
        encode_record(disposition("c1")),
        b'["RecordContact", {"call',
        old("c2", 150_000),
        encode_record(note),
        encode_record(decision("c2", at_ms=150_000)),
        encode_record(RecordNotice("n", "contact.ended", 150_000, "Ann")),
        b"of an age that nobody knows",
        old("c3", 250_000),
    )
    was = path.read_bytes()
    assert clean(tmp_path, PERSONAL_MS, CONTACTS_MS, dry_run=True) == {FILE_NAME: 6}
    assert path.read_bytes() == was
    assert clean(tmp_path, PERSONAL_MS, CONTACTS_MS, dry_run=False) == {FILE_NAME: 6}
    lines = path.read_bytes().splitlines()
    assert lines[0] == encode_record(change)
    assert lines[-2:] == [b"of an age that nobody knows", old("c3", 250_000)]
    blanked = decode_record(lines[-5])
    assert isinstance(blanked, RecordContact)
    assert (blanked.contact, blanked.caller, blanked.customer, blanked.dialled) == ("c2", None, None, "")
    assert blanked.arrived_ms == 150_000
    assert b"at home" not in path.read_bytes()
    assert b"moved from" not in path.read_bytes()
    assert clean(tmp_path, PERSONAL_MS, CONTACTS_MS, dry_run=False) == {}


def test_file_of_a_gap_that_was_written_goes_when_it_is_old(tmp_path: Path) -> None:
    written = tmp_path / WRITTEN
    written.write_bytes(b"a\nb\n")
    os.utime(written, (150, 150))
    assert clean(tmp_path, 150_000, None, dry_run=False) == {}
    assert clean(tmp_path, 150_001, None, dry_run=True) == {WRITTEN: 2}
    assert written.exists()
    assert clean(tmp_path, None, 150_001, dry_run=False) == {WRITTEN: 2}
    assert not written.exists()


def test_nothing_happens_where_there_is_nothing_or_nothing_is_asked_for(tmp_path: Path) -> None:
    assert clean(tmp_path, PERSONAL_MS, CONTACTS_MS, dry_run=False) == {}
    path = write(tmp_path, old("c1", 1))
    was = path.read_bytes()
    assert clean(tmp_path, None, None, dry_run=False) == {}
    assert path.read_bytes() == was

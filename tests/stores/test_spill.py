from pathlib import Path

import pytest

from callcenter.stores.codec import Record
from callcenter.stores.spill import Spill
from tests.stores.records import contact, decision, disposition, segment

BIG = 1 << 20


def read_all(spill: Spill, batch: int = 2) -> list[Record]:
    records = [record for records in spill.replay(batch) for record in records]
    spill.end_replay()
    return records


def test_records_come_back_in_order(tmp_path: Path) -> None:
    records: list[Record] = [
        contact("c1"),
        segment("c1"),
        decision("c1", words="a\nb"),
        disposition("c1", "a\nb\u2028"),
        contact("c2"),
    ]
    spill = Spill(tmp_path / "folder", BIG)
    assert spill.waiting_bytes == 0
    assert not spill.start_replay()
    assert all(spill.append(record) for record in records)
    spill.sync()
    assert spill.start_replay()
    assert read_all(spill) == records
    assert spill.waiting_bytes == 0
    assert not spill.start_replay()


def test_what_is_appended_while_the_file_is_read_back_is_for_the_next_time(tmp_path: Path) -> None:
    spill = Spill(tmp_path, BIG)
    spill.append(contact("first"))
    spill.start_replay()
    spill.append(contact("second"))
    assert read_all(spill) == [contact("first")]
    assert spill.start_replay()
    assert read_all(spill) == [contact("second")]


def test_interrupted_replay_is_done_again_before_newer_records(tmp_path: Path) -> None:
    spill = Spill(tmp_path, BIG)
    spill.append(contact("first"))
    spill.start_replay()
    spill.append(contact("second"))
    spill.close()
    later = Spill(tmp_path, BIG)
    assert later.waiting_bytes > 0
    assert later.start_replay()
    assert read_all(later) == [contact("first")]
    assert later.start_replay()
    assert read_all(later) == [contact("second")]


def test_torn_line_does_not_take_the_next_one_with_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "contact-log.jsonl").write_bytes(b'["RecordContact",{"cont')
    spill = Spill(tmp_path, BIG)
    spill.append(contact("c1"))
    spill.start_replay()
    assert read_all(spill) == [contact("c1")]
    assert (tmp_path / "contact-log.refused.jsonl").read_bytes() == b'["RecordContact",{"cont\n'
    assert "cannot be read" in caplog.text


def test_batch_of_nothing_but_torn_lines_does_not_end_the_replay(tmp_path: Path) -> None:
    spill = Spill(tmp_path, BIG)
    (tmp_path / "contact-log.jsonl").write_bytes(b"1\n2\n3\n4\n")
    spill.append(contact("c1"))
    spill.start_replay()
    assert [len(records) for records in spill.replay(2)] == [0, 0, 1]


def test_full_file_takes_no_more(tmp_path: Path) -> None:
    spill = Spill(tmp_path, 1_000)
    taken = [spill.append(contact(f"c{n}")) for n in range(10)]
    assert taken[0]
    assert not taken[-1]
    assert spill.waiting_bytes <= 1_000


def test_full_file_of_refused_records_takes_no_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spill = Spill(tmp_path, 1_000)
    for n in range(10):
        spill.refuse(contact(f"c{n}"), "it does not fit")
    assert (tmp_path / "contact-log.refused.jsonl").stat().st_size <= 1_000
    assert "is full; the record is lost" in caplog.text


def test_disk_that_cannot_be_written_is_said_and_not_raised(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    spill = Spill(tmp_path / "file" / "folder", BIG)
    assert not spill.append(contact("c1"))
    assert "cannot write" in caplog.text

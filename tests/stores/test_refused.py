import fcntl
import os
import threading
from io import FileIO
from pathlib import Path

import pytest

from callcenter.stores.refused import RefusedRecords, mend


def test_refused_records_are_kept_a_line_for_each(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    refused = RefusedRecords(tmp_path / "data")
    refused.add(b'["RecordSegment",{}]', "is refused by the database: too large")
    refused.add(b"a\nb", "cannot be read")
    path = tmp_path / "data" / "contact-log.refused.jsonl"
    assert path.read_bytes() == b'["RecordSegment",{}]\na b\n'
    assert "too large" in caplog.text
    assert str(path) in caplog.text


def test_full_file_takes_no_more_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    refused = RefusedRecords(tmp_path, max_bytes=100)
    for _ in range(10):
        refused.add(b"x" * 30, "cannot be read")
    assert (tmp_path / "contact-log.refused.jsonl").stat().st_size <= 100
    assert "the record is LOST" in caplog.text


def test_disk_that_cannot_be_written_is_said_and_not_raised(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    RefusedRecords(tmp_path / "file" / "folder").add(b"x", "cannot be read")
    assert "cannot write" in caplog.text


def test_lines_are_mended_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\nthree\ncut")
    path.chmod(0o640)

    def change(line: bytes) -> bytes | None:
        return None if line == b"two" else line.replace(b"ee", b"e")

    assert mend(path, change, dry_run=True) == 2
    assert path.read_bytes() == b"one\ntwo\nthree\ncut"
    assert mend(path, change) == 2
    assert path.read_bytes() == b"one\nthre\ncut\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert mend(path, change) == 0
    assert mend(tmp_path / "away", change) == 0
    assert [one.name for one in tmp_path.iterdir()] == ["lines"]


def test_the_file_stays_whose_it_was(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\n")
    owner = 12_345 if os.geteuid() == 0 else os.geteuid()
    os.chown(path, owner, -1)
    mend(path, bytes.upper)
    assert (path.read_bytes(), path.stat().st_uid) == (b"ONE\n", owner)


def test_a_record_that_comes_while_the_file_is_mended_is_kept(tmp_path: Path) -> None:
    refused = RefusedRecords(tmp_path)
    refused.add(b"first", "cannot be read")
    path = tmp_path / "contact-log.refused.jsonl"

    def change(line: bytes) -> bytes:
        if line == b"first":
            refused.add(b"second", "cannot be read")
        return line.upper()

    assert mend(path, change) == 2
    assert path.read_bytes() == b"FIRST\nSECOND\n"
    refused.add(b"third", "cannot be read")
    assert path.read_bytes() == b"FIRST\nSECOND\nthird\n"


def test_a_record_that_waited_for_the_file_goes_to_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = RefusedRecords(tmp_path)
    refused.add(b"first", "cannot be read")
    path = tmp_path / "contact-log.refused.jsonl"
    lock, opened = fcntl.flock, threading.Event()

    def slow_lock(file: FileIO, how: int) -> None:
        opened.set()
        lock(file, how)

    with path.open("rb") as mended:
        lock(mended, fcntl.LOCK_EX)
        monkeypatch.setattr(fcntl, "flock", slow_lock)
        adding = threading.Thread(target=refused.add, args=(b"second", "cannot be read"))
        adding.start()
        assert opened.wait(20)
        anew = tmp_path / "anew"
        anew.write_bytes(b"FIRST\n")
        anew.replace(path)
    adding.join(20)
    assert path.read_bytes() == b"FIRST\nsecond\n"


def test_nothing_is_added_between_the_last_line_and_the_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = RefusedRecords(tmp_path)
    refused.add(b"first", "cannot be read")
    path = tmp_path / "contact-log.refused.jsonl"
    adding = threading.Thread(target=refused.add, args=(b"second", "cannot be read"))
    sync = os.fsync

    def late_sync(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        adding.start()
        adding.join(0.3)  # it waits for the lock; without one it would have ended long before
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", late_sync)
    mend(path, bytes.upper)
    adding.join(20)
    assert path.read_bytes() == b"FIRST\nsecond\n"

from pathlib import Path

import pytest

from callcenter.stores.refused import RefusedRecords


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

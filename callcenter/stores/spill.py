"""Where records of the contact log wait while the database is down: a file of JSON lines.

One idea: two files, so that reading back and appending never meet. New records go to `contact-log.jsonl`; to read
back, that file is renamed to `contact-log.replaying.jsonl` and removed only when all of it is in the database. A crash
on the way means that it is read once more, and the log's keys make that harmless.

What the database refuses for good, and lines that cannot be read, go to `contact-log.refused.jsonl`, for a person
to look at.
"""

import contextlib
import itertools
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from callcenter.stores.codec import CodecError, Record, decode_record, encode_record
from callcenter.stores.health import RareLog

_log = logging.getLogger(__name__)


class Spill:
    """The files of one contact log, for one thread; reading back (`replay`) may go on in another."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        """`max_bytes` bounds each of the files; at the bound a record is not taken."""
        self._directory = directory
        self._max_bytes = max_bytes
        self._current = directory / "contact-log.jsonl"
        self._replaying = directory / "contact-log.replaying.jsonl"
        self._refused = directory / "contact-log.refused.jsonl"
        self._file: BinaryIO | None = None
        self._rare_log = RareLog(_log)

    @property
    def path(self) -> Path:
        return self._current

    @property
    def waiting_bytes(self) -> int:
        """What is still to be read back."""
        return _size(self._current) + _size(self._replaying)

    def append(self, record: Record) -> bool:
        """Add a record at the end; False if the file is full or the disk refuses it."""
        line = encode_record(record) + b"\n"
        try:
            if self._file is None:
                self._file = _open_to_append(self._current)
            if self._file.tell() + len(line) > self._max_bytes:
                return False
            _write_all(self._file, line)
        except OSError as error:
            self._rare_log.warning("cannot write %s: %s", self._current, error)
            return False
        return True

    def sync(self) -> None:
        """Wait until the disk has what was appended. May run in a thread beside all the rest."""
        for path in (self._current, self._replaying):
            with contextlib.suppress(FileNotFoundError):
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def start_replay(self) -> bool:
        """Set aside what there is to be read back; False if there is nothing."""
        if not self._replaying.exists():
            self.close()
            if not _size(self._current):
                return False
            self._current.replace(self._replaying)
        return True

    def replay(self, batch: int) -> Iterator[list[Record]]:
        """The records set aside, oldest first, in batches. A line that cannot be read goes to the refused ones."""
        with self._replaying.open("rb") as file:
            while lines := list(itertools.islice(file, batch)):
                records = []
                for line in lines:
                    try:
                        records.append(decode_record(line))
                    except CodecError as error:
                        self._refuse(line, f"cannot be read: {error}")
                yield records

    def end_replay(self) -> None:
        """All that was set aside is in the database."""
        self._replaying.unlink(missing_ok=True)

    def refuse(self, record: Record, why: str) -> None:
        """Keep a record that the database will never take where a person can find it."""
        self._refuse(encode_record(record), f"is refused by the database: {why}")

    def _refuse(self, line: bytes, why: str) -> None:
        _log.error("a record of the contact log %s; it is kept in %s", why, self._refused)
        if _size(self._refused) + len(line) > self._max_bytes:
            _log.error("%s is full; the record is lost. Look at it, mend what is wrong and remove it", self._refused)
            return
        with contextlib.suppress(OSError), _open_to_append(self._refused) as file:
            _write_all(file, line.rstrip(b"\n") + b"\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _open_to_append(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab+", buffering=0)
    if file.seek(0, os.SEEK_END):
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")  # a crash cut the last line short: it must not take the next one with it
    return file


def _write_all(file: BinaryIO, line: bytes) -> None:
    written = file.write(line)
    if written != len(line):
        raise OSError(f"the disk took {written} of {len(line)} bytes")

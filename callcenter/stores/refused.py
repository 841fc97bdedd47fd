"""Records that the database will never take, and those that cannot be read: a file of JSON lines, for a person."""

import contextlib
import logging
import os
from pathlib import Path

MAX_BYTES = 1 << 30

_log = logging.getLogger(__name__)


class RefusedRecords:
    """The file `contact-log.refused.jsonl`; beyond `max_bytes` only the log tells of a record."""

    def __init__(self, directory: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = directory / "contact-log.refused.jsonl"
        self._max_bytes = max_bytes

    def add(self, record: bytes, why: str) -> None:
        """Keep a record, as it was in the journal. Never raises."""
        _log.error("a record of the contact log %s; it is kept in %s", why, self._path)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.open("ab", buffering=0) as file:
                if file.tell() + len(record) >= self._max_bytes:
                    _log.error("%s is full, the record is LOST. Look at it, mend what is wrong, remove it", self._path)
                    return
                file.write(record.replace(b"\n", b" ") + b"\n")
                with contextlib.suppress(OSError):
                    os.fsync(file.fileno())
        except OSError as error:
            _log.error("cannot write %s, the record is LOST: %s", self._path, error)

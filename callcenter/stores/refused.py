"""Records that the database will never take, and those that cannot be read: a file of JSON lines, for a person.

The daemon adds lines, and `mend` writes the file anew beside it: whoever has the lock on the file that has its name now
may change it.
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

FILE_NAME = "contact-log.refused.jsonl"
MAX_BYTES = 1 << 30

_log = logging.getLogger(__name__)


class RefusedRecords:
    """The file `contact-log.refused.jsonl`; beyond `max_bytes` only the log tells of a record."""

    def __init__(self, directory: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = directory / FILE_NAME
        self._max_bytes = max_bytes

    def add(self, record: bytes, why: str) -> None:
        """Keep a record, as it was in the journal. Never raises."""
        _log.error("a record of the contact log %s; it is kept in %s", why, self._path)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self._path) as file:
                if file.tell() + len(record) >= self._max_bytes:
                    _log.error("%s is full, the record is LOST. Look at it, mend what is wrong, remove it", self._path)
                    return
                file.write(record.replace(b"\n", b" ") + b"\n")
                with contextlib.suppress(OSError):
                    os.fsync(file.fileno())
        except OSError as error:
            _log.error("cannot write %s, the record is LOST: %s", self._path, error)


def mend(path: Path, change: Callable[[bytes], bytes | None], *, dry_run: bool = False) -> int:
    """Write a file of lines anew with each line (without its end) as `change` gives it, None: without it.

    How many lines were changed; a file that is not there has none. With `dry_run` nothing is written. Raises OSError.
    """
    if not path.exists():
        return 0
    anew = path.with_name(f"{path.name}.new")
    with path.open("rb") as file, anew.open("wb") as written:
        was = os.fstat(file.fileno())
        os.fchmod(written.fileno(), was.st_mode & 0o777)
        if os.geteuid() == 0:
            os.fchown(written.fileno(), was.st_uid, was.st_gid)  # the daemon's user goes on writing it
        changed = _copy(file, written, change)
        fcntl.flock(file, fcntl.LOCK_EX)  # only for what has come meanwhile: the daemon may wait for it
        changed += _copy(file, written, change)
        written.flush()
        os.fsync(written.fileno())
        if changed and not dry_run:
            anew.replace(path)
        else:
            anew.unlink()
    return changed


def _copy(file: BinaryIO, written: BinaryIO, change: Callable[[bytes], bytes | None]) -> int:
    changed = 0
    for line in file:
        was = line.rstrip(b"\n")
        now = change(was)
        changed += now != was
        if now is not None:
            written.write(now + b"\n")
    return changed


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[FileIO]:
    """The file of this name, ours alone to write behind what it has. Raises OSError."""
    while True:
        with FileIO(path, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                is_it = os.fstat(file.fileno()).st_ino == path.stat().st_ino
            except FileNotFoundError:
                is_it = False
            if is_it:
                yield file
                return

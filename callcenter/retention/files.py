"""What is old in the files beside the database: records that it refused, and those of a gap that are in the log.

Both are there for a person to look at. A record is as old as the latest time in it; a line that cannot be read is at
least as old as a later line, and where there is none, as the file.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from callcenter.commands import RecordContact, RecordDecision
from callcenter.records import RecordChange, RecordNotice
from callcenter.stores.personal import PERSONAL
from callcenter.stores.refused import FILE_NAME, mend
from callcenter.stores.set_aside import WRITTEN
from callcenter.stores.tables import ContactRow, DecisionRow, NoteRow
from callcenter.stories import RecordNote

_TIMES = ("arrived_ms", "connected_ms", "started_ms", "began_ms", "ended_ms", "at_ms")
_BLANKS: Mapping[str, Mapping[str, Any]] = {
    RecordContact.__name__: {**PERSONAL[ContactRow], "customer": None},
    RecordDecision.__name__: PERSONAL[DecisionRow],
    RecordNote.__name__: PERSONAL[NoteRow],
}


def clean(directory: Path, personal_ms: int | None, contacts_ms: int | None, *, dry_run: bool) -> dict[str, int]:
    """Blank or leave out lines that are older; in how many, by file. Raises OSError."""
    changed: dict[str, int] = {}
    refused = directory / FILE_NAME
    if personal_ms is not None or contacts_ms is not None:
        changed[FILE_NAME] = _clean_refused(refused, personal_ms, contacts_ms, dry_run)
    written = directory / WRITTEN
    bound_ms = personal_ms if personal_ms is not None else contacts_ms
    if bound_ms is not None and written.exists() and _changed_ms(written) < bound_ms:
        changed[WRITTEN] = sum(1 for _ in _lines(written))
        if not dry_run:
            written.unlink()
    return {name: count for name, count in changed.items() if count}


def _clean_refused(path: Path, personal_ms: int | None, contacts_ms: int | None, dry_run: bool) -> int:
    if not path.exists():
        return 0
    ages = [_age_ms(line) for line in _lines(path)]
    latest_ms = _changed_ms(path)
    for at in range(len(ages) - 1, -1, -1):  # what cannot be read takes the age of what came after it
        latest_ms = min(latest_ms, age_ms) if (age_ms := ages[at]) is not None else latest_ms
        ages[at] = age_ms if age_ms is not None else latest_ms
    left = iter(ages)

    def change(line: bytes) -> bytes | None:
        age_ms = next(left, None)
        if age_ms is None:  # it has come meanwhile
            return line
        if _name(line) == RecordChange.__name__:
            return line  # the audit log's: those are kept for ever
        if contacts_ms is not None and age_ms < contacts_ms:
            return None
        return _blanked(line) if personal_ms is not None and age_ms < personal_ms else line

    return mend(path, change, dry_run=dry_run)


def _blanked(line: bytes) -> bytes | None:
    """Without what is personal; one that cannot be read goes, and so does what was to be told to others."""
    match _plain(line):
        case [str(name), dict(values)] if name != RecordNotice.__name__:
            blanks = {key: blank for key, blank in _BLANKS.get(name, {}).items() if key in values}
            if values.get("direction") == "out" and "dialled" in values:
                blanks["dialled"] = ""
            return line if blanks.items() <= values.items() else msgspec.json.encode((name, values | blanks))
    return None


def _name(line: bytes) -> str | None:
    match _plain(line):
        case [str(name), dict()]:
            return name
    return None


def _age_ms(line: bytes) -> int | None:
    match _plain(line):
        case [str(), dict(values)]:
            times = [values[name] for name in _TIMES if type(values.get(name)) is int]
            return max(times, default=None)
    return None


def _plain(line: bytes) -> Any:
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(line)
    return None


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def _changed_ms(path: Path) -> int:
    return int(os.stat(path).st_mtime * 1_000)

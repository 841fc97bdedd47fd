"""What is left of a customer outside of SQL: in the journal, and in the files beside it.

One idea: a journal out of which somebody has cut something is no journal. It is not touched; it is said what of theirs
it holds and when it forgets that by itself. The files that are only there for a person to read are mended: a record of
the log that was refused loses its personal data, a line of a gap that has been written to the log long since goes.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import RecordContact, RecordDecision, RecordDisposition, RecordSegment
from callcenter.customers.subject import Subject
from callcenter.facts import RecordPart, RecordVisit
from callcenter.hindsight import from_journal
from callcenter.records import RecordChange
from callcenter.recovery import read_history
from callcenter.settings import Settings
from callcenter.stores.journal import Journal
from callcenter.stores.journal_file import FILE_NAME as GAP_NAME
from callcenter.stores.journal_file import GapFile
from callcenter.stores.personal import PERSONAL
from callcenter.stores.refused import FILE_NAME as REFUSED_NAME
from callcenter.stores.refused import mend
from callcenter.stores.set_aside import WRITTEN, files_in
from callcenter.stores.tables import ContactRow, DecisionRow, LogCursorRow, NoteRow
from callcenter.stories import RecordNote

_PAGE = 1_000
_BEFORE_ALL = "0-0"
_BLANKS: Mapping[str, Mapping[str, Any]] = {
    RecordContact.__name__: {**PERSONAL[ContactRow], "customer": None},
    RecordDecision.__name__: PERSONAL[DecisionRow],
    RecordNote.__name__: PERSONAL[NoteRow],
}
_STATISTICS = tuple(
    record.__name__ for record in (RecordSegment, RecordDisposition, RecordVisit, RecordPart, RecordChange)
)


@dataclass(slots=True)
class JournalTraces:
    """What the journal holds of them. `events` of `all_events` since its snapshot, which `snapshot` says holds them,
    too; `per_hour` is the rate of those events, 0 where it cannot be told. `unwritten` records wait for the log."""

    events: int = 0
    all_events: int = 0
    per_hour: float = 0.0
    snapshot: bool = False
    unwritten: int = 0


@dataclass(slots=True)
class FileTraces:
    """Lines that were mended or left out by file, and lines about them in files that are still needed."""

    mended: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)


# ---- the journal


async def in_journal(settings: Settings, subject: Subject, engine: AsyncEngine) -> JournalTraces:
    """Raises what `hindsight.from_journal` and SQLAlchemy raise, and RecordsUnavailableError."""
    return await from_journal(settings, lambda journal, file: _look(journal, file, subject, engine))


async def _look(journal: Journal, file: GapFile, subject: Subject, engine: AsyncEngine) -> JournalTraces:
    history = await read_history(journal, file)
    events = [msgspec.to_builtins(event) for _, event in history.tail]
    about = _with_contacts_of(subject, events)
    found = JournalTraces(all_events=len(events), events=sum(about.is_in(event) for event in events))
    if history.snapshot is not None:
        found.snapshot = about.is_in(msgspec.json.decode(history.snapshot))
    if history.tail:
        hours = (time.time_ns() // 1_000_000 - history.tail[0][0]) / 3_600_000
        found.per_hour = len(events) / hours if hours > 0 else 0.0
    found.unwritten = await _unwritten(journal, about, engine)
    return found


async def _unwritten(journal: Journal, subject: Subject, engine: AsyncEngine) -> int:
    """Records about them that the log does not have yet."""
    statement = select(LogCursorRow.last).where(LogCursorRow.journal == (journal.name or ""))
    async with engine.connect() as connection:
        at = await connection.scalar(statement) or _BEFORE_ALL
    count = 0
    while page := (await journal.records.read(at, _PAGE)).records:
        count += sum(subject.is_in(_plain(data)) for _, data in page)
        at = page[-1][0]
    return count


def _with_contacts_of(subject: Subject, events: Iterable[Any]) -> Subject:
    """The same one, who also knows the contacts that these events are about: only to count."""
    contacts = set(subject.contacts)
    for event in events:
        if isinstance(event.get("contact"), str) and subject.is_in(event):
            contacts.add(event["contact"])
    return replace(subject, contacts=contacts)


# ---- the files


def in_files(directory: Path, subject: Subject, *, dry_run: bool) -> FileTraces:
    """Mend the files that are only there for a person, and count in those that are needed. Raises OSError."""
    found = FileTraces()
    refused = directory / REFUSED_NAME
    theirs = replace(subject, contacts=subject.contacts | set(_refused_contacts(refused, subject)))
    found.mended[REFUSED_NAME] = mend(refused, lambda line: _mended(line, theirs), dry_run=dry_run)
    found.mended[WRITTEN] = mend(
        directory / WRITTEN, lambda line: None if theirs.is_in(_plain(line)) else line, dry_run=dry_run
    )
    for path in (directory / GAP_NAME, *files_in(directory)):
        found.waiting[path.name] = sum(theirs.is_in(_plain(line)) for line in _lines(path))
    return found


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from file


def _plain(data: bytes) -> Any:
    """What a line or a record says, as plain values; nothing where it was cut off or damaged."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _named(line: bytes) -> tuple[str, dict[str, Any]] | None:
    """A record's name and fields."""
    match _plain(line):
        case [str(name), dict(values)]:
            return name, values
    return None


def _refused_contacts(path: Path, subject: Subject) -> Iterator[str]:
    """Contacts that are theirs and that the log has never taken."""
    for line in _lines(path):
        record = _named(line)
        if record is not None and record[0] == RecordContact.__name__ and _is_theirs(record[1], subject):
            yield str(record[1].get("contact"))


def _is_theirs(contact: dict[str, Any], subject: Subject) -> bool:
    """By the same rule as in the log: a customer's own id counts before number and account."""
    customer = contact.get("customer")
    if isinstance(customer, int) and customer >= 0:
        return customer in subject.ids
    return subject.is_in({"caller": contact.get("caller"), "account": contact.get("account")})


def _mended(line: bytes, subject: Subject) -> bytes | None:
    """A refused record without what is personal in it; one that is damaged and names them goes."""
    record = _named(line)
    if record is None:
        text = line.decode(errors="replace")
        return None if any(name in text for name in subject.numbers) else line
    name, values = record
    if values.get("contact") not in subject.contacts or name in _STATISTICS:
        return line
    if name not in _BLANKS:
        return None
    blanks = {key: blank for key, blank in _BLANKS[name].items() if key in values}
    return line if blanks.items() <= values.items() else msgspec.json.encode((name, values | blanks))

"""Files of a gap that were set aside: their records' way into the contact log.

A daemon that was cut off from Redis, went on in its file and was then fenced has seen contacts that nobody else has. At
its next start the journal has gone on without the file (see `journal_keeper.bring`), and only the records count.

A file may be older than what the log still keeps: contacts whose time is over are not added any more.

One idea: each contact is told by one daemon, the first one to tell its end. Of a contact that the log has, nothing is
added, apart from a disposition that is still missing; and a contact whose end is not in the file is another's to tell.
So are the states of the agents.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.commands import RecordContact, RecordDisposition
from callcenter.records import RecordChange, RecordNotice
from callcenter.stores.codec import OfContact, Record, decode_record
from callcenter.stores.journal import Line
from callcenter.stores.journal_file import ASIDE, GapFile
from callcenter.stores.retention_marks import final_until
from callcenter.stores.tables import ContactRow
from callcenter.stories import RecordNote

CHUNK = 200
WRITTEN = "journal-gap.written.jsonl"  # the last one, for a person to look at


def files_in(directory: Path) -> list[Path]:
    """Those whose records have not been written yet."""
    return sorted(directory.glob(ASIDE.format("*")))


def note_written(path: Path) -> Path:
    """Its records are in the log; returns where it is now. Raises OSError."""
    return path.replace(path.with_name(WRITTEN))


async def wanted(connection: AsyncConnection, path: Path) -> Iterator[list[Record]]:
    """The records that the log lacks, in order and in pieces of about `CHUNK`.

    Raises OSError, JournalCorruptError and CodecError for a file that cannot be read.
    """
    final_ms = await final_until(connection)
    ended: dict[str, None] = {}
    disposed: dict[str, None] = {}
    for records in _pieces(path):
        for record in records:
            if isinstance(record, RecordContact):
                if record.ended_ms >= final_ms:
                    ended[record.contact] = None
            elif isinstance(record, RecordDisposition):
                disposed[record.contact] = None
    for known in _parts(list(ended)):
        for contact in await connection.scalars(select(ContactRow.id).where(ContactRow.id.in_(known))):
            del ended[contact]
    open_ones: set[str] = set()
    for known in _parts([contact for contact in disposed if contact not in ended]):
        undisposed = select(ContactRow.id).where(ContactRow.id.in_(known), ContactRow.handled_ms.is_(None))
        open_ones.update(await connection.scalars(undisposed))
    return (
        [
            record
            for record in records
            if isinstance(record, RecordChange | RecordNotice)
            or (isinstance(record, RecordNote) and record.at_ms >= final_ms)
            or (isinstance(record, OfContact) and record.contact in ended)
            or (isinstance(record, RecordDisposition) and record.contact in open_ones)
        ]
        for records in _pieces(path)
    )


def _pieces(path: Path) -> Iterator[list[Record]]:
    file = GapFile(path)
    file.look()
    reader = file.reader()
    while items := reader.take(CHUNK):
        yield [decode_record(data) for item in items if isinstance(item, Line) for data in item.records]


def _parts(contacts: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(contacts), CHUNK):
        yield contacts[at : at + CHUNK]

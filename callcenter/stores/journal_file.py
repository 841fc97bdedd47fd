"""Where the journal goes while Redis is away: a local file, `journal-gap.jsonl` in the data directory.

One idea: the file can stand alone. It has the entries that Redis may lack, from those of the last seconds before the
gap on, each with its number and its records, and states of the core between them; so a start finds all that it needs in
it, and what Redis lacks of it is found by number.

A line is an entry, a state of the core after the entry of its number, or the mark that Redis has all before it.

What a full disk refuses waits in memory, in its place behind what the file has, and is written as soon as there is
room: Redis gets it either way, and only the daemon's death in between would lose it. Bounds: `max_bytes` in all, of
them `max_held_bytes` in memory.
"""

import asyncio
import itertools
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from callcenter.stores.journal import JournalCorruptError, Line

FILE_NAME = "journal-gap.jsonl"
ASIDE = "journal-gap.aside{}.jsonl"
MAX_BYTES = 256 * 1024 * 1024
MAX_HELD_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024  # about so many are written at once

_log = logging.getLogger(__name__)


class GapFullError(OSError):
    """The file is at its bound."""


class _Begun(msgspec.Struct, tag="journal", array_like=True):
    name: str | None


class _Entry(msgspec.Struct, tag="entry", array_like=True):
    number: int
    after: int
    at_ms: int
    event: msgspec.Raw
    records: tuple[msgspec.Raw, ...]


class _State(msgspec.Struct, tag="state", array_like=True):
    upto: int
    state: msgspec.Raw


class _Brought(msgspec.Struct, tag="brought", array_like=True):
    upto: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Begun | _Entry | _State | _Brought)


class SavedState(msgspec.Struct, frozen=True):
    """The core's state after entry `upto`."""

    upto: int
    state: bytes


Item = Line | SavedState


class GapFile:
    """One file, which one daemon writes."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES, max_held_bytes: int = MAX_HELD_BYTES) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._max_held_bytes = max_held_bytes
        self._file: BinaryIO | None = None
        self._is_open = False
        self._size = 0  # of what is whole on the disk; more may be there after a crash
        self._held = bytearray()  # what comes after it, and the disk has refused
        self.refused: OSError | None = None  # why the disk refuses what is held, None where nothing is
        self.journal: str | None = None  # name of the journal whose numbers these are; None: not known
        self.last = 0  # number of the last entry or state
        self.brought = False  # Redis has all of it
        self.entries = 0

    @property
    def exists(self) -> bool:
        return self._is_open or self.path.exists()

    @property
    def size(self) -> int:
        """In bytes, those held in memory included."""
        return self._size + len(self._held)

    @property
    def held(self) -> int:
        """Bytes that are only in memory."""
        return len(self._held)

    # ---- writing

    def open(self, journal: str | None) -> None:
        """Begin the file, or go on with what is there. Returns at once where it is open.

        Raises OSError where what is there cannot be read.
        """
        if self._is_open:
            return
        if self.path.exists():
            self.look()
        self._is_open = True
        if not self._size:
            self.journal = journal
            self._write([_encoder.encode(_Begun(journal))])

    def add(self, lines: Sequence[Line], state: "SavedState | None" = None) -> None:
        """Add entries, and then a state of the core: all of it or nothing. Raises GapFullError at a bound."""
        data = [_encoder.encode(_as_entry(line)) for line in lines]
        if state is not None:
            data.append(_encoder.encode(_State(state.upto, msgspec.Raw(state.state))))
        self._write(data)
        if lines:
            self.last, self.brought = lines[-1].number, False
            self.entries += len(lines)
        if state is not None:
            self.last = state.upto

    def mark_brought(self) -> None:
        """Redis has all of it: whatever the journal is later, nothing of this is missing in it.

        Raises OSError where the disk refuses.
        """
        self._write([_encoder.encode(_Brought(self.last))], bounded=False)
        if self.refused is not None:
            raise self.refused
        self.brought = True

    def _write(self, lines: Sequence[bytes], *, bounded: bool = True) -> None:
        assert self._is_open, "the file is not open"
        data = b"".join(line + b"\n" for line in lines)
        if bounded and self.size + len(data) > self._max_bytes:
            raise GapFullError(f"{self.path} is at its bound of {self._max_bytes} bytes")
        self._held += data
        if self.refused is None:
            self._write_held()
        if bounded and len(self._held) > self._max_held_bytes:
            del self._held[-len(data) :]
            raise GapFullError(f"{self._max_held_bytes} bytes wait in memory: {self.refused}")

    def _write_held(self) -> None:
        """Write what is held, as far as there is room for it, and note what the disk says where it refuses."""
        try:
            file = self._opened()
            while self._held:
                piece = bytes(self._held[: self._held.index(b"\n", min(_PIECE_BYTES, len(self._held) - 1)) + 1])
                try:
                    written = file.write(piece)
                    if written != len(piece):
                        raise OSError(f"the disk took {written} of {len(piece)} bytes for {self.path}")
                except OSError:
                    file.truncate(self._size)  # a line that was cut short must not take the next one with it
                    raise
                self._size += len(piece)
                del self._held[: len(piece)]
        except OSError as error:
            self.refused = error
        else:
            self.refused = None

    def _opened(self) -> BinaryIO:
        if self._file is None:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(descriptor, "ab", buffering=0)
            self._file.truncate(self._size)
        return self._file

    async def sync(self) -> None:
        """Wait, in a thread, until the disk has what was added. Raises OSError where it refuses."""
        if self._held:
            self._write_held()
        if self.refused is not None:
            raise self.refused
        if self._file is not None:
            await asyncio.to_thread(_sync, os.dup(self._file.fileno()))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._is_open = False

    def remove(self) -> None:
        """It is not needed any more."""
        self.close()
        self.path.unlink(missing_ok=True)
        self._forget()

    def set_aside(self) -> Path:
        """Keep the file under another name, for the contact log to take its records from; return that."""
        self.close()
        names = (self.path.with_name(ASIDE.format(number or "")) for number in itertools.count())
        aside = next(name for name in names if not name.exists())
        self.path.replace(aside)
        self._forget()
        return aside

    def _forget(self) -> None:
        self._size, self.last, self.entries, self.journal, self.brought = 0, 0, 0, None, False
        self._held.clear()
        self.refused = None

    # ---- reading

    def look(self) -> None:
        """Learn what an earlier run has left; what a crash has cut off at the end is left out.

        Raises JournalCorruptError for a line that cannot be read and has others after it.
        """
        self._forget()
        offset = 0
        torn: int | None = None
        with self.path.open("rb") as file:
            for line in file:
                item = _read(line)
                if item is None:
                    torn = offset if torn is None else torn
                elif torn is not None:
                    raise JournalCorruptError(
                        f"{self.path} is damaged at byte {torn}: move it away, and what Redis has is used alone"
                    )
                else:
                    self._note(item, offset + len(line))
                offset += len(line)
        if torn is not None:
            _log.warning("the last %d bytes of %s were cut off by a crash and are left out", offset - torn, self.path)

    def reader(self) -> "GapReader":
        """Reads from the beginning what has been looked at or written."""
        return GapReader(self)

    def lines_from(self, offset: int) -> Iterator[bytes]:
        """The lines from that byte on, as far as they are there now; to be used up before anything is added."""
        if offset < self._size:
            with self.path.open("rb") as file:
                file.seek(offset)
                while offset < self._size:
                    line = file.readline()
                    offset += len(line)
                    yield line
        begin = offset - self._size
        while begin < len(self._held):
            end = self._held.index(b"\n", begin) + 1
            yield bytes(self._held[begin:end])
            begin = end

    def _note(self, item: "_Begun | _Entry | _State | _Brought", offset: int) -> None:
        self._size = offset
        match item:
            case _Begun(name):
                self.journal = name
            case _Entry():
                self.last, self.brought = item.number, False
                self.entries += 1
            case _State():
                self.last = item.upto
            case _Brought():
                self.brought = True


class GapReader:
    """Reads a file that may be written meanwhile."""

    def __init__(self, file: GapFile) -> None:
        self._file = file
        self._offset = 0

    def take(self, count: int) -> list[Item]:
        """The next lines, about `count`; none where there are none at this moment."""
        items: list[Item] = []
        for line in self._file.lines_from(self._offset):
            if len(items) >= count:
                break
            self._offset += len(line)
            item = _read(line)
            if item is None:
                raise JournalCorruptError(f"{self._file.path} was changed by somebody else")
            if isinstance(item, _Entry):
                items.append(_as_line(item))
            elif isinstance(item, _State):
                items.append(SavedState(item.upto, bytes(item.state)))
        return items


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(line: bytes) -> "_Begun | _Entry | _State | _Brought | None":
    try:
        return _decoder.decode(line) if line.endswith(b"\n") else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _as_entry(line: Line) -> _Entry:
    return _Entry(
        line.number, line.after, line.at_ms, msgspec.Raw(line.event), tuple(msgspec.Raw(one) for one in line.records)
    )


def _as_line(entry: _Entry) -> Line:
    return Line(entry.number, entry.after, entry.at_ms, bytes(entry.event), tuple(bytes(one) for one in entry.records))

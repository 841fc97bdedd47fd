"""The PBX's own records of calls, Asterisk's CDR or CEL files, put together to one row for each channel.

One idea: a file of ten million calls fits into no memory, and its lines come in the order in which things ended. So it
is read once, line by line, into a small database in a temporary file, where the audit finds a channel by its unique id.
Only channels that have not ended yet are in memory.

Of a channel it is known when it began and ended, whether it was in the call center's dialplan as a caller, and whether
it was bridged with anybody; from CEL also since when and for how long. A bridge that only holds is none.
"""

import csv
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

# The columns of Asterisk's files: of cdr_csv with all that callcenter/cdr.conf asks for, of cel_custom's sample.
CDR_COLUMNS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount", "linkedid",
    "sequence",
)  # fmt: skip
CEL_COLUMNS = (
    "eventtype", "eventtime", "cidname", "cidnum", "ani", "rdnis", "dnid", "exten", "context", "channame", "appname",
    "appdata", "amaflags", "accountcode", "uniqueid", "linkedid", "bridgepeer", "userfield", "userdeftype",
    "eventextra",
)  # fmt: skip
# Where the dialplan has callers, and never an agent's leg.
CONTEXTS = frozenset({"callcenter", "callcenter-hold", "callcenter-away", "callcenter-fallback", "callcenter-parked"})
_NOBODY = ("Local/", "Announcer/", "Surrogate/", "CBAnn/", "Message/")  # channels that are no person's
_BATCH = 2_000
_MAX_FIELD = 1_000_000
_SCHEMA = """
CREATE TABLE call (uniqueid TEXT PRIMARY KEY, began_ms INTEGER, ended_ms INTEGER, ours INTEGER, bridged INTEGER,
                   talk_began_ms INTEGER, talk_ms INTEGER, seen INTEGER DEFAULT 0) WITHOUT ROWID
"""
_ADD = """
INSERT INTO call (uniqueid, began_ms, ended_ms, ours, bridged, talk_began_ms, talk_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uniqueid) DO UPDATE SET began_ms = min(began_ms, excluded.began_ms),
  ended_ms = max(ended_ms, excluded.ended_ms), ours = max(ours, excluded.ours), bridged = max(bridged, excluded.bridged)
"""


class RecordsError(Exception):
    """A file of the PBX's that cannot be read as one. The message says which line, and what would be right."""


@dataclass(slots=True)
class Call:
    """A channel. `talk_began_ms` and `talk_ms` are known from CEL only; `ended_ms` None: for all we know it goes on."""

    uniqueid: str
    began_ms: int
    ended_ms: int | None = None
    ours: bool = False
    bridged: bool = False
    talk_began_ms: int | None = None
    talk_ms: int | None = None


class Calls:
    """The calls of one file. A context manager: the temporary file goes away with it."""

    def __init__(self, kind: str, source: Path) -> None:
        self.kind, self.source = kind, source
        self.first_ms: int | None = None  # what the file covers
        self.last_ms: int | None = None
        self.lines = 0
        self._file = tempfile.NamedTemporaryFile(prefix="callcenter-audit-", suffix=".sqlite3")  # noqa: SIM115
        self._database = sqlite3.connect(self._file.name, isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        self._new: list[Call] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        with suppress(OSError):
            self._file.close()

    # ---- filling

    def add(self, call: Call) -> None:
        self._new.append(call)
        if len(self._new) >= _BATCH:
            self.flush()

    def covers(self, at_ms: int) -> None:
        """A line of this moment is in the file."""
        self.first_ms = at_ms if self.first_ms is None else min(self.first_ms, at_ms)
        self.last_ms = at_ms if self.last_ms is None else max(self.last_ms, at_ms)

    def flush(self) -> None:
        rows = [
            (one.uniqueid, one.began_ms, one.ended_ms, one.ours, one.bridged, one.talk_began_ms, one.talk_ms)
            for one in self._new
        ]
        self._new.clear()
        self._database.execute("BEGIN")
        self._database.executemany(_ADD, rows)
        self._database.execute("COMMIT")

    # ---- finding

    def of(self, uniqueids: Sequence[str]) -> dict[str, Call]:
        """Those that there are; they are remembered as found."""
        marks = ",".join("?" * len(uniqueids))
        query = f"SELECT {_COLUMNS} FROM call WHERE uniqueid IN ({marks})"  # noqa: S608 - only marks
        found = {row[0]: _call(row) for row in self._database.execute(query, uniqueids)}
        self._database.execute(f"UPDATE call SET seen = 1 WHERE uniqueid IN ({marks})", uniqueids)  # noqa: S608
        return found

    def not_found(self, page: int) -> Iterator[list[Call]]:
        """Ended calls of ours that nobody has asked for, a page at a time, by unique id."""
        last = ""
        while True:
            rows = self._database.execute(_NOT_SEEN, (last, page)).fetchall()
            if not rows:
                return
            yield [_call(row) for row in rows]
            last = rows[-1][0]

    @property
    def ours(self) -> int:
        """How many calls of ours there are."""
        count: int = self._database.execute("SELECT count(*) FROM call WHERE ours").fetchone()[0]
        return count


_COLUMNS = "uniqueid, began_ms, ended_ms, ours, bridged, talk_began_ms, talk_ms"
_NOT_SEEN = f"""
SELECT {_COLUMNS} FROM call WHERE ours AND NOT seen AND ended_ms IS NOT NULL AND uniqueid > ? ORDER BY uniqueid LIMIT ?
"""  # noqa: S608 - our own columns


def _call(row: tuple[str, int, int | None, int, int, int | None, int | None]) -> Call:
    uniqueid, began_ms, ended_ms, ours, bridged, talk_began_ms, talk_ms = row
    return Call(uniqueid, began_ms, ended_ms, bool(ours), bool(bridged), talk_began_ms, talk_ms)


# ---- call detail records


def read_cdr(source: Path) -> Calls:
    """Asterisk's cdr-csv/Master.csv, in UTC, or any CSV whose first line has the names of the columns. Raises
    RecordsError. A channel has a record for each channel that it was bridged with."""
    calls = Calls("CDR", source)
    try:
        for number, row in _rows(source, CDR_COLUMNS, ("channel", "dstchannel", "start", "end", "uniqueid")):
            began_ms, ended_ms = (_moment(source, number, row[name]) for name in ("start", "end"))
            calls.lines += 1
            calls.covers(began_ms)
            calls.covers(ended_ms)
            bridged = bool(row["dstchannel"]) and not row["dstchannel"].startswith(_NOBODY)
            ours = row.get("dcontext", "") in CONTEXTS
            calls.add(Call(row["uniqueid"], began_ms, ended_ms, ours, bridged))
        calls.flush()
    except BaseException:
        calls.__exit__(None, None, None)
        raise
    return calls


def _moment(source: Path, line: int, text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RecordsError(f"{source}, line {line}: {text[:40]!r} is no time such as 2026-05-04 10:15:00") from None
    return round((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() * 1000)


# ---- channel events


@dataclass(slots=True)
class _Channel:
    call: Call
    entered_us: int | None = None  # the bridge that it is in now
    talked_us: int = 0


def read_cel(source: Path) -> Calls:
    """Asterisk's events as callcenter/cel_custom.conf has them written. Raises RecordsError."""
    calls = Calls("CEL", source)
    alive: dict[str, _Channel] = {}
    try:
        for number, row in _rows(source, CEL_COLUMNS, ("eventtype", "eventtime", "context", "uniqueid")):
            at_us = _microseconds(source, number, row["eventtime"])
            calls.lines += 1
            calls.covers(at_us // 1000)
            uniqueid = row["uniqueid"]
            channel = alive.get(uniqueid)
            if channel is None:  # its beginning may be in the file before this one
                channel = alive[uniqueid] = _Channel(Call(uniqueid, at_us // 1000))
            _follow(channel, row, at_us)
            if row["eventtype"] == "CHAN_END":
                calls.add(_ended(alive.pop(uniqueid)))
        for channel in alive.values():
            calls.add(_ended(channel))
        calls.flush()
    except BaseException:
        calls.__exit__(None, None, None)
        raise
    return calls


def _follow(channel: _Channel, row: Mapping[str, str], at_us: int) -> None:
    call = channel.call
    call.ours = call.ours or row["context"] in CONTEXTS
    match row["eventtype"]:
        case "BRIDGE_ENTER" if not _only_holds(row):
            call.bridged = True
            call.talk_began_ms = at_us // 1000 if call.talk_began_ms is None else call.talk_began_ms
            channel.entered_us = at_us
        case "BRIDGE_EXIT" | "CHAN_END" if channel.entered_us is not None:
            channel.talked_us += at_us - channel.entered_us
            channel.entered_us = None
    if row["eventtype"] == "CHAN_END":
        call.ended_ms = at_us // 1000


def _only_holds(row: Mapping[str, str]) -> bool:
    """Music, an announcer perhaps, and nobody else."""
    try:
        return bool(json.loads(row.get("eventextra") or "{}").get("bridge_technology") == "holding_bridge")
    except (ValueError, AttributeError):
        return False


def _ended(channel: _Channel) -> Call:
    channel.call.talk_ms = channel.talked_us // 1000
    return channel.call


def _microseconds(source: Path, line: int, text: str) -> int:
    seconds, _, fraction = text.partition(".")
    if seconds.isdigit() and (fraction.isdigit() or not fraction):
        return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))
    return _moment(source, line, text) * 1000


# ---- lines


def _rows(source: Path, columns: Sequence[str], needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines with their numbers. A first line that names `uniqueid` has the names of the columns. A last line that is
    being written yet is left out."""
    csv.field_size_limit(_MAX_FIELD)
    try:
        with source.open(encoding="utf-8", errors="replace", newline="") as file:
            reader = csv.reader(file)
            names, broken = list(columns), None
            for values in reader:
                if reader.line_num == 1 and "uniqueid" in (value.strip().lower() for value in values):
                    names = [value.strip().lower() for value in values]
                    continue
                if not values:
                    continue
                if broken is not None:
                    raise RecordsError(broken)
                row = dict(zip(names, values, strict=False))
                if any(name not in row for name in needed) or not row["uniqueid"]:
                    broken = _lacks(source, reader.line_num, needed, len(values))
                    continue
                yield reader.line_num, row
        if broken is not None and reader.line_num == 1:
            raise RecordsError(broken)
    except OSError as error:
        raise RecordsError(f"{source} cannot be read: {error.strerror}") from None
    except csv.Error as error:
        raise RecordsError(f"{source}: {error}") from None


def _lacks(source: Path, line: int, needed: Sequence[str], count: int) -> str:
    wanted = ", ".join(needed)
    return (
        f"{source}, line {line}: {count} columns, in which {wanted} cannot all be found. Have Asterisk write the file "
        "as callcenter/cdr.conf or callcenter/cel_custom.conf says, or begin it with a line of the columns' names"
    )

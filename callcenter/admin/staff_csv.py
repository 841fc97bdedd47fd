"""The staff as a table: what a spreadsheet reads and writes, one person to a row.

One idea: a file that was exported and comes back as it was changes nothing. So every cell is written in one way and
read leniently: a comma or a semicolon between the cells, with or without a byte order mark, words of a cell apart by
spaces, commas or lines. A column that is left out says nothing; an empty cell says "none".

    id, name, roles, queue_groups, device, auto_answer     exported and read
    skills, queues                                         such as `sales:9 german:5`
    password                                               read only: a cell that is not empty is a new password

A cell that a spreadsheet would take for a formula begins with an apostrophe in the file; reading takes it off again.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from callcenter.admin import staff
from callcenter.admin.files import FIRST_QUEUE_LEVEL, AgentEntry, AgentsFile
from callcenter.admin.schema import did_you_mean
from callcenter.admin.staff import HASH, PASSWORD, Difference, Edits, Entry

MAX_BYTES = 1_048_576
MAX_ROWS = 20_000
MAX_PASSWORDS = 500  # a hash takes its time on purpose
COLUMNS = ("id", "name", "roles", "queue_groups", "device", "auto_answer", "skills", "queues")
_LISTS, _LEVELS, _EITHER = ("roles", "queue_groups"), ("skills",), ("queues",)
_NO_ROLE = "none"  # an empty cell is the role that people have by themselves
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class CellMistake:
    """`row` counts from 1, the row of the names included, as a spreadsheet does; `column` is its name, "" the row."""

    row: int
    column: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Row:
    """What a row comes to: `what` is added, changed, unchanged or removed; `row` is 0 where there is none."""

    row: int
    id: str
    what: str
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do: `passwords` are new ones by id, and are not in `edits` yet."""

    rows: tuple[Row, ...]
    edits: Edits
    passwords: Mapping[str, str] = field(repr=False)
    row_of: Mapping[str, int]
    mistakes: tuple[CellMistake, ...]


def written(people: AgentsFile) -> str:
    """The table of these people, for RFC 4180 and for spreadsheets: with a byte order mark, commas and CR LF."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for person in people.agents:
        table.writerow([harmless(_cell(column, getattr(person, column))) for column in COLUMNS])
    return "\ufeff" + out.getvalue()


def harmless(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def plain(cell: str) -> str:
    """The cell as it was before `harmless`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _cell(column: str, value: Any) -> str:
    if isinstance(value, Mapping):
        if column in _EITHER and all(level == FIRST_QUEUE_LEVEL for level in value.values()):
            return " ".join(value)
        return " ".join(f"{name}:{level}" for name, level in value.items())
    if isinstance(value, tuple):
        return " ".join(value) or (_NO_ROLE if column == "roles" else "")
    return value or ""


def plan(raw: bytes, people: AgentsFile, *, prune: bool) -> Plan:
    """What the table `raw` would change about these people; with `prune` those are removed whom it does not name.

    Each row is looked at by itself. Whether the whole fits together is for the checks of agents.yaml to say.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        return _refused(row, f"is not UTF-8 (byte 0x{raw[error.start]:02x})", "Save the table as `CSV UTF-8`")
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error as error:
        return _refused(1, f"is not CSV ({error})", "Close each quote, and double a quote within a quoted cell")
    if len(table) > MAX_ROWS:
        return _refused(MAX_ROWS, f"has {len(table)} rows", f"Import at most {MAX_ROWS} at a time")
    header = [name.strip().lower() for name in table[0]] if table else []
    mistakes = tuple(_wrong_names(header))
    if mistakes:
        return Plan((), Edits(), {}, {}, mistakes)
    return _Reading(header, staff.entries_of(people)).plan(table[1:], prune)


def _refused(row: int, what: str, remedy: str) -> Plan:
    return Plan((), Edits(), {}, {}, (CellMistake(row, "", what, remedy),))


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max((",", ";", "\t"), key=first.count)


def _wrong_names(header: list[str]) -> Iterator[CellMistake]:
    known = [*COLUMNS, PASSWORD]
    if "id" not in header:
        yield CellMistake(1, "id", "there is no column `id`", f"Name the columns in the first row: {', '.join(known)}")
    for name in dict.fromkeys(header):
        if name not in known:
            yield CellMistake(1, name, f"there is no column `{name}`", did_you_mean(name, known))
        elif header.count(name) > 1:
            yield CellMistake(1, name, f"the column `{name}` is there twice", "Keep one of the two")


class _Reading:
    """Goes through the rows and keeps what it finds."""

    def __init__(self, header: list[str], now: dict[str, Entry]) -> None:
        self._header = header
        self._now = now
        self._rows: list[Row] = []
        self._mistakes: list[CellMistake] = []
        self._row_of: dict[str, int] = {}
        self._put: dict[str, Entry] = {}
        self._patch: dict[str, Entry] = {}
        self._passwords: dict[str, str] = {}

    def plan(self, table: list[list[str]], prune: bool) -> Plan:
        for number, cells in enumerate(table, start=2):
            if any(cell.strip() for cell in cells):
                self._row(number, cells)
        gone = tuple(id for id in self._now if id not in self._row_of) if prune else ()
        self._rows += [Row(0, id, "removed") for id in gone]
        if len(self._passwords) > MAX_PASSWORDS:
            what = f"there are {len(self._passwords)} new passwords"
            self._mistakes.append(CellMistake(1, PASSWORD, what, f"Set at most {MAX_PASSWORDS} at a time"))
        edits = Edits(self._put, self._patch, gone)
        return Plan(tuple(self._rows), edits, self._passwords, self._row_of, tuple(self._mistakes))

    def _row(self, number: int, cells: list[str]) -> None:
        if len(cells) > len(self._header) and any(cell.strip() for cell in cells[len(self._header) :]):
            what = f"has {len(cells)} cells, and there are {len(self._header)} columns"
            self._wrong(number, "", what, "Put cells with commas or semicolons in quotes")
            return
        given = {name: plain(cell).strip() for name, cell in zip(self._header, cells, strict=False)}
        id = given.pop("id", "")
        if not id:
            self._wrong(number, "id", "is empty", "Name the person that this row is about")
            return
        if id in self._row_of:
            self._wrong(number, "id", f"`{id}` is in row {self._row_of[id]} already", "Keep one row for each person")
            return
        self._row_of[id] = number
        password = given.pop(PASSWORD, "")
        if password and (wrong := staff.password_wrong(password)) is not None:
            self._wrong(number, PASSWORD, f"{wrong} (it is not shown)", "Choose another one, or leave the cell empty")
        elif password:
            self._passwords[id] = password
        before = len(self._mistakes)
        keys = {name: self._value(number, name, cell) for name, cell in given.items()}
        if len(self._mistakes) == before:
            self._compare(number, id, keys, bool(password))

    def _compare(self, number: int, id: str, keys: dict[str, Any], has_password: bool) -> None:
        old = self._now.get(id)
        entry = {key: value for key, value in ({"id": id} | dict(old or {}) | keys).items() if value is not None}
        try:
            new = staff.entries_of(AgentsFile(agents=(AgentEntry.model_validate(entry),)))[id]
        except ValidationError:
            new = entry  # what is wrong with it, the checks of agents.yaml say
        (change,) = staff.differences({} if old is None else {id: old}, {id: new}) or (Difference(id, "unchanged", {}),)
        if change.kind == "added":
            self._put[id] = {key: value for key, value in entry.items() if key != HASH}
        elif change.kind == "changed":
            self._patch[id] = {key: keys[key] for key in change.fields if key in keys}
        row = Row(number, id, change.kind, change.fields)
        if has_password:
            was = staff.HAS_PASSWORD if old is not None and HASH in old else staff.NO_PASSWORD
            fields = {**change.fields, PASSWORD: (was, staff.NEW_PASSWORD)}
            row = replace(row, what="changed" if change.kind == "unchanged" else row.what, fields=fields)
        self._rows.append(row)

    def _value(self, number: int, column: str, cell: str) -> Any:
        """As agents.yaml has it; None for none."""
        words = [word for word in _BETWEEN.split(cell) if word]
        if column in _LISTS:
            return [] if words == [_NO_ROLE] else words or None
        if column in _EITHER and words and not any(":" in word or "=" in word for word in words):
            return self._levels(number, column, [f"{word}:{FIRST_QUEUE_LEVEL}" for word in words])
        if column in _LEVELS or column in _EITHER:
            return self._levels(number, column, words)
        return cell or None

    def _levels(self, number: int, column: str, words: list[str]) -> dict[str, str] | None:
        levels: dict[str, str] = {}
        for word in words:
            name, sign, level = word.replace("=", ":", 1).partition(":")
            if not sign or not name or not level:
                self._wrong(number, column, f"`{word}` is no name with a level", f"Write it as `{name or 'sales'}:5`")
            elif name in levels:
                self._wrong(number, column, f"`{name}` is there twice", "Keep one of the two")
            levels[name] = level
        return levels or None

    def _wrong(self, number: int, column: str, what: str, remedy: str) -> None:
        self._mistakes.append(CellMistake(number, column, what, remedy))

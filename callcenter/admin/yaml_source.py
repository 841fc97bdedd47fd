"""YAML files read so that a mistake in one can be shown at its line and column.

The idea: a plain value stays the text that was written, and the schema that reads it decides what it is. So `no` as a
language is Norwegian and not "false", `0800` as a dialled number keeps its zero, and nobody has to know which words
YAML 1.1 quietly turns into something else. Only an empty value, `~` and `null` mean "nothing".

Aliases are refused: a file that an admin edits reads better without them, and a small file cannot unfold into a huge
one. `MAX_BYTES` and `MAX_DEPTH` bound what is read; what is beyond them is a mistake like any other.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import yaml
from yaml.composer import Composer

Place = tuple[str | int, ...]
Value = str | None | list["Value"] | dict[str, "Value"]

MAX_BYTES = 1_048_576
MAX_DEPTH = 20
_NOTHING = ("", "~", "null", "Null", "NULL")
_CORE = "tag:yaml.org,2002:"
_TAGS = {_CORE + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "seq", "map")}
_MERGE = _CORE + "merge"


class Key(str):
    """The last part of a place that means the key itself, not the value that it has."""

    __slots__ = ()


class Mark(NamedTuple):
    """A spot in a file; line and column count from 1."""

    file: str
    line: int
    column: int


class Scalar(NamedTuple):
    """A text as it stands in the file, `raw`, quotes and all. `style` is the quote, `|`, `>`, or None for plain."""

    mark: Mark
    raw: str
    style: str | None


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: where it is, what it is, how to mend it.

    `line` and `column` count from 1; where they are 0 it is the whole file, or the whole line.
    """

    file: str
    line: int
    key: str
    wrong: str
    remedy: str
    column: int = 0

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return ": ".join(part for part in (place, self.key, self.text) if part)

    @property
    def text(self) -> str:
        """What is wrong and how to mend it, without the place."""
        return f"{self.wrong}. {self.remedy}" if self.remedy else self.wrong


def in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """As one reads: file by file, from top to bottom."""
    return sorted(mistakes, key=lambda it: (it.file, it.line, it.column, it.key, it.wrong, it.remedy))


def dotted(path: Sequence[str | int]) -> str:
    """A path as people write it: `rules[2].route.queue`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


@dataclass(slots=True)
class Document:
    """One YAML file: its values as text, the place of each, and what was wrong with it as YAML.

    Several files that were put together are one document too; then `file` is the folder, and `incomplete` is true where
    one of them could not be read. `own_numbers` says which item of its own file's list an item is, where it differs.
    """

    file: str
    data: Value = None
    mistakes: list[Mistake] = field(default_factory=list)
    marks: dict[Place, Mark] = field(default_factory=dict)  # of keys, and of what has none
    scalars: dict[Place, Scalar] = field(default_factory=dict)
    incomplete: bool = False
    own_numbers: dict[Place, int] = field(default_factory=dict)
    refused: set[Place] = field(default_factory=set)  # what stands there is a mistake, and counts as nothing

    @property
    def unreadable(self) -> bool:
        """True where nothing at all could be read, so that asking what the file lacks would be pointless."""
        return self.data is None and bool(self.mistakes)

    def mark(self, path: Place) -> Mark:
        """Where the text at `path` stands; for a list or a mapping its key; else the nearest thing around it."""
        if path in self.scalars and not (path and isinstance(path[-1], Key)):
            return self.scalars[path].mark
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, Mark(self.file, 1, 1))

    def where(self, path: Place, seen_from: Place) -> str:
        """The place of `path` for a mistake at `seen_from`: `on line 3`, with the file where it is another one."""
        mark = self.mark(path)
        return f"{'' if mark.file == self.mark(seen_from).file else f'in {mark.file} '}on line {mark.line}"

    def mistake(self, path: Place, wrong: str, remedy: str, at: Mark | None = None) -> Mistake:
        """A mistake at `path`, shown there or at the mark `at`."""
        file, line, column = at or self.mark(path)
        if path[:2] in self.own_numbers:
            path = (path[0], self.own_numbers[path[:2]], *path[2:])
        return Mistake(file, line, dotted(path), wrong, remedy, column)

    def at(self, *path: str | int) -> Value:
        """The value at `path`, None where there is none, whatever shape the file has."""
        value = self.data
        for part in path:
            if isinstance(part, int) and isinstance(value, list) and part < len(value):
                value = value[part]
            elif isinstance(part, str) and isinstance(value, dict):
                value = value.get(part)
            else:
                return None
        return value

    def text(self, *path: str | int) -> str | None:
        """The text at `path`, None where there is none or something else."""
        value = self.at(*path)
        return value if isinstance(value, str) else None

    def texts(self, *path: str | int) -> Iterator[tuple[Place, str]]:
        """The texts at `path` with their paths: those of a list, or the one that stands alone."""
        value = self.at(*path)
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, str):
                    yield (*path, index), item

    def keys(self, *path: str | int) -> list[str]:
        """The keys of the mapping at `path`, none where there is no mapping."""
        value = self.at(*path)
        return list(value) if isinstance(value, dict) else []

    def count(self, *path: str | int) -> int:
        """How long the list at `path` is, 0 where there is no list."""
        value = self.at(*path)
        return len(value) if isinstance(value, list) else 0


def read(path: Path) -> Document:
    """Read a file. Whatever is wrong with it is in the document's `mistakes`; nothing is raised."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _broken(path, 0, "no such file", "Make it, or name the right file")
    except (OSError, ValueError) as error:
        return _broken(path, 0, f"cannot be read ({error})", "Let the daemon's user read it")
    if len(raw) > MAX_BYTES:
        return _broken(path, 0, f"is larger than {MAX_BYTES} bytes", "Is this the right file?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _broken(path, line, f"byte 0x{raw[error.start]:02x} is not UTF-8", "Save the file as UTF-8")
    return parse(text, str(path))


def parse(text: str, file: str) -> Document:
    """Parse the text of one file; `file` is the name that mistakes show. Nothing is raised."""
    document = Document(file)
    try:
        root = _composed(text)
    except yaml.YAMLError as error:
        document.mistakes.append(_syntax_mistake(error, text, file))
    except RecursionError:
        document.mistakes.append(Mistake(file, 1, "", "is nested too deeply to be read", "Is this the right file?"))
    except ValueError as error:  # PyYAML lets some through, such as an escape beyond Unicode
        document.mistakes.append(Mistake(file, 1, "", f"is not valid YAML ({error})", "Look at the file's \\ escapes"))
    else:
        if root is not None:
            document.data = _Reader(document, text).value(root, ())
    return document


if yaml.__with_libyaml__:

    class _Quick(Composer, yaml.CSafeLoader):
        """libyaml reads the words, and Python puts them together: it raises where they are nested too deeply."""

        def __init__(self, text: str) -> None:
            Composer.__init__(self)
            yaml.CSafeLoader.__init__(self, text)


# What libyaml reads as YAML 1.2 has it and PyYAML's own parser does not, or counts differently.
_READ_DIFFERENTLY = re.compile("[\t?\ufeff\x85\u2028\u2029]|!(?!=)|[|>][-+0-9]*#")


def _composed(text: str) -> yaml.Node | None:
    """The nodes of a text, by libyaml where PyYAML has it: it is eight times as quick.

    What it refuses, or might read differently, PyYAML's own parser reads, so that the words of a mistake are the same
    everywhere. Raises what that raises.
    """
    if yaml.__with_libyaml__ and not _READ_DIFFERENTLY.search(text):
        try:
            return _Quick(text).get_single_node()
        except (yaml.YAMLError, ValueError):
            pass
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _broken(path: Path, line: int, wrong: str, remedy: str) -> Document:
    return Document(str(path), mistakes=[Mistake(str(path), line, "", wrong, remedy)])


def _syntax_mistake(error: yaml.YAMLError, text: str, file: str) -> Mistake:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        wrong = f"is not valid YAML: {error.problem or 'cannot be parsed'}"
        hint = f" ({error.context})" if error.context else ""
        return Mistake(file, mark.line + 1, "", wrong + hint, _SYNTAX_REMEDY, mark.column + 1)
    if isinstance(error, yaml.reader.ReaderError) and isinstance(error.position, int):
        line = text.count("\n", 0, error.position) + 1
        return Mistake(file, line, "", f"holds the character {error.character!r}", "Remove it: YAML allows no such one")
    return Mistake(file, 1, "", "is not valid YAML", _SYNTAX_REMEDY)


_SYNTAX_REMEDY = "Look at the indentation, the colons and the quotes on this line and the one before"


class _Reader:
    """Turns composed nodes into values, noting places and mistakes in the document as it goes."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.text = text
        self.seen: set[int] = set()

    def mark(self, node: yaml.Node) -> Mark:
        return Mark(self.document.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def value(self, node: yaml.Node, path: Place) -> Value:
        self.document.marks.setdefault(path, self.mark(node))
        if id(node) in self.seen:
            return self.refuse(path, "is a YAML alias", "Write the value out")
        self.seen.add(id(node))
        if len(path) > MAX_DEPTH:
            return self.refuse(path, "is nested too deeply", "No setting lies this deep: look at the indentation")
        if node.tag not in _TAGS:
            return self.refuse(path, f"has the YAML tag {node.tag.replace(_CORE, '!!')}", "Remove the tag")
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.mapping(node, path)

    def scalar(self, node: yaml.ScalarNode, path: Place) -> str | None:
        if not node.style and node.value in _NOTHING:
            return None
        raw = self.text[node.start_mark.index : node.end_mark.index]
        self.document.scalars[path] = Scalar(self.mark(node), raw, node.style or None)  # libyaml says ""
        return str(node.value)

    def mapping(self, node: yaml.Node, path: Place) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for key_node, value_node in node.value:
            mark = self.mark(key_node)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == _MERGE:
                wrong, remedy = "a key that is not a plain word", "Write `key: value`"
                self.document.mistakes.append(self.document.mistake(path, wrong, remedy, mark))
                continue
            key = str(key_node.value)
            place: Place = (*path, key)
            if key in values:
                first = self.document.mark((*path, Key(key))).line
                wrong, remedy = f"stands here for the second time, first on line {first}", "Keep one of the two"
                self.document.mistakes.append(self.document.mistake(place, wrong, remedy, mark))
                continue
            self.document.marks[place] = mark
            values[key] = self.value(value_node, place)
        return values

    def refuse(self, path: Place, wrong: str, remedy: str) -> Value:
        self.document.mistakes.append(self.document.mistake(path, wrong, remedy))
        self.document.refused.add(path)
        return None

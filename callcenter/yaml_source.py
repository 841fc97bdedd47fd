"""YAML files read so that a mistake in one can be shown at its line.

The idea: a plain value stays the text that was written, and the schema that reads it decides what it is. So `no` as a
language is Norwegian and not "false", `0800` as a dialled number keeps its zero, and nobody has to know which words
YAML 1.1 quietly turns into something else. Only an empty value, `~` and `null` mean "nothing".

Aliases are refused: a file that an admin edits reads better without them, and a small file cannot unfold into a huge
one. `MAX_BYTES` and `MAX_DEPTH` bound what is read; what is beyond them is a mistake like any other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

Place = tuple[str | int, ...]
Value = str | None | list["Value"] | dict[str, "Value"]

MAX_BYTES = 1_048_576
MAX_DEPTH = 20
_NOTHING = ("", "~", "null", "Null", "NULL")
_CORE = "tag:yaml.org,2002:"
_TAGS = {_CORE + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "seq", "map")}
_MERGE = _CORE + "merge"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing that is wrong: where it is, what it is, how to mend it. `line` counts from 1; 0 is the whole file."""

    file: str
    line: int
    key: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.key, f"{self.wrong}. {self.remedy}") if part)


def dotted(path: Sequence[str | int]) -> str:
    """A path as people write it: `rules[2].route.queue`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


@dataclass(slots=True)
class Document:
    """One YAML file: its values as text, the line of each, and what was wrong with it as YAML."""

    file: str
    data: Value = None
    mistakes: list[Mistake] = field(default_factory=list)
    lines: dict[Place, int] = field(default_factory=dict)

    @property
    def unreadable(self) -> bool:
        """True where nothing at all could be read, so that asking what the file lacks would be pointless."""
        return self.data is None and bool(self.mistakes)

    def line(self, path: Place) -> int:
        """The line of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def mistake(self, path: Place, wrong: str, remedy: str) -> Mistake:
        return Mistake(self.file, self.line(path), dotted(path), wrong, remedy)

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
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        document.mistakes.append(_syntax_mistake(error, text, file))
    except RecursionError:
        document.mistakes.append(Mistake(file, 1, "", "is nested too deeply to be read", "Is this the right file?"))
    except ValueError as error:  # PyYAML lets some through, such as an escape beyond Unicode
        document.mistakes.append(Mistake(file, 1, "", f"is not valid YAML ({error})", "Look at the file's \\ escapes"))
    else:
        if root is not None:
            document.data = _Reader(document).value(root, ())
    return document


def _broken(path: Path, line: int, wrong: str, remedy: str) -> Document:
    return Document(str(path), mistakes=[Mistake(str(path), line, "", wrong, remedy)])


def _syntax_mistake(error: yaml.YAMLError, text: str, file: str) -> Mistake:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        wrong = f"is not valid YAML: {error.problem or 'cannot be parsed'}"
        hint = f" ({error.context})" if error.context else ""
        return Mistake(file, mark.line + 1, f"column {mark.column + 1}", wrong + hint, _SYNTAX_REMEDY)
    if isinstance(error, yaml.reader.ReaderError) and isinstance(error.position, int):
        line = text.count("\n", 0, error.position) + 1
        return Mistake(file, line, "", f"holds the character {error.character!r}", "Remove it: YAML allows no such one")
    return Mistake(file, 1, "", "is not valid YAML", _SYNTAX_REMEDY)


_SYNTAX_REMEDY = "Look at the indentation, the colons and the quotes on this line and the one before"


class _Reader:
    """Turns composed nodes into values, noting lines and mistakes in the document as it goes."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.seen: set[int] = set()

    def value(self, node: yaml.Node, path: Place) -> Value:
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self.seen:
            return self.refuse(path, "is a YAML alias", "Write the value out")
        self.seen.add(id(node))
        if len(path) > MAX_DEPTH:
            return self.refuse(path, "is nested too deeply", "No setting lies this deep: look at the indentation")
        if node.tag not in _TAGS:
            return self.refuse(path, f"has the YAML tag {node.tag.replace(_CORE, '!!')}", "Remove the tag")
        if isinstance(node, yaml.ScalarNode):
            plain = node.style is None
            return None if plain and node.value in _NOTHING else str(node.value)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.mapping(node, path)

    def mapping(self, node: yaml.Node, path: Place) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == _MERGE:
                wrong = "a key that is not a plain word"
                self.document.mistakes.append(
                    Mistake(self.document.file, line, dotted(path), wrong, "Write `key: value`")
                )
                continue
            key = str(key_node.value)
            place: Place = (*path, key)
            if key in values:
                first = self.document.line(place)
                self.document.mistakes.append(
                    Mistake(
                        self.document.file,
                        line,
                        dotted(place),
                        f"stands here for the second time, first on line {first}",
                        "Keep one of the two",
                    )
                )
                continue
            self.document.lines[place] = line
            values[key] = self.value(value_node, place)
        return values

    def refuse(self, path: Place, wrong: str, remedy: str) -> Value:
        self.document.mistakes.append(self.document.mistake(path, wrong, remedy))
        return None

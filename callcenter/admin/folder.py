"""The rules as the files of a folder, put together to one document that knows where each of its values stands.

The files are read in the order of their names. The parts of a section that has names are united, `rules` and
`tier_rules` follow one another, and whatever else stands in two files is a mistake that names both places.
`cases.yaml` and `traffic*.yaml` are in the same folder and are not rules.

At most `MAX_FILES` files are read, of `MAX_BYTES` together; that there is more is a mistake like any other.
"""

from pathlib import Path

from callcenter.admin import yaml_source
from callcenter.admin.yaml_source import Document, Key, Mark, Mistake, Place, Value

CASES = "cases.yaml"
TRAFFIC = "traffic"  # how the names of the files begin that hold traffic
MAX_FILES = 200
MAX_BYTES = yaml_source.MAX_BYTES
_FOLLOWING = ("rules", "tier_rules")
_REPEATED = "version"  # says the same in each file, or is a mistake


def read(path: Path) -> Document:
    """Read one file of rules, or a folder of them. Whatever is wrong is in the document's `mistakes`."""
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError):
        is_folder = False
    return _read_folder(path) if is_folder else yaml_source.read(path)


def files_of(path: Path) -> list[Path]:
    """The files that hold the rules, in their order. Raises OSError where the folder cannot be read."""
    if not path.is_dir():
        return [path]
    return sorted(
        file
        for file in path.iterdir()
        if file.suffix == ".yaml" and not file.name.startswith((".", TRAFFIC)) and file.name != CASES
    )


def _read_folder(folder: Path) -> Document:
    name = str(folder)
    try:
        files = files_of(folder)
        misnamed = sorted(file for file in folder.iterdir() if file.suffix == ".yml")
        size = sum(file.stat().st_size for file in files[: MAX_FILES + 1] if file.is_file())
    except OSError as error:
        wrong, remedy = f"cannot be read ({error})", "Let the daemon's user read it"
        return Document(name, mistakes=[Mistake(name, 0, "", wrong, remedy)])
    mistakes = [Mistake(str(file), 0, "", "is not read", "Let its name end in .yaml") for file in misnamed]
    if not files:
        mistakes.append(Mistake(name, 0, "", "holds no rules", "Put a file into it whose name ends in .yaml"))
    if len(files) > MAX_FILES or size > MAX_BYTES:
        wrong = f"holds more than {MAX_FILES} files" if len(files) > MAX_FILES else f"holds more than {MAX_BYTES} bytes"
        remedy = "Is this the right folder?"
        return Document(name, mistakes=[*mistakes, Mistake(name, 0, "", wrong, remedy)])
    return _joined(name, [yaml_source.read(file) for file in files], mistakes)


def _joined(name: str, documents: list[Document], mistakes: list[Mistake]) -> Document:
    joined = Document(name, mistakes=mistakes, marks={(): Mark(name, 0, 0)})
    sections: dict[str, Value] = {}
    for document in documents:
        joined.mistakes += document.mistakes
        joined.incomplete |= document.unreadable
        if isinstance(document.data, dict):
            _add(joined, sections, document, document.data)
        elif document.data is not None:
            remedy = "It should be keys with values, `key: value`, one to a line"
            joined.mistakes.append(document.mistake((), "holds no sections", remedy))
            joined.incomplete = True
    if sections or not joined.mistakes:
        joined.data = dict(sections)
    return joined


def _add(joined: Document, sections: dict[str, Value], document: Document, added: dict[str, Value]) -> None:
    left_out: set[Place] = set()
    moved_by: dict[str, int] = {}
    for key, value in added.items():
        here = sections.get(key)
        if here is None:
            sections[key] = (
                dict(value) if isinstance(value, dict) else list(value) if isinstance(value, list) else value
            )
        elif value is None or (key == _REPEATED and value == here):
            left_out.add((key,))
        elif isinstance(here, dict) and isinstance(value, dict):
            for name, part in value.items():
                if name in here:
                    left_out.add((key, name))
                    joined.mistakes.append(_twice(joined, document, (key, name)))
                else:
                    here[name] = part
        elif isinstance(here, list) and isinstance(value, list) and key in _FOLLOWING:
            moved_by[key] = len(here)
            here += value
        else:
            left_out.add((key,))
            joined.mistakes.append(_twice(joined, document, (key,)))
    _take_places(joined, document, left_out, moved_by)


def _twice(joined: Document, document: Document, path: Place) -> Mistake:
    first = joined.mark((*path[:-1], Key(path[-1])))
    wrong = f"stands here for the second time, first in {first.file} on line {first.line}"
    return document.mistake((*path[:-1], Key(path[-1])), wrong, "Keep one of the two")


def _take_places(joined: Document, document: Document, left_out: set[Place], moved_by: dict[str, int]) -> None:
    def place(path: Place) -> Place | None:
        if not path or path[:1] in left_out or path[:2] in left_out:
            return None
        if len(path) > 1 and isinstance(path[1], int) and path[0] in moved_by:
            moved = (path[0], path[1] + moved_by[str(path[0])])
            joined.own_numbers[moved] = path[1]
            return moved + path[2:]
        return path

    for path, mark in document.marks.items():
        new = place(path)
        if new is not None:
            joined.marks.setdefault(new, mark)
    for path, scalar in document.scalars.items():
        new = place(path)
        if new is not None:
            joined.scalars.setdefault(new, scalar)
    joined.refused |= {new for path in document.refused if (new := place(path)) is not None}

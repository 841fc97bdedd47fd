"""The files of the rules as one value, names and texts, and what a kept version of them is.

One idea: rules are published, kept and compared as the texts that the admin wrote, comments and cases included. What
they mean is read from those texts anew each time, so a version of last year is checked like one of today.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from callcenter.admin.folder import CASES, MAX_FILES

MAX_BYTES = 1_048_576  # of all files together, and of what is posted to publish them
MAX_MESSAGE = 500
MAX_AUTHOR = 64
_NAME = re.compile(r"[a-z0-9_-][a-z0-9_.-]{0,58}\.yaml")

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A version as it is told of. Numbers count from 1; 0 is one that could not be kept (yet).

    `changed` names the files that differ from those of `parent` (0: there was none before): `+` new, `~` changed, `-`
    gone. `at_ms` is when it came into force.
    """

    number: int
    author: str
    at_ms: int
    message: str
    parent: int
    changed: tuple[str, ...] = ()


class RuleFilesError(Exception):
    """These files cannot be published or kept; the text says which and how to mend it."""


def read(path: Path) -> dict[str, str]:
    """The files of the folder at `path`; or the one file, and the cases beside it. Raises RuleFilesError.

    Of a folder, all that are called *.yaml and are not hidden, in the order of their names.
    """
    try:
        if path.is_dir():
            found = sorted(file for file in path.glob("*.yaml") if not file.name.startswith(".") and file.is_file())
        else:
            found = [path, *(file for file in (path.with_name(CASES),) if file.is_file() and file != path)]
        if sum(file.stat().st_size for file in found) > MAX_BYTES:
            raise RuleFilesError(f"the files of {path} have more than {MAX_BYTES} bytes; cut what no rule needs")
        files = {file.name: file.read_bytes().decode() for file in found}
    except UnicodeDecodeError as error:
        raise RuleFilesError(f"a file of {path} is not UTF-8 ({error.reason}); save it as UTF-8") from error
    except (OSError, ValueError) as error:
        raise RuleFilesError(f"{path} cannot be read ({error}); name the folder of the rules") from error
    check(files, str(path))
    return files


def check(files: Files, where: str) -> None:
    """Raises RuleFilesError for files that cannot be kept under their names, or are too many or too large."""
    if not files:
        raise RuleFilesError(f"{where} holds no *.yaml file; name the folder of the rules")
    for name in files:
        if not _NAME.fullmatch(name):
            raise RuleFilesError(f"the file name {name!r} in {where} cannot be kept; use a-z, 0-9, _, - and .yaml")
    if len(files) > MAX_FILES:
        raise RuleFilesError(f"{where} holds {len(files)} files; put the rules into at most {MAX_FILES}")
    if sum(len(text.encode()) for text in files.values()) > MAX_BYTES:
        raise RuleFilesError(f"the files of {where} have more than {MAX_BYTES} bytes; cut what no rule needs")


def write(files: Files, folder: Path) -> None:
    """Write them into an empty folder. The names must have been checked."""
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())


def digest(files: Files) -> str:
    """The same for the same names and texts, whatever their order."""
    return hashlib.sha256(json.dumps(dict(files), sort_keys=True).encode()).hexdigest()


def changes(before: Files, after: Files) -> tuple[str, ...]:
    """Which files differ, by name: `+` new, `~` changed, `-` gone."""
    signs = ((name, "-" if name not in after else "+" if name not in before else "~") for name in {**before, **after})
    return tuple(f"{sign}{name}" for name, sign in sorted(signs) if before.get(name) != after.get(name))


def diff(before: Files, after: Files, names: tuple[str, str]) -> Iterator[str]:
    """The unified diff, line by line without line ends. `names` say what the two are, such as `version 3`."""
    for change in changes(before, after):
        file = change[1:]
        old, new = before.get(file), after.get(file)
        yield from difflib.unified_diff(
            _lines(old),
            _lines(new),
            "(none)" if old is None else f"{names[0]}: {file}",
            "(none)" if new is None else f"{names[1]}: {file}",
            lineterm="",
        )


def _lines(text: str | None) -> list[str]:
    """A last line without an end is told apart, as diff(1) does; a file of Windows shows where its lines differ."""
    lines = (text or "").split("\n")
    last = lines.pop()
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines

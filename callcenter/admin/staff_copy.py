"""The staff that was published, beside agents.yaml: a copy in the data directory from which a daemon starts.

One idea: agents.yaml counts until something else is published, and again once somebody has edited it. The copy names
the agents.yaml that it stands in for by its digest; an edited one has another digest, and the copy counts no more. So a
start needs no database to know who works here, and a file that is out of date keeps no daemon from starting.
"""

import contextlib
import hashlib
import os
from pathlib import Path

NAME = "staff-in-force.yaml"
_OPENING = "# In force instead of the agents.yaml with the SHA-256 "


def in_force(agents: Path, data_dir: Path) -> Path:
    """The file to read: the copy where it stands in for the `agents` file as it is now, or there is none; else that."""
    copy = data_dir / NAME
    try:
        with copy.open(encoding="utf-8") as file:
            opening = file.readline()
        if opening.startswith(_OPENING) and (not agents.exists() or opening == _opening(digest(agents))):
            return copy
    except (OSError, ValueError):
        pass
    return agents


def text(path: Path) -> str:
    """The text of a file of the staff, without the line that makes it a copy. Raises OSError and UnicodeDecodeError."""
    read = path.read_bytes().decode("utf-8-sig")
    return read.partition("\n")[2] if path.name == NAME and read.startswith(_OPENING) else read


def digest(agents: Path) -> str:
    """What an agents.yaml is known by; one that is not there counts as empty. Raises OSError."""
    try:
        return hashlib.sha256(agents.read_bytes()).hexdigest()
    except FileNotFoundError:
        return hashlib.sha256(b"").hexdigest()


def keep(published: str | None, replaced: str, data_dir: Path) -> None:
    """Let `published` count instead of the agents.yaml with the digest `replaced`; None: that one itself counts again.

    Raises OSError.
    """
    copy = data_dir / NAME
    if published is None:
        with contextlib.suppress(FileNotFoundError):
            copy.unlink()
        return
    draft = copy.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as file:
        file.write(_opening(replaced) + published)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(copy)


def _opening(replaced: str) -> str:
    return f"{_OPENING}{replaced}, until that one is edited.\n"

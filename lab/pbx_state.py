"""What is written down of each PBX that was started, so that another process can find, stop or sweep it.

A process id alone proves nothing: an Asterisk is ours if it runs with our configuration file, and an owner is the one
that it was if it also started when it did.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.install import LOCAL

STATES = LOCAL / "pbx"


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a PBX that was started, as kept in a file. `owner` is 0 for one that outlives its starter."""

    pid: int
    owner: int
    owner_started: str
    folder: str
    config: str
    run_folder: str
    sip_port: int
    ami_port: int
    ami_tls_port: int | None
    agents: int


def forget(name: str, state: State) -> None:
    """Remove the files of a PBX that is not running any more."""
    shutil.rmtree(state.run_folder, ignore_errors=True)
    if state.owner != 0:  # a background PBX keeps its folder, and with it the registered phones, for its next start
        shutil.rmtree(state.folder, ignore_errors=True)
        (STATES / f"{name}.secret").unlink(missing_ok=True)
    (STATES / f"{name}.json").unlink(missing_ok=True)


def states() -> Iterator[tuple[str, State]]:
    for path in sorted(STATES.glob("*.json")):
        try:
            yield path.stem, State(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            continue  # half written or from another version: nothing to go by


def is_ours(state: State) -> bool:
    """Whether that process id still is the Asterisk that was started with that configuration."""
    try:
        return state.config.encode() in Path(f"/proc/{state.pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def started(pid: int) -> str:
    """When a process started, in the kernel's own ticks: tells a process from a later one with the same id."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""

"""What a story's daemon did, event by event: its journal, handled again by an engine of our own.

The engine decides the same whenever it is given the same, so each event's commands come out as they did then, and no
clock of this machine has a say in what a test makes of them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from callcenter.commands import Command
from callcenter.events import Event
from callcenter.hindsight import from_journal
from callcenter.overview import Overview
from callcenter.recovery import engine_before, read_history
from callcenter.settings import load


class Handled(NamedTuple):
    """One event, what came of it, and the picture after it."""

    event: Event
    made: Sequence[Command]
    after: Overview


async def handled(config_file: Path) -> list[Handled]:
    """All that the running daemon with these settings has handled since its last snapshot, in order."""
    loaded = load(config_file)
    history = await from_journal(loaded.settings, read_history)
    engine = engine_before(history, loaded.configuration)
    seen = []
    for at_ms, event in history.tail:
        made = engine.handle(at_ms, event)
        seen.append(Handled(event, made, engine.overview(at_ms)))
    return seen

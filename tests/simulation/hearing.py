"""A simulated world, and all that its core has said of events that are in the journal: what the log would be told."""

from typing import Any

from callcenter.commands import Command
from callcenter.events import Event
from callcenter.simulation.auditor import Auditor
from callcenter.simulation.world import World
from callcenter.state import Saved


class Hearing(Auditor):
    """The auditor, who also remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Command] = []

    def observe(self, now_ms: int, event: Event, commands: list[Command], saved: Saved) -> None:
        self.said += commands
        super().observe(now_ms, event, commands, saved)

    def of(self, kind: type[Any]) -> list[Any]:
        return [command for command in self.said if isinstance(command, kind)]


def heard(seed: int, events: int) -> tuple[World, Hearing]:
    """So many events under the seed's faults, restarts among them; the world stops in the middle of things."""
    world, hearing = World(seed, audit=True), Hearing()
    world.auditor = hearing
    world.live_under_faults(events)
    return world, hearing

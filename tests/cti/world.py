"""A whole PBX connection against a PBX in memory, on a clock that the test moves."""

from collections.abc import Iterator
from typing import Any

import pytest

from callcenter.cti.asterisk import AsteriskPbx
from callcenter.events import Event
from callcenter.settings import PbxSettings
from tests.cti.memory_pbx import SECRET, MemoryNet, MemoryPbx

WORLDS: list["World"] = []


@pytest.fixture(autouse=True)
def end_of_all_worlds() -> Iterator[None]:
    yield
    while WORLDS:
        WORLDS.pop().pbx.stop()


class World:
    def __init__(self, **settings: Any) -> None:
        WORLDS.append(self)
        self.net = MemoryNet()
        self.events: list[Event] = []
        self.draws: list[float] = []
        self.pbx = AsteriskPbx(
            PbxSettings(**settings),
            SECRET,
            self.events.append,
            self.net.reactor,
            draw=lambda: self.draws.pop() if self.draws else 0.5,
        )

    def up(self) -> MemoryPbx:
        """Connected, synced, the first beat taken."""
        other = self.net.answer()
        other.let_in()
        other.list_all()
        other.accept(other.expect("Setvar"))
        return other

    def advance(self, seconds: float) -> None:
        self.net.reactor.advance(seconds)


def started(**settings: Any) -> tuple[World, MemoryPbx]:
    world = World(**settings)
    world.pbx.start()
    return world, world.up()

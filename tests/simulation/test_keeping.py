"""What a simulated daemon starts again from, and the replay of its whole journal."""

import pytest

from callcenter.engine import Engine
from callcenter.events import ConfigurationLoaded, DayBegan
from callcenter.simulation.keeping import SNAPSHOT_EVERY, Keeping, digest_of
from callcenter.simulation.promises import BrokenInvariantError
from tests.playbook import agent, arrived, configuration

CONFIG = configuration(agent("ada"))


def kept(events: int, *, crashes: bool = False) -> tuple[Keeping, Engine]:
    keeping, engine = Keeping(CONFIG, whole=True, restarts=True), Engine.fresh(CONFIG)
    for number in range(events):
        event = ConfigurationLoaded(CONFIG) if number == 0 else arrived(f"c{number}")
        engine.handle(number, event)
        keeping.append((number, event), engine, crashes=crashes)
    return keeping, engine


@pytest.mark.parametrize("events", [1, SNAPSHOT_EVERY, SNAPSHOT_EVERY + 3])
def test_a_restart_is_a_snapshot_and_the_events_after_it(events: int) -> None:
    keeping, engine = kept(events)
    assert digest_of(keeping.restored()) == digest_of(engine)
    keeping.check_replay(engine)


def test_a_daemon_that_crashes_writes_no_snapshot() -> None:
    keeping, engine = kept(SNAPSHOT_EVERY + 1, crashes=True)
    assert len(keeping._tail) == SNAPSHOT_EVERY + 1
    keeping.snapshot(engine)
    assert keeping._tail == []
    assert digest_of(keeping.restored()) == digest_of(engine)


def test_a_change_beside_the_journal_is_noticed() -> None:
    keeping, engine = kept(3)
    engine.handle(3, DayBegan("2026-11-22"))
    with pytest.raises(BrokenInvariantError, match="the whole journal replayed is the live state"):
        keeping.check_replay(engine)
    Keeping(CONFIG, whole=False, restarts=False).check_replay(engine)  # nothing was kept to compare with

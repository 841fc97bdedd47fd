"""The benchmark of the restart on a small floor: what it makes of a log, and that a restart loses nobody."""

from pathlib import Path

import pytest

from benchmarks.restart import FullHouse, Restart, figures, restart, told
from tests.helpers import run_async

BEGAN_S = 1_795_315_762.0
LOG = """\
2026-11-22T02:49:22.785Z WARNING  callcenter.stores.redis_server: ending the redis-server (pid 350) of an earlier daemon
2026-11-22T02:49:22.912Z INFO     callcenter.standby: in charge, with epoch 1795315762912
2026-11-22T02:49:23.198Z INFO     callcenter.recovery: journal read: a snapshot, 142 events after it
Traceback (most recent call last): of no interest here
2026-11-22T02:49:24.129Z INFO     callcenter.daemon: agents sign in at http://127.0.0.1:55933
"""


def test_log_tells_where_the_time_went() -> None:
    one = told(LOG, BEGAN_S, BEGAN_S + 2.5, 1.75)
    assert one == Restart(785, 912, 1_198, 2_129, 2_500, 142, 1_750)
    assert one.parts == {"python_ms": 785, "redis_ms": 127, "journal_ms": 286, "shells_ms": 931, "sync_ms": 371}
    assert sum(one.parts.values()) == one.serves_ms


def test_log_that_lacks_a_stage_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="agents sign in at"):
        told(LOG.rsplit("2026", 1)[0], BEGAN_S, BEGAN_S + 2.5, 1.75)


def test_figures_are_medians_and_the_slowest_is_named() -> None:
    found = figures([Restart(1, 2, 3, 4, ms, 7, 5) for ms in (30, 10, 20)])
    assert found["serves_ms"] == {"median": 20, "max": 30}
    assert (found["sync_ms"], found["events_replayed"], found["cpu_ms"], found["starts"]) == (16, 7, 5, 3)


@pytest.mark.redis
@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_who_talks_and_who_waits_does_so_after_the_restart(tmp_path: Path) -> None:
    from twisted.internet import reactor

    house = FullHouse(reactor, tmp_path / "center", agents=3, waiting=5)
    async with house.open() as center:
        one = await restart(center)
        await house.check(center)
        assert one.serves_ms >= one.pages_ms >= one.journal_ms >= one.redis_ms >= one.python_ms > 0
        assert one.replayed > 0
        assert one.cpu_ms > 0

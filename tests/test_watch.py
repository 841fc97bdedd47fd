"""What `/health/ready` says of each part."""

import asyncio
from types import SimpleNamespace
from typing import Any

from callcenter.stores.health import Health
from callcenter.watch import Watch
from tests.helpers import run_async


class Scene:
    """The parts of a daemon, all well at first."""

    def __init__(self) -> None:
        self.redis = self.sql = self.written = Health(True, "fine")
        self.stopped_by: str | None = None
        self.nudged = 0

        async def redis() -> Health:
            return self.redis

        async def sql() -> Health:
            return self.sql

        def nudge() -> None:
            self.nudged += 1

        parts: dict[str, Any] = {
            "journal": SimpleNamespace(health=redis),
            "keeper": SimpleNamespace(health=lambda: Health(True, "keeps up"), nudge=nudge),
            "database": SimpleNamespace(health=sql),
            "contact_log": SimpleNamespace(health=lambda: self.written),
            "runner": SimpleNamespace(
                stats=SimpleNamespace(handled=7),
                engine=SimpleNamespace(snapshot=lambda: SimpleNamespace(offering_stopped_by=self.stopped_by)),
            ),
            "pbx": SimpleNamespace(health=SimpleNamespace(synced=True, words="connected")),
        }
        self.watch = Watch(**parts)

    async def look(self) -> bool:
        """Have the parts asked once; what was told of SQL."""
        told: asyncio.Queue[bool] = asyncio.Queue()
        going = asyncio.create_task(self.watch.go_on(told.put))
        there = await told.get()
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        return there


def test_what_has_not_been_asked_is_not_well() -> None:
    parts = Scene().watch.health()
    assert {name: part.ok for name, part in parts.items()} == {
        "pbx": True,
        "redis": False,
        "sql": False,
        "engine": True,
    }
    assert parts["sql"].words == "has not been asked yet"
    assert parts["engine"].words == "7 events handled; keeps up"


@run_async
async def test_all_are_well_once_they_have_been_asked() -> None:
    scene = Scene()
    assert await scene.look()
    assert all(part.ok for part in scene.watch.health().values())
    assert scene.nudged == 1, "what waits for Redis may be brought to it"


@run_async
async def test_what_is_away_says_so_and_nothing_is_brought_to_it() -> None:
    scene = Scene()
    scene.redis, scene.sql = Health(False, "Redis: refused"), Health(False, "SQL: refused")
    assert not await scene.look()
    parts = scene.watch.health()
    assert (parts["redis"].words, parts["sql"].words) == ("Redis: refused", "SQL: refused")
    assert scene.nudged == 0


@run_async
async def test_a_contact_log_that_is_not_written_is_said_of_sql() -> None:
    scene = Scene()
    await scene.look()
    scene.written = Health(False, "the log is 9 contacts behind")
    sql = scene.watch.health()["sql"]
    assert (sql.ok, sql.words) == (False, "the log is 9 contacts behind")


def test_who_has_asked_for_no_offers_is_named() -> None:
    scene = Scene()
    scene.stopped_by = "sue"
    assert scene.watch.health()["engine"].words.endswith("; no offers are made, sue has asked for it")

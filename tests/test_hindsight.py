"""A contact's story, told afterwards from the journal."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from callcenter.cli import main
from callcenter.engine import Engine
from callcenter.events import (
    AgentReady,
    AgentSignedIn,
    ConfigurationLoaded,
    ContactPrioritised,
    DeviceChanged,
    Event,
    OfferConnected,
    OfferEnded,
    PbxSynced,
    TimePassed,
)
from callcenter.hindsight import lines_of, story_of
from callcenter.recovery import open_journal
from callcenter.settings import Loaded, RedisSettings, Settings
from callcenter.stores.journal import Entry, Journal, JournalCorruptError
from callcenter.stores.redis_server import RedisServer
from callcenter.stores.snapshot import encode_snapshot
from callcenter.types import AgentConfig, AgentId, ContactId, DeviceRef, DeviceStatus, LegEnd, OfferId, PbxName
from tests.helpers import run_async
from tests.redis_fixtures import running_redis
from tests.test_recovery import CONFIGURATION, GENERAL, arrival

pytestmark = pytest.mark.redis

MAIN = PbxName("main")
ANNA, BOB = AgentId("anna"), AgentId("bob")
BOBS = AgentConfig(BOB, "Bob", DeviceRef(MAIN, "PJSIP/1002"), (), (GENERAL,))
BOTH = replace(CONFIGURATION, agents=(*CONFIGURATION.agents, BOBS))
PHONES = tuple(DeviceChanged(agent.device, DeviceStatus.FREE) for agent in BOTH.agents)
CALL = arrival(1).contact
FIRST, SECOND = OfferId(f"{CALL}.1"), OfferId(f"{CALL}.2")
EVENTS: list[tuple[int, Event]] = [
    (10, ConfigurationLoaded(BOTH)),
    (20, PbxSynced(MAIN, (), (), (), PHONES)),
    (30, AgentSignedIn(ANNA)),
    (31, AgentReady(ANNA)),
    (32, AgentSignedIn(BOB)),
    (33, AgentReady(BOB)),
    (1_000, arrival(1)),
    (1_200, TimePassed()),  # nobody has answered the look-up
    (1_500, OfferEnded(FIRST, LegEnd.BUSY)),
    (1_600, arrival(2)),
    (1_700, ContactPrioritised(CALL, 70, "sue")),
    (2_000, OfferConnected(SECOND)),
]


def loaded(folder: Path, url: str | None = None) -> Loaded:
    return Loaded(Settings(data_dir=folder, redis=RedisSettings(url=url)), BOTH, {}, (), (), 0)


async def write(folder: Path, events: list[tuple[int, Event]], snapshot_after: int | None = None) -> None:
    """What a daemon that has stopped leaves behind."""
    engine = Engine.fresh(BOTH)
    async with contextlib.AsyncExitStack() as closing:
        journal = await open_journal(Settings(data_dir=folder), closing)
        await journal.load()
        for number, (now_ms, event) in enumerate(events):
            last = await journal.append([Entry(now_ms, event)])
            engine.handle(now_ms, event)
            if number == snapshot_after:
                await journal.save_snapshot(encode_snapshot(engine.snapshot()), last)


@contextlib.asynccontextmanager
async def journal_on(server: RedisServer) -> AsyncIterator[Journal]:
    journal = Journal(server.url)
    try:
        yield journal
    finally:
        await journal.close()


@run_async
async def test_each_offer_is_told_with_the_reason_for_each_agent(redis_executable: Path, tmp_path: Path) -> None:
    await write(tmp_path, EVENTS)
    lines = list(lines_of(await story_of(loaded(tmp_path), CALL)))
    assert lines == [
        "1970-01-01 00:00:01.200  routed: (no rule): no rule is for dialled 8001 and tier standard; queue general, "
        "priority 0",
        f"1970-01-01 00:00:01.200  offer {FIRST}: queue general, priority 0, place 1 of 1",
        "    anna  gets the contact (2 could take it now)",
        "    bob   Anna has been idle longer",
        f"1970-01-01 00:00:01.500  offer {FIRST} to anna: declined, 300 ms",
        f"1970-01-01 00:00:01.500  offer {SECOND}: queue general, priority 0, place 1 of 1",
        "    bob   gets the contact (1 could take it now)",
        "    anna  gets no offers for another 10 s, after one that came to nothing",
        "1970-01-01 00:00:01.700  prioritised by sue: priority 70",
        f"1970-01-01 00:00:02.000  offer {SECOND} to bob: accepted, 500 ms",
        "1970-01-01 00:00:02.000  is connected: queue general, priority 70",
        "    anna  gets no offers for another 10 s, after one that came to nothing",
        "    bob   has it: talking",
    ]


@run_async
async def test_what_was_before_the_last_snapshot_is_not_there_any_more(redis_executable: Path, tmp_path: Path) -> None:
    await write(tmp_path, EVENTS, snapshot_after=7)
    story = await story_of(loaded(tmp_path), CALL)
    assert story.since_ms == 1_500
    told = [type(one).__name__ for _, one in story.told]
    assert told == ["OfferClosed", "Explanation", "RecordDecision", "OfferClosed"]
    unknown = list(lines_of(await story_of(loaded(tmp_path), ContactId("main-9-1"))))
    assert unknown == [
        "The journal holds nothing of contact main-9-1: "
        "it begins at 1970-01-01 00:00:01.500, and what was before is in the log."
    ]


@run_async
async def test_a_daemon_that_runs_is_read_beside_its_work(redis_executable: Path, tmp_path: Path) -> None:
    """Its own Redis is found by the data directory, and left alone."""
    async with running_redis(tmp_path) as server, journal_on(server) as journal:
        await journal.append([Entry(*entry) for entry in EVENTS])
        before = await journal.load()
        story = await story_of(loaded(tmp_path), CALL)
        assert story.now is not None
        assert await journal.load() == before
        assert (await story_of(loaded(tmp_path / "other", server.url), CALL)).told == story.told
        assert server.health().ok


@run_async
async def test_a_journal_that_cannot_be_read_is_an_error_and_not_a_short_story(
    redis_executable: Path, tmp_path: Path
) -> None:
    async with running_redis(tmp_path) as server, journal_on(server) as journal:
        await journal.append([Entry(*entry) for entry in EVENTS])
        await journal._client.xdel(journal._stream, "3-0")
        with pytest.raises(JournalCorruptError, match="entries between are missing"):
            await story_of(loaded(tmp_path), CALL)


def test_command_without_settings_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["explain", CALL, "--config", str(tmp_path / "callcenter.yaml")])
    assert result.exit_code == 1
    assert "callcenter.yaml" in result.output

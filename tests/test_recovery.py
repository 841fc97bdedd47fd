import contextlib
from pathlib import Path

import pytest
import redis.asyncio

from callcenter.engine import Engine
from callcenter.events import CallerLeft, ConfigurationLoaded, ContactArrived, Event
from callcenter.recovery import Recovered, gap_file, open_journal, read_history, recover
from callcenter.settings import Settings
from callcenter.stores.journal import Entry, Journal, JournalCorruptError, lines_of
from callcenter.stores.journal_file import GapFile, SavedState
from callcenter.stores.redis_server import running_url
from callcenter.stores.snapshot import encode_snapshot
from callcenter.types import (
    AgentConfig,
    AgentId,
    ChannelRef,
    Configuration,
    ContactId,
    Departure,
    DeviceRef,
    PbxName,
    QueueConfig,
    QueueName,
    Tier,
)
from tests.helpers import run_async

pytestmark = pytest.mark.redis

AGENT = "anna"
GENERAL = QueueName("general")
CONFIGURATION = Configuration(
    (Tier("standard"),),
    Tier("standard"),
    GENERAL,
    (QueueConfig(GENERAL, 20_000, 0, 20_000),),
    (),
    (AgentConfig(AgentId(AGENT), "Anna", DeviceRef(PbxName("main"), "PJSIP/1001"), (), (GENERAL,)),),
)


def arrival(number: int) -> ContactArrived:
    return ContactArrived(
        ContactId(f"main-{number}-1"), ChannelRef(PbxName("main"), str(number)), "+15550100", "", "8001"
    )


EVENTS: list[tuple[int, Event]] = [
    (10, ConfigurationLoaded(CONFIGURATION)),
    (20, arrival(1)),
    (30, arrival(2)),
    (1_000, CallerLeft(arrival(1).contact, Departure.HUNG_UP)),
]


async def journal_of(closing: contextlib.AsyncExitStack, folder: Path) -> Journal:
    journal = await open_journal(Settings(data_dir=folder), closing)
    await journal.load()
    return journal


async def recovered_from(folder: Path) -> Recovered:
    settings = Settings(data_dir=folder)
    async with contextlib.AsyncExitStack() as closing:
        return await recover(await open_journal(settings, closing), gap_file(settings), CONFIGURATION)


def live() -> Engine:
    """As the engine was after all events."""
    engine = Engine.fresh(CONFIGURATION)
    for now_ms, event in EVENTS:
        engine.handle(now_ms, event)
    return engine


def state_after(count: int) -> SavedState:
    engine = Engine.fresh(CONFIGURATION)
    for now_ms, event in EVENTS[:count]:
        engine.handle(now_ms, event)
    return SavedState(count, encode_snapshot(engine.snapshot()))


def write_gap(file: GapFile, first: int, state_at: int, journal: str | None = None) -> None:
    """What a daemon that was killed in a gap has left: its entries from `first` on, and a state after `state_at`."""
    file.path.parent.mkdir(exist_ok=True)
    file.open(journal)
    lines = lines_of([Entry(*event) for event in EVENTS], 1, 0)
    file.add(lines[first - 1 : state_at], state_after(state_at))
    file.add(lines[state_at:])
    file.close()


@run_async
async def test_engine_comes_back_from_snapshot_and_tail(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        for number, (now_ms, event) in enumerate(EVENTS, 1):
            last = await journal.append([Entry(now_ms, event)])
            if number == 2:
                await journal.save_snapshot(state_after(2).state, last)
    recovered = await recovered_from(tmp_path)
    assert encode_snapshot(recovered.engine.snapshot()) == encode_snapshot(live().snapshot())
    assert (recovered.now_ms, recovered.away_at) == (1_000, None)


@run_async
async def test_first_start_has_an_engine_that_has_seen_nothing(tmp_path: Path) -> None:
    recovered = await recovered_from(tmp_path)
    assert recovered.engine.snapshot().contacts == {}
    assert (recovered.now_ms, recovered.away_at) == (0, None)


@pytest.mark.parametrize("in_redis", range(5))
@run_async
async def test_file_of_a_gap_is_brought_to_redis_whatever_of_it_is_there(tmp_path: Path, in_redis: int) -> None:
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        await journal.append([Entry(*event) for event in EVENTS[:in_redis]])
    write_gap(gap_file(Settings(data_dir=tmp_path)), 1, 3)
    recovered = await recovered_from(tmp_path)
    assert encode_snapshot(recovered.engine.snapshot()) == encode_snapshot(live().snapshot())
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        expected = (None, EVENTS) if in_redis == len(EVENTS) else (state_after(3).state, EVENTS[3:])
        assert await journal.load() == expected


@run_async
async def test_what_redis_has_lost_for_good_is_replaced_by_the_state_in_the_file(tmp_path: Path) -> None:
    write_gap(gap_file(Settings(data_dir=tmp_path)), 2, 3)
    recovered = await recovered_from(tmp_path)
    assert encode_snapshot(recovered.engine.snapshot()) == encode_snapshot(live().snapshot())
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        assert await journal.load() == (state_after(3).state, EVENTS[3:])


@run_async
async def test_file_that_the_journal_has_gone_on_without_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a takeover by another daemon."""
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        await journal.append([Entry(*event) for event in EVENTS])
    file = gap_file(Settings(data_dir=tmp_path))
    file.open(None)
    file.add(lines_of([Entry(*EVENTS[1])], 2, 1), state_after(2))
    file.close()
    recovered = await recovered_from(tmp_path)
    assert encode_snapshot(recovered.engine.snapshot()) == encode_snapshot(live().snapshot())
    assert "has gone on without the 1 events" in caplog.text
    assert not file.path.exists()
    assert file.path.with_suffix(".aside.jsonl").exists()


@run_async
async def test_redis_that_stays_away_is_gone_without_from_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = gap_file(Settings(data_dir=tmp_path))
    write_gap(file, 2, 3)
    journal = Journal("redis://127.0.0.1:1/0")
    recovered = await recover(journal, file, CONFIGURATION, patience_s=0)
    await journal.close()
    assert encode_snapshot(recovered.engine.snapshot()) == encode_snapshot(live().snapshot())
    assert recovered.now_ms == 1_000
    assert recovered.away_at is not None
    assert recovered.away_at > 4
    assert str(file.path) in caplog.text


@run_async
async def test_redis_that_does_not_answer_is_waited_for_and_then_gone_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal("redis://127.0.0.1:1/0")
    recovered = await recover(journal, gap_file(Settings(data_dir=tmp_path)), CONFIGURATION, patience_s=0)
    await journal.close()
    assert recovered.engine.snapshot().contacts == {}
    assert recovered.away_at is not None
    assert "agents must sign in again" in caplog.text


@run_async
async def test_history_read_beside_has_what_waits_in_the_file(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        await journal.append([Entry(*event) for event in EVENTS[:2]])
        assert (await read_history(journal, gap_file(settings))).tail == EVENTS[:2]
        write_gap(gap_file(settings), 1, 2)
        history = await read_history(journal, gap_file(settings))
        assert (history.snapshot, history.tail) == (None, EVENTS)
        assert (await journal.load())[1] == EVENTS[:2], "nothing is changed"
        write_gap(gap_file(Settings(data_dir=tmp_path / "other")), 1, 2, "of another journal")
        other = await read_history(journal, gap_file(Settings(data_dir=tmp_path / "other")))
        assert other.tail == EVENTS[:2]


@run_async
async def test_snapshot_of_another_version_is_said_with_its_remedy(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        last = await journal.append([Entry(*EVENTS[0])])
        await journal.save_snapshot(b'{"not": "ours"}', last)
        with pytest.raises(JournalCorruptError, match="DEL"):
            await recover(journal, gap_file(Settings(data_dir=tmp_path)), CONFIGURATION)


@run_async
async def test_redis_that_takes_nothing_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As one whose disk is full: what it has is older than what the daemon knew, and better than nothing."""
    settings = Settings(data_dir=tmp_path)
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        await journal.append([Entry(now_ms, event) for now_ms, event in EVENTS])
        url = running_url(tmp_path)
        assert url is not None
        async with redis.asyncio.Redis.from_url(url) as client:
            await client.config_set("min-replicas-to-write", 1)
            recovered = await recover(journal, gap_file(settings), CONFIGURATION, patience_s=0)
            await client.config_set("min-replicas-to-write", 0)
    assert encode_snapshot(recovered.engine.snapshot()) == encode_snapshot(live().snapshot())
    assert recovered.away_at is not None
    assert "Redis takes nothing" in caplog.text

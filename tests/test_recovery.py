import contextlib
from pathlib import Path

import pytest

from callcenter.engine import Engine
from callcenter.events import CallerLeft, ConfigurationLoaded, ContactArrived, Event
from callcenter.recovery import open_journal, recover
from callcenter.settings import Settings
from callcenter.stores.journal import Journal, JournalCorruptError
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


@run_async
async def test_engine_comes_back_from_snapshot_and_tail_with_the_records_of_the_tail(tmp_path: Path) -> None:
    live = Engine.fresh(CONFIGURATION)
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        for number, (now_ms, event) in enumerate(EVENTS):
            last = await journal.append([(now_ms, event)])
            live.handle(now_ms, event)
            if number == 1:
                await journal.save_snapshot(encode_snapshot(live.snapshot()), last)
    async with contextlib.AsyncExitStack() as closing:
        recovered = await recover(await open_journal(Settings(data_dir=tmp_path), closing), CONFIGURATION)
    assert encode_snapshot(recovered.engine.snapshot()) == encode_snapshot(live.snapshot())
    assert recovered.now_ms == 1_000
    assert [(type(record).__name__, record.contact) for record in recovered.records] == [
        ("RecordDecision", arrival(1).contact),  # routed without a customer, since nobody answered the look-up
        ("RecordDecision", arrival(2).contact),
        ("RecordSegment", arrival(1).contact),
        ("RecordContact", arrival(1).contact),
    ]


@run_async
async def test_first_start_has_an_engine_that_has_seen_nothing(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as closing:
        recovered = await recover(await journal_of(closing, tmp_path), CONFIGURATION)
    assert recovered.engine.snapshot().contacts == {}
    assert (recovered.now_ms, recovered.records) == (0, [])


@run_async
async def test_redis_that_does_not_answer_is_waited_for_and_then_gone_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("callcenter.recovery.JOURNAL_PATIENCE_S", 0)
    journal = Journal("redis://127.0.0.1:1/0")
    recovered = await recover(journal, CONFIGURATION)
    await journal.close()
    assert recovered.engine.snapshot().contacts == {}
    assert "agents must sign in again" in caplog.text


@run_async
async def test_snapshot_of_another_version_is_said_with_its_remedy(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as closing:
        journal = await journal_of(closing, tmp_path)
        last = await journal.append(EVENTS[:1])
        await journal.save_snapshot(b'{"not": "ours"}', last)
        with pytest.raises(JournalCorruptError, match="DEL"):
            await recover(journal, CONFIGURATION)

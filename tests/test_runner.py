import asyncio
from collections.abc import Sequence

import pytest

from callcenter.commands import Command, LookUpCustomer
from callcenter.engine import Engine
from callcenter.events import CallerLeft, ContactArrived, Event
from callcenter.runner import INBOX_LIMIT, InboxOverflowError, Runner, WallClock
from callcenter.stores.journal import Journal, JournalUnavailableError
from callcenter.types import (
    ChannelRef,
    Configuration,
    ContactId,
    Departure,
    PbxName,
    QueueConfig,
    QueueName,
    Tier,
)
from tests.helpers import run_async

QUEUE = QueueConfig(QueueName("general"), 20_000, 0, 20_000)
CONFIGURATION = Configuration(
    (Tier("standard"),), Tier("standard"), QueueName("general"), (QUEUE,), (), (), lookup_deadline_ms=30
)


class RecordingJournal(Journal):
    """Keeps what it is given, notes the order of things, and can be put out of reach."""

    def __init__(self, order: list[str]) -> None:
        self.order = order
        self.entries: list[tuple[int, Event]] = []
        self.snapshots: list[bytes] = []
        self.down = False
        self.needs_snapshot = False

    async def append(self, entries: Sequence[tuple[int, Event]]) -> str:
        await asyncio.sleep(0)
        if self.down:
            raise JournalUnavailableError("put out of reach by the test")
        if entries:
            self.order.append("journalled")
        self.entries += entries
        return f"{len(self.entries)}-0"

    async def save_snapshot(self, snapshot: bytes, upto_id: str) -> None:
        if self.down:
            raise JournalUnavailableError("put out of reach by the test")
        self.order.append("snapshot")
        self.snapshots.append(snapshot)


class Bench:
    """A runner with a recording journal and one outlet."""

    def __init__(self, snapshot_every: int = 1_000) -> None:
        self.order: list[str] = []
        self.commands: list[Command] = []
        self.failures: list[BaseException] = []
        self.journal = RecordingJournal(self.order)
        self.released = asyncio.Event()
        self.runner = Runner(
            Engine.fresh(CONFIGURATION),
            self.journal,
            clock=WallClock(),
            outlets=[self._outlet],
            fail=self.failures.append,
            snapshot_every=snapshot_every,
            settle=self._settle,
        )

    async def _settle(self) -> None:
        self.order.append("settled")

    def _outlet(self, command: Command) -> None:
        self.order.append(type(command).__name__)
        self.commands.append(command)
        self.released.set()


def arrival(number: int) -> ContactArrived:
    return ContactArrived(
        ContactId(f"main-{number}-1"), ChannelRef(PbxName("main"), str(number)), "+15550100", "", "8001"
    )


@run_async
async def test_commands_are_released_after_their_event_is_journalled() -> None:
    bench = Bench()
    bench.runner.start()
    await bench.runner.submit_and_wait(arrival(1))
    assert bench.order == ["journalled", "LookUpCustomer"]
    assert [event for _, event in bench.journal.entries] == [arrival(1)]
    await bench.runner.stop()


@run_async
async def test_what_comes_in_while_journalling_is_one_batch_in_order() -> None:
    bench = Bench()
    for number in range(5):
        bench.runner.submit(arrival(number))
    bench.runner.start()
    await bench.runner.submit_and_wait(arrival(5))
    assert bench.order == ["journalled"] + ["LookUpCustomer"] * 6
    looked_up = [command.contact for command in bench.commands if isinstance(command, LookUpCustomer)]
    assert looked_up == [f"main-{number}-1" for number in range(6)]
    await bench.runner.stop()


@run_async
async def test_due_timer_is_handled_without_an_event_from_outside() -> None:
    bench = Bench()
    bench.runner.start()
    await bench.runner.submit_and_wait(arrival(1))
    bench.released.clear()
    async with asyncio.timeout(5):
        await bench.released.wait()
    assert bench.order[-1] == "ContactRouted"
    assert type(bench.journal.entries[-1][1]).__name__ == "TimePassed"
    await bench.runner.stop()


@run_async
async def test_calls_go_on_without_the_journal_and_a_snapshot_comes_first_when_it_is_back() -> None:
    bench = Bench()
    bench.runner.start()
    bench.journal.down = True
    await bench.runner.submit_and_wait(arrival(1))
    assert "LookUpCustomer" in bench.order
    assert "put out of reach" in str(bench.runner.stats.journal_error)
    bench.journal.down = False
    bench.runner.retry_journal_now()
    await bench.runner.submit_and_wait(arrival(2))
    assert str(bench.runner.stats.journal_error) == "None"
    assert bench.order == ["LookUpCustomer", "snapshot", "LookUpCustomer"]
    await bench.runner.submit_and_wait(arrival(3))
    assert [event for _, event in bench.journal.entries] == [arrival(3)]
    await bench.runner.stop()


@run_async
async def test_snapshot_is_saved_once_what_was_released_is_safe() -> None:
    bench = Bench(snapshot_every=2)
    bench.runner.start()
    for number in range(2):
        await bench.runner.submit_and_wait(arrival(number))
    await bench.runner.stop()
    assert bench.order[:4] == ["journalled", "LookUpCustomer"] * 2
    assert sorted(bench.order[4:]) == ["settled", "settled", "snapshot", "snapshot"]
    assert (bench.order[4], bench.order[-1]) == ("settled", "snapshot")


@run_async
async def test_inbox_has_a_bound_and_overflow_stops_the_daemon() -> None:
    bench = Bench()
    for number in range(INBOX_LIMIT):
        bench.runner.submit(CallerLeft(ContactId(str(number)), Departure.HUNG_UP))
    assert bench.failures == []
    bench.runner.submit(arrival(1))
    assert isinstance(bench.failures[0], InboxOverflowError)


@run_async
async def test_broken_invariant_fails_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    monkeypatch.setattr(bench.runner, "engine", None)
    bench.runner.start()
    with pytest.raises(asyncio.CancelledError):
        await bench.runner.submit_and_wait(arrival(1))
    assert isinstance(bench.failures[0], AttributeError)


def test_wall_clock_never_starts_before_what_the_journal_has_seen() -> None:
    assert WallClock(not_before_ms=99_999_999_999_999).now_ms() >= 99_999_999_999_999
    clock = WallClock()
    readings = [clock.now_ms() for _ in range(100)]
    assert readings == sorted(readings)

import asyncio
import time
from collections.abc import Sequence

import pytest

from callcenter.commands import Command, ContactRouted, LookUpCustomer
from callcenter.engine import Engine
from callcenter.events import AgentReady, CallerLeft, ContactArrived, TimePassed
from callcenter.records import RecordChange
from callcenter.runner import INBOX_LIMIT, InboxOverflowError, Runner, WallClock
from callcenter.stores.codec import Record
from callcenter.stores.journal import Entry
from callcenter.stores.journal_keeper import JournalKeeper
from callcenter.stores.lease import FencedError
from callcenter.types import (
    AgentId,
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


class RecordingKeeper(JournalKeeper):
    """Keeps what it is given, and notes the order of things."""

    def __init__(self, order: list[str]) -> None:
        self.order = order
        self.entries: list[Entry] = []
        self.gate: asyncio.Event | None = None  # what the journal waits for

    async def append(self, entries: Sequence[Entry]) -> None:
        await (asyncio.sleep(0) if self.gate is None else self.gate.wait())
        self.order.append("journalled")
        self.entries += entries

    def snapshot_if_due(self) -> None:
        self.order.append("may save")

    async def finish(self) -> None:
        self.order.append("finished")


class Bench:
    """A runner with a recording journal and one outlet."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.commands: list[Command] = []
        self.failures: list[BaseException] = []
        self.taken_over = False
        self.journal = RecordingKeeper(self.order)
        self.released = asyncio.Event()
        self.runner = Runner(
            Engine.fresh(CONFIGURATION),
            self.journal,
            clock=WallClock(),
            outlets=[self._outlet],
            confirm=self._confirm,
            fail=self.failures.append,
        )

    async def _confirm(self) -> None:
        if self.taken_over:
            raise FencedError("another daemon is in charge")

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
    assert bench.order[:2] == ["journalled", "LookUpCustomer"]
    assert [entry.event for entry in bench.journal.entries] == [arrival(1)]
    await bench.runner.stop()


@run_async
async def test_whoever_waits_hears_why_an_event_was_ignored() -> None:
    bench = Bench()
    bench.runner.start()
    assert await bench.runner.submit_and_wait(arrival(1)) is None
    stranger = AgentReady(AgentId("nobody"))
    heard = await asyncio.gather(*(bench.runner.submit_and_wait(event) for event in (stranger, arrival(2))))
    assert heard == ["there is no agent nobody", None]
    await bench.runner.stop()


@run_async
async def test_what_comes_in_while_journalling_is_one_batch_in_order() -> None:
    bench = Bench()
    for number in range(5):
        bench.runner.submit(arrival(number))
    bench.runner.start()
    await bench.runner.submit_and_wait(arrival(5))
    assert bench.order[:7] == ["journalled"] + ["LookUpCustomer"] * 6
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
    assert isinstance(bench.commands[-1], ContactRouted)
    assert type(bench.journal.entries[-1].event).__name__ == "TimePassed"
    await bench.runner.stop()


@run_async
async def test_records_are_journalled_with_the_event_that_they_came_of() -> None:
    bench = Bench()
    bench.runner.start()
    await bench.runner.submit_and_wait(arrival(1))
    await bench.runner.submit_and_wait(CallerLeft(arrival(1).contact, Departure.HUNG_UP))
    arrived, left = bench.journal.entries
    assert [type(record).__name__ for record in arrived.records] == []
    assert [type(record).__name__ for record in left.records] == ["RecordSegment", "RecordContact"]
    assert left.records == [command for command in bench.commands if isinstance(command, Record)]
    await bench.runner.stop()


@run_async
async def test_a_record_that_is_handed_in_with_an_event_is_in_its_entry() -> None:
    bench = Bench()
    bench.runner.start()
    change = RecordChange("r1", 1, "sue", "session", "::1", "offering", "", None, None, "done")
    await bench.runner.submit_and_wait(TimePassed(), change)
    await bench.runner.stop()
    assert [(entry.event, entry.records) for entry in bench.journal.entries] == [(TimePassed(), [change])]


@run_async
async def test_snapshot_may_be_taken_between_batches_and_the_journal_is_finished_last() -> None:
    bench = Bench()
    bench.runner.start()
    await bench.runner.submit_and_wait(arrival(1))
    bench.runner.submit(arrival(2))
    await bench.runner.stop()
    assert bench.order == ["journalled", "LookUpCustomer", "may save"] * 2 + ["finished"]


@run_async
async def test_journal_that_is_fenced_off_releases_nothing_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()

    async def append(_: Sequence[Entry]) -> None:
        raise FencedError("another daemon is in charge")

    monkeypatch.setattr(bench.journal, "append", append)
    bench.runner.start()
    with pytest.raises(asyncio.CancelledError):
        await bench.runner.submit_and_wait(arrival(1))
    assert bench.commands == []
    assert isinstance(bench.failures[0], FencedError)
    assert "finished" not in bench.order


@run_async
async def test_who_was_taken_over_after_the_journal_took_the_event_releases_nothing() -> None:
    bench = Bench()
    bench.runner.start()
    await bench.runner.submit_and_wait(arrival(1))
    released = len(bench.commands)
    bench.taken_over = True
    with pytest.raises(asyncio.CancelledError):
        await bench.runner.submit_and_wait(arrival(2))
    assert len(bench.journal.entries) == 2
    assert len(bench.commands) == released
    assert isinstance(bench.failures[0], FencedError)


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


@pytest.mark.parametrize("set_by_s", [-3_600, 3_600])
def test_clock_that_somebody_sets_changes_nothing_but_is_told(set_by_s: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = WallClock()
    before_ms = clock.now_ms()
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + set_by_s * 10**9)
    assert before_ms <= clock.now_ms() < before_ms + 600_000
    assert clock.ahead_s() == pytest.approx(-set_by_s, abs=600)


@run_async
async def test_who_looks_while_a_batch_is_journalled_sees_it_when_it_is_and_nothing_of_the_next() -> None:
    """A figure that is told before it is journalled could be lost with the process, and come again smaller."""
    bench = Bench()
    gate = bench.journal.gate = asyncio.Event()

    def handled() -> int:
        return len(bench.runner.engine.snapshot().contacts)

    assert await bench.runner.at_rest(handled) == 0
    bench.runner.start()
    first = asyncio.ensure_future(bench.runner.submit_and_wait(arrival(1)))
    while handled() == 0:  # noqa: ASYNC110 - the next turns of the loop lead there
        await asyncio.sleep(0)
    look = asyncio.ensure_future(bench.runner.at_rest(lambda: (handled(), len(bench.journal.entries))))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not look.done(), "it would be seen before it is journalled"
    bench.runner.submit(arrival(2))
    gate.set()
    assert await look == (1, 1)
    await first
    await bench.runner.stop()


@run_async
async def test_a_look_that_fails_is_its_own_failure() -> None:
    bench = Bench()
    gate = bench.journal.gate = asyncio.Event()
    bench.runner.start()
    waited = asyncio.ensure_future(bench.runner.submit_and_wait(arrival(1)))
    while not bench.runner.engine.snapshot().contacts:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    look = asyncio.ensure_future(bench.runner.at_rest(lambda: 1 / 0))
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(ZeroDivisionError):
        await look
    await waited
    assert bench.failures == []
    await bench.runner.stop()

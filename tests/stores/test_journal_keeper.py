import asyncio
import errno
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.events import AgentReady, Event
from callcenter.recovery import begin
from callcenter.stores import journal_keeper
from callcenter.stores.codec import Record
from callcenter.stores.journal import Entry, Journal, JournalCorruptError
from callcenter.stores.journal_file import GapFile
from callcenter.stores.journal_keeper import JournalKeeper
from callcenter.stores.lease import FencedError
from callcenter.types import AgentId
from tests.helpers import run_async
from tests.redis_fixtures import running_redis
from tests.stores.faulty import Fault, FaultyRedis
from tests.stores.records import segment, until

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]


def event(name: str) -> Event:
    return AgentReady(AgentId(name))


class Bench:
    """A daemon with a core that only remembers which events it has handled."""

    def __init__(self, url: str, folder: Path, max_bytes: int = 1 << 20, snapshot_every: int = 1_000) -> None:
        self.journal = Journal(url)
        self.redis = FaultyRedis.before(self.journal)
        self.file = GapFile(folder / "journal-gap.jsonl", max_bytes)
        self.failures: list[BaseException] = []
        self.keeper = JournalKeeper(self.journal, self.file, snapshot_every=snapshot_every, fail=self.failures.append)
        self.handled: list[str] = []

    async def start(self) -> None:
        history, away_at = await begin(self.journal, self.file, patience_s=0)
        self.handled = json.loads(history.snapshot) if history.snapshot else []
        self.handled += [_name(event) for _, event in history.tail]
        self.keeper.start(lambda: json.dumps(self.handled).encode(), away_at)

    async def handle(self, *names: str, records: Sequence[Record] = ()) -> None:
        self.handled += names
        await self.keeper.append([Entry(1, event(name), records) for name in names])

    async def die(self) -> None:
        """As if killed: nothing is written any more."""
        await self.keeper.close()
        self.file.close()
        await self.journal.close()


def _name(event: Event) -> str:
    assert isinstance(event, AgentReady)
    return str(event.agent)


@asynccontextmanager
async def benches(folder: Path) -> AsyncIterator["Benches"]:
    async with running_redis(folder) as server:
        made = Benches(server.url, folder)
        try:
            yield made
        finally:
            for bench in made.all:
                await bench.die()


class Benches:
    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.all: list[Bench] = []

    async def start(self, fault: Fault = Fault.NONE, **options: int) -> Bench:
        bench = Bench(self.url, self.folder, **options)
        self.all.append(bench)
        bench.redis.fault = fault
        await bench.start()
        return bench

    async def in_redis(self) -> list[str]:
        """What a start would know from Redis alone."""
        journal = Journal(self.url)
        snapshot, tail = await journal.load()
        await journal.close()
        return [*(json.loads(snapshot) if snapshot else []), *(_name(event) for _, event in tail)]

    async def record_ids(self) -> list[str]:
        journal = Journal(self.url)
        waiting = await journal.records.read("0-0", 1_000)
        await journal.close()
        return [record_id for record_id, _ in waiting.records]


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_keeper, "RETRY_S", 0.01)


@pytest.mark.parametrize("fault", [Fault.AWAY, Fault.UNANSWERED])
@run_async
async def test_events_of_a_gap_are_brought_in_order_and_once(tmp_path: Path, fault: Fault) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start()
        await bench.handle("a", records=[segment("c1")])
        bench.redis.fault = fault
        await bench.handle("b", "c", records=[segment("c2")])
        bench.redis.fault = Fault.AWAY
        await bench.handle("d", records=[segment("c3")])
        health = bench.keeper.health()
        assert not health.ok
        assert str(bench.file.path) in health.words
        assert bench.keeper.gap_bytes > 0
        bench.redis.fault = Fault.NONE
        await until(lambda: bench.keeper.problem is None, "the journal is back in Redis")
        await bench.handle("e")
        assert bench.keeper.health().ok
        assert await made.in_redis() == ["a", "b", "c", "d", "e"]
        assert await made.record_ids() == ["1-1", "2-1", "3-1", "4-1"]


@run_async
async def test_new_events_wait_their_turn_while_the_file_is_brought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_keeper, "CHUNK", 3)
    async with benches(tmp_path) as made:
        bench = await made.start()
        await bench.handle("first")
        bench.redis.fault = Fault.AWAY
        for n in range(30):
            await bench.handle(f"gap{n}")
        bench.redis.fault = Fault.NONE
        n = 0
        while bench.keeper.problem is not None:
            await bench.handle(f"beside{n}")
            await asyncio.sleep(0.001)
            n += 1
        await bench.handle("last")
        assert n > 0
        assert await made.in_redis() == bench.handled


@run_async
async def test_file_goes_when_redis_has_had_time_to_write_it_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_keeper, "RECENT_S", 0.05)
    async with benches(tmp_path) as made:
        bench = await made.start()
        bench.redis.fault = Fault.AWAY
        await bench.handle("a")
        bench.redis.fault = Fault.NONE
        await until(lambda: bench.keeper.problem is None, "the journal is back in Redis")
        assert bench.file.exists
        await until(lambda: not bench.file.exists, "the file is removed")
        bench.redis.fault = Fault.AWAY
        await bench.handle("b")
        bench.redis.fault = Fault.NONE
        await until(lambda: bench.keeper.problem is None, "the journal is back once more")
        assert await made.in_redis() == ["a", "b"]


@run_async
async def test_redis_that_hangs_holds_up_one_batch_and_no_more(tmp_path: Path) -> None:
    async with running_redis(tmp_path) as server:
        bench = Bench(server.url, tmp_path)
        await bench.start()
        await bench.handle("a")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        try:
            await bench.handle("b")
            assert bench.keeper.problem is not None
            for n in range(100):
                await bench.handle(f"c{n}")
            assert bench.file.entries == 102, "with the one that Redis has confirmed lately"
        finally:
            os.kill(server.pid, signal.SIGCONT)
        await until(lambda: bench.keeper.problem is None, "the journal is back in Redis")
        assert await Benches(server.url, tmp_path).in_redis() == bench.handled
        await bench.die()


@run_async
async def test_redis_that_has_lost_its_last_second_gets_it_again(tmp_path: Path) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start()
        await bench.handle("a", "b", records=[segment("c1")])
        keys = ("callcenter:journal", "callcenter:journal:records")
        kept = [await bench.redis.client.dump(key) for key in keys]
        await bench.handle("c", "d", records=[segment("c2")])
        for key, value in zip(keys, kept, strict=True):
            await bench.redis.client.restore(key, 0, value, replace=True)
        await bench.handle("e", records=[segment("c3")])
        assert "lost entries" in str(bench.keeper.problem)
        await until(lambda: bench.keeper.problem is None, "the journal is whole again")
        await bench.handle("f")
        assert await made.in_redis() == ["a", "b", "c", "d", "e", "f"]
        assert await made.record_ids() == [f"{n}-1" for n in range(1, 6)]


@run_async
async def test_redis_that_has_lost_everything_gets_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start()
        await bench.handle("a", "b", records=[segment("c1")])
        bench.keeper._recent.clear()  # long ago
        await bench.redis.client.flushall()
        await bench.handle("c", records=[segment("c2")])
        await until(lambda: bench.keeper.problem is None, "the journal goes on")
        await bench.handle("d")
        assert await made.in_redis() == ["a", "b", "c", "d"]
        assert await made.record_ids() == ["3-1"]
        assert await bench.journal.records.name() == bench.journal.name


# ---- starts


@run_async
async def test_daemon_that_dies_in_a_gap_and_starts_again_without_redis_is_as_it_was(tmp_path: Path) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start()
        await bench.handle("a", records=[segment("c1")])
        bench.redis.fault = Fault.AWAY
        await bench.handle("b", records=[segment("c2")])
        await bench.handle("c")
        await bench.die()
        again = await made.start(Fault.AWAY)
        assert again.handled == ["a", "b", "c"]
        await again.handle("d", records=[segment("c3")])
        await again.die()
        third = await made.start(Fault.AWAY)
        assert third.handled == ["a", "b", "c", "d"]
        await third.handle("e")
        third.redis.fault = Fault.NONE
        await until(lambda: third.keeper.problem is None, "the journal is back in Redis")
        assert await made.in_redis() == ["a", "b", "c", "d", "e"]
        assert len(await made.record_ids()) == 3


@run_async
async def test_start_without_redis_and_without_a_file_takes_the_place_of_what_redis_holds(tmp_path: Path) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start()
        await bench.handle("a", "b", records=[segment("c1")])
        await bench.die()
        again = await made.start(Fault.AWAY)
        assert again.handled == []
        await again.handle("c", records=[segment("c2")])
        again.redis.fault = Fault.NONE
        await until(lambda: again.keeper.problem is None, "the journal is back in Redis")
        assert await made.in_redis() == ["c"]
        assert len(await made.record_ids()) == 3


@run_async
async def test_snapshots_go_where_the_entries_go(tmp_path: Path) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start(snapshot_every=3)
        for name in "abc":
            await bench.handle(name)
            bench.keeper.snapshot_if_due()
        await until(lambda: bench.journal.entries_since_snapshot == 0, "a snapshot is in Redis")
        bench.redis.fault = Fault.AWAY
        for name in "defgh":
            await bench.handle(name)
            bench.keeper.snapshot_if_due()
        states = [line for line in bench.file.path.read_bytes().splitlines() if line.startswith(b'["state"')]
        assert [json.loads(line)[2] for line in states] == [list("abcd"), list("abcdef")]


@run_async
async def test_daemon_that_keeps_dying_saves_a_snapshot_all_the_same(tmp_path: Path) -> None:
    async with benches(tmp_path) as made:
        for name in "ab":
            dying = await made.start(snapshot_every=3)
            await dying.handle(name)
            dying.keeper.snapshot_if_due()
            await dying.die()
        bench = await made.start(snapshot_every=3)
        await bench.handle("c")
        bench.keeper.snapshot_if_due()
        await until(lambda: bench.journal.entries_since_snapshot == 0, "a snapshot is in Redis")


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.AWAY])
@run_async
async def test_finished_journal_begins_with_the_last_state(tmp_path: Path, fault: Fault) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start()
        await bench.handle("a")
        bench.redis.fault = fault
        await bench.handle("b")
        await bench.keeper.finish()
        history, _ = await begin(Journal(made.url), GapFile(bench.file.path), patience_s=0)
        assert json.loads(history.snapshot or b"[]") == ["a", "b"]
        assert history.tail == []


# ---- bounds, and what must stop the daemon


@run_async
async def test_beyond_the_files_bound_events_are_counted_as_lost_and_a_snapshot_comes_first_afterwards(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start(max_bytes=1_500)
        await bench.handle("a")
        bench.redis.fault = Fault.AWAY
        for n in range(20):
            await bench.handle(f"b{n}", records=[segment("c1")])
        lost = bench.keeper.events_lost
        assert 0 < lost < 20
        assert bench.keeper.records_lost == lost
        assert "are LOST until Redis is back" in caplog.text
        assert f"{lost} events and {lost} records" in bench.keeper.health().words
        bench.redis.fault = Fault.NONE
        while bench.keeper.problem is not None:
            await bench.handle("c")
            await asyncio.sleep(0.001)
        await bench.handle("d")
        assert await made.in_redis() == bench.handled
        assert len(await made.record_ids()) == 20 - lost
        assert not bench.keeper.health().ok, "the log will never be whole again"


@run_async
async def test_journal_that_has_lost_events_begins_anew_though_nothing_happens(tmp_path: Path) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start(max_bytes=500)
        bench.redis.fault = Fault.AWAY
        for n in range(20):
            await bench.handle(f"a{n}")
        assert bench.keeper.events_lost > 0
        bench.redis.fault = Fault.NONE
        await until(lambda: bench.keeper.problem is None, "Redis to be back")
        assert await made.in_redis() == bench.handled


@run_async
async def test_what_a_full_disk_refuses_is_brought_to_redis_from_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start()
        bench.file.path = tmp_path / "a disk that is not there" / "gap.jsonl"
        await bench.handle("a")
        bench.redis.fault = Fault.AWAY
        for n in range(5):
            await bench.handle(f"b{n}", records=[segment("c1")])
        assert "the disk refuses the journal; it waits in memory" in caplog.text
        assert "bytes of them in memory only" in bench.keeper.health().words
        bench.redis.fault = Fault.NONE
        await until(lambda: bench.keeper.problem is None, "Redis to be back")
        assert await made.in_redis() == bench.handled
        assert len(await made.record_ids()) == 5
        assert bench.keeper.events_lost == 0


@run_async
async def test_end_on_a_full_disk_without_redis_says_what_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start()
        bench.file.path = tmp_path / "a disk that is not there" / "gap.jsonl"
        bench.redis.fault = Fault.AWAY
        await bench.handle("a")
        await bench.keeper.finish()
        assert "bytes of the journal are LOST, the disk refuses them" in caplog.text


@run_async
async def test_disk_that_refuses_from_the_start_is_said_and_calls_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with benches(tmp_path) as made:
        bench = await made.start()
        monkeypatch.setattr(bench.file, "open", full)
        bench.redis.fault = Fault.AWAY
        await bench.handle("a")
        assert "No space left" in bench.keeper.health().words
        bench.redis.fault = Fault.NONE
        while bench.keeper.problem is not None:
            await bench.handle("b")
            await asyncio.sleep(0.001)
        assert await made.in_redis() == bench.handled


@run_async
async def test_journal_of_another_fails_the_daemon_and_so_does_a_newer_epoch(tmp_path: Path) -> None:
    async with benches(tmp_path) as made:
        bench = await made.start()
        await bench.handle("a")
        bench.redis.fault = Fault.AWAY
        await bench.handle("b")
        await bench.redis.client.xadd("callcenter:journal", {"at": 1, "event": "x"}, id="2-0")
        bench.redis.fault = Fault.NONE
        await until(lambda: bench.failures, "the daemon is told")
        assert isinstance(bench.failures[0], JournalCorruptError)
        await bench.die()
        await bench.redis.client.delete("callcenter:journal")
    async with benches(tmp_path / "other") as made:
        bench = await made.start()
        bench.journal.epoch = 1
        bench.redis.fault = Fault.AWAY
        await bench.handle("a")
        await bench.redis.client.set("callcenter:journal:epoch", 2)
        bench.redis.fault = Fault.NONE
        await until(lambda: bench.failures, "the daemon is told")
        assert isinstance(bench.failures[0], FencedError)


@run_async
async def test_how_long_a_batch_took_is_told_with_where_it_went(tmp_path: Path) -> None:
    async with benches(tmp_path) as bench:
        daemon = await bench.start()
        told: list[tuple[str, float]] = []
        daemon.keeper.append_observers.append(lambda place, seconds: told.append((place, seconds)))
        await daemon.handle("anna", "bela")
        daemon.redis.fault = Fault.AWAY
        await daemon.handle("carl")
        await daemon.handle("dora")
        assert [place for place, _ in told] == ["redis", "file", "file"]
        assert all(seconds > 0 for _, seconds in told)

"""Nothing is lost and nothing is there twice, whatever fails in whatever order: drawn sequences of faults.

A daemon handles events, each with its records, while Redis and SQL go and come back, leave answers out, act on commands
that everybody has given up on, and lose their last second; the daemon itself is killed and started again. When all is
back, the journal has the events that were handled, in order, and the log has their records, each once. The log's table
has no key here: what the cursor lets through twice is there twice.
"""

import asyncio
import contextlib
import json
import logging
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import redis as redis_py
import redis.asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter import recovery
from callcenter.events import AgentReady
from callcenter.recovery import begin
from callcenter.stores import contact_log, journal, journal_keeper
from callcenter.stores.codec import OfContact, Record
from callcenter.stores.contact_log import ContactLog, CursorMovedError
from callcenter.stores.database import DATABASE_ERRORS, default_url, open_database
from callcenter.stores.journal import Entry, Journal
from callcenter.stores.journal_file import GapFile
from callcenter.stores.journal_keeper import JournalKeeper
from callcenter.stores.migrations import migrate
from callcenter.stores.record_stream import RecordsUnavailableError
from callcenter.types import AgentId
from tests.stores.faulty import Fault, FaultyEngine, FaultyRedis
from tests.stores.records import segment
from tests.stores.test_contact_log import _write_without_keys

pytestmark = pytest.mark.redis

_KEYS = tuple(f"callcenter:journal{rest}" for rest in ("", ":snapshot", ":records", ":id", ":epoch"))

Step = tuple[str, Any]

_STEPS = st.one_of(
    st.tuples(st.just("handle"), st.lists(st.integers(0, 3), min_size=1, max_size=4)),
    st.tuples(st.just("redis"), st.sampled_from(Fault)),
    st.tuples(st.just("write"), st.sampled_from(Fault)),
    st.tuples(st.sampled_from(["return", "save", "late", "start"]), st.none()),
    st.tuples(st.just("kill while handling"), st.integers(1, 6)),
    st.tuples(st.just("lose"), st.integers(1, 3)),
)


def _contact_of(record: Record) -> str:
    assert isinstance(record, OfContact), "these are a contact's"
    return str(record.contact)


class World:
    """The daemon, its Redis and its database, on the real ones."""

    def __init__(self, url: str, folder: Path, engine: AsyncEngine) -> None:
        self.url = url
        self.path = folder / "journal-gap.jsonl"
        self.path.unlink(missing_ok=True)
        self.sql = FaultyEngine(engine)
        self.folder = folder
        self.direct = redis.asyncio.Redis.from_url(url)
        self.fault = Fault.NONE
        self.clients: list[FaultyRedis] = []
        self.keeper: JournalKeeper
        self.unnoticed = False  # that Redis has lost something
        self.numbered = 0
        self.epoch = 0
        self.produced: Counter[str] = Counter()
        self.unsure: set[str] = set()  # records of events whose handling was cut off by a kill
        self.handled: list[str] = []
        self.kept: list[list[bytes | None]] = []  # what Redis held, lately, in the life of this daemon

    async def begin(self) -> None:
        await self.direct.flushall()
        await self.start(None)

    # ---- steps

    async def start(self, _: object) -> None:
        """The daemon is killed, and started again; not while Redis alone has its journal, and is away."""
        await self._notice()
        if self.clients and self.fault is not Fault.NONE and self.keeper.problem is None:
            return
        self.journal = Journal(self.url)
        self.epoch += 1
        self.journal.epoch = self.epoch
        await self._renew()
        self.redis = FaultyRedis.before(self.journal)
        self.redis.fault = self.fault
        self.clients.append(self.redis)
        file = GapFile(self.path)
        self.keeper = JournalKeeper(self.journal, file, snapshot_every=2, fail=self._fail)
        self.keeper._return_later = lambda: None  # type: ignore[method-assign] # it is a step of its own here
        self.log = ContactLog(cast(AsyncEngine, self.sql), self.journal.records, self.folder)
        history, away_at = await begin(self.journal, file, patience_s=0)
        found = json.loads(history.snapshot) if history.snapshot else []
        found += [str(cast(AgentReady, event).agent) for _, event in history.tail]
        assert found[: len(self.handled)] == self.handled, "what was handled and confirmed is there"
        assert set(found[len(self.handled) :]) <= self.unsure
        self.handled = found
        self.kept = []
        self.keeper.start(lambda: json.dumps(self.handled).encode(), away_at)
        await self._keep()

    async def _renew(self) -> None:
        """As the lease does: what a dead daemon has sent, and comes late, is refused from now on."""
        if self.fault is Fault.NONE:
            await self.direct.set(f"{self.journal.stream}:epoch", self.epoch)

    async def _notice(self) -> None:
        """What Redis has lost this daemon alone can bring back: it does not die before it has noticed."""
        if self.unnoticed:
            await self.handle([1])

    async def handle(self, made: list[int]) -> None:
        self.unnoticed = False
        await self._append(self._entries(made))
        await self._keep()

    async def kill_while_handling(self, points: int) -> None:
        await self._notice()
        entries = self._entries([2, 1])
        names = {_contact_of(record) for entry in entries for record in entry.records}
        handled = self.handled.copy()
        task = asyncio.ensure_future(self._append(entries))
        for _ in range(points):
            await asyncio.sleep(0)
        if task.done():
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.unsure |= names | {str(cast(AgentReady, entry.event).agent) for entry in entries}
        self.produced.subtract(names)
        self.handled = handled
        if self.keeper.problem is None:
            await self.redis_is(Fault.NONE)
        await self.start(None)

    def _entries(self, made: list[int]) -> list[Entry]:
        entries = []
        for records in made:
            self.numbered += 1
            name = f"e{self.numbered}"
            entries.append(Entry(1, AgentReady(AgentId(name)), [segment(f"{name}r{k}") for k in range(records)]))
        return entries

    async def _append(self, entries: list[Entry]) -> None:
        self.handled += [str(cast(AgentReady, entry.event).agent) for entry in entries]
        self.produced.update(_contact_of(record) for entry in entries for record in entry.records)
        await self.keeper.append(entries)

    async def redis_is(self, fault: Fault) -> None:
        self.fault = self.redis.fault = fault

    async def write(self, fault: Fault) -> None:
        """The fault is the database's, where it hurts: when the rows are written."""
        with contextlib.suppress(*DATABASE_ERRORS, RecordsUnavailableError, CursorMovedError):
            if self.log._cursor is None:
                await self.log._find_cursor()
            self.sql.fault = fault
            while await self.log._write_next():
                pass
        self.sql.fault = Fault.NONE

    async def come_back(self, _: object) -> None:
        if self.keeper.problem is not None:
            await self._renew()
            await self.keeper._try_to_return()
            await self._keep()

    async def save(self, _: object) -> None:
        self.keeper.snapshot_if_due()
        if self.keeper._saving is not None:
            await self.keeper._saving
        await self._keep()

    async def act_late(self, _: object) -> None:
        """What Redis was sent long ago gets there, from daemons that are dead as well."""
        for client in self.clients:
            late, client.late = client.late, []
            for do in late:
                with contextlib.suppress(redis_py.RedisError):
                    await do()

    async def lose(self, count: int) -> None:
        """Redis has crashed, and is back without what came last, in the life of this daemon."""
        if len(self.kept) <= count:
            return
        del self.kept[-count:]
        for key, value in zip(_KEYS, self.kept[-1], strict=True):
            if value is None:
                await self.direct.delete(key)
            else:
                await self.direct.restore(key, 0, value, replace=True)
        for client in self.clients:
            client.late = []
        self.unnoticed = True

    async def _keep(self) -> None:
        self.kept = [*self.kept[-3:], [await self.direct.dump(key) for key in _KEYS]]

    def _fail(self, error: BaseException) -> None:
        raise error

    # ---- the end

    async def all_is_well(self) -> None:
        """Everything is back; what the daemon and its log do then is enough to bring all of it home."""
        await self.act_late(None)
        await self.redis_is(Fault.NONE)
        await self.handle([1])  # shows the daemon what Redis has lost
        while self.keeper.problem is not None:
            await self.come_back(None)
        await self.write(Fault.NONE)
        await self.write(Fault.NONE)
        snapshot, tail = await self.journal.load()
        in_redis = json.loads(snapshot) if snapshot else []
        in_redis += [str(cast(AgentReady, event).agent) for _, event in tail]
        assert in_redis == self.handled
        async with self.sql.engine.connect() as connection:
            seen = Counter(await connection.scalars(text("SELECT what FROM seen")))
        assert {name for name, times in seen.items() if times > 1} == set()
        assert {name for name, times in self.produced.items() if times > 0} - set(seen) == set()
        assert set(seen) - {name for name, times in self.produced.items() if times > 0} <= self.unsure
        assert self.keeper.records_lost == self.keeper.events_lost == 0

    async def end(self) -> None:
        for client in self.clients:
            await client.client.aclose()
        await self.direct.aclose()


_ACTS: dict[str, Callable[[World, Any], Coroutine[Any, Any, None]]] = {
    "handle": World.handle,
    "kill while handling": World.kill_while_handling,
    "redis": World.redis_is,
    "write": World.write,
    "return": World.come_back,
    "save": World.save,
    "late": World.act_late,
    "start": World.start,
    "lose": World.lose,
}


async def _live_through(url: str, folder: Path, steps: list[Step]) -> None:
    database = open_database(default_url(folder))
    if not (folder / "prepared").exists():
        await migrate(database.engine)
        async with database.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE seen (what TEXT)"))
        (folder / "prepared").touch()
    async with database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM seen"))
    world = World(url, folder, database.engine)
    try:
        await world.begin()
        for name, what in steps:
            await _ACTS[name](world, what)
        await world.all_is_well()
    finally:
        await world.end()
        await database.close()


def _in_a_loop_of_its_own(work: Coroutine[Any, Any, None]) -> None:
    """Hypothesis calls a plain function; the reactor's loop runs in this thread already."""
    failure: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]


@pytest.fixture(scope="module")
def redis_url(redis_executable: Path) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="callcenter-faults-", dir="/tmp"))
    socket = folder / "redis.sock"
    process = subprocess.Popen(
        [redis_executable, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        client = redis_py.Redis(unix_socket_path=str(socket))
        deadline_s = time.monotonic() + 20
        while not socket.exists() or not client.ping():
            assert time.monotonic() < deadline_s, "redis-server does not start"
            time.sleep(0.01)
        client.close()
        yield f"unix://{socket}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@given(steps=st.lists(_STEPS, min_size=8, max_size=40))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_events_are_journalled_and_records_logged_exactly_once(redis_url: str, folder: Path, steps: list[Step]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for each in (contact_log, journal_keeper, recovery):
            patch.setattr(logging.getLogger(each.__name__), "disabled", True)  # faults are what this is about
        patch.setattr(contact_log, "write_batch", _write_without_keys)
        patch.setattr(contact_log, "BATCH", 4)
        patch.setattr(contact_log, "TRIM_EVERY", 5)
        patch.setattr(journal, "APPEND_TIMEOUT_S", 60.0)  # a busy machine is no fault of ours
        patch.setattr(journal_keeper, "CHUNK", 5)
        patch.setattr(journal_keeper, "RETRY_S", 0.0)
        patch.setattr(journal_keeper, "RECENT_S", 1_000.0)
        _in_a_loop_of_its_own(_live_through(redis_url, folder, steps))

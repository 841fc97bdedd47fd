"""What outlives the simulated daemon: its journal, and the snapshot of now and then.

The one idea: a restart is a snapshot and the events after it; and the whole journal, read back from its bytes by an
engine that knows nothing, leads to the live state as well, byte for byte.
"""

import hashlib

import msgspec

from callcenter.engine import Engine
from callcenter.events import Event
from callcenter.simulation.promises import check
from callcenter.state import Saved
from callcenter.stores.codec import decode_event, encode_event
from callcenter.types import Configuration

SNAPSHOT_EVERY = 40

Entry = tuple[int, Event]


def digest_of(engine: Engine) -> str:
    return hashlib.sha256(msgspec.json.encode(engine.snapshot())).hexdigest()


class Keeping:
    """`whole`: keep the journal from its beginning; `restarts`: keep what a restart needs."""

    def __init__(self, configuration: Configuration, *, whole: bool, restarts: bool) -> None:
        self.journal: list[Entry] = []
        self._first = configuration
        self._whole, self._restarts = whole, restarts
        self._snapshot = msgspec.json.encode(Engine.fresh(configuration).snapshot())
        self._tail: list[Entry] = []

    def append(self, entry: Entry, engine: Engine, *, crashes: bool) -> None:
        """Journal an event that `engine` has handled; now and then write a snapshot, unless it `crashes` before."""
        if self._whole:
            self.journal.append(entry)
        if self._restarts:
            self._tail.append(entry)
            if not crashes and len(self._tail) >= SNAPSHOT_EVERY + len(engine.snapshot().ended) // 40:
                self.snapshot(engine)  # a large one takes its time, so it comes less often

    def snapshot(self, engine: Engine) -> None:
        self._snapshot, self._tail = msgspec.json.encode(engine.snapshot()), []

    def restored(self) -> Engine:
        """The engine of a daemon that starts again."""
        engine = Engine(msgspec.json.decode(self._snapshot, type=Saved))
        for now_ms, event in self._tail:
            engine.handle(now_ms, event)
        return engine

    def check_replay(self, live: Engine) -> None:
        """Raises BrokenInvariantError where the journal alone does not lead to the live state."""
        if not self._whole:
            return
        engine = Engine.fresh(self._first)
        for now_ms, event in self.journal:
            engine.handle(now_ms, decode_event(encode_event(event)))
        check("the whole journal replayed is the live state", digest_of(engine) == digest_of(live), "digests differ")

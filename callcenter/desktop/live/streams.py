"""A stream: entries by key that some pages look at alike, and the changes to them in order, numbered.

The one idea: a change is put together once, numbered once and handed to every page of the stream, and the last ones are
remembered. A page whose connection broke names the last number that it has, and gets what it missed and nothing else.
Where too much has happened meanwhile it gets everything anew: never a gap, never the same change twice.
"""

import secrets
from collections import deque
from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec

from callcenter.desktop.live.page import Page


class Memory(NamedTuple):
    """What is remembered for pages that come back; the bound that is reached first counts."""

    deltas: int
    characters: int


OF_AN_AGENT = Memory(96, 150_000)  # there may be thousands of these
OF_THE_FLOOR = Memory(256, 2_000_000)  # about a minute of a busy floor

_encode = msgspec.json.Encoder(decimal_format="number").encode


def text(value: object) -> str:
    return _encode(value).decode()


class Stream:
    """`id` is unique to this stream, over restarts too. Entries are encoded already."""

    def __init__(self, entries: Mapping[str, str], bounds: Memory) -> None:
        self.id = secrets.token_urlsafe(9)
        self.sequence = 0
        self.pages: list[Page] = []
        self.deserted_s: float | None = None  # since when it has no page, by the loop's clock; None: it has one
        self.looked_s = 0.0  # when it was last told of what is looked at, by the loop's clock
        self._entries = dict(entries)
        self._bounds = bounds
        self._memory: deque[str] = deque()  # the bodies of the last deltas; the last one is of `sequence`
        self._remembered = 0  # characters
        self._snapshot: str | None = None  # the body of the present one

    def change(self, now_ms: int, entries: Mapping[str, str], gone: Collection[str] = ()) -> bool:
        """Tell the pages of the entries that are other than before; whether there was one."""
        mine = self._entries
        changed = {key: value for key, value in entries.items() if mine.get(key) != value}
        left = [key for key in gone if key in mine]
        if not changed and not left:
            return False
        mine.update(changed)
        for key in left:
            del mine[key]
        self.sequence += 1
        self._snapshot = None
        body = f'"set":{_object(changed)},"gone":{text(left)}}}'
        self._remember(body)
        if self.pages:
            message = _delta(self.sequence, now_ms, body)
            for page in self.pages:
                page.put(message)
        return True

    def keep_only(self, now_ms: int, entries: Mapping[str, str], under: tuple[str, ...]) -> bool:
        """As `change`, where `entries` are all that there are now of those whose key begins with one of `under`."""
        gone = [key for key in self._entries if key not in entries and key.startswith(under)]
        return self.change(now_ms, entries, gone)

    def _remember(self, body: str) -> None:
        self._memory.append(body)
        self._remembered += len(body)
        while len(self._memory) > self._bounds.deltas or self._remembered > self._bounds.characters:
            self._remembered -= len(self._memory.popleft())

    # ---- for a page that comes

    def snapshot(self, now_ms: int) -> str:
        """All entries as they are now."""
        if self._snapshot is None:
            self._snapshot = f'"entries":{_object(self._entries)}}}'
        head = f'{{"type":"snapshot","stream":{text(self.id)},"sequence":{self.sequence},"now_ms":{now_ms},'
        return head + self._snapshot

    def since(self, now_ms: int, sequence: int) -> list[str] | None:
        """What a page has missed that has heard all up to `sequence`; None where that is not known any more.

        Ends with a tick, so that a page which has missed nothing hears that it is live again.
        """
        missed = self.sequence - sequence
        if not 0 <= missed <= len(self._memory):
            return None
        first = len(self._memory) - missed
        bodies = [self._memory[place] for place in range(first, len(self._memory))]
        deltas = [_delta(sequence + 1 + place, now_ms, body) for place, body in enumerate(bodies)]
        return [*deltas, self.tick(now_ms)]

    def tick(self, now_ms: int) -> str:
        return f'{{"type":"tick","sequence":{self.sequence},"now_ms":{now_ms}}}'


def _delta(sequence: int, now_ms: int, body: str) -> str:
    return f'{{"type":"delta","sequence":{sequence},"now_ms":{now_ms},{body}'


def _object(entries: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{text(key)}:{value}" for key, value in entries.items()) + "}"

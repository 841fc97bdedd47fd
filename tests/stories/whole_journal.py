"""The whole journal of a story, from the first event on, whatever has been trimmed behind snapshots meanwhile.

One idea: Redis writes each command to its append-only file and never takes one out (before it is rewritten, at 64 MiB).
"""

from collections.abc import Iterator
from pathlib import Path

from callcenter.engine import Engine
from callcenter.events import Event
from callcenter.simulation.auditor import Auditor
from callcenter.stores.codec import decode_event
from callcenter.types import Configuration


def events(folder: Path, stream: str = "callcenter:journal") -> Iterator[tuple[int, Event]]:
    """All events that have ever been added to the stream of the Redis in `folder`, with their times (ms)."""
    for command in _commands(folder):
        if command[0].upper() == b"XADD" and command[1] == stream.encode():
            at = command.index(b"at", 3)  # the number may come behind options
            fields = dict(zip(command[at::2], command[at + 1 :: 2], strict=True))
            yield int(fields[b"at"]), decode_event(fields[b"event"])


def audited(journal: Iterator[tuple[int, Event]], configuration: Configuration) -> Engine:
    """An engine that has been told all of it; the auditor has watched. Raises BrokenInvariantError."""
    engine, auditor = Engine.fresh(configuration), Auditor()
    for at_ms, event in journal:
        commands = engine.handle(at_ms, event)
        auditor.observe(at_ms, event, commands, engine.snapshot())
    return engine


def _commands(folder: Path) -> Iterator[list[bytes]]:
    """Redis 7 has a folder of numbered files, Redis 6 one file. What was cut off at the end by a crash is left out."""
    several = sorted(folder.glob("appendonlydir/*.incr.aof"), key=lambda path: int(path.name.split(".")[-3]))
    for path in several or [folder / "appendonly.aof"]:
        content, at = path.read_bytes(), 0
        while at < len(content):
            end = content.find(b"\r\n", at)
            assert content[at : at + 1] == b"*", f"{path} has something else at {at}: {content[at : at + 20]!r}"
            count, at, words = int(content[at + 1 : end]), end + 2, []
            for _ in range(count):
                end = content.find(b"\r\n", at)
                if end < 0:
                    return
                size = int(content[at + 1 : end])
                words.append(content[end + 2 : end + 2 + size])
                at = end + 2 + size + 2
            if at > len(content):
                return
            yield words

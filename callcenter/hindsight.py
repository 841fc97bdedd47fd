"""Why a contact went where it went, asked afterwards: the engine handles the journal's events again, and tells.

One idea: the core is a function of state, event and time, so nothing has to be written down while calls come in. The
last snapshot and the events after it, those that wait for Redis in the gap's file included, give every decision since
again, this time with its reasons. How far back that goes depends on `redis.snapshot_every`.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from callcenter.commands import OfferClosed, RecordContact, RecordDecision, RingDevice
from callcenter.engine import Engine
from callcenter.recovery import engine_before, gap_file, open_journal, read_history
from callcenter.routing.explain import Explanation
from callcenter.settings import Loaded, Settings
from callcenter.stores.journal import Journal, JournalCorruptError
from callcenter.stores.journal_file import GapFile
from callcenter.stores.redis_server import running_url
from callcenter.types import Configuration, ContactId, OfferId

T = TypeVar("T")

READ_ATTEMPTS = 3  # a daemon that is running may cut its journal between two pages

Told = Explanation | RecordDecision | OfferClosed | RecordContact


@dataclass(slots=True)
class Story:
    """What the journal holds of a contact: each with the time (ms) at which it happened, in order.

    `now` is where it stands at the journal's end, None where it is over or unknown. `since_ms` is the time of the first
    event that could be handled again, None where there is none.
    """

    contact: ContactId
    told: list[tuple[int, Told]] = field(default_factory=list)
    now: Explanation | None = None
    since_ms: int | None = None


async def story_of(loaded: Loaded, contact: ContactId) -> Story:
    """Read the journal of a daemon that runs or has stopped, and change nothing in it.

    Raises what `from_journal` raises.
    """
    return await from_journal(
        loaded.settings, lambda journal, file: _read(journal, file, loaded.configuration, contact)
    )


async def engine_of(loaded: Loaded) -> Engine:
    """The engine as it was at the journal's end: a copy, to be asked and thrown away. Raises as `story_of` does."""
    return await from_journal(loaded.settings, lambda journal, file: _restored(journal, file, loaded.configuration))


async def from_journal(settings: Settings, read: Callable[[Journal, GapFile], Awaitable[T]]) -> T:
    """What `read` makes of the journal, asked again where the daemon has cut it meanwhile.

    Raises what `Journal.load` and `RedisServer.start` raise, whose texts are for people.
    """
    async with contextlib.AsyncExitStack() as closing:
        url = settings.redis.url or running_url(settings.data_dir)
        if url is None:
            journal = await open_journal(settings, closing)
        else:
            journal = Journal(url, settings.redis.stream)
            closing.push_async_callback(journal.close)
        for attempt in range(READ_ATTEMPTS):
            try:
                return await read(journal, gap_file(settings))
            except JournalCorruptError:
                if attempt + 1 == READ_ATTEMPTS:
                    raise
                await asyncio.sleep(0)
    raise AssertionError("unreachable")


async def _restored(journal: Journal, file: GapFile, configuration: Configuration) -> Engine:
    history = await read_history(journal, file)
    engine = engine_before(history, configuration)
    for now_ms, event in history.tail:
        engine.handle(now_ms, event)
    return engine


async def _read(journal: Journal, file: GapFile, configuration: Configuration, contact: ContactId) -> Story:
    history = await read_history(journal, file)
    engine = engine_before(history, configuration)
    story = Story(contact, since_ms=history.tail[0][0] if history.tail else None)
    explained: dict[OfferId | None, Explanation] = {}

    def explain(why: Explanation) -> None:
        if why.contact == contact:
            explained[why.offer] = why

    engine.explain_offers(explain)
    for now_ms, event in history.tail:
        for command in engine.handle(now_ms, event):
            told: Told | None = None
            if isinstance(command, RingDevice):
                told = explained.pop(command.offer, None)
            elif isinstance(command, RecordDecision | OfferClosed | RecordContact) and command.contact == contact:
                told = command
            if told is not None:
                story.told.append((engine.snapshot().now_ms, told))
    story.now = engine.explain(engine.snapshot().now_ms, contact)
    return story


# ---- in words


def lines_of(story: Story) -> Iterator[str]:
    """The story as lines for a terminal; times are UTC."""
    if not story.told and story.now is None:
        since = "is empty" if story.since_ms is None else f"begins at {_time(story.since_ms)}"
        yield f"The journal holds nothing of contact {story.contact}: it {since}, and what was before is in the log."
        return
    for at_ms, told in story.told:
        match told:
            case Explanation():
                yield f"{_time(at_ms)}  offer {told.offer}: {_standing(told)}"
                yield from _agents(told)
            case RecordDecision():
                yield f"{_time(at_ms)}  {told.kind.value}{f' by {told.by}' if told.by else ''}: {told.words}"
            case OfferClosed():
                yield f"{_time(at_ms)}  offer {told.offer} to {told.agent}: {told.state.value}, {told.ring_ms} ms"
            case RecordContact():
                yield f"{_time(at_ms)}  over: {told.outcome.value}, waited {told.waited_ms} ms"
    if story.now is not None:
        yield f"{_time(story.now.now_ms)}  is {story.now.state.value}: {_standing(story.now)}"
        yield from _agents(story.now)


def _standing(why: Explanation) -> str:
    parts = [f"queue {why.queue}", f"priority {why.priority}"]
    parts += [f"needs {', '.join(why.needs)}"] if why.needs else []
    parts += [f"place {why.place} of {why.waiting}"] if why.place is not None else []
    parts += [f"kept for {why.held_for}"] if why.held_for is not None else []
    return ", ".join(parts)


def _agents(why: Explanation) -> Iterator[str]:
    width = max((len(agent.agent) for agent in why.agents), default=0)
    for agent in why.agents:
        yield f"    {agent.agent:{width}}  {agent.words}"


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(" ", "milliseconds").removesuffix("+00:00")

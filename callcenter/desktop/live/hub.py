"""The hub: commands in, entries to the pages that they concern out, over one WebSocket for each page.

The one idea: a page subscribes to views, and pages of the same views share a stream (`streams.py`). What concerns one
agent goes out the moment it is commanded; what shows the whole floor is looked at a few times a second, and only what
differs is sent. Nobody waits for a page, and calls do not wait for a look: agents' pages are told in small groups.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Annotated, Literal, NamedTuple

import msgspec

from callcenter.commands import Command
from callcenter.desktop.access.permissions import Caller
from callcenter.desktop.desk import Desk
from callcenter.desktop.live.audience import FLOOR, SELF, Audience, audience_of, has_screen
from callcenter.desktop.live.floor import KEYS, Floor
from callcenter.desktop.live.page import (
    CLOSE_ELSEWHERE,
    CLOSE_FULL,
    CLOSE_NOT_ALLOWED,
    CLOSE_NOT_UNDERSTOOD,
    CLOSE_RESTART,
    CLOSE_SIGNED_OUT,
    CLOSE_TOO_SLOW,
    Page,
)
from callcenter.desktop.live.screens import SHOWN, Screens
from callcenter.desktop.live.streams import OF_AN_AGENT, OF_THE_FLOOR, Stream
from callcenter.types import AgentId

logger = logging.getLogger(__name__)

MAX_PAGES = 5_000
MAX_FLOOR_PAGES = 200
MAX_PAGES_PER_AGENT = 4

FLOOR_INTERVAL_S = 0.25  # the shortest time between two looks at the floor
LOOK_INTERVAL_S = 1.0  # how often it is looked at when nothing was commanded; how often an agent hears of its queues
TICK_INTERVAL_S = 5.0  # so that a page notices a dead connection; pages wait for 3 of these
KEEP_S = 60.0  # how long a stream goes on without a page, for one that comes back
SUBSCRIBE_LIMIT_S = 10.0  # how long a page may say nothing
GROUP = 25  # pages that are told of the same between two turns of the loop: a millisecond of sending
GROUP_PAUSE_S = 0.005

_SAY = 'say {"subscribe": ["self" or "floor"], "resume": null}'


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stream: str
    sequence: int


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page says first, and when it wants something else."""

    subscribe: Annotated[list[Literal["self", "floor"]], msgspec.Meta(min_length=1, max_length=2)]
    resume: Resume | None = None


_decode = msgspec.json.Decoder(Subscription).decode


class Viewer(NamedTuple):
    """Who sees what: the key of a stream."""

    agent: AgentId | None
    audience: Audience | None


class Hub:
    """Bounds: MAX_PAGES in all and MAX_FLOOR_PAGES (one more is refused), MAX_PAGES_PER_AGENT (the oldest goes)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._screens = Screens(desk, self._tell, lambda agent: agent in self._of_agent)
        self._floor: Floor | None = None
        self._pages: dict[Page, Stream | None] = {}
        self._streams: dict[Viewer, Stream] = {}
        self._of_agent: dict[AgentId, list[Stream]] = {}
        self._dirty = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.dropped_slow = 0  # pages that took their messages too slowly, since the start

    # ---- from the runner

    def execute(self, command: Command) -> None:
        """Take a command, synchronously; what is not for the desktops only marks the floor as changed.

        Never raises: calls go on whether or not a screen can show them.
        """
        self._dirty.set()
        try:
            if isinstance(command, SHOWN):
                self._screens.execute(command)
        except Exception:
            logger.exception("A page could not be told of %s.", type(command).__name__)

    def _tell(self, agent: AgentId, changed: Mapping[str, str], gone: Collection[str]) -> None:
        for stream in self._of_agent.get(agent, ()):
            stream.change(self._desk.now_ms(), changed, gone)

    # ---- pages come and go

    async def serve(self, page: Page, caller: Caller) -> None:
        """Serve a page until it leaves, with what it subscribes to."""
        if len(self._pages) >= MAX_PAGES:
            page.close(CLOSE_FULL, f"{MAX_PAGES} pages are open already")
        self._pages[page] = None
        page.heard = lambda said: self._heard(page, caller, said)
        limit = asyncio.get_running_loop().call_later(SUBSCRIBE_LIMIT_S, self._expect_subscription, page)
        try:
            await page.serve()
        finally:
            limit.cancel()
            self._desert(page)
            del self._pages[page]
            self.dropped_slow += page.close_code == CLOSE_TOO_SLOW

    def close_session(self, session: str) -> None:
        """The session has signed out: its pages are shown no more."""
        for page in self._pages:
            if page.session == session:
                page.close(CLOSE_SIGNED_OUT, "signed out")

    def _expect_subscription(self, page: Page) -> None:
        if self._pages.get(page) is None:
            page.close(CLOSE_NOT_UNDERSTOOD, _SAY)

    def _heard(self, page: Page, caller: Caller, said: str) -> None:
        try:
            wanted = _decode(said)
        except (msgspec.DecodeError, UnicodeEncodeError):
            page.close(CLOSE_NOT_UNDERSTOOD, _SAY)
            return
        agent = caller.id if SELF in wanted.subscribe and has_screen(caller) else None
        audience = audience_of(caller) if FLOOR in wanted.subscribe else None
        if (SELF in wanted.subscribe and agent is None) or (FLOOR in wanted.subscribe and audience is None):
            page.close(CLOSE_NOT_ALLOWED, f"{caller.id} may not see that; sign in as somebody who may")
            return
        try:
            self._subscribe(page, Viewer(agent, audience), wanted.resume)
        except Exception:
            logger.exception("A page could not be shown what it wants.")
            page.close(CLOSE_RESTART, "it cannot be shown now")

    def _subscribe(self, page: Page, viewer: Viewer, resume: Resume | None) -> None:
        self._desert(page)
        if viewer.audience is not None and self._count_floor_pages() >= MAX_FLOOR_PAGES:
            page.close(CLOSE_FULL, f"{MAX_FLOOR_PAGES} pages with the floor are open already")
            return
        if viewer.agent is not None:
            self._make_room(viewer.agent)
        stream = self._streams.get(viewer) or self._begin(viewer)
        stream.pages.append(page)
        stream.deserted_s = None
        self._pages[page] = stream
        now_ms = self._desk.now_ms()
        known = resume is not None and resume.stream == stream.id
        missed = stream.since(now_ms, resume.sequence) if known and resume is not None else None
        page.begin([stream.snapshot(now_ms)] if missed is None else missed)

    def _count_floor_pages(self) -> int:
        return sum(len(stream.pages) for viewer, stream in self._streams.items() if viewer.audience is not None)

    def _make_room(self, agent: AgentId) -> None:
        """The oldest of too many pages of one agent goes."""
        mine = [page for page, stream in self._pages.items() if stream in self._of_agent.get(agent, ())]
        for page in mine[: max(0, len(mine) + 1 - MAX_PAGES_PER_AGENT)]:
            page.close(CLOSE_ELSEWHERE, "this page is open in newer windows")
            self._desert(page)

    def _desert(self, page: Page) -> None:
        """The page leaves its stream, which goes on for a while."""
        stream = self._pages.get(page)
        if stream is not None:
            self._pages[page] = None
            stream.pages.remove(page)
            if not stream.pages:
                stream.deserted_s = asyncio.get_running_loop().time()

    # ---- streams begin and end

    def _begin(self, viewer: Viewer) -> Stream:
        now_ms = self._desk.now_ms()
        if self._floor is None or now_ms - self._floor.picture.now_ms > 2_000 * LOOK_INTERVAL_S:
            self._floor = Floor(self._desk.overview(), self._floor)
        entries = self._looked_at(self._floor, viewer)
        if viewer.agent is not None:
            entries |= self._screens.entries(viewer.agent)
        stream = Stream(entries, OF_AN_AGENT if viewer.audience is None else OF_THE_FLOOR)
        self._streams[viewer] = stream
        if viewer.agent is not None:
            self._of_agent.setdefault(viewer.agent, []).append(stream)
        return stream

    def _end_deserted(self) -> None:
        now_s = asyncio.get_running_loop().time()
        for viewer, stream in list(self._streams.items()):
            if stream.deserted_s is not None and now_s - stream.deserted_s > KEEP_S:
                del self._streams[viewer]
                if viewer.agent is not None:
                    self._of_agent[viewer.agent].remove(stream)
                    if not self._of_agent[viewer.agent]:
                        del self._of_agent[viewer.agent]
        if not self._streams:
            self._floor = None

    def _looked_at(self, floor: Floor, viewer: Viewer) -> dict[str, str]:
        """The entries that are looked at, not commanded. Of a queue that shows in both views the floor's counts."""
        own = {} if viewer.agent is None else floor.own(viewer.agent)
        return own if viewer.audience is None else {**own, **floor.whole(viewer.audience)}

    # ---- what is looked at, not commanded

    def start(self) -> None:
        """Start looking at the floor. Needs the running loop."""
        self._tasks = [asyncio.create_task(self._look_for_ever()), asyncio.create_task(self._tick_for_ever())]

    async def stop(self) -> None:
        """Tell every page to come back later and stop looking."""
        for page in self._pages:
            page.close(CLOSE_RESTART, "the call center restarts")
        tasks = [*self._tasks, *self._screens.close()]
        self._tasks = []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_for_ever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_INTERVAL_S):
                    await self._dirty.wait()
            except TimeoutError:
                pass
            self._dirty.clear()
            try:
                if self._streams:
                    await self._look()
            except Exception:
                logger.exception("The pages' picture of the floor could not be made; they keep the last one.")
            await asyncio.sleep(FLOOR_INTERVAL_S)

    async def _look(self) -> None:
        """Those who see the floor hear of it now, each agent when its own queues are due again."""
        floor = Floor(await self._desk.draw(), self._floor)
        for audience in dict.fromkeys(viewer.audience for viewer in self._streams):
            if audience is not None:
                await floor.make_whole(audience)
        self._floor = floor
        now_s, now_ms, told = asyncio.get_running_loop().time(), floor.picture.now_ms, 0
        for viewer, stream in list(self._streams.items()):
            if viewer.audience is None and now_s - stream.looked_s < LOOK_INTERVAL_S:
                continue
            stream.looked_s = now_s
            if stream.keep_only(now_ms, self._looked_at(floor, viewer), KEYS):
                told += len(stream.pages)
                if told >= GROUP:
                    told = 0
                    await asyncio.sleep(GROUP_PAUSE_S)

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TICK_INTERVAL_S)
            self._end_deserted()
            for number, page in enumerate(list(self._pages)):
                page.drop_if_stuck()
                stream = self._pages.get(page)
                if stream is not None:
                    page.put(stream.tick(self._desk.now_ms()))
                if number % GROUP == GROUP - 1:
                    await asyncio.sleep(GROUP_PAUSE_S)

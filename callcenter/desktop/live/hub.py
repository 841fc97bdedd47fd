"""The hub: commands in, messages to the pages that they concern out.

The one idea: an agent's screen is a small value that the commands of that agent keep up to date, so a page that
(re)connects gets the whole of it at once and then hears every change. What concerns one agent goes out the moment it is
commanded, for a screen pop has to be there before the phone rings; what shows the whole floor is looked at a few
times a second, and sent only when it differs from what was sent before.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from callcenter.commands import AgentChanged, Command, ScreenClear, ScreenPop
from callcenter.desktop.desk import Desk
from callcenter.desktop.live import messages
from callcenter.desktop.live.page import (
    CLOSE_ELSEWHERE,
    CLOSE_FULL,
    CLOSE_RESTART,
    CLOSE_SIGNED_OUT,
    CLOSE_TOO_SLOW,
    Page,
)
from callcenter.overview import Overview
from callcenter.types import AgentId, AgentState

logger = logging.getLogger(__name__)

MAX_PAGES = 5_000
MAX_OVERVIEW_PAGES = 200
MAX_PAGES_PER_AGENT = 4

PICTURE_INTERVAL_S = 0.25  # the shortest time between two pictures
LOOK_INTERVAL_S = 1.0  # how often the floor is looked at when no command said that it changed
TICK_INTERVAL_S = 5.0  # so that a page notices a dead connection; pages wait for 3 of these
RECENT_LIMIT_S = 5.0

_HANDLING = frozenset({AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP})


@dataclass(slots=True)
class _Screen:
    """What an agent's page shows."""

    pop: ScreenPop | None = None
    recent: messages.Recent | None = None
    looking_up: asyncio.Task[None] | None = None

    def clear(self) -> None:
        self.pop = None
        self.recent = None
        if self.looking_up is not None:
            self.looking_up.cancel()
            self.looking_up = None


class Hub:
    """Bounds: MAX_PAGES in all and MAX_OVERVIEW_PAGES (one more is refused), MAX_PAGES_PER_AGENT (the oldest goes)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._screens: dict[AgentId, _Screen] = {}
        self._agent_pages: dict[AgentId, list[Page]] = {}
        self._overview_pages: list[Page] = []
        self._dirty = asyncio.Event()
        self._last_picture = b""
        self._last_floor: dict[AgentId, bytes] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.dropped_slow = 0

    # ---- from the runner

    def execute(self, command: Command) -> None:
        """Take a command, synchronously; what is not for the desktops only marks the floor as changed.

        Never raises: calls go on whether or not a screen can show them.
        """
        self._dirty.set()
        try:
            match command:
                case ScreenPop():
                    self._popped(command)
                case ScreenClear():
                    self._cleared(command)
                case AgentChanged():
                    self._changed(command)
                case _:
                    pass
        except Exception:
            logger.exception("A page could not be told of %s.", type(command).__name__)

    def _popped(self, pop: ScreenPop) -> None:
        screen = self._screen(pop.agent)
        before = screen.pop
        if before is None or before.offer != pop.offer:
            screen.clear()
        screen.pop = pop
        self._tell(pop.agent, messages.popped(self._desk.now_ms(), pop))
        if before is None or (before.offer, before.customers, before.caller) != (pop.offer, pop.customers, pop.caller):
            screen.recent = None
            self._look_up_recent(screen)

    def _cleared(self, command: ScreenClear) -> None:
        screen = self._screen(command.agent)
        if screen.pop is not None and screen.pop.offer == command.offer:
            screen.clear()
            self._tell(command.agent, messages.cleared(self._desk.now_ms(), command.offer))

    def _changed(self, command: AgentChanged) -> None:
        screen = self._screen(command.agent)
        now_ms = self._desk.now_ms()
        self._tell(command.agent, messages.changed(now_ms, command))
        if command.state not in _HANDLING and screen.pop is not None:
            offer = screen.pop.offer
            screen.clear()
            self._tell(command.agent, messages.cleared(now_ms, offer))

    def _screen(self, agent: AgentId) -> _Screen:
        return self._screens.setdefault(agent, _Screen())

    def _tell(self, agent: AgentId, message: str) -> None:
        for page in self._agent_pages.get(agent, ()):
            page.put(message)

    # ---- a pop's last contacts: they follow the pop, which never waits for them

    def _look_up_recent(self, screen: _Screen) -> None:
        if screen.looking_up is not None:
            screen.looking_up.cancel()
            screen.looking_up = None
        if screen.pop is not None and self._tasks:
            screen.looking_up = asyncio.get_running_loop().create_task(self._find_recent(screen, screen.pop))

    async def _find_recent(self, screen: _Screen, pop: ScreenPop) -> None:
        try:
            async with asyncio.timeout(RECENT_LIMIT_S):
                found = await self._desk.recent_contacts([customer.id for customer in pop.customers], pop.caller)
            recent = messages.Recent(pop.offer, tuple(found)[: messages.MAX_RECENT])
        except TimeoutError:
            recent = messages.Recent(pop.offer, error=f"The contact log did not answer within {RECENT_LIMIT_S:.0f} s.")
        except Exception:
            logger.exception("The last contacts for offer %s could not be read.", pop.offer)
            recent = messages.Recent(pop.offer, error="The contact log cannot be read now.")
        screen.recent = recent
        screen.looking_up = None
        self._tell(pop.agent, messages.recent_found(self._desk.now_ms(), recent))

    # ---- pages come and go

    async def serve_agent(self, page: Page, agent: AgentId) -> None:
        """Serve an agent's page until it leaves: first all that it should show now, then each change."""
        if self._refused(page, sum(1 for _ in self._all_pages()), MAX_PAGES):
            await page.serve()
            return
        pages = self._agent_pages.setdefault(agent, [])
        if len(pages) >= MAX_PAGES_PER_AGENT:
            pages.pop(0).close(CLOSE_ELSEWHERE, "this page is open in newer windows")
        pages.append(page)
        self._show_present(page, agent)
        try:
            await page.serve()
        finally:
            self._left(page)
            if page in pages:
                pages.remove(page)
            if not pages and self._agent_pages.get(agent) is pages:
                del self._agent_pages[agent]
                self._last_floor.pop(agent, None)

    async def serve_overview(self, page: Page) -> None:
        """Serve an overview page until it leaves: first the present picture, then each one that differs."""
        if not self._refused(page, len(self._overview_pages), MAX_OVERVIEW_PAGES):
            self._overview_pages.append(page)
            picture = self._desk.overview()
            if not self._sent_picture(picture):
                page.put_picture(messages.stamped(picture.now_ms, self._last_picture))
        try:
            await page.serve()
        finally:
            self._left(page)
            if page in self._overview_pages:
                self._overview_pages.remove(page)

    def close_session(self, session: str) -> None:
        """The session has signed out: its pages are shown no more."""
        for page in self._all_pages():
            if page.session == session:
                page.close(CLOSE_SIGNED_OUT, "signed out")

    def _refused(self, page: Page, present: int, limit: int) -> bool:
        if present >= limit:
            page.close(CLOSE_FULL, f"{limit} pages are open already")
        return present >= limit

    def _left(self, page: Page) -> None:
        if page.close_code == CLOSE_TOO_SLOW:
            self.dropped_slow += 1

    def _show_present(self, page: Page, agent: AgentId) -> None:
        screen = self._screen(agent)
        picture = self._desk.overview()
        view = next((one for one in picture.agents if one.id == agent), None)
        now_ms = self._desk.now_ms()
        state = messages.logged_out(now_ms) if view is None else messages.state_of(view)
        page.put(messages.present(now_ms, state, screen.pop, screen.recent))
        for body in messages.floor_bodies(picture, [agent]).values():
            page.put(messages.stamped(now_ms, body))
        if screen.pop is not None and screen.recent is None and screen.looking_up is None:
            self._look_up_recent(screen)

    def _all_pages(self) -> Iterable[Page]:
        yield from [page for pages in self._agent_pages.values() for page in pages]
        yield from list(self._overview_pages)

    # ---- what is looked at, not commanded

    def start(self) -> None:
        """Start looking at the floor. Needs the running loop."""
        self._tasks = [asyncio.create_task(self._look_for_ever()), asyncio.create_task(self._tick_for_ever())]

    async def stop(self) -> None:
        """Tell every page to come back later and stop looking."""
        for page in self._all_pages():
            page.close(CLOSE_RESTART, "the call center restarts")
        tasks = [*self._tasks, *(s.looking_up for s in self._screens.values() if s.looking_up is not None)]
        self._tasks = []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        floor_due = loop.time()
        while True:
            try:
                async with asyncio.timeout(LOOK_INTERVAL_S):
                    await self._dirty.wait()
            except TimeoutError:
                pass
            self._dirty.clear()
            floor_is_due = loop.time() >= floor_due
            if floor_is_due:
                floor_due = loop.time() + LOOK_INTERVAL_S
            try:
                self._look(floor_is_due)
            except Exception:
                logger.exception("The pages' picture of the floor could not be made; they keep the last one.")
            await asyncio.sleep(PICTURE_INTERVAL_S)

    def _look(self, floor_is_due: bool) -> None:
        if not self._overview_pages and not (floor_is_due and self._agent_pages):
            return
        picture = self._desk.overview()
        if self._overview_pages:
            self._sent_picture(picture)
        if floor_is_due:
            for agent, body in messages.floor_bodies(picture, list(self._agent_pages)).items():
                if body != self._last_floor.get(agent):
                    self._last_floor[agent] = body
                    self._tell(agent, messages.stamped(picture.now_ms, body))

    def _sent_picture(self, picture: Overview) -> bool:
        """Send the picture to every overview page if it differs from the last one sent; whether it did."""
        body = messages.picture_body(picture)
        if body == self._last_picture:
            return False
        self._last_picture = body
        message = messages.stamped(picture.now_ms, body)
        for page in self._overview_pages:
            page.put_picture(message)
        return True

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TICK_INTERVAL_S)
            message = messages.tick(self._desk.now_ms())
            for page in self._all_pages():
                page.drop_if_stuck()
                page.put(message)

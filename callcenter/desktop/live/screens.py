"""What each agent's own page shows: the `self` entries.

The one idea: an agent's screen is a small value that the commands for that agent keep up to date, so that a page which
(re)connects gets the whole of it at once, and then hears each change the moment it is commanded: a screen pop has to be
there before the phone rings. The last contacts of the caller follow the pop, which never waits for them.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from callcenter.commands import AgentChanged, CallChanged, ScreenClear, ScreenPop
from callcenter.desktop.desk import Desk
from callcenter.desktop.live import entries, messages
from callcenter.desktop.live.pops import pop_entry
from callcenter.desktop.live.streams import text
from callcenter.orders import AgentDeviceChanged, MessageGone, MessageId, MessageShown
from callcenter.queues.tally import NO_FIGURES
from callcenter.types import AgentId, AgentState

logger = logging.getLogger(__name__)

RECENT_LIMIT_S = 5.0
MAX_RECENT = 10

_HANDLING = frozenset({AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP})
NOTHING = "null"

SHOWN = ScreenPop | ScreenClear | AgentChanged | AgentDeviceChanged | CallChanged | MessageShown | MessageGone
Tell = Callable[[AgentId, Mapping[str, str], Collection[str]], None]


@dataclass(slots=True)
class _Screen:
    pop: ScreenPop | None = None
    recent: messages.Recent | None = None
    looking_up: asyncio.Task[None] | None = None
    call: CallChanged | None = None
    messages: dict[MessageId, MessageShown] = field(default_factory=dict)

    def clear(self) -> None:
        self.pop = None
        self.recent = None
        if self.looking_up is not None:
            self.looking_up.cancel()
            self.looking_up = None


class Screens:
    """`tell` is called with the entries of an agent that have changed; `watched` says whether anybody sees them."""

    def __init__(self, desk: Desk, tell: Tell, watched: Callable[[AgentId], bool]) -> None:
        self._desk = desk
        self._tell = tell
        self._watched = watched
        self._screens: dict[AgentId, _Screen] = {}

    def entries(self, agent: AgentId) -> dict[str, str]:
        """All that is commanded of this agent, as it is now. Begins to look up what the pop still lacks."""
        screen = self._screen(agent)
        view = self._desk.agent(agent)
        state = messages.logged_out(self._desk.now_ms()) if view is None else entries.state(view)
        if screen.pop is not None and screen.recent is None and screen.looking_up is None:
            self._look_up_recent(screen)
        return {
            "state": text(state),
            **self._phone(agent),
            "pop": self._pop(screen),
            "recent": _recent(screen),
            "talk": _talk(screen),
            **self._figures(agent),
            **{f"message/{one.message}": text(entries.message(one)) for one in screen.messages.values()},
        }

    def execute(self, command: SHOWN) -> None:
        """Raises what encoding raises, and then has taken the command nevertheless."""
        match command:
            case ScreenPop():
                self._popped(command)
            case ScreenClear():
                self._cleared(command)
            case AgentChanged():
                self._changed(command)
            case AgentDeviceChanged(agent=agent):
                if self._watched(agent):
                    self._tell(agent, self._phone(agent), ())
            case CallChanged(agent=agent):
                screen = self._screen(agent)
                screen.call = command
                self._tell(agent, {"talk": _talk(screen)}, ())
            case MessageShown(agent=agent):
                self._screen(agent).messages[command.message] = command
                self._tell(agent, {f"message/{command.message}": text(entries.message(command))}, ())
            case MessageGone(agent=agent):
                self._screen(agent).messages.pop(command.message, None)
                self._tell(agent, {}, (f"message/{command.message}",))

    def close(self) -> list[asyncio.Task[None]]:
        """Look nothing up any more; what is still to be waited for."""
        tasks = [screen.looking_up for screen in self._screens.values() if screen.looking_up is not None]
        for task in tasks:
            task.cancel()
        return tasks

    def _phone(self, agent: AgentId) -> dict[str, str]:
        """Which phone it is; what it is doing is looked at with the queues (`floor.py`)."""
        view = self._desk.agent(agent)
        return {} if view is None else {"phone": text(entries.phone(view))}

    def _popped(self, pop: ScreenPop) -> None:
        screen = self._screen(pop.agent)
        before = screen.pop
        if before is None or before.offer != pop.offer:
            screen.clear()
        screen.pop = pop
        other_caller = before is None or _caller_of(before) != _caller_of(pop)
        if other_caller:
            screen.recent = None
        if self._watched(pop.agent):
            self._tell(pop.agent, {"pop": self._pop(screen), "recent": _recent(screen)}, ())
            if other_caller:
                self._look_up_recent(screen)

    def _cleared(self, command: ScreenClear) -> None:
        screen = self._screen(command.agent)
        if screen.pop is not None and screen.pop.offer == command.offer:
            screen.clear()
            self._tell(command.agent, {"pop": NOTHING, "recent": NOTHING}, ())

    def _changed(self, command: AgentChanged) -> None:
        screen = self._screen(command.agent)
        changed = {"state": text(entries.state(command))}
        if command.state not in _HANDLING and screen.pop is not None:
            screen.clear()
            changed |= {"pop": NOTHING, "recent": NOTHING}
        if self._watched(command.agent):
            self._tell(command.agent, changed | self._figures(command.agent), ())

    def _figures(self, agent: AgentId) -> dict[str, str]:
        """What follows from the changes of the agent's state."""
        view = self._desk.agent(agent)
        figures, missed = (NO_FIGURES, ()) if view is None else (view.figures, view.missed)
        return {"figures": text(entries.own_figures(figures)), "missed": text(entries.missed(missed))}

    def _screen(self, agent: AgentId) -> _Screen:
        return self._screens.setdefault(agent, _Screen())

    def _pop(self, screen: _Screen) -> str:
        return NOTHING if screen.pop is None else pop_entry(self._desk, screen.pop)

    # ---- a pop's last contacts

    def _look_up_recent(self, screen: _Screen) -> None:
        if screen.looking_up is not None:
            screen.looking_up.cancel()
        assert screen.pop is not None
        screen.looking_up = asyncio.get_running_loop().create_task(self._find_recent(screen, screen.pop))

    async def _find_recent(self, screen: _Screen, pop: ScreenPop) -> None:
        try:
            async with asyncio.timeout(RECENT_LIMIT_S):
                found = await self._desk.recent_contacts([customer.id for customer in pop.customers], pop.caller)
            recent = messages.Recent(pop.offer, tuple(found)[:MAX_RECENT])
        except TimeoutError:
            recent = messages.Recent(pop.offer, error=f"The contact log did not answer within {RECENT_LIMIT_S:.0f} s.")
        except Exception:
            logger.exception("The last contacts for offer %s could not be read.", pop.offer)
            recent = messages.Recent(pop.offer, error="The contact log cannot be read now.")
        screen.recent = recent
        screen.looking_up = None
        self._tell(pop.agent, {"recent": _recent(screen)}, ())


def _caller_of(pop: ScreenPop) -> tuple[Any, ...]:
    return pop.offer, pop.customers, pop.caller


def _recent(screen: _Screen) -> str:
    return NOTHING if screen.recent is None else text(screen.recent)


def _talk(screen: _Screen) -> str:
    return NOTHING if screen.call is None else text(entries.talk(screen.call))

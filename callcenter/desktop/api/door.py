"""The door of the API: who asks, whether they may, and how an event is handed in.

The one idea: a request is checked at the door, becomes one event, and is answered once the engine has handled that
event. Whether it changes anything is the engine's to say, so a double click or a repeated post does no harm.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict

from callcenter.desktop.access.sessions import COOKIE, Session, Sessions
from callcenter.desktop.desk import ROLE_AGENT, ROLE_SUPERVISOR, AgentLogin, Desk, DeskUnavailableError
from callcenter.desktop.errors import ApiError, not_signed_in
from callcenter.events import Event

SUBMIT_LIMIT_S = 10.0

T = TypeVar("T")


class Body(BaseModel):
    """What is posted: a JSON object with the keys that its kind has, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Door:
    def __init__(self, desk: Desk, sessions: Sessions) -> None:
        self._desk = desk
        self._sessions = sessions
        self._under_way: set[asyncio.Future[Any]] = set()

    def session(self, cookie: str | None) -> Session | None:
        return self._sessions.read(cookie, self._desk.agents)

    def signed_in(self, request: Request) -> Session:
        session = self.session(request.cookies.get(COOKIE))
        if session is None:
            raise not_signed_in()
        return session

    def agent(self, request: Request) -> AgentLogin:
        login = self.signed_in(request).login
        if ROLE_AGENT not in login.roles:
            raise ApiError(
                403, f"{login.name} takes no contacts.", "Sign in as an agent (roles in config/agents.yaml)."
            )
        return login

    def supervisor(self, request: Request) -> AgentLogin:
        login = self.signed_in(request).login
        if ROLE_SUPERVISOR not in login.roles:
            raise ApiError(
                403, f"{login.name} is no supervisor.", "Sign in as a supervisor (roles in config/agents.yaml)."
            )
        return login

    async def submit(self, event: Event) -> None:
        """Hand the event in and wait for its handling; if that takes too long it may still be handled later."""
        await self.wait_for(self._desk.submit(event), SUBMIT_LIMIT_S)

    async def wait_for(self, work: Coroutine[Any, Any, T], limit_s: float) -> T:
        """Wait for work that goes on to its end even where the wait for it is given up."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.shield(task)
        except TimeoutError:
            raise DeskUnavailableError(f"the engine has not answered within {limit_s:.0f} s") from None
        except asyncio.CancelledError:
            if task.cancelled():  # the engine gave the event up, nobody gave up the request
                raise DeskUnavailableError("the engine is stopping") from None
            raise

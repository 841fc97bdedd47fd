"""What an agent's page can ask for, over HTTP: to sign in and out, to be ready or not, to end a wrap-up.

The one idea: an agent asks for itself only. Whose event it is comes from the session and never from the request.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from callcenter.desktop.access.passwords import Passwords, TooManyAttemptsError
from callcenter.desktop.access.sessions import COOKIE, MAX_AGE_S, Session, Sessions
from callcenter.desktop.api.door import Body, Door
from callcenter.desktop.desk import ROLE_AGENT, Desk
from callcenter.desktop.errors import ApiError
from callcenter.desktop.live.hub import Hub
from callcenter.desktop.live.messages import logged_out, state_of
from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, Event, WrapUpEnded
from callcenter.types import AgentId, AgentState, ContactId


class SignIn(Body):
    """Without `takes_contacts` an agent's state stays as it is: a supervisor's program signs in beside the desktop."""

    agent: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]
    takes_contacts: bool = True


class NotReady(Body):
    reason: Annotated[str, Field(min_length=1, max_length=64)]


class WrapUp(Body):
    contact: Annotated[str, Field(min_length=1, max_length=128)]
    disposition: Annotated[str, Field(max_length=64)] | None = None


class Api:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, hub: Hub, door: Door, sessions: Sessions, passwords: Passwords) -> None:
        self._desk = desk
        self._hub = hub
        self._door = door
        self._sessions = sessions
        self._passwords = passwords

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api")
        posts: list[tuple[str, Callable[..., Any]]] = [
            ("/sign-in", self.sign_in),
            ("/sign-out", self.sign_out),
            ("/ready", self.ready),
            ("/not-ready", self.not_ready),
            ("/wrap-up", self.wrap_up),
        ]
        for path, handler in posts:
            router.add_api_route(path, handler, methods=["POST"])
        router.add_api_route("/me", self.me, methods=["GET"])
        return router

    # ---- handlers

    async def sign_in(self, request: Request, response: Response, body: SignIn) -> dict[str, Any]:
        login = self._desk.agents.get(AgentId(body.agent))
        address = request.client.host if request.client else "unknown"
        try:
            right = await self._passwords.check(body.agent, login, body.password, address, self._desk.now_ms())
        except TooManyAttemptsError as refused:
            raise ApiError(
                429,
                "Too many attempts to sign in.",
                f"Wait {refused.wait_s} s, then try again.",
                {"Retry-After": str(refused.wait_s)},
            ) from None
        if login is None or not right:
            raise ApiError(401, "Agent or password is wrong.", "Look at both and try again.")
        if ROLE_AGENT in login.roles and body.takes_contacts:
            await self._door.submit(AgentSignedIn(login.id))
        cookie = self._sessions.issue(login)
        response.set_cookie(
            COOKIE, cookie, MAX_AGE_S, httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
        return self._me(Session("", login))

    async def sign_out(self, request: Request, response: Response) -> dict[str, Any]:
        """Signs out at once, or at the contact's end; until then the cookie stays, for there is wrap-up to do."""
        session = self._door.session(request.cookies.get(COOKIE))
        if session is not None and ROLE_AGENT in session.login.roles:
            await self._door.submit(AgentSignedOut(session.login.id))
            if self._state(session.login.id)["state"] is not AgentState.LOGGED_OUT:
                return {"signed_out": False, "words": "You are signed out when this contact is done."}
        if session is not None:
            self._sessions.revoke(session)
            self._hub.close_session(session.id)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return {"signed_out": True, "words": "You are signed out."}

    async def me(self, request: Request) -> dict[str, Any]:
        return self._me(self._door.signed_in(request))

    async def ready(self, request: Request) -> dict[str, Any]:
        return await self._change(request, AgentReady)

    async def not_ready(self, request: Request, body: NotReady) -> dict[str, Any]:
        reasons = self._desk.not_ready_reasons
        if body.reason not in reasons:
            raise ApiError(422, f"{body.reason!r} is no reason for NOT_READY.", f"Use one of: {', '.join(reasons)}.")
        return await self._change(request, lambda agent: AgentNotReady(agent, body.reason))

    async def wrap_up(self, request: Request, body: WrapUp) -> dict[str, Any]:
        known = self._desk.dispositions
        if body.disposition is not None and body.disposition not in known:
            raise ApiError(422, f"{body.disposition!r} is no disposition.", f"Use one of: {', '.join(known)}; or null.")
        contact = ContactId(body.contact)
        return await self._change(request, lambda agent: WrapUpEnded(agent, contact, body.disposition))

    # ---- what they share

    async def _change(self, request: Request, event_of: Callable[[AgentId], Event]) -> dict[str, Any]:
        login = self._door.agent(request)
        await self._door.submit(event_of(login.id))
        return {"state": self._state(login.id)}

    def _me(self, session: Session) -> dict[str, Any]:
        login = session.login
        return {
            "agent": {"id": login.id, "name": login.name},
            "takes_contacts": ROLE_AGENT in login.roles,
            "roles": sorted(login.roles),
            "state": self._state(login.id),
            "dispositions": list(self._desk.dispositions),
            "not_ready_reasons": list(self._desk.not_ready_reasons),
            "now_ms": self._desk.now_ms(),
        }

    def _state(self, agent: AgentId) -> dict[str, Any]:
        for view in self._desk.overview().agents:
            if view.id == agent:
                return state_of(view)
        return logged_out(self._desk.now_ms())

"""A person's own new password, over HTTP, for anyone who is signed in.

The one idea: it takes the old password, however fresh the session is, and counts as an attempt to sign in. Every other
session of the person ends with the old password; this one gets a new cookie.
"""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from callcenter.admin.staff import Edits, NoSuchPersonError
from callcenter.desktop.access import audit
from callcenter.desktop.access.needs import address_of, needs
from callcenter.desktop.access.passwords import Passwords, TooManyAttemptsError
from callcenter.desktop.access.permissions import Caller
from callcenter.desktop.access.sessions import COOKIE, Sessions
from callcenter.desktop.api.answers import Answer, responses
from callcenter.desktop.api.door import Door
from callcenter.desktop.api.staff import PUBLISH_LIMIT_S
from callcenter.desktop.api.staff_bodies import OwnPassword
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.desktop.staff import Change, StaffRefusedError


class PasswordChanged(Answer):
    words: str


class OwnPasswordApi:
    def __init__(self, desk: Desk, door: Door, sessions: Sessions, passwords: Passwords) -> None:
        self._desk = desk
        self._door = door
        self._sessions = sessions
        self._passwords = passwords

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1/me", tags=["session"])
        router.add_api_route("/password", self.change, methods=["POST"], responses=responses(409, 422))
        return router

    async def change(
        self, request: Request, response: Response, by: Annotated[Caller, needs()], body: OwnPassword
    ) -> PasswordChanged:
        """Change the own password; the old one is asked for. All other sessions of the person end."""
        login = self._desk.agents.get(by.id)
        if by.session is None or login is None:
            raise ApiError(403, "Only who is signed in has a password to change.", "Sign in, and change it then.")
        try:
            right = await self._passwords.check(
                login.id, login, body.old_password, address_of(request), self._desk.now_ms()
            )
        except TooManyAttemptsError as refused:
            wait = str(refused.wait_s)
            raise ApiError(
                429, "Too many attempts.", f"Wait {wait} s, then try again.", {"Retry-After": wait}
            ) from None
        if not right:
            raise ApiError(422, "The old password is wrong.", "Type it again; an admin can set a new one.")
        if body.new_password == body.old_password:
            raise ApiError(422, "The new password is the old one.", "Choose another one.")
        change = Change(login.id, "changed the own password")
        work = self._desk.staff.change(Edits(), change, {login.id: body.new_password})
        try:
            await self._door.wait_for(work, PUBLISH_LIMIT_S)
        except (StaffRefusedError, NoSuchPersonError) as error:
            raise ApiError(409, f"That cannot be changed now: {error}.", "Ask an admin.") from None
        audit.tell(subject=login.id, after={})
        renewed = self._desk.agents.get(by.id)
        if renewed is not None:
            response.set_cookie(
                COOKIE,
                self._sessions.issue(renewed, self._desk.now_ms()),
                self._sessions.cookie_max_age_s,
                httponly=True,
                samesite="strict",
                secure=request.url.scheme == "https",
            )
        return PasswordChanged(words="Your password is changed; other sessions of yours are over.")

"""The way to an OpenID Connect provider and back.

The one idea: whoever comes back is signed in as with a password, with the same cookie and the same limits.
"""

import logging
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from callcenter.desktop.access import audit
from callcenter.desktop.access.gate import caller_of_login
from callcenter.desktop.access.needs import address_of, public
from callcenter.desktop.access.oidc import AWAY_S, COOKIE, Oidc, OidcError
from callcenter.desktop.access.permissions import Permission
from callcenter.desktop.access.sessions import Sessions
from callcenter.desktop.api.agents import set_session
from callcenter.desktop.api.door import Door
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.events import AgentSignedIn
from callcenter.http_settings import OidcSettings

logger = logging.getLogger(__name__)

PREFIX = "/api/v1"
PATH = f"{PREFIX}/oidc"
HOME = "/"


class OidcApi:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door, sessions: Sessions, settings: OidcSettings) -> None:
        self._desk = desk
        self._door = door
        self._sessions = sessions
        self._oidc = Oidc(settings, desk.session_secret)

    def router(self) -> APIRouter:
        router = APIRouter(prefix=PREFIX)
        open_to_all = [public("it is asked by whoever is about to sign in")]
        options: dict[str, Any] = {"methods": ["GET"], "dependencies": open_to_all, "include_in_schema": False}
        router.add_api_route("/oidc/start", self.start, **options)
        router.add_api_route("/oidc/callback", self.callback, **options)
        return router

    async def start(self, request: Request) -> Response:
        """To the provider."""
        back_to = str(request.base_url).rstrip("/") + f"{PATH}/callback"
        try:
            journey = await self._oidc.depart(back_to)
        except OidcError as error:
            raise _failed(error) from None
        response = RedirectResponse(journey.url, 303)
        secure = request.url.scheme == "https"
        # Lax: the provider sends the browser back from another site.
        response.set_cookie(COOKIE, journey.cookie, AWAY_S, path=PATH, httponly=True, samesite="lax", secure=secure)
        return response

    async def callback(self, request: Request) -> Response:
        """Back from the provider."""
        try:
            claims = await self._oidc.arrive(request.query_params, request.cookies.get(COOKIE))
            login, roles = self._oidc.login(claims, self._desk.agents)
        except OidcError as error:
            raise _failed(error) from None
        caller = caller_of_login(login)
        page = audit.current()
        if page is not None:
            page.action, page.by, page.via, page.address = "sign_in", login.id, "openid connect", address_of(request)
        if Permission.TAKE_CONTACTS in caller.permissions and "agent" in roles:
            await self._door.submit(AgentSignedIn(login.id))
        response = RedirectResponse(HOME, 303)
        given = None if sorted(roles) == sorted(login.roles) else roles
        set_session(response, request, self._sessions, self._sessions.issue(login, self._desk.now_ms(), given))
        response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")
        return response


def _failed(error: OidcError) -> ApiError:
    logger.warning("Signing in at the provider failed: %s", error)
    return ApiError(401, f"Signing in failed: {error}.", "Try again, or sign in with a password.")

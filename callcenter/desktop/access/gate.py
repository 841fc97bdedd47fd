"""The gate before the API: who asks, found out once for each request, and how often that one may ask.

The one idea: a credential that is right is counted by itself, everything else by the address that it comes from. So
nobody gets round the limit by inventing credentials, and a call center behind one address is not one caller. Signing in
is not counted here: it has limits of its own (`passwords`).
"""

import logging

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcenter.desktop.access import audit
from callcenter.desktop.access.limits import CALLERS, STRANGERS, Limits
from callcenter.desktop.access.needs import CALLER, address_of
from callcenter.desktop.access.permissions import Caller, permissions_of
from callcenter.desktop.access.sessions import COOKIE, Session, Sessions
from callcenter.desktop.access.tokens import Tokens
from callcenter.desktop.desk import AgentLogin, Desk, DeskUnavailableError
from callcenter.desktop.errors import answer

logger = logging.getLogger(__name__)

API = "/api/"
SIGN_IN = "/api/v1/sign-in"
_BEARER = "bearer "
_TRY_AGAIN = {"Retry-After": "2"}


class Gate:
    """Puts the Caller, or None, into the scope, for `needs`."""

    def __init__(self, app: ASGIApp, desk: Desk, sessions: Sessions, tokens: Tokens, limits: Limits) -> None:
        self._app = app
        self._desk = desk
        self._sessions = sessions
        self._tokens = tokens
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            caller = scope[CALLER] = await self._caller(connection)
        except DeskUnavailableError as error:
            words = f"The token cannot be looked up now: {error}"
            refusal = answer(503, words, "Try again in a few seconds.", _TRY_AGAIN)
            await _refuse(scope, receive, send, refusal)
            return
        path = scope["path"]
        if path.startswith(API) and path != SIGN_IN:
            wait_s = self._wait_s(caller, address_of(connection))
            if wait_s:
                remedy = f"Wait {wait_s} s; a steady {CALLERS.per_s:g} a second are answered."
                refusal = answer(429, "Too many requests.", remedy, {"Retry-After": str(wait_s)})
                await _refuse(scope, receive, send, refusal)
                return
        page = audit.open_page()
        try:
            await self._app(scope, receive, self._noting(page, send))
        except Exception:
            if page.action is not None and page.written is not None:
                await self._note(page, 500)
            raise

    def _noting(self, page: audit.Page, send: Send) -> Send:
        """Write down what has been changed, before it is answered."""

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start" and page.action is not None:
                await self._note(page, message["status"])
            await send(message)

        return sender

    async def _note(self, page: audit.Page, status: int) -> None:
        if status < 400 and page.written is None:
            outcome = audit.DONE
        elif status >= 400 and page.written is not None:
            outcome = f"came to nothing: answered with {status}"
        else:
            return
        try:
            await self._desk.access.note(page.record(self._desk.now_ms(), outcome))
        except DeskUnavailableError:
            logger.exception("The audit log lacks that %s asked for %s of %s.", page.by, page.action, page.subject)

    def _wait_s(self, caller: Caller | None, address: str) -> int:
        now_ms = self._desk.now_ms()
        if caller is None:
            return self._limits.wait_s(f"address {address}", STRANGERS, now_ms)
        return self._limits.wait_s(caller.key, CALLERS, now_ms)

    async def _caller(self, connection: HTTPConnection) -> Caller | None:
        now_ms, agents = self._desk.now_ms(), self._desk.agents
        authorization = connection.headers.get("authorization", "")
        if authorization.lower().startswith(_BEARER):
            text = authorization[len(_BEARER) :].strip()
            return await self._tokens.caller(text, agents, self._desk.access.queue_groups, now_ms)
        session = self._sessions.read(connection.cookies.get(COOKIE), agents, now_ms)
        return None if session is None else caller_of_session(session)


def caller_of_session(session: Session) -> Caller:
    return caller_of_login(session.login, session.id)


def caller_of_login(login: AgentLogin, session: str | None = None) -> Caller:
    held = permissions_of(login.roles, login.queues is not None)
    return Caller(
        login.id, login.name, held, login.queues, tuple(login.roles), tuple(login.queue_groups), session=session
    )


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: Response) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013})  # before the accept: HTTP 403
    else:
        await refusal(scope, receive, send)

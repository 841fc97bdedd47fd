"""What an agent's page can ask for, over HTTP: to sign in and out, to be ready or not, to end a wrap-up.

The one idea: an agent asks for itself only. Whose event it is comes from the session and never from the request.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from callcenter.desktop.access import audit
from callcenter.desktop.access.gate import caller_of_login
from callcenter.desktop.access.needs import SignedIn, TakesContacts, address_of, caller_of, public
from callcenter.desktop.access.passwords import Passwords, TooManyAttemptsError
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.access.sessions import COOKIE, Sessions
from callcenter.desktop.api.answers import Answer, State, StateAnswer, responses
from callcenter.desktop.api.door import Body, Day, Door, Prose
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.desktop.live.hub import Hub
from callcenter.desktop.live.messages import logged_out, state_of
from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, WrapUpEnded
from callcenter.types import AgentId, AgentState, ContactId

OIDC_START = "/api/v1/oidc/start"


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
    notes: Prose | None = None
    follow_up_on: Day | None = None


class Person(Answer):
    id: str
    name: str


class Me(Answer):
    """Who asks. `queues` are those of its queue groups, null: all; `agent` is the same person once more.

    `device` is the phone at which contacts are taken, null: none, or not yet chosen; `device_chosen` by the agent.
    """

    id: str
    name: str
    agent: Person
    takes_contacts: bool
    roles: list[str]
    permissions: list[Permission]
    queue_groups: list[str]
    queues: list[str] | None
    state: State
    device: str | None
    device_chosen: bool
    dispositions: list[str]
    not_ready_reasons: list[str]
    now_ms: int


class WaysIn(Answer):
    """`oidc` is the address to go to, for the provider; null: there is none."""

    password: bool
    oidc: str | None


class SignedOut(Answer):
    signed_out: bool
    words: str


class Api:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, hub: Hub, door: Door, sessions: Sessions, passwords: Passwords) -> None:
        self._desk = desk
        self._hub = hub
        self._door = door
        self._sessions = sessions
        self._passwords = passwords

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1")
        gate = [public("whoever signs in or out is not signed in, or not any more")]
        router.add_api_route("/sign-in", self.sign_in, methods=["POST"], dependencies=gate, tags=["session"])
        router.add_api_route("/sign-in", self.ways_in, methods=["GET"], dependencies=gate, tags=["session"])
        router.add_api_route("/sign-out", self.sign_out, methods=["POST"], dependencies=gate, tags=["session"])
        router.add_api_route("/me", self.me, methods=["GET"], tags=["session"])
        posts: list[tuple[str, Callable[..., Any]]] = [
            ("/ready", self.ready),
            ("/not-ready", self.not_ready),
        ]
        for path, handler in posts:
            router.add_api_route(path, handler, methods=["POST"], tags=["agents"])
        router.add_api_route("/wrap-up", self.wrap_up, methods=["POST"], tags=["agents"], responses=responses(409))
        return router

    # ---- handlers

    async def sign_in(self, request: Request, response: Response, body: SignIn) -> Me:
        """Sign in with a password. The answer sets the cookie of the session."""
        login = self._desk.agents.get(AgentId(body.agent))
        address = address_of(request)
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
        caller = caller_of_login(login)
        await audit.begin(request, caller, "password", address)
        if caller.may(Permission.TAKE_CONTACTS) and body.takes_contacts:
            await self._door.submit(AgentSignedIn(login.id))
        set_session(response, request, self._sessions, self._sessions.issue(login, self._desk.now_ms()))
        return self._me(caller)

    async def ways_in(self) -> WaysIn:
        """How one can sign in here."""
        return WaysIn(password=True, oidc=None if self._desk.access.oidc is None else OIDC_START)

    async def sign_out(self, request: Request, response: Response) -> SignedOut:
        """Sign out at once, or at the contact's end; until then the cookie stays, for there is wrap-up to do."""
        caller = caller_of(request)
        if caller is not None:
            await audit.begin(request, caller, caller.credential, address_of(request))
        if caller is not None and caller.may(Permission.TAKE_CONTACTS):
            await self._door.submit(AgentSignedOut(caller.id))
            if self._state(caller.id).state is not AgentState.LOGGED_OUT:
                return SignedOut(signed_out=False, words="You are signed out when this contact is done.")
        if caller is not None and caller.session is not None:
            self._sessions.revoke(caller.session)
            self._hub.close_session(caller.session)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return SignedOut(signed_out=True, words="You are signed out.")

    async def me(self, by: SignedIn) -> Me:
        """Who is signed in, what it may do, and what it chooses from."""
        return self._me(by)

    async def ready(self, by: TakesContacts) -> StateAnswer:
        """Take contacts from now on, or when this one is done."""
        return await self._change(AgentReady(by.id))

    async def not_ready(self, by: TakesContacts, body: NotReady) -> StateAnswer:
        """Take no contacts for a while, from now on or when this one is done."""
        reasons = self._desk.not_ready_reasons
        if body.reason not in reasons:
            raise ApiError(422, f"{body.reason!r} is no reason for NOT_READY.", f"Use one of: {', '.join(reasons)}.")
        return await self._change(AgentNotReady(by.id, body.reason))

    async def wrap_up(self, by: TakesContacts, body: WrapUp) -> StateAnswer:
        """End the wrap-up of a contact. Once it is over, by its time too, nothing is taken: a 409."""
        known = self._desk.dispositions
        if body.disposition is not None and body.disposition not in known:
            raise ApiError(422, f"{body.disposition!r} is no disposition.", f"Use one of: {', '.join(known)}; or null.")
        audit.tell(subject=body.contact, before=self._state(by.id).model_dump())
        contact = ContactId(body.contact)
        event = WrapUpEnded(by.id, contact, body.disposition, body.notes or "", body.follow_up_on)
        if await self._door.submit(event) is not None:
            raise ApiError(409, f"You are not in the wrap-up of {contact}.", "It is over: add a note to the contact.")
        return StateAnswer(state=self._state(by.id))

    # ---- what they share

    async def _change(self, event: AgentReady | AgentNotReady) -> StateAnswer:
        audit.tell(before=self._state(event.agent).model_dump())
        await self._door.submit(event)
        return StateAnswer(state=self._state(event.agent))

    def _me(self, caller: Caller) -> Me:
        view = self._desk.agent(caller.id)
        return Me(
            id=caller.id,
            name=caller.name,
            agent=Person(id=caller.id, name=caller.name),
            takes_contacts=caller.may(Permission.TAKE_CONTACTS),
            roles=sorted(caller.roles),
            permissions=sorted(caller.permissions),
            queue_groups=sorted(caller.queue_groups),
            queues=None if caller.queues is None else sorted(caller.queues),
            state=self._state(caller.id),
            device=None if view is None else view.phone or None,
            device_chosen=view is not None and view.phone_chosen,
            dispositions=list(self._desk.dispositions),
            not_ready_reasons=list(self._desk.not_ready_reasons),
            now_ms=self._desk.now_ms(),
        )

    def _state(self, agent: AgentId) -> State:
        view = self._desk.agent(agent)
        return State(**(logged_out(self._desk.now_ms()) if view is None else state_of(view)))


def set_session(response: Response, request: Request, sessions: Sessions, cookie: str) -> None:
    """Put the cookie of a session into an answer."""
    secure = request.url.scheme == "https"
    age_s = sessions.cookie_max_age_s
    response.set_cookie(COOKIE, cookie, age_s, httponly=True, samesite="strict", secure=secure)

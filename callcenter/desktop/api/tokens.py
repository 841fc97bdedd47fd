"""Tokens of the API: made, listed and revoked by admins.

The one idea: nobody gives away what is not the own. A token's scopes are some of the permissions of who makes it, or,
where it acts for a login, some of that login's.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator, ConfigDict, Field

from callcenter.desktop.access import audit
from callcenter.desktop.access.needs import needs
from callcenter.desktop.access.permissions import ADMIN, Caller, Permission, permissions_of
from callcenter.desktop.access.store import ApiToken
from callcenter.desktop.access.tokens import MAX_TOKENS, Tokens, TooManyTokensError
from callcenter.desktop.api.answers import Answer, responses
from callcenter.desktop.api.door import Body, Door, one_line
from callcenter.desktop.desk import AgentLogin, Desk
from callcenter.desktop.errors import ApiError
from callcenter.desktop.live.hub import Hub
from callcenter.types import AgentId

DAY_MS = 86_400_000
TOLD_ONCE = "the token itself, told this once"

MayManage = Annotated[Caller, needs(Permission.MANAGE_TOKENS)]
Word = Annotated[str, Field(min_length=1, max_length=64)]


class NewToken(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "wallboard", "scopes": ["see_floor"], "queue_groups": [], "expires_in_days": 365}]
        }
    )
    name: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(one_line)]
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=len(Permission))]
    queue_groups: Annotated[tuple[Word, ...], Field(max_length=100)] = ()
    acts_for: Word | None = Field(default=None, description="the id of a login; without it: for nobody but itself")
    expires_in_days: Annotated[int, Field(ge=1, le=3650, strict=True)] | None = Field(
        default=90, description="null: never"
    )


class TokenTold(Answer):
    """A token without its secret. `acts_for` is the login that it stands for, `queue_groups` []: all queues."""

    id: str
    name: str
    scopes: list[str]
    queue_groups: list[str]
    acts_for: str | None
    created_by: str
    created_ms: int
    expires_ms: int | None
    last_used_ms: int | None
    revoked_ms: int | None


class Made(Answer):
    token: TokenTold
    secret: str = Field(description=TOLD_ONCE)


class TokensAnswer(Answer):
    tokens: list[TokenTold]


class TokenAnswer(Answer):
    token: TokenTold | None


class TokensApi:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door, tokens: Tokens, hub: Hub) -> None:
        self._desk = desk
        self._door = door
        self._tokens = tokens
        self._hub = hub

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1/tokens", tags=["access"])
        router.add_api_route("", self.create, methods=["POST"], name="create_token", responses=responses(409))
        router.add_api_route("", self.all, methods=["GET"], name="list_tokens")
        router.add_api_route("/{token}", self.revoke, methods=["DELETE"], name="revoke_token", responses=responses(404))
        return router

    async def create(self, by: MayManage, body: NewToken) -> Made:
        """Make a token. Its text is in the answer and nowhere else, ever."""
        self._check(by, body)
        now_ms = self._desk.now_ms()
        wanted = ApiToken(
            id="",
            name=body.name,
            scopes=tuple(sorted(set(body.scopes))),
            queue_groups=tuple(dict.fromkeys(body.queue_groups)),
            acts_for=None if body.acts_for is None else AgentId(body.acts_for),
            created_by=by.id,
            created_ms=now_ms,
            expires_ms=None if body.expires_in_days is None else now_ms + body.expires_in_days * DAY_MS,
        )
        await self._door.note_first()
        try:
            token, text = await self._tokens.create(wanted, now_ms)
        except TooManyTokensError:
            raise ApiError(
                409, f"{MAX_TOKENS} tokens are in force already.", "Revoke those that nobody uses."
            ) from None
        return Made(token=_told(token), secret=text)

    async def all(self, by: MayManage) -> TokensAnswer:
        """All tokens, those that are no longer in force too, the newest first."""
        return TokensAnswer(tokens=[_told(token) for token in await self._tokens.all()])

    async def revoke(self, by: MayManage, token: Annotated[str, Path(pattern=r"^[0-9a-f]{1,32}$")]) -> TokenAnswer:
        """From now on the token is none."""
        found = next((one for one in await self._tokens.all() if one.id == token), None)
        if found is None or found.revoked_ms is not None:
            raise ApiError(404, f"There is no token {token} in force.", "`callcenter token list` shows them.")
        audit.tell(before=_told(found).model_dump())
        await self._door.note_first()
        try:
            await self._tokens.revoke(token, self._desk.now_ms())
        finally:
            self._hub.close_session(f"token {token}")
        return TokenAnswer(token=next((_told(one) for one in await self._tokens.all() if one.id == token), None))

    def _check(self, by: Caller, body: NewToken) -> None:
        groups = self._desk.access.queue_groups
        unknown = [group for group in body.queue_groups if group not in groups]
        if unknown:
            raise ApiError(
                422, f"There is no queue group {unknown[0]!r}.", f"Use one of: {', '.join(groups) or '(none)'}."
            )
        if body.acts_for is not None:
            login = self._login(by, body.acts_for)
            own = permissions_of(login.roles, login.queues is not None or bool(body.queue_groups))
            held = own & (by.permissions | {Permission.TAKE_CONTACTS})
            whose = f"{login.name} (through {by.name}) has"
        else:  # a token by itself is nobody who could take contacts
            held = permissions_of((ADMIN,), limited=bool(body.queue_groups)) & by.permissions
            limited = " that is limited to some queues" if body.queue_groups else ""
            whose = f"{by.name} can give to a token{limited}"
        beyond = [scope for scope in body.scopes if scope not in held]
        if beyond:
            raise ApiError(
                403,
                f"This token would have {beyond[0]}, which is more than {whose}.",
                f"Use some of: {', '.join(sorted(held))}.",
            )

    def _login(self, by: Caller, login_id: str) -> AgentLogin:
        if not by.may(Permission.MANAGE_STAFF):
            raise ApiError(
                403, "A token that acts for somebody needs manage_staff of who makes it.", "Leave acts_for out."
            )
        login = self._desk.agents.get(AgentId(login_id))
        if login is None:
            raise ApiError(422, f"There is no login {login_id!r}.", "Use the id of somebody who can sign in.")
        return login


def _told(token: ApiToken) -> TokenTold:
    return TokenTold(
        id=token.id,
        name=token.name,
        scopes=list(token.scopes),
        queue_groups=list(token.queue_groups),
        acts_for=token.acts_for,
        created_by=token.created_by,
        created_ms=token.created_ms,
        expires_ms=token.expires_ms,
        last_used_ms=token.last_used_ms,
        revoked_ms=token.revoked_ms,
    )

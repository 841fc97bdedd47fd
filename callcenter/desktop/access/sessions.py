"""Who is signed in: a signed cookie, checked on each request, and when a session is over.

The one idea: the cookie is the session. It names the agent, an id of its own, when it began, and a digest of the
password's hash, so a new password ends every session of the old one. Remembered are only ids that signed out before
their time, and when each session was last heard of, which after a restart begins anew.

A session ends when nothing has been heard of it for `idle_ms`, and `max_ms` after its beginning. Who is signed in to
take contacts is at work however still the page is, who may only look on has nothing to do but that (a screen on the
wall), and nobody is signed out in the middle of a contact.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from itsdangerous import BadData, URLSafeSerializer

from callcenter.desktop.access.permissions import VIEWER
from callcenter.desktop.desk import AgentLogin
from callcenter.types import AgentId, AgentState

COOKIE = "callcenter_session"
IDLE_MS = 60 * 60_000
MAX_MS = 14 * 3_600_000  # a long shift
COOKIE_GRACE_S = 4 * 3_600  # the server says when a session is over; a browser forgets its cookie well after that
MIN_SECRET_BYTES = 32
MAX_REVOKED = 10_000  # at the bound the oldest is forgotten; its cookie then lives to its end
MAX_HEARD = 50_000  # at the bound the session heard of longest ago is forgotten; its idle time then begins anew

BUSY = (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)
StateOf = Callable[[AgentId], AgentState]


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    login: AgentLogin
    began_ms: int = 0


@dataclass(slots=True)
class _Heard:
    agent: AgentId
    looks_on: bool
    began_ms: int
    last_ms: int


class Sessions:
    """Raises ValueError for a secret of fewer than MIN_SECRET_BYTES. `state_of` tells an agent's state."""

    def __init__(
        self,
        secret: bytes,
        idle_ms: int = IDLE_MS,
        max_ms: int = MAX_MS,
        state_of: StateOf = lambda _: AgentState.LOGGED_OUT,
    ) -> None:
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(
                f"the session secret (http.session_secret_file) has {len(secret)} bytes; it needs at least "
                f"{MIN_SECRET_BYTES} random ones, such as from `openssl rand -hex 32`"
            )
        self._serializer = URLSafeSerializer(
            secret, salt="callcenter.session.2", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._idle_ms = idle_ms
        self._max_ms = max_ms
        self._state_of = state_of
        self._revoked: OrderedDict[str, None] = OrderedDict()
        self._heard: OrderedDict[str, _Heard] = OrderedDict()

    @property
    def cookie_max_age_s(self) -> int:
        return self._max_ms // 1000 + COOKIE_GRACE_S

    def issue(self, login: AgentLogin, now_ms: int, roles: Sequence[str] | None = None) -> str:
        """A new session's cookie. `roles` count in it instead of the login's."""
        given = {} if roles is None else {"r": list(roles)}
        return self._serializer.dumps(
            {"a": login.id, "s": secrets.token_urlsafe(12), "p": _digest(login), "t": now_ms, **given}
        )

    def read(self, cookie: str | None, agents: Mapping[AgentId, AgentLogin], now_ms: int) -> Session | None:
        """The session, heard of now, or None when the cookie is absent or forged, the session over, or its agent is no
        more."""
        if not cookie:
            return None
        try:
            data = self._serializer.loads(cookie)
            agent, session, digest, began_ms = data["a"], data["s"], data["p"], int(data["t"])
        except (BadData, KeyError, TypeError, ValueError):
            return None
        login = agents.get(agent)
        if login is None or digest != _digest(login) or session in self._revoked:
            return None
        if "r" in data:
            login = replace(login, roles=tuple(data["r"]))
        heard = self._heard.get(session) or _Heard(login.id, set(login.roles) == {VIEWER}, began_ms, now_ms)
        if self._is_over(heard, now_ms):
            self._forget(session)
            return None
        heard.last_ms = now_ms
        self._heard[session] = heard
        self._heard.move_to_end(session)
        if len(self._heard) > MAX_HEARD:
            self._heard.popitem(last=False)
        return Session(session, login, began_ms)

    def revoke(self, session: str) -> None:
        self._forget(session)

    def of(self, agent: AgentId) -> list[str]:
        """The sessions of an agent that have been heard of."""
        return [session for session, heard in self._heard.items() if heard.agent == agent]

    def take_over(self, now_ms: int) -> Iterator[tuple[str, AgentId, bool]]:
        """End the sessions that are over, and give each with its agent, and whether that was the agent's last one."""
        over = [(session, heard.agent) for session, heard in self._heard.items() if self._is_over(heard, now_ms)]
        for session, _ in over:
            self._forget(session)
        left = {heard.agent for heard in self._heard.values()}
        for session, agent in over:
            yield session, agent, agent not in left

    def _is_over(self, heard: _Heard, now_ms: int) -> bool:
        if now_ms - heard.began_ms > self._max_ms:
            return self._state_of(heard.agent) not in BUSY
        if now_ms - heard.last_ms > self._idle_ms and not heard.looks_on:
            return self._state_of(heard.agent) is AgentState.LOGGED_OUT
        return False

    def _forget(self, session: str) -> None:
        self._heard.pop(session, None)
        self._revoked[session] = None
        if len(self._revoked) > MAX_REVOKED:
            self._revoked.popitem(last=False)


def _digest(login: AgentLogin) -> str:
    return hashlib.sha256(login.password_hash.encode()).hexdigest()[:16]

"""Who is signed in: a signed cookie, checked on each request.

The one idea: the cookie is the session. It names the agent, an id of its own and a digest of the password's hash, so a
new password ends every session of the old one. Only ids that signed out before their time are remembered.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

from callcenter.desktop.desk import AgentLogin
from callcenter.types import AgentId

COOKIE = "callcenter_session"
MAX_AGE_S = 14 * 3600  # a long shift
MIN_SECRET_BYTES = 32
MAX_REVOKED = 10_000  # at the bound the oldest is forgotten; its cookie then lives to its MAX_AGE_S


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    login: AgentLogin


class Sessions:
    """Raises ValueError for a secret of fewer than MIN_SECRET_BYTES."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(
                f"the session secret (http.session_secret_file) has {len(secret)} bytes; it needs at least "
                f"{MIN_SECRET_BYTES} random ones, such as from `openssl rand -hex 32`"
            )
        self._serializer = URLSafeTimedSerializer(
            secret, salt="callcenter.session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._revoked: OrderedDict[str, None] = OrderedDict()

    def issue(self, login: AgentLogin) -> str:
        """A new session's cookie."""
        return self._serializer.dumps({"a": login.id, "s": secrets.token_urlsafe(12), "p": _digest(login)})

    def read(self, cookie: str | None, agents: Mapping[AgentId, AgentLogin]) -> Session | None:
        """The session, or None when the cookie is absent, forged, too old, revoked, or its agent is no more."""
        try:
            data = self._serializer.loads(cookie or "", max_age=MAX_AGE_S)
        except BadData:
            return None
        login = agents.get(data["a"])
        if login is None or data["p"] != _digest(login) or data["s"] in self._revoked:
            return None
        return Session(data["s"], login)

    def revoke(self, session: Session) -> None:
        self._revoked[session.id] = None
        if len(self._revoked) > MAX_REVOKED:
            self._revoked.popitem(last=False)


def _digest(login: AgentLogin) -> str:
    return hashlib.sha256(login.password_hash.encode()).hexdigest()[:16]

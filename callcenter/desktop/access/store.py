"""What access control is handed by the daemon: what is kept in SQL, and what the settings say.

The one idea: as with the desk, this protocol is the whole of the doorway. Its methods raise DeskUnavailableError while
the database is away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from callcenter.desktop.access.sessions import IDLE_MS, MAX_MS
from callcenter.http_settings import OidcSettings
from callcenter.records import RecordChange
from callcenter.types import AgentId, QueueName


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`scopes` are permissions. `queue_groups`: none is all queues. `acts_for` is the login that it stands for."""

    id: str
    name: str
    scopes: tuple[str, ...]
    queue_groups: tuple[str, ...]
    acts_for: AgentId | None
    created_by: str
    created_ms: int
    expires_ms: int | None
    last_used_ms: int | None = None
    revoked_ms: int | None = None


class TokenStore(Protocol):
    async def in_force(self, now_ms: int, limit: int) -> Sequence[tuple[ApiToken, str]]:
        """Those neither revoked nor expired, each with its digest."""
        ...

    async def all(self) -> Sequence[ApiToken]:
        """Those in force and those that were, the newest first; a bounded number."""
        ...

    async def add(self, token: ApiToken, digest: str) -> None: ...

    async def revoke(self, token_id: str, now_ms: int) -> bool:
        """False where there is no such token in force."""
        ...

    async def note_used(self, used: Mapping[str, int]) -> None:
        """When tokens were last used, by id."""
        ...


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What to look for. `before` is a number of the log: what is older than that. None: anything."""

    by: str | None = None
    action: str | None = None
    subject: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    before: int | None = None
    limit: int = 100


class AuditLog(Protocol):
    async def find(self, query: AuditQuery) -> Sequence[tuple[int, RecordChange]]:
        """The records with their numbers, the newest first, at most `limit`."""
        ...


@dataclass(frozen=True, slots=True)
class SessionLimits:
    idle_ms: int = IDLE_MS
    max_ms: int = MAX_MS


class WebhookRefusedError(Exception):
    """The URL of a webhook may not be used; the text says why."""


class WebhookNotTakenError(Exception):
    """A webhook was told at once, and did not take it; the text says why."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who is told of which events. `waiting` are before it; the other counts are since the daemon's start."""

    id: str
    url: str
    events: tuple[str, ...]
    created_by: str
    created_ms: int
    waiting: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a webhook did not take. `body` is the JSON that was sent."""

    number: int
    body: str
    attempts: int
    error: str
    dead_ms: int


class WebhookStore(Protocol):
    async def all(self) -> Sequence[Webhook]: ...

    async def add(self, webhook: Webhook, secret: str) -> None:
        """Raises WebhookRefusedError."""
        ...

    async def change(self, webhook_id: str, url: str, events: tuple[str, ...]) -> bool:
        """False where there is none. Raises WebhookRefusedError."""
        ...

    async def remove(self, webhook_id: str) -> bool: ...

    async def dead_letters(self, webhook_id: str, before: int | None, limit: int) -> Sequence[DeadLetter]:
        """The newest first, of those with a number below `before`."""
        ...

    async def test(self, webhook_id: str, by: str) -> bool:
        """Tell it of an event that means nothing. False where there is none. Raises WebhookNotTakenError."""
        ...

    async def send_again(self, webhook_id: str, number: int) -> bool:
        """Tell it of a dead letter. False where there is no such letter. Raises WebhookNotTakenError."""
        ...


class Access(Protocol):
    """Everything that access control needs of the daemon."""

    @property
    def tokens(self) -> TokenStore: ...

    @property
    def audit(self) -> AuditLog: ...

    @property
    def webhooks(self) -> WebhookStore: ...

    @property
    def queue_groups(self) -> Mapping[str, frozenset[QueueName]]:
        """The queues by the name of their group, as the rules in force say."""
        ...

    @property
    def oidc(self) -> OidcSettings | None:
        """The provider at which one can sign in, None: there is none."""
        ...

    @property
    def session_limits(self) -> SessionLimits: ...

    async def note(self, change: RecordChange) -> None:
        """Return once the record is in the journal. Raises DeskUnavailableError."""
        ...

"""Who may sign in, and what access control is handed by the daemon: logins, tokens, the audit log, webhooks.

One idea: the desktop may not know SQL and the stores may not know the desktop, so here one is spoken in the words of
the other.
"""

import asyncio
import contextlib
import ipaddress
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import Command
from callcenter.desktop.access.store import (
    ApiToken,
    AuditQuery,
    DeadLetter,
    SessionLimits,
    Webhook,
    WebhookNotTakenError,
    WebhookRefusedError,
)
from callcenter.desktop.access.tokens import queues_of
from callcenter.desktop.desk import AgentLogin, DeskUnavailableError
from callcenter.events import Event, TimePassed
from callcenter.http_settings import OidcSettings
from callcenter.notices import Alerts, Notices
from callcenter.overview import Overview
from callcenter.records import RecordChange, RecordNotice
from callcenter.settings import Loaded
from callcenter.stores import audit_log
from callcenter.stores.api_tokens import ApiTokens, KeptToken
from callcenter.stores.codec import Record
from callcenter.stores.database import DatabaseUnavailableError
from callcenter.stores.webhooks import KeptWebhook, Webhooks
from callcenter.types import AgentId, QueueName
from callcenter.webhooks import AddressRefusedError, Deliveries, Network, NotTakenError, Standing

ALERTS_EVERY_S = 1.0
SESSION_SECRET_BYTES = 32


class Accounts:
    """The `Access` of the desk. `loaded` tells what is in force, `keep` journals a record with an event."""

    def __init__(
        self,
        engine: AsyncEngine,
        loaded: Callable[[], Loaded],
        keep: Callable[[Event, Record], Awaitable[object]],
        now_ms: Callable[[], int],
        *,
        observe: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`observe` is called with what becomes of each attempt to tell a webhook."""
        self._loaded = loaded
        self._keep = keep
        self._engine = engine
        self.nudge: Callable[[], None] = lambda: None  # called where records for SQL come that no command tells of
        self._told_of = Notices()
        self.tokens = _Tokens(engine)
        networks = [ipaddress.ip_network(text) for text in loaded().settings.http.webhook_networks]
        self.webhooks = _Webhooks(Webhooks(engine), networks, now_ms, observe)
        self._made_of: Loaded | None = None
        self._logins: dict[AgentId, AgentLogin] = {}
        self._groups: dict[str, frozenset[QueueName]] = {}

    @property
    def logins(self) -> Mapping[AgentId, AgentLogin]:
        self._look()
        return self._logins

    @property
    def queue_groups(self) -> Mapping[str, frozenset[QueueName]]:
        self._look()
        return self._groups

    @property
    def session_limits(self) -> SessionLimits:
        http = self._loaded().settings.http
        return SessionLimits(round(http.session_idle_min * 60_000), round(http.session_max_h * 3_600_000))

    @property
    def oidc(self) -> OidcSettings | None:
        return self._loaded().settings.http.oidc

    @property
    def audit(self) -> "Accounts":
        return self

    async def find(self, query: AuditQuery) -> Sequence[tuple[int, RecordChange]]:
        async with _told():
            return await audit_log.find(self._engine, **asdict(query))

    async def note(self, change: RecordChange) -> None:
        await self._keep(TimePassed(), change)

    def notices(self, at_ms: int, event: Event, made: Sequence[Command]) -> Sequence[RecordNotice]:
        """What webhooks are to be told of an event and the commands that it came to."""
        if not self.webhooks.deliveries.some:
            return ()
        found = tuple(self._told_of.of(at_ms, event, made))
        if found:
            self.nudge()
        return found

    async def tell_webhooks(self, overview: Callable[[], Overview]) -> None:
        """For ever."""
        await asyncio.gather(self.webhooks.deliveries.run(), self._watch_alerts(overview))

    async def _watch_alerts(self, overview: Callable[[], Overview]) -> None:
        alerts = Alerts()
        while True:
            await asyncio.sleep(ALERTS_EVERY_S)
            if self.webhooks.deliveries.some:
                for told in alerts.changed(overview()):
                    await self._keep(TimePassed(), told)

    def _look(self) -> None:
        """What is asked for with each request is worked out once for each configuration."""
        loaded = self._loaded()
        if loaded is self._made_of:
            return
        self._groups = {
            name: frozenset(QueueName(queue) for queue in queues) for name, queues in loaded.queue_groups.items()
        }
        self._logins = {
            login.id: AgentLogin(
                login.id,
                login.name,
                login.password_hash,
                login.roles,
                login.queue_groups,
                queues_of(login.queue_groups, self._groups),
            )
            for login in loaded.logins.values()
        }
        self._made_of = loaded


class _Tokens:
    def __init__(self, engine: AsyncEngine) -> None:
        self._kept = ApiTokens(engine)

    async def in_force(self, now_ms: int, limit: int) -> Sequence[tuple[ApiToken, str]]:
        async with _told():
            return [(_token(kept), kept.digest) for kept in await self._kept.in_force(now_ms, limit)]

    async def all(self) -> Sequence[ApiToken]:
        async with _told():
            return [_token(kept) for kept in await self._kept.all()]

    async def add(self, token: ApiToken, digest: str) -> None:
        async with _told():
            await self._kept.add(KeptToken(digest=digest, **asdict(token)))

    async def revoke(self, token_id: str, now_ms: int) -> bool:
        async with _told():
            return await self._kept.revoke(token_id, now_ms)

    async def note_used(self, used: Mapping[str, int]) -> None:
        async with _told():
            await self._kept.note_used(used)


class _Webhooks:
    def __init__(
        self, kept: Webhooks, networks: Sequence[Network], now_ms: Callable[[], int], observe: Callable[[str], None]
    ) -> None:
        self._kept = kept
        self.deliveries = Deliveries(kept, networks, now_ms, observe)

    async def all(self) -> Sequence[Webhook]:
        async with _told():
            waiting = await self._kept.waiting()
            return [self._webhook(kept, waiting.get(kept.id, 0)) for kept in await self._kept.all()]

    async def _check(self, url: str) -> None:
        try:
            await self.deliveries.check(url)
        except AddressRefusedError as error:
            raise WebhookRefusedError(str(error)) from None

    async def add(self, webhook: Webhook, secret: str) -> None:
        await self._check(webhook.url)
        async with _told():
            await self._kept.add(
                KeptWebhook(webhook.id, webhook.url, webhook.events, secret, webhook.created_by, webhook.created_ms)
            )
        self.deliveries.some = True
        self.deliveries.look()

    async def change(self, webhook_id: str, url: str, events: tuple[str, ...]) -> bool:
        await self._check(url)
        async with _told():
            changed = await self._kept.change(webhook_id, url, events)
        self.deliveries.look()
        return changed

    async def remove(self, webhook_id: str) -> bool:
        async with _told():
            removed = await self._kept.remove(webhook_id)
        self.deliveries.look()
        return removed

    async def dead_letters(self, webhook_id: str, before: int | None, limit: int) -> Sequence[DeadLetter]:
        async with _told():
            found = await self._kept.dead_letters(webhook_id, before, limit)
        return [DeadLetter(it.number, it.body, it.attempts, it.error, it.dead_ms) for it in found]

    async def test(self, webhook_id: str, by: str) -> bool:
        async with _told():
            return await self.deliveries.test(webhook_id, by)

    async def send_again(self, webhook_id: str, number: int) -> bool:
        async with _told():
            return await self.deliveries.send_again(webhook_id, number)

    def _webhook(self, kept: KeptWebhook, waiting: int) -> Webhook:
        standing = self.deliveries.standing.get(kept.id, Standing())
        return Webhook(
            kept.id,
            kept.url,
            kept.events,
            kept.created_by,
            kept.created_ms,
            waiting,
            standing.delivered,
            standing.failed,
            standing.dead,
            standing.error,
        )


def _token(kept: KeptToken) -> ApiToken:
    values = asdict(kept)
    del values["digest"]
    return ApiToken(**values)


@contextlib.asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """A database that is away, or an event that was not taken, as the desk tells of it."""
    try:
        yield
    except DatabaseUnavailableError as error:
        raise DeskUnavailableError(str(error)) from error
    except NotTakenError as error:
        raise WebhookNotTakenError(str(error)) from None


def session_secret(file: Path | None, data_dir: Path) -> bytes:
    """The key of the sessions: from the admin's file, else made once and kept in the data directory."""
    if file is not None:
        return file.read_bytes()
    kept = data_dir / "session-secret"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_bytes(secrets.token_bytes(SESSION_SECRET_BYTES))
    return kept.read_bytes()

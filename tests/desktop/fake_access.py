"""What the desk of the tests knows of access: API tokens, webhooks, the audit log. See `fake_desk`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from callcenter.desktop.access.store import (
    ApiToken,
    AuditQuery,
    DeadLetter,
    SessionLimits,
    Webhook,
    WebhookNotTakenError,
    WebhookRefusedError,
)
from callcenter.http_settings import OidcSettings
from callcenter.records import RecordChange
from callcenter.types import QueueName


class FakeTokens:
    """Implements `TokenStore`; `away` is raised where it is set."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[ApiToken, str]] = {}
        self.away: Exception | None = None

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self.away is not None:
            raise self.away

    async def in_force(self, now_ms: int, limit: int) -> Sequence[tuple[ApiToken, str]]:
        await self._reach()
        found = [(token, digest) for token, digest in self.kept.values() if token.revoked_ms is None]
        return [one for one in found if (one[0].expires_ms or now_ms + 1) > now_ms][:limit]

    async def all(self) -> Sequence[ApiToken]:
        await self._reach()
        return [token for token, _ in reversed(self.kept.values())]

    async def add(self, token: ApiToken, digest: str) -> None:
        await self._reach()
        self.kept[token.id] = (token, digest)

    async def revoke(self, token_id: str, now_ms: int) -> bool:
        await self._reach()
        found = self.kept.get(token_id)
        if found is None or found[0].revoked_ms is not None:
            return False
        self.kept[token_id] = (replace(found[0], revoked_ms=now_ms), found[1])
        return True

    async def note_used(self, used: Mapping[str, int]) -> None:
        await self._reach()
        for token, at_ms in used.items():
            self.kept[token] = (replace(self.kept[token][0], last_used_ms=at_ms), self.kept[token][1])


class FakeWebhooks:
    """Implements `WebhookStore`. `deaf` is why nothing is taken that is sent at once; `tests` are those that were."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Webhook, str]] = {}
        self.letters: list[DeadLetter] = []
        self.deaf: str | None = None
        self.tests: list[tuple[str, str]] = []

    async def all(self) -> Sequence[Webhook]:
        await asyncio.sleep(0)
        return [webhook for webhook, _ in self.kept.values()]

    async def add(self, webhook: Webhook, secret: str) -> None:
        await asyncio.sleep(0)
        self._check(webhook.url)
        self.kept[webhook.id] = (webhook, secret)

    async def change(self, webhook_id: str, url: str, events: tuple[str, ...]) -> bool:
        await asyncio.sleep(0)
        self._check(url)
        if webhook_id not in self.kept:
            return False
        webhook, secret = self.kept[webhook_id]
        self.kept[webhook_id] = (replace(webhook, url=url, events=events), secret)
        return True

    @staticmethod
    def _check(url: str) -> None:
        if "127.0.0.1" in url:
            raise WebhookRefusedError("127.0.0.1 is not public")

    async def remove(self, webhook_id: str) -> bool:
        await asyncio.sleep(0)
        return self.kept.pop(webhook_id, None) is not None

    async def dead_letters(self, webhook_id: str, before: int | None, limit: int) -> Sequence[DeadLetter]:
        await asyncio.sleep(0)
        return [letter for letter in self.letters if before is None or letter.number < before][:limit]

    async def test(self, webhook_id: str, by: str) -> bool:
        await self._tell()
        self.tests.append((webhook_id, by))
        return webhook_id in self.kept

    async def send_again(self, webhook_id: str, number: int) -> bool:
        await self._tell()
        others = [letter for letter in self.letters if letter.number != number]
        found = len(others) < len(self.letters)
        self.letters = others
        return found

    async def _tell(self) -> None:
        await asyncio.sleep(0)
        if self.deaf is not None:
            raise WebhookNotTakenError(self.deaf)


class FakeAccess:
    """Implements `Access`. What is noted for the audit log is in `changes`."""

    def __init__(self) -> None:
        self.tokens = FakeTokens()
        self.webhooks = FakeWebhooks()
        self.queue_groups = {"sellers": frozenset({QueueName("sales")}), "helpers": frozenset({QueueName("support")})}
        self.session_limits = SessionLimits()
        self.oidc: OidcSettings | None = None
        self.changes: list[RecordChange] = []

    @property
    def audit(self) -> "FakeAccess":
        return self

    async def find(self, query: AuditQuery) -> Sequence[tuple[int, RecordChange]]:
        await asyncio.sleep(0)
        numbered = list(enumerate(self.changes, 1))[::-1]
        wanted = {"by": query.by, "action": query.action, "subject": query.subject}
        return [
            (number, change)
            for number, change in numbered
            if all(value is None or getattr(change, name) == value for name, value in wanted.items())
            and (query.before is None or number < query.before)
            and (query.from_ms or 0) <= change.at_ms < (query.to_ms or 2**62)
        ][: query.limit]

    async def note(self, change: RecordChange) -> None:
        await asyncio.sleep(0)
        self.changes.append(change)

"""Webhooks: who is told of contacts, queues and alerts as they happen.

The one idea: a webhook is told nothing of the past. What it did not take, after some attempts, can be seen here, and
sent again.
"""

import json
import secrets
from collections.abc import Coroutine
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from callcenter.desktop.access import audit
from callcenter.desktop.access.needs import needs
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.access.store import Webhook, WebhookNotTakenError, WebhookRefusedError
from callcenter.desktop.api.answers import Answer, responses
from callcenter.desktop.api.door import Body, Door
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError

MAX_WEBHOOKS = 50
MAX_LETTERS = 200
LIMIT_S = 15.0
SECRET_BYTES = 32

T = TypeVar("T")
Kind = Literal[
    "contact.arrived",
    "contact.routed",
    "contact.offered",
    "contact.connected",
    "contact.transferred",
    "contact.ended",
    "contact.disposition",
    "queue.state",
    "alert.raised",
    "alert.cleared",
]
MayManage = Annotated[Caller, needs(Permission.MANAGE_WEBHOOKS)]
WebhookPath = Annotated[str, Path(pattern=r"^[0-9a-f]{1,32}$")]
LetterPath = Annotated[int, Path(ge=0, le=2**62)]


class WebhookWanted(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://crm.example.org/callcenter", "events": ["contact.arrived", "contact.ended"]}]
        }
    )
    url: Annotated[str, Field(min_length=8, max_length=2000, pattern=r"^https?://[^\s\x00-\x1f]+$")]
    events: Annotated[tuple[Kind, ...], Field(min_length=1, max_length=20)]


class WebhookTold(Answer):
    """`waiting` events are before it; `delivered`, `failed` (attempts) and `dead` count since the daemon's start."""

    id: str
    url: str
    events: list[str]
    created_by: str
    created_ms: int
    waiting: int
    delivered: int
    failed: int
    dead: int
    error: str | None = Field(description="why the last attempt failed; null: it did not")


class WebhookMade(Answer):
    webhook: WebhookTold
    secret: str = Field(description="signs what is sent; told this once")


class WebhooksAnswer(Answer):
    webhooks: list[WebhookTold]


class WebhookRemoved(Answer):
    removed: bool


class DeadLetterTold(Answer):
    number: int
    event: Any
    attempts: int
    error: str
    dead_ms: int


class DeadLettersAnswer(Answer):
    letters: list[DeadLetterTold]
    next: int | None = Field(description="the `cursor` of what is older; null: there is nothing older")


class WebhookSent(Answer):
    taken: bool
    error: str | None = Field(description="why it was not taken; null: it was")


class WebhooksApi:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1/webhooks", tags=["access"])
        router.add_api_route("", self.create, methods=["POST"], name="create_webhook", responses=responses(409))
        router.add_api_route("", self.all, methods=["GET"], name="list_webhooks")
        router.add_api_route(
            "/{webhook}", self.change, methods=["PUT"], name="change_webhook", responses=responses(404)
        )
        router.add_api_route(
            "/{webhook}", self.remove, methods=["DELETE"], name="remove_webhook", responses=responses(404)
        )
        router.add_api_route(
            "/{webhook}/dead-letters", self.dead_letters, methods=["GET"], name="dead_letters", responses=responses(404)
        )
        for path, handler, name in (
            ("/test", self.test, "test_webhook"),
            ("/dead-letters/{number}/send", self.send_again, "send_dead_letter"),
        ):
            router.add_api_route(f"/{{webhook}}{path}", handler, methods=["POST"], name=name, responses=responses(404))
        return router

    async def create(self, by: MayManage, body: WebhookWanted) -> WebhookMade:
        """Tell this URL of these events from now on. Each is signed with the secret in the answer."""
        if len(await self._known()) >= MAX_WEBHOOKS:
            raise ApiError(409, f"There are {MAX_WEBHOOKS} webhooks already.", "Remove one that nobody needs.")
        webhook = Webhook(secrets.token_hex(6), body.url, tuple(dict.fromkeys(body.events)), by.id, self._desk.now_ms())
        audit.tell(subject=webhook.id)
        await self._door.note_first()
        secret = secrets.token_urlsafe(SECRET_BYTES)
        await self._wait_for(self._desk.access.webhooks.add(webhook, secret))
        return WebhookMade(webhook=_told(webhook), secret=secret)

    async def all(self, by: MayManage) -> WebhooksAnswer:
        """All webhooks, and how it goes with each."""
        return WebhooksAnswer(webhooks=[_told(webhook) for webhook in await self._known()])

    async def change(self, by: MayManage, webhook: WebhookPath, body: WebhookWanted) -> WebhookTold:
        """Tell another URL, or of other events. The secret stays, and so does what waits for it."""
        found = await self._find(webhook)
        audit.tell(before={"url": found.url, "events": found.events})
        await self._door.note_first()
        events = tuple(dict.fromkeys(body.events))
        if not await self._wait_for(self._desk.access.webhooks.change(webhook, body.url, events)):
            raise _nobody(webhook)
        return _told(replace(found, url=body.url, events=events))

    async def remove(self, by: MayManage, webhook: WebhookPath) -> WebhookRemoved:
        """Tell it nothing any more, and forget what it did not take."""
        audit.tell(before={"url": (await self._find(webhook)).url})
        await self._door.note_first()
        return WebhookRemoved(removed=await self._door.wait_for(self._desk.access.webhooks.remove(webhook), LIMIT_S))

    async def dead_letters(
        self,
        by: MayManage,
        webhook: WebhookPath,
        cursor: Annotated[int | None, Query(ge=0, le=2**62)] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LETTERS)] = 50,
    ) -> DeadLettersAnswer:
        """What it did not take, the newest first."""
        await self._find(webhook)
        work = self._desk.access.webhooks.dead_letters(webhook, cursor, limit + 1)
        found = await self._door.wait_for(work, LIMIT_S)
        letters = [
            DeadLetterTold(
                number=it.number, event=json.loads(it.body), attempts=it.attempts, error=it.error, dead_ms=it.dead_ms
            )
            for it in found[:limit]
        ]
        return DeadLettersAnswer(letters=letters, next=letters[-1].number if len(found) > limit else None)

    async def test(self, by: MayManage, webhook: WebhookPath) -> WebhookSent:
        """Send it an event of kind `test` now, once, signed like all others. It is not counted with them."""
        await self._find(webhook)
        await self._door.note_first()
        return await self._sent(self._desk.access.webhooks.test(webhook, by.id), _nobody(webhook))

    async def send_again(self, by: MayManage, webhook: WebhookPath, number: LetterPath) -> WebhookSent:
        """Send this dead letter again now, once, as it was. Taken, it is removed; else it stays, with one attempt more.

        It has the `id` that it had, by which the receiver knows it: sent by two at once it may come twice. One that is
        gone is a 404.
        """
        await self._find(webhook)
        await self._door.note_first()
        address = f"/api/v1/webhooks/{webhook}/dead-letters"
        missing = ApiError(404, f"There is no dead letter {number} of this webhook.", f"GET {address} lists them.")
        return await self._sent(self._desk.access.webhooks.send_again(webhook, number), missing)

    async def _sent(self, work: Coroutine[Any, Any, bool], missing: ApiError) -> WebhookSent:
        try:
            if not await self._door.wait_for(work, LIMIT_S):
                raise missing
        except WebhookNotTakenError as error:
            return WebhookSent(taken=False, error=str(error))
        return WebhookSent(taken=True, error=None)

    async def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await self._door.wait_for(work, LIMIT_S)
        except WebhookRefusedError as error:
            raise ApiError(422, f"This URL cannot be told: {error}.", "Use one that may be.") from None

    async def _known(self) -> list[Webhook]:
        return list(await self._door.wait_for(self._desk.access.webhooks.all(), LIMIT_S))

    async def _find(self, webhook_id: str) -> Webhook:
        found = next((one for one in await self._known() if one.id == webhook_id), None)
        if found is None:
            raise _nobody(webhook_id)
        return found


def _nobody(webhook_id: str) -> ApiError:
    return ApiError(404, f"There is no webhook {webhook_id}.", "GET /api/v1/webhooks lists them.")


def _told(webhook: Webhook) -> WebhookTold:
    return WebhookTold(
        id=webhook.id,
        url=webhook.url,
        events=list(webhook.events),
        created_by=webhook.created_by,
        created_ms=webhook.created_ms,
        waiting=webhook.waiting,
        delivered=webhook.delivered,
        failed=webhook.failed,
        dead=webhook.dead,
        error=webhook.error,
    )

"""Webhooks in SQL: who is told, what is still to be told, and what was given up.

One idea: each webhook has a cursor into one table of events, as the contact log has one into the journal. It moves when
an event has been taken or given up, so each goes on where it was, whatever dies when.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.stores.api_tokens import reached
from callcenter.stores.tables import WebhookDeadLetterRow, WebhookEventRow, WebhookRow

MAX_EVENTS = 100_000  # that wait; beyond that the oldest are given up


@dataclass(frozen=True, slots=True)
class KeptWebhook:
    """`delivered` is the number of the last event that it has, or that was given up."""

    id: str
    url: str
    events: tuple[str, ...]
    secret: str
    created_by: str
    created_ms: int
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class KeptEvent:
    number: int
    id: str
    kind: str
    at_ms: int
    body: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    number: int
    webhook_id: str
    event_id: str
    kind: str
    at_ms: int
    body: str
    attempts: int
    error: str
    dead_ms: int


class Webhooks:
    """Each method raises DatabaseUnavailableError where the database is away, slow, or not prepared yet."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def all(self) -> Sequence[KeptWebhook]:
        async with reached(self._engine) as connection:
            rows = await connection.execute(select(WebhookRow.__table__).order_by(WebhookRow.created_ms, WebhookRow.id))
            return [_kept(row) for row in rows]

    async def add(self, webhook: KeptWebhook) -> None:
        """It is told of what comes from now on."""
        async with reached(self._engine) as connection:
            newest = await connection.scalar(select(func.max(WebhookEventRow.number))) or 0
            known = await connection.scalar(select(func.max(WebhookRow.delivered))) or 0
            await connection.execute(
                insert(WebhookRow).values(
                    id=webhook.id,
                    url=webhook.url,
                    events=json.dumps(webhook.events),
                    secret=webhook.secret,
                    created_by=webhook.created_by,
                    created_ms=webhook.created_ms,
                    delivered=max(newest, known),
                )
            )

    async def change(self, webhook_id: str, url: str, events: tuple[str, ...]) -> bool:
        """What waits for it goes there too, as far as it still wants it. False where there is none."""
        async with reached(self._engine) as connection:
            statement = update(WebhookRow).where(WebhookRow.id == webhook_id)
            done = await connection.execute(statement.values(url=url, events=json.dumps(events)))
            return bool(done.rowcount)

    async def remove(self, webhook_id: str) -> bool:
        """With what was given up for it. False where there is none."""
        async with reached(self._engine) as connection:
            await connection.execute(delete(WebhookDeadLetterRow).where(WebhookDeadLetterRow.webhook_id == webhook_id))
            done = await connection.execute(delete(WebhookRow).where(WebhookRow.id == webhook_id))
            return bool(done.rowcount)

    async def next(self, after: int, limit: int) -> Sequence[KeptEvent]:
        """The events after this number, in order."""
        statement = select(WebhookEventRow.__table__).where(WebhookEventRow.number > after)
        async with reached(self._engine) as connection:
            rows = await connection.execute(statement.order_by(WebhookEventRow.number).limit(limit))
            return [KeptEvent(row.number, row.id, row.kind, row.at_ms, row.body) for row in rows]

    async def delivered(self, webhook_id: str, number: int) -> None:
        async with reached(self._engine) as connection:
            await connection.execute(update(WebhookRow).where(WebhookRow.id == webhook_id).values(delivered=number))

    async def give_up(self, webhook_id: str, event: KeptEvent, attempts: int, error: str, now_ms: int) -> None:
        """Put it aside, and go on with the next one: both or neither."""
        async with reached(self._engine) as connection:
            await connection.execute(
                insert(WebhookDeadLetterRow).values(
                    webhook_id=webhook_id,
                    event_id=event.id,
                    kind=event.kind,
                    at_ms=event.at_ms,
                    body=event.body,
                    attempts=attempts,
                    error=error[:500],
                    dead_ms=now_ms,
                )
            )
            await connection.execute(
                update(WebhookRow).where(WebhookRow.id == webhook_id).values(delivered=event.number)
            )

    async def dead_letters(self, webhook_id: str, before: int | None, limit: int) -> Sequence[DeadLetter]:
        """What was given up, the newest first."""
        row = WebhookDeadLetterRow
        statement = select(row.__table__).where(row.webhook_id == webhook_id)
        if before is not None:
            statement = statement.where(row.number < before)
        async with reached(self._engine) as connection:
            found = await connection.execute(statement.order_by(row.number.desc()).limit(limit))
            return [DeadLetter(**it._mapping) for it in found]

    async def dead_letter(self, webhook_id: str, number: int) -> DeadLetter | None:
        statement = select(WebhookDeadLetterRow.__table__).where(*_letter(webhook_id, number))
        async with reached(self._engine) as connection:
            row = (await connection.execute(statement)).first()
            return None if row is None else DeadLetter(**row._mapping)

    async def note_attempt(self, webhook_id: str, number: int, error: str) -> None:
        """Once more it was not taken. Its time stays: by it the letter is removed one day."""
        statement = update(WebhookDeadLetterRow).where(*_letter(webhook_id, number))
        async with reached(self._engine) as connection:
            await connection.execute(statement.values(attempts=WebhookDeadLetterRow.attempts + 1, error=error[:500]))

    async def remove_letter(self, webhook_id: str, number: int) -> None:
        async with reached(self._engine) as connection:
            await connection.execute(delete(WebhookDeadLetterRow).where(*_letter(webhook_id, number)))

    async def waiting(self) -> dict[str, int]:
        """How many events each webhook has before it, those that it does not want too."""
        async with reached(self._engine) as connection:
            count = (
                select(func.count())
                .select_from(WebhookEventRow)
                .where(WebhookEventRow.number > WebhookRow.delivered)
                .scalar_subquery()
            )
            return {row[0]: row[1] for row in await connection.execute(select(WebhookRow.id, count))}

    async def tidy(self) -> int:
        """Remove what each webhook has. Returns how many events were given up beyond MAX_EVENTS.

        The newest event stays: SQLite would count from 1 again in an empty table.
        """
        async with reached(self._engine) as connection:
            newest = await connection.scalar(select(func.max(WebhookEventRow.number))) or 0
            done = await connection.scalar(select(func.min(WebhookRow.delivered)))
            upto = newest if done is None else done
            floor = newest - MAX_EVENTS
            lost = 0
            if floor > upto:
                between = (WebhookEventRow.number > upto, WebhookEventRow.number <= floor)
                lost = await connection.scalar(select(func.count()).select_from(WebhookEventRow).where(*between)) or 0
            await connection.execute(
                delete(WebhookEventRow).where(WebhookEventRow.number <= min(max(upto, floor), newest - 1))
            )
            return lost


def _letter(webhook_id: str, number: int) -> tuple[ColumnElement[bool], ...]:
    return WebhookDeadLetterRow.webhook_id == webhook_id, WebhookDeadLetterRow.number == number


def _kept(row: Any) -> KeptWebhook:
    values = dict(row._mapping)
    values["events"] = tuple(json.loads(values["events"]))
    return KeptWebhook(**values)

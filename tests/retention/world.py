"""A log of two years for the tests of retention: a few contacts of each age, with all that can belong to one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String as SqlString
from sqlalchemy import Text, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.crm.keys import LOWEST
from callcenter.facts import HandedTo, RecordPart, RecordStretch, RecordVisit, VisitEnd
from callcenter.numbers import to_e164
from callcenter.records import RecordNotice
from callcenter.retention.bounds import Bounds, bounds_of
from callcenter.retention.pace import Pace
from callcenter.retention_settings import RetentionSettings
from callcenter.stores import figures
from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.figure_tables import FigureAgentRow, FigureQueueRow, FigureStretchRow
from callcenter.stores.tables import Base, CustomerKeyRow, WebhookDeadLetterRow
from callcenter.stories import RecordNote
from callcenter.talks import Direction
from callcenter.types import AgentId, AgentState, ContactId, QueueName, Tier
from tests.stores.records import contact, decision, disposition, segment

DAY_MS = 86_400_000
NOW_MS = round(datetime(2026, 11, 20, 3, 0, 5, tzinfo=UTC).timestamp() * 1_000)
SETTINGS = RetentionSettings(personal_days=90, contacts_days=400, statistics_days=700)
AGES = (1, 89, 92, 380, 402, 690, 720)  # in days
SECRETS = ("Ann", "2025550", "4711", "at home", "moved by")  # what a text that is personal holds
FIGURES = (FigureQueueRow, FigureAgentRow, FigureStretchRow)
AGENT = AgentId("bo")


def bounds(in_days: int = 0, **days: int | None) -> Bounds:
    """Those of so many days from now, with other settings for some."""
    return bounds_of(SETTINGS.model_copy(update=days), NOW_MS + in_days * DAY_MS, UTC)


def pace() -> Pace:
    """Small steps without a rest."""

    async def at_once(_: float) -> None:
        pass

    return Pace(3, sleep=at_once)


def of_age(days: int, id_: str | None = None, **changes: Any) -> list[Record]:
    """All the records of one contact that ended a minute after it came."""
    at_ms, name = NOW_MS - days * DAY_MS, ContactId(id_ or f"c{days}")
    number = f"+1202555{days:04}"
    ends = at_ms + 60_000
    values = {
        "caller": number,
        "account": "4711",
        "because": "name is Ann",
        "customer": LOWEST + days,
        "agent": AGENT,
        "arrived_ms": at_ms,
        "connected_ms": at_ms + 5_000,
        "ended_ms": ends,
        "tags": ("vip",),
        **changes,
    }
    return [
        visit_of(name, at_ms, ended_ms=at_ms + 5_000, outcome=VisitEnd.ANSWERED, waited_ms=5_000, agent=AGENT),
        segment(name, started_ms=at_ms, ended_ms=at_ms + 5_000, agent=AGENT),
        decision(name, at_ms=at_ms, words=f"moved by Ann of {number}"),
        RecordNote(f"note-{name}", name, at_ms, "bo", f"wants a call at home, {number}"),
        contact(name, **values),
        disposition_of(name),
        _part_of(name, at_ms + 5_000, ends),
        RecordStretch(AGENT, days, at_ms, AgentState.TALKING, None, ends),
        RecordNotice(f"n-{name}", "contact.ended", at_ms, f'{{"number": "{number}"}}'),
    ]


def visit_of(name: str, at_ms: int, **end: Any) -> RecordVisit:
    """Without an `end` one that waits."""
    return RecordVisit(
        ContactId(name),
        1,
        queue=QueueName("sales"),
        tier=Tier("gold"),
        entry="800",
        began_ms=at_ms,
        queued_ms=at_ms,
        service_level_ms=20_000,
        short_abandon_ms=5_000,
        after_transfer=False,
        **end,
    )


def _part_of(name: str, began_ms: int, ended_ms: int) -> RecordPart:
    return RecordPart(
        ContactId(name),
        1,
        AGENT,
        queue=QueueName("sales"),
        tier=Tier("gold"),
        entry="800",
        direction=Direction.IN,
        began_ms=began_ms,
        ended_ms=ended_ms + 9_000,
        ring_ms=3_000,
        talk_ms=ended_ms - began_ms,
        hold_ms=0,
        wrap_up_ms=9_000,
        consult_ms=0,
        consults=0,
        transfer=HandedTo.NUMBER,
        disposition="resolved",
    )


def disposition_of(name: str, **changes: Any) -> Record:
    return replace(disposition(name), agent=AGENT, **changes)


async def write(engine: AsyncEngine, *records: Record) -> None:
    async with engine.begin() as connection:
        await write_batch(connection, records, lambda caller: to_e164(caller, "US"))


async def fill(engine: AsyncEngine, ages: Sequence[int] = AGES) -> None:
    """A contact of each age, known to a CRM, and the figures of all."""
    for days in ages:
        await write(engine, *of_age(days))
        async with engine.begin() as connection:
            key = {"id": LOWEST + days, "source": "crm", "key": f"Ann-{days}", "account": "4711"}
            await connection.execute(insert(CustomerKeyRow), key)
            at_ms = NOW_MS - days * DAY_MS
            letter = {"webhook_id": "w", "event_id": f"e{days}", "kind": "contact.ended", "at_ms": at_ms}
            letter |= {"body": '{"name": "Ann"}', "attempts": 9, "error": "gone", "dead_ms": at_ms}
            await connection.execute(insert(WebhookDeadLetterRow), letter)
    await figures.refresh(engine, 0, 1 << 62)


async def figure_rows(engine: AsyncEngine) -> str:
    """All figures, as text."""
    async with engine.connect() as connection:
        tables = [table.__table__ for table in FIGURES]
        ordered = [select(table).order_by(*table.primary_key) for table in tables]
        return repr([[tuple(row) for row in await connection.execute(statement)] for statement in ordered])


async def everything(engine: AsyncEngine) -> dict[str, list[Any]]:
    """All rows of all tables."""
    async with engine.connect() as connection:
        return {
            name: sorted(repr(tuple(row)) for row in await connection.execute(select(table)))
            for name, table in Base.metadata.tables.items()
        }


async def ids(engine: AsyncEngine, table: Any) -> set[str]:
    column = table.__table__.c.id if "id" in table.__table__.c else table.__table__.c.contact_id
    async with engine.connect() as connection:
        return set(await connection.scalars(select(column)))


async def texts_with(connection: AsyncConnection, word: str) -> set[str]:
    """Columns of texts, of any table, that hold a word."""
    found = set()
    for name, table in Base.metadata.tables.items():
        for column in table.columns:
            if isinstance(column.type, SqlString | Text):
                has = select(text("1")).select_from(table).where(column.contains(word, autoescape=True)).limit(1)
                if (await connection.execute(has)).first() is not None:
                    found.add(f"{name}.{column.name}")
    return found

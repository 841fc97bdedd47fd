"""Two customers of our own table, one of a CRM, and what the log holds of their contacts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase

from callcenter.crm.keys import ids_of
from callcenter.crm.records import Record
from callcenter.numbers import to_e164
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.tables import (
    ContactRow,
    CustomerAttributeRow,
    CustomerNumberRow,
    CustomerRow,
    WebhookDeadLetterRow,
)
from callcenter.stories import RecordNote
from callcenter.types import ContactId
from tests.stores.records import contact, decision, disposition, segment

ANN, BEN = 1, 2
ANNS, SHARED, ELSEWHERE, DORAS = "+12025550101", "+12025550199", "+12025550177", "+12025550104"
DORA = Record("uuid-of-dora", "1004", "Dora", "gold", numbers=(DORAS,))

THEIRS = ("by-id", "from-elsewhere", "of-nobody", "shared", "by-account", "of-one-who-is-gone")  # Ann's contacts
OTHERS = ("ben-from-anns-phone", "ben", "stranger", "dora", "dora-of-nobody")


async def fill(engine: AsyncEngine) -> int:
    """Write all of it; returns what the log knows Dora, the CRM's customer, by."""
    async with engine.begin() as connection:
        people = [
            {"id": id_, "account": account, "name": name, "tier": "gold", "notes": f"{name}'s notes"}
            for id_, account, name in ((ANN, "1001", "Ann"), (BEN, "1002", "Ben"))
        ]
        await connection.execute(insert(CustomerRow), people)
        numbers = [(ANNS, ANN), (SHARED, ANN), (SHARED, BEN)]
        await connection.execute(
            insert(CustomerNumberRow), [{"number": number, "customer_id": id_} for number, id_ in numbers]
        )
        attributes = [{"customer_id": id_, "name": "spend", "value": "7"} for id_ in (ANN, BEN)]
        await connection.execute(insert(CustomerAttributeRow), attributes)
    dora = (await ids_of(engine, "crm", [DORA]))[DORA.key]
    contacts = [
        contact("by-id", customer=ANN, caller="(202) 555-0101", account="1001", because="name is Ann"),
        contact("from-elsewhere", customer=ANN, caller=ELSEWHERE, caller_name="HOTEL"),
        contact("of-nobody", customer=None, caller=ANNS),
        contact("shared", customer=None, caller=SHARED),
        contact("by-account", customer=None, caller=None, account="1001", dialled=ANNS),
        contact("of-one-who-is-gone", customer=99, caller=ANNS),
        contact("ben-from-anns-phone", customer=BEN, caller=ANNS, account="1002"),
        contact("ben", customer=BEN, caller=SHARED),
        contact("stranger", customer=None, caller=ELSEWHERE),
        contact("dora", customer=dora, caller=DORAS, account="1004"),
        contact("dora-of-nobody", customer=None, caller=DORAS),
    ]
    others: list[Any] = []
    for one in contacts:
        id_ = one.contact
        others += [segment(id_), decision(id_, words="Ann, +12025550101"), disposition(id_)]
        others.append(RecordNote(f"note-{id_}", ContactId(id_), 1, "greta", "wants a call at home"))
    async with engine.begin() as connection:
        await write_batch(connection, [*contacts, *others], lambda caller: to_e164(caller, "US"))
        letters = [
            {
                "webhook_id": "w",
                "event_id": id_,
                "kind": "contact.ended",
                "at_ms": 1,
                "body": f'{{"contact": {{"id": "{id_}"}}}}',
                "attempts": 9,
                "error": "gone",
                "dead_ms": 2,
            }
            for id_ in ("by-id", "ben")
        ]
        await connection.execute(insert(WebhookDeadLetterRow), letters)
    return dora


async def rows(engine: AsyncEngine, table: type[DeclarativeBase], order: str = "id") -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        found = await connection.execute(select(table.__table__).order_by(table.__table__.c[order]))
        return [row._asdict() for row in found]


async def contacts_by_id(engine: AsyncEngine) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in await rows(engine, ContactRow)}


def sorted_ids(found: Sequence[dict[str, Any]]) -> list[Any]:
    return sorted(row["id"] for row in found)

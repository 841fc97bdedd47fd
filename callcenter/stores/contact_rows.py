"""Records of the contact log as rows, and a batch of them written in one transaction.

One idea: every statement may run twice. Contacts, segments and decisions are inserted or ignored by their keys, and a
contact's tags come with its row: one that is in the log has all that it will ever have. The end of a wrap-up is set on
its contact; where the contact is not there yet (after a crash the order can be broken), it waits in `early_disposition`
and moves on when the contact comes.
"""

from collections.abc import Callable, Sequence
from typing import Any, assert_never

from sqlalchemy import String, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from callcenter.commands import RecordContact, RecordDecision, RecordDisposition, RecordSegment
from callcenter.stores.codec import Record
from callcenter.stores.database import insert_into
from callcenter.stores.tables import ContactRow, ContactTagRow, DecisionRow, EarlyDispositionRow, SegmentRow
from callcenter.stores.text import clean_text

Row = dict[str, Any]
ToNumber = Callable[[str | None], str | None]


async def write_batch(connection: AsyncConnection, records: Sequence[Record], to_number: ToNumber) -> None:
    """Write all the records, within the caller's transaction. `to_number` gives a caller's number in E.164."""
    segments: list[Row] = []
    decisions: list[Row] = []
    contacts: list[Row] = []
    tags: dict[str, list[Row]] = {}  # by contact: the first record counts, as with its row
    dispositions: dict[str, Row] = {}  # by contact: the last one counts
    for record in records:
        match record:
            case RecordSegment():
                segments.append(_segment_row(record))
            case RecordDecision():
                decisions.append(_decision_row(record))
            case RecordContact():
                contacts.append(row := _contact_row(record, to_number))
                tags.setdefault(row["id"], _tag_rows(record))
            case RecordDisposition():
                row = _disposition_row(record)
                dispositions[row["contact_id"]] = row
            case _:
                assert_never(record)
    dialect = connection.dialect
    if segments:
        await connection.execute(insert_into(dialect, SegmentRow).on_conflict_do_nothing(), segments)
    if decisions:
        await connection.execute(insert_into(dialect, DecisionRow).on_conflict_do_nothing(), decisions)
    if contacts:
        await _write_tags(connection, {contact: rows for contact, rows in tags.items() if rows})
        await connection.execute(insert_into(dialect, ContactRow).on_conflict_do_nothing(), contacts)
        await _move_early_dispositions(connection, [row["id"] for row in contacts])
    if dispositions:
        await _write_dispositions(connection, dispositions)


async def _write_tags(connection: AsyncConnection, tags: dict[str, list[Row]]) -> None:
    """Those of contacts that are not in the log yet."""
    if not tags:
        return
    known = set(await connection.scalars(select(ContactRow.id).where(ContactRow.id.in_(tags))))
    if new := [row for contact, rows in tags.items() if contact not in known for row in rows]:
        await connection.execute(insert_into(connection.dialect, ContactTagRow).on_conflict_do_nothing(), new)


async def _write_dispositions(connection: AsyncConnection, rows: dict[str, Row]) -> None:
    found = await connection.scalars(select(ContactRow.id).where(ContactRow.id.in_(rows)))
    known = set(found)
    if on_time := [row for contact, row in rows.items() if contact in known]:
        await _set_dispositions(connection, on_time)
    if early := [row for contact, row in rows.items() if contact not in known]:
        statement = insert_into(connection.dialect, EarlyDispositionRow)
        statement = statement.on_conflict_do_update(
            index_elements=["contact_id"],
            set_={
                "disposition": statement.excluded.disposition,
                "handled_ms": statement.excluded.handled_ms,
            },
        )
        await connection.execute(statement, early)


async def _move_early_dispositions(connection: AsyncConnection, contacts: list[str]) -> None:
    of_these = EarlyDispositionRow.contact_id.in_(contacts)
    columns = (EarlyDispositionRow.contact_id, EarlyDispositionRow.disposition, EarlyDispositionRow.handled_ms)
    found = (await connection.execute(select(*columns).where(of_these))).all()
    if found:
        await _set_dispositions(connection, [row._asdict() for row in found])
        await connection.execute(delete(EarlyDispositionRow).where(of_these))


async def _set_dispositions(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    contact = ContactRow.__table__
    statement = (
        update(ContactRow)
        .where(contact.c.id == bindparam("of_contact"))
        .values(disposition=bindparam("new_disposition"), handled_ms=bindparam("new_handled_ms"))
    )
    await connection.execute(
        statement,
        [
            {
                "of_contact": row["contact_id"],
                "new_disposition": row["disposition"],
                "new_handled_ms": row["handled_ms"],
            }
            for row in rows
        ],
    )


def _segment_row(segment: RecordSegment) -> Row:
    return _fit(
        SegmentRow,
        {
            "contact_id": segment.contact,
            "number": segment.number,
            "kind": segment.kind.value,
            "started_ms": segment.started_ms,
            "ended_ms": segment.ended_ms,
            "queue": segment.queue,
            "agent": segment.agent,
            "offer": segment.offer,
            "result": segment.result,
        },
    )


def _decision_row(decision: RecordDecision) -> Row:
    return _fit(
        DecisionRow,
        {
            "contact_id": decision.contact,
            "number": decision.number,
            "kind": decision.kind.value,
            "at_ms": decision.at_ms,
            "queue": decision.queue,
            "priority": decision.priority,
            "words": decision.words,
            "made_by": decision.by,
        },
    )


def _contact_row(contact: RecordContact, to_number: ToNumber) -> Row:
    return _fit(
        ContactRow,
        {
            "id": contact.contact,
            "pbx": contact.channel.pbx,
            "channel": contact.channel.channel,
            "caller": contact.caller,
            "number": to_number(contact.caller),
            "caller_name": contact.caller_name,
            "dialled": contact.dialled,
            "account": contact.account,
            "intent": contact.intent,
            "language": contact.language,
            "customer_id": contact.customer,
            "tier": contact.tier,
            "queue": contact.queue,
            "priority": contact.priority,
            "rule": contact.rule,
            "because": contact.because,
            "agent": contact.agent,
            "outcome": contact.outcome.value,
            "arrived_ms": contact.arrived_ms,
            "connected_ms": contact.connected_ms,
            "ended_ms": contact.ended_ms,
            "waited_ms": contact.waited_ms,
            "offers": contact.offers,
            "service_level_ms": contact.service_level_ms,
        },
    )


def _tag_rows(contact: RecordContact) -> list[Row]:
    return [_fit(ContactTagRow, {"contact_id": contact.contact, "tag": tag}) for tag in contact.tags]


def _disposition_row(record: RecordDisposition) -> Row:
    row = {
        "contact_id": record.contact,
        "disposition": record.disposition,
        "handled_ms": record.handled_ms,
    }
    return _fit(EarlyDispositionRow, row)


def _text_limits(table: type[DeclarativeBase]) -> dict[str, int]:
    columns = table.__table__.columns
    return {
        column.name: column.type.length for column in columns if isinstance(column.type, String) and column.type.length
    }


_LIMITS: dict[type[DeclarativeBase], dict[str, int]] = {
    table: _text_limits(table) for table in (SegmentRow, DecisionRow, ContactRow, ContactTagRow, EarlyDispositionRow)
}


def _fit(table: type[DeclarativeBase], row: Row) -> Row:
    """The row with each text mended and cut to its column's length."""
    for name, limit in _LIMITS[table].items():
        value = row.get(name)
        if value is not None:
            row[name] = clean_text(value, limit)
    return row

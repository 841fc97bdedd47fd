"""Records of the contact log as rows, and a batch of them written in one transaction.

One idea: every statement may run twice. Contacts, segments and decisions are inserted or ignored by their keys, and a
contact's tags come with its row: one that is in the log has all that it will ever have. The end of a wrap-up is set on
its contact; where the contact is not there yet (after a crash the order can be broken), it waits in `early_disposition`
and moves on when the contact comes.
"""

from collections.abc import Callable, Sequence
from typing import assert_never

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from callcenter.commands import RecordContact, RecordDecision, RecordDisposition, RecordSegment
from callcenter.facts import RecordPart, RecordStretch, RecordVisit
from callcenter.records import RecordChange, RecordNotice
from callcenter.stores.codec import Record
from callcenter.stores.database import insert_into
from callcenter.stores.fact_rows import Facts, link_contacts, write_facts
from callcenter.stores.fitting import Row, fit
from callcenter.stores.retention_marks import came_late
from callcenter.stores.tables import (
    AuditRow,
    ContactRow,
    ContactTagRow,
    DecisionRow,
    EarlyDispositionRow,
    NoteRow,
    SegmentRow,
    WebhookEventRow,
)
from callcenter.stores.text import clean_text
from callcenter.stories import RecordNote
from callcenter.types import SegmentKind

ToNumber = Callable[[str | None], str | None]
Plain = RecordSegment | RecordDecision | RecordNote | RecordChange | RecordNotice  # inserted, or there already


async def write_batch(connection: AsyncConnection, records: Sequence[Record], to_number: ToNumber) -> None:
    """Write all the records, within the caller's transaction. `to_number` gives a caller's number in E.164."""
    plain: dict[type[DeclarativeBase], list[Row]] = {}  # that are inserted, or there already
    contacts: list[Row] = []
    tags: dict[str, list[Row]] = {}  # by contact: the first record counts, as with its row
    dispositions: dict[tuple[str, str], Row] = {}  # by contact and agent: the last one counts
    facts = Facts()
    for record in records:
        match record:
            case RecordContact():
                contacts.append(row := _contact_row(record, to_number))
                tags.setdefault(row["id"], _tag_rows(record))
            case RecordDisposition():
                row = _disposition_row(record)
                dispositions[row["contact_id"], row["agent"]] = row
            case RecordVisit() | RecordPart() | RecordStretch():
                facts.add(record)
            case _:
                table, row = _plain_row(record)
                plain.setdefault(table, []).append(row)
                if isinstance(record, RecordSegment) and record.kind is SegmentKind.OFFER:
                    facts.touch(record.ended_ms)
    for table, rows in plain.items():
        await connection.execute(insert_into(connection.dialect, table).on_conflict_do_nothing(), rows)
    if contacts:
        await _write_tags(connection, {contact: rows for contact, rows in tags.items() if rows})
        await connection.execute(insert_into(connection.dialect, ContactRow).on_conflict_do_nothing(), contacts)
        ids = [row["id"] for row in contacts]
        await came_late(connection, min(row["arrived_ms"] for row in contacts))
        await _move_early_dispositions(connection, ids)
        await link_contacts(connection, ids)
    if dispositions:
        await _write_dispositions(connection, list(dispositions.values()))
    await write_facts(connection, facts)


def _plain_row(record: Plain) -> tuple[type[DeclarativeBase], Row]:
    match record:
        case RecordSegment():
            return SegmentRow, _segment_row(record)
        case RecordDecision():
            return DecisionRow, _decision_row(record)
        case RecordNote():
            return NoteRow, _note_row(record)
        case RecordChange():
            return AuditRow, _change_row(record)
        case RecordNotice():
            body = clean_text(record.body)
            return WebhookEventRow, {"id": record.id, "kind": record.kind, "at_ms": record.at_ms, "body": body}
        case _:
            assert_never(record)


async def _write_tags(connection: AsyncConnection, tags: dict[str, list[Row]]) -> None:
    """Those of contacts that are not in the log yet."""
    if not tags:
        return
    known = set(await connection.scalars(select(ContactRow.id).where(ContactRow.id.in_(tags))))
    if new := [row for contact, rows in tags.items() if contact not in known for row in rows]:
        await connection.execute(insert_into(connection.dialect, ContactTagRow).on_conflict_do_nothing(), new)


async def _write_dispositions(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    contacts = {row["contact_id"] for row in rows}
    found = await connection.scalars(select(ContactRow.id).where(ContactRow.id.in_(contacts)))
    known = set(found)
    if on_time := [row for row in rows if row["contact_id"] in known]:
        await _set_dispositions(connection, on_time)
    if early := [row for row in rows if row["contact_id"] not in known]:
        statement = insert_into(connection.dialect, EarlyDispositionRow)
        statement = statement.on_conflict_do_update(
            index_elements=["contact_id", "agent"],
            set_={
                "disposition": statement.excluded.disposition,
                "handled_ms": statement.excluded.handled_ms,
                "follow_up_on": statement.excluded.follow_up_on,
            },
        )
        await connection.execute(statement, early)


async def _move_early_dispositions(connection: AsyncConnection, contacts: list[str]) -> None:
    of_these = EarlyDispositionRow.contact_id.in_(contacts)
    found = (await connection.execute(select(*EarlyDispositionRow.__table__.columns).where(of_these))).all()
    if found:
        await _set_dispositions(connection, [row._asdict() for row in found])
        await connection.execute(delete(EarlyDispositionRow).where(of_these))


async def _set_dispositions(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    contact = ContactRow.__table__
    statement = (
        update(ContactRow)
        .where(contact.c.id == bindparam("of_contact"))
        .where(or_(contact.c.agent == bindparam("of_agent"), bindparam("of_agent") == ""))
        .values(
            disposition=bindparam("new_disposition"),
            handled_ms=bindparam("new_handled_ms"),
            follow_up_on=bindparam("new_follow_up_on"),
        )
    )
    await connection.execute(
        statement,
        [
            {
                "of_contact": row["contact_id"],
                "of_agent": row["agent"],
                "new_disposition": row["disposition"],
                "new_handled_ms": row["handled_ms"],
                "new_follow_up_on": row["follow_up_on"],
            }
            for row in rows
        ],
    )


def _segment_row(segment: RecordSegment) -> Row:
    return fit(
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
    return fit(
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


def _note_row(note: RecordNote) -> Row:
    row = {
        "id": note.note,
        "contact_id": note.contact,
        "at_ms": note.at_ms,
        "made_by": note.by,
        "text": clean_text(note.text),
    }
    return fit(NoteRow, row)


def _contact_row(contact: RecordContact, to_number: ToNumber) -> Row:
    return fit(
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
            "customer_id": None if contact.customer is None or contact.customer < 0 else contact.customer,
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
            "direction": contact.direction.value,
        },
    )


def _tag_rows(contact: RecordContact) -> list[Row]:
    return [fit(ContactTagRow, {"contact_id": contact.contact, "tag": tag}) for tag in contact.tags]


def _disposition_row(record: RecordDisposition) -> Row:
    row = {
        "contact_id": record.contact,
        "agent": record.agent,
        "disposition": record.disposition,
        "handled_ms": record.handled_ms,
        "follow_up_on": record.follow_up_on,
    }
    return fit(EarlyDispositionRow, row)


def _change_row(change: RecordChange) -> Row:
    return fit(
        AuditRow,
        {
            "id": change.id,
            "at_ms": change.at_ms,
            "made_by": change.by,
            "via": change.via,
            "address": change.address,
            "action": change.action,
            "subject": change.subject,
            "before": change.before,
            "after": change.after,
            "outcome": change.outcome,
        },
    )

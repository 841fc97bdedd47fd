from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.customers.erasure import Erased, count_named, erase
from callcenter.customers.subject import Subject, subject_of
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.personal import ERASED, PERSONAL
from callcenter.stores.tables import (
    AuditRow,
    Base,
    ContactRow,
    CustomerAttributeRow,
    CustomerKeyRow,
    CustomerNumberRow,
    CustomerRow,
    DecisionRow,
    NoteRow,
    SegmentRow,
    WebhookDeadLetterRow,
)
from tests.customers.world import ANNS, BEN, DORA, ELSEWHERE, OTHERS, SHARED, THEIRS, contacts_by_id, fill, rows
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.records import contact

# What the log keeps of everybody: a column that is neither here nor in PERSONAL has to be put into one of the two.
STATISTICS = {
    "contact": {
        "id",
        "pbx",
        "channel",
        "dialled",  # ours; where it is theirs, because we called them, it goes too
        "intent",
        "language",
        "customer_id",  # of the erased it leads nowhere
        "tier",
        "queue",
        "priority",
        "rule",
        "agent",
        "outcome",
        "disposition",
        "arrived_ms",
        "connected_ms",
        "ended_ms",
        "waited_ms",
        "handled_ms",
        "offers",
        "service_level_ms",
        "direction",
        "previous_ms",
        "next_ms",
    },
    "contact_tag": {"contact_id", "tag"},
    "segment": {"contact_id", "number", "kind", "started_ms", "ended_ms", "queue", "agent", "offer", "result"},
    "decision": {"contact_id", "number", "kind", "at_ms", "queue", "priority", "made_by"},
    "note": {"id", "contact_id", "at_ms", "made_by"},
    "early_disposition": {"contact_id", "agent", "disposition", "handled_ms", "follow_up_on"},
}
WITHOUT_CUSTOMERS = {
    "log_cursor",
    "rule_version",
    "staff_version",
    "api_token",
    "audit_log",
    "webhook",
    "retention_mark",
    "visit",  # `entry` is ours, and empty for a call out
    "part",
    "agent_stretch",
    "stale_quarter",
    "figure_queue",
    "figure_agent",
    "figure_stretch",
}
REMOVED = {"customer", "customer_number", "customer_attribute", "customer_key", "webhook_event", "webhook_dead_letter"}


async def erased(engine: AsyncEngine, wanted: str, *, keep: bool = True) -> tuple[Erased, Subject]:
    async with engine.connect() as connection:
        await connection.begin()
        subject = await subject_of(connection, wanted, "US", "crm", [DORA] if wanted == DORA.account else [])
        done = await erase(connection, subject)
        await (connection.commit() if keep else connection.rollback())
    return done, subject


def test_every_column_is_statistics_or_personal_and_every_table_is_thought_of() -> None:
    personal = {table.__tablename__: set(blanks) for table, blanks in PERSONAL.items()}
    for name, table in Base.metadata.tables.items():
        if name in STATISTICS:
            assert set(table.columns.keys()) == STATISTICS[name] | personal.get(name, set()), name
            assert not STATISTICS[name] & personal.get(name, set())
        else:
            assert name in WITHOUT_CUSTOMERS | REMOVED, f"does erasing a customer have to look at the table {name}?"


@run_async
async def test_the_record_goes_and_the_log_keeps_its_statistics(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        before = await contacts_by_id(database.engine)
        segments = await rows(database.engine, SegmentRow, "contact_id")
        done, subject = await erased(database.engine, "1001")
        after = await contacts_by_id(database.engine)
        assert subject.contacts == set(THEIRS)
        assert done.removed == {
            "customer_attribute": 1,
            "customer_number": 2,
            "customer": 1,
            "webhook_dead_letter": 1,
        }
        assert done.blanked == {"contact": len(THEIRS), "decision": len(THEIRS), "note": len(THEIRS)}
        assert (done.shared, done.callers) == (["1002"], ["1002"])
        for id_ in THEIRS:
            row = after[id_]
            assert {name: row[name] for name in PERSONAL[ContactRow]} == PERSONAL[ContactRow], id_
            kept = STATISTICS["contact"] - {"customer_id", "dialled"}
            assert {name: row[name] for name in kept} == {name: before[id_][name] for name in kept}
        assert after["by-account"]["dialled"] == "", "a call to one of their numbers"
        assert after["by-id"]["dialled"] == "800"
        nowhere = after["by-id"]["customer_id"]
        assert nowhere < 0
        assert after["from-elsewhere"]["customer_id"] == nowhere, "who called again can still be counted"
        assert after["of-nobody"]["customer_id"] is None
        assert await rows(database.engine, SegmentRow, "contact_id") == segments
        text = repr([after[id_] for id_ in THEIRS])
        assert not [word for word in (ANNS, SHARED, ELSEWHERE, "1001", "Ann", "HOTEL") if word in text]


@run_async
async def test_nobody_else_is_touched(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        before = await contacts_by_id(database.engine)
        await erased(database.engine, ANNS)
        after = await contacts_by_id(database.engine)
        assert [after[id_] for id_ in OTHERS] == [before[id_] for id_ in OTHERS]
        words = {row["contact_id"]: row["words"] for row in await rows(database.engine, DecisionRow, "contact_id")}
        assert {id_ for id_, text in words.items() if text == ERASED} == set(THEIRS)
        notes = {row["contact_id"]: row["text"] for row in await rows(database.engine, NoteRow)}
        assert {id_ for id_, text in notes.items() if text == ERASED} == set(THEIRS)
        assert [row["id"] for row in await rows(database.engine, CustomerRow)] == [BEN]
        assert [row["number"] for row in await rows(database.engine, CustomerNumberRow, "number")] == [SHARED]
        assert len(await rows(database.engine, CustomerAttributeRow, "name")) == 1
        assert len(await rows(database.engine, CustomerKeyRow)) == 1
        letters = await rows(database.engine, WebhookDeadLetterRow, "number")
        assert [row["event_id"] for row in letters] == ["ben"]


@run_async
async def test_a_customer_of_a_crm_loses_the_key_and_the_log(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        done, subject = await erased(database.engine, "1004")
        assert subject.contacts == {"dora", "dora-of-nobody"}
        assert {name: count for name, count in done.removed.items() if count} == {"customer_key": 1}
        assert await rows(database.engine, CustomerKeyRow) == []
        after = await contacts_by_id(database.engine)
        assert after["dora"]["customer_id"] < 0
        assert after["dora"]["number"] is None


@run_async
async def test_a_second_time_finds_nothing_to_do(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        await erased(database.engine, "1001")
        before = await contacts_by_id(database.engine)
        done, subject = await erased(database.engine, "1001")
        assert not done.anything
        assert subject.contacts == set()
        done, _ = await erased(database.engine, ANNS)
        assert not done.anything
        assert await contacts_by_id(database.engine) == before


@run_async
async def test_a_number_of_nobody_is_erased_from_the_log(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        done, subject = await erased(database.engine, ELSEWHERE)
        assert subject.contacts == {"stranger"}
        assert done.callers == ["1001"]
        assert done.blanked["contact"] == 1
        assert (await contacts_by_id(database.engine))["from-elsewhere"]["number"] == ELSEWHERE, (
            "Ann's, not a stranger's"
        )


@run_async
async def test_what_is_rolled_back_has_not_been(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        before = await contacts_by_id(database.engine)
        done, _ = await erased(database.engine, "1001", keep=False)
        assert done.anything
        assert await contacts_by_id(database.engine) == before
        assert len(await rows(database.engine, CustomerRow)) == 2


@run_async
async def test_a_thousand_contacts_are_erased_in_parts(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        many = [contact(f"m{n}", customer=1, caller=ANNS) for n in range(1_000)]
        async with database.engine.begin() as connection:
            await write_batch(connection, many, lambda caller: caller)
        done, _ = await erased(database.engine, "1001")
        assert done.blanked["contact"] == 1_000 + len(THEIRS)


@run_async
async def test_rows_that_name_them_and_cannot_be_changed_are_counted(database_url: str) -> None:
    async with migrated(database_url) as database:
        row = {
            "at_ms": 1,
            "made_by": "a",
            "via": "b",
            "address": "",
            "action": "dial",
            "subject": "c",
            "outcome": "done",
        }
        said = [f'{{"number": "{ANNS}"}}', '{"number": "••01"}', None]
        async with database.engine.begin() as connection:
            await connection.execute(
                insert(AuditRow),
                [{**row, "id": str(n), "before": None, "after": after} for n, after in enumerate(said)],
            )
            assert await count_named(connection, AuditRow.after, Subject("US", numbers={ANNS})) == 1
            assert await count_named(connection, AuditRow.after, Subject("US")) == 0

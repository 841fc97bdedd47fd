"""Links between the contacts of one customer."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.numbers import to_e164
from callcenter.reconcile.findings import Findings
from callcenter.reconcile.neighbours import check_links
from callcenter.reconcile.rows import contacts, one_moment, table
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.retention_marks import Mark, move
from callcenter.talks import Direction
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.records import contact

RECORDS = [
    contact("a", arrived_ms=10, customer=7),
    contact("b", arrived_ms=20, customer=7, caller="+12125550999"),
    contact("c", arrived_ms=20, customer=7),
    contact("d", arrived_ms=15, customer=None),
    contact("e", arrived_ms=40, customer=None),
    contact("f", arrived_ms=30, customer=None, direction=Direction.OUT),
    contact("g", arrived_ms=50, customer=None, caller=None),
]


async def wrong(engine: AsyncEngine, **changed: Any) -> list[tuple[str, str, str, str]]:
    """What is found once the contact `c` has other links."""
    findings = Findings()
    async with engine.begin() as connection:
        if changed:
            one = table("contact")
            await connection.execute(update(one).where(one.c.id == "c").values(**changed))
    async with one_moment(engine) as connection:
        async for logs in contacts(connection, (None, None)):
            await check_links(connection, logs, findings)
    shown = findings.tallies["contact-links"].shown
    return [(one.subject, one.what, one.counted, one.found) for one in shown]


@run_async
async def test_links_are_those_of_the_same_customer_or_else_of_the_same_number(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await write_batch(connection, RECORDS, lambda caller: to_e164(caller, "US"))
        assert await wrong(database.engine) == []
        assert await wrong(database.engine, previous_ms=10) == [("c", "previous_ms", "20", "10")]
        assert await wrong(database.engine, previous_ms=None) == [("c", "previous_ms", "20", "nothing")]
        assert await wrong(database.engine, previous_ms=20, next_ms=41) == [("c", "next_ms", "nothing", "41")]
        async with database.engine.begin() as connection:
            await move(connection, Mark.FACTS, 5)
        assert await wrong(database.engine, previous_ms=4, next_ms=None) == []  # has been removed by age
        # Somebody has arrived then who may have been this customer, and has been erased since.
        assert await wrong(database.engine, next_ms=40) == []

import itertools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.facts import HandedTo, VisitEnd
from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.fact_rows import MAX_QUARTERS, link_contacts
from callcenter.stores.figure_tables import AgentStretchRow, PartRow, StaleQuarterRow, VisitRow
from callcenter.stores.tables import ContactRow
from callcenter.talks import Direction
from callcenter.types import AgentId, AgentState, QueueName, Tier
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.facts import MONDAY, QUARTER, ended, part, stretch, visit
from tests.stores.logs import rows
from tests.stores.records import contact, segment


async def write(engine: AsyncEngine, records: Sequence[Record]) -> None:
    async with engine.begin() as connection:
        await write_batch(connection, records, lambda caller: caller)


async def stale(engine: AsyncEngine) -> list[int]:
    """The quarters, counted from MONDAY; forgotten then."""
    async with engine.begin() as connection:
        found = sorted(await connection.scalars(select(StaleQuarterRow.quarter_ms)))
        await connection.execute(StaleQuarterRow.__table__.delete())  # type: ignore[attr-defined]
    return [(at_ms - MONDAY) // QUARTER for at_ms in found]


@run_async
async def test_a_visit_is_begun_and_ended_in_one_row(database_url: str) -> None:
    async with migrated(database_url) as database:
        await write(database.engine, [visit("c1", tier=Tier("standard"))])
        begun = {
            "contact_id": "c1",
            "number": 1,
            "queue": "sales",
            "tier": "standard",
            "entry": "800",
            "began_ms": MONDAY,
            "queued_ms": MONDAY,
            "ended_ms": None,
            "outcome": None,
            "waited_ms": None,
            "agent": None,
            "service_level_ms": 20_000,
            "short_abandon_ms": 5_000,
            "after_transfer": False,
        }
        assert await rows(database.engine, VisitRow) == [begun]
        assert await stale(database.engine) == [0]
        at: dict[str, Any] = {"ended_ms": MONDAY + 2 * QUARTER, "waited_ms": 2 * QUARTER, "agent": AgentId("ann")}
        await write(database.engine, [ended("c1", **at)])
        over = begun | at | {"tier": "gold", "outcome": "answered"}
        assert await rows(database.engine, VisitRow) == [over]
        assert await stale(database.engine) == [0]  # where it began, wherever it ends
        again = ended("c1", how=VisitEnd.OTHER, ended_ms=MONDAY + 5, waited_ms=5)
        await write(database.engine, [visit("c1"), again, visit("c1")])
        assert await rows(database.engine, VisitRow) == [over]


@run_async
async def test_of_a_visit_that_was_begun_by_a_lost_journal_the_end_counts_and_both_quarters_are_stale(
    database_url: str,
) -> None:
    async with migrated(database_url) as database:
        await write(database.engine, [visit("c1")])
        await stale(database.engine)
        began_ms = MONDAY + 3 * QUARTER
        await write(
            database.engine, [ended("c1", began_ms=began_ms, ended_ms=began_ms + 1, queue=QueueName("support"))]
        )
        (row,) = await rows(database.engine, VisitRow)
        assert (row["began_ms"], row["queue"], row["outcome"]) == (began_ms, "support", "answered")
        assert await stale(database.engine) == [0, 3]


@run_async
async def test_a_part_is_written_once_with_all_its_columns(database_url: str) -> None:
    async with migrated(database_url) as database:
        record = part(
            "c1", 2, direction=Direction.OUT, transfer=HandedTo.QUEUE, consults=3, consult_ms=7, entry="x" * 300
        )
        await write(database.engine, [record, part("c1", 2, talk_ms=1)])
        await write(database.engine, [part("c1", 2, talk_ms=2)])
        (row,) = await rows(database.engine, PartRow)
        assert row == {
            "contact_id": "c1",
            "number": 2,
            "agent": "ann",
            "queue": "sales",
            "tier": "gold",
            "entry": "x" * 255 + "\u2026",
            "direction": "out",
            "began_ms": MONDAY + 9_000,
            "ended_ms": MONDAY + 69_000,
            "ring_ms": 4_000,
            "talk_ms": 40_000,
            "hold_ms": 15_000,
            "wrap_up_ms": 5_000,
            "consult_ms": 7,
            "consults": 3,
            "transfer": "queue",
            "disposition": "resolved",
        }
        assert await stale(database.engine) == [0]


@run_async
async def test_an_offer_makes_the_quarter_of_its_end_stale_and_other_segments_do_not(database_url: str) -> None:
    async with migrated(database_url) as database:
        await write(database.engine, [segment("c1", 1, started_ms=MONDAY, ended_ms=MONDAY + 2 * QUARTER)])
        assert await stale(database.engine) == [2]


def _told(stretches: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (one["began_ms"] - MONDAY, None if one["ended_ms"] is None else one["ended_ms"] - MONDAY, one["state"])
        for one in stretches
    ]


@run_async
async def test_stretches_end_as_if_told_in_order_whatever_the_order(database_url: str) -> None:
    ready, talks = AgentState.READY, AgentState.TALKING
    records = [
        stretch("ann", 1, MONDAY, ready),
        stretch("ann", 1, MONDAY, ready, MONDAY + QUARTER),
        stretch("ann", 2, MONDAY + QUARTER, AgentState.RESERVED),  # for no time
        stretch("ann", 3, MONDAY + QUARTER, talks),
        stretch("ann", 3, MONDAY + QUARTER, talks, MONDAY + QUARTER + 9),  # signs out
        stretch("ann", 4, MONDAY + 3 * QUARTER, ready),
    ]
    wanted = [(0, QUARTER, "ready"), (QUARTER, QUARTER + 9, "talking"), (3 * QUARTER, None, "ready")]
    orders = list(itertools.permutations(records))
    async with migrated(database_url) as database:
        for order in [orders[0], orders[-1], *orders[7 :: len(orders) // 12]]:
            for record in order:
                await write(database.engine, [record])
            assert _told(await rows(database.engine, AgentStretchRow, AgentStretchRow.began_ms)) == wanted
            assert {0, 1} <= set(await stale(database.engine))
            async with database.engine.begin() as connection:
                await connection.execute(AgentStretchRow.__table__.delete())  # type: ignore[attr-defined]


@run_async
async def test_a_stretch_of_a_lost_journal_ends_where_the_agents_next_one_begins(database_url: str) -> None:
    async with migrated(database_url) as database:
        await write(
            database.engine,
            [stretch("ann", 77, MONDAY, AgentState.READY), stretch("bob", 78, MONDAY, AgentState.READY)],
        )
        assert await stale(database.engine) == []
        begins_ms = MONDAY + 2 * QUARTER + 5
        await write(database.engine, [stretch("ann", 1, begins_ms, AgentState.NOT_READY)])
        found = await rows(database.engine, AgentStretchRow, AgentStretchRow.agent, AgentStretchRow.began_ms)
        assert _told(found) == [
            (0, 2 * QUARTER + 5, "ready"),
            (2 * QUARTER + 5, None, "not_ready"),
            (0, None, "ready"),
        ]
        assert await stale(database.engine) == [0, 1, 2]
        await write(database.engine, [stretch("ann", 77, MONDAY, AgentState.READY, MONDAY + 9)])  # it was only late
        assert _told(await rows(database.engine, AgentStretchRow, AgentStretchRow.agent, AgentStretchRow.began_ms))[
            0
        ] == (0, 9, "ready")
        assert await stale(database.engine) == [0, 1, 2]


# ---- neighbours


async def neighbours(engine: AsyncEngine) -> dict[str, tuple[int | None, int | None]]:
    return {row["id"]: (row["previous_ms"], row["next_ms"]) for row in await rows(engine, ContactRow)}


def _naive(records: Sequence[Any]) -> dict[str, tuple[int | None, int | None]]:
    chains: dict[Any, list[Any]] = {}
    for one in sorted(records, key=lambda one: (one.arrived_ms, one.contact)):
        key = one.customer if one.customer is not None else one.caller
        chains.setdefault(one.contact if key is None or one.direction is Direction.OUT else key, []).append(one)
    return {
        one.contact: (
            chain[at - 1].arrived_ms if at > 0 else None,
            chain[at + 1].arrived_ms if at + 1 < len(chain) else None,
        )
        for chain in chains.values()
        for at, one in enumerate(chain)
    }


@run_async
async def test_contacts_know_when_those_beside_them_arrived_in_whatever_order_they_end(database_url: str) -> None:
    callers = ("+12125550101", "+12125550102", None)
    records = [
        contact(
            f"c{number}",
            arrived_ms=1_000 * (number * 7 % 11),
            customer=(None, 5, None, 6)[number % 4],
            caller=callers[number % 3],
            direction=Direction.OUT if number % 9 == 8 else Direction.IN,
        )
        for number in range(40)
    ]
    async with migrated(database_url) as database:
        for size in (1, 6):
            for at in range(0, len(records), size):
                await write(database.engine, records[at : at + size])
            assert await neighbours(database.engine) == _naive(records)
            async with database.engine.begin() as connection:
                await link_contacts(connection, [one.contact for one in records])  # again
            assert await neighbours(database.engine) == _naive(records)
            async with database.engine.begin() as connection:
                await connection.execute(ContactRow.__table__.delete())  # type: ignore[attr-defined]


@run_async
async def test_a_stretch_without_end_touches_no_more_quarters_than_there_is_room_for(database_url: str) -> None:
    async with migrated(database_url) as database:
        years_ms = 3 * 365 * 86_400_000
        await write(database.engine, [stretch("ann", 1, MONDAY, AgentState.NOT_READY, MONDAY + years_ms)])
        found = await stale(database.engine)
        assert (len(found), found[-1]) == (MAX_QUARTERS, years_ms // QUARTER - 1)

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.facts import HandedTo, RecordPart, VisitEnd
from callcenter.stores import figures
from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.figure_tables import DAY_MS, FigureAgentRow, FigureQueueRow, FigureStretchRow, StaleQuarterRow
from callcenter.stores.figures import FiguresKept, OpenStretch, open_stretches, refresh
from callcenter.types import AgentState
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.simulation.hearing import heard
from tests.stores.facts import MONDAY, QUARTER, Table, ended, made_up, part, recount, stretch, visit
from tests.stores.logs import count, rows
from tests.stores.records import contact, until

ALL = (0, 1 << 60)


async def write(engine: AsyncEngine, records: Sequence[Record]) -> None:
    async with engine.begin() as connection:
        await write_batch(connection, records, lambda caller: caller)


async def tables(engine: AsyncEngine) -> tuple[Table, ...]:
    """As `recount` has them."""
    found = []
    for table in (FigureQueueRow, FigureAgentRow, FigureStretchRow):
        keys = [column.name for column in table.__table__.primary_key]
        found.append(
            {
                tuple(row[key] for key in keys): {name: row[name] for name in row if name not in keys and row[name]}
                for row in await rows(engine, table)
            }
        )
    return tuple(found)


@run_async
async def test_figures_of_a_day_by_hand(database_url: str) -> None:
    async with migrated(database_url) as database:
        engine = database.engine
        later = {"began_ms": MONDAY + QUARTER, "ended_ms": MONDAY + QUARTER + 2_000, "waited_ms": 2_000}
        await write(engine, [ended("c1"), part("c1"), ended("c2", how=VisitEnd.ABANDONED, **later), visit("c3")])
        await write(engine, [stretch("ann", 1, MONDAY + QUARTER - 1_000, AgentState.READY, MONDAY + 2 * QUARTER + 3)])
        assert await refresh(engine, *ALL) == 3
        queues, agents, stretches = await tables(engine)
        work = {"parts": 1, "talk_ms": 40_000, "hold_ms": 15_000, "wrap_up_ms": 5_000}
        answered = {"answered": 1, "answered_within": 1, "answer_wait_ms": 9_000, "longest_wait_ms": 9_000}
        short = {"offered": 1, "short_abandoned": 1, "abandoned_within": 1, "longest_wait_ms": 2_000}
        assert queues == {
            (MONDAY, "sales", "gold", "800"): {"offered": 2, "waiting": 1} | answered | work,
            (MONDAY + QUARTER, "sales", "gold", "800"): short,
        }
        assert agents == {(MONDAY, "ann", "sales"): work | {"ring_ms": 4_000}}
        assert stretches == {
            (MONDAY, "ann", "ready", ""): {"ms": 1_000},
            (MONDAY + QUARTER, "ann", "ready", ""): {"ms": QUARTER},
            (MONDAY + 2 * QUARTER, "ann", "ready", ""): {"ms": 3},
        }


@run_async
async def test_figures_equal_a_recount_whatever_comes_twice_or_in_a_broken_order(database_url: str) -> None:
    async with migrated(database_url) as database:
        for seed in range(3):
            draw = random.Random(seed)
            records = made_up(seed)
            order = records + draw.sample(records, len(records) // 3)
            if seed > 0:
                draw.shuffle(order)
            while order:
                size = draw.choice((1, 7, 60, 200))
                batch, order = order[:size], order[size:]
                await write(database.engine, batch)
                if draw.random() < 0.3:
                    await write(database.engine, batch)
                    await refresh(database.engine, MONDAY, MONDAY + draw.randrange(9 * QUARTER))
            await refresh(database.engine, *ALL)
            assert await tables(database.engine) == recount(records)
            assert await count(database.engine, StaleQuarterRow) == 0
            async with database.engine.begin() as connection:  # the next seed begins anew
                for table in reversed(StaleQuarterRow.metadata.sorted_tables):
                    if table.name in ("visit", "part", "agent_stretch", "segment") or table.name.startswith("figure_"):
                        await connection.execute(table.delete())


@run_async
async def test_figures_of_a_simulated_center_equal_a_recount(database_url: str) -> None:
    """With restarts, transfers, consultations and calls out; and offered is what became of those who were."""
    _, hearing = heard(4, 1_500)
    records = [command for command in hearing.said if isinstance(command, Record)]
    assert {HandedTo.QUEUE, HandedTo.AGENT} <= {one.transfer for one in records if isinstance(one, RecordPart)}
    async with migrated(database_url) as database:
        for at in range(0, len(records), 150):
            await write(database.engine, records[at : at + 150])
        await refresh(database.engine, *ALL)
        found = await tables(database.engine)
        assert found == recount(records)
        for row in found[0].values():
            ends = ("answered", "abandoned", "short_abandoned", "overflowed", "others", "waiting")
            assert row.get("offered", 0) == sum(row.get(end, 0) for end in ends)


@run_async
async def test_figures_are_right_though_many_refresh_while_facts_are_written(database_url: str) -> None:
    async with migrated(database_url) as database:
        engine, records, written = database.engine, made_up(7), False

        async def keep_writing() -> None:
            nonlocal written
            for at in range(0, len(records), 10):
                await write(engine, records[at : at + 10])
            written = True

        async def keep_refreshing() -> None:
            while not written:
                await refresh(engine, *ALL)

        await asyncio.gather(keep_writing(), *(keep_refreshing() for _ in range(3)))
        await refresh(engine, *ALL)
        assert await tables(engine) == recount(records)


@run_async
async def test_who_refreshes_waits_for_facts_that_are_being_written(database_url: str) -> None:
    async with migrated(database_url) as database:
        await write(database.engine, [visit("c1")])
        async with database.engine.begin() as connection:
            await write_batch(connection, [visit("c2")], lambda caller: caller)
            refreshing = asyncio.create_task(refresh(database.engine, *ALL))
            done, _ = await asyncio.wait([refreshing], timeout=0.5)  # it would be long since, did it not wait
            assert not done
        await refreshing
        assert (await tables(database.engine))[0][MONDAY, "sales", "gold", "800"] == {"offered": 2, "waiting": 2}


@run_async
async def test_a_range_is_refreshed_and_the_rest_stays_stale(database_url: str) -> None:
    async with migrated(database_url) as database:
        at = {"began_ms": MONDAY + 2 * QUARTER, "queued_ms": MONDAY}
        await write(database.engine, [visit("c1"), visit("c2", **at)])
        assert await refresh(database.engine, MONDAY + 1, MONDAY + 2 * QUARTER) == 1
        async with database.engine.connect() as connection:
            assert list(await connection.scalars(select(StaleQuarterRow.quarter_ms))) == [MONDAY + 2 * QUARTER]
        assert await refresh(database.engine, *ALL) == 1
        assert await refresh(database.engine, *ALL) == 0


@run_async
async def test_a_visit_that_ends_is_counted_anew_in_the_quarter_in_which_it_began(database_url: str) -> None:
    async with migrated(database_url) as database:
        await write(database.engine, [visit("c1")])
        await refresh(database.engine, *ALL)
        assert (await tables(database.engine))[0][MONDAY, "sales", "gold", "800"] == {"offered": 1, "waiting": 1}
        ended_ms = MONDAY + 3 * QUARTER
        await write(database.engine, [ended("c1", how=VisitEnd.OVERFLOWED, ended_ms=ended_ms, waited_ms=3 * QUARTER)])
        await refresh(database.engine, *ALL)
        overflowed = {"offered": 1, "overflowed": 1, "longest_wait_ms": 3 * QUARTER}
        assert await tables(database.engine) == ({(MONDAY, "sales", "gold", "800"): overflowed}, {}, {})


@run_async
async def test_a_stretch_that_goes_on_is_told_and_not_yet_in_the_figures(database_url: str) -> None:
    async with migrated(database_url) as database:
        begun = [stretch("bob", 1, MONDAY, AgentState.NOT_READY), stretch("ann", 2, MONDAY + 5, AgentState.TALKING)]
        over = stretch("cid", 3, MONDAY, AgentState.READY, MONDAY + 10)
        await write(database.engine, [*begun, over])
        await refresh(database.engine, *ALL)
        assert (await tables(database.engine))[2] == {(MONDAY, "cid", "ready", ""): {"ms": 10}}
        ann, bob = (
            OpenStretch("ann", AgentState.TALKING, "", MONDAY + 5),
            OpenStretch("bob", AgentState.NOT_READY, "lunch", MONDAY),
        )
        async with database.engine.connect() as connection:
            assert await open_stretches(connection, MONDAY + QUARTER) == [ann, bob]
            assert await open_stretches(connection, MONDAY + 5) == [bob]


@run_async
async def test_figures_are_kept_by_themselves_and_again_when_the_database_is_back(database_url: str) -> None:
    async with migrated(database_url) as database:
        kept = FiguresKept(database.engine, every_s=0.01)
        failures = 0

        async def broken(*of: object) -> bool:
            nonlocal failures
            failures += 1
            raise OSError("out of reach")

        with patch.object(figures, "_refresh_quarter", broken):
            await write(database.engine, [visit("c1")])
            kept.start()
            kept.start()
            await until(lambda: failures > 1, "it is tried again")
        while not await count(database.engine, FigureQueueRow):  # noqa: ASYNC110 - no event announces it
            await asyncio.sleep(0.01)
        await kept.stop()
        await kept.stop()
        await write(database.engine, [visit("c2")])
        assert await count(database.engine, StaleQuarterRow) == 1


@run_async
async def test_a_driver_that_makes_an_error_of_its_cancelling_holds_up_no_end(database_url: str) -> None:
    async with migrated(database_url) as database:
        working, asked = asyncio.Event(), 0

        async def stubborn(*of: object) -> int:
            nonlocal asked
            asked += 1
            working.set()
            assert asked == 1, "it goes on"
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise OSError("the connection is gone") from None
            return 0

        kept = FiguresKept(database.engine)
        with patch.object(figures, "refresh", stubborn):
            kept.start()
            await working.wait()
            await kept.stop()
        assert asked == 1


@run_async
async def test_whatever_is_read_to_write_facts_and_figures_is_found_by_an_index(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values if isinstance(values, tuple) else values[0]))

    async with migrated(f"sqlite:///{tmp_path}/test.sqlite3") as database:
        callers = [contact(f"c{number}", customer=number % 2 or None) for number in range(9)]
        event.listen(database.engine.sync_engine, "before_cursor_execute", listen)
        await write(database.engine, [*made_up(1), *callers])
        await refresh(database.engine, *ALL)
        event.remove(database.engine.sync_engine, "before_cursor_execute", listen)
        plans: set[str] = set()
        async with database.engine.connect() as connection:
            for statement, values in dict(asked).items():
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                plans |= {row.detail for row in plan}
    assert not [step for step in plans if step.startswith("SCAN ") and not step.startswith("SCAN anon_")]
    by_another_index = [step for step in plans if step.startswith("SEARCH contact USING") and "(id=?)" not in step]
    assert not by_another_index, "a contact that was just written is found by its id alone"
    for index in (
        "ix_visit_began_ms",
        "ix_part_began_ms",
        "ix_segment_offer_ended_ms",
        "ix_agent_stretch_began_ms",
        "ix_agent_stretch_long",
        "ix_agent_stretch_open",
        "ix_contact_customer_id_arrived_ms",
        "ix_contact_number_arrived_ms",
    ):
        assert any(index in step for step in plans), index


@run_async
async def test_stretches_of_days_have_their_share_of_each_quarter(database_url: str) -> None:
    lengths = {"a": QUARTER, "b": QUARTER + 1, "c": DAY_MS - 1, "d": DAY_MS, "e": DAY_MS + 1, "f": 3 * DAY_MS}
    async with migrated(database_url) as database:
        records = [stretch(agent, 1, MONDAY - 7, AgentState.READY, MONDAY - 7 + ms) for agent, ms in lengths.items()]
        await write(database.engine, records)
        await refresh(database.engine, *ALL)
        shares = await rows(database.engine, FigureStretchRow)
        summed = {agent: sum(row["ms"] for row in shares if row["agent"] == agent) for agent in lengths}
        assert summed == lengths
        assert {row["ms"] for row in shares if row["agent"] == "f"} == {7, QUARTER, QUARTER - 7}

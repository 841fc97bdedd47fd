import re
from pathlib import Path

from callcenter.stores import history
from callcenter.stores.contact_log import ContactLog
from callcenter.stores.history import last_agent
from callcenter.types import AgentId, ChannelRef, Outcome, PbxName
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import RecordsInMemory, no_database, started
from tests.stores.records import contact, disposition


@run_async
async def test_recent_shows_the_last_contacts_of_a_customer_first(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        for n in range(8):
            log.execute(contact(f"c{n}", customer=7, arrived_ms=1_000 * n, connected_ms=50_000, ended_ms=51_500))
        log.execute(disposition("c7", "resolved"))
        log.execute(contact("other", customer=8, arrived_ms=99_000, caller="+12125550199"))
        await log.flush()
        last = await log.recent([7], "+12125550123")
        assert [past.contact for past in last] == ["c7", "c6", "c5", "c4", "c3"]
        first = last[0]
        assert (first.arrived_ms, first.queue, first.agent, first.outcome) == (7_000, "sales", "ann", "answered")
        assert (first.disposition, first.talk_ms) == ("resolved", 1_500)
        assert len(await log.recent([7, 8], None, limit=20)) == 9


@run_async
async def test_recent_finds_an_unknown_caller_by_number_in_any_spelling(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(contact("known", customer=7, arrived_ms=1))
        log.execute(contact("unknown", customer=None, caller="212 555 0123", arrived_ms=2, connected_ms=None))
        await log.flush()
        by_number = await log.recent([], "12125550123")
        assert [past.contact for past in by_number] == ["unknown", "known"]
        assert by_number[0].talk_ms == 0


@run_async
async def test_recent_tells_nobody_of_another_customer_on_the_same_telephone(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(contact("mine", customer=7, arrived_ms=1))
        log.execute(contact("hers", customer=8, arrived_ms=2))
        log.execute(contact("nobody's", customer=None, arrived_ms=3))
        await log.flush()
        assert [past.contact for past in await log.recent([7], "+12125550123")] == ["nobody's", "mine"]


@run_async
async def test_recent_of_a_withheld_number_is_empty(database_url: str, tmp_path: Path) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        for n, caller in enumerate(["anonymous", None, "0000000000", "1001"]):
            log.execute(contact(f"c{n}", caller=caller, channel=ChannelRef(PbxName("main"), f"{n}")))
        await log.flush()
        for caller in ("anonymous", None, "0000000000", "1001"):
            assert await log.recent([], caller) == ()


@run_async
async def test_recent_is_empty_while_the_database_is_down(tmp_path: Path) -> None:
    async with no_database(tmp_path) as (engine, _):
        log = ContactLog(engine, RecordsInMemory(), tmp_path)
        assert await log.recent([7], "+12125550123") == ()


@run_async
async def test_last_agent_is_who_answered_last_whatever_came_to_nothing_since(
    database_url: str, tmp_path: Path
) -> None:
    async with migrated(database_url) as database, started(database.engine, tmp_path) as log:
        log.execute(contact("c2", customer=7, agent=AgentId("ben"), arrived_ms=2))
        log.execute(contact("c1", customer=7, agent=AgentId("ann"), arrived_ms=1))
        log.execute(contact("c3", customer=7, agent=None, arrived_ms=3, outcome=Outcome.ABANDONED))
        log.execute(contact("c4", customer=8, agent=None, arrived_ms=4, outcome=Outcome.FALLBACK))
        log.execute(contact("c5", customer=None, agent=AgentId("cleo"), arrived_ms=5, caller="212 555 0123"))
        await log.flush()
        assert await last_agent(database.engine, 7, None) == "ben"
        assert await last_agent(database.engine, 7, "+12125550123") == "ben"
        assert await last_agent(database.engine, 8, None) is None
        assert await last_agent(database.engine, None, "+12125550123") == "cleo"
        assert await last_agent(database.engine, None, "+12125550199") is None


@run_async
async def test_last_agent_is_found_by_the_indexes_alone(database_url: str) -> None:
    """In a log of some size neither database sorts, or reads contacts of others."""
    async with migrated(database_url) as database, database.engine.begin() as connection:
        series = (
            "SELECT value AS n FROM generate_series(1, 30000) AS value"
            if connection.dialect.name == "postgresql"
            else "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 30000) SELECT n FROM s"
        )
        await connection.exec_driver_sql(
            "INSERT INTO contact (id, pbx, channel, number, caller_name, dialled, customer_id, tier, agent, outcome, "
            "arrived_ms, ended_ms, waited_ms, offers) SELECT 'c' || n, 'main', 'x', '+1212555' || (n % 9000), '', '', "
            f"n % 1000, 'gold', 'ann', 'answered', n, n, 0, 1 FROM ({series}) AS numbers"
        )
        await connection.exec_driver_sql("ANALYZE")
        explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        for statement, whose, index in (
            (history._LAST_OF_CUSTOMER, 7, "ix_contact_customer_id_arrived_ms"),
            (history._LAST_OF_NUMBER, "+12125551", "ix_contact_number_arrived_ms"),
        ):
            compiled = statement.params(whose=whose).compile(
                dialect=connection.dialect, compile_kwargs={"literal_binds": True}
            )
            plan = " ".join(
                str(column) for row in await connection.exec_driver_sql(f"{explain} {compiled}") for column in row
            )
            assert index in plan, plan
            assert not re.search(r"Seq Scan|Sort|SCAN|TEMP B-TREE", plan), plan

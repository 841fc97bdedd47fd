"""What the rules are explained with from the journal and the database, both real."""

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert

from callcenter.commands import RecordDecision
from callcenter.engine import Engine
from callcenter.events import (
    AgentReady,
    AgentSignedIn,
    ConfigurationLoaded,
    DeviceChanged,
    Event,
    PbxSynced,
    QueueStateSet,
    TimePassed,
)
from callcenter.recovery import open_journal
from callcenter.rulebook.records import Past, customers_of, lines_of, past_of, present_of, seen_from
from callcenter.settings import Loaded, load
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import DatabaseUnavailableError, default_url
from callcenter.stores.journal import Entry
from callcenter.stores.tables import CustomerNumberRow, CustomerRow
from callcenter.types import (
    AgentId,
    ContactId,
    DecisionKind,
    DeviceStatus,
    PbxName,
    QueueName,
    QueueState,
    Route,
    Skill,
    SkillName,
)
from tests.crm.foreign import make_sqlite, settings_of
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.rules_samples import SECRET, write_files
from tests.stores.records import contact
from tests.test_recovery import arrival

MAIN, SUPPORT = PbxName("main"), QueueName("support")
ROUTE = Route(SUPPORT, 50, (Skill(SkillName("support"), 7),), "vip", "because", prefer=(AgentId("anna"),))


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    found = load(write_files(tmp_path), SECRET)
    found.settings.data_dir.mkdir()
    return found


def events_of(loaded: Loaded) -> list[tuple[int, Event]]:
    """Anna and Carla are ready, Bob has just signed in; one caller waits where nobody is free."""
    phones = tuple(DeviceChanged(agent.device, DeviceStatus.FREE) for agent in loaded.configuration.agents)
    return [
        (10, ConfigurationLoaded(loaded.configuration)),
        (20, PbxSynced(MAIN, (), (), (), phones)),
        (30, AgentSignedIn(AgentId("anna"))),
        (31, AgentReady(AgentId("anna"))),
        (32, AgentSignedIn(AgentId("carla"))),
        (33, AgentReady(AgentId("carla"))),
        (34, AgentSignedIn(AgentId("bob"))),
        (1_000, arrival(1)),
        (1_200, TimePassed()),
    ]


def engine_with(events: list[tuple[int, Event]]) -> Engine:
    first = events[0][1]
    assert isinstance(first, ConfigurationLoaded)
    engine = Engine.fresh(first.configuration)
    for now_ms, event in events:
        engine.handle(now_ms, event)
    return engine


# ---- the present


def test_the_facts_of_queues_and_agents_are_those_of_the_engine(loaded: Loaded) -> None:
    facts = seen_from(engine_with(events_of(loaded)).snapshot(), 31_000).facts(loaded.configuration)
    assert (facts["queue.general.waiting"], facts["queue.general.longest_wait_s"]) == (1, 30)
    assert (facts["agents.support.ready"], facts["agents.support.signed_in"]) == (2, 3)
    assert facts["agents.sales.ready"] == 1
    assert facts["queue.sales.open"] is True


def test_a_contact_that_came_now_stands_among_those_who_wait(loaded: Loaded) -> None:
    present = seen_from(engine_with(events_of(loaded)).snapshot(), 31_000).live(ROUTE, MAIN)
    assert (present.at_ms, present.queue_state) == (1_200, QueueState.OPEN)
    assert present.standing is not None
    assert (present.standing.place, present.standing.waiting) == (1, 1)
    told = {str(reason.agent): reason.words for reason in present.standing.agents}
    assert told["carla"].endswith("comes first (2 could take it now)")
    assert told["anna"] == "Carla has this queue earlier in its own order"
    assert told["bob"] == "has support 4, support >= 7 is asked for"


def test_a_queue_that_is_closed_or_not_known_is_told(loaded: Loaded) -> None:
    events = [*events_of(loaded), (2_000, QueueStateSet(SUPPORT, QueueState.CLOSED, "sue"))]
    assert seen_from(engine_with(events).snapshot(), 3_000).live(ROUTE, MAIN).queue_state is QueueState.CLOSED
    unknown = Route(QueueName("new"), 0, (), "", "")
    present = seen_from(engine_with(events).snapshot(), 3_000).live(unknown, MAIN)
    assert (present.queue_state, present.standing) == (None, None)


@pytest.mark.redis
@run_async
async def test_the_engine_is_what_the_journal_comes_to_and_the_journal_stays(
    redis_executable: Path, loaded: Loaded
) -> None:
    async with contextlib.AsyncExitStack() as closing:
        journal = await open_journal(loaded.settings, closing)
        await journal.load()
        await journal.append([Entry(*entry) for entry in events_of(loaded)])
    first = await present_of(loaded, 31_000)
    assert first.live(ROUTE, MAIN).standing is not None
    again = await present_of(loaded, 31_000)
    assert again.facts(loaded.configuration)["queue.support.waiting"] == 0


# ---- the database


@run_async
async def test_the_record_of_a_caller_is_looked_up_where_the_daemon_would(loaded: Loaded) -> None:
    async with migrated(default_url(loaded.settings.data_dir)) as database, database.engine.begin() as connection:
        row = {"id": 7, "account": "A-7", "name": "Ann", "tier": "gold", "account_manager": "anna"}
        await connection.execute(insert(CustomerRow), [row])
        await connection.execute(insert(CustomerNumberRow), [{"number": "+12125550123", "customer_id": 7}])
        await write_batch(connection, [contact("c1", customer=7)], lambda number: number)
    (found,), last = await customers_of(loaded, "(212) 555-0123", None)
    assert (found.name, found.tier, found.account_manager, last) == ("Ann", "gold", "anna", "ann")
    assert await customers_of(loaded, None, "A-8") == ((), None)


@run_async
async def test_the_record_of_a_crms_customer_is_looked_up_there(loaded: Loaded, tmp_path: Path) -> None:
    crm = settings_of(make_sqlite(tmp_path / "crm.sqlite3"))
    loaded = replace(loaded, settings=loaded.settings.model_copy(update={"crm": crm}))
    async with migrated(default_url(loaded.settings.data_dir)):
        (found,), last = await customers_of(loaded, "(202) 555-0101", None)
        assert (found.name, found.tier, found.account_manager, last) == ("Ann O'Hara", "platinum", "anna", None)
        away = loaded.settings.model_copy(update={"crm": settings_of(f"sqlite:///{tmp_path}/away.sqlite3")})
        with pytest.raises(DatabaseUnavailableError, match="the CRM's database cannot be asked"):
            await customers_of(replace(loaded, settings=away), "(202) 555-0101", None)


DECIDED = RecordDecision(ContactId("c1"), 1, DecisionKind.ROUTED, 1_100, QueueName("sales"), 20, "sales: no", None)


@run_async
async def test_what_was_decided_of_a_contact_is_read_from_the_log(loaded: Loaded) -> None:
    async with migrated(default_url(loaded.settings.data_dir)) as database, database.engine.begin() as connection:
        moved = RecordDecision(ContactId("c1"), 2, DecisionKind.MOVED, 2_000, SUPPORT, 20, "moved to support", "sue")
        waits = RecordDecision(ContactId("c2"), 1, DecisionKind.ROUTED, 2_000, SUPPORT, 20, "support: x", None)
        await write_batch(connection, [contact("c1"), moved, DECIDED, waits], lambda number: number)
    past = await past_of(loaded, ContactId("c1"))
    assert list(lines_of(past, lambda at_ms: f"{at_ms} ms")) == [
        "Contact c1 at 1000 ms",
        "  caller is +12125550123",
        "  caller_name is Ann",
        "  dialled is 800",
        "  tier is gold",
        "",
        "Decision: gold sales",
        "  queue sales, priority 20",
        "  because tier is gold",
        "  answered by ann, waited 3 s, 1 offers",
        "",
        "What was decided, in order",
        "  1100 ms  routed: sales: no",
        "  2000 ms  moved by sue: moved to support",
        "",
        "Its offers, as long as the journal has them: callcenter explain c1",
    ]
    waiting = list(lines_of(await past_of(loaded, ContactId("c2")), str))
    assert waiting[0] == "Contact c2 is not in the log as one that is over; its decisions are."
    assert "  2000  routed: support: x" in waiting
    unknown = await past_of(loaded, ContactId("c3"))
    assert unknown == Past(ContactId("c3"), None, (), None)
    assert next(lines_of(unknown, str)) == "The log holds nothing of contact c3."


def test_whether_the_journal_still_has_the_offers_is_told() -> None:
    past = Past(ContactId("c1"), None, (), True)
    assert list(lines_of(past, str))[-1] == "Its offers are still in the journal: callcenter explain c1"
    past = Past(ContactId("c1"), None, (), False)
    assert list(lines_of(past, str))[-1] == "The journal no longer has its offers."


@run_async
async def test_a_database_that_is_not_there_is_not_made(loaded: Loaded) -> None:
    with pytest.raises(DatabaseUnavailableError, match=r"there is no database .*callcenter\.sqlite3 yet"):
        await past_of(loaded, ContactId("c1"))
    assert not list(loaded.settings.data_dir.iterdir())


@run_async
async def test_a_database_without_the_tables_is_an_error_for_people(loaded: Loaded) -> None:
    (loaded.settings.data_dir / "callcenter.sqlite3").touch()
    with pytest.raises(DatabaseUnavailableError, match="the database cannot be read: no such table"):
        await past_of(loaded, ContactId("c1"))

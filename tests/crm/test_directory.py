import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from callcenter.commands import LookUpCustomer, RecordContact, ScreenClear
from callcenter.crm.directory import CustomerDirectory, LookUpOutcome
from callcenter.crm.records import MAX_SHARING
from callcenter.crm_settings import CrmSettings
from callcenter.events import CustomersFound
from callcenter.numbers import to_e164
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import default_url, open_database
from callcenter.stores.tables import CustomerAttributeRow, CustomerNumberRow, CustomerRow
from callcenter.types import AgentId, Attribute, AttributeKind, ContactId, Customer, OfferId, Outcome, Tier
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.records import contact, until

ANN = Customer(1, "1001", "Ann", Tier("gold"), "en", "likes short answers", AgentId("greta"))
BEN = Customer(2, "1002", "Ben\u2028O'Hara", Tier("standard"))
CLEO = Customer(3, "1003", "Cleo", Tier("platinum"))
NUMBERS = ((ANN, "+12125550101"), (BEN, "+12125550102"), (BEN, "+12125550199"), (CLEO, "+12125550199"))


@dataclass
class World:
    directory: CustomerDirectory
    engine: Any
    found: list[CustomersFound] = field(default_factory=list)
    told: list[LookUpOutcome] = field(default_factory=list)


async def write_customers(engine: Any, customers: Sequence[Customer], numbers: Sequence[tuple[Customer, str]]) -> None:
    columns = ("id", "account", "name", "tier", "language", "notes", "account_manager")
    rows = [{column: getattr(one, column) for column in columns} for one in customers]
    async with engine.begin() as connection:
        await connection.execute(insert(CustomerRow), rows)
        theirs = [{"number": number, "customer_id": one.id} for one, number in numbers]
        await connection.execute(insert(CustomerNumberRow), theirs)


@asynccontextmanager
async def world(url: str, settings: CrmSettings | None = None, **options: Any) -> AsyncIterator[World]:
    async with migrated(url) as database:
        await write_customers(database.engine, (ANN, BEN, CLEO), NUMBERS)
        found: list[CustomersFound] = []
        told: list[LookUpOutcome] = []
        directory = CustomerDirectory(
            database.engine,
            settings or CrmSettings(),
            found.append,
            observe=lambda outcome, duration_s: told.append(outcome) if duration_s >= 0 else None,
            **options,
        )
        yield World(directory, database.engine, found, told)
        await directory.close()


def look_up(contact: str, caller: str | None, account: str | None = None) -> LookUpCustomer:
    return LookUpCustomer(ContactId(contact), caller, account)


# ---- find


@run_async
async def test_account_wins_over_number(database_url: str) -> None:
    cases: list[tuple[str | None, str | None, Sequence[Customer]]] = [
        ("+12125550101", None, (ANN,)),
        ("(212) 555-0101", None, (ANN,)),
        ("+12125550199", None, (BEN, CLEO)),
        ("+12125550199", "1003", (CLEO,)),
        ("+12125550101", "1003", (CLEO,)),
        (None, "1003", (CLEO,)),
        (None, " 1003 ", (CLEO,)),
        ("+12125550101", "9999", (ANN,)),
        ("+12125550101", "", (ANN,)),
        ("+12125550101", "9" * 20_000, (ANN,)),
        ("+12125550101", "\0\ud800", (ANN,)),
        ("+12125550150", None, ()),
        ("+12125550150", "9999", ()),
        ("anonymous", None, ()),
        (None, None, ()),
        (None, "9999", ()),
        ("' OR 1=1 --", "' OR 1=1 --", ()),
    ]
    async with world(database_url) as w:
        for caller, account, expected in cases:
            assert await w.directory.find(caller, account) == expected, (caller, account)


# ---- attributes

SPEND = Attribute("spend", AttributeKind.NUMBER, 0.0)
VIP = Attribute("vip", AttributeKind.FLAG, False)
SINCE = Attribute("since", AttributeKind.DATE, "")


async def write_attributes(engine: Any, *attributes: tuple[Customer, str, str]) -> None:
    async with engine.begin() as connection:
        rows = [{"customer_id": one.id, "name": name, "value": value} for one, name, value in attributes]
        await connection.execute(insert(CustomerAttributeRow), rows)


@run_async
async def test_customers_come_with_the_attributes_declared(database_url: str) -> None:
    async with world(database_url, attributes=(SPEND, VIP, SINCE)) as w:
        await write_attributes(
            w.engine,
            (ANN, "spend", "1250.50"),
            (ANN, "vip", "true"),
            (ANN, "since", "2024-02-29"),
            (ANN, "shoe_size", "44"),
            (CLEO, "vip", "false"),
        )
        ann = replace(ANN, attributes={"spend": 1250.5, "vip": True, "since": "2024-02-29"})
        cleo = replace(CLEO, attributes={"vip": False})
        assert await w.directory.find("+12125550101", None) == (ann,)
        assert await w.directory.find("+12125550199", None) == (BEN, cleo), "one that is shared, one without any"
        assert await w.directory.find(None, "1001") == (ann,)
        assert await w.directory.find(None, "1002") == (BEN,)


@run_async
async def test_attributes_declared_anew_count_from_the_next_look_up_on(database_url: str) -> None:
    async with world(database_url) as w:
        await write_attributes(w.engine, (ANN, "spend", "7"), (ANN, "vip", "yes"))
        assert await w.directory.find(None, "1001") == (ANN,)
        w.directory.declare([SPEND])
        assert await w.directory.find(None, "1001") == (replace(ANN, attributes={"spend": 7.0}),)
        w.directory.declare([VIP, Attribute("spend", AttributeKind.TEXT, "")])
        assert await w.directory.find(None, "1001") == (replace(ANN, attributes={"spend": "7", "vip": True}),)
        w.directory.declare([])
        assert await w.directory.find(None, "1001") == (ANN,)


@run_async
async def test_value_of_another_kind_is_left_out_and_logged_once_in_a_while(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(database_url, attributes=(SPEND, VIP)) as w:
        await write_attributes(w.engine, (ANN, "spend", "a lot"), (ANN, "vip", "yes"))
        for _ in range(5):
            assert await w.directory.find(None, "1001") == (replace(ANN, attributes={"vip": True}),)
    (record,) = caplog.records
    assert record.getMessage() == (
        "customer 1001: attribute `spend` is not a number, such as 1250.5; the default counts"
    )


@pytest.mark.parametrize("attributes", [0, 5])
@run_async
async def test_number_of_a_switchboard_gives_only_so_many_customers(database_url: str, attributes: int) -> None:
    names = [f"a{n}" for n in range(attributes)]
    declared = [Attribute(name, AttributeKind.TEXT, "") for name in names]
    async with world(database_url, attributes=declared) as w:
        everyone = [Customer(n, str(n), "x", Tier("gold")) for n in range(100, 100 + 2 * MAX_SHARING)]
        await write_customers(w.engine, everyone, [(one, "+12125550177") for one in everyone])
        if names:
            await write_attributes(w.engine, *((one, name, name) for one in everyone for name in names))
        found = await w.directory.find("+12125550177", None)
        assert [one.id for one in found] == [one.id for one in everyone][:MAX_SHARING]
        assert all(one.attributes == {name: name for name in names} for one in found)


@run_async
async def test_attributes_go_with_their_customer(database_url: str) -> None:
    async with world(database_url) as w:
        await write_attributes(w.engine, (ANN, "spend", "7"))
        async with w.engine.begin() as connection:
            await connection.execute(text("DELETE FROM customer WHERE id = 1"))
            left = await connection.execute(text("SELECT count(*) FROM customer_attribute"))
            assert left.scalar_one() == 0


# ---- execute


@run_async
async def test_answers_are_emitted_and_observed(database_url: str) -> None:
    async with world(database_url) as w:
        w.directory.execute(look_up("c1", "+12125550101"))
        w.directory.execute(look_up("c2", "+12125550199"))
        w.directory.execute(look_up("c3", "anonymous"))
        w.directory.execute(ScreenClear(AgentId("a"), OfferId("o")))
        assert w.found == [], "nothing is answered in the caller's way"
        assert w.directory.waiting == 3
        await until(lambda: w.directory.waiting == 0, "all answers")
        assert {event.contact: event.customers for event in w.found} == {"c1": (ANN,), "c2": (BEN, CLEO), "c3": ()}
        assert sorted(outcome.value for outcome in w.told) == ["found", "several", "unknown"]


@pytest.mark.postgres
@run_async
async def test_slow_database_delays_nobody_and_its_answer_follows(postgres_url: str) -> None:
    async with world(postgres_url) as w:
        async with w.engine.begin() as other:
            await other.execute(text("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE"))
            w.directory.execute(look_up("c1", "+12125550101"))
            async with w.engine.connect() as watcher:
                await _until_blocked(watcher)
            assert w.found == []
        await until(lambda: w.found, "the answer")
        assert w.found == [CustomersFound(ContactId("c1"), (ANN,))]


async def _until_blocked(connection: Any) -> None:
    blocked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(20):
        while not (await connection.execute(blocked)).scalar_one():
            await connection.rollback()


@pytest.mark.postgres
@run_async
async def test_answer_after_the_limit_is_not_waited_for(postgres_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with world(postgres_url, CrmSettings(lookup_limit_s=0.3)) as w:
        async with w.engine.begin() as other:
            await other.execute(text("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE"))
            w.directory.execute(look_up("c1", "+12125550101"))
            await until(lambda: w.directory.waiting == 0, "the limit")
        assert w.found == []
        assert w.told == [LookUpOutcome.LATE]
        assert "crm.lookup_limit_s" in caplog.text


class Gated(CustomerDirectory):
    """Its database answers when the test says so, with what the test says."""

    def prepare(self) -> None:
        self.gate = asyncio.Event()
        self.failures = 0
        self.log_hangs = False
        self.log_fails_with: Exception | None = None
        self.at_once = 0
        self.most_at_once = 0

    async def find(self, caller: str | None, account: str | None) -> tuple[Customer, ...]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            if self.failures:
                self.failures -= 1
                raise OSError("connection refused")
            return (ANN,)
        finally:
            self.at_once -= 1

    async def find_last_agent(self, customers: Sequence[Customer], caller: str | None) -> AgentId | None:
        if self.log_hangs:
            self.at_once += 1
            try:
                await asyncio.Event().wait()
            finally:
                await self.gate.wait()  # a database may take its time to be left alone
                self.at_once -= 1
        if self.log_fails_with is not None:
            raise self.log_fails_with
        return None


@asynccontextmanager
async def gated(
    tmp_path: Path, settings: CrmSettings | None = None, **options: Any
) -> AsyncIterator[tuple[Gated, list[CustomersFound], list[LookUpOutcome]]]:
    database = open_database(default_url(tmp_path))
    found: list[CustomersFound] = []
    told: list[LookUpOutcome] = []
    directory = Gated(
        database.engine,
        settings or CrmSettings(),
        found.append,
        observe=lambda outcome, _: told.append(outcome),
        **options,
    )
    directory.prepare()
    yield directory, found, told
    await directory.close()
    await database.close()


@pytest.mark.parametrize(
    ("failures", "answers", "outcome"), [(1, [ANN], LookUpOutcome.FOUND), (2, [], LookUpOutcome.FAILED)]
)
@run_async
async def test_a_failure_is_tried_once_more_and_a_second_one_is_logged_and_tells_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, failures: int, answers: list[Customer], outcome: LookUpOutcome
) -> None:
    async with gated(tmp_path) as (directory, found, told):
        directory.failures = failures
        directory.gate.set()
        directory.execute(look_up("c1", "+12125550101"))
        await until(lambda: told, "the end")
        assert found == [CustomersFound(ContactId("c1"), (one,)) for one in answers]
        assert told == [outcome]
        assert "connection refused" in caplog.text


@run_async
async def test_look_ups_are_bounded_at_once_and_in_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with gated(tmp_path, concurrency=3, max_waiting=10) as (directory, found, told):
        for n in range(15):
            directory.execute(look_up(f"c{n}", "+12125550101"))
        assert directory.waiting == 10
        assert told == [LookUpOutcome.REFUSED] * 5
        assert "contact c10 goes on without one" in caplog.text
        await until(lambda: directory.at_once == 3, "three are in the database")
        directory.gate.set()
        await until(lambda: directory.waiting == 0, "all answers")
        assert directory.most_at_once == 3
        assert [event.contact for event in found] == [f"c{n}" for n in range(10)]
        directory.execute(look_up("later", "+12125550101"))
        await until(lambda: len(found) == 11, "there is room again")


# ---- the last agent


async def write_contacts(engine: Any, *contacts: RecordContact) -> None:
    async with engine.begin() as connection:
        await write_batch(connection, contacts, lambda caller: to_e164(caller, "US"))


@run_async
async def test_last_agent_comes_with_the_customer_or_with_the_number_of_nobody(database_url: str) -> None:
    async with world(database_url) as w:
        await write_contacts(
            w.engine,
            contact("1", customer=ANN.id, agent=AgentId("old"), arrived_ms=1),
            contact("2", customer=ANN.id, agent=AgentId("new"), arrived_ms=2),
            contact("3", customer=ANN.id, agent=None, arrived_ms=3, outcome=Outcome.ABANDONED),
            contact("4", customer=CLEO.id, agent=AgentId("cleo's"), arrived_ms=4, caller="+12125550199"),
            contact("5", customer=None, agent=AgentId("stranger's"), arrived_ms=5, caller="(212) 555-0150"),
            contact("6", customer=None, agent=AgentId("nobody's"), arrived_ms=6, caller="anonymous"),
        )
        wanted = {
            "known": ("+12125550101", None, "new"),
            "by account": ("+12125550150", "1003", "cleo's"),
            "never served": ("+12125550102", None, None),
            "shared": ("+12125550199", None, None),
            "stranger": ("212 555 0150", None, "stranger's"),
            "other stranger": ("+12125550151", None, None),
            "withheld": ("anonymous", None, None),
        }
        for id_, (caller, account, _) in wanted.items():
            w.directory.execute(look_up(id_, caller, account))
        await until(lambda: len(w.found) == len(wanted), "all answers")
        assert {event.contact: event.last_agent for event in w.found} == {
            id_: agent for id_, (*_, agent) in wanted.items()
        }
        assert next(event for event in w.found if event.contact == "known").customers == (ANN,)


@pytest.mark.postgres
@run_async
async def test_log_that_is_slow_costs_no_customer(postgres_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with world(postgres_url) as w:
        await write_contacts(w.engine, contact("1", customer=ANN.id))
        async with w.engine.begin() as other:
            await other.execute(text("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE"))
            w.directory.execute(look_up("c1", "+12125550101"))
            await until(lambda: w.directory.waiting == 0, "the answer, while the log is still locked")
            assert w.found == [CustomersFound(ContactId("c1"), (ANN,), None)]
        assert w.told == [LookUpOutcome.FOUND]
        assert "last agent is not known in time" in caplog.text
        w.directory.execute(look_up("c2", "+12125550101"))
        await until(lambda: len(w.found) == 2, "the next answer")
        assert w.found[1].last_agent == "ann"


@run_async
async def test_log_that_cannot_be_read_costs_no_customer(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with world(database_url) as w:
        async with w.engine.begin() as connection:
            await connection.execute(text("DROP TABLE contact"))
        w.directory.execute(look_up("c1", "+12125550101"))
        await until(lambda: w.found, "the answer")
        assert w.found == [CustomersFound(ContactId("c1"), (ANN,), None)]
        assert w.told == [LookUpOutcome.FOUND]
        assert "last agent cannot be read" in caplog.text


@run_async
async def test_whatever_goes_wrong_with_the_log_the_customer_is_found(tmp_path: Path) -> None:
    async with gated(tmp_path) as (directory, found, told):
        directory.gate.set()
        for error in (OSError("gone"), TimeoutError(), ValueError("a mistake of ours"), asyncio.InvalidStateError()):
            directory.log_fails_with = error
            directory.execute(look_up("c1", "+12125550101"))
            await until(lambda: directory.waiting == 0, "the answer")
        assert found == [CustomersFound(ContactId("c1"), (ANN,))] * 4
        assert told == [LookUpOutcome.FOUND] * 4


@run_async
async def test_late_question_keeps_its_turn_until_the_database_is_left_alone(tmp_path: Path) -> None:
    async with gated(tmp_path, CrmSettings(lookup_deadline_ms=20), concurrency=1) as (directory, found, _):
        directory.log_hangs = True
        directory.gate.set()
        directory.execute(look_up("c1", "+12125550101"))
        await until(lambda: directory.at_once == 1, "the question of the log")
        directory.gate.clear()
        directory.execute(look_up("c2", "+12125550101"))
        await until(lambda: found, "the first customer, nevertheless")
        assert (directory.waiting, directory.most_at_once) == (2, 1)
        directory.log_hangs = False
        directory.gate.set()
        await until(lambda: directory.waiting == 0, "the second answer")
        assert [event.contact for event in found] == ["c1", "c2"]


@run_async
async def test_close_emits_nothing_more(tmp_path: Path) -> None:
    async with gated(tmp_path) as (directory, found, _):
        directory.execute(look_up("c1", "+12125550101"))
        await until(lambda: directory.at_once == 1, "the look-up is under way")
        await directory.close()
        directory.gate.set()
        assert directory.waiting == 0
        assert found == []


@run_async
async def test_close_while_the_log_is_asked_emits_nothing_more(tmp_path: Path) -> None:
    async with gated(tmp_path, CrmSettings(lookup_deadline_ms=10_000)) as (directory, found, _):
        directory.log_hangs = True
        directory.gate.set()
        directory.execute(look_up("c1", "+12125550101"))
        await until(lambda: directory.waiting == 1 and directory.at_once == 1, "the log is asked")
        await directory.close()
        assert (directory.waiting, directory.at_once, found) == (0, 0, [])


@run_async
async def test_database_that_is_not_there_is_logged_and_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(default_url(tmp_path / "away"))
    told: list[LookUpOutcome] = []
    found: list[CustomersFound] = []
    directory = CustomerDirectory(
        database.engine, CrmSettings(), found.append, observe=lambda outcome, _: told.append(outcome)
    )
    directory.execute(look_up("c1", "+12125550101"))
    await until(lambda: told, "the failure")
    assert told == [LookUpOutcome.FAILED]
    assert found == []
    assert "unable to open database file" in caplog.text
    await directory.close()
    await database.close()

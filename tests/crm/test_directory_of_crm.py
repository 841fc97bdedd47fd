"""The directory where the customer base is an existing CRM: ids of our own, cache, outages of either database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from callcenter.commands import LookUpCustomer
from callcenter.crm.cache import CacheResult
from callcenter.crm.directory import CustomerDirectory, LookUpOutcome, SourceOutcome
from callcenter.crm.keys import LOWEST, ids_of
from callcenter.crm.records import Raw, Record, Said, SourceError
from callcenter.crm.sources import open_source
from callcenter.crm_settings import CrmSettings
from callcenter.events import CustomersFound
from callcenter.numbers import to_e164
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import default_url, open_database
from callcenter.stores.history import last_contacts
from callcenter.stores.tables import ContactRow
from callcenter.types import AgentId, Attribute, AttributeKind, ContactId, Customer, Tier
from tests.crm.foreign import make_postgres, make_sqlite, settings_of
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.records import contact, until

NUMBER = "+12025550101"
SPEND = Attribute("spend", AttributeKind.NUMBER, 0.0)
RECORD = {"id": "uuid-of-ann", "account": "1001", "name": "Ann", "tier": "A", "attributes.spend": "70"}


@dataclass
class Crm:
    """A source that answers with what the test says, when the test says so."""

    records: list[dict[str, Any]] = field(default_factory=lambda: [dict(RECORD)])
    failures: int = 0
    asked_for: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    closed: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def by_account(self, account: str) -> Sequence[Raw]:
        return await self._answer(account, "account")

    async def by_number(self, number: str) -> Sequence[Raw]:
        return await self._answer(number, None)

    async def _answer(self, value: str, key: str | None) -> list[Raw]:
        self.asked_for.append(value)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
        finally:
            self.at_once -= 1
        if self.failures:
            self.failures -= 1
            raise SourceError("the CRM answered 503")
        return [
            {name: Said(name, value) for name, value in record.items()}
            for record in self.records
            if key is None or record[key] == value
        ]

    def asked(self, number: str | None, account: str | None) -> str:
        return "it"

    async def close(self) -> None:
        self.closed = True


@dataclass
class World:
    crm: Crm
    directory: CustomerDirectory
    engine: Any
    found: list[CustomersFound] = field(default_factory=list)
    told: list[LookUpOutcome] = field(default_factory=list)
    source_told: list[SourceOutcome] = field(default_factory=list)
    cache_told: list[CacheResult] = field(default_factory=list)

    def look_up(self, contact: str, caller: str | None = NUMBER, account: str | None = None) -> None:
        self.directory.execute(LookUpCustomer(ContactId(contact), caller, account))


def settings(**changes: Any) -> CrmSettings:
    return CrmSettings.model_validate({"tiers": {"A": "platinum"}, **changes})


@asynccontextmanager
async def world(engine: Any, crm_settings: CrmSettings | None = None, **options: Any) -> AsyncIterator[World]:
    crm = Crm()
    found: list[CustomersFound] = []
    told: list[LookUpOutcome] = []
    source_told: list[SourceOutcome] = []
    cache_told: list[CacheResult] = []
    directory = CustomerDirectory(
        engine,
        crm_settings or settings(),
        found.append,
        source=crm,
        attributes=options.pop("attributes", ()),
        observe=lambda outcome, _: told.append(outcome),
        observe_source=lambda outcome, _: source_told.append(outcome),
        observe_cache=cache_told.append,
        **options,
    )
    yield World(crm, directory, engine, found, told, source_told, cache_told)
    await directory.close()
    assert crm.closed


@run_async
async def test_customers_of_a_crm_come_with_an_id_of_ours_and_the_crms_key(database_url: str) -> None:
    async with migrated(database_url) as database, world(database.engine, attributes=[SPEND]) as w:
        (ann,) = await w.directory.find(NUMBER, None)
        assert ann == Customer(ann.id, "1001", "Ann", Tier("platinum"), attributes={"spend": 70.0}, key="uuid-of-ann")
        assert ann.id >= LOWEST
        assert await w.directory.find(None, "1001") == (ann,)
        assert await w.directory.find(NUMBER, "9999") == (ann,), "an unknown account: the number counts"
        assert await w.directory.find("anonymous", None) == ()
        assert w.crm.asked_for == [NUMBER, "1001", "9999"], "the number's answer was remembered"
        w.directory.declare([])
        assert (await w.directory.find(NUMBER, None))[0].attributes == {}


@run_async
async def test_contacts_of_a_crms_customer_are_found_again(database_url: str) -> None:
    async with migrated(database_url) as database, world(database.engine) as w:
        w.look_up("c1")
        await until(lambda: w.found, "the answer")
        assert w.found[0].last_agent is None
        (ann,) = w.found[0].customers
        async with database.engine.begin() as connection:
            log = [contact("1", customer=ann.id, agent=AgentId("greta"), caller="+12025550177")]
            await write_batch(connection, log, lambda caller: to_e164(caller, "US"))
        w.look_up("c2")
        await until(lambda: len(w.found) == 2, "the answer")
        assert w.found[1] == CustomersFound(ContactId("c2"), (ann,), AgentId("greta"))
        (past,) = await last_contacts(database.engine, [ann.id], NUMBER, 5)
        assert past.contact == "1"
        assert w.told == [LookUpOutcome.FOUND] * 2
        assert (w.source_told, w.cache_told) == ([SourceOutcome.FOUND], [CacheResult.MISS, CacheResult.HIT])


@run_async
async def test_without_our_database_the_customer_is_found_all_the_same_and_the_log_keeps_no_id(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(default_url(tmp_path / "away"))
    async with world(database.engine) as w:
        w.crm.records.append(RECORD | {"id": "8", "account": "1002"})
        w.look_up("c1")
        await until(lambda: w.found, "the answer")
    await database.close()
    ann, ben = w.found[0].customers
    assert (ann.name, ann.tier, ben.account) == ("Ann", "platinum", "1002")
    assert ann.id < 0
    assert ben.id < 0
    assert ann.id != ben.id
    assert w.told == [LookUpOutcome.SEVERAL]
    assert "what the log knows a customer by cannot be read" in caplog.text
    async with migrated(f"sqlite:///{tmp_path}/log.sqlite3") as log, log.engine.begin() as connection:
        await write_batch(connection, [contact("1", customer=ann.id)], lambda caller: caller)
        assert await connection.scalar(select(ContactRow.customer_id)) is None


@pytest.mark.postgres
@run_async
async def test_a_hanging_database_of_ours_holds_the_answer_up_for_less_than_the_deadline(postgres_url: str) -> None:
    async with migrated(postgres_url) as database, world(database.engine, settings(lookup_deadline_ms=400)) as w:
        async with database.engine.begin() as other:
            await other.execute(text("LOCK TABLE customer_key, contact IN ACCESS EXCLUSIVE MODE"))
            w.look_up("c1")
            await until(lambda: w.found, "the answer, while our tables are still locked")
            assert w.found[0].customers[0].id < 0
        await until(lambda: w.directory.waiting == 0, "our database is left alone")
        w.look_up("c2")
        await until(lambda: len(w.found) == 2, "the next answer")
        assert w.found[1].customers[0].id >= LOWEST


@run_async
async def test_a_failure_is_tried_once_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with migrated(default_url(tmp_path)) as database, world(database.engine) as w:
        w.crm.failures = 1
        w.look_up("c1")
        await until(lambda: w.told, "the answer")
        assert (w.told, w.source_told) == ([LookUpOutcome.FOUND], [SourceOutcome.FAILED, SourceOutcome.FOUND])
        assert "tried once more: the CRM answered 503" in caplog.text
        w.crm.failures = 2
        w.look_up("c2", "+12025550102")
        await until(lambda: len(w.told) == 2, "the end")
        assert w.told[1] is LookUpOutcome.FAILED
        assert len(w.found) == 1


@run_async
async def test_an_old_answer_is_used_while_the_crm_is_away_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep_nothing = settings(cache={"ttl_s": 0, "unknown_ttl_s": 0})
    async with migrated(default_url(tmp_path)) as database, world(database.engine, keep_nothing) as w:
        w.look_up("c1")
        await until(lambda: w.found, "the answer")
        w.crm.failures = 1
        w.look_up("c2")
        await until(lambda: len(w.found) == 2, "the old answer")
        assert w.found[1].customers == w.found[0].customers
        assert w.told == [LookUpOutcome.FOUND] * 2
        assert w.cache_told == [CacheResult.MISS, CacheResult.MISS, CacheResult.STALE]
        assert "a customer is taken as the customer base said it 0 s ago: the CRM answered 503" in caplog.text


@run_async
async def test_a_slow_crm_is_not_waited_for_beyond_the_limit_nor_before_an_old_answer(tmp_path: Path) -> None:
    slow = settings(lookup_limit_s=0.3, lookup_deadline_ms=100, cache={"ttl_s": 0})
    async with migrated(default_url(tmp_path)) as database, world(database.engine, slow) as w:
        w.look_up("c1")
        await until(lambda: w.found, "the answer")
        w.crm.gate.clear()
        w.look_up("c2")
        w.look_up("c3", "+12025550102")
        await until(lambda: len(w.told) == 3, "both ends")
        assert w.told == [LookUpOutcome.FOUND, LookUpOutcome.FOUND, LookUpOutcome.LATE]
        assert [event.contact for event in w.found] == ["c1", "c2"]
        await until(lambda: w.crm.at_once == 0, "the questions are given up")
        assert w.source_told[-1] is SourceOutcome.LATE


@run_async
async def test_questions_to_the_crm_are_bounded_and_the_same_one_is_asked_once(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database, world(database.engine, concurrency=3) as w:
        w.crm.gate.clear()
        for n in range(40):
            w.look_up(f"c{n}", f"+120255501{n % 10:02}")
        await until(lambda: w.crm.at_once == 3, "three are asked")
        w.crm.gate.set()
        await until(lambda: len(w.found) == 40, "all answers")
        assert w.crm.most_at_once == 3
        assert len(w.crm.asked_for) == 10


@run_async
async def test_a_record_that_is_none_is_left_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with migrated(default_url(tmp_path)) as database, world(database.engine) as w:
        w.crm.records = [{"id": None, "name": "Ann"}, RECORD, RECORD]
        assert [one.key for one in await w.directory.find(NUMBER, None)] == ["uuid-of-ann"]
    assert "a customer is left out: a record has no id" in caplog.text


@run_async
async def test_another_crm_has_other_customers_under_the_same_keys(database_url: str) -> None:
    async with migrated(database_url) as database:
        ids = []
        for name in ("crm", "new-crm"):
            async with world(database.engine, settings(name=name)) as w:
                ids.append((await w.directory.find(NUMBER, None))[0].id)
        assert ids[0] != ids[1]
        assert await ids_of(database.engine, "crm", [Record("uuid-of-ann", "", "", "")]) == {"uuid-of-ann": ids[0]}


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
@run_async
async def test_a_real_crm_from_its_table_to_the_event(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        crm_url = make_sqlite(tmp_path / "crm.sqlite3")
    else:
        crm_url = make_postgres(request.getfixturevalue("postgres_url"))
    crm = settings_of(crm_url)
    async with migrated(default_url(tmp_path)) as database:
        found: list[CustomersFound] = []
        source = open_source(crm)
        directory = CustomerDirectory(database.engine, crm, found.append, source=source, attributes=[SPEND])
        directory.execute(LookUpCustomer(ContactId("c1"), "(202) 555-0101", None))
        directory.execute(LookUpCustomer(ContactId("c2"), None, "1002"))
        directory.execute(LookUpCustomer(ContactId("c3"), "+12025550199", None))
        await until(lambda: len(found) == 3, "all answers")
        by_contact = {event.contact: event.customers for event in found}
        (ann,), (ben,) = by_contact[ContactId("c1")], by_contact[ContactId("c2")]
        assert (ann.name, ann.tier, ann.account_manager) == ("Ann O'Hara", "platinum", "anna")
        assert ann.attributes == {"spend": 1250.5}
        assert by_contact[ContactId("c3")][0] == ben
        await directory.close()

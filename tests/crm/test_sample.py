from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from callcenter.crm.attributes import read
from callcenter.crm.directory import CustomerDirectory
from callcenter.crm.sample import (
    MAX_CUSTOMERS,
    load_sample,
    sample_accounts,
    sample_customers,
    sample_numbers,
    shared_numbers,
)
from callcenter.crm_settings import CrmSettings
from callcenter.numbers import to_e164
from callcenter.stores.contact_log import ContactLog
from callcenter.stores.tables import ContactRow, CustomerAttributeRow, CustomerNumberRow, CustomerRow, SegmentRow
from callcenter.types import AgentId, Attribute, AttributeKind
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import RecordsInMemory

TIERS = ("platinum", "gold", "silver", "standard")


def test_sample_is_the_same_every_time_and_a_longer_one_begins_with_a_shorter() -> None:
    sample_customers.cache_clear()
    first = sample_customers(300)
    sample_customers.cache_clear()
    assert sample_customers(300) == first
    assert sample_customers(MAX_CUSTOMERS)[:300] == first


def test_every_tier_and_several_languages_are_there() -> None:
    sample = sample_customers(300)
    assert Counter(one.tier for one in sample) == {"platinum": 15, "gold": 45, "silver": 90, "standard": 150}
    assert {one.language for one in sample} == {"en", "en-GB", "de", "fr", "sv"}
    assert len({one.account for one in sample}) == 300
    assert len({one.name for one in sample}) > 200


def test_numbers_are_e164_and_from_ranges_kept_free_for_fiction() -> None:
    prefixes = ("+447700900", "+33639980", "+493023125", "+46846500")
    for one in sample_customers(MAX_CUSTOMERS):
        for number in one.numbers:
            assert to_e164(number, "US") == number
            assert number.startswith(prefixes) or (number.startswith("+1") and number[5:10] == "55501"), number


def test_numbers_by_tier_belong_to_one_customer_of_that_tier() -> None:
    users = {number: [one for one in sample_customers(300) if number in one.numbers] for number in _all_numbers()}
    for tier in TIERS:
        assert len(sample_numbers(tier)) >= 10
        assert all([one.tier for one in users[number]] == [tier] for number in sample_numbers(tier))
    assert len(shared_numbers()) == 12
    assert all(len(users[number]) == 2 for number in shared_numbers())
    assert sample_numbers("no such tier") == sample_accounts("no such tier") == ()


def _all_numbers() -> set[str]:
    return {number for one in sample_customers(300) for number in one.numbers}


DECLARED = (
    Attribute("spend_12m", AttributeKind.NUMBER, 0.0),
    Attribute("orders_12m", AttributeKind.NUMBER, 0.0),
    Attribute("last_order", AttributeKind.DATE, ""),
    Attribute("segment", AttributeKind.TEXT, "", ("", "retail", "business")),
)


def test_attributes_are_of_their_kind_and_fit_the_tier_for_nearly_all() -> None:
    declared = {attribute.name: attribute for attribute in DECLARED}
    spend: dict[str, list[float]] = {tier: [] for tier in TIERS}
    segments: Counter[object] = Counter()
    for one in sample_customers(300):
        values, wrong = read(declared, one.attributes)
        assert wrong == []
        assert {"spend_12m", "orders_12m"} <= set(values) <= set(declared)
        assert (values["orders_12m"] == 0) == ("last_order" not in values)
        assert "2025-01-02" < str(values.get("last_order", "2026-01-02")) <= "2026-01-02"
        spend[one.tier].append(float(values["spend_12m"]))
        segments[values.get("segment")] += 1
    assert set(segments) == {None, "retail", "business"}
    medians = [sorted(spend[tier])[len(spend[tier]) // 2] for tier in TIERS]
    assert medians == sorted(medians, reverse=True)
    assert sum(amount >= 50_000 for amount in spend["standard"]) == 6, "they have outgrown their tier"


@run_async
async def test_sample_customers_are_found_with_their_attributes(database_url: str) -> None:
    async with migrated(database_url) as database:
        await load_sample(database.engine, 30)
        directory = CustomerDirectory(database.engine, CrmSettings(), lambda _: None, attributes=DECLARED)
        (customer,) = await directory.find(None, "100003")
        assert customer.attributes == {
            "spend_12m": 63757.03,
            "orders_12m": 26.0,
            "last_order": "2025-12-12",
            "segment": "business",
        }


@pytest.mark.parametrize("customers", [0, -1, MAX_CUSTOMERS + 1])
def test_size_out_of_range_is_refused(customers: int) -> None:
    with pytest.raises(ValueError, match="must be 1 to 1000"):
        sample_customers(customers)


@run_async
async def test_loading_twice_and_then_more_adds_nothing_twice(database_url: str) -> None:
    async with migrated(database_url) as database:

        async def counts() -> list[int]:
            async with database.engine.connect() as connection:
                tables: list[Any] = [CustomerRow, CustomerNumberRow, CustomerAttributeRow, ContactRow, SegmentRow]
                return [(await connection.execute(select(func.count()).select_from(t))).scalar_one() for t in tables]

        await load_sample(database.engine, 100)
        first = await counts()
        assert first[0] == 100
        assert all(first)
        await load_sample(database.engine, 100)
        assert await counts() == first
        await load_sample(database.engine, 300)
        assert (await counts())[0] == 300


@run_async
async def test_platinum_customers_have_an_account_manager_where_agents_are_named(database_url: str) -> None:
    agents = [AgentId("anna"), AgentId("bilal")]
    async with migrated(database_url) as database:
        directory = CustomerDirectory(database.engine, CrmSettings(), lambda _: None)
        await load_sample(database.engine, 100, agents)
        managers = []
        for one in sample_customers(100):
            (customer,) = await directory.find(None, one.account)
            managers.append((one.tier, customer.account_manager))
            assert await directory.find_last_agent((customer,), None) in {*agents, None}
        assert [manager for tier, manager in managers if tier == "platinum"] == [
            "anna",
            "bilal",
            "anna",
            "bilal",
            "anna",
        ]
        assert {manager for tier, manager in managers if tier != "platinum"} == {None}


@run_async
async def test_sample_customers_are_found_with_their_history(database_url: str, tmp_path: Any) -> None:
    async with migrated(database_url) as database:
        await load_sample(database.engine)
        directory = CustomerDirectory(database.engine, CrmSettings(), lambda _: None)
        log = ContactLog(database.engine, RecordsInMemory(), tmp_path)
        with_history = 0
        for tier in TIERS:
            (customer,) = await directory.find(sample_numbers(tier)[0], None)
            assert (customer.tier, customer.account_manager) == (tier, None)
            (customer,) = await directory.find(None, sample_accounts(tier)[1])
            assert customer.tier == tier
            for account in sample_accounts(tier)[:4]:
                (customer,) = await directory.find(None, account)
                past = await log.recent([customer.id], None)
                with_history += bool(past)
                assert [one.arrived_ms for one in past] == sorted((one.arrived_ms for one in past), reverse=True)
        assert with_history >= 8
        assert len(await directory.find(shared_numbers()[0], None)) == 2

from sqlalchemy import insert

from callcenter.crm.own import OwnTables
from callcenter.crm.records import record_of
from callcenter.stores.tables import CustomerAttributeRow, CustomerNumberRow, CustomerRow
from tests.database_fixtures import migrated
from tests.helpers import run_async


@run_async
async def test_customers_come_with_their_columns_and_the_attributes_asked_for(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            people = [{"id": n, "account": f"a{n}", "name": f"N{n}", "tier": "gold", "notes": "hm"} for n in (7, 8)]
            await connection.execute(insert(CustomerRow), people)
            numbers = [{"number": "+12025550101", "customer_id": n} for n in (7, 8)]
            await connection.execute(insert(CustomerNumberRow), numbers)
            attributes = [{"customer_id": 7, "name": name, "value": name} for name in ("vip", "spend", "other")]
            await connection.execute(insert(CustomerAttributeRow), attributes)
        source = OwnTables(database.engine)
        source.declare(["vip", "spend"])
        seven, eight = await source.by_number("+12025550101")
        assert {name: (said.place, said.value) for name, said in seven.items()} == {
            "id": ("customer.id", 7),
            "account": ("customer.account", "a7"),
            "name": ("customer.name", "N7"),
            "tier": ("customer.tier", "gold"),
            "language": ("customer.language", None),
            "notes": ("customer.notes", "hm"),
            "account_manager": ("customer.account_manager", None),
            "attributes.spend": ("customer_attribute.spend", "spend"),
            "attributes.vip": ("customer_attribute.vip", "vip"),
        }
        assert record_of(eight, {}, "US").attributes == {}
        (again,) = await source.by_account("a8")
        assert again == eight
        assert await source.by_account("a9") == []
        assert source.asked(None, "a8") == "our own tables, for customer.account 'a8'"
        assert source.asked("+1", None) == "our own tables, for customer_number.number '+1'"

import pytest
from sqlalchemy import insert

from callcenter.crm.keys import ids_of
from callcenter.crm.records import Record
from callcenter.customers.subject import SeveralError, Subject, subject_of
from callcenter.stores.tables import CustomerRow
from tests.customers.world import ANN, ANNS, BEN, DORA, DORAS, ELSEWHERE, SHARED, fill
from tests.database_fixtures import migrated
from tests.helpers import run_async


@run_async
async def test_an_account_or_a_number_leads_to_all_that_a_customer_is_known_by(database_url: str) -> None:
    async with migrated(database_url) as database:
        dora = await fill(database.engine)
        async with database.engine.connect() as connection:

            async def lead(wanted: str, *asked: Record) -> Subject:
                return await subject_of(connection, wanted, "US", "crm", asked)

            for wanted in ("1001", " 1001 ", "(202) 555-0101", ANNS):
                ann = await lead(wanted)
                assert (ann.own_ids, ann.ids, ann.accounts) == ({ANN}, {ANN}, {"1001"}), wanted
                assert (ann.numbers, ann.name, ann.keys) == ({ANNS, SHARED}, "Ann", set())
            for wanted, asked in (("1004", DORA), (DORA.key, DORA), (DORAS, DORA)):
                found = await lead(wanted, asked)
                assert (found.own_ids, found.ids, found.keys) == (set(), {dora}, {DORA.key}), wanted
                assert (found.numbers, found.name) == ({DORAS}, "Dora")
            unasked = await lead("1004")
            assert (unasked.ids, unasked.numbers) == ({dora}, set()), "the CRM is away: its numbers are not known"
            nobody = await lead(ELSEWHERE)
            assert (nobody.known, nobody.numbers, nobody.accounts) == (False, {ELSEWHERE}, set())
            nobody = await lead("K-77")
            assert (nobody.known, nobody.numbers, nobody.accounts) == (False, set(), {"K-77"})


@run_async
async def test_the_same_word_in_another_crm_is_somebody_else_unless_it_is_an_account(database_url: str) -> None:
    async with migrated(database_url) as database:
        ids = {
            (source, key, account): (await ids_of(database.engine, source, [Record(key, account, "", "")]))[key]
            for source, key, account in (
                ("crm", "8", "8"),
                ("old", "8", "8"),
                ("old", "uuid", "8"),
                ("old", "9", "9"),
                ("crm", "1001", "77"),
            )
        }
        async with database.engine.connect() as connection:
            eight = await subject_of(connection, "8", "US", "crm", ())
            assert eight.ids == {ids["crm", "8", "8"], ids["old", "uuid", "8"]}
            assert not (await subject_of(connection, "9", "US", "crm", ())).known
            assert (await subject_of(connection, "1001", "US", "crm", ())).ids == {ids["crm", "1001", "77"]}
            await connection.execute(insert(CustomerRow), [{"account": "1001", "name": "Ann", "tier": "gold"}])
            ann = await subject_of(connection, "1001", "US", "crm", ())
            assert (ann.name, ann.keys) == ("Ann", set()), "an account counts before a key"


@run_async
async def test_a_number_that_several_share_is_not_enough(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        async with database.engine.connect() as connection:
            with pytest.raises(SeveralError, match="2 customers share this number; name the account: 1001, 1002"):
                await subject_of(connection, SHARED, "US", "crm", ())
            two = [DORA, Record("other", "1005", "Eve", "", numbers=(DORAS,))]
            with pytest.raises(SeveralError, match="1004, 1005"):
                await subject_of(connection, DORAS, "US", "crm", two)


ABOUT_ANN: tuple[object, ...] = (
    {"caller": "(202) 555-0101"},
    {"number": ANNS},
    [{"deep": [{"dialled": "tel:+1-202-555-0101"}]}],
    {"transferred_to": "2025550101"},
    {"account": "1001"},
    {"customer": ANN},
    {"customers": [{"id": ANN, "tier": "gold"}]},
    {"contact": "c1"},
    {"contact": {"id": "c1"}},
)
ABOUT_OTHERS: tuple[object, ...] = (
    None,
    7,
    "1001",
    {"caller": ELSEWHERE, "number": 1, "account": None, "contact": ["c2"], "customer": BEN},
    {"id": ANN},
    {"offer": "c1"},
    {"words": "a number such as +1 202 555 0101 in a longer text than any number is, which is not looked through"},
)


def test_what_is_theirs_is_found_wherever_it_stands() -> None:
    ann = Subject("US", ids={ANN}, accounts={"1001"}, numbers={ANNS}, contacts={"c1"})
    assert [value for value in ABOUT_ANN if not ann.is_in(value)] == []
    assert [value for value in ABOUT_OTHERS if ann.is_in(value)] == []
    assert not Subject("US").is_in({"caller": ANNS, "account": "", "contact": ""})

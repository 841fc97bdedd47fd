from callcenter.numbers import to_e164
from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.personal import ERASED, blank
from callcenter.stores.tables import ContactRow, DecisionRow, NoteRow
from callcenter.stories import RecordNote
from callcenter.types import ContactId
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.logs import rows
from tests.stores.records import contact, decision


@run_async
async def test_what_is_personal_is_blanked_once_and_only_of_these_contacts(database_url: str) -> None:
    records: list[Record] = [*(contact(name) for name in ("c1", "c2")), *(decision(name) for name in ("c1", "c2"))]
    note = RecordNote("n1", ContactId("c1"), 1, "ann", "calls from home")
    async with migrated(database_url) as database:
        async with database.engine.begin() as connection:
            await write_batch(connection, [*records, note], lambda caller: to_e164(caller, "US"))
            assert await blank(connection, ["c1"]) == {"contact": 1, "decision": 1, "note": 1}
            assert await blank(connection, ["c1"]) == {"contact": 0, "decision": 0, "note": 0}
        first, second = await rows(database.engine, ContactRow, ContactRow.id)
        assert (first["caller"], first["number"], first["caller_name"], first["because"]) == (None, None, "", None)
        assert (first["queue"], first["dialled"]) == (second["queue"], second["dialled"])
        assert second["number"] == "+12125550123"
        words = {row["contact_id"]: row["words"] for row in await rows(database.engine, DecisionRow)}
        assert words == {"c1": ERASED, "c2": "moved from sales to support"}
        assert [row["text"] for row in await rows(database.engine, NoteRow)] == [ERASED]

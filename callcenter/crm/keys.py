"""What the contact log knows a foreign CRM's customers by: a number of our own for each key of the CRM's.

One idea: the log holds a number that means nothing outside of the table `customer_key`. A text or a UUID of the CRM's
would have to be in every row that is about the customer, and could not be forgotten with one row (decision 14).

The numbers are drawn by lot above those of our own table, so that neither an erased one nor one of another source is
ever given again, and below 2^53, so that a browser reads them.
"""

import secrets
from collections.abc import Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.crm.records import Record
from callcenter.stores.database import insert_into
from callcenter.stores.tables import CustomerKeyRow

LOWEST = 1 << 40
_BITS = 52
_ATTEMPTS = 5


async def ids_of(engine: AsyncEngine, source: str, records: Sequence[Record]) -> dict[str, int]:
    """The ids of these customers by their keys; those who have none yet are given one.

    `source` is `crm.name`. Raises what SQLAlchemy raises.
    """
    keys = [record.key for record in records]
    known = select(CustomerKeyRow.key, CustomerKeyRow.id, CustomerKeyRow.account).where(
        CustomerKeyRow.source == source, CustomerKeyRow.key.in_(keys)
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(known)).all()
    ids, accounts = {row.key: row.id for row in rows}, {row.key: row.account for row in rows}
    moved = [
        {"of_key": record.key, "new_account": record.account}
        for record in records
        if accounts.get(record.key, record.account) != record.account
    ]
    new = {record.key: record.account for record in records if record.key not in ids}
    if not new and not moved:
        return ids
    async with engine.begin() as connection:
        if moved:
            row = CustomerKeyRow.__table__
            mine = (row.c.source == source, row.c.key == bindparam("of_key"))
            note = update(CustomerKeyRow).where(*mine).values(account=bindparam("new_account"))
            await connection.execute(note, moved)
        for _ in range(_ATTEMPTS):
            if not new:
                break
            insert = insert_into(connection.dialect, CustomerKeyRow).on_conflict_do_nothing()
            rows_to_add = [
                {"id": LOWEST + secrets.randbits(_BITS), "source": source, "key": key, "account": account}
                for key, account in new.items()
            ]
            await connection.execute(insert, rows_to_add)
            ids = {row.key: row.id for row in (await connection.execute(known)).all()}
            new = {key: account for key, account in new.items() if key not in ids}
    return ids


def made_up_id() -> int:
    """An id that leads nowhere: below 0, by lot."""
    return -1 - secrets.randbits(_BITS)

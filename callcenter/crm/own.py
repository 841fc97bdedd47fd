"""Our own tables as the customer base: `customer`, `customer_number`, `customer_attribute`.

One idea: the attributes that the rules declare come with the customer, in the same round trip.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, null, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.crm.records import ATTRIBUTE, MAX_SHARING, Raw, Said
from callcenter.stores.tables import CustomerAttributeRow, CustomerNumberRow, CustomerRow
from callcenter.stores.text import clean_text

_ONE_CUSTOMER = (
    CustomerRow.id,
    CustomerRow.account,
    CustomerRow.name,
    CustomerRow.tier,
    CustomerRow.language,
    CustomerRow.notes,
    CustomerRow.account_manager,
)


class OwnTables:
    """Raises what SQLAlchemy raises: it is our own database, and whoever asks knows how to deal with it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.declare(())

    def declare(self, attributes: Sequence[str]) -> None:
        """From now on customers come with the attributes of these names."""
        names = tuple(attributes)
        self._by_account, self._by_number = _by_account(names), _by_number(names)

    async def by_account(self, account: str) -> Sequence[Raw]:
        return await self._rows(self._by_account, {"account": clean_text(account)})

    async def by_number(self, number: str) -> Sequence[Raw]:
        return await self._rows(self._by_number, {"number": number})

    def asked(self, number: str | None, account: str | None) -> str:
        where = f"customer.account {account!r}" if account is not None else f"customer_number.number {number!r}"
        return f"our own tables, for {where}"

    async def close(self) -> None:
        """The database is not ours to close."""

    async def _rows(self, statement: Select[*tuple[Any, ...]], values: dict[str, str]) -> list[Raw]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement, values)).all()
        return [_raw(list(own)) for _, own in groupby(rows, key=lambda row: row.id)]


def _raw(rows: Sequence[Row[*tuple[Any, ...]]]) -> Raw:
    """One customer, in one row for each of its attributes, or one alone."""
    raw = {column.key: Said(f"customer.{column.key}", getattr(rows[0], column.key)) for column in _ONE_CUSTOMER}
    for row in rows:
        if row.attribute is not None:
            raw[ATTRIBUTE + row.attribute] = Said(f"customer_attribute.{row.attribute}", row.value)
    return raw


def _by_account(names: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    return _with_attributes(select(*_ONE_CUSTOMER).where(CustomerRow.account == bindparam("account")), names)


def _by_number(names: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    some = (
        select(*_ONE_CUSTOMER)
        .join(CustomerNumberRow, CustomerNumberRow.customer_id == CustomerRow.id)
        .where(CustomerNumberRow.number == bindparam("number"))
        .order_by(CustomerRow.id)
        .limit(MAX_SHARING)
    )
    return _with_attributes(some, names)


def _with_attributes(customers: Select[*tuple[Any, ...]], names: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """Each customer once for each of these attributes that it has, and once where it has none."""
    if not names:
        return customers.add_columns(null().label("attribute"), null().label("value"))
    some = customers.subquery("some")
    own = and_(CustomerAttributeRow.customer_id == some.c.id, CustomerAttributeRow.name.in_(names))
    return (
        select(*some.c, CustomerAttributeRow.name.label("attribute"), CustomerAttributeRow.value)
        .join_from(some, CustomerAttributeRow, own, isouter=True)
        .order_by(some.c.id)
    )

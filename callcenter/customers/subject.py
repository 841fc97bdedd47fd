"""Whom an erasure is about: the customer that an account or a number leads to, and what they are recognised by.

One idea: whatever we hold of a customer names one of five things: our id, the CRM's key, an account, a telephone number
or a contact. So what is theirs can be found in tables, in the journal and in files by the same rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.crm.records import Record
from callcenter.numbers import to_e164
from callcenter.stores.tables import CustomerKeyRow, CustomerNumberRow, CustomerRow

_MIN_DIGITS, _MAX_LENGTH = 7, 64  # of a text that may be a telephone number
_CONTACT_KEYS = ("contact", "contact_id", "id")


class SeveralError(Exception):
    """A number that several customers share; the words say which."""


@dataclass(slots=True)
class Subject:
    """`own_ids` are of our table, `ids` what the log knows them by, those included. `name` is for the report."""

    region: str
    own_ids: set[int] = field(default_factory=set)
    ids: set[int] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    contacts: set[str] = field(default_factory=set)
    name: str = ""

    @property
    def known(self) -> bool:
        return bool(self.ids or self.keys)

    def is_number(self, text: object) -> bool:
        return isinstance(text, str) and bool(self.numbers) and to_e164(text, self.region) in self.numbers

    def is_in(self, value: Any) -> bool:
        """Whether an event, a record or a state, as plain values of JSON, is about them anywhere."""
        if isinstance(value, list | tuple):
            return any(self.is_in(item) for item in value)
        if not isinstance(value, dict):
            return False
        return self._is(value) or any(self.is_in(item) for item in value.values())

    def _is(self, value: dict[str, Any]) -> bool:
        texts = {key: text for key, text in value.items() if isinstance(text, str)}
        numbers = {key: number for key, number in value.items() if isinstance(number, int)}
        return (
            any(_may_be_number(text) and self.is_number(text) for text in texts.values())
            or any(texts.get(key) in self.contacts for key in _CONTACT_KEYS)
            or texts.get("account") in self.accounts
            or numbers.get("customer") in self.ids
            or ("tier" in value and numbers.get("id") in self.ids)
        )


def _may_be_number(text: str) -> bool:
    """Whatever it is called: the caller's, the one that we called, the one that a talk was transferred to."""
    return len(text) <= _MAX_LENGTH and sum(sign.isdigit() for sign in text) >= _MIN_DIGITS


async def subject_of(
    connection: AsyncConnection, wanted: str, region: str, source: str, asked: Sequence[Record]
) -> Subject:
    """Whom `wanted` leads to: an account, else a number. `asked` is what an existing CRM says of it, `source` its name.

    Raises SeveralError.
    """
    subject = Subject(region)
    wanted = wanted.strip()
    if not await _by_account(connection, subject, wanted, source, asked):
        number = to_e164(wanted, region)
        if number is None:
            subject.accounts.add(wanted)
            return subject
        subject.numbers.add(number)
        await _by_number(connection, subject, number, source, asked)
    if subject.own_ids:
        of_these = CustomerNumberRow.customer_id.in_(subject.own_ids)
        subject.numbers.update(await connection.scalars(select(CustomerNumberRow.number).where(of_these)))
    return subject


async def _by_account(
    connection: AsyncConnection, subject: Subject, account: str, source: str, asked: Sequence[Record]
) -> bool:
    own = select(CustomerRow.id, CustomerRow.account, CustomerRow.name).where(CustomerRow.account == account)
    for row in await connection.execute(own):
        _add_own(subject, row.id, row.account, row.name)
    for column in (CustomerKeyRow.account, CustomerKeyRow.key):
        if not subject.known:
            for row in await connection.execute(select(CustomerKeyRow.__table__).where(column == account)):
                _add_key(subject, row, source)
    for record in asked:
        if account in (record.account, record.key) or record.key in subject.keys:
            await _add_theirs(connection, subject, record, source)
    if subject.known:
        subject.accounts.add(account)
    return subject.known


async def _by_number(
    connection: AsyncConnection, subject: Subject, number: str, source: str, asked: Sequence[Record]
) -> None:
    own = (
        select(CustomerRow.id, CustomerRow.account, CustomerRow.name)
        .join(CustomerNumberRow, CustomerNumberRow.customer_id == CustomerRow.id)
        .where(CustomerNumberRow.number == number)
        .order_by(CustomerRow.id)
    )
    rows = (await connection.execute(own)).all()
    accounts = [row.account for row in rows] + [record.account for record in asked]
    if len(accounts) > 1:
        raise SeveralError(f"{len(accounts)} customers share this number; name the account: {', '.join(accounts)}")
    for row in rows:
        _add_own(subject, row.id, row.account, row.name)
    for record in asked:
        await _add_theirs(connection, subject, record, source)


def _add_key(subject: Subject, row: Any, source: str) -> None:
    """An account is the same customer's in every CRM; where a CRM has none, its id means somebody else in another."""
    if row.source == source or row.account != row.key:
        subject.ids.add(row.id)
        subject.keys.add(row.key)
        subject.accounts.add(row.account)


def _add_own(subject: Subject, id_: int, account: str, name: str) -> None:
    subject.own_ids.add(id_)
    subject.ids.add(id_)
    subject.accounts.add(account)
    subject.name = name


async def _add_theirs(connection: AsyncConnection, subject: Subject, record: Record, source: str) -> None:
    mine = (CustomerKeyRow.source == source, CustomerKeyRow.key == record.key)
    subject.ids.update(await connection.scalars(select(CustomerKeyRow.id).where(*mine)))
    subject.keys.add(record.key)
    subject.accounts.add(record.account)
    subject.numbers.update(record.numbers)
    subject.name = subject.name or record.name

"""Who is calling: customers by the account number from the IVR, else by the caller's number.

One idea: a look-up is never in a call's way. `execute` takes the question and returns; the answer goes out as an event
whenever it comes, within `crm.lookup_limit_s`. No answer is an answer too: the engine has its own deadline, and routes
without one. Who talked to the customer last is an extra: the customers go out without it if it can't be had in a
moment. The attributes that the rules declare come with the customer, in the same round trip.

Bounds: `concurrency` look-ups are in the database at once, `max_waiting` are under way or wait; one beyond that is
not made, and counted.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from enum import Enum
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, null, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import Command, LookUpCustomer
from callcenter.crm import attributes as crm_attributes
from callcenter.events import CustomersFound
from callcenter.numbers import to_e164
from callcenter.settings import CrmSettings
from callcenter.stores.database import DATABASE_ERRORS, in_short
from callcenter.stores.health import RareLog
from callcenter.stores.history import last_agent
from callcenter.stores.tables import CustomerAttributeRow, CustomerNumberRow, CustomerRow
from callcenter.stores.text import clean_text
from callcenter.types import AgentId, Attribute, Customer, Tier

MAX_SHARING = 20  # of the customers on one number, so many are shown; a switchboard may have thousands
RETRY_PAUSE_S = 0.25
_MAX_ACCOUNT = 64

_log = logging.getLogger(__name__)


class LookUpOutcome(Enum):
    FOUND = "found"
    SEVERAL = "several"
    UNKNOWN = "unknown"
    FAILED = "failed"  # the database could not be asked, twice
    LATE = "late"  # no answer within the limit
    REFUSED = "refused"  # too many look-ups under way


Observer = Callable[[LookUpOutcome, float], None]


class CustomerDirectory:
    """`find` to ask and wait, `execute` to have the answer emitted."""

    def __init__(
        self,
        engine: AsyncEngine,
        settings: CrmSettings,
        emit: Callable[[CustomersFound], None],
        *,
        attributes: Sequence[Attribute] = (),
        observe: Observer | None = None,
        concurrency: int = 8,
        max_waiting: int = 1_000,
    ) -> None:
        """`emit` is called in the event loop, once at most for each look-up. `observe` is told of each look-up's
        outcome and its duration in seconds, refused ones included. `attributes` are those declared, see `declare`."""
        self._engine = engine
        self._settings = settings
        self._emit = emit
        self._observe = observe
        self._turns = asyncio.Semaphore(concurrency)
        self._max_waiting = max_waiting
        self._tasks: set[asyncio.Task[None]] = set()
        self._rare_log = RareLog(_log)
        self.declare(attributes)

    @property
    def waiting(self) -> int:
        """Look-ups under way."""
        return len(self._tasks)

    def declare(self, attributes: Sequence[Attribute]) -> None:
        """From now on customers come with these attributes, as far as they have a value of the kind declared."""
        self._declared = {attribute.name: attribute for attribute in attributes}
        self._by_account, self._by_number = _by_account(tuple(self._declared)), _by_number(tuple(self._declared))

    # ---- asking and waiting

    async def find(self, caller: str | None, account: str | None) -> tuple[Customer, ...]:
        """The customer of this account; where it is absent or unknown, all customers of the caller's number, by id.

        Several where a number is shared, at most 20; none for an unknown or withheld number. Raises what SQLAlchemy
        raises where the database is down.
        """
        account = None if account is None else account.strip()
        number = to_e164(caller, self._settings.default_region)
        if not account and number is None:
            return ()
        async with self._engine.connect() as connection:
            if account and len(account) <= _MAX_ACCOUNT:
                rows = await connection.execute(self._by_account, {"account": clean_text(account)})
                if customers := self._customers(rows.all()):
                    return customers
            if number is None:
                return ()
            return self._customers((await connection.execute(self._by_number, {"number": number})).all())

    def _customers(self, rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[Customer, ...]:
        """The customers in rows that are in their order, one or several of each, with one attribute in each row."""
        return tuple(self._customer(list(own)) for _, own in groupby(rows, key=lambda row: row.id))

    def _customer(self, rows: Sequence[Row[*tuple[Any, ...]]]) -> Customer:
        first = rows[0]
        texts = [(row.attribute, row.value) for row in rows if row.attribute is not None]
        attributes, wrong = crm_attributes.read(self._declared, texts)
        for words in wrong:
            self._rare_log.warning("customer %s: attribute %s; the default counts", first.account, words)
        return Customer(
            first.id,
            first.account,
            first.name,
            Tier(first.tier),
            first.language,
            first.notes,
            AgentId(first.account_manager) if first.account_manager else None,
            attributes,
        )

    async def find_last_agent(self, customers: Sequence[Customer], caller: str | None) -> AgentId | None:
        """Who talked last to the one customer that was found; where none was, to the caller's number.

        None where several were found: it may have been another of them. Raises as `find` does.
        """
        if len(customers) > 1:
            return None
        if customers:
            return await last_agent(self._engine, customers[0].id, None)
        number = to_e164(caller, self._settings.default_region)
        return None if number is None else await last_agent(self._engine, None, number)

    # ---- asking and going on

    def execute(self, command: Command) -> None:
        """Start a look-up; any other command is left to others. Returns at once and raises nothing."""
        if not isinstance(command, LookUpCustomer):
            return
        if len(self._tasks) >= self._max_waiting:
            self._rare_log.warning(
                "%d customer look-ups are under way: contact %s goes on without one", len(self._tasks), command.contact
            )
            self._tell(LookUpOutcome.REFUSED, 0.0)
            return
        task = asyncio.get_running_loop().create_task(self._look_up(command), name=f"look-up {command.contact}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up the look-ups that are under way; nothing is emitted afterwards."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_up(self, command: LookUpCustomer) -> None:
        started_s = time.monotonic()
        async with contextlib.AsyncExitStack() as turn:
            try:
                async with asyncio.timeout(self._settings.lookup_limit_s) as limit:
                    await turn.enter_async_context(self._turns)
                    customers = await self._find_with_one_retry(command)
            except DATABASE_ERRORS as error:
                late = limit.expired()
                self._rare_log.warning(
                    "the customer of contact %s could not be looked up: %s",
                    command.contact,
                    f"no answer within crm.lookup_limit_s ({self._settings.lookup_limit_s:g} s)"
                    if late
                    else in_short(error),
                )
                self._tell(LookUpOutcome.LATE if late else LookUpOutcome.FAILED, time.monotonic() - started_s)
                return
            await self._answer(command, customers, started_s)

    async def _answer(self, command: LookUpCustomer, customers: tuple[Customer, ...], started_s: float) -> None:
        """Emit the customers, with the last agent if the log tells it within half of the engine's own deadline."""
        asking = asyncio.create_task(self.find_last_agent(customers, command.caller))
        try:
            await asyncio.wait({asking}, timeout=self._settings.lookup_deadline_ms / 2_000)
            found = self._last_agent_of(asking)
            outcomes = (LookUpOutcome.UNKNOWN, LookUpOutcome.FOUND, LookUpOutcome.SEVERAL)
            self._tell(outcomes[min(len(customers), 2)], time.monotonic() - started_s)
            self._emit(CustomersFound(command.contact, customers, found))
        finally:
            asking.cancel()  # nobody waits for its end, but the turn is over only when the database is left alone
            await asyncio.gather(asking, return_exceptions=True)

    def _last_agent_of(self, asking: asyncio.Task[AgentId | None]) -> AgentId | None:
        """Whatever became of the question: nothing that goes wrong with it may cost the call its customer."""
        if not asking.done() or asking.cancelled():
            self._rare_log.warning("a caller's last agent is not known in time, the contact goes on without")
            return None
        if (error := asking.exception()) is not None:
            self._rare_log.warning("a caller's last agent cannot be read: %s", in_short(error))
            return None
        return asking.result()

    async def _find_with_one_retry(self, command: LookUpCustomer) -> tuple[Customer, ...]:
        try:
            return await self.find(command.caller, command.account)
        except DATABASE_ERRORS as error:
            self._rare_log.warning("a customer look-up failed and is tried once more: %s", in_short(error))
        await asyncio.sleep(RETRY_PAUSE_S)
        return await self.find(command.caller, command.account)

    def _tell(self, outcome: LookUpOutcome, duration_s: float) -> None:
        if self._observe is not None:
            self._observe(outcome, duration_s)


_ONE_CUSTOMER = (
    CustomerRow.id,
    CustomerRow.account,
    CustomerRow.name,
    CustomerRow.tier,
    CustomerRow.language,
    CustomerRow.notes,
    CustomerRow.account_manager,
)


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

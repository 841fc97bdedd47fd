"""Who is calling: customers by the account number from the IVR, else by the caller's number.

One idea: a look-up is never in a call's way. `execute` takes the question and returns; the answer goes out as an event
whenever it comes, within `crm.lookup_limit_s`. No answer is an answer too: the engine has its own deadline, and routes
without one. Who talked to the customer last is an extra: the customers go out without it if it can't be had in a
moment. So is, for customers of an existing CRM, the id that the contact log knows them by.

Bounds: `concurrency` look-ups are in our database at once, and as many in an existing CRM; `max_waiting` are under way
or wait; one beyond that is not made, and counted.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from enum import Enum

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import Command, LookUpCustomer
from callcenter.crm import attributes as crm_attributes
from callcenter.crm.cache import CacheResult, RecordCache, Records
from callcenter.crm.keys import ids_of, made_up_id
from callcenter.crm.own import OwnTables
from callcenter.crm.records import MAX_ACCOUNT, Record, RecordError, Source, SourceError, record_of
from callcenter.crm_settings import CrmSettings
from callcenter.events import CustomersFound
from callcenter.numbers import to_e164
from callcenter.stores.database import DATABASE_ERRORS, in_short
from callcenter.stores.health import RareLog
from callcenter.stores.history import last_agent
from callcenter.types import AgentId, Attribute, Customer, Tier

RETRY_PAUSE_S = 0.25
LOOKUP_ERRORS = (*DATABASE_ERRORS, SourceError)

_log = logging.getLogger(__name__)


class LookUpOutcome(Enum):
    FOUND = "found"
    SEVERAL = "several"
    UNKNOWN = "unknown"
    FAILED = "failed"  # the customer base could not be asked, twice
    LATE = "late"  # no answer within the limit
    REFUSED = "refused"  # too many look-ups under way


class SourceOutcome(Enum):
    """What became of one question to the customer base."""

    FOUND = "found"
    UNKNOWN = "unknown"
    FAILED = "failed"
    LATE = "late"


Observer = Callable[[LookUpOutcome, float], None]
SourceObserver = Callable[[SourceOutcome, float], None]


class CustomerDirectory:
    """`find` to ask and wait, `execute` to have the answer emitted."""

    def __init__(
        self,
        engine: AsyncEngine,
        settings: CrmSettings,
        emit: Callable[[CustomersFound], None],
        *,
        source: Source | None = None,
        attributes: Sequence[Attribute] = (),
        observe: Observer | None = None,
        observe_source: SourceObserver = lambda *_: None,
        observe_cache: Callable[[CacheResult], None] = lambda _: None,
        concurrency: int = 8,
        max_waiting: int = 1_000,
    ) -> None:
        """`source` is an existing customer base, None: our own tables; it is closed with the directory.

        `emit` is called in the event loop, once at most for each look-up. `observe` is told of each look-up's outcome
        and its duration in seconds, refused ones included; `observe_source` the same of each question to the customer
        base. `attributes` are those declared, see `declare`.
        """
        self._engine = engine
        self._settings = settings
        self._emit = emit
        self._observe = observe
        self._observe_source = observe_source
        self._source = source if source is not None else OwnTables(engine)
        self._own = self._source if isinstance(self._source, OwnTables) else None
        self._turns = asyncio.Semaphore(concurrency)  # in our database
        self._source_turns = asyncio.Semaphore(concurrency)
        self._moment_s = settings.lookup_deadline_ms / 2_000  # half of what the engine waits for all of it
        self._cache = RecordCache(
            settings.cache,
            patience_s=self._moment_s,
            limit_s=settings.lookup_limit_s,
            max_flights=max_waiting,
            observe=observe_cache,
        )
        self._max_waiting = max_waiting
        self._tasks: set[asyncio.Task[None]] = set()
        self._rare_log = RareLog(_log)
        self._rare_stale_log = RareLog(_log)
        self.declare(attributes)

    @property
    def waiting(self) -> int:
        """Look-ups under way."""
        return len(self._tasks)

    def declare(self, attributes: Sequence[Attribute]) -> None:
        """From now on customers come with these attributes, as far as they have a value of the kind declared."""
        self._declared = {attribute.name: attribute for attribute in attributes}
        if self._own is not None:
            self._own.declare(tuple(self._declared))

    # ---- asking and waiting

    async def find(self, caller: str | None, account: str | None) -> tuple[Customer, ...]:
        """The customer of this account; where it is absent or unknown, all customers of the caller's number, in order.

        Several where a number is shared, at most 20; none for an unknown or withheld number. Raises one of
        LOOKUP_ERRORS where the customer base is away and an old answer is not there either.
        """
        account = None if account is None else account.strip()
        number = to_e164(caller, self._settings.default_region)
        records: Records = ()
        if account and len(account) <= MAX_ACCOUNT:
            records = await self._records("account", account)
        if not records and number is not None:
            records = await self._records("number", number)
        ids = await self._ids(records)
        return tuple(self._customer(record, ids[record.key]) for record in records)

    async def _records(self, by: str, value: str) -> Records:
        """What the customer base says, or has said: our own tables are asked each time."""
        if self._own is not None:
            return await self._ask(by, value)
        cached = await self._cache.get((by, value), lambda: self._ask_in_turn(by, value))
        if cached.stale_s is not None:
            self._rare_stale_log.warning(
                "a customer is taken as the customer base said it %.0f s ago: %s", cached.stale_s, cached.why
            )
        return cached.records

    async def _ask_in_turn(self, by: str, value: str) -> Records:
        async with self._source_turns:
            return await self._ask(by, value)

    async def _ask(self, by: str, value: str) -> Records:
        started_s, outcome = time.monotonic(), SourceOutcome.LATE  # what is broken off has no other end
        try:
            source = self._source
            raws = await (source.by_account(value) if by == "account" else source.by_number(value))
            outcome = SourceOutcome.FOUND if raws else SourceOutcome.UNKNOWN
        except LOOKUP_ERRORS:
            outcome = SourceOutcome.FAILED
            raise
        finally:
            self._observe_source(outcome, time.monotonic() - started_s)
        tiers = self._settings.tiers if self._own is None else {}
        records: dict[str, Record] = {}
        for raw in raws:
            try:
                record = record_of(raw, tiers, self._settings.default_region, own=self._own is not None)
                records.setdefault(record.key, record)
            except RecordError as error:
                self._rare_log.warning("a customer is left out: %s", error)
        return tuple(records.values())

    async def _ids(self, records: Records) -> dict[str, int]:
        """What the contact log knows these customers by, made up where our database does not say it in a moment."""
        if self._own is not None:
            return {record.key: int(record.key) for record in records}
        ids: dict[str, int] = {}
        if records:
            try:
                async with asyncio.timeout(self._moment_s), self._turns:
                    ids = await ids_of(self._engine, self._settings.name, records)
            except DATABASE_ERRORS as error:
                self._rare_log.warning("what the log knows a customer by cannot be read: %s", in_short(error))
        return {record.key: ids.get(record.key) or made_up_id() for record in records}

    def _customer(self, record: Record, id_: int) -> Customer:
        attributes, wrong = crm_attributes.read(self._declared, record.attributes.items())
        for words in wrong:
            self._rare_log.warning("customer %s: attribute %s; the default counts", record.account, words)
        return Customer(
            id_,
            record.account,
            record.name,
            Tier(record.tier),
            record.language,
            record.notes,
            AgentId(record.account_manager) if record.account_manager else None,
            attributes,
            record.key if self._own is None else "",
        )

    async def find_last_agent(self, customers: Sequence[Customer], caller: str | None) -> AgentId | None:
        """Who talked last to the one customer that was found; where none was, to the caller's number.

        None where several were found: it may have been another of them. Raises what SQLAlchemy raises.
        """
        if len(customers) > 1:
            return None
        if customers:
            return await last_agent(self._engine, customers[0].id, None) if customers[0].id > 0 else None
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
        await self._cache.close()
        await self._source.close()

    async def _look_up(self, command: LookUpCustomer) -> None:
        started_s = time.monotonic()
        async with contextlib.AsyncExitStack() as turn:
            try:
                async with asyncio.timeout(self._settings.lookup_limit_s) as limit:
                    if self._own is not None:  # one turn for the customer and the last agent
                        await turn.enter_async_context(self._turns)
                    customers = await self._find_with_one_retry(command)
            except LOOKUP_ERRORS as error:
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
        asking = asyncio.create_task(self._ask_last_agent(customers, command.caller))
        try:
            await asyncio.wait({asking}, timeout=self._moment_s)
            found = self._last_agent_of(asking)
            outcomes = (LookUpOutcome.UNKNOWN, LookUpOutcome.FOUND, LookUpOutcome.SEVERAL)
            self._tell(outcomes[min(len(customers), 2)], time.monotonic() - started_s)
            self._emit(CustomersFound(command.contact, customers, found))
        finally:
            asking.cancel()  # nobody waits for its end, but the turn is over only when the database is left alone
            await asyncio.gather(asking, return_exceptions=True)

    async def _ask_last_agent(self, customers: tuple[Customer, ...], caller: str | None) -> AgentId | None:
        async with contextlib.nullcontext() if self._own is not None else self._turns:
            return await self.find_last_agent(customers, caller)

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
        except LOOKUP_ERRORS as error:
            self._rare_log.warning("a customer look-up failed and is tried once more: %s", in_short(error))
        await asyncio.sleep(RETRY_PAUSE_S)
        return await self.find(command.caller, command.account)

    def _tell(self, outcome: LookUpOutcome, duration_s: float) -> None:
        if self._observe is not None:
            self._observe(outcome, duration_s)

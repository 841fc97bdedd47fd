"""What the rules are explained with besides the admin's files: a customer's record, the present, and the past.

The record and the past are in the database, the present is what the daemon's journal comes to. All of it is read, and
nothing is changed: the engine that is asked here is a copy, thrown away afterwards.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.crm.directory import CustomerDirectory
from callcenter.crm.records import SourceError
from callcenter.crm.sources import open_source
from callcenter.hindsight import engine_of, story_of
from callcenter.queues.contact import Contact
from callcenter.queues.figures import StateFigures
from callcenter.routing.explain import explain
from callcenter.routing.preferred import keep
from callcenter.routing.skills import needs_of
from callcenter.rulebook.explanation import Live
from callcenter.rulebook.trial import live_facts
from callcenter.settings import Loaded, Settings
from callcenter.state import Saved, State
from callcenter.stores.database import (
    DATABASE_ERRORS,
    DatabaseUnavailableError,
    in_short,
    open_existing,
)
from callcenter.stores.journal import JournalCorruptError, JournalUnavailableError
from callcenter.stores.redis_server import RedisServerError, running_url
from callcenter.stores.snapshot import SnapshotError
from callcenter.stores.stories import read_contact, read_decisions
from callcenter.stories import Logged, LoggedDecision
from callcenter.types import (
    AgentId,
    AttributeValue,
    ChannelRef,
    Configuration,
    ContactId,
    ContactState,
    Customer,
    PbxName,
    Route,
)

JOURNAL_ERRORS = (JournalUnavailableError, JournalCorruptError, RedisServerError, SnapshotError)

_THIS_CONTACT = ContactId("(this contact)")


# ---- the present


@dataclass(slots=True)
class Present:
    """The engine's state as it was at the journal's end, `at_ms`, seen from now. It is a copy, and may be changed."""

    state: State
    at_ms: int

    def facts(self, configuration: Configuration) -> dict[str, AttributeValue]:
        """What the queues of this configuration and their agents are like, by path."""
        figures = StateFigures(self.state)
        facts: dict[str, AttributeValue] = {}
        for queue in configuration.queues:
            facts |= live_facts(
                queue.name,
                waiting=figures.waiting(queue.name),
                longest_wait_s=figures.longest_wait_s(queue.name),
                is_open=figures.open(queue.name),
                ready=figures.ready(queue.name),
                signed_in=figures.signed_in(queue.name),
            )
        return facts

    def live(self, route: Route, pbx: PbxName) -> Live:
        """Where a contact that came just now with this route would stand: it is put among those who wait."""
        state = self.state
        if route.queue not in state.queues:
            return Live(self.at_ms, None, None)
        contact = Contact(
            id=_THIS_CONTACT,
            channel=ChannelRef(pbx, ""),
            caller=None,
            caller_name="",
            dialled="",
            account=None,
            intent=None,
            language=None,
            arrived_ms=state.now_ms,
            sequence=state.next_sequence(),
            tier=state.configuration.default_tier,
            state=ContactState.WAITING,
            route=route,
            needs=needs_of(route),
        )
        state.saved.contacts[contact.id] = contact
        keep(state, contact)
        return Live(self.at_ms, state.queue_state(route.queue), explain(state, state.now_ms, contact))


async def present_of(loaded: Loaded, now_ms: int) -> Present:
    """Raises one of JOURNAL_ERRORS."""
    return seen_from((await engine_of(loaded)).snapshot(), now_ms)


def seen_from(saved: Saved, now_ms: int) -> Present:
    at_ms, state = saved.now_ms, State(saved)
    state.advance(now_ms)
    return Present(state, at_ms)


# ---- the database


async def customers_of(
    loaded: Loaded, caller: str | None, account: str | None
) -> tuple[tuple[Customer, ...], AgentId | None]:
    """The records of this account, else of this number, and who talked to the customer last.

    Raises DatabaseUnavailableError.
    """
    async with _reading(loaded.settings) as engine:
        crm, attributes = loaded.settings.crm, loaded.configuration.attributes
        try:
            directory = CustomerDirectory(engine, crm, lambda _: None, source=open_source(crm), attributes=attributes)
            try:
                customers = await directory.find(caller, account)
                return customers, await directory.find_last_agent(customers, caller)
            finally:
                await directory.close()
        except SourceError as error:
            raise DatabaseUnavailableError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Past:
    """What the log has of a contact. `contact` is None where it is not over yet, or unknown.

    `in_journal`: its offers can still be told; None where no journal could be read.
    """

    id: ContactId
    contact: Logged | None
    decisions: tuple[LoggedDecision, ...]
    in_journal: bool | None


async def past_of(loaded: Loaded, contact: ContactId) -> Past:
    """The recorded decisions of a contact. Raises DatabaseUnavailableError."""
    async with _reading(loaded.settings) as engine, engine.connect() as connection:
        over = await read_contact(connection, contact)
        decisions = await read_decisions(connection, contact)
    return Past(contact, over, decisions, await _is_in_journal(loaded, contact))


@contextlib.asynccontextmanager
async def _reading(settings: Settings) -> AsyncIterator[AsyncEngine]:
    database = open_existing(settings.database.url, settings.data_dir)
    try:
        yield database.engine
    except DATABASE_ERRORS as error:
        raise DatabaseUnavailableError(f"the database cannot be read: {in_short(error)}") from error
    finally:
        await database.close()


async def _is_in_journal(loaded: Loaded, contact: ContactId) -> bool | None:
    """Asks a journal that is being served. None is started for this: `callcenter explain` does it where it must."""
    if loaded.settings.redis.url is None and running_url(loaded.settings.data_dir) is None:
        return None
    try:
        story = await story_of(loaded, contact)
    except JOURNAL_ERRORS:
        return None
    return bool(story.told) or story.now is not None


# ---- in words


def lines_of(past: Past, words_of_time: Callable[[int], str]) -> Iterator[str]:
    """The past as lines for a terminal."""
    contact = past.contact
    if contact is None and not past.decisions:
        yield f"The log holds nothing of contact {past.id}."
    elif contact is None:
        yield f"Contact {past.id} is not in the log as one that is over; its decisions are."
    else:
        yield f"Contact {past.id} at {words_of_time(contact.arrived_ms)}"
        facts = ("caller", "caller_name", "dialled", "intent", "language", "account", "customer_id", "tier")
        known = ((name, getattr(contact, name)) for name in facts)
        yield from (f"  {name} is {value}" for name, value in known if value not in (None, ""))
        yield ""
        yield f"Decision: {contact.rule or 'none, it left before'}"
        if contact.queue is not None:
            yield f"  queue {contact.queue}, priority {contact.priority}"
        if contact.because:
            yield f"  because {contact.because}"
        by = f" by {contact.agent}" if contact.agent else ""
        yield f"  {contact.outcome}{by}, waited {(contact.waited_ms or 0) / 1000:g} s, {contact.offers} offers"
    if past.decisions:
        yield ""
        yield "What was decided, in order"
        for it in past.decisions:
            yield f"  {words_of_time(it.at_ms)}  {it.kind}{f' by {it.by}' if it.by else ''}: {it.words}"
    yield ""
    yield from _hint(past)


def _hint(past: Past) -> Iterator[str]:
    if past.in_journal:
        yield f"Its offers are still in the journal: callcenter explain {past.id}"
    elif past.in_journal is None:
        yield f"Its offers, as long as the journal has them: callcenter explain {past.id}"
    else:
        yield "The journal no longer has its offers."

"""All that is known of a contact, wherever it is: in the engine while it goes on, in the log when it is over.

The one idea: who asks is not to know which of the two has it. A contact that goes on has its story so far in the log
already (segments and decisions are written as they end), and where it stands now in the engine.
"""

from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.desktop.desk import DeskUnavailableError, RecentContact
from callcenter.engine import Engine
from callcenter.numbers import to_e164
from callcenter.queues.contact import Contact
from callcenter.stores.contact_log import ContactLog
from callcenter.stores.database import DatabaseUnavailableError
from callcenter.stores.stories import find, read_story
from callcenter.stories import Logged, LoggedNote, Person, Story, Wanted
from callcenter.types import ContactId


class ContactBook:
    """The desk's `Contacts`."""

    def __init__(self, database: AsyncEngine, engine: Callable[[], Engine], default_region: str) -> None:
        self._database = database
        self._engine = engine
        self._default_region = default_region

    async def story(self, contact: ContactId) -> Story | None:
        known = self._engine().contact(contact)
        live = None if known is None else _live(known)
        try:
            story = await read_story(self._database, contact, live)
        except DatabaseUnavailableError as error:
            if known is None or live is None:
                raise DeskUnavailableError(str(error)) from error
            return Story(live, _person(known), notes=_notes(known), partial=f"{error}; what was before is not shown")
        if story is None or known is None or live is None:
            return story
        # What the engine has is newer than the log by what is still being written.
        return Story(
            live,
            _person(known) or story.customer,
            story.segments,
            story.decisions,
            story.notes if len(story.notes) >= len(known.notes) else _notes(known),
        )

    async def find(self, wanted: Wanted) -> Sequence[Logged]:
        try:
            return await find(self._database, wanted)
        except DatabaseUnavailableError as error:
            raise DeskUnavailableError(str(error)) from error

    async def recent(self, log: ContactLog, customer_ids: Sequence[int], caller: str | None) -> Sequence[RecentContact]:
        """For a screen pop; without notes where these cannot be read."""
        return [
            RecentContact(
                arrived_ms=one.arrived_ms,
                queue=one.queue,
                agent=one.agent,
                outcome=one.outcome,
                disposition=one.disposition,
                talked_ms=one.talk_ms or None,
                contact=one.contact,
                notes=one.notes,
                follow_up_on=one.follow_up_on,
            )
            for one in await log.recent(customer_ids, caller)
        ]

    def number(self, text: str) -> str | None:
        return to_e164(text, self._default_region)


def _live(contact: Contact) -> Logged:
    route = contact.route
    return Logged(
        id=contact.id,
        arrived_ms=contact.arrived_ms,
        connected_ms=contact.connected_ms,
        ended_ms=contact.ended_ms,
        waited_ms=None if contact.connected_ms is None else contact.connected_ms - contact.arrived_ms,
        handled_ms=None,
        caller=contact.caller,
        caller_name=contact.caller_name,
        dialled=contact.dialled,
        account=contact.account,
        intent=contact.intent,
        language=contact.language,
        customer_id=contact.customers[0].id if len(contact.customers) == 1 else None,
        tier=contact.tier,
        queue=contact.queue,
        priority=contact.priority,
        rule=route.rule if route is not None else None,
        because=route.because if route is not None else None,
        agent=contact.agent,
        outcome=None,
        disposition=None,
        follow_up_on=None,
        offers=contact.offers_made,
        service_level_ms=None,
        tags=route.tags if route is not None else (),
        state=contact.state.value,
    )


def _person(contact: Contact) -> Person | None:
    if len(contact.customers) != 1:
        return None
    customer = contact.customers[0]
    return Person(customer.id, customer.account, customer.name, customer.tier, customer.language)


def _notes(contact: Contact) -> tuple[LoggedNote, ...]:
    return tuple(
        LoggedNote(f"{contact.id}#{number}", note.at_ms, note.by, note.text)
        for number, note in enumerate(contact.notes, 1)
    )

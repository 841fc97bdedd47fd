"""Contacts over HTTP: one's whole story, the log to be searched, and what people write about them.

The one idea: whose business a contact is, is decided on the story itself, by those who had it and the queues that it
was in. So an agent reads what it had itself and nothing else, and a supervisor what its queue groups had.
"""

import uuid
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from callcenter.desktop.access.needs import needs
from callcenter.desktop.access.permissions import Caller, Permission, may_see_customer, number_for
from callcenter.desktop.api.answers import Answer, responses
from callcenter.desktop.api.door import Body, Door, Prose
from callcenter.desktop.api.reach import Reach, no_contact
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.events import NoteAdded
from callcenter.routing.explain import Explanation
from callcenter.stories import Logged, LoggedDecision, LoggedNote, LoggedSegment, Person, Story, Wanted
from callcenter.types import AgentId, ContactId, Outcome, QueueName

READ_LIMIT_S = 10.0
MAX_FOUND = 200
MAX_MS = 2**53

ContactPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]+$", max_length=128)]
Text = Annotated[str, Query(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
Moment = Annotated[int, Query(ge=0, le=MAX_MS)]
MayRead = Annotated[Caller, needs(Permission.SEE_CONTACTS, Permission.TAKE_CONTACTS)]
MayWrite = Annotated[Caller, needs(Permission.MANAGE_CONTACTS, Permission.TAKE_CONTACTS)]


class WriteNote(Body):
    text: Prose


class NoteAnswer(Answer):
    note: LoggedNote


class StoryAnswer(Answer):
    """`segments` has offers and wrap-ups among the others; `explanation` is there for a contact that goes on."""

    contact: Logged
    customer: Person | None
    segments: list[LoggedSegment]
    decisions: list[LoggedDecision]
    offers: list[LoggedSegment] = Field(description="the segments that are offers")
    dispositions: list[LoggedSegment] = Field(description="the segments that are wrap-ups; `result` is the disposition")
    notes: list[LoggedNote]
    explanation: Explanation | None
    partial: str | None = Field(description="what could not be read just now, in words")


class FoundAnswer(Answer):
    contacts: list[Logged]
    cursor: str | None = Field(description="hand it in again for those that come after; null: there are none")


class Contacts:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door
        self._reach = Reach(desk)

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1/contacts", tags=["contacts"])
        router.add_api_route("", self.find, methods=["GET"], name="find_contacts", responses=responses(503))
        router.add_api_route(
            "/{contact}", self.story, methods=["GET"], name="contact_story", responses=responses(404, 503)
        )
        router.add_api_route(
            "/{contact}/notes", self.write, methods=["POST"], name="write_note", responses=responses(404, 503)
        )
        return router

    # ---- handlers

    async def story(self, by: MayRead, contact: ContactPath) -> StoryAnswer:
        """All that is known of a contact, whether it goes on or is over."""
        story = await self._story(by, contact)
        seen = _as_seen_by(by, story)
        told = self._desk.explain(ContactId(contact)) if by.may(Permission.SEE_CONTACTS) else None
        if told is not None and seen.contact.because is None:
            told = replace(told, because=None)  # its words have the caller's facts in them
        return StoryAnswer(
            contact=seen.contact,
            customer=seen.customer,
            segments=list(seen.segments),
            decisions=list(seen.decisions),
            offers=[one for one in seen.segments if one.kind == "offer"],
            dispositions=[one for one in seen.segments if one.kind == "wrap_up"],
            notes=list(seen.notes),
            explanation=told,
            partial=seen.partial,
        )

    async def find(  # noqa: PLR0917 - each is a way to look for a contact
        self,
        by: MayRead,
        caller: Text | None = None,
        account: Text | None = None,
        agent: Text | None = None,
        queue: Text | None = None,
        outcome: Outcome | None = None,
        follow_up_until: Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None,
        from_ms: Annotated[Moment | None, Query(alias="from")] = None,
        to_ms: Annotated[Moment | None, Query(alias="to")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_FOUND)] = 50,
        cursor: Annotated[str, Query(max_length=200)] | None = None,
    ) -> FoundAnswer:
        """Contacts that are over, the newest first. `from` and `to` are moments of arrival in ms; `to` is not in it.

        An agent finds those that it had last itself.
        """
        alone = not by.may(Permission.SEE_CONTACTS)
        if alone and agent not in (None, by.id):
            raise ApiError(403, "You may look for your own contacts only.", "Leave `agent` out.")
        if not alone and (caller is not None or account is not None) and not _sees_whole(by):
            raise ApiError(
                403, "You may not see whose contact it is, nor look for it.", "Look by queue, agent and time."
            )
        number = self._desk.book.number(caller) if caller is not None else None
        wanted = Wanted(
            caller=caller if number is None else None,
            number=number,
            account=account,
            agent=by.id if alone else agent,
            queue=queue,
            queues=None if alone or by.queues is None else tuple(sorted(by.queues)),
            outcome=None if outcome is None else outcome.value,
            follow_up_until=follow_up_until,
            from_ms=from_ms,
            to_ms=to_ms,
            after=_read_cursor(cursor),
            limit=limit + 1,
        )
        found = list(await self._door.wait_for(self._desk.book.find(wanted), READ_LIMIT_S))
        page = found[:limit]
        more = len(found) > limit
        return FoundAnswer(
            contacts=[_contact_for(by, one, (one.agent,)) for one in page],
            cursor=f"{page[-1].arrived_ms}~{page[-1].id}" if more else None,
        )

    async def write(self, by: MayWrite, contact: ContactPath, body: WriteNote) -> NoteAnswer:
        """Write something about a contact; whoever has it now sees it at once."""
        await self._story(by, contact)
        note = uuid.uuid4().hex
        await self._door.submit(NoteAdded(note, ContactId(contact), by.id, body.text))
        return NoteAnswer(note=LoggedNote(note, self._desk.now_ms(), by.id, body.text))

    async def _story(self, by: Caller, contact: str) -> Story:
        """Raises ApiError 404, or 403 where it is nobody's business who asks."""
        story = await self._door.wait_for(self._desk.book.story(ContactId(contact)), READ_LIMIT_S)
        if story is None:
            raise no_contact(contact)
        if by.may(Permission.TAKE_CONTACTS) and by.id in story.agents:
            return story
        if not by.may(Permission.SEE_CONTACTS):
            raise ApiError(403, f"The contact {contact} is not yours.", "Ask whoever had it, or a supervisor.")
        if by.queues is not None and not by.reaches([QueueName(queue) for queue in story.queues]):
            self._reach.check_queue_of_contact(by, contact, story.contact.queue)
        return story


def _sees_whole(by: Caller) -> bool:
    return by.may(Permission.SEE_NUMBERS) and by.may(Permission.SEE_CUSTOMERS)


def _as_seen_by(by: Caller, story: Story) -> Story:
    agents = story.agents
    known = may_see_customer(by, [AgentId(agent) for agent in agents])
    return Story(
        _contact_for(by, story.contact, agents),
        story.customer if known else None,
        story.segments,
        story.decisions if known else tuple(replace(one, words="") for one in story.decisions),
        story.notes if known else (),
        story.partial,
    )


def _contact_for(by: Caller, contact: Logged, agents: tuple[str | None, ...]) -> Logged:
    had_it = [None if agent is None else AgentId(agent) for agent in agents]
    changes: dict[str, Any] = {"caller": number_for(by, contact.caller, had_it)}
    if not may_see_customer(by, had_it):
        changes |= {"caller_name": "", "account": None, "customer_id": None, "because": None}
    return replace(contact, **changes)


def _read_cursor(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    arrived, _, contact = cursor.partition("~")
    if not contact or not arrived.isdecimal() or int(arrived) > MAX_MS:
        raise ApiError(422, "This is no cursor of ours.", "Hand in the cursor of the last answer as it was.")
    return int(arrived), contact

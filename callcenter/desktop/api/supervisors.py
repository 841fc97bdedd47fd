"""What a supervisor's page can ask for, over HTTP: to move, re-prioritise or withdraw who waits, to open or close a
queue, to make no more offers for a while, and why a contact stands where it stands.

The one idea: what can be known to be in vain is refused here in words; the engine has the last word, for a contact may
be answered while its command is under way. So each answer is the contact or the queue as it is afterwards.
"""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from callcenter.desktop.access import audit
from callcenter.desktop.access.needs import needs
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.api.answers import Answer, add_orders, responses
from callcenter.desktop.api.door import Body, Door
from callcenter.desktop.api.reach import Reach, no_contact
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.desktop.live.streams import text
from callcenter.events import ContactMoved, ContactPrioritised, ContactWithdrawn, OfferingSet, QueueStateSet
from callcenter.overview import ContactView, QueueView
from callcenter.routing.explain import Explanation
from callcenter.types import MAX_PRIORITY, MIN_PRIORITY, AgentState, ContactId, ContactState, QueueState

MAX_REASONS = 500  # agents told of in an explanation, in the engine's order; of the others only how many they are

_IN_QUEUE = (ContactState.WAITING, ContactState.OFFERED)
_NOT_IN_QUEUE = {
    ContactState.IDENTIFYING: "has only just come",
    ContactState.CONNECTED: "talks with an agent",
    ContactState.AWAY: "talks with the number that it was transferred to",
    ContactState.ENDED: "has ended",
}

ContactPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]+$", max_length=128)]
QueuePath = Annotated[str, Path(max_length=64)]


class Move(Body):
    queue: Annotated[str, Field(min_length=1, max_length=64)]


class Prioritise(Body):
    priority: Annotated[int, Field(ge=MIN_PRIORITY, le=MAX_PRIORITY, strict=True)]


class SetOffering(Body):
    offering: Annotated[bool, Field(strict=True)]


class SetState(Body):
    state: QueueState


class ContactStanding(Answer):
    state: ContactState
    queue: str | None
    priority: int | None


class ContactAnswer(Answer):
    """The contact as it is afterwards; null: it is no more."""

    contact: ContactStanding | None


class QueueAnswer(Answer):
    queue: QueueView


class OfferingAnswer(Answer):
    """Whether offers are made, and how much is still going on."""

    offering: bool
    stopped_by: str | None
    talking: int
    ringing: int
    waiting: int


class WhyAnswer(Answer):
    explanation: Explanation
    agents_left_off: int


MayDirect = Annotated[Caller, needs(Permission.MANAGE_CONTACTS)]
MayStop = Annotated[Caller, needs(Permission.STOP_OFFERING)]


class Supervisors:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door
        self._reach = Reach(desk)

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1", tags=["floor"])
        add_orders(
            router,
            {
                "/contacts/{contact}/move": ("move_contact", self.move),
                "/contacts/{contact}/priority": ("prioritise_contact", self.prioritise),
                "/contacts/{contact}/withdraw": ("withdraw_contact", self.withdraw),
                "/queues/{queue}/state": ("set_queue_state", self.set_state),
                "/offering": ("set_offering", self.set_offering),
            },
        )
        router.add_api_route("/offering", self.offering, methods=["GET"])
        router.add_api_route(
            "/contacts/{contact}/why",
            self.why,
            methods=["GET"],
            name="why",
            response_model=WhyAnswer,
            responses=responses(404),
        )
        return router

    # ---- handlers

    async def move(self, by: MayDirect, contact: ContactPath, body: Move) -> ContactAnswer:
        """Move who waits to another queue, which must be open."""
        before = self._in_queue(by, contact)
        queue = self._reach.queue(by, body.queue)
        if queue.state is not QueueState.OPEN:
            raise ApiError(
                409, f"The queue {queue.name} is {queue.state.value}.", "Open it first, or choose a queue that is open."
            )
        audit.tell(before={"queue": before.queue})
        return await self._change(ContactMoved(ContactId(contact), queue.name, by.id))

    async def prioritise(self, by: MayDirect, contact: ContactPath, body: Prioritise) -> ContactAnswer:
        """Give who waits another priority."""
        audit.tell(before={"priority": self._in_queue(by, contact).priority})
        return await self._change(ContactPrioritised(ContactId(contact), body.priority, by.id))

    async def withdraw(self, by: MayDirect, contact: ContactPath) -> ContactAnswer:
        """Send who waits away: the caller hears that nobody can answer, and the call ends."""
        before = self._in_queue(by, contact)
        audit.tell(before={"state": before.state, "queue": before.queue})
        return await self._change(ContactWithdrawn(ContactId(contact), by.id))

    async def set_state(
        self, by: Annotated[Caller, needs(Permission.MANAGE_QUEUES)], queue: QueuePath, body: SetState
    ) -> QueueAnswer:
        """Open a queue, drain it (nobody new) or close it (nobody any more)."""
        before = self._reach.queue(by, queue)
        audit.tell(before={"state": before.state})
        await self._door.submit(QueueStateSet(before.name, body.state, by.id))
        return QueueAnswer(queue=self._reach.queue(by, queue))

    async def set_offering(self, by: MayStop, body: SetOffering) -> OfferingAnswer:
        """Make no more offers, before maintenance, or make them again."""
        audit.tell(before={"offering": self._desk.overview().offering_stopped_by is None})
        await self._door.submit(OfferingSet(body.offering, by.id))
        return self._offering()

    async def offering(self, by: Annotated[Caller, needs(Permission.SEE_FLOOR)]) -> OfferingAnswer:
        """Whether offers are made."""
        return self._offering()

    async def why(self, by: Annotated[Caller, needs(Permission.SEE_CONTACTS)], contact: ContactPath) -> Response:
        """Why a contact stands where it stands, and for each agent why it does not have it."""
        told = self._desk.explain(ContactId(contact))
        if told is None:
            raise no_contact(contact)
        self._reach.check_queue_of_contact(by, contact, told.queue)
        left_off = max(0, len(told.agents) - MAX_REASONS)
        told = replace(told, agents=told.agents[:MAX_REASONS])
        return Response(text({"explanation": told, "agents_left_off": left_off}), media_type="application/json")

    # ---- what they share

    def _offering(self) -> OfferingAnswer:
        picture = self._desk.overview()
        states = [agent.state for agent in picture.agents]
        return OfferingAnswer(
            offering=picture.offering_stopped_by is None,
            stopped_by=picture.offering_stopped_by,
            talking=states.count(AgentState.TALKING),
            ringing=states.count(AgentState.RESERVED),
            waiting=sum(queue.waiting for queue in picture.queues),
        )

    async def _change(self, event: ContactMoved | ContactPrioritised | ContactWithdrawn) -> ContactAnswer:
        await self._door.submit(event)
        after = self._reach.standing(event.contact)
        if after is None:
            return ContactAnswer(contact=None)
        standing = ContactStanding(state=after.state, queue=after.queue, priority=after.priority)
        return ContactAnswer(contact=standing)

    def _in_queue(self, by: Caller, contact: str) -> ContactView | Explanation:
        """Refuse what is not WAITING or OFFERED."""
        standing = self._reach.contact(by, contact)
        if standing.state not in _IN_QUEUE:
            raise ApiError(
                409,
                f"The contact {contact} is in no queue: it {_NOT_IN_QUEUE[standing.state]}.",
                "Only who waits can be moved, re-prioritised or withdrawn.",
            )
        return standing

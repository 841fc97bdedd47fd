"""What a supervisor's page can ask for, over HTTP: to move, re-prioritise or withdraw who waits, to open or close a
queue, to make no more offers for a while, and why a contact stands where it stands.

The one idea: what can be known to be in vain is refused here in words; the engine has the last word, for a contact may
be answered while its command is under way. So each answer is the contact or the queue as it is afterwards.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from callcenter.desktop.api.door import Body, Door
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.desktop.live import messages
from callcenter.events import ContactMoved, ContactPrioritised, ContactWithdrawn, OfferingSet, QueueStateSet
from callcenter.overview import ContactView, QueueView
from callcenter.routing.explain import Explanation
from callcenter.types import MAX_PRIORITY, MIN_PRIORITY, AgentState, ContactId, ContactState, QueueName, QueueState

MAX_REASONS = 500  # agents told of in an explanation, in the engine's order; of the others only how many they are

_IN_QUEUE = (ContactState.WAITING, ContactState.OFFERED)
_NOT_IN_QUEUE = {
    ContactState.IDENTIFYING: "has only just come",
    ContactState.CONNECTED: "talks with an agent",
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


class Supervisors:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api")
        posts: list[tuple[str, Callable[..., Any]]] = [
            ("/contacts/{contact}/move", self.move),
            ("/contacts/{contact}/priority", self.prioritise),
            ("/contacts/{contact}/withdraw", self.withdraw),
            ("/queues/{queue}/state", self.set_state),
            ("/offering", self.set_offering),
        ]
        for path, handler in posts:
            router.add_api_route(path, handler, methods=["POST"])
        router.add_api_route("/offering", self.offering, methods=["GET"])
        router.add_api_route("/contacts/{contact}/why", self.why, methods=["GET"])
        return router

    # ---- handlers

    async def move(self, request: Request, contact: ContactPath, body: Move) -> dict[str, Any]:
        by = self._door.supervisor(request).id
        self._in_queue(ContactId(contact))
        queue = self._queue(body.queue)
        if queue.state is not QueueState.OPEN:
            raise ApiError(
                409, f"The queue {queue.name} is {queue.state.value}.", "Open it first, or choose a queue that is open."
            )
        return await self._change(ContactMoved(ContactId(contact), queue.name, by))

    async def prioritise(self, request: Request, contact: ContactPath, body: Prioritise) -> dict[str, Any]:
        by = self._door.supervisor(request).id
        self._in_queue(ContactId(contact))
        return await self._change(ContactPrioritised(ContactId(contact), body.priority, by))

    async def withdraw(self, request: Request, contact: ContactPath) -> dict[str, Any]:
        by = self._door.supervisor(request).id
        self._in_queue(ContactId(contact))
        return await self._change(ContactWithdrawn(ContactId(contact), by))

    async def set_state(self, request: Request, queue: QueuePath, body: SetState) -> dict[str, Any]:
        by = self._door.supervisor(request).id
        await self._door.submit(QueueStateSet(self._queue(queue).name, body.state, by))
        return {"queue": self._queue(queue)}

    async def set_offering(self, request: Request, body: SetOffering) -> dict[str, Any]:
        by = self._door.supervisor(request).id
        await self._door.submit(OfferingSet(body.offering, by))
        return self._offering()

    async def offering(self, request: Request) -> dict[str, Any]:
        self._door.supervisor(request)
        return self._offering()

    async def why(self, request: Request, contact: ContactPath) -> Response:
        self._door.supervisor(request)
        told = self._desk.explain(ContactId(contact))
        if told is None:
            raise _no_contact(contact)
        left_off = max(0, len(told.agents) - MAX_REASONS)
        told = replace(told, agents=told.agents[:MAX_REASONS])
        return Response(
            messages.text({"explanation": told, "agents_left_off": left_off}), media_type="application/json"
        )

    # ---- what they share

    def _offering(self) -> dict[str, Any]:
        """Whether offers are made, and how much is still going on."""
        picture = self._desk.overview()
        states = [agent.state for agent in picture.agents]
        return {
            "offering": picture.offering_stopped_by is None,
            "stopped_by": picture.offering_stopped_by,
            "talking": states.count(AgentState.TALKING),
            "ringing": states.count(AgentState.RESERVED),
            "waiting": sum(queue.waiting for queue in picture.queues),
        }

    async def _change(self, event: ContactMoved | ContactPrioritised | ContactWithdrawn) -> dict[str, Any]:
        await self._door.submit(event)
        after = self._standing(event.contact)
        if after is None:
            return {"contact": None}
        return {"contact": {"state": after.state, "queue": after.queue, "priority": after.priority}}

    def _in_queue(self, contact: ContactId) -> None:
        """Refuse what is not WAITING or OFFERED."""
        standing = self._standing(contact)
        if standing is None:
            raise _no_contact(contact)
        if standing.state not in _IN_QUEUE:
            raise ApiError(
                409,
                f"The contact {contact} is in no queue: it {_NOT_IN_QUEUE[standing.state]}.",
                "Only who waits can be moved, re-prioritised or withdrawn.",
            )

    def _standing(self, contact: ContactId) -> ContactView | Explanation | None:
        """The contact as the overview lists it. That list is bounded, so the engine is asked for who is not in it."""
        listed = next((view for view in self._desk.overview().contacts if view.id == contact), None)
        return listed if listed is not None else self._desk.explain(contact)

    def _queue(self, name: str) -> QueueView:
        queues = {view.name: view for view in self._desk.overview().queues}
        found = queues.get(QueueName(name))
        if found is None:
            raise ApiError(404, f"There is no queue {name!r}.", f"Use one of: {', '.join(queues)}.")
        return found


def _no_contact(contact: str) -> ApiError:
    return ApiError(404, f"There is no contact {contact}.", "It may have ended; the overview shows who waits now.")

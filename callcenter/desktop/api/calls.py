"""What an agent does with the call that it has, over HTTP: hold, transfer, consult, dial, hang up; whom it may go to.

The one idea: an agent orders for its own call only, which is the one that the engine says it has. What can be known to
be in vain is refused here in words; the engine has the last word, so each answer is the call as it is afterwards.
"""

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, model_validator

from callcenter.call_settings import NumberRefusedError
from callcenter.commands import CallChanged
from callcenter.desktop.access.needs import TakesContacts
from callcenter.desktop.access.permissions import Caller
from callcenter.desktop.api.answers import Answer, responses
from callcenter.desktop.api.door import Body, Door, Prose
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.events import (
    CallConsulted,
    CallDialled,
    CallHeld,
    CallHungUp,
    CallTransferred,
    ConsultCancelled,
    ConsultCompleted,
    ConsultConferred,
    Event,
)
from callcenter.talks import Consult, ConsultState, Direction, Target
from callcenter.types import AgentId, AgentState, ChannelRef, ContactId, DeviceStatus, QueueName, QueueState

Id = Annotated[str, Field(min_length=1, max_length=128)]


class To(Body):
    """Exactly one of the three."""

    queue: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    agent: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    number: Annotated[str, Field(min_length=1, max_length=40)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "To":
        if sum(one is not None for one in (self.queue, self.agent, self.number)) != 1:
            raise ValueError("It should have exactly one of queue, agent and number")
        return self


class Hold(Body):
    contact: Id
    hold: bool = Field(strict=True)


class OfContact(Body):
    contact: Id


class Consulted(Body):
    contact: Id
    to: To


class Completed(Body):
    contact: Id
    notes: Prose | None = None


class Transfer(Body):
    contact: Id
    to: To
    notes: Prose | None = None


class Dialled(Body):
    number: Annotated[str, Field(min_length=1, max_length=40)]
    queue: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class Call(Answer):
    """The call that the agent has now, null where it has none any more."""

    contact: str
    since_ms: int
    on_hold: bool
    held_since_ms: int | None
    consult: Consult | None
    conference: bool
    direction: Direction
    number: str | None
    dialling: bool


class CallAnswer(Answer):
    call: Call | None


class QueueTarget(Answer):
    name: str
    label: str
    open: bool
    waiting: int


class AgentTarget(Answer):
    """`free`: a call could be given to this agent now."""

    id: str
    name: str
    state: AgentState
    free: bool


class NumberTarget(Answer):
    label: str
    number: str


class Targets(Answer):
    queues: list[QueueTarget]
    agents: list[AgentTarget]
    numbers: list[NumberTarget]


class Calls:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1", tags=["calls"])
        posts: list[tuple[str, Callable[..., Any], str]] = [
            ("/calls/hold", self.hold, "hold_call"),
            ("/calls/hang-up", self.hang_up, "hang_up_call"),
            ("/calls/transfer", self.transfer, "transfer_call"),
            ("/calls/consult", self.consult, "consult"),
            ("/calls/consult/complete", self.complete, "complete_consult"),
            ("/calls/consult/cancel", self.cancel, "cancel_consult"),
            ("/calls/conference", self.confer, "confer"),
            ("/calls/dial", self.dial, "dial"),
        ]
        for path, handler, name in posts:
            router.add_api_route(path, handler, methods=["POST"], name=name, responses=responses(409, 503))
        router.add_api_route("/targets", self.targets, methods=["GET"], name="call_targets")
        return router

    # ---- handlers

    async def hold(self, by: TakesContacts, body: Hold) -> CallAnswer:
        """Put the customer on hold, or go back to the customer."""
        call = self._call(by, body.contact)
        if call.conference or call.dialling:
            raise ApiError(409, "This call cannot be held now.", "End the conference first.")
        return await self._order(by, CallHeld(by.id, ContactId(body.contact), body.hold))

    async def hang_up(self, by: TakesContacts, body: OfContact) -> CallAnswer:
        """End the own part; the customer goes on as after any call."""
        self._call(by, body.contact)
        return await self._order(by, CallHungUp(by.id, ContactId(body.contact)))

    async def transfer(self, by: TakesContacts, body: Transfer) -> CallAnswer:
        """Hand the customer over without asking anybody first; the notes go with it."""
        call = self._call(by, body.contact)
        to = self._target(by, body.to)
        if call.conference or call.dialling:
            raise ApiError(409, "This call cannot be handed over now.", "End the conference first.")
        event = CallTransferred(by.id, ContactId(body.contact), to, body.notes or "")
        answer = await self._order(by, event)
        if answer.call is not None and answer.call.contact == body.contact:
            raise ApiError(409, f"The {to.words} could not take it just now.", "Choose another one, or try again.")
        return answer

    async def consult(self, by: TakesContacts, body: Consulted) -> CallAnswer:
        """Ask somebody while the customer is on hold."""
        call = self._call(by, body.contact)
        to = self._target(by, body.to)
        if call.conference or call.dialling or _goes_on(call):
            raise ApiError(409, "You are asking somebody already.", "End that first.")
        answer = await self._order(by, CallConsulted(by.id, ContactId(body.contact), to))
        if answer.call is None or answer.call.consult is None:
            raise ApiError(409, f"The {to.words} could not be asked just now.", "Choose another one, or try again.")
        return answer

    async def complete(self, by: TakesContacts, body: Completed) -> CallAnswer:
        """Whoever was asked gets the customer, with the notes."""
        self._answered(self._call(by, body.contact))
        return await self._order(by, ConsultCompleted(by.id, ContactId(body.contact), body.notes or ""))

    async def cancel(self, by: TakesContacts, body: OfContact) -> CallAnswer:
        """Let go of whoever was asked, and go back to the customer; from a talk of three, to a talk of two."""
        if self._call(by, body.contact).consult is None:
            raise ApiError(409, "You are asking nobody.", "It may be over; look at your page.")
        return await self._order(by, ConsultCancelled(by.id, ContactId(body.contact)))

    async def confer(self, by: TakesContacts, body: OfContact) -> CallAnswer:
        """Customer, agent and whoever was asked talk with each other."""
        call = self._call(by, body.contact)
        self._answered(call)
        if call.conference:
            raise ApiError(409, "All three talk already.", "Hang up, or let one of them go.")
        return await self._order(by, ConsultConferred(by.id, ContactId(body.contact)))

    async def dial(self, by: TakesContacts, body: Dialled) -> CallAnswer:
        """Call a number: the own phone rings first. The call is in the name of the queue, else of the default one."""
        number = self._number(body.number)
        if body.queue is not None and body.queue not in [one.name for one in self._desk.overview().queues]:
            raise ApiError(422, f"There is no queue {body.queue!r}.", "GET /api/v1/targets names them.")
        pbx = self._desk.pbx
        view = self._desk.agent(by.id)
        if view is None or view.state not in (AgentState.READY, AgentState.NOT_READY):
            raise ApiError(409, "You cannot call now.", "Be ready or not ready, and with no call in hand.")
        channel = f"out-{uuid.uuid4().hex[:16]}"
        queue = QueueName(body.queue) if body.queue is not None else None
        contact = ContactId(f"{pbx}-{channel}-1")
        answer = await self._order(by, CallDialled(by.id, contact, ChannelRef(pbx, channel), number, queue))
        if answer.call is None:
            raise ApiError(409, "Your phone cannot be rung just now.", "See that it is registered and hung up.")
        return answer

    async def targets(self, by: TakesContacts) -> Targets:
        """Whom a call may go to."""
        picture = self._desk.overview()
        queues = [
            QueueTarget(name=one.name, label=one.name, open=one.state is QueueState.OPEN, waiting=one.waiting)
            for one in picture.queues
        ]
        agents = [
            AgentTarget(
                id=one.id,
                name=one.name,
                state=one.state,
                free=one.state is AgentState.READY and one.device is DeviceStatus.FREE,
            )
            for one in picture.agents
            if one.id != by.id and one.state is not AgentState.LOGGED_OUT
        ]
        numbers = [NumberTarget(label=label, number=number) for label, number in self._desk.outbound.known]
        return Targets(queues=queues, agents=agents, numbers=numbers)

    # ---- what they share

    def _call(self, by: Caller, contact: str) -> CallChanged:
        """The own call. Raises ApiError 409 where this agent does not talk with that contact."""
        view = self._desk.agent(by.id)
        call = view.call if view is not None else None
        if call is None or call.contact != contact:
            raise ApiError(409, f"You have no call with {contact}.", "It may have ended; look at your page.")
        return call

    @staticmethod
    def _answered(call: CallChanged) -> None:
        """Raises ApiError 409 where nobody was asked who could talk now."""
        if call.consult is None or call.consult.state is not ConsultState.TALKING:
            raise ApiError(409, "Nobody has answered whom you ask.", "Wait for the answer, or go back to the customer.")

    def _target(self, by: Caller, to: To) -> Target:
        """Raises ApiError 409 or 422 where a call can't go there."""
        if to.number is not None:
            return Target(number=self._number(to.number))
        if to.queue is not None:
            queue = next((one for one in self._desk.overview().queues if one.name == to.queue), None)
            if queue is None:
                raise ApiError(422, f"There is no queue {to.queue!r}.", "GET /api/v1/targets names them.")
            if queue.state is not QueueState.OPEN:
                raise ApiError(409, f"The queue {to.queue} is {queue.state.value}.", "Choose one that is open.")
            return Target(queue=QueueName(to.queue))
        colleague = self._desk.agent(AgentId(to.agent or ""))
        if colleague is None or colleague.id == by.id:
            raise ApiError(422, f"There is no other agent {to.agent!r}.", "GET /api/v1/targets names them.")
        if colleague.state is not AgentState.READY:
            state = colleague.state.value.replace("_", " ")
            raise ApiError(409, f"{colleague.name} is {state}.", "Choose somebody who is ready, or a queue.")
        return Target(agent=colleague.id)

    def _number(self, text: str) -> str:
        try:
            return self._desk.outbound.number(text)
        except NumberRefusedError as refused:
            raise ApiError(422, str(refused), refused.remedy) from None

    async def _order(self, by: Caller, event: Event) -> CallAnswer:
        await self._door.submit(event)
        view = self._desk.agent(by.id)
        call = view.call if view is not None else None
        if call is None or call.contact is None:
            return CallAnswer(call=None)
        return CallAnswer(
            call=Call(
                contact=call.contact,
                since_ms=call.since_ms,
                on_hold=call.on_hold,
                held_since_ms=call.held_since_ms,
                consult=call.consult,
                conference=call.conference,
                direction=call.direction,
                number=call.number,
                dialling=call.dialling,
            )
        )


def _goes_on(call: CallChanged) -> bool:
    return call.consult is not None and call.consult.state is not ConsultState.FAILED

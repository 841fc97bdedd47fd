"""What supervisors order on the floor, over HTTP: agents' states and skills, contacts taken, listening, messages; and
what agents do with it: acknowledge a message, accept an offer on the page.

The one idea: what can be known to be in vain is refused here in words, and what came of an order is looked at
afterwards: the engine has the last word, and an order that it ignored is told as a refusal, too.
"""

import secrets
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, field_validator

from callcenter.desktop.access import audit
from callcenter.desktop.access.needs import TakesContacts, needs
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.api.answers import Answer, State, StateAnswer, add_orders
from callcenter.desktop.api.door import Body, Door
from callcenter.desktop.api.reach import Reach
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.desktop.live.messages import state_of
from callcenter.orders import (
    AcceptAsked,
    AgentSkillsSet,
    AgentStateSet,
    ContactGiven,
    ListenAsked,
    Listening,
    ListenMode,
    ListenStopped,
    MessageAcknowledged,
    MessageId,
    MessageSent,
    OpenMessage,
)
from callcenter.overview import AgentView
from callcenter.types import (
    MAX_PROFICIENCY,
    MIN_PROFICIENCY,
    AgentId,
    AgentState,
    ContactId,
    ContactState,
    DeviceRef,
    DeviceStatus,
    OfferId,
    Skill,
    SkillName,
)

MAX_TEXT = 1_000
MAX_RECIPIENTS = 500
MAX_SKILLS = 100
_SETTABLE = (AgentState.READY, AgentState.NOT_READY, AgentState.LOGGED_OUT)

AgentPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$", max_length=64)]
ContactPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]+$", max_length=128)]
MessagePath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]+$", max_length=64)]
Id = Annotated[str, Field(min_length=1, max_length=64)]
Level = Annotated[int, Field(ge=MIN_PROFICIENCY, le=MAX_PROFICIENCY, strict=True)]

MayManageAgents = Annotated[Caller, needs(Permission.MANAGE_AGENTS)]
MayDirect = Annotated[Caller, needs(Permission.MANAGE_CONTACTS)]
MayListen = Annotated[Caller, needs(Permission.LISTEN)]
MayWrite = Annotated[Caller, needs(Permission.SEND_MESSAGES)]
SeesFloor = Annotated[Caller, needs(Permission.SEE_FLOOR)]


class StateOrder(Body):
    """`reason` goes with not_ready, and is one of those that agents have."""

    state: AgentState
    reason: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class SkillsOrder(Body):
    """All skills of the agent with their levels; null: those of the configuration again."""

    skills: Annotated[dict[Id, Level], Field(max_length=MAX_SKILLS)] | None


class Take(Body):
    """Without `agent` whoever asks takes it."""

    agent: Id | None = None


class Listen(Body):
    mode: ListenMode


class Recipients(Body):
    """Whoever is one of `agents`, or serves one of `queues`; `all`: everybody whom the writer may write to."""

    agents: Annotated[tuple[Id, ...], Field(max_length=MAX_RECIPIENTS)] = ()
    queues: Annotated[tuple[Id, ...], Field(max_length=MAX_RECIPIENTS)] = ()
    all: bool = False


class Letter(Body):
    to: Recipients
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    urgent: bool = False

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("a message of blanks says nothing")
        return text


class Accept(Body):
    offer: Annotated[str, Field(min_length=1, max_length=140)]


class SkillsAnswer(Answer):
    """`set_by` null: they are the configuration's."""

    skills: dict[str, int]
    set_by: str | None


class GivenAnswer(Answer):
    agent: str
    contact: str
    state: ContactState


class ListeningView(Answer):
    """`hears` is false while the supervisor's phone rings."""

    by: str
    agent: str
    contact: str
    mode: ListenMode
    since_ms: int
    hears: bool


class ListeningAnswer(Answer):
    """Null: nobody is listened to."""

    listening: ListeningView | None


class AllListeningAnswer(Answer):
    listening: list[ListeningView]


class SentMessage(Answer):
    id: str
    at_ms: int
    by: str
    text: str
    urgent: bool
    unread: list[str] = Field(description="the agents who have not acknowledged it")


class SentAnswer(Answer):
    message: SentMessage


class MessagesAnswer(Answer):
    messages: list[SentMessage]


class AcknowledgedAnswer(Answer):
    acknowledged: bool = Field(description="false: it was gone already")


class AcceptedAnswer(Answer):
    told: bool = Field(description="the phone is told to answer, now or as soon as it rings")


class FloorApi:
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
                "/agents/{agent}/state": ("set_agent_state", self.set_state),
                "/agents/{agent}/skills": ("set_agent_skills", self.set_skills),
                "/contacts/{contact}/take": ("take_contact", self.take),
                "/agents/{agent}/listen": ("listen", self.listen),
                "/agents/{agent}/listen/stop": ("stop_listening", self.stop_listening),
                "/messages": ("send_message", self.send),
                "/messages/{message}/acknowledge": ("acknowledge_message", self.acknowledge),
                "/calls/accept": ("accept_offer", self.accept),
            },
        )
        router.add_api_route("/listening", self.listening, methods=["GET"], name="listening")
        router.add_api_route("/messages", self.messages, methods=["GET"], name="messages")
        return router

    # ---- agents

    async def set_state(self, by: MayManageAgents, agent: AgentPath, body: StateOrder) -> StateAnswer:
        """Set an agent's state as if the agent had asked for it: at once, or at the end of the contact in hand."""
        view = self._reach.agent(by, agent)
        self._check_state(body)
        if view.state is AgentState.LOGGED_OUT and body.state is not AgentState.LOGGED_OUT:
            raise ApiError(409, f"{view.name} is not signed in.", "Only the agent can do that, at its own desk.")
        audit.tell(before=_state(view).model_dump())
        await self._door.submit(AgentStateSet(view.id, body.state, body.reason, by.id))
        return StateAnswer(state=_state(self._reach.agent(by, agent)))

    async def set_skills(self, by: MayManageAgents, agent: AgentPath, body: SkillsOrder) -> SkillsAnswer:
        """Give an agent other skills until the configuration gives it others, or its own again."""
        view = self._reach.agent(by, agent)
        known = self._desk.floor.skills
        unknown = [name for name in body.skills or () if known and name not in known]
        if unknown:
            raise ApiError(422, f"{unknown[0]!r} is no skill.", f"Use those of the rules: {', '.join(known)}.")
        audit.tell(before=_skills(view).model_dump())
        given = body.skills
        skills = None if given is None else tuple(Skill(SkillName(name), level) for name, level in given.items())
        await self._door.submit(AgentSkillsSet(view.id, skills, by.id))
        return _skills(self._reach.agent(by, agent))

    def _check_state(self, body: StateOrder) -> None:
        reasons = self._desk.not_ready_reasons
        if body.state not in _SETTABLE:
            words = f"Nobody can be set to {body.state.value}."
            raise ApiError(422, words, f"Use one of: {', '.join(state.value for state in _SETTABLE)}.")
        if body.state is AgentState.NOT_READY and body.reason not in reasons:
            raise ApiError(422, f"{body.reason!r} is no reason for NOT_READY.", f"Use one of: {', '.join(reasons)}.")
        if body.state is not AgentState.NOT_READY and body.reason is not None:
            raise ApiError(422, f"{body.state.value} has no reason.", "Leave `reason` out.")

    # ---- contacts

    async def take(self, by: MayDirect, contact: ContactPath, body: Take) -> GivenAnswer:
        """Offer who waits to one agent, whatever its skills and queues: to whoever asks, or to the agent named."""
        standing = self._reach.contact(by, contact)
        if standing.state not in (ContactState.WAITING, ContactState.OFFERED):
            raise ApiError(409, f"The contact {contact} does not wait.", "Only who waits can be taken.")
        if body.agent is None and self._desk.agent(by.id) is None:
            raise ApiError(
                409, f"{by.name} has no phone at which contacts are taken.", "Name an agent, or sign in as one."
            )
        view = self._reach.agent(by, body.agent) if body.agent is not None else self._desk.agent(by.id)
        assert view is not None
        own = view.id == by.id
        if view.state is not AgentState.READY and not (own and view.state is AgentState.NOT_READY):
            raise ApiError(
                409, f"{view.name} is {_words(view.state.value)}.", "Only who is ready can be given a contact."
            )
        if not view.phone:
            raise ApiError(409, f"{view.name} has no phone.", "The agent has to choose one, at its own desk.")
        if view.device is not DeviceStatus.FREE:
            raise ApiError(409, f"The phone of {view.name} is {_words(view.device.value)}.", "Wait until it is free.")
        await self._door.submit(ContactGiven(ContactId(contact), view.id, by.id))
        after = self._desk.agent(view.id)
        if after is None or after.contact != contact:
            remedy = "It may have been answered, or no offers are made at present; the floor shows how it stands."
            raise ApiError(409, f"The contact {contact} could not be given to {view.name}.", remedy)
        now = self._reach.standing(contact)
        return GivenAnswer(agent=view.id, contact=contact, state=now.state if now is not None else ContactState.ENDED)

    # ---- listening

    async def listen(self, by: MayListen, agent: AgentPath, body: Listen) -> ListeningAnswer:
        """Hear an agent's conversation at the own phone, whisper to the agent, or speak with both.

        The phone rings the first time; another mode, or another agent, follows at once.
        """
        view = self._reach.agent(by, agent)
        if view.id == by.id:
            raise ApiError(409, "That is your own conversation.", "Choose another agent.")
        if view.state is not AgentState.TALKING or view.contact is None:
            raise ApiError(409, f"{view.name} talks to nobody.", "Choose an agent who talks.")
        device = self._own_phone(by)
        await self._door.submit(ListenAsked(by.id, device, view.id, body.mode))
        now = self._listening_of(by.id)
        if now is None or (now.agent, now.mode) != (view.id, body.mode):
            words = f"The conversation of {view.name} cannot be listened to."
            raise ApiError(409, words, "It may be over, or the phones are at different PBXs.")
        return ListeningAnswer(listening=_view(now))

    async def stop_listening(self, by: MayListen, agent: AgentPath) -> ListeningAnswer:
        """Hang the own phone up. Whoever is listened to is not asked: a supervisor listens to one at a time."""
        audit.tell(subject=agent)
        await self._door.submit(ListenStopped(by.id))
        now = self._listening_of(by.id)
        return ListeningAnswer(listening=None if now is None else _view(now))

    async def listening(self, by: SeesFloor) -> AllListeningAnswer:
        """Who listens to whom."""
        found = [now for now in self._desk.floor.listening().values() if self._is_within(by, now.agent)]
        return AllListeningAnswer(listening=[_view(now) for now in found])

    def _own_phone(self, by: Caller) -> DeviceRef:
        phone = self._desk.floor.phone(by.id)
        if phone is None:
            remedy = "Have a `device` written for this login in agents.yaml."
            raise ApiError(409, f"{by.name} has no phone to listen with.", remedy)
        if phone[1] is not DeviceStatus.FREE and self._listening_of(by.id) is None:
            words = f"Your phone {phone[0].device} is {_words(phone[1].value)}."
            raise ApiError(409, words, "Hang up, or see that it is registered.")
        return phone[0]

    def _listening_of(self, by: AgentId) -> Listening | None:
        return next((now for now in self._desk.floor.listening().values() if now.by == by), None)

    def _is_within(self, by: Caller, agent: AgentId) -> bool:
        view = self._desk.agent(agent)
        return view is not None and by.reaches(view.queues)

    # ---- messages

    async def send(self, by: MayWrite, body: Letter) -> SentAnswer:
        """Write to agents. They see it until they acknowledge it, at most a week, and across restarts."""
        to = body.to
        if not (to.agents or to.queues or to.all):
            raise ApiError(422, "The message is for nobody.", "Name agents or queues, or say `all: true`.")
        agents = tuple(self._reach.agent(by, agent).id for agent in to.agents)
        queues = tuple(self._reach.queue(by, queue).name for queue in to.queues)
        if to.all and by.queues is not None:
            queues = tuple(dict.fromkeys((*queues, *sorted(by.queues))))
        message = MessageId(secrets.token_urlsafe(12))
        everybody = to.all and by.queues is None
        audit.tell(subject=message)
        await self._door.submit(MessageSent(message, by.id, body.text, body.urgent, agents, queues, everybody))
        sent = self._desk.floor.sent_messages().get(message)
        if sent is None:
            raise ApiError(409, "There is nobody to whom the message could go.", "No agent serves these queues.")
        return SentAnswer(message=_sent(*sent))

    async def messages(self, by: MayWrite) -> MessagesAnswer:
        """Those that somebody has not acknowledged, oldest first."""
        found = [_sent(*sent) for sent in self._desk.floor.sent_messages().values()]
        mine = [one for one in found if one.by == by.id or any(self._is_within(by, AgentId(u)) for u in one.unread)]
        return MessagesAnswer(messages=mine)

    async def acknowledge(self, by: TakesContacts, message: MessagePath) -> AcknowledgedAnswer:
        """The message has been read: it is shown no more."""
        there = any(one.id == message for one in self._desk.floor.messages(by.id))
        if there:
            await self._door.submit(MessageAcknowledged(MessageId(message), by.id))
        return AcknowledgedAnswer(acknowledged=there)

    # ---- the agent's own offer

    async def accept(self, by: TakesContacts, body: Accept) -> AcceptedAnswer:
        """Let the phone answer that rings for this offer, where it can be told to (`auto_answer` in agents.yaml)."""
        can = self._desk.floor.accepts(by.id, OfferId(body.offer))
        if can is None:
            raise ApiError(409, "That offer does not ring any more.", "It was taken back, or answered already.")
        if not can:
            remedy = "Answer at the phone; or write `auto_answer: notify` for it in agents.yaml, if it can do that."
            raise ApiError(409, "Your phone cannot be told to answer.", remedy)
        await self._door.submit(AcceptAsked(by.id, OfferId(body.offer)))
        return AcceptedAnswer(told=True)


def _state(view: AgentView) -> State:
    return State(**state_of(view))


def _skills(view: AgentView) -> SkillsAnswer:
    return SkillsAnswer(skills={skill.name: skill.level for skill in view.skills}, set_by=view.skills_set_by)


def _view(now: Listening) -> ListeningView:
    return ListeningView(
        by=now.by, agent=now.agent, contact=now.contact, mode=now.mode, since_ms=now.since_ms, hears=now.hears
    )


def _sent(message: OpenMessage, unread: Sequence[AgentId]) -> SentMessage:
    return SentMessage(
        id=message.id,
        at_ms=message.at_ms,
        by=message.by,
        text=message.text,
        urgent=message.urgent,
        unread=list(unread),
    )


def _words(value: str) -> str:
    return value.replace("_", " ")

"""Callers with patience and agents with moods: what people do, drawn from the seed."""

from collections.abc import Callable
from random import Random
from typing import Protocol

from callcenter.commands import AgentChanged, CallChanged, LookUpCustomer
from callcenter.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    ContactArrived,
    ContactMoved,
    ContactPrioritised,
    ContactWithdrawn,
    CustomersFound,
    Event,
    OfferingSet,
    QueueStateSet,
    WrapUpEnded,
)
from callcenter.simulation.call_orders import draw_call_order, draw_dial
from callcenter.simulation.drawing import (
    CALM,
    DIALLED,
    INTENTS,
    LANGUAGES,
    Mix,
    between,
    draw_colleague,
    draw_customers,
    pick,
)
from callcenter.simulation.ordering import draw_order
from callcenter.simulation.pbx import PbxModel
from callcenter.simulation.talking import Place
from callcenter.types import (
    AgentId,
    AgentState,
    ChannelRef,
    Configuration,
    ContactId,
    LegEnd,
    OfferId,
    PbxName,
    QueueName,
    QueueState,
)

MANY_HELD = 3  # from so many on, some who come hang up again


class Telephony(Protocol):
    """What people need of the world."""

    rng: Random
    mix: Mix
    pbxs: dict[PbxName, PbxModel]
    config: Configuration

    def later(self, delay_ms: int, action: Callable[[], None]) -> None: ...
    def feed(self, event: Event) -> None: ...


class Callers:
    """They come, wait as long as they care to, talk, and may call again."""

    def __init__(self, world: Telephony, gap_ms: int, patience_ms: int, talk_ms: int) -> None:
        self.world = world
        self.open = True
        self.came = 0
        self._gap_ms, self._patience_ms, self._talk_ms = gap_ms, patience_ms, talk_ms
        self._pbxs = list(world.pbxs.values())
        self._directory = [(draw_customers(world.rng), draw_colleague(world.rng)) for _ in range(60)]

    def start(self) -> None:
        self.world.later(self._draw(self._gap_ms), self._next)

    def _draw(self, mean_ms: int) -> int:
        return round(self.world.rng.expovariate(1 / mean_ms))

    def _next(self) -> None:
        if self.open:
            self._call()
            self.start()

    def _call(self) -> None:
        if not self.open:
            return
        rng = self.world.rng
        pbx = pick(rng, self._pbxs)
        self.came += 1
        contact = ContactId(f"{pbx.name}-{self.came}.{between(rng, 0, 99)}")
        caller, number = self._spelled(pick(rng, (None, f"{between(rng, 0, 49)}")))
        account = pick(rng, (None, None, f"A-{between(rng, 0, 49)}"))
        channel = ChannelRef(pbx.name, f"PJSIP/trunk-{self.came}")
        dialled, intent, language = pick(rng, DIALLED), pick(rng, INTENTS), pick(rng, LANGUAGES)
        balk = self.world.mix.balk
        balks = balk > 0 and pbx.held() >= MANY_HELD and rng.random() < balk
        pbx.arrive(ContactArrived(contact, channel, caller, "Somebody", dialled, account, intent, language, number))
        patience_ms = between(rng, 0, 1_000) if balks else self._draw(self._patience_ms)
        self.world.later(patience_ms, lambda: self._lose_patience(pbx, contact))

    def _spelled(self, digits: str | None) -> tuple[str | None, str | None]:
        """The number as the PBX gives it, and as it is read: some could not be, or were not by an older version."""
        if digits is None:
            return None, None
        return (f"0{digits}", f"+44{digits}") if self.came % 2 else (f"+44{digits}", None)

    def _lose_patience(self, pbx: PbxModel, contact: ContactId) -> None:
        if self.open and pbx.waits(contact):
            pbx.hang_up(contact)
            if self.world.rng.random() < 0.2:
                self.world.later(self._draw(5_000), self._call)

    def talk(self, pbx: PbxModel, offer: OfferId, contact: ContactId) -> None:
        if self.world.rng.random() < 0.5 or contact not in pbx.lines:  # or somebody was asked, and has no caller
            self.world.later(self._draw(self._talk_ms), lambda: pbx.agent_hangs_up(offer))
        else:
            self.world.later(self._draw(self._talk_ms), lambda: pbx.hang_up(contact))

    def number_rings(self, pbx: PbxModel, contact: ContactId) -> None:
        """Somebody is called by an agent."""
        rng, after_ms = self.world.rng, between(self.world.rng, 0, 3_000)
        if rng.random() < 0.7:
            self.world.later(after_ms, lambda: pbx.number_answers(contact))
        else:
            self.world.later(after_ms, lambda: pbx.number_fails(contact, pick(rng, (LegEnd.BUSY, LegEnd.NO_ANSWER))))

    def fall_back(self, pbx: PbxModel, contact: ContactId) -> None:
        """In the PBX's own queue somebody may answer, too."""
        rng = self.world.rng
        if rng.random() < 0.5 and self.open:
            after_ms = between(rng, 0, 6_000)
            self.world.later(after_ms, lambda: pbx.answer_there(contact))
            self.world.later(after_ms + self._draw(self._talk_ms), lambda: self._hang_up_there(pbx, contact))

    @staticmethod
    def _hang_up_there(pbx: PbxModel, contact: ContactId) -> None:
        if contact in pbx.lines and pbx.lines[contact].place is Place.ANSWERED:
            pbx.hang_up(contact)

    def look_up(self, command: LookUpCustomer) -> None:
        """The customer directory: quick, slow, or silent."""
        world, rng = self.world, self.world.rng
        if rng.random() < world.mix.no_lookup:
            return
        slow = rng.random() < world.mix.slow_lookup
        answer = CustomersFound(command.contact, *pick(rng, self._directory))
        world.later(between(rng, 100, 60_000) if slow else between(rng, 0, 20), lambda: world.feed(answer))
        if rng.random() < world.mix.twice:
            world.later(between(rng, 100, 60_000), lambda: world.feed(answer))


class Agents:
    """They sign in, answer or don't, finish their after-call work, and click where they should not."""

    def __init__(self, world: Telephony) -> None:
        self.world = world
        self.told: dict[AgentId, AgentChanged] = {}
        self.dialled = 0

    def see(self, command: AgentChanged) -> None:
        """An agent's page shows a new state: most do what is expected of them, after a while."""
        self.told[command.agent] = command
        rng, agent = self.world.rng, command.agent
        if command.state in (AgentState.READY, AgentState.NOT_READY) and rng.random() < self.world.mix.calls / 5:
            self._soon(draw_dial(rng, agent, self.world.config, self._serial()), command)
        if command.state is AgentState.LOGGED_OUT:
            self._soon(AgentSignedIn(agent), command)
        elif command.state is AgentState.NOT_READY:
            self._soon(AgentReady(agent), command)
        elif command.state is AgentState.WRAP_UP and command.contact is not None and rng.random() < 0.7:
            self._soon(WrapUpEnded(agent, command.contact, pick(rng, ("sold", None))), command)

    def _serial(self) -> int:
        self.dialled += 1
        return self.dialled

    def see_call(self, command: CallChanged) -> None:
        """An agent's page shows a call: some do more with it than to talk."""
        rng, contact = self.world.rng, command.contact
        if contact is not None and rng.random() < self.world.mix.calls:
            after_ms = pick(rng, (0, between(rng, 0, 2_000)))
            self.world.later(after_ms, lambda: self.world.feed(draw_call_order(rng, command, self.world.config)))

    def _soon(self, event: Event, seen: AgentChanged) -> None:
        def act() -> None:
            if self.told.get(seen.agent) == seen:
                self.world.feed(event)

        self.world.later(between(self.world.rng, 0, 8_000), act)

    def phone_rings(self, pbx: PbxModel, offer: OfferId) -> None:
        rng, mix, later = self.world.rng, self.world.mix, self.world.later
        after_ms = pick(rng, (0, between(rng, 0, 3_000), between(rng, 0, 3_000), between(rng, 0, 21_000)))
        if mix == CALM:
            after_ms = between(rng, 0, 2_000)
        draw = rng.random()
        if draw < mix.forgotten / 2:
            return
        if draw < (mix.forgotten + mix.declined) / 2:
            later(after_ms, lambda: pbx.refuse(offer, LegEnd.BUSY))
        elif rng.random() < mix.failed:
            later(after_ms, lambda: pbx.refuse(offer, pick(rng, (LegEnd.FAILED, LegEnd.UNREACHABLE))))
        else:
            later(after_ms, lambda: self._answer(pbx, offer))

    def _answer(self, pbx: PbxModel, offer: OfferId) -> None:
        leg = pbx.legs.get(offer)
        if leg is not None and self.world.rng.random() < self.world.mix.gone_at_answer:
            pbx.hang_up(leg.contact)
        pbx.answer(offer)

    def fumble(self, agents: list[AgentId]) -> None:
        """A click that may make no sense now."""
        rng = self.world.rng
        agent = pick(rng, [*agents, AgentId("nobody")])
        told = self.told.get(agent)
        contact = told.contact if told is not None and told.contact is not None else ContactId("none")
        events: tuple[Event, ...] = (
            AgentSignedIn(agent),
            AgentSignedOut(agent),
            AgentReady(agent),
            AgentNotReady(agent, pick(rng, ("lunch", "training"))),
            WrapUpEnded(agent, contact, "twice"),
        )
        self.world.feed(pick(rng, events))


class Supervisors:
    """They move, prioritise and withdraw who waits, and open and close queues: now and then what makes no sense."""

    def __init__(self, world: Telephony) -> None:
        self.world = world

    def act(self, what: str, contacts: list[ContactId], config: Configuration) -> None:
        """`what` is one of the names in AT_EACH_EVENT of `world`; `contacts` are those that the engine knows."""
        rng = self.world.rng
        contact = pick(rng, [*contacts[-5:], ContactId("none")])
        queue = pick(rng, [*(queue.name for queue in config.queues), QueueName("nowhere")])
        if what == "order":
            self._soon(draw_order(rng, contact, config))
        elif what == "move":
            self._soon(ContactMoved(contact, queue, "sue"))
        elif what == "prioritise":
            self._soon(ContactPrioritised(contact, pick(rng, (0, 50, 100)), "sue"))
        elif what == "withdraw":
            self._soon(ContactWithdrawn(contact, "sue"))
        elif what == "drain":
            self._soon(OfferingSet(False, "sue", withdraw=rng.random() < 0.2))
            self.world.later(between(rng, 0, 20_000), lambda: self._soon(OfferingSet(True, "sue")))
        else:
            self._soon(QueueStateSet(queue, pick(rng, (QueueState.OPEN, *QueueState)), "sue"))

    def _soon(self, event: Event) -> None:
        def act() -> None:
            if self.world.mix != CALM:
                self.world.feed(event)

        self.world.later(between(self.world.rng, 0, 500), act)

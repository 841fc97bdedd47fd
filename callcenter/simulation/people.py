"""Callers with patience and agents with moods: what people do, drawn from the seed."""

from collections.abc import Callable
from random import Random
from typing import Protocol

from callcenter.commands import AgentChanged, Command, LookUpCustomer
from callcenter.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    ContactArrived,
    CustomersFound,
    Event,
    WrapUpEnded,
)
from callcenter.simulation.drawing import CALM, DIALLED, INTENTS, LANGUAGES, Mix, draw_customers
from callcenter.simulation.pbx import PbxModel
from callcenter.types import AgentId, AgentState, ChannelRef, ContactId, LegEnd, OfferId, PbxName


class Telephony(Protocol):
    """What people need of the world."""

    rng: Random
    mix: Mix
    pbxs: dict[PbxName, PbxModel]

    def later(self, delay_ms: int, action: Callable[[], None]) -> None: ...
    def feed(self, event: Event) -> None: ...


class Callers:
    """They come, wait as long as they care to, talk, and may call again."""

    def __init__(self, world: Telephony, gap_ms: int, patience_ms: int, talk_ms: int) -> None:
        self.world = world
        self.open = True
        self.came = 0
        self._gap_ms, self._patience_ms, self._talk_ms = gap_ms, patience_ms, talk_ms

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
        pbx = rng.choice(list(self.world.pbxs.values()))
        self.came += 1
        contact = ContactId(f"{pbx.name}-{self.came}.{rng.randrange(100)}")
        number = rng.choice((None, f"+44{rng.randrange(50)}"))
        account = rng.choice((None, None, f"A-{rng.randrange(50)}"))
        channel = ChannelRef(pbx.name, f"PJSIP/trunk-{self.came}")
        dialled, intent, language = rng.choice(DIALLED), rng.choice(INTENTS), rng.choice(LANGUAGES)
        pbx.arrive(ContactArrived(contact, channel, number, "Somebody", dialled, account, intent, language))
        self.world.later(self._draw(self._patience_ms), lambda: self._lose_patience(pbx, contact))

    def _lose_patience(self, pbx: PbxModel, contact: ContactId) -> None:
        if self.open and pbx.is_holding(contact):
            pbx.hang_up(contact)
            if self.world.rng.random() < 0.2:
                self.world.later(self._draw(5_000), self._call)

    def talk(self, pbx: PbxModel, offer: OfferId, contact: ContactId) -> None:
        if self.world.rng.random() < 0.5:
            self.world.later(self._draw(self._talk_ms), lambda: pbx.agent_hangs_up(offer))
        else:
            self.world.later(self._draw(self._talk_ms), lambda: pbx.hang_up(contact))

    def look_up(self, command: LookUpCustomer) -> None:
        """The customer directory: quick, slow, or silent."""
        world, rng = self.world, self.world.rng
        if rng.random() < world.mix.no_lookup:
            return
        slow = rng.random() < world.mix.slow_lookup
        answer = CustomersFound(command.contact, draw_customers(rng))
        world.later(rng.randint(100, 60_000) if slow else rng.randint(0, 20), lambda: world.feed(answer))
        if rng.random() < world.mix.twice:
            world.later(rng.randint(100, 60_000), lambda: world.feed(answer))


class Agents:
    """They sign in, answer or don't, finish their after-call work, and click where they should not."""

    def __init__(self, world: Telephony) -> None:
        self.world = world
        self.told: dict[AgentId, AgentChanged] = {}

    def see(self, command: Command) -> None:
        """An agent's page shows a new state: most do what is expected of them, after a while."""
        if not isinstance(command, AgentChanged):
            return
        self.told[command.agent] = command
        rng, agent = self.world.rng, command.agent
        if command.state is AgentState.LOGGED_OUT:
            self._soon(AgentSignedIn(agent), command)
        elif command.state is AgentState.NOT_READY:
            self._soon(AgentReady(agent), command)
        elif command.state is AgentState.WRAP_UP and command.contact is not None and rng.random() < 0.7:
            self._soon(WrapUpEnded(agent, command.contact, rng.choice(("sold", None))), command)

    def _soon(self, event: Event, seen: AgentChanged) -> None:
        def act() -> None:
            if self.told.get(seen.agent) == seen:
                self.world.feed(event)

        self.world.later(self.world.rng.randint(0, 8_000), act)

    def phone_rings(self, pbx: PbxModel, offer: OfferId) -> None:
        rng, mix, later = self.world.rng, self.world.mix, self.world.later
        after_ms = rng.choice((0, rng.randint(0, 3_000), rng.randint(0, 3_000), rng.randint(0, 21_000)))
        if mix == CALM:
            after_ms = rng.randint(0, 2_000)
        draw = rng.random()
        if draw < mix.forgotten / 2:
            return
        if draw < (mix.forgotten + mix.declined) / 2:
            later(after_ms, lambda: pbx.refuse(offer, LegEnd.BUSY))
        elif rng.random() < mix.failed:
            later(after_ms, lambda: pbx.refuse(offer, rng.choice((LegEnd.FAILED, LegEnd.UNREACHABLE))))
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
        agent = rng.choice([*agents, AgentId("nobody")])
        told = self.told.get(agent)
        contact = told.contact if told is not None and told.contact is not None else ContactId("none")
        event: Event = rng.choice(
            (
                AgentSignedIn(agent),
                AgentSignedOut(agent),
                AgentReady(agent),
                AgentNotReady(agent, rng.choice(("lunch", "training"))),
                WrapUpEnded(agent, contact, "twice"),
            )
        )
        self.world.feed(event)

"""Callers and agents in the simulation do what people do, drawn from the seed."""

from callcenter.commands import AgentChanged
from callcenter.events import (
    AgentReady,
    AgentSignedIn,
    ContactMoved,
    ContactPrioritised,
    ContactWithdrawn,
    Event,
    QueueStateSet,
    WrapUpEnded,
)
from callcenter.simulation.drawing import CALM, Mix
from callcenter.simulation.people import MANY_HELD, Agents, Supervisors
from callcenter.simulation.world import World
from callcenter.types import AgentId, AgentState, ContactId

ADA = AgentId("ada")


class Quiet(World):
    """A world without an engine's answers: what people do is written down."""

    def __init__(self, seed: int) -> None:
        self.done: list[Event] = []
        super().__init__(seed, audit=False)
        self.mix = CALM

    def feed(self, event: Event) -> None:
        self.done.append(event)

    def pass_time(self) -> None:
        while self._schedule:
            self._step()


def _told(state: AgentState, contact: str | None = None) -> AgentChanged:
    return AgentChanged(ADA, state, None, 0, None, ContactId(contact) if contact else None, None)


def test_agents_do_what_is_expected_of_them() -> None:
    for state, wanted in ((AgentState.LOGGED_OUT, AgentSignedIn(ADA)), (AgentState.NOT_READY, AgentReady(ADA))):
        world = Quiet(1)
        Agents(world).see(_told(state))
        world.pass_time()
        assert world.done == [wanted]


def test_agents_finish_their_wrap_up_most_of_the_time() -> None:
    ended = 0
    for seed in range(50):
        world = Quiet(seed)
        Agents(world).see(_told(AgentState.WRAP_UP, "anna"))
        world.pass_time()
        ended += any(isinstance(event, WrapUpEnded) and event.contact == "anna" for event in world.done)
    assert 20 <= ended < 50


def test_what_an_agent_meant_to_do_is_dropped_when_the_page_shows_something_else() -> None:
    world = Quiet(1)
    agents = Agents(world)
    agents.see(_told(AgentState.NOT_READY))
    agents.see(_told(AgentState.RESERVED, "anna"))
    world.pass_time()
    assert world.done == []


def test_callers_come_until_the_doors_close_and_hang_up_when_their_patience_ends() -> None:
    world = Quiet(3)
    world.callers.start()
    while world.callers.came < 20:
        world._step()
    waiting = sum(len(pbx.lines) for pbx in world.pbxs.values())
    assert waiting <= 20
    world.callers.open = False
    world.pass_time()
    assert world.callers.came == 20
    assert sum(len(pbx.lines) for pbx in world.pbxs.values()) <= waiting


def test_who_finds_many_held_may_hang_up_at_once() -> None:
    """One comes as the last of many; within a second a balking caller has left, and most others have not."""

    def leaves(seed: int, balk: float) -> bool:
        world = Quiet(seed)
        world.mix = Mix(balk=balk)
        while not any(pbx.held() > MANY_HELD for pbx in world.pbxs.values()):
            world.callers._call()
        (pbx,) = (pbx for pbx in world.pbxs.values() if pbx.held() > MANY_HELD)
        last, until_ms = list(pbx.lines)[-1], world.now_ms + 1_000
        while world._schedule and world._schedule[0][0] <= until_ms + world._grain_ms:
            world._step()
        return last not in pbx.lines

    assert all(leaves(seed, 1.0) for seed in range(20))
    assert sum(leaves(seed, 0.0) for seed in range(20)) < 15


def test_supervisors_do_what_is_asked_of_them_and_nothing_once_all_is_calm() -> None:
    for what, kind in (
        ("move", ContactMoved),
        ("prioritise", ContactPrioritised),
        ("withdraw", ContactWithdrawn),
        ("queue_state", QueueStateSet),
    ):
        for mix, wanted in ((Mix(move=0.5), [kind]), (CALM, [])):
            world = Quiet(1)
            world.mix = mix
            Supervisors(world).act(what, [ContactId("anna")], world.config)
            world.pass_time()
            assert [type(event) for event in world.done] == wanted

"""What is broken on purpose is broken inside the context only, and in the way that was asked for."""

from collections.abc import Iterator

from callcenter.commands import OfferClosed
from callcenter.engine import Engine
from callcenter.routing.offer import OfferTrigger
from callcenter.simulation.breaking import Canary, ending, registrar, swap, without_timer
from callcenter.timers import TimerKind, Timers
from callcenter.types import LegEnd, OfferState
from tests.playbook import Playbook, agent, arrived, configuration, leg_ended


def test_a_canary_is_entered_under_its_name() -> None:
    canaries: dict[str, Canary] = {}

    @registrar(canaries)
    def a_canary() -> Iterator[None]:
        with swap((Timers, "next_due_ms", lambda timers: 7)):
            yield

    with canaries["a_canary"]():
        assert Timers().next_due_ms() == 7
    assert Timers().next_due_ms() is None
    assert list(canaries) == ["a_canary"]


def test_one_kind_of_timer_is_not_set() -> None:
    timers = Timers()
    with without_timer(TimerKind.OFFER):
        timers.arm(TimerKind.OFFER, "one", 5)
        timers.arm(TimerKind.LOOKUP, "one", 9)
    assert timers.next_due_ms() == 9
    timers.arm(TimerKind.OFFER, "one", 5)
    assert timers.next_due_ms() == 5


def test_an_offer_ends_in_another_way() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"))
    engine: Engine = story.engine
    with ending(lambda trigger: (OfferTrigger.FAIL, None)):
        commands = engine.handle(story.START_MS + 200, leg_ended("anna.1", LegEnd.BUSY))
    assert [command.state for command in commands if isinstance(command, OfferClosed)] == [OfferState.FAILED]

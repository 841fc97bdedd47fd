"""The theorist's call center: what it feeds the engine and what it counts."""

from dataclasses import replace
from heapq import heapify, heapreplace
from random import Random

import pytest

from callcenter.commands import Command
from callcenter.engine import Engine
from callcenter.events import AgentReady, ContactArrived, Event, TimePassed
from callcenter.simulation import traffic as traffic_module
from callcenter.simulation.traffic import CallCenter, StuckError, Traffic, configuration_of, dialled_of
from callcenter.types import ContactState

FOUR = Traffic(((0,),) * 4, load=3.0, service_ms=60_000)


def test_the_same_seed_tells_the_same_and_another_does_not() -> None:
    assert CallCenter(FOUR, 1).run(10, 200) == CallCenter(FOUR, 1).run(10, 200)
    assert CallCenter(FOUR, 1).run(10, 200) != CallCenter(FOUR, 2).run(10, 200)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_callers_wait_as_long_as_without_an_engine(seed: int) -> None:
    """First come, first served by n agents has a recursion for the waits of given callers: Kiefer and Wolfowitz 1955.

    So this is no matter of chance. The engine's times are whole milliseconds, so a wait may be off by one.
    """
    tally = CallCenter(FOUR, seed).run(100, 400)
    waits_ms = _waits_by_recursion(FOUR, seed, 500)[100:]
    assert tally.waited == sum(wait_ms > 0 for wait_ms in waits_ms)
    assert tally.wait_ms == pytest.approx(sum(waits_ms), abs=tally.waited)


def _waits_by_recursion(traffic: Traffic, seed: int, callers: int) -> list[float]:
    """Each caller is served by the agent who is free first; the draws are those of a CallCenter, in its order."""
    chance = Random(seed)
    free_ms = [0.0] * len(traffic.agents)
    heapify(free_ms)
    waits_ms = []
    next_ms = chance.expovariate(traffic.load / traffic.service_ms)
    for _ in range(callers):
        arrived_ms = next_ms
        next_ms += chance.expovariate(traffic.load / traffic.service_ms)
        chance.randrange(traffic.types)
        start_ms = max(arrived_ms, free_ms[0])
        heapreplace(free_ms, start_ms + chance.expovariate(1 / traffic.service_ms))
        waits_ms.append(start_ms - arrived_ms)
    return waits_ms


def test_every_counted_caller_is_counted_once() -> None:
    tally = CallCenter(replace(FOUR, places=6, patience_ms=30_000, load=6.0), 3).run(50, 500)
    assert tally.came == 500
    assert 0 < tally.refused < 500
    assert 0 < tally.abandoned <= tally.waited < 500 - tally.refused
    figures = tally.figures()
    assert figures.refused == tally.refused / 500
    assert figures.abandoned == tally.abandoned / (500 - tally.refused)


def test_with_places_for_the_agents_only_nobody_waits() -> None:
    tally = CallCenter(replace(FOUR, places=4), 1).run(0, 500)
    assert tally.refused > 0
    assert (tally.waited, tally.wait_ms) == (0, 0)
    assert tally.in_time == 500 - tally.refused


def test_callers_whom_nobody_can_serve_all_leave() -> None:
    nobody = Traffic(((0,), (0,)), load=0.2, service_ms=60_000, types=2, patience_ms=1_000)
    tally = CallCenter(nobody, 1).run(0, 300)
    assert tally.abandoned == pytest.approx(150, abs=50)
    assert tally.wait_ms / tally.abandoned == pytest.approx(1_000, rel=0.3)


def test_callers_who_stay_for_ever_are_told_of() -> None:
    with pytest.raises(StuckError, match="callers are still inside after"):
        CallCenter(Traffic(((0,),), load=0.2, service_ms=60_000, types=2), 1).run(0, 100)


def test_two_call_centers_get_the_same_callers_from_one_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = [_arrivals(monkeypatch, Traffic(agents, 3.0, 60_000, types=2)) for agents in [((0, 1),) * 5, ((1, 0),) * 9]]
    assert heard[0][:300] == heard[1][:300]


def _arrivals(monkeypatch: pytest.MonkeyPatch, traffic: Traffic) -> list[tuple[int, str]]:
    heard: list[tuple[int, str]] = []

    class Listening(Engine):
        def handle(self, now_ms: int, event: Event) -> list[Command]:
            if isinstance(event, ContactArrived):
                heard.append((now_ms, event.dialled))
            return super().handle(now_ms, event)

    monkeypatch.setattr(traffic_module, "Engine", Listening)
    CallCenter(traffic, 7).run(0, 300)
    return heard


def test_agents_are_ready_and_no_place_is_exceeded(monkeypatch: pytest.MonkeyPatch) -> None:
    most, ready = 0, 0

    class Watched(Engine):
        def handle(self, now_ms: int, event: Event) -> list[Command]:
            nonlocal most, ready
            commands = super().handle(now_ms, event)
            inside = [contact for contact in self.snapshot().contacts.values() if contact.state != ContactState.ENDED]
            most = max(most, len(inside))
            ready += isinstance(event, AgentReady)
            return commands

    monkeypatch.setattr(traffic_module, "Engine", Watched)
    CallCenter(replace(FOUR, load=8.0, places=7), 1).run(0, 300)
    assert (most, ready) == (7, 4)


def test_the_engines_timers_are_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is due in this call center; should the engine want to be woken one day, it is, and not late."""
    woken: list[int] = []

    class Sleepy(Engine):
        def next_due_ms(self) -> int | None:
            return None if woken else traffic_module.START_MS

        def handle(self, now_ms: int, event: Event) -> list[Command]:
            if isinstance(event, TimePassed):
                woken.append(now_ms)
            return super().handle(now_ms, event)

    monkeypatch.setattr(traffic_module, "Engine", Sleepy)
    CallCenter(FOUR, 1).run(0, 10)
    assert woken == [traffic_module.START_MS]


def test_each_call_type_asks_for_its_own_skill() -> None:
    configuration = configuration_of(Traffic(((0,), (1, 0)), 1.0, 60_000, types=2))
    assert [rule.dialled for rule in configuration.rules] == [(dialled_of(0),), (dialled_of(1),)]
    assert configuration.agents[0].skills == configuration.rules[0].skills
    assert set(configuration.agents[1].skills) == {rule.skills[0] for rule in configuration.rules}

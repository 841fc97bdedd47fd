"""The core's benchmark on a small floor: it does what it says, whatever the time it takes."""

import pytest

from benchmarks.core import NaiveIndex, busy_floor, configuration, measure, step
from callcenter.types import AgentState, ContactState


def test_on_a_busy_floor_everybody_who_can_talks_and_the_rest_waits() -> None:
    floor = busy_floor(agents=12, waiting=30, combinations=10)
    saved = floor.engine.snapshot()
    waiting = [one for one in saved.contacts.values() if one.state is ContactState.WAITING]
    talking = [agent for agent in saved.agents.values() if agent.state is AgentState.TALKING]
    assert len(waiting) >= 30
    assert len(talking) == len(floor.talking) > 0


def test_a_step_ends_one_conversation_and_lets_one_contact_arrive() -> None:
    floor = busy_floor(agents=12, waiting=30, combinations=10)
    arrived, talking = floor.arrived, len(floor.talking)
    step(floor, floor.handle)
    assert floor.arrived == arrived + 1
    assert len(floor.talking) == talking


def test_a_naive_engine_that_decides_otherwise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measure(12, 30, 10)["same_decisions"] is True
    monkeypatch.setattr(NaiveIndex, "first_contact", lambda index, agent: None)
    assert measure(12, 30, 10)["same_decisions"] is False


def test_each_rule_of_the_configuration_asks_for_another_combination() -> None:
    from random import Random

    rules = configuration(3, 200, Random(1)).rules
    assert len({rule.skills for rule in rules}) == 200

"""What seeds draw is sound: a configuration that a shell would let through, and faults of every kind somewhere."""

import dataclasses
from random import Random

from callcenter.simulation.drawing import CALM, TIERS, draw_change, draw_configuration, draw_customers, draw_mix
from callcenter.types import MAX_PROFICIENCY, MIN_PROFICIENCY, Configuration, PbxName


def _assert_sound(config: Configuration) -> None:
    queues = {queue.name for queue in config.queues}
    assert config.default_queue in queues
    assert config.default_tier in config.tiers
    assert all(rule.queue in queues for rule in config.rules)
    assert len({agent.id for agent in config.agents}) == len(config.agents)
    assert len({agent.device for agent in config.agents}) == len(config.agents)
    levels = [skill.level for agent in config.agents for skill in agent.skills]
    assert all(MIN_PROFICIENCY <= level <= MAX_PROFICIENCY for level in levels)


def test_configurations_and_their_changes_are_sound() -> None:
    for seed in range(200):
        rng = Random(seed)
        config = draw_configuration(rng)
        _assert_sound(config)
        for _ in range(5):
            config = draw_change(rng, config, [PbxName("pbx1"), PbxName("pbx2")])
            _assert_sound(dataclasses.replace(config, agents=tuple(a for a in config.agents)))


def test_every_fault_is_on_in_some_seeds_and_off_in_others() -> None:
    mixes = [draw_mix(Random(seed)) for seed in range(200)]
    for field in dataclasses.fields(CALM):
        values = {getattr(mix, field.name) for mix in mixes}
        assert getattr(CALM, field.name) in values, field.name
        assert len(values) > 1, field.name


def test_numbers_are_shared_by_two_customers_now_and_then() -> None:
    drawn = [draw_customers(Random(seed)) for seed in range(100)]
    assert {len(customers) for customers in drawn} == {0, 1, 2}
    assert any(customer.tier not in TIERS for customers in drawn for customer in customers)

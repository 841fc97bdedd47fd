"""What seeds draw is sound: a configuration that a shell would let through, and faults of every kind somewhere."""

import dataclasses
from random import Random

from callcenter.routing.language.program import compile_rules
from callcenter.simulation.drawing import (
    CALM,
    TIERS,
    Chances,
    Features,
    between,
    draw_change,
    draw_configuration,
    draw_customers,
    draw_features,
    draw_mix,
    pick,
)
from callcenter.types import (
    MAX_PRIORITY,
    MAX_PROFICIENCY,
    MAX_QUEUE_LEVEL,
    MIN_PRIORITY,
    MIN_PROFICIENCY,
    Configuration,
    PbxName,
    Strategy,
)


def _assert_sound(config: Configuration) -> None:
    queues = {queue.name for queue in config.queues}
    assert config.default_queue in queues
    assert config.default_tier in config.tiers
    assert all((rule.queue in queues) is (rule.away is None) for rule in config.rules)
    assert len({agent.id for agent in config.agents}) == len(config.agents)
    configured = [agent.device for agent in config.agents if agent.device.device]
    assert len(set(configured)) == len(configured)
    levels = [skill.level for agent in config.agents for skill in agent.skills]
    assert all(MIN_PROFICIENCY <= level <= MAX_PROFICIENCY for level in levels)
    assert all(1 <= level <= MAX_QUEUE_LEVEL for agent in config.agents for level in agent.levels.values())
    assert all(set(agent.levels) <= set(agent.queues) for agent in config.agents)
    assert all(queue.closed_to is None or queue.closed_to in queues for queue in config.queues)
    overflows = [queue.overflow for queue in config.queues] + [rule.overflow for rule in config.rules]
    assert all(overflow.to is None or overflow.to in queues for overflow in overflows if overflow is not None)
    compile_rules(config)
    for rule in config.rules:
        times_ms = [step.after_ms for step in rule.relaxations]
        assert times_ms == sorted(times_ms)
        assert all(set(step.add_queues) <= queues for step in rule.relaxations)
        assert MIN_PRIORITY <= rule.priority <= MAX_PRIORITY
        assert all(rule.any_of)


def test_configurations_and_their_changes_are_sound() -> None:
    for seed in range(200):
        rng = Random(seed)
        features = draw_features(rng)
        config = draw_configuration(rng, features)
        _assert_sound(config)
        for _ in range(5):
            config = draw_change(rng, config, [PbxName("pbx1"), PbxName("pbx2")], features)
            _assert_sound(config)


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
    assert any(customer.account_manager == "nobody" for customers in drawn for customer in customers)


def test_every_feature_is_in_use_in_some_seeds_and_in_none_at_all_in_others() -> None:
    drawn = [draw_features(Random(seed)) for seed in range(200)]
    assert Features() in drawn
    for field in dataclasses.fields(Features):
        assert {getattr(features, field.name) for features in drawn} == {True, False}, field.name


def test_a_center_without_features_is_a_simple_one_and_one_with_all_has_every_strategy() -> None:
    for seed in range(50):
        config = draw_configuration(Random(seed), Features())
        assert all(queue.strategy is Strategy.LONGEST_IDLE and queue.ring_at_once == 1 for queue in config.queues)
        assert not any(queue.overflow for queue in config.queues)
        assert not any(rule.overflow or rule.tags or rule.text or rule.when or rule.entry for rule in config.rules)
        assert not any(rule.away for rule in config.rules)
        assert not any(rule.any_of or rule.preferred or rule.relaxations or rule.prefer for rule in config.rules)
    everything = Features(*(True for _ in dataclasses.fields(Features)))
    drawn = [draw_configuration(Random(seed), everything) for seed in range(100)]
    assert {queue.strategy for config in drawn for queue in config.queues} == set(Strategy)
    assert {queue.ring_at_once for config in drawn for queue in config.queues} == {1, 2, 3}


def test_quick_draws_reach_both_ends_and_no_further() -> None:
    rng = Random(1)
    assert {between(rng, 3, 6) for _ in range(200)} == {3, 4, 5, 6}
    assert {pick(rng, "abc") for _ in range(100)} == {"a", "b", "c"}


def test_chances_happen_as_often_as_their_odds_and_never_without_any() -> None:
    chances = Chances(Random(1), {"often": 0.5, "seldom": 0.01, "never": 0.0, "always": 0.999999})
    times = [name for _ in range(10_000) for name in chances.draw()]
    assert 4_700 < times.count("often") < 5_300
    assert 60 < times.count("seldom") < 150
    assert times.count("never") == 0
    assert times.count("always") >= 9_990

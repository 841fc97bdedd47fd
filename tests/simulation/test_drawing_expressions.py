"""Whatever expression a seed draws, the engine's language can read it, and both sides of it are drawn."""

import dataclasses
from random import Random

from callcenter.routing.language.program import compile_rules
from callcenter.simulation.drawing import TIERS
from callcenter.simulation.drawing_expressions import ATTRIBUTES, draw_attributes, draw_named, draw_when
from callcenter.types import QueueName
from tests.playbook import configuration, queue, rule


def test_what_is_drawn_is_sound() -> None:
    names = [QueueName("one"), QueueName("two")]
    seen = set()
    for seed in range(100):
        rng = Random(seed)
        named = draw_named(rng, TIERS)
        rules = tuple(dataclasses.replace(rule(f"rule {n}"), when=draw_when(rng, names)) for n in range(3))
        config = dataclasses.replace(
            configuration(queues=tuple(map(queue, names)), rules=rules),
            tiers=TIERS,
            **{field.name: getattr(named, field.name) for field in dataclasses.fields(named)},
        )
        compile_rules(config)
        seen |= {rule.when for rule in rules}
        for stretches in (named.hours[0].open, named.hours[0].holidays):
            flat = [edge_ms for stretch in stretches for edge_ms in stretch]
            assert flat == sorted(set(flat))
    assert "" in seen
    assert len(seen) > 100


def test_records_have_some_attributes_and_not_all_as_declared() -> None:
    drawn = [draw_attributes(Random(seed)) for seed in range(100)]
    assert {} in drawn
    assert {name for attributes in drawn for name in attributes} == {attribute.name for attribute in ATTRIBUTES}
    assert any(attributes.get("spend") == "a lot" for attributes in drawn)

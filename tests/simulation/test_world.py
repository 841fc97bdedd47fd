"""Some hundred worlds, and that a world is the same each time."""

from collections import Counter

import pytest

from callcenter.simulation.logwatch import IN_SERVICE_LEVEL
from callcenter.simulation.world import SeedFailedError, World, run
from callcenter.types import DecisionKind

SEEDS, EVENTS = 300, 250


@pytest.mark.parametrize("first", range(0, SEEDS, 50))
def test_no_promise_is_broken_in_any_world(first: int) -> None:
    for seed in range(first, first + 50):
        run(seed, EVENTS)


def test_one_long_life() -> None:
    assert run(4242, 3_000).events >= 3_000


def test_the_worlds_are_rich_enough_to_mean_something() -> None:
    counts: Counter[str] = Counter()
    for seed in range(90):
        counts.update(run(seed, EVENTS).counts)
    ends = ("accepted", "declined", "expired", "failed", "withdrawn")
    for what in ("answered", "abandoned", "lost", "fallback", "closed", *(f"offers {end}" for end in ends)):
        assert counts[what] >= 10, (what, counts)
    for kind in DecisionKind:
        assert counts[f"decisions {kind.value}"] >= 3, (kind, counts)
    assert counts[IN_SERVICE_LEVEL] >= 10, counts


def test_the_same_seed_is_the_same_world_with_or_without_the_auditor() -> None:
    once, again, alone = run(7, EVENTS), run(7, EVENTS), run(7, EVENTS, audit=False)
    assert once == again
    assert (once.digest, once.events) == (alone.digest, alone.events)
    assert run(8, EVENTS).digest != once.digest


def test_a_failure_names_the_promise_the_seed_and_how_to_run_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "_all_ready", staticmethod(lambda saved: False))
    with pytest.raises(SeedFailedError, match=r"everything comes to rest.*--seed 3 --events 50") as failed:
        run(3, 50)
    assert failed.value.seed == 3
    assert failed.value.invariant == "everything comes to rest"
    assert failed.value.journal

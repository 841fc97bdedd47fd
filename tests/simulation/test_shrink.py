"""A long failure becomes a short story that fails in the same way."""

import pytest

from callcenter.simulation.canaries import CANARIES
from callcenter.simulation.shrink import broken_by, shrink, told
from callcenter.simulation.world import SeedFailedError, run


def _try_seeds() -> None:
    for seed in range(20):
        run(seed, 300)


def _failure() -> SeedFailedError:
    with pytest.raises(SeedFailedError) as failed:
        _try_seeds()
    return failed.value


def test_a_failure_shrinks_to_a_story_of_a_few_events_that_breaks_the_same_promise() -> None:
    with CANARIES["a_late_answer_is_left_alone"]():
        failed = _failure()
        story = shrink(failed.journal)
        assert broken_by(story) == failed.invariant
    assert len(story) <= 10
    assert broken_by(story) is None  # the sound engine keeps the promise
    assert len(told(story).splitlines()) == len(story)


def test_what_a_replay_does_not_show_is_left_as_it_is() -> None:
    with CANARIES["skills_are_ignored"]():
        failed = _failure()
    assert shrink(failed.journal) is failed.journal
    assert broken_by([]) is None
    assert broken_by(failed.journal[1:]) is None

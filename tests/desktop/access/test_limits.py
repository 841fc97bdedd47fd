"""How often one may ask."""

import pytest

from callcenter.desktop.access import limits
from callcenter.desktop.access.limits import Limits, Rate

RATE = Rate(per_s=2.0, at_once=3)


def test_some_at_once_and_then_at_a_steady_rate() -> None:
    known = Limits()
    assert [known.wait_s("a", RATE, 1_000) for _ in range(4)] == [0, 0, 0, 1]
    assert known.wait_s("b", RATE, 1_000) == 0, "another one has a bucket of its own"
    assert known.wait_s("a", RATE, 1_400) == 1
    assert known.wait_s("a", RATE, 1_500) == 0
    assert [known.wait_s("a", RATE, 60_000) for _ in range(4)] == [0, 0, 0, 1], "no more than at once is saved up"
    assert known.refused == 3


def test_a_clock_that_goes_back_gives_nothing() -> None:
    known = Limits()
    assert [known.wait_s("a", RATE, 1_000) for _ in range(3)] == [0, 0, 0]
    assert known.wait_s("a", RATE, 0) > 0


def test_the_buckets_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_BUCKETS", 2)
    known = Limits()
    for key in ("a", "b", "a", "c"):
        known.wait_s(key, RATE, 1_000)
    assert len(known) == 2
    assert [known.wait_s("a", RATE, 1_000) for _ in range(2)] == [0, 1], "b was the one used longest ago"

"""Names: those that are known are labels, the others are one."""

import pytest

from callcenter.metrics import names
from callcenter.metrics.names import OTHER, Names


def test_a_name_that_nobody_has_configured_is_other() -> None:
    known = Names()
    known.add(["sales"])
    assert (known.label("sales"), known.label("else")) == ("sales", OTHER)
    assert "sales" in known
    assert "else" not in known


def test_there_is_a_bound_and_the_first_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_NAMES", 2)
    known = Names()
    for name in ("a", "b", "c", "a"):
        known.add([name])
    assert list(known) == ["a", "b"]


def test_they_may_grow_while_somebody_reads() -> None:
    known = Names()
    known.add(["a", "b"])
    for _ in known:
        known.add(["c", "d"])
    assert list(known) == ["a", "b", "c", "d"]

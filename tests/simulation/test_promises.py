"""What is told of a broken promise: its name, and only what differs."""

import pytest

from callcenter.simulation.promises import BrokenInvariantError, all_in, check, same


def test_what_holds_says_nothing() -> None:
    check("a promise", True, "detail")
    all_in("a promise", [1, 2], [2, 1, 3])
    same("a promise", {"a": 1}, {"a": 1})


def test_a_broken_promise_has_a_name() -> None:
    with pytest.raises(BrokenInvariantError, match="a promise: detail") as broken:
        check("a promise", False, "detail")
    assert broken.value.invariant == "a promise"
    with pytest.raises(BrokenInvariantError, match=r"missing \[1\]"):
        all_in("a promise", [1, 2], [2])


def test_of_two_accounts_only_the_differences_are_told() -> None:
    with pytest.raises(BrokenInvariantError) as broken:
        same("a promise", {"equal": 1, "other": 2}, {"equal": 1, "other": 3, "more": 4})
    assert str(broken.value) == "a promise: should be {'other': 2, 'more': None}, is {'other': 3, 'more': 4}"
    with pytest.raises(BrokenInvariantError, match="should be 1, is 2"):
        same("a promise", 1, 2)

"""Deadlines: due in order, one for each subject and kind, and forgotten ones leave no heap behind."""

import msgspec

from callcenter.timers import TimerKind, Timers


def _due(timers: Timers, now_ms: int) -> list[tuple[str, str]]:
    due = []
    while (entry := timers.pop_due(now_ms)) is not None:
        due.append((entry.kind.value, entry.subject))
    return due


def test_timers_come_due_in_order_and_ties_in_the_order_of_arming() -> None:
    timers = Timers()
    timers.arm(TimerKind.OFFER, "b", 20)
    timers.arm(TimerKind.OFFER, "z", 10)
    timers.arm(TimerKind.OFFER, "a", 10)
    assert timers.next_due_ms() == 10
    assert _due(timers, 9) == []
    assert _due(timers, 20) == [("offer", "z"), ("offer", "a"), ("offer", "b")]
    assert timers.next_due_ms() is None


def test_arming_again_moves_a_timer() -> None:
    timers = Timers()
    timers.arm(TimerKind.WRAP_UP, "ada", 10)
    timers.arm(TimerKind.WRAP_UP, "ada", 30)
    assert timers.next_due_ms() == 30
    assert _due(timers, 29) == []
    assert _due(timers, 30) == [("wrap_up", "ada")]


def test_a_cancelled_timer_never_comes_and_cancelling_twice_does_no_harm() -> None:
    timers = Timers()
    timers.arm(TimerKind.LOOKUP, "anna", 10)
    timers.cancel(TimerKind.LOOKUP, "anna")
    timers.cancel(TimerKind.LOOKUP, "anna")
    assert timers.next_due_ms() is None
    assert _due(timers, 100) == []


def test_kinds_of_one_subject_do_not_touch_each_other() -> None:
    timers = Timers()
    timers.arm(TimerKind.WRAP_UP, "ada", 10)
    timers.arm(TimerKind.BACKOFF, "ada", 20)
    timers.cancel(TimerKind.WRAP_UP, "ada")
    assert _due(timers, 20) == [("backoff", "ada")]


def test_forgotten_entries_do_not_pile_up() -> None:
    timers = Timers()
    timers.arm(TimerKind.OFFER, "stays", 5)
    for number in range(10_000):
        timers.arm(TimerKind.OFFER, f"offer {number}", 1_000 + number)
        timers.cancel(TimerKind.OFFER, f"offer {number}")
    assert len(timers.heap) <= 65
    assert _due(timers, 100_000) == [("offer", "stays")]


def test_asking_changes_nothing_and_a_copy_goes_on_the_same() -> None:
    timers = Timers()
    for number in range(100):
        timers.arm(TimerKind.OFFER, str(number), number % 7)
    for number in range(0, 100, 2):
        timers.cancel(TimerKind.OFFER, str(number))
    before = msgspec.json.encode(timers)
    assert timers.next_due_ms() == 0
    assert msgspec.json.encode(timers) == before
    copy = msgspec.json.decode(before, type=Timers)
    assert _due(copy, 100) == _due(timers, 100)

import pytest

from benchmarks.timeline import Samples, UnknownCallerError, samples
from lab.sipp import Step, What

PHONES = ("1001", "1002")


class Story:
    """What callers and phones saw, told in milliseconds."""

    def __init__(self) -> None:
        self.arrivals: dict[str, float] = {}
        self.freed: dict[str, list[float]] = {}
        self.callers: list[Step] = []
        self.phones: list[Step] = []

    def arrive(self, ms: float, caller: str) -> None:
        self.callers.append(Step(What.CALLED, (ms - 500) / 1_000, caller, caller, "7000"))
        self.arrivals[caller] = ms / 1_000

    def give_up(self, ms: float, caller: str) -> None:
        self.callers.append(Step(What.HUNG_UP, ms / 1_000, caller, caller, "7000"))

    def ring(self, ms: float, phone: str, caller: str) -> None:
        self._at_phone(What.RINGING, ms, phone, caller)

    def answer(self, ms: float, phone: str, caller: str) -> None:
        self._at_phone(What.ANSWERED, ms, phone, caller)

    def end(self, ms: float, phone: str, caller: str, how: What = What.HUNG_UP) -> None:
        self._at_phone(how, ms, phone, caller)

    def talk(self, ring_ms: float, end_ms: float, phone: str, caller: str) -> None:
        self.ring(ring_ms, phone, caller)
        self.answer(ring_ms + 1, phone, caller)
        self.end(end_ms, phone, caller)

    def _at_phone(self, what: What, ms: float, phone: str, caller: str) -> None:
        self.phones.append(Step(what, ms / 1_000, f"{phone}-{caller}", phone, caller))

    def samples(self) -> Samples:
        return samples(PHONES, self.arrivals, self.freed, self.callers, self.phones)


def test_caller_who_finds_a_free_phone_gives_an_arrival_sample() -> None:
    story = Story()
    story.arrive(0, "a")
    story.talk(3, 1_000, "1001", "a")

    assert story.samples().arrival_to_ring_ms == pytest.approx((3,))


def test_caller_gives_no_arrival_sample_while_all_free_phones_are_for_those_before() -> None:
    story = Story()
    for ms, caller in ((0, "a"), (1, "b"), (2, "c")):
        story.arrive(ms, caller)
    story.talk(5, 1_000, "1001", "a")
    story.talk(6, 1_000, "1002", "b")
    story.talk(1_010, 2_000, "1001", "c")

    assert story.samples().arrival_to_ring_ms == pytest.approx((5, 5))


def test_gap_counts_from_the_end_of_a_call_to_the_next_ring_while_callers_wait() -> None:
    story = Story()
    for caller in "abc":
        story.arrive(0, caller)
    story.talk(5, 1_000, "1001", "a")
    story.talk(5, 3_000, "1002", "b")
    story.talk(1_004, 2_000, "1001", "c")

    assert story.samples().idle_gap_ms == pytest.approx((4,))


def test_call_ends_for_the_queue_when_the_pbx_has_hung_up() -> None:
    story = Story()
    for caller in "abc":
        story.arrive(0, caller)
    story.talk(5, 1_000, "1001", "a")
    story.talk(5, 3_000, "1002", "b")
    story.talk(1_010, 2_000, "1001", "c")
    story.freed = {"1001": [1.003, 2.003], "1002": [3.003]}

    seen = story.samples()

    assert seen.idle_gap_ms == pytest.approx((7,))
    assert seen.bye_gap_ms == pytest.approx((10,))


def test_ring_before_the_word_of_the_hang_up_is_a_gap_of_nothing() -> None:
    story = Story()
    for caller in "abc":
        story.arrive(0, caller)
    story.talk(5, 1_000, "1001", "a")
    story.talk(5, 3_000, "1002", "b")
    story.talk(1_010, 2_000, "1001", "c")
    story.freed = {"1001": [1.012]}

    assert story.samples().idle_gap_ms == (0.0,)


def test_call_that_the_pbx_ends_starts_a_gap_as_well() -> None:
    story = Story()
    for caller in "abc":
        story.arrive(0, caller)
    story.ring(5, "1001", "a")
    story.answer(6, "1001", "a")
    story.end(900, "1001", "a", What.ENDED)
    story.talk(5, 3_000, "1002", "b")
    story.talk(910, 2_000, "1001", "c")

    assert story.samples().idle_gap_ms == pytest.approx((10,))


def test_gap_in_which_nobody_waited_for_a_while_does_not_count() -> None:
    story = Story()
    story.arrive(0, "a")
    story.talk(5, 1_000, "1001", "a")
    story.arrive(1_500, "b")
    story.talk(1_505, 2_000, "1001", "b")

    assert story.samples().idle_gap_ms == ()


def test_gap_with_fewer_callers_than_free_phones_does_not_count() -> None:
    story = Story()
    for caller in "abc":
        story.arrive(0, caller)
    story.talk(5, 1_000, "1001", "a")
    story.talk(5, 1_001, "1002", "b")
    story.talk(1_300, 2_000, "1002", "c")

    assert story.samples().idle_gap_ms == ()


def test_ring_that_nobody_answered_starts_no_gap() -> None:
    story = Story()
    for caller in "abc":
        story.arrive(0, caller)
    story.ring(5, "1001", "a")
    story.end(500, "1001", "a", What.CANCELLED)
    story.talk(900, 2_000, "1001", "b")

    seen = story.samples()

    assert seen.idle_gap_ms == ()
    assert seen.served == 1


def test_phone_with_two_legs_at_once_is_a_double_offer() -> None:
    story = Story()
    story.arrive(0, "a")
    story.arrive(1, "b")
    story.talk(5, 1_000, "1001", "a")
    story.ring(6, "1001", "b")

    assert story.samples().double_offers == 1


def test_caller_at_two_phones_at_once_is_a_double_offer() -> None:
    story = Story()
    story.arrive(0, "a")
    story.talk(5, 1_000, "1001", "a")
    story.ring(500, "1002", "a")

    assert story.samples().double_offers == 1


def test_caller_who_is_offered_again_after_a_refusal_is_no_double_offer() -> None:
    story = Story()
    story.arrive(0, "a")
    story.ring(5, "1001", "a")
    story.end(6, "1001", "a", What.REFUSED)
    story.talk(8, 1_000, "1002", "a")

    seen = story.samples()

    assert seen.double_offers == 0
    assert seen.arrival_to_ring_ms == pytest.approx((5,))


def test_free_phone_that_no_ring_reached_while_callers_waited_was_passed_over() -> None:
    story = Story()
    for caller in "abc":
        story.arrive(0, caller)
    story.talk(5, 1_000, "1001", "a")
    story.talk(5, 9_000, "1002", "b")
    story.talk(9_001, 10_000, "1002", "c")

    seen = story.samples()

    assert seen.passed_over == 1
    assert seen.idle_gap_ms == ()


def test_callers_waiting_at_once_and_callers_served_are_counted() -> None:
    story = Story()
    for caller in "abcd":
        story.arrive(0, caller)
    story.talk(5, 1_000, "1001", "a")
    story.give_up(600, "d")

    seen = story.samples()

    assert (seen.callers, seen.served, seen.most_waiting) == (4, 1, 4)


def test_ring_for_an_unknown_caller_stops_the_count() -> None:
    story = Story()
    story.arrive(0, "a")
    story.ring(5, "1001", "anonymous")

    with pytest.raises(UnknownCallerError, match="1001 rang for 'anonymous'"):
        story.samples()

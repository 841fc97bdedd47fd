"""The estimated wait: Whitt's QL, worked out by hand."""

from callcenter.queues.estimated_wait import FEWEST, estimated_wait_ms
from callcenter.queues.service_level import NO_COUNTS, Counts

FOUR_MINUTES = Counts(parts=10, handle_ms=10 * 240_000)


def test_each_of_those_in_front_and_oneself_takes_a_handle_time_shared_by_those_at_work() -> None:
    assert estimated_wait_ms(5, 0, 8, FOUR_MINUTES, NO_COUNTS) == (5 + 1) * 240_000 // 8
    assert estimated_wait_ms(0, 0, 8, FOUR_MINUTES, NO_COUNTS) == 30_000


def test_nobody_waits_while_more_are_free_than_wait() -> None:
    assert estimated_wait_ms(0, 1, 8, FOUR_MINUTES, NO_COUNTS) == 0
    assert estimated_wait_ms(2, 2, 8, FOUR_MINUTES, NO_COUNTS) == 90_000  # those two are not the next one's


def test_a_few_parts_say_less_than_the_day() -> None:
    one = Counts(parts=FEWEST - 1, handle_ms=(FEWEST - 1) * 10_000)
    assert estimated_wait_ms(1, 0, 2, one, FOUR_MINUTES) == 240_000
    some = Counts(parts=FEWEST, handle_ms=FEWEST * 10_000)
    assert estimated_wait_ms(1, 0, 2, some, FOUR_MINUTES) == 10_000


def test_what_cannot_be_known_is_not_told() -> None:
    assert estimated_wait_ms(1, 0, 2, NO_COUNTS, NO_COUNTS) is None
    assert estimated_wait_ms(1, 0, 0, FOUR_MINUTES, FOUR_MINUTES) is None

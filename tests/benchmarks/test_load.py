from benchmarks.load import FIRST_UNKNOWN, Load, callers_numbers
from callcenter.crm.sample import MAX_CUSTOMERS


def test_quiet_phase_is_half_as_long_at_a_tenth_of_the_rate() -> None:
    load = Load(agents=40, rate=20, seconds=20, talk_s=5)

    assert (load.quiet_calls, load.busy_calls) == (20, 400)


def test_smallest_load_still_has_a_call_in_each_phase() -> None:
    load = Load(agents=4, rate=1, seconds=2, talk_s=1)

    assert load.quiet_calls >= 1
    assert load.busy_calls >= 1


def test_run_is_given_more_time_than_a_perfect_queue_would_take() -> None:
    load = Load(agents=40, rate=20, seconds=20, talk_s=5)

    assert load.limit_s > 420 * 5 / 40 + 10


def test_no_number_calls_twice_in_a_run() -> None:
    numbers = callers_numbers(3_000)

    assert len(numbers) == len(set(numbers)) == 3_000


def test_strangers_call_once_the_customers_are_used_up() -> None:
    numbers = callers_numbers(MAX_CUSTOMERS + 1)

    assert numbers[-1].startswith(f"+1{FIRST_UNKNOWN}"[:8])
    assert callers_numbers(5) == numbers[:5]

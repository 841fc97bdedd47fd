"""The order of waiting: a point of priority is worth so much waiting, then the sequence of arrival."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.queues.order import overtaking_bound_ms, place_of, step_ms
from tests.routing.test_index import contact

AGEING_MS = 30


def test_a_point_of_priority_counts_as_so_much_waiting() -> None:
    contacts = [
        contact("late", 200, 4),
        contact("twin", 100, 3),
        contact("early", 100, 2),
        contact("urgent", 300, 5, priority=10),
        contact("not urgent enough", 3_101, 6, priority=100),
    ]
    order = [one.id for one in sorted(contacts, key=lambda one: place_of(one, AGEING_MS))]
    assert order == ["urgent", "early", "twin", "not urgent enough", "late"]


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100_000), st.integers(0, 12))
def test_nobody_who_comes_after_the_bound_is_served_first(priority: int, other: int, after_ms: int, steps: int) -> None:
    """An agent counts `steps` down for the first contact, none for the later one."""
    bound_ms = overtaking_bound_ms(priority, steps, AGEING_MS)
    first = place_of(contact("first", 0, 1, priority), AGEING_MS)
    later = place_of(contact("later", bound_ms + after_ms, 2, other), AGEING_MS)
    assert (first[0] + steps * step_ms(AGEING_MS), first[1]) < later[:2]
    earlier = place_of(contact("earlier", bound_ms - 1, 2, 100), AGEING_MS)
    assert earlier[:2] < (first[0] + steps * step_ms(AGEING_MS), first[1])

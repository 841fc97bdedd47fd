"""The order of waiting: priority, then age, then arrival."""

from callcenter.queues.order import place_of
from tests.routing.test_index import contact


def test_higher_priority_first_then_longer_waiting_then_earlier_to_arrive() -> None:
    contacts = [
        contact("late", 200, 4),
        contact("twin", 100, 3),
        contact("early", 100, 2),
        contact("urgent", 300, 5, priority=10),
        contact("sinking", 1, 1, priority=-1),
    ]
    assert [one.id for one in sorted(contacts, key=place_of)] == ["urgent", "early", "twin", "late", "sinking"]

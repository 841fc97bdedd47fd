"""The order in which contacts wait: priority first, then age, then the sequence of arrival, which is never equal.

A contact keeps its place while it is offered: it only leaves the order when it is connected or ends.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from heapq import merge

from callcenter.queues.contact import Contact
from callcenter.types import ContactId, QueueName

Place = tuple[int, int, int, ContactId]


def place_of(contact: Contact) -> Place:
    """Smaller is earlier: higher priority, then longer waiting, then earlier to arrive."""
    assert contact.route is not None
    return (-contact.route.priority, contact.arrived_ms, contact.sequence, contact.id)


class WaitingOrder:
    """Each queue's contacts in order. Derived from the contacts, so it is rebuilt and not saved."""

    def __init__(self) -> None:
        self._places: dict[QueueName, list[Place]] = {}

    def add(self, contact: Contact) -> None:
        assert contact.route is not None
        insort(self._places.setdefault(contact.route.queue, []), place_of(contact))

    def remove(self, contact: Contact) -> None:
        """Call before the contact's route changes; raises KeyError if it is not there."""
        assert contact.route is not None
        places = self._places.get(contact.route.queue, [])
        place = place_of(contact)
        index = bisect_left(places, place)
        if index == len(places) or places[index] != place:
            raise KeyError(f"contact {contact.id} is not waiting in queue {contact.route.queue}")
        del places[index]

    def across(self, queues: Iterable[QueueName]) -> Iterator[ContactId]:
        """The contacts of these queues in one order."""
        for place in merge(*(self._places.get(queue, ()) for queue in queues)):
            yield place[3]

    def of(self, queue: QueueName) -> Iterator[ContactId]:
        return (place[3] for place in self._places.get(queue, ()))

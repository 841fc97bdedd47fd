"""The order in which contacts wait: priority first, then age, then the sequence of arrival, which is never equal.

A contact keeps its place while it is offered: the place follows from what the contact is, not from when it came back.
"""

from callcenter.queues.contact import Contact
from callcenter.types import ContactId

Place = tuple[int, int, int, ContactId]


def place_of(contact: Contact) -> Place:
    """Smaller is earlier: higher priority, then longer waiting, then earlier to arrive."""
    assert contact.route is not None
    return (-contact.route.priority, contact.arrived_ms, contact.sequence, contact.id)

"""The order in which contacts wait: a point of priority is worth so much waiting, and who comes first goes first.

A contact keeps its place while it is offered: the place follows from what the contact is, not from when it came back.
And it never changes while nobody touches the contact, though everybody's age grows: priority is counted as an earlier
arrival. So nobody starves: whoever comes later than 100 points' worth of waiting comes after it.
"""

from callcenter.queues.contact import Contact
from callcenter.types import MAX_PRIORITY, ContactId

Place = tuple[int, int, ContactId]


def place_of(contact: Contact, ageing_ms: int) -> Place:
    """Smaller is earlier. The first part is in milliseconds, the second is the sequence of arrival, never equal."""
    assert contact.route is not None
    return (contact.arrived_ms - contact.route.priority * ageing_ms, contact.sequence, contact.id)


def step_ms(ageing_ms: int) -> int:
    """How much later a contact comes for an agent for each step down in the agent's own order of queues."""
    return MAX_PRIORITY * ageing_ms


def overtaking_bound_ms(priority: int, steps: int, ageing_ms: int) -> int:
    """Whoever arrives at least so much after a contact of this priority comes after it, at such an agent.

    It follows from the place: a later contact comes first only if its arrival less its priority's worth is smaller than
    this one's, and its priority is 100 at most.
    """
    return (MAX_PRIORITY - priority) * ageing_ms + steps * step_ms(ageing_ms)

"""Who may see what of the floor, and who sees the same.

The one idea: what is shown follows from a small value, the audience, and from nothing else of the login. Logins of the
same audience share one stream, so that a change is filtered, masked and encoded once for all of them.
"""

from collections.abc import Collection
from dataclasses import dataclass

from callcenter.desktop.access.permissions import Caller, Permission, mask
from callcenter.types import QueueName

SELF, FLOOR = "self", "floor"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees these queues, None: all of them; and of callers their numbers, and who they are, or neither."""

    queues: frozenset[QueueName] | None = None
    numbers: bool = True
    customers: bool = True


def audience_of(caller: Caller) -> Audience | None:
    """What of the floor may be seen by whoever asks; None: nothing of it."""
    if not caller.may(Permission.SEE_FLOOR):
        return None
    return Audience(caller.queues, caller.may(Permission.SEE_NUMBERS), caller.may(Permission.SEE_CUSTOMERS))


def has_screen(caller: Caller) -> bool:
    """Whether whoever asks takes contacts, and so has a view of its own."""
    return caller.may(Permission.TAKE_CONTACTS)


def sees(audience: Audience, queues: Collection[QueueName]) -> bool:
    """Whether something of these queues is shown; what is of no queue yet, to those who see all."""
    return audience.queues is None or any(queue in audience.queues for queue in queues)


def number_for(audience: Audience, number: str | None) -> str | None:
    return number if audience.numbers else mask(number)


def name_for(audience: Audience, name: str) -> str:
    """A customer's name, or the one that the caller's network sent."""
    return name if audience.customers else ""

"""A contact's stays in queues: where each begins and ends is said here, for the log and so for all figures.

One idea: a stay is a piece of the contact's own state. It begins when the contact is put into a queue where it was not,
goes on while it is offered, refused, routed anew to the same queue or carried through a restart, and ends once. Whoever
is sent away by a queue in which it has never waited has been there for no time.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from callcenter.facts import RecordVisit, VisitEnd
from callcenter.queues.contact import Contact, Visit
from callcenter.talks import Direction
from callcenter.types import Outcome

if TYPE_CHECKING:
    from callcenter.state import State

_ENDS = {
    Outcome.ANSWERED: VisitEnd.ANSWERED,
    Outcome.ABANDONED: VisitEnd.ABANDONED,
    Outcome.OVERFLOWED: VisitEnd.OVERFLOWED,
}


def begin(state: "State", contact: Contact, *, after_transfer: bool = False) -> None:
    """The contact waits in the queue of its route, if it did not before."""
    if contact.consult_of is not None or contact.queue is None:
        return
    if contact.visit is not None:
        assert contact.visit.queue == contact.queue, f"{contact.id} has not left {contact.visit.queue}"
        return
    contact.visit = _new(state, contact, after_transfer=after_transfer)
    state.emit(_record(contact, contact.visit))


def end(state: "State", contact: Contact, outcome: Outcome | None) -> RecordVisit | None:
    """The contact has left its queue, as in QueueLeft; one that was in none has been there for a moment.

    What was said of it; None where there is no queue to speak of.
    """
    visit = contact.visit
    if contact.consult_of is not None or (visit is None and contact.queue not in state.queues):
        return None
    visit = visit or _new(state, contact, after_transfer=False)
    _keep_thresholds(state, visit)
    record = _record(contact, visit)
    how = VisitEnd.OTHER if outcome is None else _ENDS.get(outcome, VisitEnd.OTHER)
    agent = contact.agent if how is VisitEnd.ANSWERED else None
    waited_ms = max(0, state.now_ms - contact.queued_ms)
    ended = replace(record, ended_ms=state.now_ms, outcome=how, waited_ms=waited_ms, agent=agent)
    state.emit(ended)
    contact.visit = None
    return ended


def _new(state: "State", contact: Contact, *, after_transfer: bool) -> Visit:
    assert contact.queue is not None
    contact.visits += 1
    visit = Visit(contact.visits, contact.queue, state.now_ms, after_transfer)
    _keep_thresholds(state, visit)
    return visit


def _keep_thresholds(state: "State", visit: Visit) -> None:
    """Those of now, which outlive the queue itself."""
    queue = state.queues.get(visit.queue)
    if queue is not None:
        visit.service_level_ms, visit.short_abandon_ms = queue.service_level_ms, queue.short_abandon_ms


def _record(contact: Contact, visit: Visit) -> RecordVisit:
    return RecordVisit(
        contact=contact.id,
        number=visit.number,
        queue=visit.queue,
        tier=contact.tier,
        entry=entry_of(contact),
        began_ms=visit.began_ms,
        queued_ms=contact.queued_ms,
        service_level_ms=visit.service_level_ms,
        short_abandon_ms=visit.short_abandon_ms,
        after_transfer=visit.after_transfer,
    )


def entry_of(contact: Contact) -> str:
    """The number that was dialled to reach us; empty where we have dialled the customer's."""
    return contact.dialled if contact.direction is Direction.IN else ""

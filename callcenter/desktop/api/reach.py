"""The part of the floor that is whoever asks' business: the queues, agents and contacts of its queue groups.

The one idea: a handler finds what it is asked about here and nowhere else, so that what is another group's is refused
before anything is done or told.
"""

from callcenter.desktop.access.permissions import Caller
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.overview import AgentView, ContactView, QueueView
from callcenter.routing.explain import Explanation
from callcenter.types import AgentId, ContactId, QueueName


class Reach:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def queue(self, by: Caller, name: str) -> QueueView:
        """Raises ApiError 404 or 403."""
        queues = {view.name: view for view in self._desk.overview().queues}
        found = queues.get(QueueName(name))
        if found is None:
            known = [queue for queue in queues if by.reaches([queue])]
            raise ApiError(404, f"There is no queue {name!r}.", f"Use one of: {', '.join(known)}.")
        if not by.reaches([found.name]):
            raise _not_yours(f"The queue {name}", by)
        return found

    def agent(self, by: Caller, agent: str) -> AgentView:
        """Raises ApiError 404 or 403. An agent is within reach who serves one of the queues."""
        found = self._desk.agent(AgentId(agent))
        if found is None:
            raise ApiError(404, f"There is no agent {agent!r}.", "Use an id of agents.yaml.")
        if not by.reaches(found.queues):
            raise _not_yours(f"The agent {agent}", by)
        return found

    def contact(self, by: Caller, contact: str) -> ContactView | Explanation:
        """One that has not ended. Raises ApiError 404 or 403."""
        found = self.standing(contact)
        if found is None:
            raise no_contact(contact)
        self.check_queue_of_contact(by, contact, found.queue)
        return found

    def check_queue_of_contact(self, by: Caller, contact: str, queue: str | None) -> None:
        """Raises ApiError 403 where a contact of this queue is not within reach."""
        if not by.reaches([] if queue is None else [QueueName(queue)]):
            raise _not_yours(f"The contact {contact}", by)

    def standing(self, contact: str) -> ContactView | Explanation | None:
        """The contact as the overview lists it. That list is bounded, so the engine is asked for who is not in it."""
        listed = next((view for view in self._desk.overview().contacts if view.id == contact), None)
        return listed if listed is not None else self._desk.explain(ContactId(contact))


def no_contact(contact: str) -> ApiError:
    return ApiError(404, f"There is no contact {contact}.", "It may have ended; the overview shows who waits now.")


def _not_yours(what: str, by: Caller) -> ApiError:
    groups = ", ".join(by.queue_groups) or "none"
    return ApiError(403, f"{what} is not of your queue groups ({groups}).", "Ask whoever leads it.")

"""What the API's answers and the pages' entries have in common: an agent's state, a pop's last contacts."""

from dataclasses import dataclass
from typing import Any

from callcenter.commands import AgentChanged
from callcenter.desktop.desk import RecentContact
from callcenter.overview import AgentView
from callcenter.types import AgentState


@dataclass(frozen=True, slots=True)
class Recent:
    """A pop's last contacts; `error` says in words why there are none to show."""

    offer: str
    contacts: tuple[RecentContact, ...] = ()
    error: str | None = None


def state_of(view: AgentView | AgentChanged) -> dict[str, Any]:
    return {
        "state": view.state,
        "reason": view.reason,
        "since_ms": view.since_ms,
        "deadline_ms": view.deadline_ms,
        "contact": view.contact,
        "pending": view.pending,
    }


def logged_out(now_ms: int) -> dict[str, Any]:
    """The state of an agent whom the engine does not know (yet)."""
    return {
        "state": AgentState.LOGGED_OUT,
        "reason": None,
        "since_ms": now_ms,
        "deadline_ms": None,
        "contact": None,
        "pending": None,
    }

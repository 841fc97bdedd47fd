"""What the pages are told, as JSON text.

The one idea: a message is built and encoded once, then handed to every page that wants it. Each carries `now_ms`, the
server's clock, so that a page's running timers do not depend on the clock of the agent's machine. Timers are sent as
the moment at which they began: a picture in which nothing but time has passed is the same text as the one before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from callcenter.commands import AgentChanged, ScreenPop
from callcenter.desktop.desk import RecentContact
from callcenter.overview import AgentView, Overview
from callcenter.types import AgentId, AgentState, ContactId, ContactState

MAX_RECENT = 10
MAX_CONTACTS = 100  # contacts listed in a picture: those without an agent, oldest first

_encode = msgspec.json.Encoder(decimal_format="number").encode


def text(message: Mapping[str, Any]) -> str:
    return _encode(message).decode()


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


def present(now_ms: int, state: Mapping[str, Any], pop: ScreenPop | None, recent: Recent | None) -> str:
    """All that an agent's page shows, sent when it connects."""
    return text({"type": "present", "now_ms": now_ms, "state": state, "pop": pop, "recent": recent})


def changed(now_ms: int, command: AgentChanged) -> str:
    return text({"type": "state", "now_ms": now_ms, "state": state_of(command)})


def popped(now_ms: int, command: ScreenPop) -> str:
    return text({"type": "pop", "now_ms": now_ms, "pop": command})


def cleared(now_ms: int, offer: str) -> str:
    return text({"type": "clear", "now_ms": now_ms, "offer": offer})


def recent_found(now_ms: int, recent: Recent) -> str:
    return text({"type": "recent", "now_ms": now_ms, "recent": recent})


def tick(now_ms: int) -> str:
    return text({"type": "tick", "now_ms": now_ms})


def stamped(now_ms: int, body: bytes) -> str:
    """Put the clock into an encoded body that was compared without it."""
    return f'{{"now_ms":{now_ms},{body[1:].decode()}'


def _queues(picture: Overview) -> list[dict[str, Any]]:
    return [
        {
            "name": queue.name,
            "state": queue.state,
            "waiting": queue.waiting,
            "oldest_ms": picture.now_ms - queue.longest_wait_ms if queue.waiting else None,
            "connected": queue.connected,
            "agents_serving": queue.agents_serving,
            "agents_ready": queue.agents_ready,
        }
        for queue in picture.queues
    ]


def _pbxs(picture: Overview) -> list[dict[str, Any]]:
    return [{"name": name, "up": up} for name, up in picture.pbxs]


def picture_body(picture: Overview) -> bytes:
    """The overview page's message without the clock: equal bytes mean that nothing has changed."""
    tiers: dict[ContactId, str] = {contact.id: contact.tier for contact in picture.contacts}
    waiting = [contact for contact in picture.contacts if contact.state is not ContactState.CONNECTED]
    agents = [
        {
            "id": agent.id,
            "name": agent.name,
            **state_of(agent),
            "device": agent.device,
            "queues": agent.queues,
            "tier": tiers.get(agent.contact) if agent.contact is not None else None,
        }
        for agent in picture.agents
    ]
    return _encode(
        {
            "type": "picture",
            "pbxs": _pbxs(picture),
            "offering_stopped_by": picture.offering_stopped_by,
            "queues": _queues(picture),
            "agents": agents,
            "contacts": waiting[:MAX_CONTACTS],
        }
    )


def floor_bodies(picture: Overview, wanted: Sequence[AgentId]) -> dict[AgentId, bytes]:
    """For each agent wanted: the own phone, the PBX and the own queues, without the clock."""
    queues = {queue["name"]: queue for queue in _queues(picture)}
    pbxs = _pbxs(picture)
    views = {agent.id: agent for agent in picture.agents}
    return {
        agent: _encode(
            {
                "type": "floor",
                "device": view.device,
                "pbxs": pbxs,
                "queues": [queues[name] for name in view.queues if name in queues],
            }
        )
        for agent in wanted
        if (view := views.get(agent)) is not None
    }

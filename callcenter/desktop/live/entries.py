"""The entries of the live protocol: what stands under each key, as plain values.

The one idea: an entry says what is, never what has changed. Times are moments, not durations: in an entry of which
nothing but time has passed nothing differs, and it is not sent again. docs/live.md has the list of keys.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from callcenter.commands import AgentChanged, CallChanged
from callcenter.desktop.live.audience import Audience, name_for, number_for, sees
from callcenter.desktop.live.messages import state_of
from callcenter.orders import MessageShown
from callcenter.overview import AgentView, ContactView, Overview, QueueView
from callcenter.queues.alerts import Alert, worst
from callcenter.queues.service_level import USUAL, service_level
from callcenter.queues.tally import AgentFigures, Missed
from callcenter.talks import Target
from callcenter.types import AgentState, ContactState, QueueName

MAX_CONTACTS = 200  # of those who wait, that an audience is shown: the oldest
SHARE_DIGITS = 4  # of a service level or an occupancy: what nobody can see does not make an entry differ

_TOTALS = {
    AgentState.TALKING: "talking",
    AgentState.READY: "ready",
    AgentState.RESERVED: "reserved",
    AgentState.WRAP_UP: "wrap_up",
    AgentState.NOT_READY: "not_ready",
    AgentState.LOGGED_OUT: "logged_out",
}


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, SHARE_DIGITS)


# ---- in an agent's own view


def state(view: AgentView | AgentChanged) -> dict[str, Any]:
    """`set_by` and `pending_by`: the supervisor who has ordered it."""
    return {**state_of(view), "set_by": view.set_by, "pending_by": view.pending_by}


def phone(view: AgentView) -> dict[str, Any]:
    """The agent's phone by name, None: it has none and has to choose; `chosen`: it is not the configured one."""
    return {"device": view.phone or None, "chosen": view.phone_chosen}


def own_queue(view: QueueView, now_ms: int) -> dict[str, Any]:
    """A queue as the agents see it who serve it."""
    return {
        "name": view.name,
        "state": view.state,
        "waiting": view.waiting,
        "oldest_ms": now_ms - view.longest_wait_ms if view.waiting else None,
        "connected": view.connected,
        "agents_serving": view.agents_serving,
        "agents_ready": view.agents_ready,
    }


def own_figures(figures: AgentFigures) -> dict[str, Any]:
    """Today's up to `upto_ms`; since then the agent is in the state that `state` shows."""
    return {
        "upto_ms": figures.upto_ms,
        "answered": figures.answered,
        "missed": figures.missed,
        "talk_ms": figures.talk_ms,
        "wrap_up_ms": figures.wrap_up_ms,
        "ready_ms": figures.ready_ms,
        "not_ready_ms": figures.not_ready_ms,
        "occupancy": _share(figures.occupancy),
        "signed_in_ms": figures.signed_in_ms,
        "signed_in_since_ms": figures.since_ms,
    }


def missed(offers: Iterable[Missed]) -> list[dict[str, Any]]:
    return [{"at_ms": one.at_ms, "queue": one.queue, "caller": one.caller, "reason": one.reason} for one in offers]


def talk(call: CallChanged) -> dict[str, Any] | None:
    """The call that the agent has, None: none."""
    if call.contact is None:
        return None
    asked = call.consult
    consult = None
    if asked is not None:
        consult = {"to": _target(asked.to), "state": asked.state, "words": asked.words, "since_ms": asked.since_ms}
    return {
        "contact": call.contact,
        "since_ms": call.since_ms,
        "on_hold": call.on_hold,
        "held_since_ms": call.held_since_ms,
        "consult": consult,
        "conference": call.conference,
        "direction": call.direction,
        "number": call.number,
        "dialling": call.dialling,
    }


def _target(to: Target) -> dict[str, Any]:
    names = {"queue": to.queue, "agent": to.agent, "number": to.number}
    return {kind: name for kind, name in names.items() if name is not None}


def message(shown: MessageShown) -> dict[str, Any]:
    return {
        "id": shown.message,
        "at_ms": shown.at_ms,
        "by": shown.by,
        "text": shown.text,
        "urgent": shown.urgent,
    }


# ---- on the floor


def pbxs(picture: Overview) -> list[dict[str, Any]]:
    return [{"name": name, "up": up} for name, up in picture.pbxs]


def queue(view: QueueView, now_ms: int) -> dict[str, Any]:
    """A queue as supervisors see it. Figures are today's; `now` is the last quarter of an hour."""
    today = view.today
    return {
        **own_queue(view, now_ms),
        "service_level": {
            "formula": USUAL,
            "threshold_ms": view.service_level_ms,
            "now": _share(service_level(view.recent, USUAL)),
            "today": _share(service_level(today, USUAL)),
        },
        "answered": today.answered,
        "abandoned": today.abandoned,
        "short_abandoned": today.short_abandoned,
        "overflowed": today.overflowed,
        "average_speed_of_answer_ms": today.average_speed_of_answer_ms,
        "talking": view.talking,
        "wrap_up": view.wrap_up,
        "not_ready": dict(view.not_ready),
        "alert": worst(view.alerts),
    }


def alert_id(queue: QueueName, alert: Alert) -> str:
    return f"{queue}:{alert.measure}"


def alert(queue: QueueName, alert: Alert, since_ms: int) -> dict[str, Any]:
    """`since_ms` is since when it is as bad as that."""
    return {
        "id": alert_id(queue, alert),
        "level": alert.level,
        "queue": queue,
        "measure": alert.measure,
        "words": alert.words,
        "since_ms": since_ms,
    }


def agent(view: AgentView) -> dict[str, Any]:
    call, figures = view.call, view.figures
    return {
        "id": view.id,
        "name": view.name,
        **state(view),
        "device": view.device,
        "phone": phone(view),
        "queues": view.queues,
        "skills": {skill.name: skill.level for skill in view.skills},
        "skills_set_by": view.skills_set_by,
        "tier": view.tier,
        "direction": None if call is None else call.direction,
        "on_hold": call is not None and call.on_hold,
        "figures": {
            "upto_ms": figures.upto_ms,
            "answered": figures.answered,
            "missed": figures.missed,
            "handle_ms": figures.handle_ms,
            "occupancy": _share(figures.occupancy),
        },
    }


def contact(view: ContactView, audience: Audience) -> dict[str, Any]:
    """As the audience may see it."""
    named = view.customer_name
    return {
        "id": view.id,
        "caller": number_for(audience, view.caller),
        "caller_name": name_for(audience, view.caller_name),
        "customer_name": None if named is None else name_for(audience, named),
        "tier": view.tier,
        "queue": view.queue,
        "priority": view.priority,
        "state": view.state,
        "arrived_ms": view.arrived_ms,
        "held_for": view.held_for,
        "steps": view.relaxed,
        "tags": view.tags,
        "agent": view.agent,
        "in_fallback": view.in_fallback,
    }


def center(picture: Overview, audience: Audience) -> dict[str, Any]:
    """The whole in a few numbers, of the queues that the audience sees."""
    queues = [view for view in picture.queues if sees(audience, (view.name,))]
    waits = [picture.now_ms - view.longest_wait_ms for view in queues if view.waiting]
    states = dict.fromkeys(_TOTALS, 0)
    for view in picture.agents:
        if audience.queues is None or sees(audience, view.queues):
            states[view.state] += 1
    totals = {
        "waiting": sum(view.waiting for view in queues),
        "longest_wait_since_ms": min(waits, default=None),
        **{name: states[state] for state, name in _TOTALS.items()},
    }
    return {"offering_stopped_by": picture.offering_stopped_by, "pbxs": pbxs(picture), "totals": totals}


def listed(contacts: Iterable[ContactView], audience: Audience) -> Sequence[ContactView]:
    """The contacts that the audience is shown: all that an agent talks to, and the oldest of those who wait."""
    shown: list[ContactView] = []
    places = MAX_CONTACTS
    for view in contacts:
        if audience.queues is not None and (view.queue is None or view.queue not in audience.queues):
            continue
        talks = view.state in (ContactState.CONNECTED, ContactState.AWAY)
        if talks or places > 0:
            places -= not talks
            shown.append(view)
    return shown

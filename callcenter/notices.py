"""What webhooks are told of contacts, queues and alerts.

One idea: all of it follows from an event and the commands that it came to, so the notices can be journalled with that
event, and nothing that happened goes untold. The names of the kinds are part of the API.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from callcenter.commands import (
    Command,
    ContactRouted,
    EventIgnored,
    OfferClosed,
    QueueChanged,
    RecordContact,
    RecordDecision,
    RecordDisposition,
    ScreenPop,
)
from callcenter.events import ContactArrived, Event
from callcenter.overview import Overview
from callcenter.records import RecordNotice
from callcenter.types import DecisionKind, OfferState

ARRIVED, ROUTED, OFFERED = "contact.arrived", "contact.routed", "contact.offered"
CONNECTED, TRANSFERRED, ENDED = "contact.connected", "contact.transferred", "contact.ended"
DISPOSITION, QUEUE_STATE = "contact.disposition", "queue.state"
ALERT_RAISED, ALERT_CLEARED = "alert.raised", "alert.cleared"
TEST = "test"  # by an admin's order; no webhook asks for it
KINDS = (
    ARRIVED,
    ROUTED,
    OFFERED,
    CONNECTED,
    TRANSFERRED,
    ENDED,
    DISPOSITION,
    QUEUE_STATE,
    ALERT_RAISED,
    ALERT_CLEARED,
)


def notice(kind: str, at_ms: int, told: Mapping[str, Any]) -> RecordNotice:
    notice_id = uuid.uuid4().hex
    body = {"id": notice_id, "kind": kind, "at_ms": at_ms, **told}
    return RecordNotice(notice_id, kind, at_ms, json.dumps(body, ensure_ascii=False))


class Notices:
    """Remembers which offers have been told of, for a screen pop is sent anew when its customer becomes known."""

    def __init__(self) -> None:
        self._offered: dict[str, None] = {}

    def of(self, at_ms: int, event: Event, commands: Iterable[Command]) -> Iterator[RecordNotice]:
        """What an event and the commands that it came to are worth telling."""
        made = list(commands)
        if isinstance(event, ContactArrived) and not any(isinstance(command, EventIgnored) for command in made):
            told = {"contact": event.contact, "caller": event.caller, "dialled": event.dialled, "intent": event.intent}
            yield notice(ARRIVED, at_ms, told)
        for command in made:
            yield from self._of(at_ms, command)

    def _of(self, at_ms: int, command: Command) -> Iterator[RecordNotice]:
        match command:
            case ContactRouted(contact, queue, tier, rule, _, again):
                told = {"contact": contact, "queue": queue, "tier": tier, "rule": rule, "again": again}
                yield notice(ROUTED, at_ms, told)
            case ScreenPop() if command.offer not in self._offered:
                self._offered[command.offer] = None
                told = {"contact": command.contact, "offer": command.offer, "agent": command.agent}
                yield notice(OFFERED, at_ms, told | {"queue": command.queue})
            case OfferClosed():
                self._offered.pop(command.offer, None)
                if command.state is OfferState.ACCEPTED:
                    told = {"contact": command.contact, "offer": command.offer, "agent": command.agent}
                    yield notice(CONNECTED, at_ms, told | {"queue": command.queue})
            case RecordDecision(kind=DecisionKind.TRANSFERRED):
                told = {"contact": command.contact, "queue": command.queue, "by": command.by}
                yield notice(TRANSFERRED, at_ms, told | {"words": command.words})
            case RecordContact():
                yield notice(ENDED, at_ms, _ended(command))
            case RecordDisposition():
                told = {"contact": command.contact, "agent": command.agent, "queue": command.queue}
                yield notice(
                    DISPOSITION, at_ms, told | {"disposition": command.disposition, "handled_ms": command.handled_ms}
                )
            case QueueChanged(queue, state, by):
                yield notice(QUEUE_STATE, at_ms, {"queue": queue, "state": state.value, "by": by})
            case _:
                pass


def _ended(record: RecordContact) -> dict[str, Any]:
    return {
        "contact": record.contact,
        "caller": record.caller,
        "dialled": record.dialled,
        "outcome": record.outcome.value,
        "queue": record.queue,
        "agent": record.agent,
        "tier": record.tier,
        "tags": list(record.tags),
        "arrived_ms": record.arrived_ms,
        "connected_ms": record.connected_ms,
        "ended_ms": record.ended_ms,
        "waited_ms": record.waited_ms,
    }


class Alerts:
    """Which alerts there were when they were last looked at."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def changed(self, picture: Overview) -> Iterator[RecordNotice]:
        """What has come, become worse or better, or gone since then."""
        found = {(view.name, alert.measure): alert for view in picture.queues for alert in view.alerts}
        for (queue, measure), alert in found.items():
            if self._known.get((queue, measure)) != alert.level.value:
                told = {"queue": queue, "measure": measure, "level": alert.level.value, "words": alert.words}
                yield notice(ALERT_RAISED, picture.now_ms, told)
        for gone, measure in [key for key in self._known if key not in found]:
            yield notice(ALERT_CLEARED, picture.now_ms, {"queue": gone, "measure": measure})
        self._known = {(str(queue), measure): alert.level.value for (queue, measure), alert in found.items()}

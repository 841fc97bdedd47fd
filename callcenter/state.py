"""All that the core knows, and what it has to say about the event in hand.

`State` is plain data: a snapshot of it is a restart. What can be worked out from it (who waits and who is free) is
rebuilt, not saved. Functions of `queues/` and `routing/` change it and put commands into `out`; whatever may now fit
together is marked in `freed` and `waiting_anew` and matched once, after the event's own rows are through.
"""

from dataclasses import dataclass, field
from typing import TypeVar

from callcenter.commands import AgentChanged, Command, EventIgnored, RecordSegment
from callcenter.queues.contact import Contact
from callcenter.routing.agent import Agent
from callcenter.routing.index import MatchingIndex
from callcenter.routing.offer import Offer
from callcenter.timers import Timers
from callcenter.types import (
    AgentId,
    AgentState,
    Configuration,
    ContactId,
    ContactState,
    DeviceRef,
    DeviceStatus,
    OfferId,
    PbxName,
    QueueConfig,
    QueueName,
    SegmentKind,
)

K = TypeVar("K")
V = TypeVar("V")

# Ended contacts and closed offers that are still recognised, so that a late event is known to be late.
REMEMBERED_ENDS = 10_000


@dataclass(slots=True)
class Saved:
    """The part of the state that a snapshot holds."""

    configuration: Configuration
    now_ms: int = 0
    sequence: int = 0
    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    pbxs: dict[PbxName, bool] = field(default_factory=dict)  # connected and synced
    devices: dict[PbxName, dict[str, DeviceStatus]] = field(default_factory=dict)
    timers: Timers = field(default_factory=Timers)
    ended: dict[ContactId, None] = field(default_factory=dict)  # oldest first, at most REMEMBERED_ENDS
    closed: dict[OfferId, DeviceRef] = field(default_factory=dict)  # the same for offers


class State:
    """The saved part, the derived part, and the commands of the event in hand."""

    def __init__(self, saved: Saved) -> None:
        self.saved = saved
        self.out: list[Command] = []
        self.queues: dict[QueueName, QueueConfig] = {}
        self.freed: dict[AgentId, None] = {}
        self.waiting_anew: dict[ContactId, None] = {}
        self.reindex()

    def reindex(self) -> None:
        """Work out again what follows from the saved part: after a restart, and for a new configuration."""
        self.queues = {queue.name: queue for queue in self.saved.configuration.queues}
        self.index = MatchingIndex(self.saved.contacts, self.saved.agents, self.may_be_offered)
        for contact in self.saved.contacts.values():
            if contact.state is ContactState.WAITING:
                self.index.contact_waits(contact)
        self.freed = dict.fromkeys(self.saved.agents)

    @property
    def now_ms(self) -> int:
        return self.saved.now_ms

    @property
    def configuration(self) -> Configuration:
        return self.saved.configuration

    def emit(self, command: Command) -> None:
        self.out.append(command)

    def ignore(self, event: object, why: str) -> None:
        self.emit(EventIgnored(type(event).__name__, why))

    def next_sequence(self) -> int:
        self.saved.sequence += 1
        return self.saved.sequence

    def device_status(self, device: DeviceRef) -> DeviceStatus:
        return self.saved.devices.get(device.pbx, {}).get(device.device, DeviceStatus.UNKNOWN)

    def may_be_offered(self, agent: Agent) -> bool:
        """READY, out of back-off, and with a phone that is registered, free, and at a PBX that answers."""
        return (
            agent.state is AgentState.READY
            and agent.backoff_until_ms <= self.now_ms
            and self.saved.pbxs.get(agent.config.device.pbx, False)
            and self.device_status(agent.config.device) is DeviceStatus.FREE
        )

    # ---- saying what changed

    def tell_agent(self, agent: Agent) -> None:
        self.emit(
            AgentChanged(
                agent=agent.config.id,
                state=agent.state,
                reason=agent.reason,
                since_ms=agent.since_ms,
                deadline_ms=agent.deadline_ms,
                contact=agent.contact,
                pending=agent.pending,
            )
        )

    def end_segment(self, contact: Contact, kind: SegmentKind, result: str | None = None) -> None:
        """Record the stretch of the contact that ends now; the next one begins now."""
        if kind is SegmentKind.WAITING and contact.segments > 0 and contact.segment_started_ms == self.now_ms:
            return  # offered again or ended in the instant in which its last offer ended: it did not wait
        contact.segments += 1
        offer = contact.offer if kind is not SegmentKind.WAITING else None
        self.emit(
            RecordSegment(
                contact=contact.id,
                number=contact.segments,
                kind=kind,
                started_ms=contact.segment_started_ms,
                ended_ms=self.now_ms,
                queue=contact.route.queue if contact.route else None,
                agent=contact.agent if kind is not SegmentKind.WAITING else None,
                offer=offer,
                result=result,
            )
        )
        contact.segment_started_ms = self.now_ms

    # ---- remembering ends

    def remember_ended(self, contact: ContactId) -> None:
        _remember(self.saved.ended, contact, None)

    def remember_closed(self, offer: Offer) -> None:
        _remember(self.saved.closed, offer.id, offer.device)


def _remember(ends: dict[K, V], key: K, value: V) -> None:
    ends[key] = value
    if len(ends) > REMEMBERED_ENDS:
        del ends[next(iter(ends))]

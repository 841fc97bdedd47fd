"""All that the core knows, and what it has to say about the event in hand.

`State` is plain data: a snapshot of it is a restart. What can be worked out from it (who waits and who is free) is
rebuilt, not saved. Functions of `queues/` and `routing/` change it and put commands into `out`; whatever may now fit
together is marked in `freed` and `waiting_anew` and matched once, after the event's own rows are through.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from callcenter.commands import AgentChanged, Command, EventIgnored, RecordDecision, RecordSegment
from callcenter.queues.contact import Contact
from callcenter.queues.lines import Lines
from callcenter.queues.order import place_of
from callcenter.routing.agent import Agent
from callcenter.routing.index import MatchingIndex
from callcenter.routing.language.program import compile_rules
from callcenter.routing.offer import Offer
from callcenter.timers import Timers
from callcenter.types import (
    AgentId,
    AgentState,
    Configuration,
    ContactId,
    ContactState,
    DecisionKind,
    DeviceRef,
    DeviceStatus,
    OfferId,
    Outcome,
    PbxName,
    QueueConfig,
    QueueName,
    QueueState,
    SegmentKind,
)

K = TypeVar("K")
V = TypeVar("V")

# Ended contacts and closed offers that are still recognised, so that a late event is known to be late. They are
# forgotten many at a time: to find the oldest of a dict takes longer the more of it has been deleted.
REMEMBERED_ENDS = 10_000
FORGOTTEN_AT_ONCE = 500


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
    queue_states: dict[QueueName, QueueState] = field(default_factory=dict)  # of those that are not OPEN
    offering_stopped_by: str | None = None  # who has asked for no more offers; None: they are made
    day: str = ""
    day_began_ms: int = 0
    timers: Timers = field(default_factory=Timers)
    ended: dict[ContactId, Outcome] = field(default_factory=dict)  # oldest first, see _remember
    closed: dict[OfferId, DeviceRef] = field(default_factory=dict)  # the same for offers
    messages: dict[ContactId, str] = field(default_factory=dict)  # what those heard whom a rule has sent away


class State:
    """The saved part, the derived part, and the commands of the event in hand."""

    def __init__(self, saved: Saved) -> None:
        self.saved = saved
        self.now_ms = saved.now_ms
        self.out: list[Command] = []
        self.emit: Callable[[Command], None] = self.out.append
        self.queues: dict[QueueName, QueueConfig] = {}
        self.freed: dict[AgentId, None] = {}
        self.waiting_anew: dict[ContactId, None] = {}
        self.hearing_anew: dict[ContactId, None] = {}
        self.kept: dict[AgentId, dict[ContactId, None]] = {}
        self.why: Callable[[State, Contact, Agent], None] | None = None  # asked just before each offer is made
        self._compiled: object = None  # the part of the configuration that the program was made of
        self.reindex()

    def reindex(self) -> None:
        """Work out again what follows from the saved part: after a restart, and for a new configuration."""
        self.queues = {queue.name: queue for queue in self.saved.configuration.queues}
        if _rules_of(self.saved.configuration) != self._compiled:
            self._compiled = _rules_of(self.saved.configuration)
            self.program = compile_rules(self.saved.configuration)
        self.index = MatchingIndex(
            self.saved.configuration, self.saved.contacts, self.saved.agents, self.may_be_offered
        )
        self.lines = Lines(name for name, queue in self.queues.items() if _tells_position(queue))
        self.kept = {}
        waits = (ContactState.WAITING, ContactState.OFFERED)
        for contact in self.saved.contacts.values():
            if contact.held_for is not None:
                self.kept.setdefault(contact.held_for, {})[contact.id] = None
            if contact.state in waits and contact.route and contact.route.queue in self.queues:
                self.lines.stand(contact.route.queue, place_of(contact, self.saved.configuration.ageing_ms))
            if contact.state is ContactState.WAITING and contact.route and contact.route.queue in self.queues:
                self.index.contact_waits(contact)  # a queue that is no more: about to be routed again
        self.freed = dict.fromkeys(self.saved.agents)

    def advance(self, now_ms: int) -> None:
        """Let time pass; a clock that went backwards is taken to have stood still."""
        self.now_ms = self.saved.now_ms = max(self.saved.now_ms, now_ms)

    def take_out(self) -> list[Command]:
        """The commands since the last time."""
        commands = self.out.copy()
        self.out.clear()
        return commands

    @property
    def configuration(self) -> Configuration:
        return self.saved.configuration

    def ignore(self, event: object, why: str) -> None:
        self.emit(EventIgnored(type(event).__name__, why))

    def next_sequence(self) -> int:
        self.saved.sequence += 1
        return self.saved.sequence

    def device_status(self, device: DeviceRef) -> DeviceStatus:
        return self.saved.devices.get(device.pbx, {}).get(device.device, DeviceStatus.UNKNOWN)

    def queue_state(self, queue: QueueName) -> QueueState:
        return self.saved.queue_states.get(queue, QueueState.OPEN)

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

    def end_segment(self, contact: Contact, kind: SegmentKind) -> None:
        """Record the stretch of WAITING or TALK that ends now; the next one begins now."""
        waiting = kind is SegmentKind.WAITING
        if waiting and contact.segments > 0 and contact.segment_started_ms == self.now_ms:
            return  # offered again or ended in the instant in which its last offer ended: it did not wait
        agent, offer = (None, None) if waiting else (contact.agent, contact.offer)
        self.record_segment(contact, kind, contact.segment_started_ms, agent, offer, None)
        contact.segment_started_ms = self.now_ms

    def end_offer_segment(self, contact: Contact, offer: Offer) -> None:
        """Record an offer that ends now. Those of a parallel ring overlap."""
        self.record_segment(contact, SegmentKind.OFFER, offer.made_ms, offer.agent, offer.id, offer.state.value)

    def record_segment(  # noqa: PLR0917 - a segment is all of these
        self,
        contact: Contact,
        kind: SegmentKind,
        started_ms: int,
        agent: AgentId | None,
        offer: OfferId | None,
        result: str | None,
    ) -> None:
        contact.segments += 1
        self.emit(
            RecordSegment(
                contact=contact.id,
                number=contact.segments,
                kind=kind,
                started_ms=started_ms,
                ended_ms=self.now_ms,
                queue=contact.queue,
                agent=agent,
                offer=offer,
                result=result,
            )
        )

    def record_decision(self, contact: Contact, kind: DecisionKind, words: str, by: str | None = None) -> None:
        contact.decisions += 1
        self.emit(
            RecordDecision(
                contact=contact.id,
                number=contact.decisions,
                kind=kind,
                at_ms=self.now_ms,
                queue=contact.queue,
                priority=contact.priority,
                words=words,
                by=by,
            )
        )

    # ---- remembering ends

    def remember_ended(self, contact: ContactId, outcome: Outcome) -> None:
        _remember(self.saved.ended, contact, outcome)

    def remember_message(self, contact: ContactId, message: str) -> None:
        _remember(self.saved.messages, contact, message)

    def remember_closed(self, offer: Offer) -> None:
        _remember(self.saved.closed, offer.id, offer.device)


def _tells_position(queue: QueueConfig) -> bool:
    treatment = queue.treatment
    return treatment is not None and treatment.announce is not None and treatment.announce.position


def _remember(ends: dict[K, V], key: K, value: V) -> None:
    ends[key] = value
    if len(ends) >= REMEMBERED_ENDS + FORGOTTEN_AT_ONCE:
        for old in list(islice(ends, FORGOTTEN_AT_ONCE)):
            del ends[old]


def _rules_of(made: Configuration) -> object:
    """All that the program depends on: it takes longer to make than everything else that a new configuration costs."""
    names = (tuple(queue.name for queue in made.queues), tuple(hours.name for hours in made.hours))
    return (made.rules, made.tier_rules, made.conditions, made.lists, made.attributes, made.tiers, names)

"""All that the core knows, and what it has to say about the event in hand.

`State` is plain data: a snapshot of it is a restart. What can be worked out from it (who waits and who is free) is
rebuilt, not saved. Functions of `queues/` and `routing/` change it and put commands into `out`; whatever may now fit
together is marked in `freed` and `waiting_anew` and matched once, after the event's own rows are through.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from callcenter.commands import AgentChanged, CallChanged, Command, EventIgnored, RecordDecision, RecordSegment
from callcenter.orders import Listening, ListeningId, MessageId, OpenMessage
from callcenter.queues import visits
from callcenter.queues.contact import Contact
from callcenter.queues.lines import Lines
from callcenter.queues.order import place_of
from callcenter.queues.tally import Tally
from callcenter.queues.totals import Totals
from callcenter.routing.agent import Agent, Stretch
from callcenter.routing.index import MatchingIndex
from callcenter.routing.language.program import compile_rules
from callcenter.routing.offer import Offer
from callcenter.stories import QueueLeft, RecordNote
from callcenter.talks import Note, TalkState
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
MAX_NOTES = 50  # that a contact carries, the last ones; the log has them all


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
    listening: dict[ListeningId, Listening] = field(default_factory=dict)
    open_messages: dict[MessageId, OpenMessage] = field(default_factory=dict)  # to agents, oldest first
    messages: dict[ContactId, str] = field(default_factory=dict)  # what those heard whom a rule has sent away
    tally: Tally = field(default_factory=Tally)
    stretches: dict[AgentId, Stretch] = field(default_factory=dict)  # of those who are signed in
    stretched: int = 0  # stretches so far
    totals: Totals = field(default_factory=Totals)


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
            if (
                contact.consult_of is None
                and contact.state in waits
                and contact.route
                and contact.route.queue in self.queues
            ):
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
        return agent.state is AgentState.READY and agent.backoff_until_ms <= self.now_ms and self.can_ring(agent)

    def can_ring(self, agent: Agent) -> bool:
        """With a phone that is registered, free, not about to listen to somebody, and at a PBX that answers."""
        device = agent.config.device
        listens = any(now.device == device for now in self.saved.listening.values()) if self.saved.listening else False
        free = self.device_status(device) is DeviceStatus.FREE and not listens
        return free and self.saved.pbxs.get(device.pbx, False)

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
                set_by=agent.set_by,
                pending_by=agent.pending_by,
            )
        )

    def tell_talk(self, contact: Contact) -> None:
        """Tell the agent who has this contact how its call is now."""
        assert contact.agent is not None
        self.tell_call(self.saved.agents[contact.agent])

    def tell_call(self, agent: Agent) -> None:
        self.emit(self.call_of(agent))

    def call_of(self, agent: Agent) -> CallChanged:
        """The call that the agent has now."""
        contact = self.saved.contacts.get(agent.contact) if agent.contact is not None else None
        if agent.state is not AgentState.TALKING or contact is None or contact.talk is None:
            return CallChanged(agent.config.id, None)
        talk = contact.talk
        return CallChanged(
            agent=agent.config.id,
            contact=contact.id,
            since_ms=talk.since_ms,
            on_hold=talk.state is TalkState.HELD,
            held_since_ms=talk.held_since_ms,
            consult=talk.consult,
            conference=talk.state is TalkState.CONFERENCE,
            direction=contact.direction,
            number=contact.number or contact.caller,
            dialling=talk.state is TalkState.DIALLING,
        )

    def end_segment(self, contact: Contact, kind: SegmentKind, result: str | None = None) -> None:
        """Record the stretch of WAITING, TALK, HOLD or AWAY that ends now; the next one begins now."""
        if contact.consult_of is not None:
            return  # the log knows of consultations only what they are in the contact that they are about
        waiting = kind is SegmentKind.WAITING
        if waiting and result is None and contact.segments > 0 and contact.segment_started_ms == self.now_ms:
            return  # offered again or ended in the instant in which its last offer ended: it did not wait
        agent, offer = (None, None) if waiting else (contact.agent, contact.offer)
        self._spend(contact, kind)
        self.record_segment(contact, kind, contact.segment_started_ms, agent, offer, result)
        contact.segment_started_ms = self.now_ms

    def _spend(self, contact: Contact, kind: SegmentKind) -> None:
        """Count the stretch that ends now in the part of the agent who has the contact."""
        agent = self.saved.agents.get(contact.agent) if contact.agent is not None else None
        if agent is None or agent.part is None or agent.contact != contact.id:
            return
        took_ms = self.now_ms - contact.segment_started_ms
        match kind:
            case SegmentKind.TALK:
                agent.part.talk_ms += took_ms
            case SegmentKind.HOLD:
                agent.part.hold_ms += took_ms
            case SegmentKind.DIALLING:
                agent.part.ring_ms += took_ms
            case _:
                pass

    def leave_queue(self, contact: Contact, outcome: Outcome | None, to: QueueName | None = None) -> None:
        """The contact waits no more in the queue that its route still names; as in QueueLeft.

        The queue may be no more: what is counted (QueueLeft) and what is in the log (the visit) are said together.
        """
        visit = visits.end(self, contact, outcome)
        if visit is None:
            return
        self.emit(
            QueueLeft(
                contact=contact.id,
                queue=visit.queue,
                tier=visit.tier,
                outcome=outcome,
                waited_ms=max(0, self.now_ms - contact.queued_ms),
                service_level_ms=visit.service_level_ms,
                short_abandon_ms=visit.short_abandon_ms,
                to=to,
            )
        )

    def end_offer_segment(self, contact: Contact, offer: Offer) -> None:
        """Record an offer that ends now. Those of a parallel ring overlap."""
        contact = contact if contact.consult_of is None else self.saved.contacts[contact.consult_of]
        self.record_segment(contact, SegmentKind.OFFER, offer.made_ms, offer.agent, offer.id, offer.state.value)

    def record_segment(  # noqa: PLR0917 - a segment is all of these
        self,
        contact: Contact,
        kind: SegmentKind,
        started_ms: int,
        agent: AgentId | None,
        offer: OfferId | None,
        result: str | None,
        queue: QueueName | None = None,  # None: where the contact waits or has waited last
    ) -> None:
        contact.segments += 1
        self.emit(
            RecordSegment(
                contact=contact.id,
                number=contact.segments,
                kind=kind,
                started_ms=started_ms,
                ended_ms=self.now_ms,
                queue=queue or contact.queue,
                agent=agent,
                offer=offer,
                result=result,
            )
        )

    def record_note(self, contact: Contact, note: str, by: str, text: str) -> None:
        """Write it down; nothing where nothing is written. Whose screen shows the contact is not told."""
        if text:
            self.emit(RecordNote(note, contact.id, self.now_ms, by, text))
            contact.notes = (*contact.notes, Note(self.now_ms, by, text))[-MAX_NOTES:]

    def record_decision(self, contact: Contact, kind: DecisionKind, words: str, by: str | None = None) -> None:
        contact = contact if contact.consult_of is None else self.saved.contacts[contact.consult_of]
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
        self.remember_leg(offer.id, offer.device)

    def remember_leg(self, leg: OfferId, device: DeviceRef) -> None:
        """One that is no offer (any more): should it be answered when nobody wants it, it is stopped."""
        _remember(self.saved.closed, leg, device)


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

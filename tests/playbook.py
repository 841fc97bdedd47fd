"""Stories for the core: feed an event at a time, name the commands that should come.

`story.at(1_000, arrived("anna")).expect(ring("anna.1", device="PJSIP/ada"))` compares only commands of the types that
are named, and of those only the fields that are named, in order: what a story doesn't speak of doesn't break it. A
mismatch prints what was wanted beside all that came. The auditor listens to every story.
"""

import dataclasses
import difflib
from collections.abc import Callable
from typing import Any

from callcenter.commands import (
    AgentChanged,
    Command,
    OfferClosed,
    RecordContact,
    RecordDecision,
    RecordSegment,
    RingDevice,
    ScreenPop,
    SendAway,
    StopRinging,
)
from callcenter.engine import Engine
from callcenter.events import (
    AgentReady,
    AgentSignedIn,
    CallerLeft,
    ConfigurationLoaded,
    ContactArrived,
    ContactMoved,
    ContactPrioritised,
    ContactWithdrawn,
    CustomersFound,
    DeviceChanged,
    Event,
    Leg,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxSynced,
    QueueStateSet,
    TimePassed,
)
from callcenter.queues.contact import Contact
from callcenter.routing.agent import Agent
from callcenter.simulation.auditor import Auditor
from callcenter.types import (
    AgentConfig,
    AgentId,
    AgentState,
    ChannelRef,
    Configuration,
    ContactId,
    Customer,
    DecisionKind,
    Departure,
    DeviceRef,
    DeviceStatus,
    LegEnd,
    OfferId,
    OfferState,
    Outcome,
    Overflow,
    PbxName,
    QueueConfig,
    QueueName,
    QueueState,
    RuleConfig,
    Skill,
    SkillName,
    Tier,
)

PBX = PbxName("pbx1")
OFFER_TIMEOUT_MS = 15_000
WRAP_UP_MS = 30_000
LOOKUP_MS = 200
BACKOFF_MS = 10_000

# ---- building a configuration


def skills(**levels: int) -> tuple[Skill, ...]:
    return tuple(Skill(SkillName(name), level) for name, level in levels.items())


def device(name: str, pbx: PbxName = PBX) -> DeviceRef:
    return DeviceRef(pbx, f"PJSIP/{name}")


def agent(name: str, *queues: str, pbx: PbxName = PBX, **levels: int) -> AgentConfig:
    served = tuple(QueueName(queue) for queue in queues or ("general",))
    return AgentConfig(AgentId(name), name.title(), device(name, pbx), skills(**levels), served)


def queue(name: str, wrap_up_ms: int = WRAP_UP_MS, offer_timeout_ms: int = OFFER_TIMEOUT_MS) -> QueueConfig:
    return QueueConfig(QueueName(name), offer_timeout_ms, wrap_up_ms, service_level_ms=20_000)


def overflow(after_ms: int, to: str | None = None) -> Overflow:
    return Overflow(after_ms, QueueName(to) if to else None)


def rule(
    name: str,
    to: str = "general",
    priority: int = 0,
    needs: tuple[Skill, ...] = (),
    tier: str | None = None,
    dialled: str | None = None,
    intent: str | None = None,
    language: str | None = None,
) -> RuleConfig:
    return RuleConfig(
        name,
        QueueName(to),
        priority,
        needs,
        tier=(Tier(tier),) if tier else (),
        dialled=(dialled,) if dialled else (),
        intent=(intent,) if intent else (),
        language=(language,) if language else (),
    )


GOLD_FIRST = (rule("gold first", priority=10, tier="gold"), rule("everybody"))


def configuration(
    *agents: AgentConfig,
    queues: tuple[QueueConfig, ...] = (),
    rules: tuple[RuleConfig, ...] = GOLD_FIRST,
) -> Configuration:
    """A call center with the queue `general` (unless told otherwise) where gold customers go first."""
    queues = queues or (queue("general"),)
    return Configuration(
        tiers=(Tier("gold"), Tier("silver"), Tier("standard")),
        default_tier=Tier("standard"),
        default_queue=queues[0].name,
        queues=queues,
        rules=rules,
        agents=agents,
        lookup_deadline_ms=LOOKUP_MS,
        decline_backoff_ms=BACKOFF_MS,
        failure_backoff_ms=BACKOFF_MS,
    )


# ---- events


def arrived(
    contact: str,
    caller: str | None = None,
    dialled: str = "100",
    account: str | None = None,
    intent: str | None = None,
    language: str | None = None,
    pbx: PbxName = PBX,
    number: str | None = None,
) -> ContactArrived:
    """Withheld unless a number is given, so that it waits at once, without a look-up."""
    who, channel, name = ContactId(contact), ChannelRef(pbx, f"chan-{contact}"), contact.title()
    return ContactArrived(who, channel, caller, name, dialled, account, intent, language, number)


def customer(number: int, tier: str = "standard", language: str | None = None) -> Customer:
    return Customer(number, f"A-{number}", f"Customer {number}", Tier(tier), language)


def found(contact: str, *customers: Customer) -> CustomersFound:
    return CustomersFound(ContactId(contact), customers)


def left(contact: str, how: Departure = Departure.HUNG_UP) -> CallerLeft:
    return CallerLeft(ContactId(contact), how)


def ringing(offer: str) -> OfferRinging:
    return OfferRinging(OfferId(offer))


def answered(offer: str) -> OfferConnected:
    return OfferConnected(OfferId(offer))


SUE = "sue"  # the supervisor


def moved(contact: str, to: str) -> ContactMoved:
    return ContactMoved(ContactId(contact), QueueName(to), SUE)


def prioritised(contact: str, priority: int) -> ContactPrioritised:
    return ContactPrioritised(ContactId(contact), priority, SUE)


def withdrawn(contact: str) -> ContactWithdrawn:
    return ContactWithdrawn(ContactId(contact), SUE)


def queue_set(queue: str, state: QueueState) -> QueueStateSet:
    return QueueStateSet(QueueName(queue), state, SUE)


def leg_ended(offer: str, how: LegEnd) -> OfferEnded:
    return OfferEnded(OfferId(offer), how)


def phone(name: str, status: DeviceStatus) -> DeviceChanged:
    return DeviceChanged(device(name), status)


def synced(
    *phones: DeviceChanged,
    waiting: tuple[ContactArrived, ...] = (),
    fallback: tuple[str, ...] = (),
    legs: tuple[Leg, ...] = (),
    pbx: PbxName = PBX,
) -> PbxSynced:
    return PbxSynced(pbx, waiting, tuple(ContactId(contact) for contact in fallback), legs, phones)


def leg(offer: str, contact: str | None = None, *, ringing: bool = False) -> Leg:
    return Leg(OfferId(offer), ContactId(contact) if contact else None, ringing)


def reloaded(config: Configuration, *, reroute: bool = True) -> ConfigurationLoaded:
    """New rules, by which everybody who waits is routed again unless told otherwise."""
    return ConfigurationLoaded(config, reroute)


# ---- what should come


@dataclasses.dataclass(frozen=True)
class Want:
    """A command of this type with these fields."""

    kind: type[Command]
    fields: dict[str, Any]

    def fits(self, command: Command) -> bool:
        return type(command) is self.kind and all(getattr(command, key) == self.fields[key] for key in self.fields)

    def __str__(self) -> str:
        return f"{self.kind.__name__}({_shown(self.fields)})"


@dataclasses.dataclass(frozen=True)
class Nothing:
    """No command of this type."""

    kind: type[Command]


def want(kind: type[Command], /, **fields: Any) -> Want:
    unknown = set(fields) - {field.name for field in dataclasses.fields(kind)}
    assert not unknown, f"{kind.__name__} has no {unknown}"
    return Want(kind, fields)


def no(kind: type[Command]) -> Nothing:
    return Nothing(kind)


def ring(offer: str, **fields: Any) -> Want:
    if "device" in fields:
        fields["device"] = device(fields["device"])
    return want(RingDevice, offer=offer, **fields)


def stop(offer: str) -> Want:
    return want(StopRinging, offer=offer)


def pop(offer: str, **fields: Any) -> Want:
    return want(ScreenPop, offer=offer, **fields)


def closed(offer: str, state: OfferState, **fields: Any) -> Want:
    return want(OfferClosed, offer=offer, state=state, **fields)


def becomes(name: str, state: AgentState, **fields: Any) -> Want:
    return want(AgentChanged, agent=name, state=state, **fields)


def recorded(contact: str, outcome: Outcome, **fields: Any) -> Want:
    return want(RecordContact, contact=contact, outcome=outcome, **fields)


def segment(contact: str, number: int, **fields: Any) -> Want:
    return want(RecordSegment, contact=contact, number=number, **fields)


def decided(contact: str, number: int, kind: DecisionKind, **fields: Any) -> Want:
    return want(RecordDecision, contact=contact, number=number, kind=kind, **fields)


def sent_away(contact: str, outcome: Outcome) -> Want:
    return want(SendAway, contact=contact, outcome=outcome)


# ---- the story


class Playbook:
    """A call center in a test. Times are milliseconds since the story's start."""

    START_MS = 1_000_000

    def __init__(self, config: Configuration) -> None:
        self.engine = Engine.fresh(config)
        self.auditor = Auditor()
        self.now_ms = 0
        self.came: list[Command] = []
        self.at(0, ConfigurationLoaded(config))

    @classmethod
    def open(cls, config: Configuration, sync: bool = True) -> "Playbook":
        """Every phone is free and every agent READY; the agents went ready in the order written, 1 ms apart."""
        story = cls(config)
        if sync:
            for pbx in dict.fromkeys(entry.device.pbx for entry in config.agents):
                phones = [
                    DeviceChanged(entry.device, DeviceStatus.FREE) for entry in config.agents if entry.device.pbx == pbx
                ]
                story.at(0, synced(*phones, pbx=pbx))
        for index, entry in enumerate(config.agents):
            story.at(index, AgentSignedIn(entry.id), AgentReady(entry.id))
        return story

    def at(self, at_ms: int, *events: Event) -> "Playbook":
        """Feed events at this time; what they bring is what `expect` looks at."""
        assert at_ms >= self.now_ms, "a story goes forward"
        self.now_ms = at_ms
        self.came = []
        for event in events:
            commands = self.engine.handle(self.START_MS + at_ms, event)
            self.auditor.observe(self.START_MS + at_ms, event, commands, self.engine.snapshot())
            self.came += commands
        return self

    def ms(self, at_ms: int) -> int:
        """A time of the story as the engine sees it."""
        return self.START_MS + at_ms

    def wait_until(self, at_ms: int) -> "Playbook":
        """Let time pass, with every timer on time; `expect` looks at all that the timers brought."""
        came: list[Command] = []
        while (due_ms := self.engine.next_due_ms()) is not None and due_ms <= self.START_MS + at_ms:
            came += self.at(max(self.now_ms, due_ms - self.START_MS), TimePassed()).came
        came += self.at(at_ms, TimePassed()).came
        self.came = came
        return self

    def expect(self, *wanted: Want | Nothing) -> "Playbook":
        """The commands of the types named are those named, in order, and no others."""
        wants = [item for item in wanted if isinstance(item, Want)]
        kinds = {item.kind for item in wanted}
        seen = [command for command in self.came if type(command) in kinds]
        if len(wants) != len(seen) or not all(item.fits(command) for item, command in zip(wants, seen, strict=True)):
            raise AssertionError(self._difference(wants, seen))
        return self

    def expect_nothing_of(self, *kinds: type[Command]) -> "Playbook":
        return self.expect(*(Nothing(kind) for kind in kinds))

    def first(self, kind: type[Command]) -> Any:
        return next(command for command in self.came if type(command) is kind)

    def _difference(self, wants: list[Want], seen: list[Command]) -> str:
        named: dict[type[Command], set[str]] = {}
        for item in wants:
            named.setdefault(item.kind, set()).update(item.fields)
        shown = [
            Want(type(command), {key: getattr(command, key) for key in _named_fields(command, named)})
            for command in seen
        ]
        difference = difflib.ndiff([str(item) for item in wants], [str(item) for item in shown])
        everything = "\n  ".join(str(command) for command in self.came) or "(nothing)"
        lines = "\n".join(difference) or "(none of the types named)"
        return f"at {self.now_ms} ms: wanted -, came +\n{lines}\nall that came:\n  {everything}"

    # ---- looking at the state

    def agent(self, name: str) -> Agent:
        return self.engine.snapshot().agents[AgentId(name)]

    def contact(self, name: str) -> Contact:
        return self.engine.snapshot().contacts[ContactId(name)]

    def agent_is(self, name: str, state: AgentState, reason: str | None = None) -> "Playbook":
        found_state = (self.agent(name).state, self.agent(name).reason)
        assert found_state == (state, reason), f"agent {name} is {found_state}"
        return self

    def is_gone(self, contact: str) -> bool:
        return contact not in self.engine.snapshot().contacts


def _named_fields(command: Command, named: dict[type[Command], set[str]]) -> list[str]:
    wanted = named.get(type(command))
    return [field.name for field in dataclasses.fields(command) if wanted is None or field.name in wanted]


def _shown(fields: dict[str, Any]) -> str:
    return ", ".join(f"{key}={fields[key]!r}" for key in sorted(fields))


def talking(config: Configuration, contact: str = "anna", change: Callable[[Playbook], None] | None = None) -> Playbook:
    """A story in which the first agent talks to `contact`, connected at 1,000 ms."""
    story = Playbook.open(config)
    if change is not None:
        change(story)
    return story.at(500, arrived(contact)).at(600, ringing(f"{contact}.1")).at(1_000, answered(f"{contact}.1"))


# ---- what the auditor should notice

Distort = Callable[[list[Command]], list[Command]]


def feed_distorted(story: Playbook, distort: Distort, *events: Event) -> None:
    """Feed the events 1 ms apart. What the engine says to the last of them reaches the auditor distorted."""
    for step, event in enumerate(events, start=1):
        now_ms = story.START_MS + story.now_ms + step
        commands = story.engine.handle(now_ms, event)
        told = distort(commands) if step == len(events) else commands
        story.auditor.observe(now_ms, event, told, story.engine.snapshot())


def changed(changed_kind: type[Command], /, **fields: Any) -> Distort:
    """Commands of this type say something else."""
    return lambda commands: [
        dataclasses.replace(command, **fields) if isinstance(command, changed_kind) else command for command in commands
    ]


def without(kind: type[Command]) -> Distort:
    """Commands of this type are left out."""
    return lambda commands: [command for command in commands if not isinstance(command, kind)]

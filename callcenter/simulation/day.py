"""One day of a call center in virtual time: drawn callers and shifts, and in the middle the engine itself.

`traffic` is the call center that queueing theory draws; this is the one that an admin describes: several numbers and
queues, customers of all tiers, shifts, phones that are declined or ring in vain, after-call work. Nothing here decides
anything: callers and agents do what has been drawn for them, and what became of everybody is in the `DayLog`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from heapq import heappop, heappush
from random import Random

from callcenter.commands import (
    AgentChanged,
    LookUpCustomer,
    OfferClosed,
    RecordContact,
    RingDevice,
)
from callcenter.engine import Engine
from callcenter.events import (
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallerLeft,
    ConfigurationLoaded,
    ContactArrived,
    CustomersFound,
    DayBegan,
    DeviceChanged,
    Event,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxSynced,
    TimePassed,
    WrapUpEnded,
)
from callcenter.simulation.compare_callers import SMALLEST_SHARE, TIER, Caller
from callcenter.simulation.compare_traffic import (
    DAY_MS,
    HALF_HOUR_MS,
    HALF_HOURS,
    Handling,
    Shift,
    TrafficFile,
    attribute_value,
)
from callcenter.types import (
    REASON_RONA,
    AgentId,
    AgentState,
    ChannelRef,
    Configuration,
    ContactId,
    Customer,
    Departure,
    DeviceStatus,
    LegEnd,
    OfferId,
    OfferState,
    Outcome,
    PbxName,
    QueueName,
    Tier,
)

PBX = PbxName("simulated")
_HANDLING = (AgentState.TALKING, AgentState.WRAP_UP)
_TIME_PASSED = TimePassed()


class Fate(Enum):
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    SENT_AWAY = "sent_away"  # by a rule, a closed queue or an overflow: a message, and the end of the call


_FATES = {Outcome.ANSWERED: Fate.ANSWERED, Outcome.ABANDONED: Fate.ABANDONED}


@dataclass(frozen=True, slots=True)
class End:
    """What became of a caller, and where; `in_time`: answered within the service level's threshold of that queue."""

    at_ms: int  # of the call, since midnight
    queue: QueueName | None
    tier: Tier
    fate: Fate
    waited_ms: int
    in_time: bool


@dataclass(frozen=True, slots=True)
class Time:
    """An agent's time by half-hour, in ms: talk and wrap-up, and waiting for a call."""

    handling: list[int]
    ready: list[int]


@dataclass(frozen=True, slots=True)
class DayLog:
    ends: tuple[End, ...]  # in the order of the callers
    times: dict[AgentId, Time]
    events: int  # that the engine handled


@dataclass(slots=True)
class _Inside:
    caller: Caller
    waits: bool = True
    queue: QueueName | None = None  # where the call was answered
    phones: Random | None = None


@dataclass(slots=True)
class _AtWork:
    time: Time
    state: AgentState = AgentState.LOGGED_OUT
    since_ms: int = 0
    on_shift: bool = False


def _with_phones(configuration: Configuration) -> Configuration:
    """Whoever chooses a phone each time has found one."""
    agents = [
        agent if agent.device.device else replace(agent, device=replace(agent.device, device=f"(chosen by) {agent.id}"))
        for agent in configuration.agents
    ]
    return replace(configuration, agents=tuple(agents))


class Day:
    """One day: `play` once and throw away. `midnight_ms` is when it begins, in ms of UTC."""

    def __init__(self, configuration: Configuration, traffic: TrafficFile, midnight_ms: int, day: date) -> None:
        self._configuration, self._traffic = configuration, traffic
        self._attributes = {attribute.name: attribute.kind for attribute in configuration.attributes}
        self._wrap_up_ms = {queue.name: queue.wrap_up_ms for queue in configuration.queues}
        self._handling = {QueueName(name): handling for name, handling in traffic.handling.queues.items()}
        self._midnight_ms = self._now_ms = midnight_ms
        self._ahead: list[tuple[int, int, Event | Caller]] = []
        self._sequence = 0
        self._events = 0
        self._inside: dict[ContactId, _Inside] = {}
        self._ringing: set[OfferId] = set()  # only asked whether one is in it
        self._ends: list[End | None] = []
        self._agents = {agent.id: _AtWork(Time([0] * HALF_HOURS, [0] * HALF_HOURS)) for agent in configuration.agents}
        configuration = _with_phones(configuration)
        self._engine = Engine.fresh(configuration)
        self._handle(ConfigurationLoaded(configuration))
        devices = tuple(DeviceChanged(agent.device, DeviceStatus.FREE) for agent in configuration.agents)
        self._pbx = devices[0].device.pbx if devices else PBX
        self._handle(PbxSynced(self._pbx, (), (), (), devices))
        self._handle(DayBegan(day.isoformat()))

    def play(self, callers: list[Caller], shifts: tuple[Shift, ...], tick: Callable[[], object]) -> DayLog:
        """Let the callers call and the agents work, until nobody is left; `tick` is called once for each caller.

        Times of work are counted until midnight; who is inside then is still served by those who are at work then.
        """
        for shift in shifts:
            self._plan(self._midnight_ms + shift.from_ms, AgentSignedIn(shift.agent.id))
            if shift.to_ms < DAY_MS:
                self._plan(self._midnight_ms + shift.to_ms, AgentSignedOut(shift.agent.id))
        self._plan(self._midnight_ms + DAY_MS, _TIME_PASSED)  # so that what is due by then happens
        self._ends = [None] * len(callers)
        for caller in callers:
            self._plan(self._midnight_ms + caller.at_ms, caller)
        ahead, engine = self._ahead, self._engine
        while ahead:
            due_ms, next_ms = engine.next_due_ms(), ahead[0][0]
            assert next_ms >= self._now_ms, "time went back"
            if due_ms is not None and due_ms <= next_ms:
                self._now_ms = max(self._now_ms, due_ms)
                self._handle(_TIME_PASSED)  # which may plan something that comes before what is planned
                continue
            self._now_ms, _, event = heappop(ahead)
            if isinstance(event, Caller):
                self._call(event)
                tick()
            else:
                self._happen(event)
        for agent in self._agents.values():
            self._count(agent, self._midnight_ms + DAY_MS)
        times = {agent_id: agent.time for agent_id, agent in self._agents.items()}
        ends = tuple(end for end in self._ends if end is not None)
        assert len(ends) == len(callers), "a caller came to no end"
        return DayLog(ends, times, self._events)

    # ---- what happens

    def _happen(self, event: Event) -> None:
        """What was planned, as far as it still makes sense when its time has come."""
        match event:
            case CallerLeft(contact=contact):
                if not self._inside[contact].waits:
                    return
            case OfferConnected(offer=offer) | OfferEnded(offer=offer, how=LegEnd.BUSY):
                if offer not in self._ringing:
                    return
            case AgentSignedIn(agent=agent):
                self._agents[agent].on_shift = True
                self._handle(event)
                event = AgentReady(agent)
            case AgentSignedOut(agent=agent):
                self._agents[agent].on_shift = False
            case AgentReady(agent=agent):
                if not self._agents[agent].on_shift:
                    return
            case _:
                pass
        self._handle(event)

    def _call(self, caller: Caller) -> None:
        contact = ContactId(f"c{caller.number}")
        self._inside[contact] = _Inside(caller)
        channel = ChannelRef(self._pbx, contact)
        self._plan_in(caller.patience_ms, CallerLeft(contact, Departure.HUNG_UP))
        self._handle(
            ContactArrived(
                contact, channel, caller.caller, "", caller.dialled, intent=caller.intent, language=caller.language
            ),
        )

    def _found(self, command: LookUpCustomer) -> CustomersFound:
        caller = self._inside[command.contact].caller
        if caller.record is None:
            return CustomersFound(command.contact, ())
        tier = Tier(caller.record.get(TIER, self._configuration.default_tier))
        attributes = {
            name: attribute_value(self._attributes[name], text)
            for name, text in caller.record.items()
            if name in self._attributes
        }
        number = caller.number + 1
        customer = Customer(number, f"S-{number}", "", tier, caller.language, attributes=attributes)
        return CustomersFound(command.contact, (customer,))

    def _ring(self, command: RingDevice) -> None:
        """A phone rings: draw for this caller whether and when it is answered."""
        inside, offers = self._inside[command.contact], self._traffic.offers
        self._ringing.add(command.offer)
        if inside.phones is None:
            inside.phones = Random(inside.caller.seed)  # noqa: S311 - chance, not secrecy
        fate, share = inside.phones.random(), inside.phones.random()
        after_ms = offers.answer.ms(max(share, SMALLEST_SHARE))
        if fate < offers.declined:
            self._plan_in(after_ms, OfferEnded(command.offer, LegEnd.BUSY))
        elif fate >= offers.declined + offers.unanswered:
            self._plan_in(after_ms, OfferConnected(command.offer))

    def _offer_closed(self, command: OfferClosed) -> None:
        self._ringing.discard(command.offer)
        if command.state is OfferState.ACCEPTED:
            inside = self._inside[command.contact]
            inside.waits, inside.queue = False, command.queue
            talk_ms = self._handling_in(command.queue).talk.ms(inside.caller.talk)
            self._plan_in(talk_ms, OfferEnded(command.offer, LegEnd.HUNG_UP))

    def _agent_changed(self, command: AgentChanged) -> None:
        agent = self._agents[command.agent]
        self._count(agent, self._now_ms)
        agent.state, agent.since_ms = command.state, self._now_ms
        if command.state is AgentState.WRAP_UP and command.contact is not None:
            inside = self._inside[command.contact]
            assert inside.queue is not None
            wrap_up_ms = self._handling_in(inside.queue).wrap_up.ms(inside.caller.wrap_up)
            if wrap_up_ms < self._wrap_up_ms.get(inside.queue, 0):  # else its deadline ends it
                self._plan_in(wrap_up_ms, WrapUpEnded(command.agent, command.contact, None))
        elif command.state is AgentState.NOT_READY and command.reason == REASON_RONA:
            self._plan_in(round(1000 * self._traffic.offers.ready_again_s), AgentReady(command.agent))

    def _ended(self, record: RecordContact) -> None:
        inside = self._inside[record.contact]
        inside.waits = False
        fate = _FATES.get(record.outcome, Fate.SENT_AWAY)
        in_time = record.service_level_ms is not None and record.waited_ms <= record.service_level_ms
        number, at_ms = inside.caller.number, inside.caller.at_ms
        self._ends[number] = End(at_ms, record.queue, record.tier, fate, record.waited_ms, in_time)

    # ---- the engine, and time

    def _plan(self, at_ms: int, event: Event | Caller) -> None:
        self._sequence += 1
        heappush(self._ahead, (at_ms, self._sequence, event))

    def _plan_in(self, after_ms: int, event: Event) -> None:
        self._plan(self._now_ms + after_ms, event)

    def _handle(self, event: Event) -> None:
        """Tell the engine, and do as it says; what callers and agents do about it is planned, or happens at once."""
        self._events += 1
        for command in self._engine.handle(self._now_ms, event):
            match command:
                case AgentChanged():
                    self._agent_changed(command)
                case RingDevice():
                    self._ring(command)
                    self._handle(OfferRinging(command.offer))
                case OfferClosed():
                    self._offer_closed(command)
                case RecordContact():
                    self._ended(command)
                case LookUpCustomer():
                    self._handle(self._found(command))
                case _:
                    pass

    def _handling_in(self, queue: QueueName) -> Handling:
        return self._handling.get(queue, self._traffic.handling.default)

    def _count(self, agent: _AtWork, until_ms: int) -> None:
        """Count the time since the agent's last change to the half-hours that it lies in, until midnight."""
        if agent.state in _HANDLING:
            times = agent.time.handling
        elif agent.state is AgentState.READY:
            times = agent.time.ready
        else:
            return
        start_ms, end_ms = agent.since_ms - self._midnight_ms, min(until_ms - self._midnight_ms, DAY_MS)
        while start_ms < end_ms:
            slot = start_ms // HALF_HOUR_MS
            stop_ms = min(end_ms, (slot + 1) * HALF_HOUR_MS)
            times[slot] += stop_ms - start_ms
            start_ms = stop_ms

"""What the auditor believes: a second, naive account of the call center, kept from the events alone.

It is written from ARCHITECTURE.md and not from the engine, with lists and loops where the engine has tables, so that
both are unlikely to be wrong in the same way. It foresees everything but the matching: which offers end and how, which
contacts end and how, who is free. The matching it can only judge (`auditor.py`).
"""

from dataclasses import dataclass, field

from callcenter.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallerLeft,
    ConfigurationLoaded,
    ContactArrived,
    CustomersFound,
    DeviceChanged,
    Event,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxLost,
    PbxSynced,
    WrapUpEnded,
)
from callcenter.types import (
    AgentConfig,
    AgentId,
    AgentState,
    Configuration,
    ContactId,
    ContactState,
    Customer,
    Departure,
    DeviceRef,
    DeviceStatus,
    LegEnd,
    OfferId,
    OfferState,
    Outcome,
    PbxName,
    RuleConfig,
    Skill,
)

OUT, NOT_READY, READY = AgentState.LOGGED_OUT, AgentState.NOT_READY, AgentState.READY

_END_OF = {
    LegEnd.BUSY: OfferState.DECLINED,
    LegEnd.NO_ANSWER: OfferState.EXPIRED,
    LegEnd.UNREACHABLE: OfferState.FAILED,
    LegEnd.CALLER_GONE: OfferState.WITHDRAWN,
    LegEnd.HUNG_UP: OfferState.FAILED,
    LegEnd.FAILED: OfferState.FAILED,
}
_OUTCOME_OF = {
    Departure.HUNG_UP: Outcome.ABANDONED,
    Departure.FALLBACK: Outcome.FALLBACK,
    Departure.LOST: Outcome.LOST,
}


@dataclass(slots=True)
class Caller:
    """A contact that is not over. `age` is its rank of arrival."""

    arrival: ContactArrived
    arrived_ms: int
    age: int
    state: ContactState
    lookup_due_ms: int
    customers: tuple[Customer, ...] | None = None
    offer: OfferId | None = None
    worker: "Worker | None" = None
    offers: int = 0
    connected_ms: int = 0
    queue: str = ""
    priority: int = 0
    skills: tuple[Skill, ...] = ()
    rule: str = ""

    @property
    def id(self) -> ContactId:
        return self.arrival.contact

    @property
    def rank(self) -> tuple[int, int]:
        return (-self.priority, self.age)


@dataclass(slots=True)
class Worker:
    """An agent. `wish` is what it is when nothing is in hand; `busy` is RESERVED, TALKING or WRAP_UP."""

    config: AgentConfig
    wish: AgentState = OUT
    busy: AgentState | None = None
    caller: Caller | None = None
    idle_since_ms: int = 0
    backoff_until_ms: int = 0
    wrap_up_due_ms: int = 0
    removed: bool = False

    @property
    def state(self) -> AgentState:
        return self.busy or self.wish


@dataclass(slots=True)
class LiveOffer:
    id: OfferId
    caller: Caller
    worker: Worker
    device: DeviceRef
    due_ms: int
    queue: str
    state: OfferState = OfferState.PENDING


@dataclass(slots=True)
class Foreseen:
    """What this event must bring. Whatever is not foreseen must not come."""

    closed: dict[OfferId, tuple[OfferState, AgentId]] = field(default_factory=dict)
    ended: dict[ContactId, Outcome] = field(default_factory=dict)
    wrapped_up: dict[ContactId, str | None] = field(default_factory=dict)
    stopped: dict[OfferId, None] = field(default_factory=dict)
    confirmed: dict[OfferId, None] = field(default_factory=dict)
    looked_up: dict[ContactId, None] = field(default_factory=dict)
    popped: dict[OfferId, None] = field(default_factory=dict)


class Picture:
    def __init__(self) -> None:
        self.now_ms = 0
        self.config: Configuration | None = None
        self.callers: dict[ContactId, Caller] = {}
        self.gone: set[ContactId] = set()
        self.offers: dict[OfferId, LiveOffer] = {}
        self.closed: set[OfferId] = set()
        self.workers: dict[AgentId, Worker] = {}
        self.up: dict[PbxName, bool] = {}
        self.devices: dict[DeviceRef, DeviceStatus] = {}
        self.arrivals = 0
        self.foreseen = Foreseen()

    def take(self, now_ms: int, event: Event) -> Foreseen:
        """Let time pass to `now_ms`, then take the event; gives what both must bring."""
        self.now_ms = max(self.now_ms, now_ms)
        self.foreseen = Foreseen()
        if isinstance(event, PbxLost):
            self.up[event.pbx] = False  # nothing of a PBX falls due in the moment in which it is lost
        self._time()
        self._event(event)
        return self.foreseen

    # ---- time

    def _time(self) -> None:
        for caller in list(self.callers.values()):
            if caller.state is ContactState.IDENTIFYING and caller.lookup_due_ms <= self.now_ms:
                self.route(caller)
        for offer in list(self.offers.values()):
            if offer.due_ms <= self.now_ms and self.up.get(offer.device.pbx):
                rang = offer.state is OfferState.RINGING  # nobody is to blame for a phone that never rang
                self._end_offer(offer, OfferState.EXPIRED if rang else OfferState.FAILED, stop=True)
        for worker in list(self.workers.values()):
            if worker.busy is AgentState.WRAP_UP and worker.wrap_up_due_ms <= self.now_ms:
                self._end_wrap_up(worker, None)

    # ---- events

    def _event(self, event: Event) -> None:  # noqa: PLR0912 - one row for each event
        match event:
            case ContactArrived():
                self._arrive(event)
            case CustomersFound(contact=contact, customers=customers):
                self._identify(contact, customers)
            case CallerLeft(contact=contact, how=how):
                self._leave(contact, how)
            case OfferRinging(offer=offer):
                if offer in self.offers:
                    self.offers[offer].state = OfferState.RINGING
            case OfferConnected(offer=offer):
                self._answered(offer)
            case OfferEnded(offer=offer, how=how):
                self._leg_over(offer, how)
            case DeviceChanged(device=device, status=status):
                self.devices[device] = status
            case PbxSynced():
                self._sync(event)
            case AgentSignedIn() | AgentSignedOut() | AgentReady() | AgentNotReady():
                if event.agent in self.workers:
                    self._wish(self.workers[event.agent], event)
            case WrapUpEnded(agent=agent, contact=contact, disposition=disposition):
                worker = self.workers.get(agent)
                in_hand = worker.caller.id if worker is not None and worker.caller is not None else None
                if worker is not None and worker.busy is AgentState.WRAP_UP and in_hand == contact:
                    self._end_wrap_up(worker, disposition)
            case ConfigurationLoaded(configuration=configuration):
                self._configure(configuration)
            case _:
                pass

    def _arrive(self, arrival: ContactArrived) -> None:
        assert self.config is not None
        if arrival.contact in self.callers or arrival.contact in self.gone:
            return
        self.arrivals += 1
        due_ms = self.now_ms + self.config.lookup_deadline_ms
        caller = Caller(arrival, self.now_ms, self.arrivals, ContactState.IDENTIFYING, due_ms)
        self.callers[arrival.contact] = caller
        if arrival.caller is None and arrival.account is None:
            caller.customers = ()
            self.route(caller)
        else:
            self.foreseen.looked_up[arrival.contact] = None

    def _identify(self, contact: ContactId, customers: tuple[Customer, ...]) -> None:
        caller = self.callers.get(contact)
        if caller is None or caller.customers is not None:
            return
        caller.customers = customers
        if caller.state is not ContactState.CONNECTED:
            self.route(caller)
        if caller.offer is not None:
            self.foreseen.popped[caller.offer] = None

    def _leave(self, contact: ContactId, how: Departure) -> None:
        caller = self.callers.get(contact)
        if caller is None:
            return
        if caller.state is ContactState.OFFERED:
            assert caller.offer is not None
            self._end_offer(self.offers[caller.offer], OfferState.WITHDRAWN, stop=True)
        connected = caller.state is ContactState.CONNECTED
        self._end(caller, Outcome.ANSWERED if connected else _OUTCOME_OF[how])

    def _answered(self, offer_id: OfferId) -> None:
        if offer_id in self.offers:
            self._connect(self.offers[offer_id])
        elif offer_id in self.closed and not self.in_hand(offer_id):
            self.foreseen.stopped[offer_id] = None

    def _leg_over(self, offer_id: OfferId, how: LegEnd) -> None:
        offer = self.offers.get(offer_id)
        if offer is not None:
            self._end_offer(offer, _END_OF[how], stop=False)
            if how is LegEnd.CALLER_GONE:
                self._end(offer.caller, Outcome.ABANDONED)
            return
        for caller in list(self.callers.values()):
            if caller.state is ContactState.CONNECTED and caller.offer == offer_id:
                self._end(caller, Outcome.ANSWERED)

    def _sync(self, sync: PbxSynced) -> None:
        self.up[sync.pbx] = True
        self.devices = {device: status for device, status in self.devices.items() if device.pbx != sync.pbx}
        self.devices.update({seen.device: seen.status for seen in sync.devices})
        ours = [caller for caller in self.callers.values() if caller.arrival.channel.pbx == sync.pbx]
        listed = [arrival.contact for arrival in sync.waiting]
        for caller in ours:
            if caller.id not in listed:
                self._leave(caller.id, Departure.FALLBACK if caller.id in sync.fallback else Departure.LOST)
        legs = {leg.offer: leg.contact for leg in sync.legs}
        self._sync_offers(sync.pbx, legs)
        for leg in sync.legs:
            if leg.ringing and leg.offer in self.offers:
                self.offers[leg.offer].state = OfferState.RINGING
        for caller in ours:
            if caller.state is ContactState.CONNECTED and caller.id in self.callers:
                assert caller.offer is not None
                if caller.offer in legs:
                    self.foreseen.confirmed[caller.offer] = None
                else:
                    self._end(caller, Outcome.ANSWERED)
        for leg in sync.legs:
            stray = leg.offer not in self.offers and not self.in_hand(leg.offer)
            if stray and (leg.contact is None or leg.contact in self.callers):
                self.foreseen.stopped[leg.offer] = None
        for arrival in sync.waiting:
            if arrival.contact not in legs.values():
                self._arrive(arrival)

    def _sync_offers(self, pbx: PbxName, legs: dict[OfferId, ContactId | None]) -> None:
        for offer in [offer for offer in self.offers.values() if offer.device.pbx == pbx]:
            if offer.id not in legs:
                self._end_offer(offer, OfferState.WITHDRAWN, stop=True)
            elif legs[offer.id] == offer.caller.id:
                self._connect(offer)

    def _wish(self, worker: Worker, event: Event) -> None:
        match event:
            case AgentSignedOut():
                worker.wish = OUT
            case AgentSignedIn() if worker.wish is OUT:
                worker.wish = READY if worker.busy else NOT_READY
            case AgentNotReady() if worker.busy or worker.wish is not OUT:
                worker.wish = NOT_READY
            case AgentReady() if worker.busy:
                worker.wish = READY
            case AgentReady() if worker.wish is NOT_READY:
                worker.wish = READY
                worker.idle_since_ms = self.now_ms
            case _:
                pass

    def _configure(self, configuration: Configuration) -> None:
        self.config = configuration
        wanted = {config.id: config for config in configuration.agents}
        for worker in list(self.workers.values()):
            worker.removed = worker.config.id not in wanted
            if worker.removed and worker.busy is None:
                del self.workers[worker.config.id]
        for config in configuration.agents:
            self.workers.setdefault(config.id, Worker(config)).config = config
        for caller in self.callers.values():
            if caller.state in (ContactState.WAITING, ContactState.OFFERED):
                self.route(caller)

    # ---- what events lead to

    def _end_offer(self, offer: LiveOffer, how: OfferState, *, stop: bool) -> None:
        assert self.config is not None
        worker = offer.worker
        self._close(offer, how)
        if stop:
            self.foreseen.stopped[offer.id] = None
        offer.caller.state, offer.caller.offer, offer.caller.worker = ContactState.WAITING, None, None
        if how is OfferState.EXPIRED and worker.wish is READY:
            worker.wish = NOT_READY
        if how is OfferState.DECLINED:
            worker.backoff_until_ms = self.now_ms + self.config.decline_backoff_ms
        if how is OfferState.FAILED:
            worker.backoff_until_ms = self.now_ms + self.config.failure_backoff_ms
        self._free(worker)

    def _connect(self, offer: LiveOffer) -> None:
        self._close(offer, OfferState.ACCEPTED)
        self.foreseen.confirmed[offer.id] = None
        offer.caller.state, offer.caller.connected_ms = ContactState.CONNECTED, self.now_ms
        offer.worker.busy = AgentState.TALKING

    def _close(self, offer: LiveOffer, how: OfferState) -> None:
        self.foreseen.closed[offer.id] = (how, offer.worker.config.id)
        del self.offers[offer.id]
        self.closed.add(offer.id)

    def _end(self, caller: Caller, outcome: Outcome) -> None:
        del self.callers[caller.id]
        self.gone.add(caller.id)
        self.foreseen.ended[caller.id] = outcome
        if caller.worker is not None:
            caller.worker.busy = AgentState.WRAP_UP
            wrap_up_ms = self._wrap_up_ms(caller.queue)
            caller.worker.wrap_up_due_ms = self.now_ms + wrap_up_ms
            if wrap_up_ms == 0:
                self._end_wrap_up(caller.worker, None)

    def _wrap_up_ms(self, queue: str) -> int:
        assert self.config is not None
        return next((config.wrap_up_ms for config in self.config.queues if config.name == queue), 0)

    def _end_wrap_up(self, worker: Worker, disposition: str | None) -> None:
        assert worker.caller is not None
        self.foreseen.wrapped_up[worker.caller.id] = disposition
        worker.idle_since_ms = self.now_ms
        self._free(worker)

    def _free(self, worker: Worker) -> None:
        worker.busy, worker.caller = None, None
        if worker.removed:
            del self.workers[worker.config.id]

    # ---- asking

    def in_hand(self, offer: OfferId) -> bool:
        """Whether this offer connected the contact that some agent still has in hand."""
        return any(
            worker.busy in (AgentState.TALKING, AgentState.WRAP_UP)
            and worker.caller is not None
            and worker.caller.offer == offer
            for worker in self.workers.values()
        )

    def route(self, caller: Caller) -> None:
        """Send the caller where the rules of now want it."""
        assert self.config is not None
        if caller.state is ContactState.IDENTIFYING:
            caller.state = ContactState.WAITING
        caller.queue, caller.priority, caller.skills, caller.rule = self.config.default_queue, 0, (), "(no rule)"
        for rule in self.config.rules:
            if self._applies(rule, caller):
                caller.queue, caller.priority, caller.skills, caller.rule = (
                    rule.queue,
                    rule.priority,
                    rule.skills,
                    rule.name,
                )
                return

    def tier(self, caller: Caller) -> str:
        assert self.config is not None
        for tier in self.config.tiers:
            if any(customer.tier == tier for customer in caller.customers or ()):
                return tier
        return self.config.default_tier

    def _applies(self, rule: RuleConfig, caller: Caller) -> bool:
        arrival, customers = caller.arrival, caller.customers or ()
        language = arrival.language or (customers[0].language if len(customers) == 1 else None) or ""
        return (
            (not rule.tier or self.tier(caller) in rule.tier)
            and (not rule.dialled or arrival.dialled in rule.dialled)
            and (not rule.intent or (arrival.intent or "") in rule.intent)
            and (not rule.language or language in rule.language)
        )

    def available(self, worker: Worker) -> bool:
        """Whether the agent may be offered something now."""
        device = worker.config.device
        return (
            worker.busy is None
            and worker.wish is READY
            and worker.backoff_until_ms <= self.now_ms
            and self.up.get(device.pbx, False)
            and self.devices.get(device) is DeviceStatus.FREE
        )

    @staticmethod
    def suits(worker: Worker, caller: Caller) -> bool:
        """Whether the agent may take this contact at all."""
        if caller.queue not in worker.config.queues or worker.config.device.pbx != caller.arrival.channel.pbx:
            return False
        for need in caller.skills:
            if not any(have.name == need.name and have.level >= need.level for have in worker.config.skills):
                return False
        return True

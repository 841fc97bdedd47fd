"""What the auditor believes: a second, naive account of the call center, kept from the events alone.

It is written from ARCHITECTURE.md and docs/routing.md and not from the engine, with lists and loops where the engine
has tables, so that both are unlikely to be wrong in the same way. It foresees everything but the matching: which offers
end and how, which contacts end and how, where each waits and for whom, who is free. The matching it can only judge
(`auditor.py`).
"""

from collections.abc import Callable
from functools import partial

from callcenter.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallerFellBack,
    CallerLeft,
    CallerReturned,
    ConfigurationLoaded,
    ContactArrived,
    ContactMoved,
    ContactPrioritised,
    ContactWithdrawn,
    CustomersFound,
    DayBegan,
    DeviceChanged,
    Event,
    OfferConnected,
    OfferEnded,
    OfferingSet,
    OfferRinging,
    PbxLost,
    PbxSynced,
    QueueStateSet,
    WrapUpEnded,
)
from callcenter.simulation.account import Caller, Foreseen, LiveOffer, Worker
from callcenter.simulation.choosing import tier_of_record
from callcenter.simulation.outgoing import Outgoing
from callcenter.types import (
    AgentState,
    Configuration,
    ContactId,
    ContactState,
    Departure,
    DeviceRef,
    DeviceStatus,
    LegEnd,
    OfferId,
    OfferState,
    Outcome,
)

OUT, NOT_READY, READY = AgentState.LOGGED_OUT, AgentState.NOT_READY, AgentState.READY

_END_OF = {
    LegEnd.BUSY: OfferState.DECLINED,
    LegEnd.NO_ANSWER: OfferState.EXPIRED,
    LegEnd.UNREACHABLE: OfferState.FAILED,
    LegEnd.CALLER_GONE: OfferState.WITHDRAWN,
    LegEnd.TAKEN: OfferState.WITHDRAWN,
    LegEnd.HUNG_UP: OfferState.FAILED,
    LegEnd.FAILED: OfferState.FAILED,
}
_OUTCOME_OF = {
    Departure.HUNG_UP: Outcome.ABANDONED,
    Departure.FALLBACK: Outcome.FALLBACK,
    Departure.LOST: Outcome.LOST,
}
_REFUSED = (OfferState.DECLINED, OfferState.EXPIRED, OfferState.FAILED)

Due = tuple[int, int, Callable[[], object]]  # when, the order of setting, and what


class Picture(Outgoing):
    def __init__(self) -> None:
        super().__init__()
        self.devices: dict[DeviceRef, DeviceStatus] = {}
        self.day = ""
        self._turns = 0

    def take(self, now_ms: int, event: Event) -> Foreseen:
        """Let time pass to `now_ms`, then take the event; gives what both must bring."""
        self.now_ms = max(self.now_ms, now_ms)
        self.foreseen = Foreseen()
        if isinstance(event, PbxLost):
            self.up[event.pbx] = False  # nothing of a PBX falls due in the moment in which it is lost
        while due := self._due():
            _, _, act = min(due, key=lambda entry: entry[:2])
            act()
            self.tidy_up()
        self._event(event)
        self.tidy_up()
        self.over_where_nobody_comes()
        for caller in [one for one in self.callers.values() if one.asks is None]:
            if caller.state is ContactState.WAITING and caller.id not in self.foreseen.given:
                self.leave_closed(caller)
        return self.foreseen

    def offered(self, offer_id: OfferId, caller: Caller, worker: Worker, timeout_ms: int) -> None:
        """The engine has made this offer."""
        due_ms = self.now_ms + timeout_ms
        device = worker.config.device
        offer = LiveOffer(offer_id, caller, worker, device, self.now_ms, due_ms, due_ms, self.arm())
        self.offers[offer_id] = offer
        caller.state = ContactState.OFFERED
        caller.ringing.append(offer)
        caller.offers += 1
        worker.ready_ms += self.today(worker.ready_since_ms)
        worker.busy, worker.caller = AgentState.RESERVED, caller
        assert caller.queue is not None
        self._turns += 1
        worker.turns[caller.queue] = self._turns

    # ---- time

    def _due(self) -> list[Due]:
        """All whose time has come."""
        due: list[Due] = []
        for caller in self.callers.values():
            if caller.state is ContactState.IDENTIFYING:
                due.append((caller.lookup_due_ms, caller.lookup_armed, partial(self.route, caller)))
            if self.step_due(caller):
                due.append((self.step_due_ms(caller), caller.step_armed, partial(self.step, caller)))
            if caller.waits and caller.overflow_due_ms is not None:
                due.append((caller.overflow_due_ms, caller.overflow_armed, partial(self.overflow, caller)))
            if caller.waits and caller.held_for is not None:
                due.append((caller.held_until_ms, caller.hold_armed, partial(self.release, caller)))
        for offer in self.offers.values():
            if self.up.get(offer.device.pbx):
                due.append((offer.fires_ms, offer.armed, partial(self._unanswered, offer)))
        for worker in self.workers.values():
            if worker.busy is AgentState.WRAP_UP:
                due.append((worker.wrap_up_due_ms, worker.wrap_up_armed, partial(self.end_wrap_up, worker, None)))
        return [entry for entry in due if entry[0] <= self.now_ms]

    def _unanswered(self, offer: LiveOffer) -> None:
        rang = offer.state is OfferState.RINGING  # nobody is to blame for a phone that never rang
        self._end_offer(offer, OfferState.EXPIRED if rang else OfferState.FAILED, stop=True)

    # ---- events

    def _event(self, event: Event) -> None:  # noqa: PLR0912 - one row for each event
        match event:
            case ContactArrived():
                self._arrive(event)
            case CustomersFound():
                self._identify(event)
            case CallerLeft(contact=contact, how=how):
                self._leave(contact, how)
            case CallerFellBack(contact=contact):
                self._fall_back(contact)
            case CallerReturned(contact=contact) if contact in self.callers:
                self.come_back(self.callers[contact])
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
                    self.end_wrap_up(worker, disposition)
            case ContactMoved():
                self.move(event)
            case ContactPrioritised():
                self.prioritise(event)
            case ContactWithdrawn(contact=contact):
                caller = self.callers.get(contact)
                if caller is not None and caller.asks is None and caller.waits:
                    self._stop_all(caller)
                    self.withdraw(caller, event)
            case QueueStateSet():
                self.set_queue(event)
            case OfferingSet(offering=offering, by=by, withdraw=withdraw):
                self.offering_stopped_by = None if offering else by
                for live in [] if offering or not withdraw else list(self.offers.values()):
                    self._end_offer(live, OfferState.WITHDRAWN, stop=True)
            case ConfigurationLoaded():
                self._configure(event.configuration, event.reroute)
            case DayBegan(day=day):
                self._begin_day(day)
            case _:
                self.order(event)

    def _arrive(self, arrival: ContactArrived) -> None:
        known = self.callers.get(arrival.contact)
        if known is not None and known.dialling:
            self.customer_is_there(known)
            return
        if arrival.outbound and known is None:
            self.foreseen.sent_away[arrival.contact] = ""
            return
        if arrival.contact in self.callers or arrival.contact in self.gone:
            return
        self.arrivals += 1
        due_ms = self.now_ms + self.rules_of_now.lookup_deadline_ms
        caller = Caller(arrival, self.now_ms, self.arrivals, ContactState.IDENTIFYING, due_ms, self.arm())
        self.callers[arrival.contact] = caller
        if arrival.caller is None and arrival.account is None:
            caller.customers = ()
            self.route(caller)
        else:
            self.foreseen.looked_up[arrival.contact] = None

    def _identify(self, found: CustomersFound) -> None:
        caller = self.callers.get(found.contact)
        if caller is None or caller.customers is not None:
            return
        caller.customers, caller.last_agent = found.customers, found.last_agent
        if caller.state is not ContactState.IDENTIFYING:
            caller.tier = tier_of_record(self.rules_of_now, caller)  # until the rules are asked
        if caller.state not in (ContactState.CONNECTED, ContactState.AWAY):
            self.route(caller)
        on_screens = [offer.id for offer in caller.ringing if offer.worker is not None]
        on_screens += [caller.offer] if caller.offer and caller.worker else []
        self.foreseen.popped.update(dict.fromkeys(on_screens))

    def _leave(self, contact: ContactId, how: Departure) -> None:
        caller = self.callers.get(contact)
        if caller is None:
            return
        if caller.asks is not None:
            self.over(caller, failed=True)
            return
        if caller.dialling:
            self.nobody_there(caller)
            return
        self._stop_all(caller)
        connected = caller.state in (ContactState.CONNECTED, ContactState.AWAY)
        self.finish(caller, Outcome.ANSWERED if connected else _OUTCOME_OF[how], caller_left=True)

    def _fall_back(self, contact: ContactId) -> None:
        """The PBX has the caller in its own queue: it keeps its place here, and nobody could reach it."""
        caller = self.callers.get(contact)
        if caller is None or caller.state in (ContactState.CONNECTED, ContactState.AWAY):
            return
        for offer in list(caller.ringing):
            self._end_offer(offer, OfferState.WITHDRAWN, stop=True)
        caller.in_fallback, caller.on_its_way = True, False
        self.foreseen.taken_back[contact] = None

    def _stop_all(self, caller: Caller) -> None:
        for offer in list(caller.ringing):
            self._end_offer(offer, OfferState.WITHDRAWN, stop=True, waits_again=False)

    def _answered(self, offer_id: OfferId) -> None:
        if offer_id in self.offers:
            self._connect(self.offers[offer_id])
        elif self.off_the_hook(offer_id):
            return
        elif offer_id in self.closed and not self.in_hand(offer_id):
            self.foreseen.stopped[offer_id] = None

    def _leg_over(self, offer_id: OfferId, how: LegEnd) -> None:
        offer = self.offers.get(offer_id)
        if offer is not None:
            gone = how is LegEnd.CALLER_GONE
            self._end_offer(offer, _END_OF[how], stop=False, waits_again=not gone)
            if gone:
                self._leave(offer.caller.id, Departure.HUNG_UP)
            return
        for caller in list(self.callers.values()):
            if caller.state in (ContactState.CONNECTED, ContactState.AWAY) and caller.offer == offer_id:
                if caller.asks is not None:
                    self.over(caller, failed=True, leg_is_gone=True)
                else:
                    self.finish(caller, Outcome.ANSWERED, caller_left=False)
                return

    def _sync(self, sync: PbxSynced) -> None:
        self.up[sync.pbx] = True
        self.devices = {device: status for device, status in self.devices.items() if device.pbx != sync.pbx}
        self.devices.update({seen.device: seen.status for seen in sync.devices})
        here = [caller for caller in self.callers.values() if caller.arrival.channel.pbx == sync.pbx]
        ours = [caller for caller in here if caller.asks is None]
        arrivals = (*sync.waiting, *sync.returnable)
        listed = [arrival.contact for arrival in arrivals]
        for caller in ours:
            if caller.id not in listed and not caller.dialling:
                self._leave(caller.id, Departure.FALLBACK if caller.id in sync.fallback else sync.gone)
            caller.in_fallback = False
        self.return_again(sync)
        legs = {leg.offer: leg.contact for leg in sync.legs}
        self.asked_are_there(sync, sync.pbx)
        for caller in ours:
            if caller.state in (ContactState.CONNECTED, ContactState.AWAY) and caller.id in self.callers:
                self.settle(caller, sync)
        self._sync_offers(sync, legs)
        for leg in sync.legs:
            stray = leg.offer not in self.offers and not self.in_hand(leg.offer)
            unknown = leg.holds is not None and leg.holds not in self.callers | self.gone
            if stray and not unknown and (leg.contact is None or leg.contact in self.callers):
                self.foreseen.stopped[leg.offer] = None
        talking = [*legs.values(), *self.give_back(sync)]
        for arrival in arrivals:
            if arrival.contact in talking:
                continue
            if arrival.contact in self.gone:
                self.foreseen.sent_away[arrival.contact] = self.messages.get(arrival.contact, "")
            self._arrive(arrival)
        for arrival in sync.returnable:
            self._fall_back(arrival.contact)

    def _sync_offers(self, sync: PbxSynced, legs: dict[OfferId, ContactId | None]) -> None:
        for offer in [offer for offer in self.offers.values() if offer.device.pbx == sync.pbx]:
            if offer.id not in self.offers:
                continue  # another phone was answered
            if offer.id not in legs:
                self._end_offer(offer, OfferState.WITHDRAWN, stop=True)
            elif legs[offer.id] == offer.caller.id or self.is_with_who_asks(sync, offer):
                self._connect(offer)
            else:
                offer.fires_ms, offer.armed = max(offer.due_ms, self.now_ms), self.arm()
        for leg in sync.legs:
            if leg.ringing and leg.offer in self.offers:
                self.offers[leg.offer].state = OfferState.RINGING

    def _wish(self, worker: Worker, event: Event) -> None:
        was = worker.state
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
                worker.idle_since_ms = worker.ready_since_ms = self.now_ms
            case _:
                pass
        if was is OUT and worker.state is not OUT:
            self.sit_down(worker)
        if was is READY and worker.state is not READY:
            worker.ready_ms += self.today(worker.ready_since_ms)

    def _configure(self, configuration: Configuration, reroute: bool) -> None:
        self.config = configuration
        names = [queue.name for queue in configuration.queues]
        self.queue_states = {name: state for name, state in self.queue_states.items() if name in names}
        wanted = {config.id: config for config in configuration.agents}
        for worker in list(self.workers.values()):
            worker.removed = worker.id not in wanted
            if not worker.removed:
                worker.turns = {name: turn for name, turn in worker.turns.items() if name in names}
            if worker.removed and worker.busy is None:
                del self.workers[worker.id]
        self.employ_all(configuration)
        for caller in list(self.callers.values()):
            if caller.waits:
                if caller.asks is None and (reroute or caller.queue not in names):
                    self.route(caller)
                if caller.id in self.callers:
                    self.expect_overflow(caller)

    def _begin_day(self, day: str) -> None:
        if day == self.day:
            return
        self.day, self.day_began_ms = day, self.now_ms
        for worker in self.workers.values():
            worker.contacts_today = worker.handling_ms = worker.ready_ms = 0

    # ---- what events lead to

    def _end_offer(self, offer: LiveOffer, how: OfferState, *, stop: bool, waits_again: bool = True) -> None:
        """An offer came to nothing; `waits_again` is false where the contact ends, too, or is answered elsewhere."""
        worker, caller, rules = offer.worker, offer.caller, self.rules_of_now
        self._close(offer, how)
        if stop:
            self.foreseen.stopped[offer.id] = None
        if worker is None:
            caller.state = ContactState.WAITING
            return
        if how in _REFUSED:
            caller.refused_by[worker.id] = None
        if how is OfferState.EXPIRED:
            worker.backoff_until_ms = self.now_ms + rules.rona_backoff_ms
            if worker.wish is READY:
                worker.wish = NOT_READY
        if how is OfferState.DECLINED:
            worker.backoff_until_ms = self.now_ms + rules.decline_backoff_ms
        if how is OfferState.FAILED:
            worker.backoff_until_ms = self.now_ms + rules.failure_backoff_ms
        self.set_free(worker)
        if how in _REFUSED and caller.held_for == worker.id:
            self.release(caller)
        if waits_again and not caller.ringing:
            caller.state, caller.given_by = ContactState.WAITING, None

    def _connect(self, offer: LiveOffer) -> None:
        caller = offer.caller
        self._close(offer, OfferState.ACCEPTED)
        if offer.worker is None:
            self.reached(offer)
            return
        for other in list(caller.ringing):
            self._end_offer(other, OfferState.WITHDRAWN, stop=True, waits_again=False)
        self.foreseen.confirmed[offer.id] = None
        self.begins_to_talk(caller, offer.worker, offer.id)
        offer.worker.contacts_today += caller.asks is None

    def _close(self, offer: LiveOffer, how: OfferState) -> None:
        self.foreseen.closed[offer.id] = (how, offer.worker.id if offer.worker is not None else None)
        del self.offers[offer.id]
        offer.caller.ringing.remove(offer)
        self.closed.add(offer.id)

    def _end(self, caller: Caller, outcome: Outcome, *, caller_left: bool = False) -> None:
        self.talk_ends(caller, caller_left=caller_left)
        self.end(caller, Outcome.UNREACHED if caller.dialling else outcome)
        if caller.worker is not None:
            self.wraps_up(caller.worker)

    # ---- asking

    def in_hand(self, offer: OfferId) -> bool:
        """Whether this offer connected the contact that some agent still has in hand."""
        with_agents = [
            worker.caller
            for worker in self.workers.values()
            if worker.busy in (AgentState.TALKING, AgentState.WRAP_UP) and worker.caller is not None
            if worker.busy is AgentState.TALKING or not worker.caller.dialling  # else nobody was ever there
        ]
        away = [caller for caller in self.callers.values() if caller.state is ContactState.AWAY]
        return any(caller.offer == offer for caller in [*with_agents, *away])

    def available(self, worker: Worker) -> bool:
        """Whether the agent may be offered something now."""
        ready = worker.busy is None and worker.wish is READY
        return ready and worker.backoff_until_ms <= self.now_ms and self.can_ring(worker)

    def can_ring(self, worker: Worker) -> bool:
        device = worker.config.device
        free = self.devices.get(device) is DeviceStatus.FREE and device not in self.listening
        return free and self.up.get(device.pbx, False)

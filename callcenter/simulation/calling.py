"""What agents do with the calls that they have: the part of the account that follows the agents' own orders.

Written from docs/calls.md and not from the engine.
"""

from abc import abstractmethod
from dataclasses import replace

from callcenter.events import (
    CallConsulted,
    CallHeld,
    CallHungUp,
    CallResumed,
    CallTransferred,
    ConsultCancelled,
    ConsultCompleted,
    ConsultConferred,
    Event,
    PbxSynced,
)
from callcenter.simulation.account import Caller, LiveOffer, Worker
from callcenter.simulation.ordered import Ordered
from callcenter.talks import ConsultState, Target
from callcenter.types import (
    AgentState,
    ChannelRef,
    ContactId,
    ContactState,
    DecisionKind,
    DeviceRef,
    Needs,
    OfferId,
    OfferState,
    Outcome,
    PbxName,
    QueueState,
    SegmentKind,
)

AT_ONE = (ContactState.CONNECTED, ContactState.AWAY)
NUMBER_RINGS_MS = 45_000


class Calling(Ordered):
    @abstractmethod
    def _end(self, caller: Caller, outcome: Outcome, *, caller_left: bool) -> None: ...

    def __init__(self) -> None:
        super().__init__()
        self.up: dict[PbxName, bool] = {}
        self.offers: dict[OfferId, LiveOffer] = {}
        self.closed: set[OfferId] = set()
        self.day_began_ms = 0
        self.arrivals = 0

    # ---- orders

    def order(self, event: Event) -> None:
        match event:
            case (
                CallHeld()
                | CallTransferred()
                | CallConsulted()
                | ConsultCancelled()
                | ConsultCompleted()
                | ConsultConferred()
                | CallHungUp()
            ):
                caller = self.callers.get(event.contact)
                with_it = caller is not None and caller.worker is not None and caller.worker.id == event.agent
                if caller is not None and with_it and self.up.get(caller.arrival.channel.pbx):
                    self._order(caller, event)
            case CallResumed(offer=offer):
                for caller in self._connected():
                    if caller.offer == offer and caller.held:
                        self._back(caller)
            case _:
                super().order(event)

    def _order(self, caller: Caller, event: Event) -> None:
        assert caller.offer is not None
        if isinstance(event, CallHungUp):
            self.foreseen.stopped[caller.offer] = None
        elif caller.asks is None:
            self._order_of_a_talk(caller, event)

    def _order_of_a_talk(self, caller: Caller, event: Event) -> None:
        asked = caller.asked if caller.asked is not None and caller.asked.state in AT_ONE else None
        match event:
            case _ if caller.dialling:
                pass
            case CallTransferred():
                self._transfer(caller, event)
            case CallHeld(hold=True) if not caller.held and not caller.conference:
                self._hold_on(caller)
            case CallHeld(hold=False) if caller.held:
                self._back(caller)
                self.moves(caller, "fetch")
            case CallConsulted(to=to) if caller.asked is None and not caller.conference and self._can_go(caller, to):
                self._consult(caller, to)
            case ConsultCancelled() if caller.shown is not None:
                self._cancel(caller)
            case ConsultCompleted() if asked is not None and caller.offer is not None:
                self.foreseen.stopped[caller.offer] = None
                in_room = caller.in_room
                self.hand_over(caller, asked)
                if not in_room:
                    self.moves(caller, "fetch")
            case ConsultConferred() if asked is not None and caller.held:
                self.talked(caller)
                caller.held, caller.conference, caller.in_room = False, True, True
                self.moves(caller, "confer")
            case _:
                pass

    def _hold_on(self, caller: Caller) -> None:
        self.talked(caller)
        caller.held, caller.held_since_ms, caller.in_room = True, self.now_ms, False
        self.moves(caller, "hold")

    def _back(self, caller: Caller) -> None:
        if caller.asked is not None:
            self.over(caller.asked, failed=False)
        caller.shown = None
        self.talked(caller)
        caller.held = False

    # ---- asking somebody

    def _consult(self, caller: Caller, to: Target) -> None:
        worker, offer = caller.worker, caller.offer
        assert worker is not None
        assert offer is not None
        assert caller.route is not None
        if not caller.held:
            self._hold_on(caller)
        self.decided(caller, DecisionKind.CONSULTED, worker.id)
        caller.consults += 1
        self.arrivals += 1
        names = [queue.name for queue in self.rules_of_now.queues]
        queue = to.queue or (caller.queue if caller.queue in names else self.rules_of_now.default_queue)
        assert queue is not None
        channel = ChannelRef(caller.arrival.channel.pbx, offer)
        arrival = replace(caller.arrival, contact=ContactId(f"{caller.id}-c{caller.consults}"), channel=channel)
        asked = Caller(arrival, caller.arrived_ms, self.arrivals, ContactState.WAITING, 0)
        asked.customers, asked.tier = caller.customers or (), caller.tier
        asked.route = replace(caller.route, priority=caller.priority or 0)
        asked.moved_to, asked.needs, asked.refused_by = queue, Needs((queue,)), {worker.id: None}
        asked.asks, asked.to, asked.handed_by = caller, to, worker.id
        caller.asked, caller.shown = asked, ConsultState.RINGING
        self.callers[asked.id] = asked
        if to.agent is not None:
            asked.given_by = worker.id
            self.foreseen.given[asked.id] = to.agent
        elif to.number is not None:
            self._called(asked, to.number)

    def _cancel(self, caller: Caller) -> None:
        if caller.asked is not None:
            self.over(caller.asked, failed=False)
        caller.shown = None
        if caller.held:
            self._back(caller)
            self.moves(caller, "fetch")

    def over(self, asked: Caller, *, failed: bool, leg_is_gone: bool = False) -> None:
        """Whoever was asked is let go, without a wrap-up."""
        caller, worker = asked.asks, asked.worker
        assert caller is not None
        for offer in list(asked.ringing):
            self._end_offer(offer, OfferState.WITHDRAWN, stop=True, waits_again=False)
        if asked.state in AT_ONE:
            self.foreseen.consulted.append((caller.id, worker.id if worker is not None else None))
            if not leg_is_gone and asked.offer is not None:
                self.foreseen.stopped[asked.offer] = None
        self._forget(asked)
        caller.conference = False
        caller.shown = ConsultState.FAILED if failed else None
        if asked.state in AT_ONE and worker is not None:
            worker.handling_ms += self.today(worker.connected_ms)
            worker.idle_since_ms = self.now_ms
            self.set_free(worker)

    def over_where_nobody_comes(self) -> None:
        for asked in [one for one in self.callers.values() if one.asks is not None]:
            waits = asked.state is ContactState.WAITING and asked.id not in self.foreseen.given
            if waits and asked.to is not None:
                queue = asked.to.queue
                known = queue in [one.name for one in self.rules_of_now.queues]
                if queue is None or not known or self.queue_states.get(queue) is QueueState.CLOSED:
                    self.over(asked, failed=True)

    def hand_over(self, caller: Caller, asked: Caller) -> None:
        """Whoever was asked has the caller from now on."""
        before, worker = caller.worker, asked.worker
        assert before is not None
        assert asked.offer is not None
        self.foreseen.consulted.append((caller.id, worker.id if worker is not None else None))
        self.talked(caller)
        caller.held = caller.conference = False
        self.decided(caller, DecisionKind.TRANSFERRED, before.id)
        caller.handed_by, caller.offer, caller.worker, caller.shown = before.id, asked.offer, worker, None
        self.wraps_up(before)
        self._forget(asked)
        if worker is None:
            caller.state = ContactState.AWAY
            return
        worker.caller, worker.contacts_today = caller, worker.contacts_today + 1
        self.begins_to_talk(caller, worker, asked.offer)
        self.foreseen.popped[asked.offer] = None

    def _forget(self, asked: Caller) -> None:
        assert asked.asks is not None
        asked.asks.asked = None
        del self.callers[asked.id]
        self.gone[asked.id] = Outcome.ANSWERED

    def finish(self, caller: Caller, outcome: Outcome, *, caller_left: bool) -> None:
        """The agent's leg, or the caller, is gone."""
        asked = caller.asked
        if asked is not None and caller.conference and asked.state in AT_ONE and not caller_left:
            self.hand_over(caller, asked)
            return
        if asked is not None:
            self.over(asked, failed=False)
        self._end(caller, outcome, caller_left=caller_left)

    def moves(self, caller: Caller, how: str) -> None:
        leg = None if how in ("release", "return", "confer") else caller.offer
        self.foreseen.moves.append((how, caller.id, leg))

    def talked(self, caller: Caller) -> None:
        """A stretch of talk or hold is over."""
        kind = SegmentKind.HOLD if caller.held else SegmentKind.DIALLING if caller.dialling else SegmentKind.TALK
        self.foreseen.spoken.append((caller.id, kind))

    def _connected(self) -> list[Caller]:
        return [caller for caller in self.callers.values() if caller.state is ContactState.CONNECTED]

    # ---- handing over

    def _transfer(self, caller: Caller, event: CallTransferred) -> None:
        """The agent's part is over, the caller waits again."""
        worker, offer = caller.worker, caller.offer
        assert worker is not None
        assert offer is not None
        if caller.conference or not self._can_go(caller, event.to):
            return
        if caller.asked is not None:
            self.over(caller.asked, failed=False)
        self.talked(caller)
        caller.held = caller.in_room = False
        caller.shown = None
        caller.worker, caller.offer, caller.given_by = None, None, None
        caller.refused_by[worker.id] = None
        caller.handed_by = worker.id
        caller.on_its_way = True
        caller.meant_for = None if event.to.queue is not None else event.to
        caller.state = ContactState.WAITING
        self.wraps_up(worker)
        self.hand_on(caller, event.to)
        self.moves(caller, "return")
        self.foreseen.stopped[offer] = None

    def _can_go(self, caller: Caller, to: Target) -> bool:
        if to.queue is not None:
            known = any(queue.name == to.queue for queue in self.rules_of_now.queues)
            return known and to.queue not in self.queue_states
        if to.agent is None:
            return bool(to.number)
        colleague = self.workers.get(to.agent)
        if colleague is None or colleague is caller.worker or self.offering_stopped_by is not None:
            return False
        return colleague.config.device.pbx == caller.arrival.channel.pbx and self.available(colleague)

    def come_back(self, caller: Caller) -> None:
        """The caller is in the holding place."""
        expected = caller.in_fallback or caller.on_its_way
        caller.in_fallback = caller.on_its_way = False
        if not expected or caller.state is not ContactState.WAITING or caller.meant_for is None:
            return
        to, caller.meant_for = caller.meant_for, None
        colleague = self.workers.get(to.agent) if to.agent is not None else None
        if to.number is not None:
            self._called(caller, to.number)
        elif colleague is not None and self.offering_stopped_by is None and self.available(colleague):
            caller.given_by = caller.handed_by
            self.foreseen.given[caller.id] = colleague.id

    def return_again(self, sync: PbxSynced) -> None:
        waiting = [arrival.contact for arrival in sync.waiting]
        for caller in self.callers.values():
            if caller.on_its_way and caller.id in waiting and caller.state is ContactState.WAITING:
                self.moves(caller, "return")

    def give_back(self, sync: PbxSynced) -> list[ContactId]:
        """Who is on hold from before the daemon's memory begins goes on with its conversation."""
        unknown = [leg for leg in sync.legs if leg.holds and leg.holds not in self.callers | self.gone]
        self.foreseen.moves += [("fetch", leg.holds, leg.offer) for leg in unknown if leg.holds]
        return [leg.holds for leg in sync.legs if leg.holds]

    # ---- numbers outside

    def _called(self, caller: Caller, number: str) -> None:
        caller.offers += 1
        offer_id = OfferId(f"{caller.id}.{caller.offers}")
        self.foreseen.numbers[offer_id] = number
        due_ms = self.now_ms + NUMBER_RINGS_MS
        device = DeviceRef(caller.arrival.channel.pbx, "")
        offer = LiveOffer(offer_id, caller, None, device, self.now_ms, due_ms, due_ms, self.arm())
        self.offers[offer_id] = offer
        caller.state = ContactState.OFFERED
        caller.ringing.append(offer)

    def reached(self, offer: LiveOffer) -> None:
        self.foreseen.confirmed[offer.id] = None
        if offer.caller.asks is not None:
            offer.caller.asks.shown = ConsultState.TALKING
        offer.caller.state, offer.caller.offer, offer.caller.held_for = ContactState.AWAY, offer.id, None

    # ---- parts, and what comes after them

    def begins_to_talk(self, caller: Caller, worker: Worker, offer: OfferId) -> None:
        if caller.asks is not None:
            caller.asks.shown = ConsultState.TALKING
        if not caller.answers:
            caller.connected_ms = self.now_ms
        caller.answers += 1
        caller.state, caller.offer, caller.worker, caller.held_for = ContactState.CONNECTED, offer, worker, None
        worker.busy, worker.connected_ms, worker.wraps_for = AgentState.TALKING, self.now_ms, caller.queue

    def wraps_up(self, worker: Worker) -> None:
        worker.busy = AgentState.WRAP_UP
        queues = self.rules_of_now.queues
        wrap_up_ms = next((queue.wrap_up_ms for queue in queues if queue.name == worker.wraps_for), 0)
        worker.wrap_up_due_ms, worker.wrap_up_armed = self.now_ms + wrap_up_ms, self.arm()
        if wrap_up_ms == 0:
            self.end_wrap_up(worker, None)

    def end_wrap_up(self, worker: Worker, disposition: str | None) -> None:
        assert worker.caller is not None
        self.foreseen.wrapped_up[worker.caller.id, worker.id] = disposition
        worker.handling_ms += self.today(worker.connected_ms)
        worker.idle_since_ms = self.now_ms
        self.set_free(worker)

    def set_free(self, worker: Worker) -> None:
        worker.busy, worker.caller = None, None
        worker.ready_since_ms = self.now_ms
        if worker.removed:
            del self.workers[worker.id]
        self.release_all()

    def today(self, since_ms: int) -> int:
        return self.now_ms - max(since_ms, self.day_began_ms)

    # ---- what happens to a call meanwhile

    def talk_ends(self, caller: Caller, *, caller_left: bool) -> None:
        """Who is on hold, or in a talk of three, is in no bridge that ends for both: the other side has to be told."""
        if caller.worker is not None:
            self.talked(caller)
        if caller.dialling:
            self.foreseen.dials.append(("stop", caller.id))
        if caller.held or caller.in_room:
            assert caller.offer is not None
            if caller_left:
                self.foreseen.stopped[caller.offer] = None
            else:
                self.moves(caller, "release")

    def settle_talk(self, caller: Caller, sync: PbxSynced) -> None:
        """After a reconnect whoever is not on hold on both sides talks, and three are brought together again."""
        legs = {leg.offer: leg.contact for leg in sync.legs}
        at_desk = any(leg.offer == caller.offer and leg.at_desk for leg in sync.legs)
        if caller.held and caller.id in sync.held:
            return
        if caller.held:
            self._back(caller)
        if caller.asked is not None and caller.asked.offer is not None:
            if [legs.get(one.offer) for one in (caller, caller.asked) if one.offer] != [caller.id, caller.id]:
                self.moves(caller, "confer")
        elif caller.id in sync.held or at_desk:
            self.moves(caller, "fetch")

    def asked_are_there(self, sync: PbxSynced, pbx: PbxName) -> None:
        legs = [leg.offer for leg in sync.legs]
        for asked in [one for one in self.callers.values() if one.asks is not None and one.state in AT_ONE]:
            if asked.arrival.channel.pbx == pbx and asked.offer not in legs:
                self.over(asked, failed=True, leg_is_gone=True)

    @staticmethod
    def is_with_who_asks(sync: PbxSynced, offer: LiveOffer) -> bool:
        asker = offer.caller.arrival.channel.channel
        return offer.caller.asks is not None and any(leg.offer == offer.id and leg.beside == asker for leg in sync.legs)

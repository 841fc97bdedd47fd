"""Agents who call customers: the part of the account that follows them until the customer is there.

Written from docs/calls.md and not from the engine.
"""

from callcenter.events import CallDialled, ContactArrived, Event, NumberFailed, PbxSynced
from callcenter.simulation.account import Caller
from callcenter.simulation.calling import Calling
from callcenter.types import AgentState, ContactState, Needs, OfferId, Outcome, Route


class Outgoing(Calling):
    def order(self, event: Event) -> None:
        match event:
            case CallDialled():
                self._dial(event)
            case NumberFailed(contact=contact):
                caller = self.callers.get(contact)
                if caller is not None and caller.dialling:
                    self.nobody_there(caller)
            case _:
                super().order(event)

    def _dial(self, event: CallDialled) -> None:
        """The own phone is rung, and the agent talks from now on, though nobody is there yet."""
        worker = self.workers.get(event.agent)
        known = event.contact in self.callers or event.contact in self.gone
        if worker is None or known or worker.busy is not None or worker.wish is AgentState.LOGGED_OUT:
            return
        if worker.removed or event.channel.pbx != worker.config.device.pbx or not self.can_ring(worker):
            return
        config = self.rules_of_now
        names = [queue.name for queue in config.queues]
        queue = event.queue if event.queue is not None and event.queue in names else config.default_queue
        arrival = ContactArrived(event.contact, event.channel, event.number, "", event.number, number=event.number)
        self.arrivals += 1
        caller = Caller(arrival, self.now_ms, self.arrivals, ContactState.CONNECTED, 0)
        caller.tier, caller.route = config.default_tier, Route(queue, 0, (), "(no rule)", "", matched=False)
        caller.needs, caller.offers, caller.outbound, caller.dialling = Needs((queue,)), 1, True, True
        caller.worker, caller.offer = worker, OfferId(f"{event.contact}.1")
        self.callers[event.contact] = caller
        if worker.state is AgentState.READY:
            worker.ready_ms += self.today(worker.ready_since_ms)
        worker.busy, worker.caller, worker.connected_ms, worker.wraps_for = (
            AgentState.TALKING,
            caller,
            self.now_ms,
            queue,
        )
        self.foreseen.looked_up[event.contact] = None
        self.foreseen.popped[caller.offer] = None
        self.foreseen.dials.append(("own", event.contact))
        self.closed.add(caller.offer)

    def off_the_hook(self, offer: OfferId) -> bool:
        """Whether it is the own phone of an agent who calls."""
        caller = next((one for one in self.callers.values() if one.offer == offer and one.dialling), None)
        if caller is not None and not caller.number_called:
            caller.number_called = True
            self.foreseen.dials.append(("dial", caller.id))
        return caller is not None

    def customer_is_there(self, caller: Caller) -> None:
        assert caller.offer is not None
        assert caller.worker is not None
        self.talked(caller)
        caller.dialling, caller.answers, caller.connected_ms = False, 1, self.now_ms
        caller.worker.contacts_today += 1
        self.foreseen.confirmed[caller.offer] = None
        self.moves(caller, "fetch")

    def nobody_there(self, caller: Caller) -> None:
        assert caller.offer is not None
        self.foreseen.stopped[caller.offer] = None
        self._end(caller, Outcome.UNREACHED, caller_left=True)

    def settle_dialling(self, caller: Caller, sync: PbxSynced) -> None:
        comes = caller.id in sync.dialling or any(arrival.contact == caller.id for arrival in sync.waiting)
        at_desk = any(leg.offer == caller.offer and leg.at_desk for leg in sync.legs)
        if at_desk and not comes and caller.number_called:
            self.nobody_there(caller)
        elif at_desk and not comes and caller.offer is not None:
            self.off_the_hook(caller.offer)

    # ---- after a reconnect

    def settle(self, caller: Caller, sync: PbxSynced) -> None:
        """Of one who talks, or is called: what the PBX has of it counts."""
        legs = [leg.offer for leg in sync.legs]
        if caller.offer not in legs and caller.dialling:
            self.nobody_there(caller)
        elif caller.offer not in legs:
            self.finish(caller, Outcome.ANSWERED, caller_left=False)
        if caller.dialling and caller.id in self.callers:
            self.settle_dialling(caller, sync)
        elif caller.id in self.callers and caller.offer is not None and caller.offer in legs:
            self.foreseen.confirmed[caller.offer] = None
            self.settle_talk(caller, sync)

"""Judges the matching: each offer by all pairs of a waiting contact and an available agent, one after the other.

The account cannot foresee offers, but whatever is offered must be the smallest pair of the one order of
docs/routing.md, until no pair is left; then the further phones of a parallel ring; and in the end nobody may wait in
vain. That no contact starves is checked beside the order, by the times of arrival alone.
"""

from callcenter.commands import Command, RingDevice, ScreenPop
from callcenter.simulation.account import Caller, Worker
from callcenter.simulation.judging import bound_ms, partners, place_ms, queue_of, rank, suits
from callcenter.simulation.picture import Picture
from callcenter.simulation.promises import BrokenInvariantError, check, same
from callcenter.types import ContactState


class MatchWatch:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self._just_offered: list[Caller] = []

    def judge(self, commands: list[Command]) -> int:
        """Take the offers of one event into the account, and say how many there were."""
        self._just_offered = []
        popped: dict[str, ScreenPop] = {}
        offers = 0
        for command in commands:
            if isinstance(command, ScreenPop):
                popped[command.offer] = command
            elif isinstance(command, RingDevice):
                check("the screen pops before the phone rings", command.offer in popped, command)
                self._judge(command, popped[command.offer])
                offers += 1
        same("who is given a contact is offered it", {}, self.picture.foreseen.given)
        self._nobody_waits_in_vain()
        self._no_ring_is_smaller_than_it_could_be()
        return offers

    def _judge(self, ring: RingDevice, pop: ScreenPop) -> None:
        picture = self.picture
        caller, worker = picture.callers.get(ring.contact), picture.workers.get(pop.agent)
        never = ring.offer not in picture.offers and ring.offer not in picture.closed
        check("an offer's id is new", never, ring)
        check("no offer is made while offers are stopped", picture.offering_stopped_by is None, ring)
        further = caller is not None and any(caller is other for other in self._just_offered)
        if caller is None or not (caller.state is ContactState.WAITING or further):
            raise BrokenInvariantError("only a waiting contact is offered", str(ring))
        check("who is not in the holding place is not offered", caller.is_here, ring)
        given_to = picture.foreseen.given.pop(ring.contact, None)
        if worker is None or not (given_to == worker.id or picture.available(worker)):
            raise BrokenInvariantError("an agent who is offered is available", f"{ring} to {_about(worker, picture)}")
        check("an offer rings the agent's own device", ring.device == worker.config.device, ring)
        check("an offer names the caller's channel", ring.channel == caller.arrival.channel, ring)
        same("the screen says what is known", tuple(caller.customers or ()), pop.customers)
        same("the screen says what is known", caller.tier, pop.tier)
        assert caller.route is not None
        why = (caller.queue, caller.priority, caller.route.rule, caller.steps)
        same("the screen says why", why, (pop.queue, pop.priority, pop.rule, len(pop.relaxed)))
        same(
            "the screen carries the rule's tags and text", (caller.route.tags, caller.route.text), (pop.tags, pop.text)
        )
        same("the screen says who has given it", caller.given_by, pop.given_by)
        check("a contact that is given goes to whom it is given", given_to in (None, worker.id), (ring, given_to))
        if given_to is None:
            self._judge_choice(ring, caller, worker, further=further)
        timeout_ms = queue_of(caller, picture.rules_of_now).offer_timeout_ms
        picture.offered(ring.offer, caller, worker, timeout_ms)

    def _judge_choice(self, ring: RingDevice, caller: Caller, worker: Worker, *, further: bool) -> None:
        """The offer is the engine's own choice, and nobody's order."""
        check("an agent never gets what it may not take", suits(worker, caller), (ring, worker.config, caller.needs))
        kept = caller.held_for not in (None, worker.id)
        check("a contact is kept for its preferred agent", not kept, (ring, worker.id, caller.held_for))
        self._nobody_starves(ring, caller, worker)
        if further:
            self._judge_further(ring, caller, worker)
        else:
            self._judge_pair(ring, caller, worker)
            self._just_offered.append(caller)

    # ---- pairs

    def _pairs(self) -> list[tuple[Caller, Worker]]:
        """All that could be offered now."""
        available = self._available()
        if not available:
            return []
        callers = self.picture.callers.values()
        waiting = [one for one in callers if one.state is ContactState.WAITING and one.is_here]
        return [(caller, worker) for caller in waiting for worker in partners(caller, available)]

    def _available(self) -> list[Worker]:
        if self.picture.offering_stopped_by is not None:
            return []
        return [worker for worker in self.picture.workers.values() if self.picture.available(worker)]

    def _judge_pair(self, ring: RingDevice, caller: Caller, worker: Worker) -> None:
        config = self.picture.rules_of_now
        ours = rank(worker, caller, config)
        partner = worker in partners(caller, self._available())
        check("who has refused it gets it only if nobody else can", partner, (ring, worker.id))
        for other, rival in self._pairs():
            if other is caller:
                smaller = rank(rival, caller, config) < ours
                check("the right agent goes first", not smaller, (ring, worker.id, rival.id))
            else:
                smaller = (place_ms(rival, other, config.ageing_ms), other.age) < ours[:2]
                check("the order of waiting holds", not smaller, (ring, worker.id, other.id, rival.id))

    def _nobody_starves(self, ring: RingDevice, caller: Caller, worker: Worker) -> None:
        ageing_ms = self.picture.rules_of_now.ageing_ms
        for other, rival in self._pairs():
            if other is not caller and rival is worker:
                later_ms = caller.arrived_ms - other.arrived_ms
                bound = bound_ms(worker, other, ageing_ms)
                overtaken = later_ms >= bound and other.age < caller.age
                check("no contact starves", not overtaken, (ring, other.id, later_ms, bound))

    def _nobody_waits_in_vain(self) -> None:
        in_vain = [(caller.id, worker.id) for caller, worker in self._pairs()]
        check("nobody waits while a fitting agent is READY", not in_vain, in_vain)

    # ---- parallel ring

    def _may_ring_further(self, caller: Caller) -> list[Worker]:
        at_once = queue_of(caller, self.picture.rules_of_now).ring_at_once
        if caller.held_for is not None or len(caller.ringing) >= at_once:
            return []
        return partners(caller, self._available())

    def _judge_further(self, ring: RingDevice, caller: Caller, worker: Worker) -> None:
        config = self.picture.rules_of_now
        check("a phone more rings only once no pair is left", not self._pairs(), (ring, self._pairs()))
        rivals = self._may_ring_further(caller)
        check("no more phones ring than its queue wants", worker in rivals, (ring, len(caller.ringing)))
        smaller = [rival.id for rival in rivals if rank(rival, caller, config) < rank(worker, caller, config)]
        check("the right agent rings next", not smaller, (ring, worker.id, smaller))
        for other in self._just_offered:
            sooner = _order(other, config.ageing_ms) < _order(caller, config.ageing_ms)
            check("further phones ring in the order of place", not (sooner and self._may_ring_further(other)), ring)

    def _no_ring_is_smaller_than_it_could_be(self) -> None:
        for caller in self._just_offered:
            idle = [worker.id for worker in self._may_ring_further(caller)]
            check("as many phones ring as its queue wants", not idle, (caller.id, len(caller.ringing), idle))


def _order(caller: Caller, ageing_ms: int) -> tuple[int, int]:
    """The place of a contact as such, whoever gets it."""
    assert caller.priority is not None
    return (caller.arrived_ms - caller.priority * ageing_ms, caller.age)


def _about(worker: Worker | None, picture: Picture) -> str:
    if worker is None:
        return "nobody"
    status = picture.devices.get(worker.config.device)
    wait_ms = worker.backoff_until_ms - picture.now_ms
    return f"{worker.id}: {worker.state.value}, device {status}, back-off for {wait_ms} ms"

"""Engines that are broken on purpose. The auditor must catch each of them, or its silence about ours means nothing.

Each canary breaks one small thing, of the kind that a tired programmer breaks, for as long as its context lasts.
"""

from collections.abc import Iterator
from typing import Any

from callcenter import engine
from callcenter.commands import StopRinging
from callcenter.queues import arrivals, routes
from callcenter.routing import configure, index, legs, matching, offering, presence, reconcile, standing
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.offer import OfferTrigger
from callcenter.simulation.breaking import Canary, ending, registrar, swap, without_timer
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import AgentState, DeviceStatus

CANARIES: dict[str, Canary] = {}
canary = registrar(CANARIES)


@canary
def shortest_idle_goes_first() -> Iterator[None]:
    entry, order = index.MatchingIndex._entry, index.MatchingIndex._order

    def broken_entry(self: Any, kind: Any, fit: Any, agent: Agent) -> Any:
        steps, preferred, rank, idle_ms, agent_id, stamp = entry(self, kind, fit, agent)
        return (steps, preferred, rank, -idle_ms, agent_id, stamp)

    def broken_order(self: Any, kind: Any, fit: Any, agent: Agent, contact: Any) -> Any:
        preferred, rank, idle_ms, agent_id = order(self, kind, fit, agent, contact)
        return (preferred, rank, -idle_ms, agent_id)

    with swap((index.MatchingIndex, "_entry", broken_entry), (index.MatchingIndex, "_order", broken_order)):
        yield


@canary
def priority_is_ignored() -> Iterator[None]:
    def broken(contact: Any, ageing_ms: int) -> Any:
        return (contact.arrived_ms, contact.sequence, contact.id)

    with swap((index, "place_of", broken), (matching, "place_of", broken)):
        yield


@canary
def a_returned_contact_loses_its_place() -> Iterator[None]:
    right = offering.end_offer

    def broken(state: State, offer: Any, trigger: OfferTrigger, *, leg_is_gone: bool) -> None:
        contact = state.saved.contacts[offer.contact]
        right(state, offer, trigger, leg_is_gone=leg_is_gone)
        contact.arrived_ms = state.now_ms

    with swap(*((module, "end_offer", broken) for module in (engine, legs, reconcile))):
        yield


@canary
def skills_are_ignored() -> Iterator[None]:
    with swap((index, "meets", lambda skills, needs: True)):
        yield


@canary
def skill_levels_are_off_by_one() -> Iterator[None]:
    def broken(skills: Any, needs: Any) -> bool:
        return all(any(have.name == need.name and have.level > need.level for have in skills) for need in needs.skills)

    with swap((index, "meets", broken)):
        yield


@canary
def phones_in_use_are_offered() -> Iterator[None]:
    def broken(state: State, agent: Agent) -> bool:
        return (
            agent.state is AgentState.READY
            and agent.backoff_until_ms <= state.now_ms
            and state.saved.pbxs.get(agent.config.device.pbx, False)
            and state.device_status(agent.config.device) is not DeviceStatus.UNREACHABLE
        )

    with swap((State, "may_be_offered", broken)):
        yield


@canary
def a_caller_who_leaves_does_not_stop_the_phone() -> Iterator[None]:
    right = offering.stop_phones

    def broken(state: State, contact: Any) -> None:
        right(state, contact)
        state.out[:] = [command for command in state.out if not isinstance(command, StopRinging)]

    with swap((arrivals, "stop_phones", broken)):
        yield


@canary
def rona_is_taken_for_a_decline() -> Iterator[None]:
    with ending(lambda trigger: (OfferTrigger.DECLINE if trigger is OfferTrigger.EXPIRE else trigger, None)):
        yield


@canary
def a_decline_costs_no_back_off() -> Iterator[None]:
    with swap((standing, "back_off", lambda state, agent, for_ms: None)):
        yield


@canary
def the_end_of_a_back_off_is_forgotten() -> Iterator[None]:
    with without_timer(TimerKind.BACKOFF):
        yield


@canary
def wrap_up_has_no_deadline() -> Iterator[None]:
    with without_timer(TimerKind.WRAP_UP):
        yield


@canary
def the_look_up_has_no_deadline() -> Iterator[None]:
    with without_timer(TimerKind.LOOKUP):
        yield


@canary
def a_late_answer_is_left_alone() -> Iterator[None]:
    def broken(state: State, event: Any) -> None:
        offer = state.saved.offers.get(event.offer)
        if offer is not None:
            offering.connect(state, offer)

    with swap((legs, "connected", broken)):
        yield


@canary
def a_freed_phone_matches_nobody() -> Iterator[None]:
    def broken(state: State, event: Any) -> None:
        state.saved.devices.setdefault(event.device.pbx, {})[event.device.device] = event.status

    with swap((reconcile, "device_changed", broken)):
        yield


@canary
def a_lost_leg_is_not_noticed_after_a_reconnect() -> Iterator[None]:
    right = reconcile._settle_offer

    def broken(state: State, offer: Any, leg: Any) -> None:
        if leg is not None:
            right(state, offer, leg)

    with swap((reconcile, "_settle_offer", broken)):
        yield


@canary
def offers_expire_while_the_pbx_is_out_of_reach() -> Iterator[None]:
    def broken(state: State, offer_id: Any) -> None:
        offering.end_offer(state, state.saved.offers[offer_id], OfferTrigger.EXPIRE, leg_is_gone=False)

    with swap((engine, "_offer_due", broken)):
        yield


@canary
def a_pending_sign_out_is_forgotten() -> Iterator[None]:
    right = standing.settle_pending

    def broken(state: State, agent: Agent) -> None:
        agent.pending = None
        right(state, agent)

    with swap((standing, "settle_pending", broken)):
        yield


@canary
def a_ring_is_ended_by_going_not_ready() -> Iterator[None]:
    right = presence.ask

    def broken(  # noqa: PLR0917 - as the right one
        state: State, agent: Agent, event: Any, trigger: AgentTrigger, reason: str | None, by: str | None = None
    ) -> None:
        if agent.state is AgentState.RESERVED and trigger is AgentTrigger.GO_NOT_READY:
            agent.state = AgentState.NOT_READY
        right(state, agent, event, trigger, reason, by)

    with swap((presence, "ask", broken)):
        yield


@canary
def a_late_record_does_not_route_again() -> Iterator[None]:
    right = routes.route

    def broken(state: State, contact: Any) -> None:
        if contact.route is None:
            right(state, contact)

    with swap((arrivals, "route", broken)):
        yield


@canary
def new_rules_do_not_reach_whose_queue_is_no_more() -> Iterator[None]:
    right = routes.route

    def broken(state: State, contact: Any) -> None:
        if contact.route.queue in state.queues:
            right(state, contact)

    with swap((configure, "route", broken)):
        yield


@canary
def ends_are_not_remembered() -> Iterator[None]:
    with swap((State, "remember_ended", lambda state, contact, outcome: None)):
        yield


@canary
def a_restart_forgets_who_waits() -> Iterator[None]:
    right = State.reindex

    def broken(state: State) -> None:
        right(state)
        saved = state.saved
        state.index = index.MatchingIndex(saved.configuration, saved.contacts, saved.agents, state.may_be_offered)

    with swap((State, "reindex", broken)):
        yield


@canary
def a_free_agent_is_not_entered_again_after_an_entry_was_dropped() -> Iterator[None]:
    with swap((index.MatchingIndex, "_forget_entry", lambda self, heap, entry: None)):
        yield


@canary
def a_contact_is_not_entered_again_after_its_entry_was_dropped() -> Iterator[None]:
    with swap((index.MatchingIndex, "_forget_place", lambda self, heap, place: None)):
        yield


@canary
def stop_ringing_reaches_conversations() -> Iterator[None]:
    right = legs.connected

    def broken(state: State, event: Any) -> None:
        right(state, event)
        if legs.conversation_of(state, event.offer) is not None and event.offer in state.saved.closed:
            state.emit(StopRinging(event.offer, state.saved.closed[event.offer]))

    with swap((legs, "connected", broken)):
        yield


@canary
def contacts_that_come_at_once_are_matched_last_first() -> Iterator[None]:
    right = matching.match

    def broken(state: State) -> None:
        for agent in [state.saved.agents[name] for name in state.freed]:
            first = state.index.first_contact(agent) if state.may_be_offered(agent) else None
            if first is not None:
                offering.make_offer(state, first[1], agent)
        right(state)

    with swap((engine, "match", broken)):
        yield

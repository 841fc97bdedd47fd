"""Engines that are broken on purpose. The auditor must catch each of them, or its silence about ours means nothing.

Each canary breaks one small thing, of the kind that a tired programmer breaks, for as long as its context lasts.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from callcenter import engine
from callcenter.commands import StopRinging
from callcenter.queues import arrivals, order
from callcenter.routing import configure, index, legs, matching, offering, presence, reconcile
from callcenter.routing.agent import Agent, AgentTrigger
from callcenter.routing.offer import OfferTrigger
from callcenter.state import State
from callcenter.timers import TimerKind, Timers
from callcenter.types import AgentState, DeviceStatus

Canary = Callable[[], AbstractContextManager[None]]
CANARIES: dict[str, Canary] = {}


def _canary(build: Callable[[], Iterator[None]]) -> Canary:
    made = contextmanager(build)
    CANARIES[build.__name__] = made
    return made


def _swap(*swaps: tuple[Any, str, Any]) -> ExitStack:
    stack = ExitStack()
    for target, name, replacement in swaps:
        stack.enter_context(patch.object(target, name, replacement))
    return stack


def _without_timer(kind: TimerKind) -> ExitStack:
    arm = Timers.arm

    def broken(timers: Timers, armed: TimerKind, subject: str, due_ms: int) -> None:
        if armed is not kind:
            arm(timers, armed, subject, due_ms)

    return _swap((Timers, "arm", broken))


def _ending(changed: Callable[[OfferTrigger], tuple[OfferTrigger, bool | None]]) -> ExitStack:
    """Offers end in another way than they should: `changed` gives the trigger, and whether the leg is gone."""
    right = offering.end_offer

    def broken(state: State, offer: Any, trigger: OfferTrigger, *, leg_is_gone: bool) -> None:
        other, gone = changed(trigger)
        right(state, offer, other, leg_is_gone=leg_is_gone if gone is None else gone)

    return _swap(*((module, "end_offer", broken) for module in (engine, arrivals, legs, reconcile)))


@_canary
def shortest_idle_goes_first() -> Iterator[None]:
    with _swap((index, "longest_idle", lambda agent: (-agent.idle_since_ms, agent.config.id))):
        yield


@_canary
def priority_is_ignored() -> Iterator[None]:
    def broken(contact: Any) -> order.Place:
        return (0, contact.arrived_ms, contact.sequence, contact.id)

    with _swap((index, "place_of", broken), (matching, "place_of", broken)):
        yield


@_canary
def a_returned_contact_loses_its_place() -> Iterator[None]:
    right = offering.end_offer

    def broken(state: State, offer: Any, trigger: OfferTrigger, *, leg_is_gone: bool) -> None:
        contact = state.saved.contacts[offer.contact]
        right(state, offer, trigger, leg_is_gone=leg_is_gone)
        contact.arrived_ms = state.now_ms

    with _swap(*((module, "end_offer", broken) for module in (engine, arrivals, legs, reconcile))):
        yield


@_canary
def skills_are_ignored() -> Iterator[None]:
    with _swap((index, "satisfies", lambda skills, required: True)):
        yield


@_canary
def skill_levels_are_off_by_one() -> Iterator[None]:
    def broken(skills: Any, required: Any) -> bool:
        return all(any(have.name == need.name and have.level > need.level for have in skills) for need in required)

    with _swap((index, "satisfies", broken)):
        yield


@_canary
def phones_in_use_are_offered() -> Iterator[None]:
    def broken(state: State, agent: Agent) -> bool:
        return (
            agent.state is AgentState.READY
            and agent.backoff_until_ms <= state.now_ms
            and state.saved.pbxs.get(agent.config.device.pbx, False)
            and state.device_status(agent.config.device) is not DeviceStatus.UNREACHABLE
        )

    with _swap((State, "may_be_offered", broken)):
        yield


@_canary
def a_caller_who_leaves_does_not_stop_the_phone() -> Iterator[None]:
    with _ending(lambda trigger: (trigger, True if trigger is OfferTrigger.WITHDRAW else None)):
        yield


@_canary
def rona_is_taken_for_a_decline() -> Iterator[None]:
    with _ending(lambda trigger: (OfferTrigger.DECLINE if trigger is OfferTrigger.EXPIRE else trigger, None)):
        yield


@_canary
def a_decline_costs_no_back_off() -> Iterator[None]:
    with _swap((offering, "back_off", lambda state, agent, for_ms: None)):
        yield


@_canary
def the_end_of_a_back_off_is_forgotten() -> Iterator[None]:
    with _without_timer(TimerKind.BACKOFF):
        yield


@_canary
def wrap_up_has_no_deadline() -> Iterator[None]:
    with _without_timer(TimerKind.WRAP_UP):
        yield


@_canary
def the_look_up_has_no_deadline() -> Iterator[None]:
    with _without_timer(TimerKind.LOOKUP):
        yield


@_canary
def a_late_answer_is_left_alone() -> Iterator[None]:
    def broken(state: State, event: Any) -> None:
        offer = state.saved.offers.get(event.offer)
        if offer is not None:
            offering.connect(state, offer)

    with _swap((legs, "connected", broken)):
        yield


@_canary
def a_freed_phone_matches_nobody() -> Iterator[None]:
    def broken(state: State, event: Any) -> None:
        state.saved.devices.setdefault(event.device.pbx, {})[event.device.device] = event.status

    with _swap((reconcile, "device_changed", broken)):
        yield


@_canary
def a_lost_leg_is_not_noticed_after_a_reconnect() -> Iterator[None]:
    right = reconcile._settle_offer

    def broken(state: State, offer: Any, leg: Any) -> None:
        if leg is not None:
            right(state, offer, leg)

    with _swap((reconcile, "_settle_offer", broken)):
        yield


@_canary
def offers_expire_while_the_pbx_is_out_of_reach() -> Iterator[None]:
    def broken(state: State, offer_id: Any) -> None:
        offering.end_offer(state, state.saved.offers[offer_id], OfferTrigger.EXPIRE, leg_is_gone=False)

    with _swap((engine, "_offer_due", broken)):
        yield


@_canary
def a_pending_sign_out_is_forgotten() -> Iterator[None]:
    right = offering.settle_pending

    def broken(state: State, agent: Agent) -> None:
        agent.pending = None
        right(state, agent)

    with _swap((offering, "settle_pending", broken)):
        yield


@_canary
def a_ring_is_ended_by_going_not_ready() -> Iterator[None]:
    right = presence._ask

    def broken(state: State, agent: Agent, event: Any, trigger: AgentTrigger, reason: str | None) -> None:
        if agent.state is AgentState.RESERVED and trigger is AgentTrigger.GO_NOT_READY:
            agent.state = AgentState.NOT_READY
        right(state, agent, event, trigger, reason)

    with _swap((presence, "_ask", broken)):
        yield


@_canary
def a_late_record_does_not_route_again() -> Iterator[None]:
    right = arrivals.route

    def broken(state: State, contact: Any) -> None:
        if contact.route is None:
            right(state, contact)

    with _swap((arrivals, "route", broken)):
        yield


@_canary
def new_rules_do_not_reach_who_waits() -> Iterator[None]:
    with _swap((configure, "route", lambda state, contact: None)):
        yield


@_canary
def ends_are_not_remembered() -> Iterator[None]:
    with _swap((State, "remember_ended", lambda state, contact: None)):
        yield


@_canary
def a_restart_forgets_who_waits() -> Iterator[None]:
    right = State.reindex

    def broken(state: State) -> None:
        right(state)
        state.index = index.MatchingIndex(state.saved.contacts, state.saved.agents, state.may_be_offered)

    with _swap((State, "reindex", broken)):
        yield


@_canary
def a_free_agent_is_not_entered_again_after_an_entry_was_dropped() -> Iterator[None]:
    with _swap((index.MatchingIndex, "_forget_rank", lambda self, rank: None)):
        yield


@_canary
def a_contact_is_not_entered_again_after_its_entry_was_dropped() -> Iterator[None]:
    with _swap((index.MatchingIndex, "_forget_place", lambda self, place: None)):
        yield


@_canary
def stop_ringing_reaches_conversations() -> Iterator[None]:
    right = legs.connected

    def broken(state: State, event: Any) -> None:
        right(state, event)
        if legs.conversation_of(state, event.offer) is not None and event.offer in state.saved.closed:
            state.emit(StopRinging(event.offer, state.saved.closed[event.offer]))

    with _swap((legs, "connected", broken)):
        yield


@_canary
def contacts_that_come_at_once_are_matched_last_first() -> Iterator[None]:
    right = matching.match

    def broken(state: State) -> None:
        for agent in [state.saved.agents[name] for name in state.freed]:
            contact = state.index.first_contact(agent) if state.may_be_offered(agent) else None
            if contact is not None:
                offering.make_offer(state, contact, agent)
        right(state)

    with _swap((engine, "match", broken)):
        yield

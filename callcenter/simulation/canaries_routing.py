"""More engines that are broken on purpose (see `canaries`): needs, order, strategies, parallel ring, queue states."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from callcenter import engine
from callcenter.commands import RecordDecision, SendAway, StopRinging
from callcenter.queues import routes
from callcenter.routing import (
    configure,
    index,
    legs,
    matching,
    offering,
    presence,
    ranking,
    reconcile,
    skills,
    standing,
    wrap_up,
)
from callcenter.routing.agent import Agent
from callcenter.routing.offer import OfferTrigger
from callcenter.simulation.breaking import Canary, registrar, swap, without_timer
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import DecisionKind, OfferState, QueueState

CANARIES: dict[str, Canary] = {}
canary = registrar(CANARIES)


# ---- who comes first


@canary
def ageing_is_ignored() -> Iterator[None]:
    """Priority first, age only among equals: whoever has a low one starves."""

    def broken(contact: Any, ageing_ms: int) -> Any:
        return (contact.arrived_ms - contact.route.priority * 10**9, contact.sequence, contact.id)

    with swap((index, "place_of", broken), (matching, "place_of", broken)):
        yield


@canary
def an_agents_own_order_of_queues_is_ignored() -> Iterator[None]:
    def broken(agent: Any, queues: Any) -> int | None:
        return 1 if any(queue in agent.queues for queue in queues) else None

    with swap((index, "level_for", broken)):
        yield


@canary
def who_refused_a_contact_gets_it_again_at_once() -> Iterator[None]:
    right = offering.end_offer

    def broken(state: State, offer: Any, *rest: Any, **named: Any) -> None:
        contact = state.saved.contacts[offer.contact]
        before = dict(contact.refused_by)
        right(state, offer, *rest, **named)
        contact.refused_by = before

    with swap(*((module, "end_offer", broken) for module in (engine, legs, reconcile))):
        yield


@canary
def preferred_skills_do_not_count() -> Iterator[None]:
    with swap((index, "preferred_had", lambda skills, needs: 0)):
        yield


@canary
def any_of_asks_for_all() -> Iterator[None]:
    right = skills.meets

    def broken(has: Any, needs: Any) -> bool:
        flat = tuple(need for group in needs.any_of for need in group)
        return right(has, replace(needs, skills=(*needs.skills, *flat), any_of=()))

    with swap((index, "meets", broken)):
        yield


# ---- strategies


@canary
def the_day_never_begins() -> Iterator[None]:
    def broken(state: State, day: str) -> bool:
        state.saved.day = day
        return True

    with swap((standing, "begin_day", broken)):
        yield


@canary
def occupancy_counts_no_ready_time() -> Iterator[None]:
    with swap((ranking, "occupancy", lambda agent: agent.handling_ms)):
        yield


@canary
def wrap_up_is_no_work() -> Iterator[None]:
    with swap((wrap_up, "contact_handled", lambda state, agent, connected_ms: None)):
        yield


@canary
def round_robin_is_stuck() -> Iterator[None]:
    right = offering.make_offer

    def broken(state: State, contact: Any, agent: Agent) -> None:
        turns = dict(agent.turns)
        right(state, contact, agent)
        agent.turns = {**agent.turns, **turns}

    with swap((matching, "make_offer", broken)):
        yield


@canary
def the_draw_forgets_how_often_a_contact_was_offered() -> Iterator[None]:
    right = ranking.draw
    with swap((index, "draw", lambda seed, contact, offer, agent: right(seed, contact, 1, agent))):
        yield


@canary
def proficiency_counts_what_is_not_asked_for() -> Iterator[None]:
    with swap((index, "proficiency", lambda has, needs: sum(skill.level for skill in has))):
        yield


# ---- parallel ring


@canary
def one_phone_too_many_rings() -> Iterator[None]:
    right = matching._phones
    with swap((matching, "_phones", lambda state, contact: right(state, contact) + 1)):
        yield


@canary
def only_one_phone_rings() -> Iterator[None]:
    with swap((matching, "_phones", lambda state, contact: 1)):
        yield


@canary
def phones_go_on_ringing_after_another_was_answered() -> Iterator[None]:
    right = offering.withdraw_all

    def broken(state: State, contact: Any) -> None:
        right(state, contact)
        state.out[:] = [command for command in state.out if not isinstance(command, StopRinging)]

    with swap((offering, "withdraw_all", broken)):
        yield


@canary
def who_was_not_the_first_to_answer_is_blamed() -> Iterator[None]:
    withdraw_all, close = offering.withdraw_all, offering._close

    def broken(state: State, contact: Any) -> None:
        def declined(state: State, contact: Any, offer: Any, trigger: OfferTrigger) -> None:
            close(state, contact, offer, OfferTrigger.DECLINE)

        with swap((offering, "_close", declined)):
            withdraw_all(state, contact)

    with swap((offering, "withdraw_all", broken)):
        yield


# ---- relaxation and preferred agents


@canary
def a_relaxation_goes_one_step_too_far() -> Iterator[None]:
    right = routes._relax

    def broken(state: State, contact: Any, at_most: int) -> None:
        right(state, contact, at_most)
        steps = contact.route.relaxations
        if 0 < contact.steps < len(steps):
            contact.needs = skills.relaxed(contact.needs, steps[contact.steps])

    with swap((routes, "_relax", broken)):
        yield


@canary
def a_relaxation_step_is_not_recorded() -> Iterator[None]:
    right = State.record_decision

    def broken(state: State, *decided: Any) -> None:
        right(state, *decided)
        state.out[:] = [
            command
            for command in state.out
            if not (isinstance(command, RecordDecision) and command.kind is DecisionKind.RELAXED)
        ]

    with swap((State, "record_decision", broken)):
        yield


@canary
def relaxation_steps_are_never_due() -> Iterator[None]:
    with without_timer(TimerKind.RELAX):
        yield


@canary
def a_contact_is_kept_for_an_agent_who_refused_it() -> Iterator[None]:
    with swap((offering, "release", lambda state, contact, why: None)):
        yield


@canary
def a_contact_is_kept_for_ever() -> Iterator[None]:
    with without_timer(TimerKind.KEEP):
        yield


@canary
def a_contact_is_kept_for_an_agent_who_went_home() -> Iterator[None]:
    with swap((presence, "release_all", lambda *_: None), (standing, "release_all", lambda *_: None)):
        yield


@canary
def rona_costs_no_back_off() -> Iterator[None]:
    right = standing.let_go

    def broken(state: State, agent: Agent, how: OfferState) -> None:
        right(state, agent, how)
        if how is OfferState.EXPIRED:
            agent.backoff_until_ms = 0

    with swap((offering, "let_go", broken)):
        yield


# ---- supervisors and queue states


@canary
def a_drained_queue_lets_new_ones_in() -> Iterator[None]:
    def broken(state: State, queue: Any, here: Any) -> bool:
        return state.queue_state(queue) is not QueueState.CLOSED

    with swap((routes, "_lets_in", broken)):
        yield


@canary
def a_closed_queue_keeps_who_waits() -> Iterator[None]:
    with swap((routes, "leave_queues", lambda state: None)):
        yield


@canary
def who_is_turned_away_hears_music_for_ever() -> Iterator[None]:
    right = routes.send_away

    def broken(state: State, contact: Any, outcome: Any, message: str = "") -> None:
        right(state, contact, outcome, message)
        state.out[:] = [command for command in state.out if not isinstance(command, SendAway)]

    with swap((routes, "send_away", broken)):
        yield


@canary
def who_was_sent_away_is_not_sent_again_after_a_reconnect() -> Iterator[None]:
    right = reconcile._callers_come

    def broken(state: State, event: Any) -> None:
        right(state, event)
        state.out[:] = [command for command in state.out if not isinstance(command, SendAway)]

    with swap((reconcile, "_callers_come", broken)):
        yield


@canary
def a_moved_contact_is_forgotten_at_a_reload() -> Iterator[None]:
    right = routes.route

    def broken(state: State, contact: Any) -> None:
        contact.moved_to = None
        right(state, contact)

    with swap((configure, "route", broken)):
        yield


@canary
def a_moved_contact_begins_to_wait_anew() -> Iterator[None]:
    right = routes.move

    def broken(state: State, contact: Any, queue: Any, by: str) -> None:
        right(state, contact, queue, by)
        contact.arrived_ms = state.now_ms

    with swap((routes, "move", broken)):
        yield


@canary
def a_supervisors_priority_is_undone_by_the_rules() -> Iterator[None]:
    right = routes._supervised

    def broken(state: State, contact: Any, decided: Any) -> Any:
        return replace(right(state, contact, decided), priority=decided.priority)

    with swap((routes, "_supervised", broken)):
        yield


@canary
def new_rules_open_all_queues() -> Iterator[None]:
    right = configure.configure

    def broken(state: State, configuration: Any) -> None:
        state.saved.queue_states.clear()
        right(state, configuration)

    with swap((configure, "configure", broken)):
        yield

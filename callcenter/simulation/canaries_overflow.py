"""Engines that are broken on purpose (see `canaries`): overflow, rules that send away, new rules, expressions."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from callcenter.commands import SendAway
from callcenter.queues import arrivals, endings, figures, routes
from callcenter.routing import configure, rules
from callcenter.routing.language import facts, program
from callcenter.simulation.breaking import Canary, registrar, swap, without_timer
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import ContactId, ContactState, Outcome

CANARIES: dict[str, Canary] = {}
canary = registrar(CANARIES)


# ---- overflow


@canary
def nobody_overflows() -> Iterator[None]:
    with without_timer(TimerKind.OVERFLOW):
        yield


@canary
def a_contact_overflows_while_a_phone_rings_for_it() -> Iterator[None]:
    right = routes.overflow_due

    def broken(state: State, contact_id: ContactId) -> None:
        contact = state.saved.contacts[contact_id]
        ringing, contact.ringing = contact.ringing, ()
        right(state, contact_id)
        contact.ringing = ringing

    with swap((routes, "overflow_due", broken)):
        yield


@canary
def a_contact_overflows_back_to_where_it_was() -> Iterator[None]:
    """Once each, or it would go round for ever."""
    right, forgotten = routes.overflow_due, set[ContactId]()

    def broken(state: State, contact_id: ContactId) -> None:
        contact = state.saved.contacts[contact_id]
        if len(contact.overflowed) > 1 and contact_id not in forgotten:
            forgotten.add(contact_id)
            contact.overflowed = ()
        right(state, contact_id)

    with swap((routes, "overflow_due", broken)):
        yield


@canary
def a_rules_overflow_is_kept_in_another_queue() -> Iterator[None]:
    right = routes.sent_on

    def broken(route: Any, queue: Any) -> Any:
        return replace(right(route, queue), overflow=route.overflow)

    with swap((routes, "sent_on", broken)):
        yield


@canary
def a_queues_overflow_counts_where_the_rule_has_its_own() -> Iterator[None]:
    right = routes._overflow_of

    def broken(state: State, contact: Any) -> Any:
        queue = state.queues.get(contact.route.queue)
        if contact.moved_to is None and queue is not None and queue.overflow is not None:
            return queue.overflow
        return right(state, contact)

    with swap((routes, "_overflow_of", broken)):
        yield


@canary
def a_contact_that_was_moved_overflows() -> Iterator[None]:
    right = routes._overflow_of

    def broken(state: State, contact: Any) -> Any:
        moved_to, contact.moved_to = contact.moved_to, None
        overflow = right(state, contact)
        contact.moved_to = moved_to
        return overflow

    with swap((routes, "_overflow_of", broken)):
        yield


@canary
def overflow_counts_from_the_entry_into_the_queue() -> Iterator[None]:
    right = routes.watch_overflow

    def broken(state: State, contact: Any) -> None:
        arrived_ms, contact.arrived_ms = contact.arrived_ms, state.now_ms
        right(state, contact)
        contact.arrived_ms = arrived_ms

    with swap((routes, "watch_overflow", broken)):
        yield


@canary
def an_overflow_is_undone_by_a_late_record_or_new_rules() -> Iterator[None]:
    right = routes.route

    def broken(state: State, contact: Any) -> None:
        contact.overflowed = ()
        right(state, contact)

    with swap((arrivals, "route", broken), (configure, "route", broken)):
        yield


@canary
def who_overflows_away_hears_another_message() -> Iterator[None]:
    right = routes.send_away

    def broken(state: State, contact: Any, outcome: Outcome, message: str = "") -> None:
        right(state, contact, outcome, message)
        state.out[:] = [
            replace(command, outcome=Outcome.CLOSED)
            if isinstance(command, SendAway) and command.outcome is Outcome.OVERFLOWED
            else command
            for command in state.out
        ]

    with swap((routes, "send_away", broken)):
        yield


# ---- rules that send away


@canary
def who_should_be_sent_away_at_once_waits() -> Iterator[None]:
    right = rules.decide

    def broken(configuration: Any, *asked: Any) -> Any:
        route = right(configuration, *asked)
        return route if route.away is None else replace(route, away=None, queue=configuration.default_queue)

    with swap((routes, "decide", broken)):
        yield


@canary
def who_waits_already_is_not_sent_away() -> Iterator[None]:
    right = routes._turn_away

    def broken(state: State, contact: Any, wanted: Any) -> None:
        if wanted.away is None or contact.route is None:
            right(state, contact, wanted)

    with swap((routes, "_turn_away", broken)):
        yield


@canary
def who_is_sent_away_by_a_rule_hears_what_a_closed_queue_says() -> Iterator[None]:
    right = routes.send_away

    with swap((routes, "send_away", lambda state, contact, outcome, message="": right(state, contact, outcome))):
        yield


@canary
def a_contact_is_logged_without_its_tags() -> Iterator[None]:
    right = endings._record

    def broken(*asked: Any) -> Any:
        return replace(right(*asked), tags=())

    with swap((endings, "_record", broken)):
        yield


# ---- new rules


@canary
def new_rules_reach_who_waits_though_nobody_asked() -> Iterator[None]:
    right = configure.configure

    def broken(state: State, event: Any) -> None:
        right(state, replace(event, reroute=True))

    with swap((configure, "configure", broken)):
        yield


@canary
def reroute_does_not_reach_who_waits() -> Iterator[None]:
    right = configure.configure

    def broken(state: State, event: Any) -> None:
        right(state, replace(event, reroute=False))

    with swap((configure, "configure", broken)):
        yield


@canary
def new_lengths_of_overflow_do_not_count() -> Iterator[None]:
    with swap((configure, "watch_overflow", lambda state, contact: None)):
        yield


@canary
def a_rules_text_does_not_reach_the_screen() -> Iterator[None]:
    right = rules.decide

    def broken(*asked: Any) -> Any:
        return replace(right(*asked), text="")

    with swap((routes, "decide", broken)):
        yield


# ---- expressions


@canary
def rules_for_the_tier_are_ignored() -> Iterator[None]:
    with swap((program.Program, "tier", lambda self, facts: None)):
        yield


@canary
def local_time_is_utc() -> Iterator[None]:
    with swap((facts, "_offset_ms", lambda zone, now_ms: 0)):
        yield


@canary
def who_is_offered_does_not_count_as_waiting() -> Iterator[None]:
    def broken(self: Any, queue: Any) -> list[int]:
        contacts = self._state.saved.contacts.values()
        waiting = [one for one in contacts if one.state is ContactState.WAITING]
        return [one.arrived_ms for one in waiting if one.route.queue == queue]

    with swap((figures.StateFigures, "_arrivals", broken)):
        yield


@canary
def of_several_records_the_first_counts() -> Iterator[None]:
    right = facts.make_facts

    def broken(*asked: Any, customers: Any, **named: Any) -> Any:
        return right(*asked, customers=customers[:1], **named)

    with swap((routes, "make_facts", broken)):
        yield

"""Engines that are broken on purpose (see `canaries`): facts that are wrong, so that all figures would be."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from callcenter.commands import AgentChanged
from callcenter.facts import RecordStretch, VisitEnd
from callcenter.queues import visits
from callcenter.queues.contact import Contact
from callcenter.routing import consults, dialling, handing, offering, stretches, wrap_up
from callcenter.routing.talk import Part
from callcenter.simulation.breaking import Canary, registrar, swap
from callcenter.state import State
from callcenter.types import AgentState, Outcome, SegmentKind

CANARIES: dict[str, Canary] = {}
canary = registrar(CANARIES)


# ---- visits


@canary
def an_answer_ends_no_visit() -> Iterator[None]:
    right = visits.end

    def broken(state: State, contact: Contact, outcome: Outcome | None) -> None:
        if outcome is not Outcome.ANSWERED:
            right(state, contact, outcome)

    with swap((visits, "end", broken)):
        yield


@canary
def a_visit_begins_anew_whenever_the_rules_are_asked() -> Iterator[None]:
    right = visits.begin

    def broken(state: State, contact: Contact, *, after_transfer: bool = False) -> None:
        if contact.visit is not None:
            visits.end(state, contact, None)
        right(state, contact, after_transfer=after_transfer)

    with swap((visits, "begin", broken)):
        yield


@canary
def who_overflows_is_counted_among_the_others() -> Iterator[None]:
    ends = {outcome: end for outcome, end in visits._ENDS.items() if end is not VisitEnd.OVERFLOWED}
    with swap((visits, "_ENDS", ends)):
        yield


@canary
def who_was_transferred_waits_since_the_arrival() -> Iterator[None]:
    with swap((Contact, "queued_ms", property(lambda contact: contact.arrived_ms))):
        yield


@canary
def a_transfer_is_a_visit_like_any_other() -> Iterator[None]:
    right = visits.begin
    with swap((visits, "begin", lambda state, contact, after_transfer=False: right(state, contact))):
        yield


@canary
def the_customers_number_is_the_entry_of_a_call_out() -> Iterator[None]:
    with swap((visits, "entry_of", lambda contact: contact.dialled)):
        yield


# ---- parts


@canary
def hold_is_counted_as_talk() -> Iterator[None]:
    right = State._spend

    def broken(self: State, contact: Contact, kind: SegmentKind) -> None:
        right(self, contact, SegmentKind.TALK if kind is SegmentKind.HOLD else kind)

    with swap((State, "_spend", broken)):
        yield


@canary
def the_time_with_a_colleague_is_not_counted() -> Iterator[None]:
    with swap((consults, "_spend", lambda state, agent, asked: None)):
        yield


@canary
def a_transfer_is_nobodys() -> Iterator[None]:
    with swap((handing, "handed_to", lambda to: None)):
        yield


@canary
def a_call_out_is_a_part_like_any_other() -> Iterator[None]:
    with swap((dialling, "Part", lambda leg, queue, at_ms, called: Part(leg, queue, at_ms))):
        yield


@canary
def an_offer_has_rung_for_no_time() -> Iterator[None]:
    def broken(leg: Any, queue: Any, at_ms: int, *, asked: bool, ring_ms: int) -> Part:
        return Part(leg, queue, at_ms, asked=asked)

    with swap((offering, "Part", broken)):
        yield


@canary
def the_wrap_up_of_a_part_is_the_whole_of_it() -> Iterator[None]:
    right = wrap_up._record
    with swap((wrap_up, "_record", lambda *of: replace(right(*of), wrap_up_ms=right(*of).talk_ms))):
        yield


# ---- stretches


@canary
def a_stretch_goes_on_after_the_sign_out() -> Iterator[None]:
    right = stretches.note

    def broken(state: State) -> None:
        right(state)
        over = [one for one in state.out if isinstance(one, AgentChanged) and one.state is AgentState.LOGGED_OUT]
        gone = {one.agent for one in over}
        state.out[:] = [one for one in state.out if not (isinstance(one, RecordStretch) and one.agent in gone)]

    with swap((stretches, "note", broken)):
        yield


@canary
def another_reason_is_no_other_stretch() -> Iterator[None]:
    right = stretches.note

    def broken(state: State) -> None:
        for one in [one for one in state.out if isinstance(one, AgentChanged)]:
            before = state.saved.stretches.get(one.agent)
            if before is not None and before.state is one.state:
                state.saved.stretches[one.agent] = replace(before, reason=one.reason)
        right(state)

    with swap((stretches, "note", broken)):
        yield


@canary
def a_stretch_begins_whenever_an_agent_is_told_of() -> Iterator[None]:
    right = stretches.note

    def broken(state: State) -> None:
        told = {one.agent for one in state.out if isinstance(one, AgentChanged)}
        for agent in told & state.saved.stretches.keys():
            state.saved.stretches[agent] = replace(state.saved.stretches[agent], reason="told")
        right(state)

    with swap((stretches, "note", broken)):
        yield

"""Engines that are broken on purpose (see `canaries`): the PBX's own queue, orderly stops and drains, restarts."""

from collections.abc import Iterator
from typing import Any

from callcenter import engine
from callcenter.commands import StopRinging, TakeBack
from callcenter.events import OfferingSet
from callcenter.queues.contact import Contact
from callcenter.routing import fallback, matching, pausing, reconcile
from callcenter.simulation.breaking import Canary, registrar, swap
from callcenter.state import State
from callcenter.types import ContactState

CANARIES: dict[str, Canary] = {}
canary = registrar(CANARIES)


# ---- the PBX's own queue


@canary
def nobody_is_taken_back() -> Iterator[None]:
    right = fallback._ask_for

    def broken(state: State, contact: Contact) -> None:
        right(state, contact)
        state.out[:] = [command for command in state.out if not isinstance(command, TakeBack)]

    with swap((fallback, "_ask_for", broken)):
        yield


@canary
def who_is_taken_back_loses_the_place() -> Iterator[None]:
    right = fallback.returned

    def broken(state: State, event: Any) -> None:
        right(state, event)
        contact = state.saved.contacts.get(event.contact)
        if contact is not None and contact.state is ContactState.WAITING:
            contact.arrived_ms = state.now_ms

    with swap((fallback, "returned", broken)):
        yield


@canary
def who_is_taken_back_is_not_offered_any_more() -> Iterator[None]:
    def broken(state: State, event: Any) -> None:
        contact = state.saved.contacts.get(event.contact)
        if contact is not None:
            contact.in_fallback = False

    with swap((fallback, "returned", broken)):
        yield


@canary
def who_is_in_the_pbxs_own_queue_is_offered() -> Iterator[None]:
    with swap((Contact, "to_be_offered", property(lambda contact: contact.state is ContactState.WAITING))):
        yield


@canary
def phones_ring_on_for_who_is_in_the_pbxs_own_queue() -> Iterator[None]:
    right = fallback._ask_for

    def broken(state: State, contact: Contact) -> None:
        right(state, contact)
        state.out[:] = [command for command in state.out if not isinstance(command, StopRinging)]

    with swap((fallback, "_ask_for", broken)):
        yield


@canary
def who_is_in_the_pbxs_own_queue_at_a_reconnect_is_forgotten() -> Iterator[None]:
    with swap((fallback, "take_back", lambda state, contacts: None)):
        yield


@canary
def who_was_answered_in_the_pbxs_own_queue_is_kept() -> Iterator[None]:
    right = reconcile._callers_gone

    def broken(state: State, event: Any) -> None:
        answered = [one for one in state.saved.contacts.values() if one.id in event.fallback]
        kept = {one.id: state.saved.contacts.pop(one.id) for one in answered}
        right(state, event)
        state.saved.contacts.update(kept)

    with swap((reconcile, "_callers_gone", broken)):
        yield


# ---- no more offers


@canary
def offers_are_made_while_they_are_stopped() -> Iterator[None]:
    right = matching.match

    def broken(state: State) -> None:
        stopped_by, state.saved.offering_stopped_by = state.saved.offering_stopped_by, None
        right(state)
        state.saved.offering_stopped_by = stopped_by

    with swap((engine, "match", broken)):
        yield


@canary
def offers_stay_stopped_for_those_who_wait() -> Iterator[None]:
    right = pausing.set_offering

    def broken(state: State, event: OfferingSet) -> None:
        right(state, event)
        state.freed.clear()
        state.waiting_anew.clear()

    with swap((pausing, "set_offering", broken)):
        yield


@canary
def phones_ring_on_at_a_stop() -> Iterator[None]:
    right = pausing.set_offering

    def broken(state: State, event: OfferingSet) -> None:
        right(state, OfferingSet(event.offering, event.by))

    with swap((pausing, "set_offering", broken)):
        yield


# ---- restarts


@canary
def a_restart_changes_what_is_known() -> Iterator[None]:
    """What happens beside the journal: a replay of the journal alone cannot know it."""
    right = engine.Engine.resume

    def broken(self: engine.Engine) -> Any:
        self.snapshot().sequence += 1
        return right(self)

    with swap((engine.Engine, "resume", broken)):
        yield

"""Engines that are broken on purpose (see `canaries`): what those hear who wait."""

from collections.abc import Iterator
from typing import Any

from callcenter import engine
from callcenter.queues import lines, treatment
from callcenter.simulation.breaking import Canary, registrar, swap, without_timer
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import ContactState

CANARIES: dict[str, Canary] = {}
canary = registrar(CANARIES)


@canary
def announcements_never_come() -> Iterator[None]:
    with without_timer(TimerKind.ANNOUNCE):
        yield


@canary
def a_greeting_is_repeated_in_the_next_queue() -> Iterator[None]:
    right = treatment._treat

    def broken(state: State, contact: Any, queue: Any) -> None:
        if contact.hearing is not None and contact.hearing.queue != queue:
            contact.hearing.greeted = False
        right(state, contact, queue)

    with swap((treatment, "_treat", broken)):
        yield


@canary
def who_is_being_rung_for_is_spoken_to() -> Iterator[None]:
    right = treatment._treat

    def broken(state: State, contact: Any, queue: Any) -> None:
        present, contact.state = contact.state, ContactState.WAITING
        right(state, contact, queue)
        contact.state = present

    with swap((treatment, "_treat", broken)):
        yield


@canary
def music_is_not_told_again_after_a_reconnect() -> Iterator[None]:
    with swap((treatment, "pbx_lost", lambda state, pbx: None)):
        yield


@canary
def a_late_announcement_moves_the_next_one() -> Iterator[None]:
    right = treatment._keep_time

    def broken(state: State, contact: Any, hearing: Any, queue: Any, announce: Any) -> bool:
        due = right(state, contact, hearing, queue, announce)
        if due:
            hearing.due_ms = state.now_ms + announce.every_ms
            state.saved.timers.arm(TimerKind.ANNOUNCE, contact.id, hearing.due_ms)
        return due

    with swap((treatment, "_keep_time", broken)):
        yield


@canary
def who_has_left_still_counts_in_line() -> Iterator[None]:
    with swap((lines.Lines, "leave", lambda self, contact: None)):
        yield


@canary
def new_rules_do_not_change_what_is_heard() -> Iterator[None]:
    right = engine._take

    def broken(state: State, event: Any) -> None:
        before = dict(state.hearing_anew)
        right(state, event)
        if type(event).__name__ == "ConfigurationLoaded":
            state.hearing_anew = before

    with swap((engine, "_take", broken)):
        yield

"""Tools for breaking an engine on purpose: see `canaries`. Whatever is broken is whole again when the context ends."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from callcenter import engine
from callcenter.routing import legs, offering, reconcile
from callcenter.routing.offer import OfferTrigger
from callcenter.state import State
from callcenter.timers import TimerKind, Timers

Canary = Callable[[], AbstractContextManager[None]]
Build = Callable[[], Iterator[None]]


def registrar(canaries: dict[str, Canary]) -> Callable[[Build], Canary]:
    """A decorator that enters what it decorates under its name."""

    def register(build: Build) -> Canary:
        made = canaries[build.__name__] = contextmanager(build)
        return made

    return register


def swap(*swaps: tuple[Any, str, Any]) -> ExitStack:
    """Put replacements in place: (module or class, name, replacement)."""
    stack = ExitStack()
    for target, name, replacement in swaps:
        stack.enter_context(patch.object(target, name, replacement))
    return stack


def without_timer(kind: TimerKind) -> ExitStack:
    arm = Timers.arm

    def broken(timers: Timers, armed: TimerKind, subject: str, due_ms: int) -> None:
        if armed is not kind:
            arm(timers, armed, subject, due_ms)

    return swap((Timers, "arm", broken))


def ending(changed: Callable[[OfferTrigger], tuple[OfferTrigger, bool | None]]) -> ExitStack:
    """Offers end in another way than they should: `changed` gives the trigger, and whether the leg is gone."""
    right = offering.end_offer

    def broken(state: State, offer: Any, trigger: OfferTrigger, *, leg_is_gone: bool) -> None:
        other, gone = changed(trigger)
        right(state, offer, other, leg_is_gone=leg_is_gone if gone is None else gone)

    return swap(*((module, "end_offer", broken) for module in (engine, legs, reconcile)))

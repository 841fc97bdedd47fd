"""The core: a function of (state, event, time).

`handle` fires the timers that are due, takes the event's rows, then matches once whatever may now fit together. It
returns what is to be done about it; doing so is the shells' business. The same events at the same times give the same
state and the same commands, always.
"""

from collections.abc import Callable
from typing import assert_never

from callcenter.commands import Command, LookUpCustomer
from callcenter.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallerFellBack,
    CallerLeft,
    CallerReturned,
    ConfigurationLoaded,
    ContactArrived,
    ContactMoved,
    ContactPrioritised,
    ContactWithdrawn,
    CustomersFound,
    DayBegan,
    DeviceChanged,
    Event,
    OfferConnected,
    OfferEnded,
    OfferingSet,
    OfferRinging,
    PbxLost,
    PbxSynced,
    QueueStateSet,
    TimePassed,
    WrapUpEnded,
)
from callcenter.overview import Overview, overview_of
from callcenter.queues import arrivals, routes, supervision, treatment
from callcenter.routing import configure, fallback, legs, pausing, preferred, presence, reconcile, standing
from callcenter.routing.explain import Explanation, explain, explain_offers
from callcenter.routing.matching import match
from callcenter.routing.offer import OfferTrigger
from callcenter.routing.offering import end_offer, pop_all
from callcenter.routing.wrap_up import end_wrap_up
from callcenter.state import Saved, State
from callcenter.timers import Entry, TimerKind
from callcenter.types import AgentId, Configuration, ContactId, ContactState, OfferId, OfferState

# An offer whose PBX is out of reach does not expire: nobody knows whether it was answered. Asked again this often.
PBX_LOST_RECHECK_MS = 1_000


class Engine:
    def __init__(self, saved: Saved) -> None:
        self._state = State(saved)

    @classmethod
    def fresh(cls, configuration: Configuration) -> "Engine":
        """An engine that has seen nothing yet; its agents come with the first ConfigurationLoaded."""
        return cls(Saved(configuration))

    def handle(self, now_ms: int, event: Event) -> list[Command]:
        """Take one event at `now_ms`. A clock that went backwards is taken to have stood still."""
        state = self._state
        state.advance(now_ms)
        if isinstance(event, PbxLost):
            # Before anything falls due: after a restart this is the first event, and while nobody listened a phone
            # whose deadline has passed may have been answered.
            reconcile.pbx_lost(state, event)
            treatment.pbx_lost(state, event.pbx)
        while (due := state.saved.timers.pop_due(state.now_ms)) is not None:
            _fire(state, due)
        _take(state, event)
        routes.leave_queues(state)
        treatment.note_who_waits(state)
        match(state)
        treatment.treat(state)
        return state.take_out()

    def next_due_ms(self) -> int | None:
        """When `handle` wants to be called with TimePassed if nothing else happens before."""
        return self._state.saved.timers.next_due_ms()

    def snapshot(self) -> Saved:
        """All that must be kept, as it is now. It is the living state: encode it before the next event."""
        return self._state.saved

    def overview(self, now_ms: int, contacts: int = 200) -> Overview:
        """A picture for screens and metrics, with at most the `contacts` oldest contacts."""
        return overview_of(self._state, now_ms, contacts)

    def explain(self, now_ms: int, contact: ContactId) -> Explanation | None:
        """Why this contact is where it is, and for each agent why it does not have it; None for one that is over."""
        known = self._state.saved.contacts.get(contact)
        return None if known is None else explain(self._state, max(now_ms, self._state.now_ms), known)

    def explain_offers(self, observer: Callable[[Explanation], None] | None) -> None:
        """Tell `observer` of each offer just before it is made, which costs a walk over the agents. None: no more."""
        explain_offers(self._state, observer)

    def resume(self) -> list[Command]:
        """What shells that have just (re)started must be told: look-ups not answered yet, screens, agents' states."""
        state = self._state
        for contact in state.saved.contacts.values():
            if not contact.identified and contact.state is not ContactState.ENDED:
                state.emit(LookUpCustomer(contact.id, contact.caller, contact.account))
            pop_all(state, contact)
        for agent in state.saved.agents.values():
            state.tell_agent(agent)
        return state.take_out()


def _take(state: State, event: Event) -> None:  # noqa: PLR0912 - one row for each event
    match event:
        case ContactArrived():
            arrivals.arrive(state, event)
        case CustomersFound():
            arrivals.identify(state, event)
        case CallerLeft():
            arrivals.leave(state, event)
        case CallerFellBack():
            fallback.fell_back(state, event)
        case CallerReturned():
            fallback.returned(state, event)
        case OfferRinging():
            legs.ringing(state, event)
        case OfferConnected():
            legs.connected(state, event)
        case OfferEnded():
            legs.ended(state, event)
        case DeviceChanged():
            reconcile.device_changed(state, event)
        case PbxLost():
            pass  # taken already, see `handle`
        case PbxSynced():
            reconcile.pbx_synced(state, event)
            treatment.note_all_who_wait(state)
        case AgentSignedIn() | AgentSignedOut() | AgentReady() | AgentNotReady() | WrapUpEnded():
            presence.handle_request(state, event)
        case ContactMoved():
            supervision.move(state, event)
        case ContactPrioritised():
            supervision.prioritise(state, event)
        case ContactWithdrawn():
            supervision.withdraw(state, event)
        case QueueStateSet():
            supervision.set_queue_state(state, event)
        case OfferingSet():
            pausing.set_offering(state, event)
        case DayBegan(day=day):
            if not standing.begin_day(state, day):
                state.ignore(event, f"{day} has begun already")
        case ConfigurationLoaded():
            configure.configure(state, event)
            treatment.note_all_who_wait(state)
        case TimePassed():
            pass
        case _:
            assert_never(event)


def _fire(state: State, due: Entry) -> None:
    match due.kind:
        case TimerKind.LOOKUP:
            arrivals.lookup_expired(state, ContactId(due.subject))
        case TimerKind.OFFER:
            _offer_due(state, OfferId(due.subject))
        case TimerKind.WRAP_UP:
            end_wrap_up(state, state.saved.agents[AgentId(due.subject)], None)
        case TimerKind.BACKOFF:
            state.freed[AgentId(due.subject)] = None
        case TimerKind.RELAX:
            routes.relaxation_due(state, ContactId(due.subject))
        case TimerKind.OVERFLOW:
            routes.overflow_due(state, ContactId(due.subject))
        case TimerKind.ANNOUNCE:
            state.hearing_anew[ContactId(due.subject)] = None
        case TimerKind.KEEP:
            preferred.release(state, state.saved.contacts[ContactId(due.subject)], "its time is over")
        case _:
            assert_never(due.kind)


def _offer_due(state: State, offer_id: OfferId) -> None:
    offer = state.saved.offers[offer_id]
    if state.saved.pbxs.get(offer.device.pbx, False):
        # A phone that never rang is out of order; nobody can be blamed for not answering it.
        trigger = OfferTrigger.EXPIRE if offer.state is OfferState.RINGING else OfferTrigger.FAIL
        end_offer(state, offer, trigger, leg_is_gone=False)
    else:
        state.saved.timers.arm(TimerKind.OFFER, offer_id, state.now_ms + PBX_LOST_RECHECK_MS)

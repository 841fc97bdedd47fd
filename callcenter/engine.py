"""The core: a function of (state, event, time).

`handle` fires the timers that are due, takes the event's rows, then matches once whatever may now fit together. It
returns what is to be done about it; doing so is the shells' business. The same events at the same times give the same
state and the same commands, always.
"""

from collections.abc import Callable, Generator
from typing import assert_never

from callcenter.commands import Command, LookUpCustomer
from callcenter.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallConsulted,
    CallDialled,
    CallerFellBack,
    CallerLeft,
    CallerReturned,
    CallHeld,
    CallHungUp,
    CallResumed,
    CallTransferred,
    ConfigurationLoaded,
    ConsultCancelled,
    ConsultCompleted,
    ConsultConferred,
    ContactArrived,
    ContactMoved,
    ContactPrioritised,
    ContactWithdrawn,
    CustomersFound,
    DayBegan,
    DeviceChanged,
    Event,
    NoteAdded,
    NumberFailed,
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
from callcenter.orders import (
    AcceptAsked,
    AgentSkillsSet,
    AgentStateSet,
    ContactGiven,
    DeviceChosen,
    ListenAsked,
    ListeningBegan,
    ListeningChanged,
    ListeningEnded,
    ListenStopped,
    MessageAcknowledged,
    MessageId,
    MessageSent,
    OpenMessage,
)
from callcenter.overview import AgentView, Overview, agent_view, draw, overview_of
from callcenter.queues import arrivals, notes, routes, supervision, tally, totals, treatment
from callcenter.queues.contact import Contact
from callcenter.routing import (
    calls,
    configure,
    consults,
    dialling,
    fallback,
    legs,
    listening,
    messages,
    orders,
    pausing,
    preferred,
    presence,
    reconcile,
    standing,
    stretches,
)
from callcenter.routing.explain import Explanation, explain, explain_offers
from callcenter.routing.matching import match
from callcenter.routing.offer import OfferTrigger
from callcenter.routing.offering import end_offer, pop_all
from callcenter.routing.wrap_up import end_wrap_up
from callcenter.state import Saved, State
from callcenter.timers import Entry, TimerKind
from callcenter.types import AgentId, AgentState, Configuration, ContactId, ContactState, OfferId, OfferState

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
        listening.settle(state)
        consults.look(state)
        routes.leave_queues(state)
        treatment.note_who_waits(state)
        match(state)
        treatment.treat(state)
        stretches.note(state)
        commands = state.take_out()
        for command in commands:
            tally.note(state.saved, command)
            totals.note(state.saved.totals, command)
        return commands

    def next_due_ms(self) -> int | None:
        """When `handle` wants to be called with TimePassed if nothing else happens before."""
        return self._state.saved.timers.next_due_ms()

    def snapshot(self) -> Saved:
        """All that must be kept, as it is now. It is the living state: encode it before the next event."""
        return self._state.saved

    def overview(self, now_ms: int, contacts: int = 200, of_each: int = 0) -> Overview:
        """A picture for screens and metrics, with at most the `contacts` oldest contacts; see `overview_of`."""
        return overview_of(self._state, now_ms, contacts, of_each)

    def draw(self, now_ms: int, contacts: int = 200, of_each: int = 0) -> Generator[None, None, Overview]:
        """The same stroke by stroke, for those who look often; see `overview.draw`."""
        return draw(self._state, now_ms, contacts, of_each)

    def agent(self, agent: AgentId) -> AgentView | None:
        """One agent of that picture; None for one that there is not."""
        known = self._state.saved.agents.get(agent)
        return None if known is None else agent_view(self._state, known)

    def contact(self, contact: ContactId) -> Contact | None:
        """One that is not over, or in wrap-up still, to be looked at; None for any other."""
        return self._state.saved.contacts.get(contact)

    def explain(self, now_ms: int, contact: ContactId) -> Explanation | None:
        """Why this contact is where it is, and for each agent why it does not have it; None for one that is over."""
        known = self._state.saved.contacts.get(contact)
        return None if known is None else explain(self._state, max(now_ms, self._state.now_ms), known)

    def explain_offers(self, observer: Callable[[Explanation], None] | None) -> None:
        """Tell `observer` of each offer just before it is made, which costs a walk over the agents. None: no more."""
        explain_offers(self._state, observer)

    def messages(self, agent: AgentId) -> tuple[OpenMessage, ...]:
        """Those that this agent has not acknowledged, oldest first."""
        saved = self._state.saved
        known = saved.agents.get(agent)
        return () if known is None else tuple(saved.open_messages[message] for message in known.messages)

    def sent_messages(self) -> dict[MessageId, tuple[OpenMessage, tuple[AgentId, ...]]]:
        """All that are open, oldest first, each with the agents who have not acknowledged it."""
        saved = self._state.saved
        unread: dict[MessageId, list[AgentId]] = {message: [] for message in saved.open_messages}
        for agent in saved.agents.values():
            for message in agent.messages:
                unread[message].append(agent.config.id)
        return {message: (saved.open_messages[message], tuple(agents)) for message, agents in unread.items()}

    def resume(self) -> list[Command]:
        """What shells that have just (re)started must be told: look-ups not answered yet, screens, agents' states."""
        state = self._state
        for contact in state.saved.contacts.values():
            if not contact.identified and contact.state is not ContactState.ENDED:
                state.emit(LookUpCustomer(contact.id, contact.caller, contact.account))
            pop_all(state, contact)
        for agent in state.saved.agents.values():
            state.tell_agent(agent)
            if agent.state is AgentState.TALKING:
                state.tell_call(agent)
            for message in agent.messages:
                state.emit(messages.shown(agent, state.saved.open_messages[message]))
        for now in state.saved.listening.values():
            state.emit(ListeningChanged(now))
            for message in agent.messages:
                state.emit(messages.shown(agent, state.saved.open_messages[message]))
        return state.take_out()


def _take(state: State, event: Event) -> None:  # noqa: PLR0912, PLR0915 - one row for each event
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
            listening.synced(state, event)
            treatment.note_all_who_wait(state)
        case AgentSignedIn() | AgentSignedOut() | AgentReady() | AgentNotReady() | WrapUpEnded():
            presence.handle_request(state, event)
        case CallHeld() | CallTransferred() | CallConsulted() | CallHungUp():
            calls.handle_order(state, event)
        case ConsultCancelled() | ConsultCompleted() | ConsultConferred():
            calls.handle_order(state, event)
        case CallDialled():
            dialling.dial(state, event)
        case NumberFailed():
            dialling.failed(state, event)
        case CallResumed():
            calls.resumed(state, event)
        case NoteAdded():
            notes.add(state, event)
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
            if standing.begin_day(state, day):
                tally.begin_day(state.saved)
            else:
                state.ignore(event, f"{day} has begun already")
        case ConfigurationLoaded():
            configure.configure(state, event)
            totals.configure(state.saved.totals, state.configuration)
            treatment.note_all_who_wait(state)
        case TimePassed():
            pass
        case AgentStateSet() | AgentSkillsSet() | ContactGiven() | AcceptAsked() | DeviceChosen():
            orders.handle_order(state, event)
        case MessageSent() | MessageAcknowledged():
            orders.handle_order(state, event)
        case ListenAsked() | ListenStopped() | ListeningBegan() | ListeningEnded():
            listening.handle(state, event)
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
        case TimerKind.MESSAGE:
            messages.expired(state, MessageId(due.subject))
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

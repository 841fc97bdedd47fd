"""The auditor: after each event, is everything that ARCHITECTURE.md and docs/routing.md promise still true?

It is told what the engine was told (events) and what the engine said (commands, snapshot), and believes only its own
picture of the call center (`picture.py`). It raises at the first promise that is broken, and names it.
"""

from callcenter.call_commands import (
    CallCommand,
    ConferCallers,
    DialCustomer,
    FetchCaller,
    HoldCaller,
    ReleaseCaller,
    ReturnCaller,
    RingNumber,
    RingOwnPhone,
    StopDialling,
)
from callcenter.commands import (
    AgentChanged,
    CallChanged,
    Command,
    ConfirmConnection,
    ContactRouted,
    LookUpCustomer,
    QueueChanged,
    ScreenPop,
    SendAway,
    StopRinging,
    TakeBack,
)
from callcenter.events import Event
from callcenter.orders import AgentDeviceChanged
from callcenter.overview import Overview
from callcenter.routing.agent import Agent
from callcenter.simulation.account import Caller, Worker
from callcenter.simulation.factwatch import FactWatch
from callcenter.simulation.listenwatch import ListenWatch
from callcenter.simulation.logwatch import LogWatch, of
from callcenter.simulation.matchwatch import MatchWatch
from callcenter.simulation.picture import Picture
from callcenter.simulation.promises import BrokenInvariantError, all_in, check, same
from callcenter.simulation.treatwatch import TreatmentWatch
from callcenter.state import Saved
from callcenter.talks import TalkState
from callcenter.timers import TimerKind
from callcenter.types import AgentId, AgentState, ContactId, ContactState, DeviceRef, Outcome, QueueName, QueueState

__all__ = ["Auditor", "BrokenInvariantError"]


_MOVES: dict[type[CallCommand], str] = {
    HoldCaller: "hold",
    FetchCaller: "fetch",
    ReleaseCaller: "release",
    ReturnCaller: "return",
    ConferCallers: "confer",
}


_DIALS: dict[type[RingOwnPhone | DialCustomer | StopDialling], str] = {
    RingOwnPhone: "own",
    DialCustomer: "dial",
    StopDialling: "stop",
}


class Auditor:
    def __init__(self) -> None:
        self.picture = Picture()
        self._log = LogWatch(self.picture)
        self._facts = FactWatch(self.picture, self._log.count)
        self._match = MatchWatch(self.picture)
        self._treatment = TreatmentWatch(self.picture)
        self._listening = ListenWatch(self.picture)
        self._told: dict[AgentId, AgentChanged] = {}
        self._shown_phones: dict[AgentId, DeviceRef] = {}  # of those who are signed in
        self._shown_calls: dict[AgentId, CallChanged] = {}
        self._orders: dict[ContactId, int] = {}

    @property
    def counts(self) -> dict[str, int]:
        """How often what has happened."""
        return self._log.counts

    def observe(self, now_ms: int, event: Event, commands: list[Command], saved: Saved) -> None:
        """Judge one event and what it brought. Raises BrokenInvariantError at the first promise broken."""
        picture = self.picture
        self._facts.let_pass(now_ms)
        foreseen = picture.take(now_ms, event)
        self._listening.foresee(event)
        self._log.count("events")
        self._log.judge(commands)
        confirmed = dict.fromkeys(command.offer for command in of(ConfirmConnection, commands))
        same("each conversation is confirmed", foreseen.confirmed, confirmed)
        looked_up = dict.fromkeys(command.contact for command in of(LookUpCustomer, commands))
        same("each contact is looked up once", foreseen.looked_up, looked_up)
        self._sent_away(commands)
        taken_back = [command.contact for command in of(TakeBack, commands)]
        same("who is in the PBX's own queue is asked back", list(foreseen.taken_back), taken_back)
        stopped = dict.fromkeys(command.offer for command in of(StopRinging, commands))
        all_in("a phone that should not ring is stopped", foreseen.stopped, stopped)
        changed = [(command.queue, command.state, command.by) for command in of(QueueChanged, commands)]
        same("a queue's new state is told once", foreseen.queues, changed)
        routed = {command.contact: (command.queue, command.rule) for command in of(ContactRouted, commands)}
        same("a contact goes where its rule says", foreseen.routed, routed)
        self._calls(commands)
        for command in of(AgentChanged, commands):
            self._told[command.agent] = command
        self._shown_phones |= {command.agent: command.device for command in of(AgentDeviceChanged, commands)}
        for _ in range(self._match.judge(commands)):
            self._log.count("offers")
        self._log.offers_made(commands)
        for _ in range(self._treatment.judge(event, commands)):
            self._log.count("sounds")
        for offer in stopped:
            check("no live offer or conversation is stopped", offer not in picture.offers, offer)
            wanted = offer in foreseen.stopped  # its agent hangs up, or holds a caller who has
            check("no live offer or conversation is stopped", wanted or not picture.in_hand(offer), offer)
        popped = dict.fromkeys(command.offer for command in of(ScreenPop, commands))
        all_in("what becomes known reaches the screen", foreseen.popped, popped)
        self._listening.judge(commands, saved)
        self._same_state(saved)
        self._facts.judge(commands, saved)

    def overview(self, overview: Overview) -> None:
        """The numbers on the screens are those of a recount."""
        for view in overview.queues:
            waiting = [c for c in self.picture.callers.values() if c.queue == view.name and c.waits and c.asks is None]
            same("counters equal a recount", len(waiting), view.waiting)
            serving = [worker for worker in self.picture.workers.values() if view.name in worker.config.queues]
            ready = sum(self.picture.available(worker) for worker in serving)
            same("counters equal a recount", ready, view.agents_ready)
            state = self.picture.queue_states.get(view.name, QueueState.OPEN)
            same("the screens say whether a queue is open", state, view.state)

    def _calls(self, commands: list[Command]) -> None:
        """Who is moved where while somebody talks, and what the pages are told of it."""
        moves = [command for command in commands if isinstance(command, CallCommand)]
        done = [(_MOVES[type(one)], one.contact, getattr(one, "offer", None)) for one in moves]
        same(
            "who talks is moved as the agent orders",
            sorted(map(str, self.picture.foreseen.moves)),
            sorted(map(str, done)),
        )
        dials = [
            (_DIALS[type(one)], one.contact)
            for one in commands
            if isinstance(one, RingOwnPhone | DialCustomer | StopDialling)
        ]
        same("who calls is rung, and then the number", sorted(self.picture.foreseen.dials), sorted(dials))
        numbers = {ring.offer: ring.number for ring in of(RingNumber, commands)}
        same("a number is called if somebody is handed on to it", self.picture.foreseen.numbers, numbers)
        for one in moves:
            last = self._orders.get(one.contact, 0)
            check("an order that moves a caller has a higher number", one.number > last, one)
            self._orders[one.contact] = one.number
            self._log.count(f"calls {_MOVES[type(one)]}")
        for told in of(CallChanged, commands):
            self._shown_calls[told.agent] = told
        for worker in self.picture.workers.values():
            caller = worker.caller if worker.busy is AgentState.TALKING else None
            ours = _call_view(caller) if caller is not None else None
            seen = self._shown_calls.get(worker.id)
            talks = seen is not None and seen.contact is not None
            theirs = _shown_call(seen) if seen is not None and talks else None
            same("the desktop was told of the agent's call", ours, theirs)

    def _sent_away(self, commands: list[Command]) -> None:
        foreseen = self.picture.foreseen.sent_away
        sent = of(SendAway, commands)
        same("who is sent away is sent once, and nobody else", sorted(foreseen), sorted(c.contact for c in sent))
        for command in sent:
            same("who is sent away hears the message of its rule", foreseen[command.contact], command.message)
            why = self.picture.gone[command.contact]
            if why not in (Outcome.CLOSED, Outcome.OVERFLOWED):  # or it was answered, and is held all the same
                why = Outcome.WITHDRAWN
            same("who is sent away hears why", why, command.outcome)

    # ---- the state itself

    def _same_state(self, saved: Saved) -> None:
        picture = self.picture
        ours = {caller.id: _view(caller) for caller in picture.callers.values()}
        live = [contact for contact in saved.contacts.values() if contact.state is not ContactState.ENDED]
        theirs: dict[ContactId, object] = {}
        for contact in live:
            theirs[contact.id] = (
                contact.state,
                contact.offer,
                contact.agent,
                contact.ringing,
                contact.route.rule if contact.route else None,
                contact.needs,
                contact.steps,
                contact.held_for,
                contact.moved_to,
                contact.prioritised,
                contact.overflowed,
                tuple(contact.refused_by),
                contact.in_fallback,
                contact.returning,
                contact.bound,
                contact.talk.state if contact.talk is not None else None,
                contact.identified,
                contact.decisions,
            )
        same("contacts are conserved", ours, theirs)
        over = {contact.id for contact in saved.contacts.values() if contact.state is ContactState.ENDED}
        wrapping = {w.caller.id for w in picture.workers.values() if w.busy is AgentState.WRAP_UP and w.caller}
        wrapping -= picture.callers.keys()  # it goes on without this agent
        same("a contact that is over is kept for its wrap-up only", wrapping, over)
        offers = {
            o.id: (o.state, o.caller.id, o.worker.id if o.worker else None, o.due_ms) for o in picture.offers.values()
        }
        their_offers = {o.id: (o.state, o.contact, o.agent, o.deadline_ms) for o in saved.offers.values()}
        same("live offers are those made and not ended", offers, their_offers)
        same("queues are in the state that they were set to", picture.queue_states, saved.queue_states)
        same("offers are made unless stopped", picture.offering_stopped_by, saved.offering_stopped_by)
        same("the day is the one that began last", picture.day, saved.day)
        self._same_agents(saved)

    def _same_agents(self, saved: Saved) -> None:
        workers = {
            worker.id: (worker.state, worker.caller.id if worker.caller else None)
            for worker in self.picture.workers.values()
        }
        agents = {agent.config.id: (agent.state, agent.contact) for agent in saved.agents.values()}
        same("an agent is RESERVED if and only if a live offer names it", workers, agents)
        figures = {w.id: (w.contacts_today, w.handling_ms, w.ready_ms) for w in self.picture.workers.values()}
        theirs = {a.config.id: (a.contacts_today, a.handling_ms, a.ready_ms) for a in saved.agents.values()}
        same("an agent's figures of the day equal a recount", figures, theirs)
        skills = {w.id: (w.config.skills, w.own_skills, w.skills_by) for w in self.picture.workers.values()}
        same(
            "an agent has the skills that were set last",
            skills,
            {a.config.id: _skills(a) for a in saved.agents.values()},
        )
        seated = [a for a in saved.agents.values() if a.state is not AgentState.LOGGED_OUT and a.config.device.device]
        taken = [a.config.device for a in seated]
        check("no two signed-in agents have one phone", len(taken) == len(set(taken)), taken)
        phones = {w.id: (w.config.device, w.own_device) for w in self.picture.workers.values()}
        same(
            "an agent works at the phone that it has chosen last",
            phones,
            {a.config.id: _phone(a) for a in saved.agents.values()},
        )
        unread = {
            w.id: [m.id for m in self.picture.open_messages() if w.id in m.unread]
            for w in self.picture.workers.values()
        }
        open_ = {agent.config.id: list(agent.messages) for agent in saved.agents.values()}
        same("a message is kept until it is acknowledged", unread, open_)
        turns = _in_turn({worker.id: worker.turns for worker in self.picture.workers.values()})
        same("whose turn it is, is known", turns, _in_turn({a.config.id: a.turns for a in saved.agents.values()}))
        for agent in saved.agents.values():
            told = self._told.get(agent.config.id)
            same("the desktop was told what the agent is", _shown(agent), _shown(told) if told else None)
            if agent.state is AgentState.LOGGED_OUT:
                self._shown_phones.pop(agent.config.id, None)
            else:
                shown = self._shown_phones.setdefault(agent.config.id, agent.config.device)
                same("the desktop was told at which phone the agent works", agent.config.device, shown)
            if agent.state in (AgentState.RESERVED, AgentState.WRAP_UP):
                reserved = agent.state is AgentState.RESERVED
                kind, subject = (TimerKind.OFFER, agent.offer) if reserved else (TimerKind.WRAP_UP, agent.config.id)
                armed = f"{kind.value} {subject}" in saved.timers.armed
                check("each RESERVED and each WRAP_UP has a deadline", armed, agent.config.id)


def _in_turn(turns: dict[AgentId, dict[QueueName, int]]) -> dict[QueueName, list[AgentId]]:
    """For each queue the agents, by their last offer from it."""
    queues = sorted({queue for own in turns.values() for queue in own})
    return {
        queue: [agent for _, agent in sorted((own[queue], agent) for agent, own in turns.items() if queue in own)]
        for queue in queues
    }


def _talk_state(caller: Caller) -> TalkState:
    if caller.dialling:
        return TalkState.DIALLING
    return TalkState.HELD if caller.held else TalkState.CONFERENCE if caller.conference else TalkState.TALKING


def _call_view(caller: Caller) -> tuple[object, ...]:
    held_since_ms = caller.held_since_ms if caller.held else None
    return (caller.id, caller.held, held_since_ms, caller.shown, caller.conference, caller.dialling)


def _shown_call(seen: CallChanged) -> tuple[object, ...]:
    consult = seen.consult.state if seen.consult is not None else None
    return (seen.contact, seen.on_hold, seen.held_since_ms, consult, seen.conference, seen.dialling)


def _view(caller: Caller) -> tuple[object, ...]:
    worker: Worker | None = caller.worker
    return (
        caller.state,
        caller.offer,
        worker.id if worker is not None else None,
        tuple(offer.id for offer in caller.ringing),
        caller.route.rule if caller.route is not None else None,
        caller.needs,
        caller.steps,
        caller.held_for,
        caller.moved_to,
        caller.prioritised,
        caller.overflowed,
        tuple(caller.refused_by),
        caller.in_fallback,
        caller.on_its_way,
        caller.meant_for,
        _talk_state(caller) if worker is not None else None,
        caller.customers is not None,
        caller.decisions,
    )


def _shown(agent: Agent | AgentChanged) -> tuple[object, ...]:
    said = (agent.state, agent.reason, agent.deadline_ms, agent.contact, agent.pending)
    return (*said, agent.set_by, agent.pending_by)


def _phone(agent: Agent) -> tuple[object, ...]:
    choice = agent.device_choice
    return agent.config.device, choice.instead_of if choice is not None else None


def _skills(agent: Agent) -> tuple[object, ...]:
    order = agent.skills_order
    return (
        agent.config.skills,
        order.instead_of if order is not None else None,
        order.by if order is not None else None,
    )

"""What supervisors order, in the auditor's account: states, skills, contacts given, messages.

Written from docs/routing.md and not from the engine: messages are a list with their readers, and their age is looked at
whenever somebody asks.
"""

from abc import abstractmethod
from dataclasses import dataclass, replace

from callcenter.events import AgentNotReady, AgentReady, AgentSignedOut, Event
from callcenter.orders import (
    MESSAGE_LIFE_MS,
    MESSAGES_PER_AGENT,
    OPEN_MESSAGE_LIMIT,
    AgentSkillsSet,
    AgentStateSet,
    ContactGiven,
    DeviceChosen,
    MessageAcknowledged,
    MessageId,
    MessageSent,
)
from callcenter.simulation.account import Caller, LiveOffer, Worker
from callcenter.simulation.seating import Seating
from callcenter.types import AgentConfig, AgentId, AgentState, Configuration, DecisionKind, OfferState, Skill


@dataclass(slots=True)
class Sent:
    """A message with those who have not acknowledged it."""

    id: MessageId
    at_ms: int
    unread: list[AgentId]


class Ordered(Seating):
    def __init__(self) -> None:
        super().__init__()
        self.offering_stopped_by: str | None = None
        self._sent: list[Sent] = []

    @abstractmethod
    def _wish(self, worker: Worker, event: Event) -> None: ...

    @abstractmethod
    def can_ring(self, worker: Worker) -> bool: ...

    @abstractmethod
    def _end_offer(self, offer: LiveOffer, how: OfferState, *, stop: bool, waits_again: bool = True) -> None: ...

    def order(self, event: Event) -> None:
        match event:
            case AgentStateSet():
                self._set_state(event)
            case AgentSkillsSet(agent=agent, skills=skills):
                if agent in self.workers:
                    self._set_skills(self.workers[agent], skills, event.by)
            case ContactGiven(contact=contact, agent=agent, by=by):
                caller, worker = self.callers.get(contact), self.workers.get(agent)
                if (
                    caller is not None
                    and worker is not None
                    and caller.waits
                    and caller.asks is None
                    and self._may_be_given(caller, worker, by)
                ):
                    self._give(caller, worker, by)
            case DeviceChosen():
                self.choose_phone(event)
            case MessageSent():
                self._send(event)
            case MessageAcknowledged(message=message, agent=agent):
                for sent in self.open_messages():
                    if sent.id == message and agent in sent.unread:
                        sent.unread.remove(agent)
            case _:
                pass

    # ---- agents

    def employ_all(self, configuration: Configuration) -> None:
        there = [worker for worker in self.workers.values() if worker.state is not AgentState.LOGGED_OUT]
        before = {worker.id: worker.config.device for worker in there}
        for config in configuration.agents:
            self.employ(config)
        self.seat_anew(before)

    def employ(self, config: AgentConfig) -> None:
        """The configuration says this of an agent; skills that were set hold unless it now says others."""
        worker = self.workers.setdefault(config.id, Worker(config))
        config = self.keep_seat(worker, config)
        if worker.own_skills is not None and worker.own_skills == config.skills:
            config = replace(config, skills=worker.config.skills)
        else:
            worker.own_skills = worker.skills_by = None
        worker.config = config

    def _set_state(self, event: AgentStateSet) -> None:
        worker = self.workers.get(event.agent)
        if worker is None or worker.state is AgentState.LOGGED_OUT:
            return
        if event.state is AgentState.READY and event.reason is None:
            self._wish(worker, AgentReady(event.agent))
        elif event.state is AgentState.LOGGED_OUT and event.reason is None:
            self._wish(worker, AgentSignedOut(event.agent))
        elif event.state is AgentState.NOT_READY and event.reason is not None:
            self._wish(worker, AgentNotReady(event.agent, event.reason))

    @staticmethod
    def _set_skills(worker: Worker, skills: tuple[Skill, ...] | None, by: str) -> None:
        own = worker.own_skills if worker.own_skills is not None else worker.config.skills
        if skills is None:
            worker.config = replace(worker.config, skills=own)
            worker.own_skills = worker.skills_by = None
        elif worker.own_skills is None or skills != worker.config.skills:
            worker.config = replace(worker.config, skills=skills)
            worker.own_skills, worker.skills_by = own, by

    def _may_be_given(self, caller: Caller, worker: Worker, by: str) -> bool:
        device = worker.config.device
        if self.offering_stopped_by is not None or not caller.is_here or device.pbx != caller.arrival.channel.pbx:
            return False
        if caller.queue not in [queue.name for queue in self.rules_of_now.queues]:
            return False
        if by == worker.id:
            return worker.state in (AgentState.READY, AgentState.NOT_READY) and self.can_ring(worker)
        return self.available(worker)

    def _give(self, caller: Caller, worker: Worker, by: str) -> None:
        for offer in list(caller.ringing):
            self._end_offer(offer, OfferState.WITHDRAWN, stop=True)
        if worker.state is AgentState.NOT_READY:
            worker.idle_since_ms = worker.ready_since_ms = self.now_ms  # ready for this instant only
        self.decided(caller, DecisionKind.GIVEN, by)
        caller.given_by = by
        self.foreseen.given[caller.id] = worker.id

    # ---- messages

    def open_messages(self) -> list[Sent]:
        """Those that somebody has not acknowledged, and that are not too old, oldest first."""
        for sent in self._sent:
            sent.unread = [reader for reader in sent.unread if reader in self.workers]
        self._sent = [sent for sent in self._sent if sent.unread and sent.at_ms + MESSAGE_LIFE_MS > self.now_ms]
        return self._sent

    def _send(self, event: MessageSent) -> None:
        before = self.open_messages()
        readers = [
            worker.id
            for worker in self.workers.values()
            if event.everybody or worker.id in event.agents or any(q in event.queues for q in worker.config.queues)
        ]
        if not readers or any(sent.id == event.message for sent in before):
            return
        if len(before) == OPEN_MESSAGE_LIMIT:
            before[0].unread.clear()
        for reader in readers:
            own = [sent for sent in before if reader in sent.unread]
            if len(own) == MESSAGES_PER_AGENT:
                own[0].unread.remove(reader)
        self._sent.append(Sent(event.message, self.now_ms, readers))

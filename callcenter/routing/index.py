"""Who waits and who is free, by kind of contact, so that no decision walks the queue or the floor.

Contacts with the same needs at the same PBX are of one *kind*: whoever may take one of them may take all. Each kind has
a heap of its waiting contacts and a heap of the agents who are free for it. A free agent looks at the heads of the
kinds that it may take, a waiting contact at the head of its kind's agents: the cost grows with the number of kinds,
which the rules bound, and not with the number of contacts or agents. Only `random` looks at each free agent.

Contacts that are kept for an agent wait in a heap of that agent's. Those that an agent has refused are remembered by
agent: it passes over them in their heaps, and gets them only if nobody else could.

The heaps are lazy: an entry is made when somebody begins to wait or comes free, and judged when it comes up. The index
follows from the state and is rebuilt, never saved.
"""

from collections.abc import Callable

from callcenter.lazyheap import LazyHeap
from callcenter.queues.contact import Contact
from callcenter.queues.order import Place, place_of, step_ms
from callcenter.routing.agent import Agent
from callcenter.routing.ranking import Ranking, draw, standing_of
from callcenter.routing.skills import level_for, meets, preferred_had, proficiency
from callcenter.types import (
    AgentId,
    Configuration,
    ContactId,
    Needs,
    PbxName,
)

# A pair of contact and agent: place for this agent, sequence, preferred skills had (negative), rank, idle since, agent.
PairKey = tuple[int, int, int, int, int, AgentId]
# What of an agent's rank in a kind never changes: steps down in its own order, preferred skills had (negative),
# proficiency.
Fit = tuple[int, int, int]
# An agent's entry in a kind: steps, preferred skills (negative), rank, idle since, agent, stamp.
Entry = tuple[int, int, int, int, AgentId, int]


class Kind:
    """One kind of contact: those of it who wait, and the agents who are free for it."""

    def __init__(self, needs: Needs, pbx: PbxName, waiting: LazyHeap[Place], free: LazyHeap[Entry]) -> None:
        self.needs = needs
        self.pbx = pbx
        self.waiting = waiting
        self.free = free

    def fit(self, agent: Agent) -> Fit | None:
        """How the agent fits, None where it may not take such a contact; says nothing of the agent's state."""
        config = agent.config
        level = level_for(config, self.needs.queues)
        if level is None or config.device.pbx != self.pbx or not meets(config.skills, self.needs):
            return None
        return (level - 1, -preferred_had(config.skills, self.needs), proficiency(config.skills, self.needs))


class MatchingIndex:
    """`may_be_offered` says of an agent whether it is free for an offer at this moment."""

    def __init__(
        self,
        configuration: Configuration,
        contacts: dict[ContactId, Contact],
        agents: dict[AgentId, Agent],
        may_be_offered: Callable[[Agent], bool],
    ) -> None:
        self._rankings = {queue.name: Ranking(queue) for queue in configuration.queues}
        self._ageing_ms = configuration.ageing_ms
        self._step_ms = step_ms(configuration.ageing_ms)
        self._seed = configuration.draw_seed
        self._contacts = contacts
        self._agents = agents
        self._may_be_offered = may_be_offered
        self._kinds: dict[tuple[Needs, PbxName], Kind] = {}
        self._takes: dict[AgentId, list[tuple[Kind, Fit]]] = {}  # the kinds that an agent may take
        self._fits: dict[Fit, Fit] = {}  # one object for equal ones: there are many and few differ
        self._placed: dict[ContactId, tuple[Place, LazyHeap[Place]]] = {}  # the entry that a contact has, and where
        self._kept: dict[AgentId, LazyHeap[Place]] = {}
        self._refused: dict[AgentId, dict[ContactId, None]] = {}  # waiting when last looked at
        self._stamps: dict[AgentId, tuple[int, tuple[int, ...]]] = {}  # of the entries that an agent has now
        self._stamp = 0

    # ---- who begins to wait, who comes free

    def contact_waits(self, contact: Contact) -> None:
        """The contact is WAITING, for the first time, again, or otherwise than before."""
        place = place_of(contact, self._ageing_ms)
        if contact.held_for is None:
            heap = self._kind_of(contact).waiting
        else:
            heap = self._kept.setdefault(contact.held_for, self._new_line())
            place = self._kept_place(contact, self._agents[contact.held_for])
        for agent_id in contact.refused_by:
            self._refused.setdefault(agent_id, {})[contact.id] = None
        if self._placed.get(contact.id) == (place, heap):
            return
        self._placed[contact.id] = (place, heap)
        heap.push(place, len(self._contacts))

    def agent_free(self, agent: Agent) -> None:
        """The agent may be offered something from now on."""
        standing = standing_of(agent)
        before = self._stamps.get(agent.config.id)
        if before is not None and before[1] == standing:
            return
        self._stamp += 1
        self._stamps[agent.config.id] = (self._stamp, standing)
        for kind, fit in self._kinds_of(agent):
            kind.free.head()  # what is untrue is mostly older, so it goes here
            kind.free.push(self._entry(kind, fit, agent), len(self._agents))

    def agent_changed(self, agent: Agent) -> None:
        """The agent's skills are others: what was worked out about it is forgotten."""
        self._takes.pop(agent.config.id, None)
        self._stamps.pop(agent.config.id, None)

    # ---- who gets whom

    def first_contact(self, agent: Agent) -> tuple[PairKey, Contact] | None:
        """The earliest contact that the agent, who is free, may take, and the place of the pair among all pairs."""
        agent_id = agent.config.id
        refused = self._refused.get(agent_id)
        best: tuple[int, int] | None = None
        found: tuple[Kind, Fit, ContactId] | None = None
        for kind, fit in self._kinds_of(agent):
            place = kind.waiting.smallest
            if place is None or (best is not None and (place[0] + fit[0] * self._step_ms, place[1]) > best):
                continue  # even if it were true
            place = kind.waiting.head(refused or (), key=2)
            if place is not None:
                here = (place[0] + fit[0] * self._step_ms, place[1])
                if best is None or here < best:
                    best, found = here, (kind, fit, place[2])
        if refused is not None:
            for contact, kind, fit in self._refused_by(agent, refused):
                place = place_of(contact, self._ageing_ms)
                here = (place[0] + fit[0] * self._step_ms, place[1])
                if best is None or here < best:
                    best, found = here, (kind, fit, contact.id)
        kept = self._first_kept(agent_id)
        if kept is not None and (best is None or kept[:2] < best):
            kind = self._kind_of(self._contacts[kept[2]])
            best, found = kept[:2], (kind, self._fit(kind, agent), kept[2])
        if best is None or found is None:
            return None
        kind, fit, contact_id = found
        contact = self._contacts[contact_id]
        return (*best, *self._order(kind, fit, agent, contact)), contact

    def best_agent(self, contact: Contact) -> tuple[PairKey, Agent] | None:
        """The agent, free now, who comes first for the contact, and the place of the pair among all pairs."""
        kind = self._kind_of(contact)
        if contact.held_for is not None:
            return self._pair(kind, contact, self._agents.get(contact.held_for))
        best = self._best_of_others(kind, contact)
        if best is None:
            pairs = [self._pair(kind, contact, self._agents.get(agent_id)) for agent_id in contact.refused_by]
            best = min((pair for pair in pairs if pair is not None), default=None, key=_key)
        return best

    def has_refused(self, agent: Agent) -> bool:
        """Whether contacts may be waiting that the agent has refused."""
        return agent.config.id in self._refused

    def kinds(self) -> list[Kind]:
        """Every kind of contact that has been seen since the index was made."""
        return list(self._kinds.values())

    def pair_key(self, contact: Contact, agent: Agent) -> PairKey | None:
        """The place of a pair among all pairs, whatever their states; None where the agent may not take the contact."""
        kind = self._kind_of(contact)
        fit = kind.fit(agent)
        if fit is None:
            return None
        place = place_of(contact, self._ageing_ms)
        return (place[0] + fit[0] * self._step_ms, place[1], *self._order(kind, fit, agent, contact))

    def _best_of_others(self, kind: Kind, contact: Contact) -> tuple[PairKey, Agent] | None:
        """The best of those who are free and have not refused the contact."""
        free, refused = kind.free, contact.refused_by
        if self._rankings[kind.needs.queues[0]].is_drawn:
            others = {entry[4]: None for entry in free if entry[4] not in refused and self._is_free(free, entry)}
            pairs = [self._pair(kind, contact, self._agents[agent_id]) for agent_id in others]
            return min((pair for pair in pairs if pair is not None), default=None, key=_key)
        entry = free.head(refused, key=4)
        return None if entry is None else self._pair(kind, contact, self._agents[entry[4]])

    def _pair(self, kind: Kind, contact: Contact, agent: Agent | None) -> tuple[PairKey, Agent] | None:
        if agent is None or not self._may_be_offered(agent):
            return None
        key = self.pair_key(contact, agent)
        return None if key is None else (key, agent)

    def _order(self, kind: Kind, fit: Fit, agent: Agent, contact: Contact) -> tuple[int, int, int, AgentId]:
        """What decides between agents for whom the contact has the same place."""
        ranking = self._rankings[kind.needs.queues[0]]
        if ranking.is_drawn:
            rank = draw(self._seed, contact.id, contact.offers_made + 1, agent.config.id)
        else:
            rank = ranking.rank(agent, fit[2])
        return (fit[1], rank, agent.idle_since_ms, agent.config.id)

    def _entry(self, kind: Kind, fit: Fit, agent: Agent) -> Entry:
        rank = self._rankings[kind.needs.queues[0]].rank(agent, fit[2])
        return (fit[0], fit[1], rank, agent.idle_since_ms, agent.config.id, self._stamps[agent.config.id][0])

    # ---- contacts that do not wait where all of their kind do

    def _first_kept(self, agent_id: AgentId) -> Place | None:
        heap = self._kept.get(agent_id)
        if heap is None:
            return None
        place = heap.head()
        if place is None:
            del self._kept[agent_id]
        return place

    def _kept_place(self, contact: Contact, agent: Agent) -> Place:
        """The place for the one agent that it is kept for."""
        place = place_of(contact, self._ageing_ms)
        return (place[0] + self._fit(self._kind_of(contact), agent)[0] * self._step_ms, place[1], place[2])

    def _fit(self, kind: Kind, agent: Agent) -> Fit:
        fit = kind.fit(agent)
        assert fit is not None, f"a contact is kept for {agent.config.id}, who may not take it"
        return fit

    def _refused_by(self, agent: Agent, refused: dict[ContactId, None]) -> list[tuple[Contact, Kind, Fit]]:
        """The waiting contacts that this agent has refused and that nobody else could have now.

        Those that wait no more are forgotten.
        """
        found = []
        for contact_id in list(refused):
            contact = self._contacts.get(contact_id)
            if contact is None or not contact.to_be_offered:
                del refused[contact_id]
            elif contact.held_for is None:
                kind = self._kind_of(contact)
                fit = kind.fit(agent)
                if fit is not None and kind.free.head(contact.refused_by, key=4) is None:
                    found.append((contact, kind, fit))
        if not refused:
            del self._refused[agent.config.id]
        return found

    # ---- what is true

    def _waits(self, heap: LazyHeap[Place], place: Place) -> bool:
        contact = self._contacts.get(place[2])
        if contact is None or not contact.to_be_offered:
            return False
        return self._placed.get(place[2]) == (place, heap)

    def _is_free(self, heap: LazyHeap[Entry], entry: Entry) -> bool:
        stamp = self._stamps.get(entry[4])
        agent = self._agents.get(entry[4])
        return stamp is not None and stamp[0] == entry[5] and agent is not None and self._may_be_offered(agent)

    def _forget_place(self, heap: LazyHeap[Place], place: Place) -> None:
        if self._placed.get(place[2]) == (place, heap):
            del self._placed[place[2]]

    def _forget_entry(self, heap: LazyHeap[Entry], entry: Entry) -> None:
        """One entry of the agent's is gone: should it come free with the same standing, it needs all of them anew."""
        stamp = self._stamps.get(entry[4])
        if stamp is not None and stamp[0] == entry[5]:
            del self._stamps[entry[4]]

    # ---- kinds

    def _new_line(self) -> LazyHeap[Place]:
        return LazyHeap(self._waits, self._forget_place)

    def _kind_of(self, contact: Contact) -> Kind:
        assert contact.needs is not None
        key = (contact.needs, contact.channel.pbx)
        kind = self._kinds.get(key)
        if kind is None:
            free = LazyHeap(self._is_free, self._forget_entry)
            kind = self._kinds[key] = Kind(*key, self._new_line(), free)
            for agent_id, kinds in self._takes.items():
                agent = self._agents.get(agent_id)
                fit = None if agent is None else kind.fit(agent)
                if agent is not None and fit is not None:
                    kinds.append((kind, self._fits.setdefault(fit, fit)))
                    if agent_id in self._stamps:
                        kind.free.push(self._entry(kind, fit, agent), len(self._agents))
        return kind

    def _kinds_of(self, agent: Agent) -> list[tuple[Kind, Fit]]:
        kinds = self._takes.get(agent.config.id)
        if kinds is None:
            fits = [(kind, kind.fit(agent)) for kind in self._kinds.values()]
            kinds = [(kind, self._fits.setdefault(fit, fit)) for kind, fit in fits if fit is not None]
            self._takes[agent.config.id] = kinds
        return kinds


def _key(pair: tuple[PairKey, Agent]) -> PairKey:
    return pair[0]

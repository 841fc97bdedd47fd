"""Who waits and who is free, by kind of contact, so that no decision walks the queue or the floor.

Contacts that ask for the same queue, PBX and skills are of one *kind*: whoever may take one of them may take all. Each
kind has a heap of its waiting contacts and a heap of the agents who are free for it. A free agent looks at the heads of
the kinds that it may take, a waiting contact at the head of its kind's agents: the cost grows with the number of kinds,
which the rules bound, and not with the number of contacts or agents.

The heaps are lazy: an entry is made when somebody begins to wait or comes free, and judged when it comes up. The index
follows from the state and is rebuilt, never saved.
"""

from collections.abc import Callable

from callcenter.lazyheap import LazyHeap
from callcenter.queues.contact import Contact
from callcenter.queues.order import Place, place_of
from callcenter.routing.agent import Agent, satisfies
from callcenter.types import AgentId, ContactId, ContactState, PbxName, QueueName, Skill

Rank = tuple[int, AgentId]
KindKey = tuple[QueueName, PbxName, tuple[Skill, ...]]


def longest_idle(agent: Agent) -> Rank:
    """Smaller is sooner: who has been idle longest comes first."""
    return (agent.idle_since_ms, agent.config.id)


class Kind:
    """One kind of contact: those of it who wait, and the agents who are free for it."""

    def __init__(self, key: KindKey) -> None:
        self.key = key
        self.waiting: LazyHeap[Place] = LazyHeap()
        self.free: LazyHeap[Rank] = LazyHeap()

    def suits(self, agent: Agent) -> bool:
        """Queue, PBX and skills fit; says nothing of the agent's state."""
        queue, pbx, skills = self.key
        config = agent.config
        return queue in config.queues and pbx == config.device.pbx and satisfies(config.skills, skills)


class MatchingIndex:
    """`may_be_offered` says of an agent whether it is free for an offer at this moment."""

    def __init__(
        self,
        contacts: dict[ContactId, Contact],
        agents: dict[AgentId, Agent],
        may_be_offered: Callable[[Agent], bool],
    ) -> None:
        self._contacts = contacts
        self._agents = agents
        self._may_be_offered = may_be_offered
        self._kinds: dict[KindKey, Kind] = {}
        self._takes: dict[AgentId, list[Kind]] = {}  # the kinds that an agent may take
        self._placed: dict[ContactId, tuple[KindKey, Place]] = {}  # the entry that a contact has
        self._ranked: dict[AgentId, Rank] = {}  # the entries that an agent has, in all its kinds

    # ---- who begins to wait, who comes free

    def contact_waits(self, contact: Contact) -> None:
        """The contact is WAITING, for the first time, again, or by another route."""
        kind = self._kind(_key(contact))
        entry = (kind.key, place_of(contact))
        if self._placed.get(contact.id) == entry:
            return
        self._placed[contact.id] = entry
        kind.waiting.push(entry[1])
        kind.waiting.sweep(len(self._contacts), lambda place: self._waits(kind, place), self._forget_place)

    def agent_free(self, agent: Agent) -> None:
        """The agent may be offered something from now on."""
        rank = longest_idle(agent)
        if self._ranked.get(agent.config.id) == rank:
            return
        self._ranked[agent.config.id] = rank
        for kind in self._kinds_of(agent):
            kind.free.push(rank)
            kind.free.head(self._is_free, self._forget_rank)  # what is untrue is mostly older, so it goes here
            kind.free.sweep(len(self._agents), self._is_free, self._forget_rank)

    # ---- who gets whom

    def first_contact(self, agent: Agent) -> Contact | None:
        """The earliest contact, across all kinds, that the agent may take."""
        earliest: Place | None = None
        for kind in self._kinds_of(agent):
            place = kind.waiting.head(lambda entry, kind=kind: self._waits(kind, entry), self._forget_place)  # type: ignore[misc]
            if place is not None and (earliest is None or place < earliest):
                earliest = place
        return None if earliest is None else self._contacts[earliest[3]]

    def best_agent(self, contact: Contact) -> Agent | None:
        """The agent, free now, who has been idle longest among those who may take the contact."""
        rank = self._kind(_key(contact)).free.head(self._is_free, self._forget_rank)
        return None if rank is None else self._agents[rank[1]]

    def kinds(self) -> list[Kind]:
        """Every kind of contact that has been seen since the index was made."""
        return list(self._kinds.values())

    # ---- what is true

    def _waits(self, kind: Kind, place: Place) -> bool:
        contact = self._contacts.get(place[3])
        if contact is None or contact.state is not ContactState.WAITING:
            return False
        return place_of(contact) == place and _key(contact) == kind.key

    def _is_free(self, rank: Rank) -> bool:
        agent = self._agents.get(rank[1])
        return agent is not None and longest_idle(agent) == rank and self._may_be_offered(agent)

    def _forget_place(self, place: Place) -> None:
        if self._placed.get(place[3], (None, None))[1] == place:
            del self._placed[place[3]]

    def _forget_rank(self, rank: Rank) -> None:
        """One entry of the agent's is gone: should it come free with the same rank, it needs all of them anew."""
        if self._ranked.get(rank[1]) == rank:
            del self._ranked[rank[1]]

    # ---- kinds

    def _kind(self, key: KindKey) -> Kind:
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = Kind(key)
            for agent_id, kinds in self._takes.items():
                if agent_id in self._agents and kind.suits(self._agents[agent_id]):
                    kinds.append(kind)
                    if agent_id in self._ranked:
                        kind.free.push(self._ranked[agent_id])
        return kind

    def _kinds_of(self, agent: Agent) -> list[Kind]:
        kinds = self._takes.get(agent.config.id)
        if kinds is None:
            kinds = self._takes[agent.config.id] = [kind for kind in self._kinds.values() if kind.suits(agent)]
        return kinds


def _key(contact: Contact) -> KindKey:
    assert contact.route is not None
    return (contact.route.queue, contact.channel.pbx, contact.route.skills)

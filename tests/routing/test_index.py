"""The index gives what a walk over all contacts and agents would give, whatever came and went before."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from callcenter.queues.contact import Contact
from callcenter.queues.order import place_of
from callcenter.routing.agent import Agent
from callcenter.routing.index import MatchingIndex
from callcenter.routing.ranking import draw
from callcenter.routing.skills import needs_of
from callcenter.types import (
    AgentConfig,
    AgentId,
    ChannelRef,
    Configuration,
    ContactId,
    ContactState,
    DeviceRef,
    PbxName,
    QueueConfig,
    QueueName,
    Route,
    Skill,
    SkillName,
    Strategy,
    Tier,
)

PBX = PbxName("main")
QUEUES = (QueueName("general"), QueueName("sales"))
NAMES = tuple(AgentId(f"a{number}") for number in range(4))
LEVELS = st.integers(1, 3)
AGEING_MS = 3


def contact(
    name: str,
    arrived_ms: int,
    sequence: int,
    priority: int = 0,
    queue: QueueName = QUEUES[0],
    skills: tuple[Skill, ...] = (),
) -> Contact:
    one = Contact(
        ContactId(name),
        ChannelRef(PBX, name),
        caller=None,
        caller_name="",
        dialled="",
        account=None,
        intent=None,
        language=None,
        arrived_ms=arrived_ms,
        sequence=sequence,
        tier=Tier("gold"),
        state=ContactState.WAITING,
    )
    _route(one, queue, priority, skills)
    return one


def _route(one: Contact, queue: QueueName, priority: int, skills: tuple[Skill, ...]) -> None:
    one.route = Route(queue, priority, skills, "rule", "because", preferred=(Skill(SkillName("s"), 3),))
    one.needs = needs_of(one.route)


def agent(name: str, level: int, queues: tuple[QueueName, ...], own_order: tuple[int, int] = (1, 1)) -> Agent:
    skills = (Skill(SkillName("s"), level),)
    levels = dict(zip(QUEUES, own_order, strict=True))
    return Agent(AgentConfig(AgentId(name), name, DeviceRef(PBX, name), skills, queues, levels))


def configuration(*strategies: Strategy) -> Configuration:
    queues = tuple(
        QueueConfig(name, 20_000, 0, 20_000, strategy, ranked=(NAMES[2], NAMES[0]))
        for name, strategy in zip(QUEUES, strategies, strict=True)
    )
    return Configuration((Tier("gold"),), Tier("gold"), QUEUES[0], queues, (), (), ageing_ms=AGEING_MS, draw_seed=7)


def _requires(level: int) -> tuple[Skill, ...]:
    return (Skill(SkillName("s"), level),) if level > 1 else ()


class IndexAgainstWalk(RuleBasedStateMachine):
    """Contacts wait, are offered, come back, are refused and kept, move and end; agents come, go and work."""

    @initialize(strategies=st.tuples(st.sampled_from(Strategy), st.sampled_from(Strategy)))
    def begin(self, strategies: tuple[Strategy, Strategy]) -> None:
        self.strategies = dict(zip(QUEUES, strategies, strict=True))
        self.contacts: dict[ContactId, Contact] = {}
        self.agents: dict[AgentId, Agent] = {}
        self.free: set[AgentId] = set()
        self.clock = 0
        made = configuration(*strategies)
        self.index = MatchingIndex(made, self.contacts, self.agents, lambda agent: agent.config.id in self.free)
        for number, level in enumerate((1, 2, 3, 3)):
            self.agents[NAMES[number]] = agent(NAMES[number], level, QUEUES[: 1 + number % 2], (1, 1 + number // 2))

    def _tick(self) -> int:
        self.clock += 1
        return self.clock

    def _pick(self, pick: int) -> Contact | None:
        return list(self.contacts.values())[pick % len(self.contacts)] if self.contacts else None

    @rule(level=LEVELS, priority=st.integers(0, 2), queue=st.sampled_from(QUEUES))
    def arrive(self, level: int, priority: int, queue: QueueName) -> None:
        number = self._tick()
        one = contact(f"c{number}", number // 2, number, priority, queue, _requires(level))
        self.contacts[one.id] = one
        self.index.contact_waits(one)

    @rule(pick=st.integers(0, 99), refused_by=st.sampled_from([None, *NAMES]))
    def offered_and_back(self, pick: int, refused_by: AgentId | None) -> None:
        one = self._pick(pick)
        if one is None:
            return
        if one.state is ContactState.WAITING:
            one.state = ContactState.OFFERED
            one.offers_made += 1
        else:
            one.state = ContactState.WAITING
            if refused_by is not None:
                one.refused_by[refused_by] = None
                one.held_for = None if one.held_for == refused_by else one.held_for
            self.index.contact_waits(one)

    @rule(name=st.sampled_from(NAMES), device=st.sampled_from(["", "desk", "own"]))
    def choose_phone(self, name: AgentId, device: str) -> None:
        """Another phone of the same PBX: the index need not be told. Without one nothing is offered."""
        one = self.agents[name]
        one.config = replace(one.config, device=DeviceRef(PBX, device))
        if not device:
            self.free.discard(name)

    @rule(pick=st.integers(0, 99), level=LEVELS, priority=st.integers(0, 2))
    def routed_again(self, pick: int, level: int, priority: int) -> None:
        one = self._pick(pick)
        if one is not None:
            _route(one, QUEUES[pick % 2], priority, _requires(level))
            one.held_for = None
            if one.state is ContactState.WAITING:
                self.index.contact_waits(one)

    @rule(pick=st.integers(0, 99), name=st.sampled_from([None, *NAMES]))
    def kept_or_let_go(self, pick: int, name: AgentId | None) -> None:
        one = self._pick(pick)
        if one is not None and (name is None or (_suits(self.agents[name], one) and name not in one.refused_by)):
            one.held_for = name
            if one.state is ContactState.WAITING:
                self.index.contact_waits(one)

    @rule(pick=st.integers(0, 99))
    def ends(self, pick: int) -> None:
        if self.contacts:
            del self.contacts[list(self.contacts)[pick % len(self.contacts)]]

    @rule(name=st.sampled_from(NAMES), worked=st.booleans(), answered=st.booleans(), queue=st.sampled_from(QUEUES))
    def comes_free(self, name: AgentId, worked: bool, answered: bool, queue: QueueName) -> None:
        one = self.agents[name]
        if worked:
            one.idle_since_ms = self._tick()
            one.handling_ms += 1 + self.clock % 7
        if answered:
            one.contacts_today += 1
            one.turns[queue] = self._tick()
            one.ready_ms += self.clock % 5
        self.free.add(name)
        self.index.agent_free(one)

    @rule(name=st.sampled_from(NAMES))
    def is_taken(self, name: AgentId) -> None:
        self.free.discard(name)

    @invariant()
    def same_as_a_walk(self) -> None:
        if not hasattr(self, "agents"):
            return
        waiting = [one for one in self.contacts.values() if one.state is ContactState.WAITING]
        for one in self.agents.values():
            pairs = [self._key(c, one) for c in waiting if _may_have(one, c) and not self._is_for_others(c, one)]
            first = self.index.first_contact(one)
            assert (None if first is None else first[0]) == min(pairs, default=None)
            assert first is None or first[0] == self._key(first[1], one)
        for c in waiting:
            free = [one for one in self._free_for(c) if not self._is_for_others(c, one)]
            best = self.index.best_agent(c)
            assert (None if best is None else best[0]) == min((self._key(c, one) for one in free), default=None)
            assert best is None or best[0] == self._key(c, best[1])

    def _free_for(self, c: Contact) -> list[Agent]:
        return [one for one in self.agents.values() if one.config.id in self.free and _may_have(one, c)]

    def _is_for_others(self, c: Contact, one: Agent) -> bool:
        """Whether the agent has refused it and somebody who is free has not."""
        others = [other for other in self._free_for(c) if other.config.id not in c.refused_by]
        return one.config.id in c.refused_by and bool(others)

    def _key(self, c: Contact, one: Agent) -> tuple[object, ...]:
        assert c.route is not None
        queue = c.route.queue
        steps = one.config.levels[queue] - 1
        place = c.arrived_ms - c.route.priority * AGEING_MS + steps * 100 * AGEING_MS
        level = one.config.skills[0].level
        rank = {
            Strategy.LONGEST_IDLE: 0,
            Strategy.LEAST_OCCUPIED: one.handling_ms * 1_000_000 // max(1, one.handling_ms + one.ready_ms),
            Strategy.FEWEST_CONTACTS: one.contacts_today,
            Strategy.MOST_PROFICIENT: -level if c.route.skills else 0,
            Strategy.LEAST_FLEXIBLE: 1,
            Strategy.ROUND_ROBIN: one.turns.get(queue, 0),
            Strategy.RANKED: {NAMES[2]: 0, NAMES[0]: 1}.get(one.config.id, 2),
            Strategy.RANDOM: draw(7, c.id, c.offers_made + 1, one.config.id),
        }[self.strategies[queue]]
        return (place, c.sequence, -1 if level >= 3 else 0, rank, one.idle_since_ms, one.config.id)


def _may_have(one: Agent, c: Contact) -> bool:
    return _suits(one, c) and c.held_for in (None, one.config.id)


def _suits(one: Agent, c: Contact) -> bool:
    assert c.route is not None
    level = one.config.skills[0].level
    return c.route.queue in one.config.queues and all(level >= need.level for need in c.route.skills)


TestIndexAgainstWalk = IndexAgainstWalk.TestCase
TestIndexAgainstWalk.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)


def test_heaps_stay_small_however_often_an_agent_comes_free() -> None:
    one = agent("a", 3, QUEUES)
    agents = {one.config.id: one}
    contacts: dict[ContactId, Contact] = {}
    index = MatchingIndex(configuration(Strategy.LONGEST_IDLE, Strategy.LONGEST_IDLE), contacts, agents, lambda _: True)
    waiting = contact("c", 1, 1)
    contacts[waiting.id] = waiting
    index.contact_waits(waiting)
    index.agent_free(one)
    for now in range(10_000):
        one.idle_since_ms = now
        index.agent_free(one)
    assert sum(len(kind.free) for kind in index.kinds()) < 100
    best = index.best_agent(waiting)
    assert best is not None
    assert best[1] is one


def test_who_waits_and_is_refused_again_and_again_stays_in_place() -> None:
    """Refusals of contacts that are gone are forgotten, and none of those who wait is lost."""
    one, other = agent("a", 3, QUEUES), agent("b", 3, QUEUES)
    contacts: dict[ContactId, Contact] = {}
    agents = {one.config.id: one, other.config.id: other}
    free = {one.config.id, other.config.id}
    made = configuration(Strategy.LONGEST_IDLE, Strategy.LONGEST_IDLE)
    index = MatchingIndex(made, contacts, agents, lambda agent: agent.config.id in free)
    index.agent_free(one)
    index.agent_free(other)
    for number in range(200):
        c = contact(f"c{number}", number, number)
        contacts[c.id] = c
        c.refused_by[one.config.id] = None
        index.contact_waits(c)
        best = index.best_agent(c)
        assert best is not None
        assert best[1] is other
        if number % 2:
            del contacts[c.id]
    oldest = min(contacts.values(), key=lambda c: place_of(c, AGEING_MS))
    assert index.first_contact(one) is None
    free.remove(other.config.id)
    first = index.first_contact(one)
    assert first is not None
    assert first[1] is oldest
    assert len(index._refused[one.config.id]) == len(contacts)

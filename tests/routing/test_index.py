"""The index gives what a walk over all contacts and agents would give, whatever came and went before."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from callcenter.queues.contact import Contact
from callcenter.queues.order import place_of
from callcenter.routing.agent import Agent, satisfies
from callcenter.routing.index import MatchingIndex, longest_idle
from callcenter.types import (
    AgentConfig,
    AgentId,
    ChannelRef,
    ContactId,
    ContactState,
    DeviceRef,
    PbxName,
    QueueName,
    Route,
    Skill,
    SkillName,
    Tier,
)

PBX = PbxName("main")
QUEUES = (QueueName("general"), QueueName("sales"))
LEVELS = st.integers(1, 3)


def contact(
    name: str,
    arrived_ms: int,
    sequence: int,
    priority: int = 0,
    queue: QueueName = QUEUES[0],
    skills: tuple[Skill, ...] = (),
) -> Contact:
    return Contact(
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
        route=Route(queue, priority, skills, "rule", "because"),
    )


def agent(name: str, level: int, queues: tuple[QueueName, ...], idle_since_ms: int = 0) -> Agent:
    skills = (Skill(SkillName("s"), level),)
    config = AgentConfig(AgentId(name), name, DeviceRef(PBX, name), skills, queues)
    return Agent(config, idle_since_ms=idle_since_ms)


def _requires(level: int) -> tuple[Skill, ...]:
    return (Skill(SkillName("s"), level),) if level > 1 else ()


class IndexAgainstWalk(RuleBasedStateMachine):
    """Contacts wait, are offered, come back, move and end; agents come free, are taken, and go."""

    @initialize()
    def begin(self) -> None:
        self.contacts: dict[ContactId, Contact] = {}
        self.agents: dict[AgentId, Agent] = {}
        self.free: set[AgentId] = set()
        self.clock = 0
        self.index = MatchingIndex(self.contacts, self.agents, lambda agent: agent.config.id in self.free)
        for number, level in enumerate((1, 2, 3, 3)):
            one = agent(f"a{number}", level, QUEUES[: 1 + number % 2])
            self.agents[one.config.id] = one

    def _tick(self) -> int:
        self.clock += 1
        return self.clock

    @rule(level=LEVELS, priority=st.integers(0, 2), queue=st.sampled_from(QUEUES))
    def arrive(self, level: int, priority: int, queue: QueueName) -> None:
        number = self._tick()
        one = contact(f"c{number}", number // 2, number, priority, queue, _requires(level))
        self.contacts[one.id] = one
        self.index.contact_waits(one)

    @rule(pick=st.integers(0, 99))
    def offered_and_back(self, pick: int) -> None:
        if self.contacts:
            one = list(self.contacts.values())[pick % len(self.contacts)]
            if one.state is ContactState.WAITING:
                one.state = ContactState.OFFERED
            else:
                one.state = ContactState.WAITING
                self.index.contact_waits(one)

    @rule(pick=st.integers(0, 99), level=LEVELS, priority=st.integers(0, 2))
    def routed_again(self, pick: int, level: int, priority: int) -> None:
        if self.contacts:
            one = list(self.contacts.values())[pick % len(self.contacts)]
            one.route = Route(QUEUES[pick % 2], priority, _requires(level), "other", "because")
            if one.state is ContactState.WAITING:
                self.index.contact_waits(one)

    @rule(pick=st.integers(0, 99))
    def ends(self, pick: int) -> None:
        if self.contacts:
            del self.contacts[list(self.contacts)[pick % len(self.contacts)]]

    @rule(name=st.sampled_from(["a0", "a1", "a2", "a3"]), worked=st.booleans())
    def comes_free(self, name: str, worked: bool) -> None:
        one = self.agents[AgentId(name)]
        if worked:
            one.idle_since_ms = self._tick()
        self.free.add(one.config.id)
        self.index.agent_free(one)

    @rule(name=st.sampled_from(["a0", "a1", "a2", "a3"]))
    def is_taken(self, name: str) -> None:
        self.free.discard(AgentId(name))

    @invariant()
    def same_as_a_walk(self) -> None:
        if not hasattr(self, "agents"):
            return
        waiting = [one for one in self.contacts.values() if one.state is ContactState.WAITING]
        for one in self.agents.values():
            takes = [c for c in waiting if _suits(one, c)]
            assert self.index.first_contact(one) is min(takes, key=place_of, default=None)
        for c in waiting:
            free = [one for one in self.agents.values() if one.config.id in self.free and _suits(one, c)]
            assert self.index.best_agent(c) is min(free, key=longest_idle, default=None)


def _suits(one: Agent, c: Contact) -> bool:
    assert c.route is not None
    return c.route.queue in one.config.queues and satisfies(one.config.skills, c.route.skills)


TestIndexAgainstWalk = IndexAgainstWalk.TestCase
TestIndexAgainstWalk.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_heaps_stay_small_however_often_an_agent_comes_free() -> None:
    one = agent("a", 3, QUEUES)
    agents = {one.config.id: one}
    contacts: dict[ContactId, Contact] = {}
    index = MatchingIndex(contacts, agents, lambda _: True)
    waiting = contact("c", 1, 1)
    contacts[waiting.id] = waiting
    index.contact_waits(waiting)
    index.agent_free(one)
    for now in range(10_000):
        one.idle_since_ms = now
        index.agent_free(one)
    assert sum(len(kind.free) for kind in index.kinds()) < 100
    assert index.best_agent(waiting) is one

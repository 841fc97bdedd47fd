"""Each strategy's order of agents."""

from collections import Counter

import pytest

from callcenter.routing.agent import Agent
from callcenter.routing.ranking import Ranking, draw, occupancy, standing_of
from callcenter.types import AgentId, ContactId, QueueConfig, QueueName, Strategy
from tests.routing.test_index import QUEUES, agent

SALES = QueueName("sales")


def crew() -> list[Agent]:
    """Three agents who differ in everything that a strategy looks at."""
    anna, bob, cleo = agent("anna", 1, QUEUES), agent("bob", 2, QUEUES), agent("cleo", 3, QUEUES)
    anna.handling_ms, anna.ready_ms, anna.contacts_today, anna.turns = 600, 400, 1, {SALES: 9}
    bob.handling_ms, bob.ready_ms, bob.contacts_today, bob.turns = 0, 0, 3, {}
    cleo.handling_ms, cleo.ready_ms, cleo.contacts_today, cleo.turns = 100, 900, 2, {SALES: 4}
    return [anna, bob, cleo]


@pytest.mark.parametrize(
    ("strategy", "order"),
    [
        (Strategy.LEAST_OCCUPIED, ["bob", "cleo", "anna"]),
        (Strategy.FEWEST_CONTACTS, ["anna", "cleo", "bob"]),
        (Strategy.MOST_PROFICIENT, ["cleo", "bob", "anna"]),
        (Strategy.ROUND_ROBIN, ["bob", "cleo", "anna"]),
        (Strategy.RANKED, ["cleo", "anna", "bob"]),
    ],
)
def test_order(strategy: Strategy, order: list[str]) -> None:
    queue = QueueConfig(SALES, 1, 1, 1, strategy, ranked=(AgentId("cleo"), AgentId("anna")))
    ranking = Ranking(queue)
    ranked = sorted(crew(), key=lambda one: ranking.rank(one, one.config.skills[0].level))
    assert [one.config.id for one in ranked] == order


def test_who_has_few_skills_comes_first_so_that_the_others_stay_free() -> None:
    ranking = Ranking(QueueConfig(SALES, 1, 1, 1, Strategy.LEAST_FLEXIBLE))
    assert ranking.rank(agent("a", 1, QUEUES), 0) == 1


def test_occupancy_is_handling_over_handling_and_ready_in_millionths() -> None:
    anna, bob, cleo = crew()
    assert (occupancy(anna), occupancy(bob), occupancy(cleo)) == (600_000, 0, 100_000)


def test_a_draw_is_the_same_again_and_even_over_many() -> None:
    """A hash, so no agent is drawn more often than another but by chance: 3,000 draws among three, 1,000 ± 5 sigma."""
    agents = [AgentId(name) for name in ("anna", "bob", "cleo")]
    assert draw(1, ContactId("c"), 1, agents[0]) == draw(1, ContactId("c"), 1, agents[0])
    won = Counter(
        min(agents, key=lambda name: draw(5, ContactId(f"main-{number}.1"), 1, name)) for number in range(3_000)
    )
    assert all(abs(won[name] - 1_000) < 130 for name in agents)
    assert draw(1, ContactId("c"), 1, agents[0]) != draw(2, ContactId("c"), 1, agents[0])
    assert draw(1, ContactId("c"), 1, agents[0]) != draw(1, ContactId("c"), 2, agents[0])


def test_whatever_a_strategy_looks_at_is_in_the_standing() -> None:
    one = agent("anna", 1, QUEUES)
    before = standing_of(one)
    for name in ("idle_since_ms", "handling_ms", "ready_ms", "contacts_today"):
        setattr(one, name, 1)
        assert standing_of(one) != before
        setattr(one, name, 0)
    one.turns[SALES] = 1
    assert standing_of(one) != before

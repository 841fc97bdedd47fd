"""What is drawn of supervisors' orders: of every kind, about people who are there and people who are not."""

from collections import Counter
from random import Random

from callcenter.orders import (
    AgentSkillsSet,
    AgentStateSet,
    ContactGiven,
    ListenAsked,
    ListenMode,
    ListenStopped,
    MessageAcknowledged,
    MessageSent,
)
from callcenter.simulation.ordering import draw_order
from callcenter.types import AgentState, ContactId
from tests.playbook import agent, configuration

CONFIG = configuration(agent("ada"), agent("bob"))
ORDERS = [draw_order(Random(seed), ContactId("anna"), CONFIG) for seed in range(600)]


def test_every_kind_of_order_is_given() -> None:
    assert set(map(type, ORDERS)) >= {
        AgentSkillsSet,
        AgentStateSet,
        ContactGiven,
        ListenAsked,
        ListenStopped,
        MessageAcknowledged,
        MessageSent,
    }
    assert {order.mode for order in ORDERS if isinstance(order, ListenAsked)} == set(ListenMode)


def test_some_make_no_sense() -> None:
    agents = Counter(order.agent for order in ORDERS if isinstance(order, ContactGiven))
    assert set(agents) == {"ada", "bob", "nobody"}
    assert any(order.by == order.agent for order in ORDERS if isinstance(order, ContactGiven))
    assert any(order.state is AgentState.TALKING for order in ORDERS if isinstance(order, AgentStateSet))


def test_the_same_seed_orders_the_same() -> None:
    assert [draw_order(Random(seed), ContactId("anna"), CONFIG) for seed in range(50)] == ORDERS[:50]

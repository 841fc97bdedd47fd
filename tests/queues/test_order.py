"""The order of waiting: priority, then age, then arrival; across queues as one."""

import pytest

from callcenter.queues.contact import Contact
from callcenter.queues.order import WaitingOrder
from callcenter.types import ChannelRef, ContactId, PbxName, QueueName, Route, Tier

GENERAL, SALES = QueueName("general"), QueueName("sales")


def _contact(name: str, arrived_ms: int, sequence: int, priority: int = 0, queue: QueueName = GENERAL) -> Contact:
    channel = ChannelRef(PbxName("pbx1"), name)
    route = Route(queue, priority, (), "rule", "because")
    return Contact(
        ContactId(name),
        channel,
        caller=None,
        caller_name="",
        dialled="",
        account=None,
        intent=None,
        language=None,
        arrived_ms=arrived_ms,
        sequence=sequence,
        tier=Tier("gold"),
        route=route,
    )


def _order(*contacts: Contact) -> WaitingOrder:
    order = WaitingOrder()
    for contact in contacts:
        order.add(contact)
    return order


def test_higher_priority_first_then_longer_waiting_then_earlier_to_arrive() -> None:
    order = _order(
        _contact("late", 200, 4),
        _contact("twin", 100, 3),
        _contact("early", 100, 2),
        _contact("urgent", 300, 5, priority=10),
        _contact("sinking", 1, 1, priority=-1),
    )
    assert list(order.of(GENERAL)) == ["urgent", "early", "twin", "late", "sinking"]


def test_queues_are_one_order_for_an_agent_who_serves_several() -> None:
    order = _order(_contact("a", 1, 1), _contact("b", 2, 2, queue=SALES), _contact("c", 3, 3, priority=5, queue=SALES))
    assert list(order.across((GENERAL, SALES))) == ["c", "a", "b"]
    assert list(order.across((GENERAL, QueueName("empty")))) == ["a"]


def test_removing_takes_just_that_one() -> None:
    twins = [_contact(name, 1, number) for number, name in enumerate("abc")]
    order = _order(*twins)
    order.remove(twins[1])
    assert list(order.of(GENERAL)) == ["a", "c"]


def test_removing_what_is_not_there_raises() -> None:
    order = _order(_contact("a", 1, 1))
    with pytest.raises(KeyError, match="contact b is not waiting in queue general"):
        order.remove(_contact("b", 1, 2))
    with pytest.raises(KeyError, match="queue sales"):
        order.remove(_contact("a", 1, 1, queue=SALES))

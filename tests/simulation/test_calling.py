"""The account of agents' orders notices what the engine does wrong with a call."""

from typing import Any

import pytest

from callcenter.call_commands import ConferCallers, FetchCaller, HoldCaller, ReleaseCaller, ReturnCaller, RingNumber
from callcenter.commands import CallChanged, RecordSegment, StopRinging
from callcenter.events import (
    CallConsulted,
    CallerReturned,
    CallHeld,
    CallTransferred,
    ConsultCancelled,
    ConsultCompleted,
    ConsultConferred,
    Event,
)
from callcenter.simulation.promises import BrokenInvariantError
from callcenter.talks import Target
from callcenter.types import AgentId, ContactId, LegEnd, QueueName
from tests.playbook import (
    Distort,
    Playbook,
    agent,
    answered,
    changed,
    configuration,
    feed_distorted,
    leg_ended,
    queue,
    talking,
    without,
)

ADA, ANNA = AgentId("ada"), ContactId("anna")
HOLD, BACK = CallHeld(ADA, ANNA, True), CallHeld(ADA, ANNA, False)
TO_BOB = CallConsulted(ADA, ANNA, Target(agent=AgentId("bob")))
SALES = CallTransferred(ADA, ANNA, Target(queue=QueueName("sales")))
NUMBER = CallTransferred(ADA, ANNA, Target(number="+491"))


def story(*before: Event) -> Playbook:
    queues = (queue("general"), queue("sales"))
    told = talking(configuration(agent("ada"), agent("bob", "sales"), queues=queues))
    return told.at(2_000, *before) if before else told


WRONG: list[tuple[tuple[Event, ...], Event, Distort, str]] = [
    ((), HOLD, without(HoldCaller), "who talks is moved as the agent orders"),
    ((), HOLD, changed(HoldCaller, number=0), "an order that moves a caller has a higher number"),
    ((), HOLD, without(CallChanged), "the desktop was told of the agent's call"),
    ((), HOLD, without(RecordSegment), "each stretch of talk and of hold is recorded"),
    ((HOLD,), BACK, without(FetchCaller), "who talks is moved as the agent orders"),
    ((HOLD,), leg_ended("anna.1", LegEnd.HUNG_UP), without(ReleaseCaller), "who talks is moved as the agent orders"),
    ((), SALES, without(ReturnCaller), "who talks is moved as the agent orders"),
    ((), SALES, without(StopRinging), "a phone that should not ring is stopped"),
    ((NUMBER,), CallerReturned(ANNA), without(RingNumber), "a number is called if somebody is handed on to it"),
    ((TO_BOB, answered("anna-c1.1")), ConsultConferred(ADA, ANNA), without(ConferCallers), "who talks is moved"),
    ((TO_BOB, answered("anna-c1.1")), ConsultCompleted(ADA, ANNA), without(FetchCaller), "who talks is moved"),
    ((TO_BOB, answered("anna-c1.1")), ConsultCancelled(ADA, ANNA), without(StopRinging), "a phone that should not"),
]


@pytest.mark.parametrize(("before", "event", "distort", "invariant"), WRONG)
def test_a_wrong_order_is_noticed(before: tuple[Event, ...], event: Event, distort: Any, invariant: str) -> None:
    told = story(*before)
    with pytest.raises(BrokenInvariantError, match=invariant):
        feed_distorted(told, distort, event)

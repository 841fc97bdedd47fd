"""The account of agents who call notices what the engine does wrong."""

from typing import Any

import pytest

from callcenter.call_commands import DialCustomer, FetchCaller, RingOwnPhone, StopDialling
from callcenter.commands import RecordSegment, StopRinging
from callcenter.events import CallDialled, ContactArrived, Event, NumberFailed
from callcenter.simulation.promises import BrokenInvariantError
from callcenter.types import AgentId, ChannelRef, ContactId, LegEnd
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    answered,
    configuration,
    feed_distorted,
    leg_ended,
    without,
)

OUT, CHANNEL = ContactId("pbx1-out-1"), ChannelRef(PBX, "out")
DIAL = CallDialled(AgentId("ada"), OUT, CHANNEL, "+491")
ANSWERED = answered("pbx1-out-1.1")
THERE = ContactArrived(OUT, CHANNEL, "+491", "", "+491", outbound=True)


@pytest.mark.parametrize(
    ("before", "event", "distort", "invariant"),
    [
        ((), DIAL, without(RingOwnPhone), "who calls is rung"),
        ((DIAL,), ANSWERED, without(DialCustomer), "who calls is rung"),
        ((DIAL, ANSWERED), THERE, without(FetchCaller), "who talks is moved"),
        ((DIAL, ANSWERED), THERE, without(RecordSegment), "each stretch of talk"),
        ((DIAL, ANSWERED), NumberFailed(OUT, LegEnd.BUSY), without(StopRinging), "a phone that should not ring"),
        ((DIAL, ANSWERED), leg_ended("pbx1-out-1.1", LegEnd.HUNG_UP), without(StopDialling), "who calls is rung"),
    ],
)
def test_a_wrong_call_is_noticed(before: tuple[Event, ...], event: Event, distort: Any, invariant: str) -> None:
    story = Playbook.open(configuration(agent("ada")))
    if before:
        story.at(1_000, *before)
    with pytest.raises(BrokenInvariantError, match=invariant):
        feed_distorted(story, distort, event)

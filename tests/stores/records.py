"""Records for the tests of the contact log."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from callcenter.commands import RecordContact, RecordDecision, RecordDisposition, RecordSegment
from callcenter.types import (
    AgentId,
    ChannelRef,
    ContactId,
    DecisionKind,
    OfferId,
    Outcome,
    PbxName,
    QueueName,
    SegmentKind,
    Tier,
)

_CONTACT = RecordContact(
    contact=ContactId("c1"),
    channel=ChannelRef(PbxName("main"), "1700000000.1"),
    caller="+12125550123",
    caller_name="Ann",
    dialled="800",
    account=None,
    intent=None,
    language=None,
    customer=None,
    tier=Tier("gold"),
    queue=QueueName("sales"),
    priority=20,
    rule="gold sales",
    because="tier is gold",
    agent=AgentId("ann"),
    outcome=Outcome.ANSWERED,
    arrived_ms=1_000,
    connected_ms=4_000,
    ended_ms=9_000,
    waited_ms=3_000,
    offers=1,
    service_level_ms=20_000,
)


def contact(id_: str, **changes: Any) -> RecordContact:
    return replace(_CONTACT, contact=ContactId(id_), **changes)


def segment(id_: str, number: int = 1, **changes: Any) -> RecordSegment:
    record = RecordSegment(
        contact=ContactId(id_),
        number=number,
        kind=SegmentKind.OFFER,
        started_ms=1_000,
        ended_ms=4_000,
        queue=QueueName("sales"),
        agent=AgentId("ann"),
        offer=OfferId("o1"),
        result="accepted",
    )
    return replace(record, **changes)


def disposition(id_: str, code: str | None = "resolved", handled_ms: int = 12_000) -> RecordDisposition:
    return RecordDisposition(ContactId(id_), AgentId("ann"), QueueName("sales"), code, handled_ms)


def decision(id_: str, number: int = 1, **changes: Any) -> RecordDecision:
    record = RecordDecision(
        contact=ContactId(id_),
        number=number,
        kind=DecisionKind.MOVED,
        at_ms=2_000,
        queue=QueueName("support"),
        priority=20,
        words="moved from sales to support",
        by="greta",
    )
    return replace(record, **changes)


async def until(condition: Callable[[], object], what: str, deadline_s: float = 20.0) -> None:
    """Wait for a condition that no event announces; fail with `what` at the deadline."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + deadline_s
    while not condition():
        assert loop.time() < end_s, f"waited {deadline_s:g} s in vain for: {what}"
        await asyncio.sleep(0.01)

"""What the writer of the contact log is given in `benchmarks.reports`: contacts that come one after the other."""

from collections.abc import Iterator

from callcenter.commands import RecordContact, RecordDisposition, RecordSegment
from callcenter.facts import RecordPart, RecordVisit, VisitEnd
from callcenter.stores.codec import Record
from callcenter.talks import Direction
from callcenter.types import (
    AgentId,
    ChannelRef,
    ContactId,
    OfferId,
    Outcome,
    PbxName,
    QueueName,
    SegmentKind,
    Tier,
)

QUEUES, AGENTS = 20, 1_000
BETWEEN_MS = 100  # ten contacts a second


def batches(from_ms: int, count: int, size: int) -> Iterator[list[Record]]:
    """So many batches of so many records, a contact's in the order in which the core tells them."""
    waiting: list[Record] = []
    number = 0
    for _ in range(count):
        while len(waiting) < size:
            waiting += records_of(number, from_ms + number * BETWEEN_MS)
            number += 1
        yield waiting[:size]
        waiting = waiting[size:]


def records_of(number: int, at_ms: int) -> list[Record]:
    contact, agent = ContactId(f"new-{at_ms // 1_000}.{number}"), AgentId(f"agent{number * 7 % AGENTS}")
    queue, tier, entry = QueueName(f"queue{number * 13 % QUEUES}"), Tier("gold"), "+4930123000"
    answered_ms, ended_ms = at_ms + 8_000, at_ms + 188_000
    begun = RecordVisit(contact, 1, queue, tier, entry, at_ms, at_ms, 20_000, 5_000, False)
    visit = RecordVisit(
        contact, 1, queue, tier, entry, at_ms, at_ms, 20_000, 5_000, False,
        answered_ms, VisitEnd.ANSWERED, 8_000, agent,
    )  # fmt: skip
    offer = OfferId(f"o{number}")
    return [
        begun,
        RecordSegment(contact, 1, SegmentKind.WAITING, at_ms, answered_ms, queue, None, None, None),
        RecordSegment(contact, 2, SegmentKind.OFFER, answered_ms - 3_000, answered_ms, queue, agent, offer, "accepted"),
        visit,
        RecordSegment(contact, 3, SegmentKind.TALK, answered_ms, ended_ms, queue, agent, offer, None),
        RecordContact(
            contact, ChannelRef(PbxName("main"), f"{at_ms // 1_000}.{number}"), f"+4930{10_000_000 + number}", "",
            entry, None, None, None, None, tier, queue, 20, "by tier", "tier is gold", agent, Outcome.ANSWERED, at_ms,
            answered_ms, ended_ms, 8_000, 1, 20_000,
        ),
        RecordPart(
            contact, 1, agent, queue, tier, entry, Direction.IN, answered_ms, ended_ms + 20_000, 3_000, 180_000, 0,
            20_000, 0, 0, None, "resolved",
        ),
        RecordDisposition(contact, agent, queue, "resolved", 200_000),
    ]  # fmt: skip

"""A morning that can be counted by hand: seven callers, two agents, Monday, 2 November 2026, in Berlin.

    08:00:00  c1  gold      sales    answered by ann after 5 s: 2:00 talk, 0:30 hold, 0:30 wrap-up
    08:05:00  c2  standard  sales    hangs up after 40 s
    08:10:00  c3  standard  sales    hangs up after 3 s: a short one
    08:20:00  c4  standard  sales    overflows after 60 s to support: answered by bob after 2:00 in all, 2:00 talk
    08:31:00  c5  gold      support  answered by bob after 25 s; he asks ann, and hands it on to sales at 08:35:00,
                                     where ann answers after 10 s: 1:00 talk
    08:40:00  c7  standard  sales    moved to support after 15 s by a supervisor, and hangs up there, 30 s after it came
    08:58:00  c6  standard  sales    waits still

The threshold of service level is 20 s, that of short abandons 5 s. c1 and c5 are Ann's neighbour, who had called on
Friday; c4 calls from a number that nobody knows, from which c7 comes too.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.facts import HandedTo, RecordPart, RecordStretch, RecordVisit, VisitEnd
from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch
from callcenter.talks import Direction
from callcenter.types import AgentId, AgentState, ContactId, OfferState, Outcome, QueueName, Tier
from tests.stores.records import contact, segment

BERLIN = "Europe/Berlin"
DAY = "2026-11-02"
SERVICE_LEVEL_MS, SHORT_ABANDON_MS = 20_000, 5_000
NUMBER, NEIGHBOUR = "+4930111", 7


def at(clock: str, day: str = DAY) -> int:
    return round(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(BERLIN)).timestamp() * 1_000)


NOW_MS = at("09:00:00")


def visit(contact_id: str, queue: str, began: str, **changes: Any) -> RecordVisit:
    began_ms = at(began)
    known: dict[str, Any] = {
        "contact": ContactId(contact_id),
        "number": 1,
        "queue": QueueName(queue),
        "tier": Tier("standard"),
        "entry": "8001",
        "began_ms": began_ms,
        "queued_ms": began_ms,
        "service_level_ms": SERVICE_LEVEL_MS,
        "short_abandon_ms": SHORT_ABANDON_MS,
        "after_transfer": False,
    }
    return RecordVisit(**(known | changes))


def left(began: RecordVisit, outcome: VisitEnd, after_s: int, agent: str | None = None) -> RecordVisit:
    """The same visit, over; `after_s` counts from its own beginning."""
    ended_ms = began.began_ms + after_s * 1_000
    names = {name: getattr(began, name) for name in began.__slots__}
    by = None if agent is None else AgentId(agent)
    names |= {"ended_ms": ended_ms, "outcome": outcome, "waited_ms": ended_ms - began.queued_ms, "agent": by}
    return RecordVisit(**names)


def part(contact_id: str, agent: str, queue: str, began: str, **changes: Any) -> RecordPart:
    known: dict[str, Any] = {
        "contact": ContactId(contact_id),
        "number": 1,
        "agent": AgentId(agent),
        "queue": QueueName(queue),
        "tier": Tier("standard"),
        "entry": "8001",
        "direction": Direction.IN,
        "began_ms": at(began),
        "ring_ms": 4_000,
        "talk_ms": 120_000,
        "hold_ms": 0,
        "wrap_up_ms": 30_000,
        "consult_ms": 0,
        "consults": 0,
        "transfer": None,
        "disposition": None,
    }
    known |= changes
    spent_ms = known["talk_ms"] + known["hold_ms"] + known["wrap_up_ms"]
    return RecordPart(ended_ms=known["began_ms"] + spent_ms, **known)


def stretches(agent: str, *steps: tuple[str, AgentState | None, str | None]) -> Iterator[RecordStretch]:
    """From each moment on the state that is named; None: signed out."""
    for number, (began, state, reason) in enumerate(steps, 1):
        if state is None:
            return
        begin = RecordStretch(AgentId(agent), number, at(began), state, reason)
        yield begin
        if number < len(steps):
            yield RecordStretch(AgentId(agent), number, at(began), state, reason, at(steps[number][0]))


def records() -> list[Record]:
    gold = {"tier": Tier("gold")}
    sales_4 = visit("c4", "sales", "08:20:00")
    support_4 = visit("c4", "support", "08:21:00", number=2, queued_ms=at("08:20:00"))
    support_5 = visit("c5", "support", "08:31:00", **gold)
    sales_5 = visit("c5", "sales", "08:35:00", number=2, after_transfer=True, **gold)
    sales_7 = visit("c7", "sales", "08:40:00")
    support_7 = visit("c7", "support", "08:40:15", number=2, queued_ms=at("08:40:00"))
    visits = [
        left(visit("c1", "sales", "08:00:00", **gold), VisitEnd.ANSWERED, 5, "ann"),
        left(visit("c2", "sales", "08:05:00"), VisitEnd.ABANDONED, 40),
        left(visit("c3", "sales", "08:10:00"), VisitEnd.ABANDONED, 3),
        left(sales_4, VisitEnd.OVERFLOWED, 60),
        left(support_4, VisitEnd.ANSWERED, 60, "bob"),
        left(support_5, VisitEnd.ANSWERED, 25, "bob"),
        left(sales_5, VisitEnd.ANSWERED, 10, "ann"),
        left(sales_7, VisitEnd.OTHER, 15),
        left(support_7, VisitEnd.ABANDONED, 15),
        visit("c6", "sales", "08:58:00"),
    ]
    handed = {"consults": 1, "consult_ms": 20_000, "transfer": HandedTo.QUEUE}
    parts = [
        part("c1", "ann", "sales", "08:00:05", hold_ms=30_000, disposition="sold", **gold),
        part("c4", "bob", "support", "08:22:00", disposition="solved"),
        part("c5", "bob", "support", "08:31:25", talk_ms=180_000, hold_ms=35_000, wrap_up_ms=10_000, **handed, **gold),
        part("c5", "ann", "sales", "08:35:10", number=2, talk_ms=60_000, disposition="sold", **gold),
    ]
    ready, talking, wrap_up = AgentState.READY, AgentState.TALKING, AgentState.WRAP_UP
    times = [
        *stretches(
            "ann",
            ("07:50:00", ready, None),
            ("08:00:05", talking, None),
            ("08:02:35", wrap_up, None),
            ("08:03:05", ready, None),
            ("08:35:10", talking, None),
            ("08:36:10", wrap_up, None),
            ("08:36:40", AgentState.NOT_READY, "lunch"),
        ),
        *stretches(
            "bob",
            ("07:55:00", ready, None),
            ("08:22:00", talking, None),
            ("08:24:00", wrap_up, None),
            ("08:24:30", ready, None),
            ("08:31:25", talking, None),
            ("08:35:00", wrap_up, None),
            ("08:35:10", ready, None),
            ("08:50:00", None, None),
        ),
    ]
    return [*visits, *parts, *times, *_offers(), *_contacts()]


def _offers() -> Iterator[Record]:
    ends = [
        ("c1", "ann", "sales", "08:00:01", 4, OfferState.ACCEPTED),
        ("c2", "bob", "sales", "08:05:01", 15, OfferState.EXPIRED),
        ("c2", "ann", "sales", "08:05:20", 2, OfferState.DECLINED),
        ("c4", "bob", "support", "08:21:56", 4, OfferState.ACCEPTED),
        ("c5", "bob", "support", "08:31:21", 4, OfferState.ACCEPTED),
        ("c5", "ann", "sales", "08:35:06", 4, OfferState.ACCEPTED),
        ("c7", "bob", "sales", "08:40:10", 5, OfferState.WITHDRAWN),
    ]
    for number, (id_, agent, queue, began, seconds, end) in enumerate(ends, 1):
        yield segment(
            id_,
            number,
            agent=AgentId(agent),
            queue=QueueName(queue),
            started_ms=at(began),
            ended_ms=at(began) + seconds * 1_000,
            result=end.value,
        )


def _contacts() -> Iterator[Record]:
    yield contact("c0", customer=NEIGHBOUR, caller="+4930999", arrived_ms=at("16:00:00", "2026-10-30"))
    ended: list[tuple[str, str, str, Outcome, str | None, dict[str, Any]]] = [
        ("c1", "08:00:00", "sales", Outcome.ANSWERED, "ann", {"tier": Tier("gold"), "customer": NEIGHBOUR}),
        ("c2", "08:05:00", "sales", Outcome.ABANDONED, None, {"caller": "+4930222"}),
        ("c3", "08:10:00", "sales", Outcome.ABANDONED, None, {"caller": "+4930333"}),
        ("c4", "08:20:00", "support", Outcome.ANSWERED, "bob", {"caller": NUMBER}),
        ("c5", "08:31:00", "sales", Outcome.ANSWERED, "ann", {"tier": Tier("gold"), "customer": NEIGHBOUR}),
        ("c7", "08:40:00", "support", Outcome.ABANDONED, None, {"caller": NUMBER}),
        ("o1", "08:45:00", "sales", Outcome.ANSWERED, "bob", {"caller": NUMBER, "direction": Direction.OUT}),
    ]
    for id_, arrived, queue, outcome, agent, others in ended:
        known: dict[str, Any] = {"tier": Tier("standard"), "caller": None, "customer": None, "dialled": "8001"}
        yield contact(
            id_,
            arrived_ms=at(arrived),
            queue=QueueName(queue),
            outcome=outcome,
            agent=None if agent is None else AgentId(agent),
            **(known | others),
        )


async def fill(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await write_batch(connection, records(), lambda caller: caller)

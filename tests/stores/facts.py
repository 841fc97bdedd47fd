"""Facts made up by a seed, as a core could say them, and what all figures must be by a recount in plain Python."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from callcenter.commands import RecordSegment
from callcenter.facts import HandedTo, RecordPart, RecordStretch, RecordVisit, VisitEnd
from callcenter.stores.codec import Record
from callcenter.talks import Direction
from callcenter.types import AgentId, AgentState, ContactId, QueueName, SegmentKind, Tier
from tests.stores.records import segment

QUARTER = 900_000
MONDAY = 1_700_000_100_000 - 1_700_000_100_000 % QUARTER
QUEUES, TIERS, ENTRIES, AGENTS = ("sales", "support"), ("gold", "standard"), ("800", "801"), ("ann", "bob", "cid")
ENDS = ("accepted", "declined", "expired", "withdrawn", "failed")
STATES = (AgentState.READY, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP, AgentState.NOT_READY)


def visit(contact: str, number: int = 1, **changes: Any) -> RecordVisit:
    values: dict[str, Any] = {
        "queue": QueueName("sales"),
        "tier": Tier("gold"),
        "entry": "800",
        "began_ms": MONDAY,
        "queued_ms": MONDAY,
        "service_level_ms": 20_000,
        "short_abandon_ms": 5_000,
        "after_transfer": False,
    }
    return RecordVisit(ContactId(contact), number, **(values | changes))


def ended(contact: str, number: int = 1, how: VisitEnd = VisitEnd.ANSWERED, **changes: Any) -> RecordVisit:
    return visit(contact, number, **({"ended_ms": MONDAY + 9_000, "outcome": how, "waited_ms": 9_000} | changes))


def part(contact: str, number: int = 1, **changes: Any) -> RecordPart:
    values: dict[str, Any] = {
        "agent": AgentId("ann"),
        "queue": QueueName("sales"),
        "tier": Tier("gold"),
        "entry": "800",
        "direction": Direction.IN,
        "began_ms": MONDAY + 9_000,
        "ended_ms": MONDAY + 69_000,
        "ring_ms": 4_000,
        "talk_ms": 40_000,
        "hold_ms": 15_000,
        "wrap_up_ms": 5_000,
        "consult_ms": 0,
        "consults": 0,
        "transfer": None,
        "disposition": "resolved",
    }
    return RecordPart(ContactId(contact), number, **(values | changes))


def stretch(agent: str, number: int, began_ms: int, state: AgentState, ended_ms: int | None = None) -> RecordStretch:
    reason = "lunch" if state is AgentState.NOT_READY else None
    return RecordStretch(AgentId(agent), number, began_ms, state, reason, ended_ms)


def made_up(seed: int) -> list[Record]:
    """Some hours of a small center, each record in the order in which the core would say it."""
    draw = random.Random(seed)
    told: list[tuple[int, int, Record]] = []

    def tell(at_ms: int, record: Record) -> None:
        told.append((at_ms, len(told), record))

    for number in range(60):
        _contact(draw, f"c{number}", MONDAY + draw.randrange(8 * QUARTER), tell)
    for agent in AGENTS:
        _shift(draw, agent, tell)
    return [record for _, _, record in sorted(told, key=lambda one: one[:2])]


def _contact(draw: random.Random, contact: str, at_ms: int, tell: Any) -> None:
    queued_ms = at_ms
    for number in range(1, draw.choice((1, 1, 2, 3)) + 1):
        where: dict[str, Any] = {
            "queue": QueueName(draw.choice(QUEUES)),
            "tier": Tier(draw.choice(TIERS)),
            "entry": draw.choice(ENTRIES),
            "began_ms": at_ms,
            "queued_ms": queued_ms,
        }
        tell(at_ms, visit(contact, number, **(where | {"tier": Tier("standard")})))
        if draw.random() < 0.1:
            return
        at_ms += draw.choice((0, draw.randrange(10_000), draw.randrange(2 * QUARTER)))
        how = draw.choice(list(VisitEnd))
        tell(at_ms, ended(contact, number, how, **where, ended_ms=at_ms, waited_ms=at_ms - queued_ms))
        offer = {"started_ms": at_ms - 1_000, "ended_ms": at_ms, "agent": AgentId(draw.choice(AGENTS))}
        tell(at_ms, segment(contact, number, **offer, queue=where["queue"], result=draw.choice(ENDS)))
        if how is not VisitEnd.ANSWERED:
            continue
        talk, hold, wrap = (draw.randrange(QUARTER) for _ in range(3))
        over_ms = at_ms + talk + hold + wrap
        record = part(
            contact,
            number,
            agent=offer["agent"],
            **{name: where[name] for name in ("queue", "tier", "entry")},
            direction=draw.choice((Direction.IN, Direction.IN, Direction.OUT)),
            began_ms=at_ms,
            ended_ms=over_ms,
            talk_ms=talk,
            hold_ms=hold,
            wrap_up_ms=wrap,
            consults=draw.randrange(3),
            transfer=draw.choice((None, *HandedTo)),
        )
        tell(over_ms, record)
        at_ms = queued_ms = over_ms


def _shift(draw: random.Random, agent: str, tell: Any) -> None:
    at_ms, number = MONDAY + draw.randrange(QUARTER), 0
    while at_ms < MONDAY + 9 * QUARTER:
        number += 1
        began_ms, state = at_ms, draw.choice(STATES)
        tell(began_ms, stretch(agent, number, began_ms, state))
        if draw.random() < 0.1:
            continue  # in the same millisecond another one
        at_ms += draw.choice((1, draw.randrange(1, 60_000), draw.randrange(1, 4 * QUARTER)))
        tell(at_ms, stretch(agent, number, began_ms, state, at_ms))
        if draw.random() < 0.2:
            at_ms += draw.randrange(1, QUARTER)  # signed out
    if draw.random() < 0.7:
        tell(at_ms, stretch(agent, number + 1, at_ms, AgentState.READY))


# ---- the recount

Table = dict[tuple[Any, ...], dict[str, int]]


def recount(records: Iterable[Record]) -> tuple[Table, Table, Table]:
    """By queues, by agents, by stretches: what the tables of figures must have, zeros left out."""
    queues: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    agents: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    stretches: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    visits: dict[tuple[str, int], RecordVisit] = {}
    latest: dict[tuple[str, int], RecordStretch] = {}
    for record in records:
        match record:
            case RecordVisit():
                if record.ended_ms is not None or (record.contact, record.number) not in visits:
                    visits[record.contact, record.number] = record
            case RecordPart():
                at_ms = record.began_ms - record.began_ms % QUARTER
                _add_part(queues[at_ms, record.queue, record.tier, record.entry], record)
                _add_part(agents[at_ms, record.agent, record.queue], record)
                if record.direction is Direction.IN:
                    agents[at_ms, record.agent, record.queue]["ring_ms"] += record.ring_ms
            case RecordSegment(kind=SegmentKind.OFFER, agent=agent, result=result) if agent and result:
                agents[record.ended_ms - record.ended_ms % QUARTER, agent, record.queue][result] += 1
            case RecordStretch():
                latest[record.agent, record.began_ms] = record
            case _:
                pass
    for one in visits.values():
        _add_visit(queues[one.began_ms - one.began_ms % QUARTER, one.queue, one.tier, one.entry], one)
    for now in latest.values():
        _add_stretch(stretches, now)
    return _plain(queues), _plain(agents), _plain(stretches)


def _add_visit(figures: Counter[str], one: RecordVisit) -> None:
    figures["offered"] += 1
    if one.waited_ms is None:
        figures["waiting"] += 1
        return
    figures["longest_wait_ms"] = max(figures["longest_wait_ms"], one.waited_ms)
    within = one.waited_ms <= one.service_level_ms
    if one.outcome is VisitEnd.ANSWERED:
        figures.update(answered=1, answered_within=int(within), answer_wait_ms=one.waited_ms)
    elif one.outcome is VisitEnd.ABANDONED:
        short = one.waited_ms < one.short_abandon_ms
        figures.update(abandoned_within=int(within), short_abandoned=int(short), abandoned=int(not short))
        figures["abandon_wait_ms"] += 0 if short else one.waited_ms
    else:
        figures["overflowed" if one.outcome is VisitEnd.OVERFLOWED else "others"] += 1


def _add_part(figures: Counter[str], one: RecordPart) -> None:
    if one.direction is Direction.OUT:
        figures.update(out_parts=1, out_ms=one.ended_ms - one.began_ms)
        return
    figures.update(parts=1, talk_ms=one.talk_ms, hold_ms=one.hold_ms, wrap_up_ms=one.wrap_up_ms)
    figures.update(consults=one.consults, transfers=int(one.transfer is not None))


def _add_stretch(stretches: dict[tuple[Any, ...], Counter[str]], one: RecordStretch) -> None:
    at_ms = one.began_ms
    while one.ended_ms is not None and at_ms < one.ended_ms:
        until_ms = min(one.ended_ms, at_ms - at_ms % QUARTER + QUARTER)
        stretches[at_ms - at_ms % QUARTER, one.agent, one.state.value, one.reason or ""]["ms"] += until_ms - at_ms
        at_ms = until_ms


def _plain(figures: dict[tuple[Any, ...], Counter[str]]) -> Table:
    return {key: {name: value for name, value in of.items() if value} for key, of in figures.items()}

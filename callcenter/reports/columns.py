"""What a report says: its kinds, what each can be grouped by, and its columns, each with its formula.

The one idea: a column is a function of sums. What is added up over rows are counts and times, never shares or means, so
the same formula gives a row, a row of longer intervals, and the total. What cannot be said is None: a service level of
no callers is nothing, and not 0 %.

Times are integer milliseconds, shares are from 0 to 1.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from callcenter.queues.service_level import TERMS, Formula
from callcenter.types import AgentState

Sums = Mapping[str, int]
Value = int | float | None


class Kind(StrEnum):
    QUEUES = "queues"
    AGENTS = "agents"
    DISPOSITIONS = "dispositions"
    CUSTOMERS = "customers"


class Group(StrEnum):
    QUEUE = "queue"
    TIER = "tier"
    ENTRY = "entry"
    AGENT = "agent"
    DISPOSITION = "disposition"


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    MS = "ms"


# In this order the columns of the groups come, whatever the order in which they were asked for.
POSSIBLE: Mapping[Kind, tuple[Group, ...]] = {
    Kind.QUEUES: (Group.QUEUE, Group.TIER, Group.ENTRY),
    Kind.AGENTS: (Group.AGENT, Group.QUEUE),
    Kind.DISPOSITIONS: (Group.QUEUE, Group.TIER, Group.ENTRY, Group.AGENT, Group.DISPOSITION),
    Kind.CUSTOMERS: (Group.QUEUE, Group.TIER, Group.ENTRY, Group.AGENT, Group.DISPOSITION),
}
USUAL_GROUPS: Mapping[Kind, tuple[Group, ...]] = {
    Kind.QUEUES: (Group.QUEUE,),
    Kind.AGENTS: (Group.AGENT,),
    Kind.DISPOSITIONS: (Group.DISPOSITION,),
    Kind.CUSTOMERS: (),
}
ALWAYS: Mapping[Kind, tuple[Group, ...]] = {Kind.DISPOSITIONS: (Group.DISPOSITION,)}
_WHY_NOT = {
    (Kind.QUEUES, Group.AGENT): "who hung up had no agent",
    (Kind.QUEUES, Group.DISPOSITION): "who hung up has no disposition",
    (Kind.AGENTS, Group.TIER): "an agent's time and offers are of no tier",
    (Kind.AGENTS, Group.ENTRY): "an agent's time and offers are of no entry",
    (Kind.AGENTS, Group.DISPOSITION): "an agent's time and offers have no disposition",
}


class GroupError(ValueError):
    """The report cannot be grouped so. Its text says how it can be."""


def groups_of(kind: Kind, asked: Iterable[str] | None) -> tuple[Group, ...]:
    """Those that were asked for, in the order of the columns; None: the usual ones. Raises GroupError."""
    if asked is None:
        return USUAL_GROUPS[kind]
    names = [name.strip() for name in asked if name.strip()]
    for name in names:
        if name not in list(Group):
            raise GroupError(f"{name[:40]!r} is nothing to group by. {_possible(kind)}")
        group = Group(name)
        if group not in POSSIBLE[kind]:
            others = ", ".join(other for other in Kind if group in POSSIBLE[other])
            why = _WHY_NOT[kind, group]
            raise GroupError(
                f"The report `{kind}` cannot be grouped by {group}: {why}. {_possible(kind)}; by {group} can: {others}"
            )
    return tuple(group for group in POSSIBLE[kind] if group in names or group in ALWAYS.get(kind, ()))


def _possible(kind: Kind) -> str:
    return f"`{kind}` can be grouped by any of: {', '.join(POSSIBLE[kind])}"


@dataclass(frozen=True, slots=True)
class Column:
    """`formula` is for people. `brief`: it is in the table for the terminal, too, where there is little room."""

    key: str
    heading: str
    unit: Unit
    formula: str
    of: Callable[[Sums], Value]
    brief: bool = True
    drawn: bool = False  # on the page with plots


def share(part: int, of: int) -> float | None:
    return part / of if of else None


def mean(total: int, count: int) -> int | None:
    return round(total / count) if count else None


# ---- queues

COUNTS_OF_QUEUES = (
    "offered", "answered", "answered_within", "answer_wait_ms", "abandoned", "abandon_wait_ms", "short_abandoned",
    "abandoned_within", "overflowed", "others", "waiting", "parts", "talk_ms", "hold_ms", "wrap_up_ms", "transfers",
    "consults", "out_parts", "out_ms",
)  # fmt: skip
LONGEST = "longest_wait_ms"  # of several the longest, where others are added up


def _level(formula: Formula) -> Callable[[Sums], Value]:
    """As `service_level` has it, on sums: of a month by half-hours it is asked a hundred thousand times and more."""
    met, all_ = TERMS[formula]

    def of(sums: Sums) -> Value:
        return share(sum([sums[term] for term in met]), sum([sums[term] for term in all_]))

    return of


def _terms(formula: Formula) -> str:
    met, of = (" + ".join(term.replace("_", " ") for term in terms) for terms in TERMS[formula])
    return f"({met}) ÷ ({of})"


def _count(key: str, heading: str, formula: str, *, brief: bool = True, drawn: bool = False) -> Column:
    return Column(key, heading, Unit.COUNT, formula, lambda sums: sums[key], brief, drawn)


def _mean(key: str, heading: str, formula: str, total: str, count: str, *, brief: bool = True) -> Column:
    return Column(key, heading, Unit.MS, formula, lambda sums: mean(sums[total], sums[count]), brief, key == "asa_ms")


def _of_parts(*, brief: bool = True) -> tuple[Column, ...]:
    return (
        _count("parts", "parts", "agents' parts in contacts that came in, counted when they began", brief=brief),
        Column(
            "aht_ms", "AHT", Unit.MS, "(talk + hold + wrap-up) ÷ parts",
            lambda sums: mean(sums["talk_ms"] + sums["hold_ms"] + sums["wrap_up_ms"], sums["parts"]), drawn=True,
        ),
        _mean("mean_talk_ms", "talk", "talk ÷ parts", "talk_ms", "parts"),
        _mean("mean_hold_ms", "hold", "hold ÷ parts", "hold_ms", "parts"),
        _mean("mean_wrap_up_ms", "wrap-up", "wrap-up ÷ parts", "wrap_up_ms", "parts"),
        _count("transfers", "transf.", "parts in which the contact was handed on, credited to who did"),
        _count("consults", "consults", "colleagues and numbers that were asked, credited to who asked"),
        _count("out_parts", "calls out", "calls that agents made, counted when they were ordered", brief=False),
        _mean(
            "mean_out_ms", "call out", "order to end of wrap-up ÷ calls out", "out_ms", "out_parts", brief=False
        ),
    )  # fmt: skip


def _queues(formula: Formula) -> tuple[Column, ...]:
    levels = tuple(
        Column(f"service_level_{one.value}", f"SL {one.value}", Unit.SHARE, _terms(one), _level(one), False)
        for one in Formula
    )
    return (
        _count("offered", "offered", "contacts that began to wait in the queue", drawn=True),
        _count("answered", "answ.", "of the offered, answered by an agent of the queue"),
        _count("abandoned", "aband.", "of the offered, hung up while they waited, short ones left out"),
        _count("short_abandoned", "short", "of the offered, hung up before the queue's short-abandon threshold"),
        _count("overflowed", "overfl.", "of the offered, sent elsewhere because they had waited too long"),
        _count("others", "others", "of the offered, moved, withdrawn or sent away"),
        _count("waiting", "waiting", "of the offered, waiting still"),
        Column(
            "service_level", "SL", Unit.SHARE, f"service level {formula.value}: {_terms(formula)}", _level(formula),
            drawn=True,
        ),
        *levels,
        _mean("asa_ms", "ASA", "wait of the answered ÷ answered", "answer_wait_ms", "answered"),
        _mean(
            "mean_abandon_wait_ms", "wait of abandoned", "wait of the abandoned ÷ abandoned", "abandon_wait_ms",
            "abandoned", brief=False,
        ),
        Column(
            LONGEST, "longest", Unit.MS, "the longest wait of those who have left the queue",
            lambda sums: sums[LONGEST] if _left(sums) else None,
        ),
        *_of_parts(brief=False),
    )  # fmt: skip


def _left(sums: Sums) -> int:
    return sums["offered"] - sums["waiting"]


# ---- agents

OFFER_ENDS = ("accepted", "declined", "expired", "withdrawn", "failed")
COUNTS_OF_AGENTS = (
    "parts", "ring_ms", "talk_ms", "hold_ms", "wrap_up_ms", "transfers", "consults", "out_parts", "out_ms", *OFFER_ENDS,
)  # fmt: skip
READY, RESERVED = AgentState.READY.value, AgentState.RESERVED.value
TALKING, WRAP_UP = AgentState.TALKING.value, AgentState.WRAP_UP.value
STATES = {
    READY: "ready",
    RESERVED: "reserved",
    TALKING: "talking",
    WRAP_UP: "in wrap-up",
    AgentState.NOT_READY.value: "not ready",
}


def time_in(state: str, reason: str = "") -> str:
    """The key of the sum, and of the column."""
    return f"time_{state}_{reason}_ms" if reason else f"time_{state}_ms"


def _agents(groups: Sequence[Group], reasons: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    offers = (
        Column(
            "offers", "offers", Unit.COUNT, "offers that have ended, however",
            lambda sums: sum(sums[end] for end in OFFER_ENDS),
        ),
        *(_count(end, end, f"offers that ended so: {end}") for end in OFFER_ENDS),
        _mean("mean_ring_ms", "ring", "ringing of the accepted offers ÷ parts", "ring_ms", "parts", brief=False),
    )  # fmt: skip
    return (*(() if Group.QUEUE in groups else _times(reasons)), *offers, *_of_parts())


def _times(reasons: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    """An agent's time is of no queue."""

    def spent(key: str, heading: str, formula: str, brief: bool = True) -> Column:
        return Column(key, heading, Unit.MS, formula, lambda sums: sums.get(key, 0), brief)

    signed_in = Column(
        "signed_in_ms", "signed in", Unit.MS, "time in any state but logged_out",
        lambda sums: sum(sums.get(time_in(state), 0) for state in STATES),
    )  # fmt: skip
    states = [
        spent(time_in(state), heading, f"time in the state {state}", state != RESERVED)
        for state, heading in STATES.items()
    ]
    why = [
        spent(time_in(state, reason), f"{state} ({reason})", f"time in the state {state}, reason {reason}", False)
        for state, reason in reasons
    ]
    return (signed_in, *states, *why, _OCCUPANCY)


def _occupied(sums: Sums) -> Value:
    handling = sums.get(time_in(TALKING), 0) + sums.get(time_in(WRAP_UP), 0)
    return share(handling, handling + sums.get(time_in(READY), 0))


_OCCUPANCY = Column(
    "occupancy", "occup.", Unit.SHARE, "(talking + wrap-up) ÷ (talking + wrap-up + ready)", _occupied, drawn=True
)

# ---- dispositions and customers

COUNTS_OF_DISPOSITIONS = (
    "parts", "talk_ms", "hold_ms", "wrap_up_ms", "transfers", "consults", "out_parts", "out_ms",
)  # fmt: skip
COUNTS_OF_CUSTOMERS = ("contacts", "answered", "resolved", "repeated")


def _customers(days: int) -> tuple[Column, ...]:
    again = f"within {days} days" if days != 1 else "within a day"
    return (
        _count("contacts", "contacts", "contacts that arrived; calls out are none", drawn=True),
        _count("answered", "answered", "of the contacts, answered by an agent"),
        _count("resolved", "resolved", f"of the answered, without another contact of the same customer {again}"),
        Column(
            "first_contact_resolution", "FCR", Unit.SHARE, "resolved ÷ answered",
            lambda sums: share(sums["resolved"], sums["answered"]), drawn=True,
        ),
        _count("repeated", "again", f"of the contacts, those after one of the same customer {again}"),
        Column(
            "repeat_share", "again, share", Unit.SHARE, "again ÷ contacts",
            lambda sums: share(sums["repeated"], sums["contacts"]), drawn=True,
        ),
    )  # fmt: skip


def counts_of(kind: Kind) -> tuple[str, ...]:
    """Those sums that every row has."""
    return _COUNTS[kind]


_COUNTS = {
    Kind.QUEUES: (*COUNTS_OF_QUEUES, LONGEST),
    Kind.AGENTS: COUNTS_OF_AGENTS,
    Kind.DISPOSITIONS: COUNTS_OF_DISPOSITIONS,
    Kind.CUSTOMERS: COUNTS_OF_CUSTOMERS,
}


def columns_of(
    kind: Kind,
    groups: Sequence[Group],
    *,
    formula: Formula,
    within_days: int,
    reasons: Sequence[tuple[str, str]] = (),
) -> tuple[Column, ...]:
    """The columns after those of interval and groups. `reasons` are the states' that there were, with a reason each."""
    match kind:
        case Kind.QUEUES:
            return _queues(formula)
        case Kind.AGENTS:
            return _agents(groups, reasons)
        case Kind.DISPOSITIONS:
            return _of_parts()
        case Kind.CUSTOMERS:
            return _customers(within_days)

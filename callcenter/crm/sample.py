"""A few hundred made-up customers, for the demo and the tests: every tier, several languages, some past contacts.

One idea: customer number n is the same in every run, by arithmetic alone. All telephone numbers are from ranges that
the regulators keep free for fiction, so the demo can never call anybody: +1 ... 555 01xx (NANPA), +44 7700 900xxx
(Ofcom), +33 6 39 98 xx xx (ARCEP), +49 30 23125 xxx (Bundesnetzagentur), +46 8 465 004 xx (PTS). Names are common
given names and family names, combined.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import cycle
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.stores.database import insert_into
from callcenter.stores.tables import ContactRow, CustomerAttributeRow, CustomerNumberRow, CustomerRow, SegmentRow
from callcenter.types import AgentId, Outcome, SegmentKind, Tier

MAX_CUSTOMERS = 1_000  # each range for fiction holds only so many numbers

PLATINUM, GOLD, SILVER, STANDARD = Tier("platinum"), Tier("gold"), Tier("silver"), Tier("standard")

# Of twenty customers in a row: 1 platinum, 3 gold, 6 silver, 10 standard, well mixed.
_TIERS = [STANDARD] * 20
_TIERS[3] = PLATINUM
for _place in (0, 8, 14):
    _TIERS[_place] = GOLD
for _place in (1, 5, 9, 12, 16, 19):
    _TIERS[_place] = SILVER

_LANGUAGES = ("en", "en", "en", "de", "fr", "en", "sv", "en-GB")  # eight customers in a row
_AREA_CODES = (212, 213, 305, 312, 404, 415, 512, 617, 702, 206)

_GIVEN = {
    "en": ("Olivia", "James", "Amara", "Ethan", "Grace", "Noah", "Priya", "Daniel", "Sofia", "Marcus", "Hannah"),
    "en-GB": ("Amelia", "Oliver", "Isla", "Harry", "Freya", "George", "Niamh", "Alfie", "Zainab"),
    "de": ("Anna", "Jürgen", "Lena", "Björn", "Käthe", "Felix", "Ayşe", "Matthias", "Zoë"),
    "fr": ("Chloé", "Étienne", "Inès", "François", "Hélène", "Théo", "Aïcha", "Loïc", "Noëlle"),
    "sv": ("Åsa", "Björn", "Elin", "Gösta", "Linnéa", "Måns", "Saga", "Örjan", "Leïla"),
}
_FAMILY = {
    "en": ("Walker", "Nguyen", "O'Connor", "Ramirez", "Okafor", "Miller", "Chen", "Johnson", "Patel", "Bennett"),
    "en-GB": ("Hughes", "Ahmed", "Featherstone", "Clarke", "MacDonald", "Rhys-Jones", "Shah"),
    "de": ("Müller", "Weiß", "Schröder", "Vogel", "von der Heide", "Yildiz", "Köhler"),
    "fr": ("Lefèvre", "Dubois", "D'Angelo", "Garçon", "Benali", "Moreau", "Saint-Étienne"),
    "sv": ("Åkesson", "Lindström", "Sjöberg", "Öberg", "Håkansson", "Ekström", "Nyström"),
}
_NOTES = {
    PLATINUM: "Has a personal contact; offer a call back within the hour.",
    GOLD: "Renewed last year; prefers a short answer.",
}

# ---- attributes

_SPEND = {
    PLATINUM: (40_000, 90_000),
    GOLD: (8_000, 24_000),
    SILVER: (1_500, 5_000),
    STANDARD: (20, 1_200),
}  # from, range
_GROWN_SPEND = 55_000  # of a standard customer who has outgrown the tier
_LAST_DAY = date(2026, 1, 2)  # of orders: the Friday before the past contacts begin

# ---- past contacts

_HISTORY_START_MS = 1_767_600_000_000  # 2026-01-05 08:00 UTC, a Monday
_DAY_MS = 86_400_000
_QUEUES = ("sales", "support", "billing")
_FORMER_AGENTS = tuple(AgentId(f"agent{n}") for n in range(1, 9))
_DISPOSITIONS = ("resolved", "callback_promised", "escalated", "information_given")


@dataclass(frozen=True, slots=True)
class SampleCustomer:
    """`numbers` are in E.164; the first is the one that the customer mostly calls from.

    `attributes` are names with values as text: spend_12m and orders_12m (numbers), last_order (a date), segment (a
    text). One who has never ordered has no last_order, some have no segment.
    """

    account: str
    name: str
    tier: Tier
    language: str
    notes: str | None
    numbers: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]


@cache
def sample_customers(customers: int = 300) -> tuple[SampleCustomer, ...]:
    """The first `customers` (1 to 1,000) of the sample. Every 25th shares a telephone with the one before it."""
    if not 1 <= customers <= MAX_CUSTOMERS:
        raise ValueError(f"customers must be 1 to {MAX_CUSTOMERS}, not {customers}")
    return tuple(_customer(n) for n in range(customers))


def sample_numbers(tier: str, customers: int = 300) -> tuple[str, ...]:
    """Numbers in E.164 by which exactly one customer is found, and that one is of `tier`."""
    everyone = sample_customers(customers)
    users = Counter(number for customer in everyone for number in customer.numbers)
    return tuple(
        number for customer in everyone if customer.tier == tier for number in customer.numbers if users[number] == 1
    )


def sample_accounts(tier: str, customers: int = 300) -> tuple[str, ...]:
    """Account numbers of the customers of `tier`."""
    return tuple(customer.account for customer in sample_customers(customers) if customer.tier == tier)


def shared_numbers(customers: int = 300) -> tuple[str, ...]:
    """Numbers in E.164 by which several customers are found."""
    users = Counter(number for customer in sample_customers(customers) for number in customer.numbers)
    return tuple(number for number, count in users.items() if count > 1)


async def load_sample(engine: AsyncEngine, customers: int = 300, agents: Sequence[AgentId] = ()) -> None:
    """Put the sample into a migrated database. What is there already stays as it is, so it may run at every start.

    With `agents` each platinum customer has one of them as account manager, in turn, and they took the past contacts.
    """
    sample = sample_customers(customers)
    managers = _account_managers(sample, agents)
    async with engine.begin() as connection:
        dialect = connection.dialect
        rows = [
            {
                "account": one.account,
                "name": one.name,
                "tier": one.tier,
                "language": one.language,
                "notes": one.notes,
                "account_manager": managers.get(one.account),
            }
            for one in sample
        ]
        await connection.execute(insert_into(dialect, CustomerRow).on_conflict_do_nothing(), rows)
        accounts = [one.account for one in sample]
        found = await connection.execute(
            select(CustomerRow.account, CustomerRow.id).where(CustomerRow.account.in_(accounts))
        )
        ids = {row.account: row.id for row in found}
        numbers = [{"number": number, "customer_id": ids[one.account]} for one in sample for number in one.numbers]
        await connection.execute(insert_into(dialect, CustomerNumberRow).on_conflict_do_nothing(), numbers)
        attributes = [
            {"customer_id": ids[one.account], "name": name, "value": value}
            for one in sample
            for name, value in one.attributes
        ]
        await connection.execute(insert_into(dialect, CustomerAttributeRow).on_conflict_do_nothing(), attributes)
        await _load_history(connection, sample, ids, agents or _FORMER_AGENTS)


def _account_managers(sample: Sequence[SampleCustomer], agents: Sequence[AgentId]) -> dict[str, AgentId]:
    platinum = [one.account for one in sample if one.tier == PLATINUM]
    return dict(zip(platinum, cycle(agents), strict=False))


async def _load_history(
    connection: AsyncConnection, sample: Sequence[SampleCustomer], ids: dict[str, int], agents: Sequence[AgentId]
) -> None:
    contacts: list[dict[str, Any]] = []
    segments: list[dict[str, Any]] = []
    for n, customer in enumerate(sample):
        for k in range(n % 4):  # a quarter of them has never called
            contact = _past_contact(n, k, customer, ids[customer.account], agents[(n + k) % len(agents)])
            contacts.append(contact)
            segments.extend(_past_segments(contact))
    if contacts:
        await connection.execute(insert_into(connection.dialect, ContactRow).on_conflict_do_nothing(), contacts)
        await connection.execute(insert_into(connection.dialect, SegmentRow).on_conflict_do_nothing(), segments)


def _customer(n: int) -> SampleCustomer:
    language = _LANGUAGES[n % len(_LANGUAGES)]
    given, family = _GIVEN[language], _FAMILY[language]
    # Every 25th has no telephone of its own; every 10th has a second one.
    numbers = [_number(n - 1 if n % 25 == 24 else n)]
    if n % 10 == 7:
        numbers.append(f"+1{_AREA_CODES[n // 100]}55501{n % 100:02d}")
    tier = _TIERS[n % len(_TIERS)]
    return SampleCustomer(
        account=str(100_000 + n),  # digits, for an IVR to ask for
        name=f"{given[n * 7 % len(given)]} {family[n * 5 // 3 % len(family)]}",
        tier=tier,
        language=language,
        notes=_NOTES.get(tier),
        numbers=tuple(dict.fromkeys(numbers)),
        attributes=_attributes(n, tier),
    )


def _attributes(n: int, tier: Tier) -> tuple[tuple[str, str], ...]:
    """What fits the tier, but for one in fifty who has outgrown it, and one in twenty who has never ordered."""
    if n % 20 == 10:
        return (("spend_12m", "0"), ("orders_12m", "0"))
    least, spread = _SPEND[tier]
    spend = _GROWN_SPEND + n if n % 50 == 7 and tier == STANDARD else least + n * 7_919 % spread
    orders = 1 + spend // 2_500 + n % 3
    last_order = _LAST_DAY - timedelta(days=n * 37 % (360 // min(orders, 12)))
    attributes = [
        ("spend_12m", f"{spend}.{n % 100:02d}"),
        ("orders_12m", str(orders)),
        ("last_order", last_order.isoformat()),
    ]
    if n % 9:
        attributes.append(("segment", "business" if n % 3 == 0 or tier == PLATINUM else "retail"))
    return tuple(attributes)


def _number(n: int) -> str:
    """Different for each n below 1,000."""
    match _LANGUAGES[n % len(_LANGUAGES)]:
        case "de":
            return f"+493023125{n:03d}"
        case "fr":
            return f"+33639980{n:03d}"
        case "en-GB":
            return f"+447700900{n:03d}"
        case "sv" if n < 800:
            return f"+46846500{400 + n // 8}"
        case _:
            return f"+1{_AREA_CODES[n // 100]}55501{n % 100:02d}"


def _past_contact(n: int, k: int, customer: SampleCustomer, customer_id: int, agent: AgentId) -> dict[str, Any]:
    arrived_ms = _HISTORY_START_MS + (k * 17 + n % 13) * _DAY_MS + (n * 97_003 + k * 7_919_000) % (9 * 3_600_000)
    waited_ms = 4_000 + (n * 7_307 + k * 911) % 90_000
    answered = (n + k) % 6 != 5
    talk_ms = 45_000 + (n * 13_009 + k * 1_013) % 400_000 if answered else 0
    wrap_up_ms = 15_000
    return {
        "id": f"sample-{customer.account}-{k}",
        "pbx": "main",
        "channel": f"sample-{n}-{k}",
        "caller": customer.numbers[0],
        "number": customer.numbers[0],
        "caller_name": customer.name,
        "dialled": f"{800 + (n + k) % 3}",
        "account": None,
        "intent": None,
        "language": customer.language,
        "customer_id": customer_id,
        "tier": customer.tier,
        "queue": _QUEUES[(n + k) % 3],
        "priority": None,
        "rule": "sample",
        "because": "made up, as the customer is",
        "agent": agent if answered else None,
        "outcome": (Outcome.ANSWERED if answered else Outcome.ABANDONED).value,
        "disposition": _DISPOSITIONS[(n + k) % len(_DISPOSITIONS)] if answered else None,
        "arrived_ms": arrived_ms,
        "connected_ms": arrived_ms + waited_ms if answered else None,
        "ended_ms": arrived_ms + waited_ms + talk_ms,
        "waited_ms": waited_ms,
        "handled_ms": talk_ms + wrap_up_ms if answered else None,
        "offers": 1 if answered else 0,
        "service_level_ms": 20_000,
    }


def _past_segments(contact: dict[str, Any]) -> list[dict[str, Any]]:
    arrived_ms, ended_ms = contact["arrived_ms"], contact["ended_ms"]
    connected_ms = contact["connected_ms"]
    stretches = [(SegmentKind.WAITING, arrived_ms, connected_ms or ended_ms, None)]
    if connected_ms is not None:
        wrapped_up_ms = connected_ms + contact["handled_ms"]
        stretches.append((SegmentKind.TALK, connected_ms, ended_ms, None))
        stretches.append((SegmentKind.WRAP_UP, ended_ms, wrapped_up_ms, contact["disposition"]))
    return [
        {
            "contact_id": contact["id"],
            "number": number,
            "kind": kind.value,
            "started_ms": started_ms,
            "ended_ms": stretch_ended_ms,
            "queue": contact["queue"],
            "agent": None if kind is SegmentKind.WAITING else contact["agent"],
            "offer": None,
            "result": result,
        }
        for number, (kind, started_ms, stretch_ended_ms, result) in enumerate(stretches, 1)
    ]

"""What a seed draws for the expressions of its rules: attributes, lists, hours, conditions, and the expressions.

Every expression drawn is sound in every configuration of the seed: it names nothing but what all of them have, and the
queues that it is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from callcenter.types import (
    Attribute,
    AttributeKind,
    AttributeValue,
    Condition,
    Hours,
    NamedList,
    QueueName,
    Tier,
    TierRule,
)

WORLD_BEGINS_MS = 1_700_000_000_000
MINUTE_MS = 60_000

ATTRIBUTES = (
    Attribute("spend", AttributeKind.NUMBER, 0.0),
    Attribute("segment", AttributeKind.TEXT, "", ("", "retail", "business")),
    Attribute("since", AttributeKind.DATE, ""),
    Attribute("vip", AttributeKind.FLAG, False),
)
LISTS = (NamedList("numbers", tuple(f"+44{number}" for number in range(0, 50, 3))),)
_FACTS = (
    "customer.tier in ('platinum', 'gold')",
    "customer.tier == 'standard'",
    "customer.known",
    "customer.shared",
    "customer.account == 'A-7' or customer.name != 'Customer 5'",
    "customer.language != contact.language",
    "customer.spend >= 500",
    "customer.spend * 2 - 100 > 1000",
    "customer.segment == 'business'",
    "customer.segment not in ('', 'retail')",
    "customer.since < '2020-01-01'",
    "customer.vip",
    "contact.dialled in ('100', '200')",
    "contact.caller in lists.numbers",
    "starts_with(contact.caller, '+441')",
    "lower(contact.caller_name) == 'somebody'",
    "contact.intent != 'sales'",
    "contact.language in ('de', 'en')",
    "contact.spoken == 'de'",
    "starts_with(contact.spoken, 'e') and contact.language == ''",
    "contact.account != ''",
)
_TIMES = (
    "open('office')",
    "holiday('office')",
    "now.minute < 15",
    "now.hour * 60 + now.minute >= 1340",
    "now.weekday in ('mon', 'tue')",
    "now.date > '2023-11-14'",
    "days_since(now.date) == 0",
    "days_since('2023-11-14') > 0",
    "days_since(customer.since) <= 1419",
    "365 <= days_since(customer.since) * 1 < 9000",
)
_FIGURES = (
    "queue.{queue}.waiting > 2",
    "5 < queue.{queue}.longest_wait_s <= 60",
    "queue.{queue}.open",
    "agents.{queue}.ready > 0",
    "0 < agents.{queue}.signed_in <= 2",
)


@dataclass(frozen=True, slots=True)
class Named:
    """What the expressions of a seed may name, in all of its configurations."""

    zone: tuple[tuple[int, int], ...]
    hours: tuple[Hours, ...]
    conditions: tuple[Condition, ...]
    tier_rules: tuple[TierRule, ...]
    attributes: tuple[Attribute, ...] = ATTRIBUTES
    lists: tuple[NamedList, ...] = LISTS


def draw_named(rng: Random, tiers: Sequence[Tier]) -> Named:
    conditions = (
        Condition("office", "open('office') and not holiday('office')"),
        Condition("rich", _combined(rng, _FACTS)),
        Condition("mixed", f"conditions.rich or {_combined(rng, (*_FACTS, *_TIMES))}"),
    )
    return Named(
        zone=((0, 0), (WORLD_BEGINS_MS + rng.randint(0, 5) * MINUTE_MS, rng.choice((60, -90, 120)) * MINUTE_MS)),
        hours=(Hours("office", _draw_stretches(rng), _draw_stretches(rng)),),
        conditions=conditions,
        tier_rules=tuple(TierRule(_combined(rng, _FACTS), rng.choice(tiers)) for _ in range(rng.randint(0, 2))),
    )


def draw_when(rng: Random, queues: Sequence[QueueName]) -> str:
    """An expression; empty now and then, which is always true."""
    figures = [text.format(queue=queue) for text in _FIGURES for queue in queues]
    conditions = ("conditions.office", "conditions.rich", "conditions.mixed")
    return rng.choice(("", *[_combined(rng, (*_FACTS, *_TIMES, *_TIMES, *figures, *conditions)) for _ in range(4)]))


def draw_attributes(rng: Random) -> dict[str, AttributeValue]:
    """What a customer's record has of them, not all of it as it should be."""
    values: dict[str, tuple[AttributeValue, ...]] = {
        "spend": (0.0, 499.5, 500.0, 90_000.0, "a lot"),
        "segment": ("", "retail", "business", "unheard of"),
        "since": ("2001-12-24", "2020-01-01"),
        "vip": (True, False),
    }
    return {name: rng.choice(values[name]) for name in values if rng.random() < 0.7}


def _combined(rng: Random, parts: Sequence[str]) -> str:
    one, two, three = (rng.choice(parts) for _ in range(3))
    forms = (one, f"not ({one})", f"({one}) and ({two})", f"({one}) or ({two})", f"(({one}) or ({two})) and ({three})")
    return rng.choice(forms)


def _draw_stretches(rng: Random) -> tuple[tuple[int, int], ...]:
    """A few stretches of minutes, with gaps between them, from about the world's beginning."""
    stretches, at_ms = [], WORLD_BEGINS_MS - rng.randint(0, 5) * MINUTE_MS
    for _ in range(rng.randint(0, 20)):
        end_ms = at_ms + rng.randint(1, 6) * MINUTE_MS
        stretches.append((at_ms, end_ms))
        at_ms = end_ms + rng.randint(1, 6) * MINUTE_MS
    return tuple(stretches)

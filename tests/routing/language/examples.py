"""A call center with something of everything that expressions may name."""

from collections.abc import Sequence

from callcenter.routing.language.facts import Facts, make_facts
from callcenter.routing.language.tree import Value
from callcenter.types import (
    Attribute,
    AttributeKind,
    Condition,
    Configuration,
    Customer,
    Hours,
    NamedList,
    QueueConfig,
    QueueName,
    RuleConfig,
    Tier,
    TierRule,
)

QUEUES = ("general", "sales", "german-support")
TIERS = ("platinum", "gold", "silver", "standard")
NOON_MS = 1_798_110_000_000  # Thursday, 2026-12-24, 11:00 UTC; 12:00 in Berlin
DAY_MS = 86_400_000
HOUR_MS = 3_600_000

OFFICE = Hours("office", ((NOON_MS - 4 * HOUR_MS, NOON_MS), (NOON_MS + HOUR_MS, NOON_MS + 5 * HOUR_MS)))
HOLIDAYS = Hours("xmas", (), ((NOON_MS, NOON_MS + DAY_MS),))
ATTRIBUTES = (
    Attribute("spend_12m", AttributeKind.NUMBER, 0),
    Attribute("segment", AttributeKind.TEXT, "", ("", "retail", "business")),
    Attribute("insured", AttributeKind.FLAG, False),
    Attribute("since", AttributeKind.DATE, ""),
    Attribute("city", AttributeKind.TEXT, "unknown"),
)
LISTS = (
    NamedList("vip_numbers", ("+49301234567", "+14155550100")),
    NamedList("good-tiers", ("platinum", "gold")),
    NamedList("nobody", ()),
)
CONDITIONS = (
    Condition("office", "open('office') and not holiday('xmas')"),
    Condition("valued", "customer.tier in lists.good-tiers or customer.spend_12m >= 1000"),
    Condition("valued_now", "conditions.valued and conditions.office"),
)


def configuration(
    *whens: str,
    rules: Sequence[RuleConfig] = (),
    conditions: Sequence[Condition] = CONDITIONS,
    tier_rules: Sequence[TierRule] = (),
) -> Configuration:
    """One with these rules, or with a rule for each of these expressions."""
    written = tuple(asking(when, f"rule {index}") for index, when in enumerate(whens))
    return Configuration(
        tiers=tuple(Tier(tier) for tier in TIERS),
        default_tier=Tier("standard"),
        default_queue=QueueName("general"),
        queues=tuple(QueueConfig(QueueName(queue), 15_000, 0, 20_000) for queue in QUEUES),
        rules=(*rules, *written),
        agents=(),
        zone=((NOON_MS - DAY_MS, HOUR_MS),),
        hours=(OFFICE, HOLIDAYS),
        attributes=ATTRIBUTES,
        lists=LISTS,
        conditions=tuple(conditions),
        tier_rules=tuple(tier_rules),
    )


def asking(when: str = "", name: str = "rule", entry: tuple[str, ...] = (), tier: tuple[str, ...] = ()) -> RuleConfig:
    tiers = tuple(Tier(one) for one in tier)
    return RuleConfig(name, QueueName("general"), 0, when=when, entry=entry, tier=tiers)


def customer(tier: str = "gold", language: str | None = None, **attributes: str | float | bool) -> Customer:
    return Customer(1, "A-1", "Anna", Tier(tier), language, attributes=attributes)


class Board:
    """Figures that are written down, and which of them were asked for."""

    def __init__(self, waiting: int = 3, longest_wait_s: float = 90.5, ready: int = 2, signed_in: int = 5) -> None:
        self.asked: list[str] = []
        self._figures = (waiting, longest_wait_s, ready, signed_in)

    def waiting(self, queue: QueueName) -> int:
        self.asked.append(f"queue.{queue}.waiting")
        return self._figures[0]

    def longest_wait_s(self, queue: QueueName) -> float:
        self.asked.append(f"queue.{queue}.longest_wait_s")
        return self._figures[1]

    def open(self, queue: QueueName) -> bool:
        self.asked.append(f"queue.{queue}.open")
        return queue != "sales"

    def ready(self, queue: QueueName) -> int:
        self.asked.append(f"agents.{queue}.ready")
        return self._figures[2]

    def signed_in(self, queue: QueueName) -> int:
        self.asked.append(f"agents.{queue}.signed_in")
        return self._figures[3]


def facts(
    made_of: Configuration | None = None,
    *customers: Customer,
    tier: str = "standard",
    now_ms: int = NOON_MS,
    board: Board | None = None,
    given: dict[str, Value] | None = None,
    **contact: str,
) -> Facts:
    return make_facts(
        made_of or configuration(),
        now_ms=now_ms,
        tier=Tier(tier),
        figures=board,
        customers=customers,
        given=given,
        **contact,
    )

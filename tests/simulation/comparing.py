"""A small call center to compare rules with: two numbers, two queues, two tiers, eight agents, a morning of calls."""

from datetime import date
from typing import Any

from callcenter.simulation.compare_traffic import TrafficFile
from callcenter.types import (
    AgentConfig,
    AgentId,
    Configuration,
    DeviceRef,
    PbxName,
    QueueConfig,
    QueueName,
    Relaxation,
    RuleConfig,
    Skill,
    SkillName,
    Tier,
)

TODAY = date(2026, 11, 21)  # a Saturday
DAY = date(2026, 11, 23)
SALES, SUPPORT = QueueName("sales"), QueueName("support")
GOLD, STANDARD = Tier("gold"), Tier("standard")
GERMAN = SkillName("german")


def configuration(rules: tuple[RuleConfig, ...] | None = None, **changes: Any) -> Configuration:
    """All agents serve both queues, every fourth speaks German."""
    agents = tuple(
        AgentConfig(
            AgentId(f"agent{number}"),
            f"Agent {number}",
            DeviceRef(PbxName("main"), f"PJSIP/{number}"),
            (Skill(GERMAN, 5),) if number % 4 == 0 else (),
            (SALES, SUPPORT),
        )
        for number in range(8)
    )
    queues = (QueueConfig(SALES, 20_000, 30_000, 20_000), QueueConfig(SUPPORT, 20_000, 30_000, 30_000))
    values: dict[str, Any] = {
        "tiers": (GOLD, STANDARD),
        "default_tier": STANDARD,
        "default_queue": SUPPORT,
        "queues": queues,
        "rules": picky() if rules is None else rules,
        "agents": agents,
    }
    return Configuration(**(values | changes))


def picky(after_ms: int | None = 120_000) -> tuple[RuleConfig, ...]:
    """Those who speak German get an agent who does, until they have waited `after_ms`; None: whoever is free."""
    german = () if after_ms is None else (Skill(GERMAN, 5),)
    relaxed = () if after_ms is None else (Relaxation(after_ms, drop=(GERMAN,)),)
    return (
        RuleConfig("gold", SALES, 60, tier=(GOLD,), dialled=("100",)),
        RuleConfig("german", SALES, 30, german, language=("de",), dialled=("100",), relaxations=relaxed),
        RuleConfig("sales", SALES, 20, dialled=("100",)),
    )


def written(**changes: Any) -> dict[str, Any]:
    """The traffic as it stands in a file, all values texts."""
    values: dict[str, Any] = {
        "seed": "7",
        "arrivals": {"08:00-12:00": "40"},
        "mix": [
            {
                "weight": "3",
                "dialled": "100",
                "tier": {"gold": "1", "standard": "4"},
                "language": {"de": "40", "en": "60"},
            },
            {"weight": "1", "dialled": "200"},
        ],
        "patience": {"mean_s": "120", "distribution": "lognormal"},
        "handling": {"default": {"talk": {"mean_s": "180"}, "wrap_up": {"mean_s": "20"}}},
        "staffing": [{"hours": "08:00-12:30"}],
    }
    return values | changes


def traffic(**changes: Any) -> TrafficFile:
    return TrafficFile.model_validate(written(**changes))

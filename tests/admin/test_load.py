from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.admin.load import Given, read
from callcenter.types import (
    Attribute,
    AttributeKind,
    Condition,
    NamedList,
    Overflow,
    PbxName,
    QueueName,
    RuleConfig,
    Tier,
    TierRule,
)

GIVEN = Given(PbxName("main"), "PJSIP/", 200)
CHRISTMAS_EVE_MS = 1_798_099_200_000  # 2026-12-24T08:00Z
HOUR_MS = 3_600_000
AGENTS = "agents:\n  - {id: anna, name: Anna, device: PJSIP/1, skills: {sales: 9}, queues: [sales, general]}\n"
BASE = """version: 2
timezone: Europe/Berlin
tiers: [gold, standard]
default_tier: standard
default_queue: general
attributes:
  spend: {type: number, default: 0}
  since: {type: date, default: 2000-01-01}
lists: {vips: ["+491"]}
conditions: {rich: customer.spend > 100}
hours:
  office: {holidays: DE, week: {mon-fri: "08:00-18:00"}, except: {2026-12-24: "08:00-12:00"}}
tier_rules:
  - {when: conditions.rich, tier: gold}
entries:
  "8001": {name: Sales line, default: {queue: sales, priority: 20}}
  "8002": {name: Help line, default: {queue: general}}
queues:
  sales: {overflow: {after_s: 300, to: general}}
  general: {overflow: {after_s: 600, to: away}}
"""
RULES = """rules:
  - name: valued
    entry: ["8001", "8002"]
    when: customer.tier == 'gold' and open('office')
    route: {queue: sales, priority: 60, overflow: {after_s: 120.5, to: away}}
    set: {tags: [vip], text: "Greet by name.\\nOffer the loyalty plan."}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "agents.yaml").write_text(AGENTS)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a-base.yaml").write_text(BASE)
    (tmp_path / "rules" / "b-rules.yaml").write_text(RULES)
    return tmp_path


def test_a_folder_of_rules_becomes_what_the_core_obeys(folder: Path) -> None:
    found = read(folder / "agents.yaml", folder / "rules", GIVEN, CHRISTMAS_EVE_MS)
    assert (found.mistakes, found.doubts) == ((), ())
    assert found.made is not None
    made = found.made.configuration
    sales, general = QueueName("sales"), QueueName("general")
    assert made.rules == (
        RuleConfig(
            "valued",
            sales,
            60,
            when="customer.tier == 'gold' and open('office')",
            entry=("8001", "8002"),
            tags=("vip",),
            text="Greet by name.\nOffer the loyalty plan.",
            overflow=Overflow(120_500),
        ),
        RuleConfig("Sales line (default)", sales, 20, entry=("8001",)),
        RuleConfig("Help line (default)", general, 0, entry=("8002",)),
    )
    assert [queue.overflow for queue in made.queues] == [Overflow(300_000, general), Overflow(600_000)]
    assert made.attributes == (
        Attribute("spend", AttributeKind.NUMBER, 0),
        Attribute("since", AttributeKind.DATE, "2000-01-01"),
    )
    assert made.lists == (NamedList("vips", ("+491",)),)
    assert made.conditions == (Condition("rich", "customer.spend > 100"),)
    assert made.tier_rules == (TierRule("conditions.rich", Tier("gold")),)
    assert made.zone[0] == (CHRISTMAS_EVE_MS - 48 * HOUR_MS, HOUR_MS)


def test_hours_are_known_from_two_days_ago_to_400_days_ahead(folder: Path) -> None:
    found = read(folder / "agents.yaml", folder / "rules", GIVEN, CHRISTMAS_EVE_MS)
    assert found.made is not None
    (office,) = found.made.configuration.hours
    eve = (CHRISTMAS_EVE_MS - HOUR_MS, CHRISTMAS_EVE_MS + 3 * HOUR_MS)  # 08:00-12:00 in Berlin
    assert eve in office.open
    assert office.open[0][0] == CHRISTMAS_EVE_MS - 48 * HOUR_MS
    assert office.open[-1][1] > CHRISTMAS_EVE_MS + 398 * 24 * HOUR_MS
    assert office.holidays[0][0] == CHRISTMAS_EVE_MS + 15 * HOUR_MS  # midnight in Berlin


def test_without_hours_and_time_zone_the_clock_changes_nothing(folder: Path) -> None:
    path = folder / "rules" / "a-base.yaml"
    (folder / "agents.yaml").write_text(AGENTS.replace(", general", ""))
    path.write_text("version: 1\ntiers: [gold]\ndefault_tier: gold\ndefault_queue: sales\nqueues: {sales: }\n")
    (folder / "rules" / "b-rules.yaml").unlink()
    one, other = (read(folder / "agents.yaml", path, GIVEN, at_ms) for at_ms in (0, CHRISTMAS_EVE_MS))
    assert one.made is not None
    assert other.made is not None
    assert one.made.configuration == other.made.configuration
    assert read(folder / "agents.yaml", path, GIVEN).made == other.made


def test_every_mistake_in_every_file_is_told_in_order(folder: Path) -> None:
    (folder / "agents.yaml").write_text(AGENTS.replace("sales: 9", "sales: 11"))
    rules = folder / "rules" / "b-rules.yaml"
    rules.write_text(RULES.replace("'gold'", "'glod'").replace("priority: 60", "priority: 600"))
    base = folder / "rules" / "a-base.yaml"
    base.write_text(BASE.replace("mon-fri", "mon-fry").replace("to: general", "to: genral"))
    found = read(folder / "agents.yaml", folder / "rules", GIVEN)
    assert found.made is None
    assert [str(mistake).replace(f"{folder}/", "") for mistake in found.mistakes] == [
        "agents.yaml:2:61: agents[0].skills.sales: is '11'. It should be a whole number from 1 to 10",
        "rules/a-base.yaml:12:33: hours.office.week.mon-fry: 'fry' is not a day. "
        "Write days such as `mon-fri`, `sat` or `mon,wed`",
        "rules/a-base.yaml:19:40: queues.sales.overflow.to: there is no queue `genral` in queues. "
        "Did you mean `general`?",
        "rules/b-rules.yaml:4:28: rules[0].when: `'glod'` is no value of `customer.tier`. Did you mean `gold`?",
        "rules/b-rules.yaml:5:37: rules[0].route.priority: is '600'. It should be a whole number from 0 to 100",
    ]


def test_where_a_file_cannot_be_read_nothing_is_said_of_what_it_may_hold(folder: Path) -> None:
    (folder / "rules" / "a-base.yaml").write_text("queues: [\n")
    found = read(folder / "agents.yaml", folder / "rules", GIVEN)
    (mistake,) = found.mistakes
    assert "is not valid YAML" in str(mistake)
    (folder / "agents.yaml").unlink()
    (folder / "rules" / "a-base.yaml").write_text(BASE)
    found = read(folder / "agents.yaml", folder / "rules", GIVEN)
    assert [mistake.wrong for mistake in found.mistakes] == ["no such file"]


def test_numbers_without_a_country_code_are_of_the_region_that_is_given(folder: Path) -> None:
    rules = folder / "rules" / "b-rules.yaml"
    rules.write_text(RULES.replace("customer.tier == 'gold'", "contact.caller == '030 1234567'"))
    for region, number in (("DE", "+49301234567"), ("US", "+10301234567")):
        found = read(folder / "agents.yaml", folder / "rules", replace(GIVEN, default_region=region), CHRISTMAS_EVE_MS)
        assert found.made is not None
        assert found.made.default_region == region
        (doubt,) = found.doubts
        assert f"Write it as '{number}', if {region} is its country" in str(doubt)

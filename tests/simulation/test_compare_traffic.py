from datetime import date
from pathlib import Path
from statistics import fmean, stdev

import pytest
import yaml

from callcenter.settings import load_rules
from callcenter.simulation.compare_traffic import (
    HALF_HOUR_MS,
    Duration,
    TrafficError,
    attribute_value,
    by_half_hour,
    date_of,
    load,
    shifts_of,
)
from callcenter.types import Attribute, AttributeKind
from tests.simulation.comparing import TODAY, configuration, traffic, written

ROOT = Path(__file__).parents[2]
HOUR_MS = 2 * HALF_HOUR_MS


def mistakes(tmp_path: Path, text: str, **changes: object) -> list[str]:
    """What is wrong with a file, without the folder that it lies in."""
    file = tmp_path / "traffic.yaml"
    file.write_text(text or yaml.safe_dump(written(**changes), sort_keys=False), encoding="utf-8")
    made = configuration(attributes=(Attribute("spend", AttributeKind.NUMBER, 0.0),))
    with pytest.raises(TrafficError) as caught:
        load(file, made, made, TODAY)
    return [line.removeprefix(f"  {tmp_path}/") for line in str(caught.value).splitlines()[1:]]


def test_the_sample_fits_the_sample_settings() -> None:
    read = load_rules(ROOT / "config" / "callcenter.yaml")
    assert read.made is not None
    made = read.made.configuration
    sample = load(ROOT / "rules" / "traffic.yaml", made, made, TODAY)
    assert 500 < sum(by_half_hour(sample.arrivals)) < 5_000


def test_every_mistake_is_told_at_its_line(tmp_path: Path) -> None:
    text = """\
seed: -1
arrival: {}
arrivals: {"08:10": 4}
mix: [{dialled: 100, tier: {gold: many}}]
patience: {mean_s: 0}
handling: {default: {}}
staffing: []
"""
    found = mistakes(tmp_path, text)
    assert [int(line.split(":")[1]) for line in found] == list(range(1, 8))
    assert "seed" in found[0]
    assert "Did you mean `arrivals`?" in found[1]
    assert "the beginning of a half-hour" in found[2]
    assert "mix[0].tier.gold" in found[3]
    assert "patience.mean_s" in found[4]
    assert "handling.default.talk: is missing" in found[5]
    assert "staffing: is empty" in found[6]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("arrivals", {"08:00-10:00": 1, "09:30": 2}, "speaks of 09:30, and so does 08:00-10:00"),
        ("arrivals", {"10:00-08:00": 1}, "ends before it begins"),
        ("arrivals", {"10:00": 0}, "makes 0 calls a day"),
        ("arrivals", [1, 2], "48 numbers"),
        ("mix", [{"dialled": "100", "tier": "glod"}], "Did you mean `gold`?"),
        ("mix", [{"dialled": {"100": 0}}], "has no weight above 0"),
        ("mix", [{"dialled": "100", "weight": 0}], "has no weight above 0"),
        ("mix", [{"dialled": "100", "attributes": {"spent": "1"}}], "Did you mean `spend`?"),
        ("mix", [{"dialled": "100", "attributes": {"spend": "much"}}], "It should be a number"),
        ("handling", {"default": {"talk": {"mean_s": 60}}, "queues": {"sale": {"talk": {"mean_s": 9}}}}, "`sales`"),
        ("offers", {"declined": 0.8, "unanswered": 0.2}, "one offer in ten"),
        ("staffing", [{"agents": ["agent9"], "hours": "08:00-12:00"}], "'agent9' is no agent of agents.yaml"),
        ("staffing", [{"queue": "sale", "hours": "08:00-12:00"}], "Did you mean `sales`?"),
        ("staffing", [{"skill": "dutch", "count": {"08:00": 1}}], "'dutch' is no skill of any agent"),
        ("staffing", [{"skill": "german", "count": {"08:00": 3}}], "There are 2 to choose from"),
        ("staffing", [{"skill": "german", "queue": "sales", "count": {"08:00": 1}}], "in two ways"),
        ("staffing", [{"count": {"08:00": 1}, "hours": "08:00-12:00"}], "has hours and a count"),
        ("staffing", [{"queue": "sales"}], "neither when nor how many"),
        ("staffing", [{"hours": "22:00-06:00"}], "a night is two"),
        ("day", "someday", "mon to sun, or a date"),
        ("day", "2026-02-30", "There is no such date"),
        ("day", "2026-11-20", "from 2026-11-21 to 2027-11-21"),
    ],
)
def test_what_does_not_fit_together_is_told_with_its_remedy(tmp_path: Path, key: str, value: object, told: str) -> None:
    assert any(told in line and f"{key}" in line for line in mistakes(tmp_path, "", **{key: value}))


def test_a_list_and_a_map_of_half_hours_say_the_same() -> None:
    rates = ["0"] * 16 + ["4"] * 2 + ["8"] + ["0"] * 29
    listed, mapped = traffic(arrivals=rates), traffic(arrivals={"08:00-09:00": "4", "09:00": "8"})
    assert by_half_hour(listed.arrivals) == by_half_hour(mapped.arrivals)


def test_the_day_is_the_next_such_weekday_or_the_date_that_is_named() -> None:
    assert date_of(traffic(day="mon"), TODAY) == date(2026, 11, 23)
    assert date_of(traffic(day="sat"), TODAY) == date(2026, 11, 28)
    assert date_of(traffic(day="2026-12-24"), TODAY) == date(2026, 12, 24)


@pytest.mark.parametrize(("distribution", "spread"), [("exponential", 1.0), ("lognormal", 0.5)])
def test_durations_have_the_mean_and_the_spread_that_were_asked_for(distribution: str, spread: float) -> None:
    duration = Duration.model_validate({"mean_s": "200", "distribution": distribution, "cv": "0.5"})
    drawn = [duration.ms((number + 0.5) / 20_000) for number in range(20_000)]
    assert fmean(drawn) == pytest.approx(200_000, rel=0.01)
    assert stdev(drawn) / fmean(drawn) == pytest.approx(spread, rel=0.02)


def test_agents_are_counted_for_one_line_of_the_staffing_at_a_time() -> None:
    staffing = [
        {"agents": ["agent0"], "hours": "09:00-10:00"},
        {"skill": "german", "count": {"08:00-11:00": "1"}},
        {"count": {"10:00-11:00": "3"}},
    ]
    shifts = shifts_of(traffic(staffing=staffing), configuration().agents)
    assert [(shift.agent.id, shift.from_ms / HOUR_MS, shift.to_ms / HOUR_MS) for shift in shifts] == [
        ("agent0", 8, 11),  # by the second line, the first, and the second again
        ("agent1", 10, 11),
        ("agent2", 10, 11),
        ("agent3", 10, 11),
        ("agent4", 9, 10),  # while agent0 is counted for the first line
    ]


def test_attributes_are_read_as_what_they_are_declared_to_be() -> None:
    assert attribute_value(AttributeKind.NUMBER, "12.5") == 12.5
    assert attribute_value(AttributeKind.FLAG, "True") is True
    assert attribute_value(AttributeKind.DATE, "2026-12-24") == "2026-12-24"
    assert attribute_value(AttributeKind.TEXT, "1") == "1"
    for kind, text in ((AttributeKind.NUMBER, "x"), (AttributeKind.FLAG, "1"), (AttributeKind.DATE, "soon")):
        with pytest.raises(ValueError, match="It should be"):
            attribute_value(kind, text)


def test_callers_numbers_come_out_as_rules_see_them(tmp_path: Path) -> None:
    file = tmp_path / "traffic.yaml"
    spelled = {"030 23125012": 1, "+493023125012": 2, "214": 3}
    mix = [{"dialled": "100", "caller": spelled}, {"dialled": "100"}]
    file.write_text(yaml.safe_dump(written(mix=mix), sort_keys=False), encoding="utf-8")
    read = load(file, configuration(), configuration(), TODAY, "DE")
    assert [kind.caller for kind in read.mix] == [{"+493023125012": 3, "214": 3}, None]

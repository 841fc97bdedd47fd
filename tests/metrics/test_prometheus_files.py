"""What config/prometheus has for Prometheus: promtool finds it good, and it speaks of metrics that there are."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from callcenter.queues.service_level import Formula
from tests.metrics.scraping import Scrape, metrics_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config" / "prometheus"
ALERTS = ("callcenter.alerts.yml", "callcenter.standby.yml")
FILES = (*ALERTS, "callcenter.rules.yml")
KEYWORD = re.compile(r"\b(?:queue:)?callcenter_\w+(?::\w+)?")


def run(promtool: Path, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run([promtool, *arguments], cwd=FOLDER, input=stdin, capture_output=True, text=True, check=False)
    words = done.stdout + done.stderr
    assert done.returncode == 0, words
    return words


def rules(name: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.prometheus
def test_promtool_has_nothing_to_say_against_the_metrics(promtool: Path) -> None:
    metrics = metrics_of(agents=True)
    metrics.pbx_up("main", True)
    metrics.customer_source("own")
    assert run(promtool, "check", "metrics", stdin=Scrape(metrics).text) == ""


@pytest.mark.prometheus
def test_promtool_finds_rules_and_configuration_good(promtool: Path) -> None:
    assert "FAILED" not in run(promtool, "check", "rules", *FILES)
    run(promtool, "check", "config", "prometheus.yml")


@pytest.mark.prometheus
def test_the_alerts_fire_when_they_should_and_not_before(promtool: Path) -> None:
    assert "SUCCESS" in run(promtool, "test", "rules", "callcenter.tests.yml")


def test_each_alert_is_tested_both_ways() -> None:
    tests = yaml.safe_load((FOLDER / "callcenter.tests.yml").read_text(encoding="utf-8"))["tests"]
    tried = {test["name"]: [bool(one["exp_alerts"]) for one in test["alert_rule_test"]] for test in tests}
    assert tried == {rule["alert"]: [False, True] for name in ALERTS for rule in rules(name)}


def test_each_alert_leads_to_a_heading_of_the_manual() -> None:
    manual = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", manual, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for name in ALERTS:
        for rule in rules(name):
            page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
            assert page == "docs/OPERATIONS.md", rule["alert"]
            assert anchor in anchors, f"{rule['alert']}: no heading of {page} is #{anchor}"
            assert rule["labels"]["severity"] in ("page", "ticket")


def test_rules_name_metrics_that_there_are() -> None:
    metrics = metrics_of()
    metrics.pbx_up("main", True)
    metrics.ami_lag("main", 0.1)
    names = Scrape(metrics).names | {
        f"queue:callcenter_service_level_{formula.value}:ratio_rate15m" for formula in Formula
    }
    for name in FILES:
        for rule in rules(name):
            for metric in KEYWORD.findall(rule["expr"]):
                assert metric in names, f"{name}: {metric} in {rule['expr']}"

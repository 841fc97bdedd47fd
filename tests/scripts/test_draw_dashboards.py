"""The dashboards in config are the ones that the tables give, and Grafana can make sense of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from callcenter.queues.service_level import Formula
from scripts.draw_dashboards import FLOOR, OPERATIONS, QUEUE, WIDTH, Dashboard, drawing, main
from tests.metrics.scraping import Scrape, metrics_of

ALL = (OPERATIONS, FLOOR, QUEUE)


def panels(dashboard: Dashboard) -> list[dict[str, Any]]:
    drawn: list[dict[str, Any]] = json.loads(drawing(dashboard))["panels"]
    return drawn


def test_the_dashboards_in_config_are_up_to_date() -> None:
    assert main(["--check"]) == 0


def test_one_that_differs_or_is_missing_fails_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check"], tmp_path / "grafana") == 1
    assert "run `python -m scripts.draw_dashboards`" in capsys.readouterr().out
    assert main([], tmp_path / "grafana") == 0
    assert main(["--check"], tmp_path / "grafana") == 0
    (tmp_path / "grafana" / "callcenter-floor.json").write_text("{}")
    assert main(["--check"], tmp_path / "grafana") == 1


@pytest.mark.parametrize("dashboard", ALL, ids=lambda dashboard: dashboard.uid)
def test_panels_lie_side_by_side_and_each_asks_something(dashboard: Dashboard) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels(dashboard):
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= WIDTH
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["targets"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@pytest.mark.parametrize("dashboard", ALL, ids=lambda dashboard: dashboard.uid)
def test_they_ask_for_metrics_that_there_are(dashboard: Dashboard) -> None:
    metrics = metrics_of()
    metrics.pbx_up("main", True)
    metrics.ami_lag("main", 0.1)
    metrics.customer_source("own")
    names = Scrape(metrics).names | {
        f"queue:callcenter_service_level_{formula.value}:ratio_rate15m" for formula in Formula
    }
    for panel in panels(dashboard):
        for target in panel["targets"]:
            for name in re.findall(r"\b(?:queue:)?(?:callcenter|process)_\w+(?::\w+)?", target["expr"]):
                assert name in names, f"{panel['title']}: {name}"


def test_the_queues_to_choose_from_are_a_variable_of_the_one_that_uses_it() -> None:
    for dashboard in ALL:
        variables = {one["name"] for one in json.loads(drawing(dashboard))["templating"]["list"]}
        assert variables == ({"source", "queue"} if dashboard.queue else {"source"})
        assert ("$queue" in json.dumps(panels(dashboard))) == dashboard.queue

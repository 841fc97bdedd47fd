"""The page on the metrics, docs/metrics.md: its tables name all that there is, and nothing else."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from callcenter.queues.totals import MAX_BOUNDS, MAX_NAMES
from tests.metrics.scraping import Scrape, metrics_of

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)(?:\{([\w,]+)\})?` \| (counter|gauge|histogram) \| \S.* \|$", re.MULTILINE)


def scraped() -> Scrape:
    metrics = metrics_of(agents=True)
    metrics.pbx_up("main", True)
    metrics.ami_lag("main", 0.1)
    metrics.customer_source("own")
    return Scrape(metrics)


def test_the_tables_are_what_is_exposed() -> None:
    told = {name: (kind, set(labels.split(",")) - {""}) for name, labels, kind in ROW.findall(PAGE)}
    assert len(told) == len(ROW.findall(PAGE)), "each once"
    exposed = {}
    for name, family in scraped().families.items():
        if name.startswith("callcenter_"):
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            ours = name.removeprefix("callcenter_") + ("_total" if family.type == "counter" else "")
            exposed[ours] = (family.type, labels)
    assert told == exposed


def test_the_bounds_that_it_names_are_the_codes() -> None:
    assert f"at most {MAX_NAMES} of each" in PAGE
    assert f"(at most {MAX_BOUNDS};" in PAGE


@pytest.mark.prometheus
def test_its_promql_is_good_and_names_what_there_is(promtool: Path, tmp_path: Path) -> None:
    expressions = re.findall(r"```promql\n# [^\n]*\n(.*?)```", PAGE, re.DOTALL)
    assert len(expressions) == 4
    rules = [{"record": f"x{number}", "expr": text} for number, text in enumerate(expressions)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "page", "rules": rules}]}))
    done = subprocess.run([promtool, "check", "rules", tmp_path / "rules.yml"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in re.findall(r"\bcallcenter_\w+", "".join(expressions)):
        assert name in scraped().names

"""The page on the service level, docs/service_level.md: its examples are played, its PromQL is asked for real.

The calls of the page's table go through the core; what the formulas then give, from the tally as from the exposition by
Prometheus's own PromQL, must be what the page says.
"""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from callcenter.events import AgentNotReady, AgentReady, CallerReturned, CallTransferred
from callcenter.metrics import Metrics
from callcenter.queues.service_level import TERMS, Counts, Formula, service_level
from callcenter.talks import Target
from callcenter.types import AgentId, ContactId, QueueName
from tests.metrics.scraping import Scrape
from tests.playbook import Playbook, agent, answered, arrived, configuration, left, moved, overflow, queue, rule

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "service_level.md").read_text(encoding="utf-8")
RULES = ROOT / "config" / "prometheus" / "callcenter.rules.yml"
EXPRESSION = re.compile(r"```promql\n# (\w+)\n(.*?)```", re.DOTALL)
STEP_MS = 200_000  # between two calls

ADA, SAM = AgentId("ada"), AgentId("sam")
CONFIG = configuration(
    agent("ada", "support"),
    agent("sam", "sales"),
    queues=(
        replace(queue("support", wrap_up_ms=0, offer_timeout_ms=90_000), overflow=overflow(60_000, "sales")),
        queue("sales", wrap_up_ms=0, offer_timeout_ms=90_000),
    ),
    rules=(rule("all", to="support"),),
)


def rows(heading: str) -> list[list[str]]:
    """The cells of the lines of the table with this heading."""
    lines = PAGE[PAGE.index(heading) :].splitlines()
    table = lines[2 : next(number for number, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def by_formula(table: list[list[str]]) -> dict[Formula, list[str]]:
    return {Formula(cells[0].strip("`")): cells[1:] for cells in table}


def away(story: Playbook) -> Playbook:
    """Nobody is there to answer until the story says so."""
    return story.at(10, AgentNotReady(ADA, "lunch"), AgentNotReady(SAM, "lunch"))


def answer(story: Playbook, who: AgentId, contact: str, offer: int, at_ms: int) -> None:
    story.at(at_ms - 1, AgentReady(who)).at(at_ms, answered(f"{contact}.{offer}"))


def played() -> Playbook:
    story = away(Playbook.open(CONFIG))
    for number, (contact, waits, then) in enumerate(rows("| contact | waits | and then |"), start=1):
        began_ms = number * STEP_MS
        until_ms = began_ms + 1_000 * int(waits.removesuffix(" s"))
        story.at(began_ms, arrived(contact))
        match then:
            case "is answered":
                answer(story, ADA, contact, 1, until_ms)
                story.at(until_ms + 100_000, left(contact)).at(until_ms + 100_001, AgentNotReady(ADA, "lunch"))
            case "hangs up":
                story.at(until_ms, left(contact))
            case "overflows to sales":
                story.wait_until(until_ms).at(until_ms + 1_000, left(contact))
            case "is moved to sales":
                story.at(until_ms, moved(contact, "sales"))
            case _:
                raise AssertionError(f"docs/service_level.md: what is {then!r}?")
    return story


def counts_of(story: Playbook, name: str) -> Counts:
    views = story.engine.overview(story.START_MS + story.now_ms).queues
    return next(view.today for view in views if view.name == name)


def test_the_example_gives_what_the_page_says() -> None:
    counts = counts_of(played(), "support")
    gives = by_formula(rows("| formula | gives | is |"))
    assert set(gives) == set(Formula)
    for formula, (fraction, percent) in gives.items():
        met, of = (int(part) for part in fraction.split(" / "))
        share = service_level(counts, formula)
        assert share == met / of, formula
        assert f"{share:.1%}".replace("%", " %") == percent, formula


WORDS = {
    "answered within T": ("answered_within",),
    "abandoned or short within T": ("abandoned_within",),
    "answered": ("answered",),
    "abandoned": ("abandoned",),
    "short": ("short_abandoned",),
    "overflowed": ("overflowed",),
}


def test_the_table_of_formulas_is_the_codes() -> None:
    table = by_formula(rows("| formula | met | of | an overflow is |"))
    assert set(table) == set(Formula)
    for formula, (met, of, an_overflow) in table.items():
        terms = tuple(tuple(term for words in side.split(" + ") for term in WORDS[words]) for side in (met, of))
        assert terms == TERMS[formula], formula
        assert an_overflow == ("missed" if "overflowed" in TERMS[formula][1] else "left out"), formula


def test_over_several_queues_an_overflow_waits_on_and_a_transfer_begins_anew() -> None:
    first, second = rows("| contact | what happens | support | sales |")
    assert shares(overflowed(), first[2:])
    assert shares(handed_on(), second[2:])


def overflowed() -> Playbook:
    story = away(Playbook.open(CONFIG)).at(1_000, arrived("10")).wait_until(61_000)
    answer(story, SAM, "10", 1, 71_000)
    return story


def handed_on() -> Playbook:
    story = away(Playbook.open(CONFIG)).at(1_000, arrived("11"))
    answer(story, ADA, "11", 1, 31_000)
    story.at(41_000, CallTransferred(ADA, ContactId("11"), Target(queue=QueueName("sales"))))
    story.at(41_500, CallerReturned(ContactId("11")))
    answer(story, SAM, "11", 2, 46_000)  # five seconds after the transfer
    return story


def shares(story: Playbook, told: list[str]) -> bool:
    return [_share(counts_of(story, name)) for name in ("support", "sales")] == told


def _share(counts: Counts) -> str:
    of = counts.answered + counts.abandoned
    assert (service_level(counts, Formula.OF_OFFERED_WITHOUT_SHORT) is None) == (of == 0)
    return f"{counts.answered_within} / {of}" if of else "-"


# ---- the same by PromQL


def expressions() -> dict[Formula, str]:
    return {Formula(name): promql for name, promql in EXPRESSION.findall(PAGE)}


def one_line(promql: str) -> str:
    return " ".join(promql.split())


def test_the_pages_promql_has_each_formula_and_is_what_the_rules_record() -> None:
    assert set(expressions()) == set(Formula)
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    recorded = {
        rule["record"]: one_line(rule["expr"]) for group in groups for rule in group["rules"] if "record" in rule
    }
    for formula, promql in expressions().items():
        name = f"queue:callcenter_service_level_{formula.value}:ratio_rate15m"
        assert recorded.pop(name) == one_line(promql.replace("[1h]", "[15m]")), formula
    assert recorded == {}


@pytest.mark.prometheus
def test_the_pages_promql_gives_what_the_formulas_give(promtool: Path, tmp_path: Path) -> None:
    """The real exposition before and after the page's calls, an hour apart, is what Prometheus computes with."""
    story = played()
    totals = story.engine.snapshot().totals
    metrics = Metrics(lambda: story.engine.overview(story.START_MS + story.now_ms), lambda: totals)
    scrape = Scrape(metrics)
    series = [
        {"series": f"{name}{{{labels_of(labels)}}}", "values": f"0 {value:g}+0x59"}
        for (name, labels), value in scrape.samples.items()
        if name.startswith("callcenter_queue_") and name.endswith("_total")
    ]
    asked = [
        {
            "expr": f"round(({promql}), 0.0001) >= 0",  # NaN where there was nobody
            "eval_time": "60m",
            "exp_samples": [
                {"labels": f'{{queue="{name}"}}', "value": round(share, 4)}
                for name in ("support", "sales")
                if (share := service_level(counts_of(story, name), formula)) is not None
            ],
        }
        for formula, promql in expressions().items()
    ]
    test = {
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "promql_expr_test": asked}],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [promtool, "test", "rules", tmp_path / "test.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def labels_of(labels: frozenset[tuple[str, str]]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in sorted(labels))

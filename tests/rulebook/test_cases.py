"""The cases beside the rules: what is compared, what no case covers, and each mistake at its place."""

from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.rulebook import cases as rules_cases
from callcenter.rulebook.cases import Cases, Difference, Report, failures, lines_of
from callcenter.rulebook.trial import Clock
from callcenter.settings import load
from tests.rules_samples import RULES, SECRET, made, write_files

ROOT = Path(__file__).parent.parent.parent
GOOD = """
cases:
  - name: a big spender
    facts: {tier: gold, customer: {spend_12m: 70000}, account_manager: anna, at: 2026-12-24T11:59}
    expect:
      {queue: support, priority: 80, skills: {support: 7}, rule: vip, tier: platinum, tags: [loyal, vip],
       text: Greet by name., prefer: anna}
  - name: Christmas Eve
    facts: {at: 2026-12-24T12:00}
    expect: {rule: nobody there, text: "We are closed.", tags: [], prefer: [], skills: {}}
  - name: a crowd
    facts: {dialled: 8001, queues: {sales: {waiting: 11}}, agents: {sales: {ready: 0}}}
    expect: {rule: crowded}
  - name: the sales line
    facts: {dialled: 8001}
    expect: {rule: Sales line (default), queue: sales}
  - name: a business
    facts: {customer: {segment: business}}
    expect: {rule: (no rule), tier: gold}
"""


def read(folder: Path, cases: str) -> Cases:
    sample = made(write_files(folder, cases))
    return rules_cases.read(folder / "rules" / "cases.yaml", sample.configuration, Clock(sample.routing))


def run(folder: Path, cases: str, rules: str = RULES) -> Report:
    sample = made(write_files(folder, cases, rules))
    clock = Clock(sample.routing)
    found = rules_cases.read(folder / "rules" / "cases.yaml", sample.configuration, clock)
    assert not found.mistakes, found.mistakes
    return rules_cases.run(found.cases, sample.configuration, clock)


# ---- running


def test_a_callers_number_is_read_with_the_region_of_the_settings(tmp_path: Path) -> None:
    cases = "cases: [{name: vip, facts: {caller: 030 1234567}, expect: {rule: vip}}]"
    config = write_files(tmp_path, cases)
    loaded = load(config, SECRET)
    assert len(failures(loaded.settings.routing, loaded)) == 1
    config.write_text(config.read_text() + "crm: {default_region: DE}\n")
    assert failures(loaded.settings.routing, load(config, SECRET)) == []


def test_cases_that_pass_cover_every_rule(tmp_path: Path) -> None:
    report = run(tmp_path, GOOD)
    assert report == Report(5, (), (), (), (), True)
    assert list(lines_of(report)) == ["5 cases: 5 passed, 0 failed."]


def test_a_case_that_fails_shows_what_was_expected_and_what_came(tmp_path: Path) -> None:
    cases = """
cases:
  - name: wrong in everything
    facts: {tier: platinum, last_agent: bob}
    expect:
      {queue: sales, priority: 7, skills: {support: 9}, rule: crowded, tier: gold, tags: vip, text: "", prefer: anna}
"""
    report = run(tmp_path, cases)
    assert list(lines_of(report)) == [
        f"FAILED  wrong in everything  ({tmp_path}/rules/cases.yaml:3)",
        "  - queue: sales",
        "  + queue: support",
        "  - priority: 7",
        "  + priority: 80",
        "  - skills: {support: 9}",
        "  + skills: {support: 7}",
        "  - rule: crowded",
        "  + rule: vip",
        "  - tier: gold",
        "  + tier: platinum",
        "  - tags: [vip]",
        "  + tags: [loyal, vip]",
        '  - text: ""',
        "  + text: Greet by name.",
        "  - prefer: [anna]",
        "  + prefer: [bob]",
        "    rule `vip`: customer.tier is platinum",
        "",
        "1 case: 0 passed, 1 failed.",
        "No case covers:",
        "  rule `nobody there`",
        "  rule `crowded`",
        "  tier rule 1 (platinum: customer.spend_12m >= 50000)",
        "  tier rule 2 (gold: customer.segment == 'business')",
        "  where no rule holds: Sales line, the default queue",
    ]


def test_a_case_may_expect_that_a_contact_is_sent_away(tmp_path: Path) -> None:
    closed = RULES.replace(
        'route: {queue: general, priority: 1}\n    set: {text: "We are closed."}', "route: {queue: away}"
    )
    cases = """cases:
  - {name: at night, facts: {at: 2026-01-14T23:00}, expect: {queue: away, rule: nobody there}}
  - {name: by day, expect: {queue: away}}
"""
    report = run(tmp_path, cases, closed)
    assert [(failure.case, failure.differences) for failure in report.failures] == [
        ("by day", (Difference("queue", "away", "general"),))
    ]


def test_only_what_is_written_is_compared(tmp_path: Path) -> None:
    report = run(tmp_path, "cases: [{name: one, facts: {tier: platinum}, expect: {priority: 80}}]")
    assert not report.failures


def test_a_case_without_a_time_has_one_that_never_changes(tmp_path: Path) -> None:
    """A Wednesday at 10: else it would pass on weekdays and fail on Sundays."""
    report = run(tmp_path, "cases: [{name: one, facts: {}, expect: {rule: (no rule)}}]")
    assert not report.failures


def test_a_number_that_several_records_share(tmp_path: Path) -> None:
    rules = RULES.replace("not conditions.office\n", "customer.shared and not customer.known\n", 1)
    cases = "cases: [{name: one, facts: {customer: {shared: true}}, expect: {rule: nobody there}}]"
    assert not run(tmp_path, cases, rules).failures


# ---- mistakes


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("facts: {tier: glod}", "5:19: cases[0].facts.tier: is 'glod'. Did you mean `gold`?"),
        (
            "facts: {customer: {spend_12: 1}}",
            "5:24: cases[0].facts.customer.spend_12: there is no fact `customer.spend_12`. "
            "Did you mean `customer.spend_12m`?",
        ),
        ("facts: {customer: {spend_12m: much}}", "5:35: cases[0].facts.customer.spend_12m: is 'much'. It should be a"),
        ("facts: {queues: {slaes: {waiting: 1}}}", "5:22: cases[0].facts.queues.slaes: there is no queue `slaes`"),
        ("facts: {queues: {sales: {waitng: 1}}}", "5:30: cases[0].facts.queues.sales.waitng: is not a known key. Did"),
        ("facts: {agents: {sales: {ready: -1}}}", "5:37: cases[0].facts.agents.sales.ready: is '-1'. It should be a"),
        ("facts: {at: 2026-12-24}", "5:17: cases[0].facts.at: '2026-12-24' is no time. Write the time as"),
        (
            "facts: {last_agent: bib}",
            "5:25: cases[0].facts.last_agent: there is no agent `bib` in agents.yaml. Did",
        ),
        ("facts: {diald: 1}", "5:13: cases[0].facts.diald: is not a known key. Did you mean `dialled`?"),
    ],
)
def test_a_mistake_in_the_facts_is_told_at_its_place(tmp_path: Path, case: str, told: str) -> None:
    found = read(tmp_path, f"cases:\n  - name: one\n    expect:\n      queue: sales\n    {case}\n")
    assert [str(mistake).startswith(f"{tmp_path}/rules/cases.yaml:{told}") for mistake in found.mistakes] == [True], (
        found.mistakes
    )
    assert not found.cases


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        (
            "{queue: slaes}",
            "3:21: cases[0].expect.queue: there is no queue `slaes` in the rules. Did you mean",
        ),
        ("{tier: glod}", "3:20: cases[0].expect.tier: there is no tier `glod` in the rules. Did you mean `gold`?"),
        ("{rule: vap}", "3:20: cases[0].expect.rule: there is no rule `vap` in the rules. Did you mean `vip`?"),
        ("{tags: [vap]}", "3:21: cases[0].expect.tags[0]: there is no tag `vap` in the rules. Did you mean `vip`?"),
        ("{skills: {suport: 1}}", "3:23: cases[0].expect.skills.suport: there is no skill `suport` in the rules. Did"),
        ("{prefer: [ana]}", "3:23: cases[0].expect.prefer[0]: there is no agent `ana` in agents.yaml. Did you mean"),
        ("{priority: 101}", "3:24: cases[0].expect.priority: is '101'. It should be a whole number from 0 to 100"),
        ("{}", "3:5: cases[0].expect: is a set of keys. It should name what to compare, such as `queue: sales`"),
    ],
)
def test_a_mistake_in_what_is_expected_is_told_at_its_place(tmp_path: Path, expect: str, told: str) -> None:
    found = read(tmp_path, f"cases:\n  - name: one\n    expect: {expect}\n")
    assert [str(mistake).startswith(f"{tmp_path}/rules/cases.yaml:{told}") for mistake in found.mistakes] == [True], (
        found.mistakes
    )


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    cases = """
cases:
  - {name: one, facts: {tier: glod}, expect: {queue: slaes}}
  - {name: one, expect: {rule: vap}}
"""
    wrong = [mistake.wrong for mistake in read(tmp_path, cases).mistakes]
    assert wrong == [
        "is 'glod'",
        "there is no queue `slaes` in the rules",
        "`one` stands here for the second time, first on line 3",
        "there is no rule `vap` in the rules",
    ]


@pytest.mark.parametrize("text", ["", "cases: []", "cases: [", "cases: {}", "- 1", "cases: [1]", "cases: [{name: []}]"])
def test_a_file_that_holds_no_cases_is_a_mistake_and_no_crash(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).mistakes


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    sample = made(write_files(tmp_path))
    (mistake,) = rules_cases.read(
        tmp_path / "rules" / "cases.yaml", sample.configuration, Clock(sample.routing)
    ).mistakes
    assert mistake.wrong == "no such file"


# ---- for publishing


def test_rules_are_held_against_their_cases_before_they_are_published(tmp_path: Path) -> None:
    config = write_files(tmp_path, GOOD.replace("rule: crowded", "rule: vip"))
    loaded = load(config, SECRET)
    assert failures(tmp_path / "rules", loaded) == [
        f"{tmp_path}/rules/cases.yaml:11: case `a crowd`: rule is crowded, not vip (rule `crowded`)"
    ]
    (tmp_path / "rules" / "cases.yaml").write_text("cases: [{name: one, expect: {queue: slaes}}]")
    assert "there is no queue `slaes`" in failures(tmp_path / "rules", loaded)[0]
    (tmp_path / "rules" / "cases.yaml").unlink()
    assert failures(tmp_path / "rules", loaded) == []


def test_the_cases_of_rules_in_one_file_are_beside_it(tmp_path: Path) -> None:
    loaded = load(write_files(tmp_path, GOOD), SECRET)
    assert failures(tmp_path / "rules" / "routing.yaml", loaded) == []
    fewer = replace(loaded.configuration, rules=loaded.configuration.rules[1:])
    assert failures(tmp_path / "rules" / "routing.yaml", replace(loaded, configuration=fewer))


def test_the_sample_rules_pass_their_cases_and_every_rule_is_covered() -> None:
    rules = ROOT / "rules"
    sample = made(ROOT / "config" / "callcenter.yaml")
    clock = Clock(sample.routing)
    cases = rules_cases.read(rules_cases.path_of(rules), sample.configuration, clock)
    assert not cases.mistakes
    report = rules_cases.run(cases.cases, sample.configuration, clock)
    assert report == Report(len(cases.cases), (), (), (), (), True)

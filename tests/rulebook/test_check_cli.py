import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callcenter.cli import main

AGENTS = "agents:\n  - {id: anna, name: Anna, device: PJSIP/1, skills: {sales: 9}, queues: [sales]}\n"
RULES = "version: 2\ntiers: [gold]\ndefault_tier: gold\ndefault_queue: sales\nqueues: {sales: }\n"
RULE = "rules:\n  - name: one\n    when: customer.known\n    route: {queue: sales}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "config/callcenter.yaml").write_text("routing: ../rules\n")
    (tmp_path / "config/agents.yaml").write_text(AGENTS)
    write(tmp_path, RULES + RULE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "rules/routing.yaml").write_text(text)


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["rules", "check", *arguments])


def test_rules_in_order_need_no_secret_and_are_counted() -> None:
    result = check()
    assert (result.exit_code, result.output) == (0, "OK: 1 agent, 1 queue, 1 rule\n")
    assert check("--strict").exit_code == 0


def test_what_rules_need_not_have_is_counted_where_they_have_it(folder: Path) -> None:
    attributes = "attributes: {spend: {type: number, default: 0}}\n"
    hours = 'hours: {office: {week: {mon-sun: "24h"}}, shop: {week: {mon-sun: "24h"}}}\n'
    tiers = "tier_rules: [{when: customer.spend > 5, tier: gold}, {when: customer.spend > 9, tier: gold}]\n"
    entries = "entries: {8001: {name: Sales line, default: {queue: sales}}}\n"
    write(folder, RULES + attributes + hours + tiers + entries)
    last = check().output.splitlines()[-1]
    assert last == "OK: 1 agent, 1 queue, 1 entry, 2 sets of hours, 2 tier rules, 0 rules"


def test_every_mistake_is_told_at_its_place(folder: Path) -> None:
    write(folder, RULES + RULE.replace("customer.known", "customer.know").replace("{queue: sales}", "{queue: sale}"))
    result = check()
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "rules/routing.yaml:8:20: rules[0].when: there is no field `customer.know`. Did you mean `customer.known`?",
        "rules/routing.yaml:9:20: rules[0].route.queue: there is no queue `sale` in queues. Did you mean `sales`?",
        "2 mistakes",
    ]


def test_warnings_count_only_where_one_is_strict(folder: Path) -> None:
    write(folder, RULES + RULE.replace("customer.known", "now.hour > 24"))
    result = check()
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Warning: rules/routing.yaml:7:5: rules[0]: `one` can never match: `now.hour` cannot be all that it asks for. "
        "Mend its conditions, or leave it out",
        "OK: 1 agent, 1 queue, 1 rule",
    ]
    assert check("--strict").exit_code == 2


def test_another_folder_or_file_can_be_checked_instead(folder: Path) -> None:
    other = folder / "candidate"
    other.mkdir()
    (other / "a.yaml").write_text(RULES + "rules: [{name: one}]\n")
    assert "candidate/a.yaml:6:9: rules[0].route: is missing" in check("candidate").output
    assert check("candidate/a.yaml").exit_code == 1
    result = check("nowhere")
    assert (result.exit_code, result.output.splitlines()[0]) == (
        1,
        "nowhere: no such file. Make it, or name the right file",
    )


def test_mistakes_in_the_settings_are_told_in_the_same_way(folder: Path) -> None:
    (folder / "config/callcenter.yaml").write_text("rooting: ../rules\n")
    result = check()
    assert result.exit_code == 1
    assert result.output.startswith("config/callcenter.yaml:1:1: rooting: is not a known key. Did you mean `routing`?")
    assert check("--config", "nowhere.yaml").exit_code == 1


def test_json_has_each_part_of_a_mistake(folder: Path) -> None:
    write(folder, RULES + RULE.replace("customer.known", "customer.know"))
    result = check("--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.output) == {
        "mistakes": [
            {
                "file": "rules/routing.yaml",
                "line": 8,
                "column": 20,
                "key": "rules[0].when",
                "wrong": "there is no field `customer.know`",
                "remedy": "Did you mean `customer.known`?",
            }
        ],
        "warnings": [],
    }
    write(folder, RULES + RULE)
    assert json.loads(check("--format", "json").output) == {"mistakes": [], "warnings": []}


def test_github_shows_them_at_their_lines(folder: Path) -> None:
    write(folder, RULES + RULE.replace("customer.known", "now.hour > 24"))
    assert check("--format", "github").output == (
        "::warning file=rules/routing.yaml,line=7,col=5,title=rules[0]::`one` can never match: `now.hour` cannot be "
        "all that it asks for. Mend its conditions, or leave it out\n"
    )
    write(folder, RULES + RULE.replace("sales}", '"50%\\n,:"}'))
    assert check("--format", "github").output == (
        "::error file=rules/routing.yaml,line=9,col=20,title=rules[0].route.queue::there is no queue `50%25%0A,:` in "
        "queues. Known here: sales, away\n"
    )
    (folder / "rules/a,b.yaml").write_text("[")
    assert "::error file=rules/a%2Cb.yaml,line=1,col=2::is not valid YAML" in check("--format", "github").output

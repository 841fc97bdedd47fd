import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from callcenter.simulation.compare_cli import simulate
from tests.simulation.comparing import written

AGENTS = """\
agents:
  - {id: agent0, name: A, device: PJSIP/0, queues: [sales], skills: {german: 5}}
  - {id: agent1, name: B, device: PJSIP/1, queues: [sales]}
  - {id: agent2, name: C, device: PJSIP/2, queues: [sales]}
"""
ROUTING = """\
version: 1
tiers: [gold, standard]
default_tier: standard
default_queue: sales
queues: {sales: {wrap_up_s: 30}}
rules:
  - {name: german, when: {language: de}, route: {queue: sales, skills: {german: 5}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "callcenter.yaml").write_text("agents: agents.yaml\nrouting: routing.yaml\n", encoding="utf-8")
    (tmp_path / "agents.yaml").write_text(AGENTS, encoding="utf-8")
    (tmp_path / "routing.yaml").write_text(ROUTING, encoding="utf-8")
    (tmp_path / "candidate").mkdir()
    (tmp_path / "candidate" / "routing.yaml").write_text(ROUTING.replace(", skills: {german: 5}", ""), encoding="utf-8")
    text = yaml.safe_dump(written(arrivals={"08:00-12:00": "12"}), sort_keys=False)
    (tmp_path / "traffic.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def run(folder: Path, *more: str, candidate: str = "candidate") -> tuple[int, str, str]:
    paths = ["--config", "callcenter.yaml", "--traffic", "traffic.yaml", "--candidate", candidate]
    given = [str(folder / text) if text in (*paths[1::2],) else text for text in paths]
    result = CliRunner().invoke(simulate, [*given, *more])
    return result.exit_code, result.stdout, result.stderr


def test_the_table_is_told_and_no_bar_where_there_is_no_terminal(folder: Path) -> None:
    status, told, errors = run(folder, "--days", "10")
    assert (status, errors) == (0, "")
    assert "10 days with" in told
    assert "jackknife over days" in told
    assert "better" in told
    assert run(folder, "--days", "10")[1] == told


def test_json_and_page_are_made(folder: Path) -> None:
    page = folder / "page.html"
    status, told, errors = run(folder, "--days", "1", "--format", "json", "--page", str(page))
    assert (status, errors) == (0, "")
    assert json.loads(told)["days"] == 1
    assert "</html>" in page.read_text(encoding="utf-8")


def test_callers_numbers_are_read_with_the_region_of_the_settings(folder: Path) -> None:
    asked = ROUTING.replace("version: 1", "version: 2").replace("{language: de}", "contact.caller == '+493023125012'")
    asked = asked.replace("queues: {", "queues: {friends: {}, ").replace(
        "queue: sales, skills: {german: 5}", "queue: friends"
    )
    (folder / "candidate" / "routing.yaml").write_text(asked, encoding="utf-8")
    mix = [{"dialled": "100", "caller": "030 23125012"}]
    text = yaml.safe_dump(written(arrivals={"08:00-12:00": "12"}, mix=mix), sort_keys=False)
    (folder / "traffic.yaml").write_text(text, encoding="utf-8")
    config = folder / "callcenter.yaml"
    config.write_text(config.read_text() + "crm: {default_region: DE}\n", encoding="utf-8")
    everybody, *_ = json.loads(run(folder, "--days", "1", "--format", "json")[1])["groups"]
    answered = everybody["figures"]["answered"]
    assert answered["current"] > 0
    assert answered["candidate"] == 0, "all are friends, and nobody serves them"


def test_how_many_days_follows_from_the_traffic(folder: Path) -> None:
    assert json.loads(run(folder, "--format", "json")[1])["days"] == 20


def test_mistakes_in_the_candidate_and_in_the_traffic_are_told(folder: Path) -> None:
    (folder / "broken.yaml").write_text(ROUTING.replace("queue: sales,", "queue: sale,"), encoding="utf-8")
    status, _, errors = run(folder, candidate="broken.yaml")
    assert status == 1
    assert "broken.yaml" in errors
    assert "`sales`" in errors
    (folder / "traffic.yaml").write_text("arrivals: 3\n", encoding="utf-8")
    status, _, errors = run(folder)
    assert status == 1
    assert "traffic.yaml:1" in errors
    assert "mix" in errors


def test_a_page_that_cannot_be_written_is_told(folder: Path) -> None:
    status, _, errors = run(folder, "--days", "1", "--page", str(folder / "nowhere" / "page.html"))
    assert status == 1
    assert "cannot be written" in errors


def test_files_that_are_not_there_are_told(folder: Path) -> None:
    assert run(folder, candidate="nothing")[0] == 2
    (folder / "traffic.yaml").unlink()
    status, _, errors = run(folder)
    assert status == 1
    assert "no such file" in errors

"""The commands `rules test` and `rules explain`, with real files, a real database and a real journal."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from callcenter.recovery import open_journal
from callcenter.rulebook.try_cli import MAX_SETS, explain
from callcenter.rulebook.try_cli import test as rules_test
from callcenter.settings import Loaded, load
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import default_url
from callcenter.stores.journal import Entry
from callcenter.stores.tables import CustomerAttributeRow, CustomerNumberRow, CustomerRow
from tests.database_fixtures import migrated
from tests.rulebook.test_records import DECIDED, events_of
from tests.rules_samples import CONFIG, RULES, SECRET, write_files
from tests.stores.records import contact

CASES = """
cases:
  - {name: good, facts: {tier: platinum}, expect: {rule: vip}}
"""


def in_thread(work: Any) -> Any:
    """What `work` returns. The commands have an event loop of their own, and here the reactor's runs already."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join(60)
    assert found, "it has raised, or takes too long"
    return found[0]


def invoke(command: click.Command, config: Path, *arguments: str) -> Result:
    options = [*arguments, "--config", str(config)]
    result: Result = in_thread(lambda: CliRunner().invoke(command, options, env=SECRET))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def written(writing: Coroutine[Any, Any, None]) -> None:
    in_thread(lambda: asyncio.run(writing) or True)


# ---- test


def test_cases_that_pass_exit_with_0_and_tell_what_is_not_covered(tmp_path: Path) -> None:
    result = invoke(rules_test, write_files(tmp_path, CASES))
    assert result.exit_code == 0
    assert result.stdout.startswith("1 case: 1 passed, 0 failed.\nNo case covers:\n  rule `nobody there`\n")


def test_a_case_that_fails_exits_with_1(tmp_path: Path) -> None:
    config = write_files(tmp_path, CASES.replace("rule: vip", "rule: crowded"))
    result = invoke(rules_test, config)
    assert result.exit_code == 1
    assert "  - rule: crowded\n  + rule: vip\n" in result.stdout
    told = json.loads(invoke(rules_test, config, "--format", "json").stdout)
    assert told["failures"][0]["differences"] == [{"key": "rule", "expected": "crowded", "got": "vip"}]
    assert (told["cases"], told["default_covered"]) == (1, False)


def test_other_rules_than_those_in_force_are_tested_by_their_own_cases(tmp_path: Path) -> None:
    config = write_files(tmp_path, CASES)
    candidate = tmp_path / "candidate"
    candidate.mkdir()
    (candidate / "rules.yaml").write_text(RULES.replace("name: vip", "name: very important"))
    (candidate / "cases.yaml").write_text(CASES.replace("rule: vip", "rule: very important"))
    assert invoke(rules_test, config, str(candidate)).exit_code == 0


def test_mistakes_in_the_cases_or_the_rules_are_told_and_exit_with_1(tmp_path: Path) -> None:
    config = write_files(tmp_path, CASES.replace("tier: platinum", "tier: platnum"))
    result = invoke(rules_test, config)
    assert result.exit_code == 1
    assert f"{tmp_path}/rules/cases.yaml:3:32: cases[0].facts.tier: is 'platnum'. Did you mean `platinum`?" in (
        result.stderr
    )
    (tmp_path / "rules" / "routing.yaml").write_text(RULES.replace("queue: support", "queue: suport"))
    result = invoke(rules_test, config)
    assert result.exit_code == 1
    assert "Did you mean `support`?" in result.stderr


def test_rules_without_cases_say_so(tmp_path: Path) -> None:
    result = invoke(rules_test, write_files(tmp_path))
    assert result.exit_code == 1
    assert "cases.yaml: no such file" in result.stderr


# ---- explain


def test_a_made_up_contact_is_explained_without_a_database_a_daemon_or_a_secret(tmp_path: Path) -> None:
    config = write_files(tmp_path)
    options = ["--number", "8001", "--at", "2026-01-14T10:00", "--set", "queue.sales.waiting=11"]
    result = CliRunner().invoke(explain, [*options, "--set", "agents.sales.ready=0", "--config", str(config)], env={})
    assert result.exit_code == 0
    assert result.stdout.startswith("A contact at Wed 2026-01-14 10:00 (Europe/Berlin)\n")
    assert "Decision: crowded\n  queue general, priority 5\n" in result.stdout
    assert "(queue.sales.waiting is 11)" in result.stdout
    assert not (tmp_path / "data").exists()


def test_each_option_is_a_fact(tmp_path: Path) -> None:
    options = ("--caller", "+4930", "--intent", "cancel", "--language", "de", "--account", "A-7", "--tier", "platinum")
    people = ("--account-manager", "anna", "--last-agent", "bob", "--format", "json", "--at", "2026-01-14T10:00")
    told = json.loads(invoke(explain, write_files(tmp_path), *options, *people).stdout)
    facts = ("contact.caller", "contact.intent", "contact.language", "contact.account", "customer.tier")
    assert [told["facts"][path] for path in facts] == ["+4930", "cancel", "de", "A-7", "platinum"]
    assert told["route"]["prefer"] == ["anna", "bob"]


def test_a_callers_number_is_read_with_the_region_of_the_settings(tmp_path: Path) -> None:
    """By `explain` and by `test`; both name the rule that asks for the number in E.164."""
    config = write_files(tmp_path, CASES.replace("tier: platinum", "caller: 030 1234567"))
    options = ("--caller", "030/1234567", "--format", "json", "--at", "2026-01-14T10:00")
    for region, number, rule, code in (("US", "+10301234567", "(no rule)", 1), ("DE", "+49301234567", "vip", 0)):
        config.write_text(CONFIG + f"crm: {{default_region: {region}}}\n")
        told = json.loads(invoke(explain, config, *options).stdout)
        assert (told["facts"]["contact.caller"], told["route"]["rule"]) == (number, rule)
        assert invoke(rules_test, config).exit_code == code


def test_days_since_a_date_and_the_language_that_counts_are_explained(tmp_path: Path) -> None:
    asked = "days_since(customer.since) <= 90 and contact.spoken == 'de'"
    config = write_files(tmp_path, rules=RULES.replace("customer.segment == 'business'", asked))
    options = ("--at", "2026-01-14T10:00", "--set", "customer.since=2025-12-31", "--set", "customer.language=de")
    told = invoke(explain, config, *options).stdout
    assert "  yes  days_since(customer.since) <= 90\n" in told
    below = told.partition("  yes  days_since(customer.since) <= 90\n")[2].split("\n")[:2]
    assert [line.strip() for line in below] == ["days_since(customer.since) is 14", "customer.since is 2025-12-31"]
    assert json.loads(invoke(explain, config, *options, "--format", "json").stdout)["tier"] == "gold"


def test_without_a_time_it_is_now(tmp_path: Path) -> None:
    told = json.loads(invoke(explain, write_files(tmp_path), "--format", "json").stdout)
    assert told["at_ms"] > 1_700_000_000_000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "customer.spend=1"], "--set customer.spend: there is no fact `customer.spend`. Did you mean"),
        (["--set", "customer.spend_12m"], "--set customer.spend_12m: write a fact and its value"),
        (["--set", "now.hour=9"], "--set now.hour: `now.hour` follows from the time."),
        (["--tier", "glod"], "--tier: is 'glod'. Did you mean `gold`?"),
        (["--last-agent", "bib"], "--last-agent: there is no agent `bib`. Did you mean `bob`?"),
        (["--at", "noon"], "--at: 'noon' is no time. Write the time as 2026-12-24T17:00"),
        (["--lookup"], "--lookup needs --caller or --account."),
        (["--contact", "c1", "--tier", "gold"], "--contact tells what was recorded, and takes only --config"),
        (["--set", "contact.intent=x"] * (MAX_SETS + 1), f"--set may be given {MAX_SETS} times at most."),
    ],
)
def test_an_option_that_cannot_be_is_told(tmp_path: Path, options: list[str], words: str) -> None:
    result = invoke(explain, write_files(tmp_path), *options)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    found = load(write_files(tmp_path), SECRET)
    found.settings.data_dir.mkdir()
    return found


async def write_log(loaded: Loaded) -> None:
    """Ann is a customer, and c1 was a contact of hers."""
    number, attribute = {"number": "+12125550123", "customer_id": 7}, {"name": "spend_12m", "value": "70000"}
    async with migrated(default_url(loaded.settings.data_dir)) as database, database.engine.begin() as connection:
        row = {"id": 7, "account": "A-7", "name": "Ann", "tier": "gold", "account_manager": "anna"}
        await connection.execute(insert(CustomerRow), [row])
        await connection.execute(insert(CustomerNumberRow), [number])
        await connection.execute(insert(CustomerAttributeRow), [{"customer_id": 7, **attribute}])
        await write_batch(connection, [contact("c1", customer=7, agent="bob"), DECIDED], lambda caller: caller)


async def write_journal(loaded: Loaded) -> None:
    async with contextlib.AsyncExitStack() as closing:
        journal = await open_journal(loaded.settings, closing)
        await journal.load()
        await journal.append([Entry(*entry) for entry in events_of(loaded)])


def test_a_caller_is_looked_up_with_attributes_and_last_agent(tmp_path: Path, loaded: Loaded) -> None:
    written(write_log(loaded))
    options = ("--caller", "(212) 555-0123", "--lookup", "--at", "2026-01-14T10:00", "--format", "json")
    told = json.loads(invoke(explain, tmp_path / "callcenter.yaml", *options).stdout)
    assert (told["facts"]["customer.name"], told["facts"]["customer.spend_12m"]) == ("Ann", 70_000)
    assert (told["tier"], told["route"]["rule"], told["route"]["prefer"]) == ("platinum", "vip", ["anna", "bob"])
    again = invoke(explain, tmp_path / "callcenter.yaml", *options, "--set", "customer.spend_12m=1")
    assert json.loads(again.stdout)["tier"] == "gold"


def test_a_look_up_for_rules_in_a_folder_takes_the_attributes_that_these_rules_declare(
    tmp_path: Path, loaded: Loaded
) -> None:
    """The rules in force declare none; those in the folder are the ones that are asked about."""
    written(write_log(loaded))
    config, folder = tmp_path / "callcenter.yaml", tmp_path / "candidate"
    folder.mkdir()
    in_force = loaded.settings.routing / "routing.yaml"
    (folder / "rules.yaml").write_text(in_force.read_text())
    in_force.write_text(
        "version: 2\ntiers: [platinum, gold, standard]\ndefault_tier: standard\ndefault_queue: sales\n"
        "queues: {sales: {}, general: {}}\nrules: []\n"
    )
    options = (str(folder), "--caller", "(212) 555-0123", "--lookup", "--at", "2026-01-14T10:00", "--format", "json")
    told = json.loads(invoke(explain, config, *options).stdout)
    assert (told["facts"]["customer.spend_12m"], told["tier"]) == (70_000, "platinum")


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = invoke(explain, write_files(tmp_path), "--account", "A-7", "--lookup")
    assert result.exit_code == 1
    assert "there is no database" in result.stderr


def test_the_decision_of_a_contact_of_the_past_is_told(tmp_path: Path, loaded: Loaded) -> None:
    written(write_log(loaded))
    config = tmp_path / "callcenter.yaml"
    result = invoke(explain, config, "--contact", "c1")
    assert result.exit_code == 0
    assert result.stdout.startswith("Contact c1 at Thu 1970-01-01 01:00 (Europe/Berlin)\n")
    assert "Decision: gold sales\n  queue sales, priority 20\n  because tier is gold\n" in result.stdout
    assert "routed: sales: no" in result.stdout
    assert result.stdout.endswith("callcenter explain c1\n")
    told = json.loads(invoke(explain, config, "--contact", "c1", "--format", "json").stdout)
    assert told["decisions"][0]["words"] == "sales: no"
    unknown = invoke(explain, config, "--contact", "c2")
    assert unknown.exit_code == 1
    assert "The log holds nothing of contact c2." in unknown.stdout


@pytest.mark.redis
def test_who_could_take_it_now_is_told_from_the_journal(redis_executable: Path, tmp_path: Path, loaded: Loaded) -> None:
    written(write_journal(loaded))
    options = ("--tier", "platinum", "--at", "2026-01-14T10:00", "--account-manager", "anna", "--live")
    result = invoke(explain, tmp_path / "callcenter.yaml", *options)
    assert result.exit_code == 0, result.output
    assert "Who could take it, as the daemon last knew at Thu 1970-01-01 01:00 (Europe/Berlin)\n" in result.stdout
    assert "  place 1 of 1, kept for anna\n" in result.stdout
    assert "  carla  it is kept for Anna\n" in result.stdout
    assert "  bob    has support 4, support >= 7 is asked for\n" in result.stdout
    told = json.loads(invoke(explain, tmp_path / "callcenter.yaml", *options, "--format", "json").stdout)
    assert told["live"]["queue_state"] == "open"

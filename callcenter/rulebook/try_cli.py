"""`callcenter rules test` and `callcenter rules explain`: rules tried out on contacts made up, or looked back at.

Neither changes anything, and neither needs a daemon, except that `explain --live` reads what one has written.
"""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import msgspec

from callcenter.admin.load import Made
from callcenter.admin.schema import did_you_mean
from callcenter.admin.yaml_source import Mistake
from callcenter.rulebook import cases as rules_cases
from callcenter.rulebook import explanation as rules_explain
from callcenter.rulebook import records as rules_records
from callcenter.rulebook.trial import Clock, Draft, FactError, Rules, fields_of
from callcenter.settings import Loaded, SettingsError, load, load_rules
from callcenter.stores.database import DatabaseUnavailableError
from callcenter.types import AgentId, ContactId, Customer, PbxName

T = TypeVar("T")

DEFAULT_CONFIG = Path("config/callcenter.yaml")
MAX_SETS = 200

_directory = click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
_config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The settings file; it names the agents, and the rules where no DIR is given.",
)
_format = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.command()
@_directory
@_config
@_format
def test(directory: Path | None, config: Path, form: str) -> None:
    """Ask the rules in DIR about each case of the cases.yaml beside them, and tell which rules no case covers.

    Exits with 0 where all cases pass, else with 1.
    """
    made, rules = _made(config, directory)
    clock = Clock(made.routing)
    cases = rules_cases.read(rules_cases.path_of(rules), made.configuration, clock, made.default_region)
    if cases.mistakes:
        _refuse(cases.mistakes)
    report = rules_cases.run(cases.cases, made.configuration, clock)
    if form == "json":
        click.echo(msgspec.json.encode(report))
    else:
        for line in rules_cases.lines_of(report):
            click.echo(line)
    if report.failures:
        raise SystemExit(1)


@click.command()
@_directory
@_config
@click.option("--caller", help="The caller's number, such as +49301234567.")
@click.option("--number", help="The number that was dialled.")
@click.option("--intent", help="What an IVR found out.")
@click.option("--language", help="The same, of the language.")
@click.option("--account", help="The account number that the caller gave.")
@click.option("--tier", help="The tier of the customer's record.")
@click.option("--at", help="The local time of the rules, such as 2026-12-24T17:00; default: now.")
@click.option("--set", "sets", multiple=True, metavar="FACT=VALUE", help="A fact, such as customer.name=Ann.")
@click.option("--account-manager", help="The agent who looks after the customer.")
@click.option("--last-agent", help="The agent who talked to the customer last.")
@click.option("--lookup", is_flag=True, help="Look the customer up in the database, by --account or --caller.")
@click.option("--live", is_flag=True, help="Ask the daemon's journal about queues and agents, and who is free.")
@click.option("--contact", help="Instead of all this: what was decided of the contact of this id.")
@_format
def explain(
    *,
    directory: Path | None,
    config: Path,
    at: str | None,
    sets: tuple[str, ...],
    lookup: bool,
    live: bool,
    contact: str | None,
    form: str,
    **facts: str | None,
) -> None:
    """Tell what the rules in DIR say to a contact and why: each rule tried, the decision, who could take the contact.

    What is not given is as in a quiet moment: the caller is unknown, nobody waits, all agents are free.
    """
    if contact is not None:
        if directory is not None or at is not None or sets or lookup or live or any(facts.values()):
            raise click.UsageError("--contact tells what was recorded, and takes only --config and --format beside it.")
        _tell_past(config, ContactId(contact), form)
        return
    made, _ = _made(config, directory)
    now_ms = time.time_ns() // 1_000_000
    clock, draft = Clock(made.routing), _draft(made, sets, facts)
    try:
        at_ms = now_ms if at is None else clock.moment(at)
    except FactError as error:
        raise click.UsageError(f"--at: {error}") from None
    loaded = _loaded(config, directory) if lookup or live else None
    found: tuple[Customer, ...] = ()
    if lookup:
        assert loaded is not None
        found, draft.last_agent = _look_up(loaded, draft)
    rules = Rules(clock.around(made.configuration, [at_ms]))
    if live:
        assert loaded is not None
        present = _run(rules_records.present_of(loaded, now_ms))
        trial = draft.trial(at_ms, found, present.facts(made.configuration))
        standing = present.live(rules.ask(trial).route, PbxName(loaded.settings.pbx.name))
        explained = rules_explain.explain(rules, clock, trial, standing)
    else:
        explained = rules_explain.explain(rules, clock, draft.trial(at_ms, found))
    if form == "json":
        click.echo(msgspec.json.encode(explained))
    else:
        for line in rules_explain.lines_of(explained):
            click.echo(line)


def _tell_past(config: Path, contact: ContactId, form: str) -> None:
    loaded = _loaded(config)
    past = _run(rules_records.past_of(loaded, contact))
    if form == "json":
        click.echo(msgspec.json.encode(past))
    else:
        made, _ = _made(config, None)
        for line in rules_records.lines_of(past, Clock(made.routing).words):
            click.echo(line)
    if past.contact is None and not past.decisions:
        raise SystemExit(1)


def _draft(made: Made, sets: tuple[str, ...], facts: dict[str, str | None]) -> Draft:
    """The facts that the options give."""
    draft = Draft(made.configuration, fields_of(made.configuration), made.default_region)
    if len(sets) > MAX_SETS:
        raise click.UsageError(f"--set may be given {MAX_SETS} times at most.")
    given = [(f"--{option}", path, facts[option]) for option, path in _PATHS.items()]
    for assignment in sets:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise click.UsageError(f"--set {assignment}: write a fact and its value, such as customer.name=Ann.")
        given.append((f"--set {path}", path.strip(), text.strip()))
    for option, path, value in given:
        if value is not None:
            try:
                draft.give(path, value)
            except FactError as error:
                raise click.UsageError(f"{option}: {error}") from None
    draft.account_manager = _agent(made, "--account-manager", facts["account_manager"])
    draft.last_agent = _agent(made, "--last-agent", facts["last_agent"])
    return draft


_PATHS = {
    "caller": "contact.caller",
    "number": "contact.dialled",
    "intent": "contact.intent",
    "language": "contact.language",
    "account": "contact.account",
    "tier": "customer.tier",
}


def _agent(made: Made, option: str, name: str | None) -> AgentId | None:
    known = [agent.id for agent in made.configuration.agents]
    if name is None or name in known:
        return None if name is None else AgentId(name)
    raise click.UsageError(f"{option}: there is no agent `{name}`. {did_you_mean(name, known)}")


def _look_up(loaded: Loaded, draft: Draft) -> tuple[tuple[Customer, ...], AgentId | None]:
    caller, account = draft.given.get("contact.caller"), draft.given.get("contact.account")
    if caller is None and account is None:
        raise click.UsageError("--lookup needs --caller or --account.")
    customers, last = _run(
        rules_records.customers_of(
            loaded, None if caller is None else str(caller), None if account is None else str(account)
        )
    )
    return customers, draft.last_agent or last


# ---- reading


def _made(config: Path, directory: Path | None) -> tuple[Made, Path]:
    """The rules, and where they are. Ends the command with every mistake where there is one."""
    try:
        read = load_rules(config, directory)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if read.made is None:
        _refuse(read.mistakes)
    return read.made, Path(read.routing.file)


def _loaded(config: Path, directory: Path | None = None) -> Loaded:
    try:
        return load(config, routing=directory)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


def _refuse(mistakes: Sequence[Mistake]) -> NoReturn:
    for mistake in mistakes:
        click.echo(str(mistake), err=True)
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    raise click.ClickException(f"{count} in the rules or their cases")


def _run(reading: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(reading)
    except (*rules_records.JOURNAL_ERRORS, DatabaseUnavailableError) as error:
        raise click.ClickException(str(error)) from None

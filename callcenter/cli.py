"""The command `callcenter`: run the daemon, check settings and rules, explain a contact, make a password hash.

Whatever a command needs is imported when it is called: to load all of it takes longer than most commands.
"""

import asyncio
import gc
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

DEFAULT_CONFIG = Path("config/callcenter.yaml")
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 8, 256

_config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The settings file; it names the others.",
)


# Commands by the modules that have them.
_LATER_OF_RULES = {
    "check": "callcenter.rulebook.check_cli",
    "test": "callcenter.rulebook.try_cli",
    "explain": "callcenter.rulebook.try_cli",
    "simulate": "callcenter.simulation.compare_cli",
    "publish": "callcenter.rulebook.publish_cli",
    "log": "callcenter.rulebook.publish_cli",
    "diff": "callcenter.rulebook.publish_cli",
    "rollback": "callcenter.rulebook.publish_cli",
}
_LATER_OF_STAFF = {
    "export": "callcenter.rulebook.staff_cli:export_table",
    "import": "callcenter.rulebook.staff_cli:import_table",
}
_LATER_OF_MAIN = {
    "audit": "callcenter.reconcile.cli:audit_log",
    "drain": "callcenter.drain",
    "report": "callcenter.reports.cli",
    "retention": "callcenter.retention.cli",
    "token": "callcenter.token_cli",
}
_LATER_OF_CUSTOMERS = {"find": "callcenter.customers.cli", "erase": "callcenter.customers.cli"}


class _Later(click.Group):
    """A group with commands of other modules."""

    def __init__(self, name: str, later: Mapping[str, str], **others: Any) -> None:
        super().__init__(name, **others)
        self._later = later

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self._later])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._later:
            return super().get_command(ctx, cmd_name)
        module, _, name = self._later[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name or cmd_name)
        return command


@click.group(cls=_Later, later=_LATER_OF_MAIN)
@click.version_option(package_name="callcenter")
def main() -> None:
    """Contact-center call routing for Asterisk."""


main.add_command(_Later("rules", _LATER_OF_RULES, help="Check the routing rules, and all else one does with them."))
main.add_command(_Later("customers", _LATER_OF_CUSTOMERS, help="Try how customers are found, and erase one."))
main.add_command(_Later("staff", _LATER_OF_STAFF, help="The staff as a table, for spreadsheets."))


@main.command()
@_config
def run(config: Path) -> None:
    """Run the daemon until SIGTERM or Ctrl-C."""
    gc.disable()  # while nearly all that is made stays, to look for garbage takes a tenth of the start; see garbage.py
    from callcenter import process
    from callcenter.settings import SettingsError

    try:
        raise SystemExit(process.run(config))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@_config
def check(config: Path) -> None:
    """Check the settings: prints OK, or every mistake and exits with 1."""
    from callcenter.settings import SettingsError, load

    try:
        loaded = load(config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    for warning in loaded.warnings:
        click.echo(f"Warning: {warning}", err=True)
    made = loaded.configuration
    click.echo(f"OK: {len(made.agents)} agents, {len(made.queues)} queues, {loaded.rules_written} rules")


@main.command()
@click.argument("contact")
@_config
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(contact: str, config: Path, form: str) -> None:
    """Tell why CONTACT went where it went: each offer, and for each agent the reason why it was not the one.

    Handles the events of the journal once more, which goes back to the last snapshot (redis.snapshot_every). The daemon
    may be running or not.
    """
    import msgspec

    from callcenter.hindsight import lines_of, story_of
    from callcenter.settings import SettingsError, load
    from callcenter.stores.journal import JournalCorruptError, JournalUnavailableError
    from callcenter.stores.redis_server import RedisServerError
    from callcenter.stores.snapshot import SnapshotError
    from callcenter.types import ContactId

    try:
        story = asyncio.run(story_of(load(config), ContactId(contact)))
    except (SettingsError, JournalUnavailableError, JournalCorruptError, RedisServerError, SnapshotError) as error:
        raise click.ClickException(str(error)) from None
    if form == "json":
        click.echo(msgspec.json.encode(story))
    else:
        for line in lines_of(story):
            click.echo(line)
    if not story.told and story.now is None:
        raise SystemExit(1)


@main.command("hash-password")
def hash_password() -> None:
    """Read a password, from the prompt or one line of standard input, and print its argon2 hash for agents.yaml."""
    from argon2 import PasswordHasher

    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline(MAX_PASSWORD_LENGTH + 2).rstrip("\r\n")
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise click.ClickException(f"a password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters")
    click.echo(PasswordHasher().hash(password))

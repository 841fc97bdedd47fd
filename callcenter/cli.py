"""The command `callcenter`: run the daemon, check settings and rules, explain a contact, make a password hash."""

import asyncio
import sys
from importlib import import_module
from pathlib import Path

import click
import msgspec
from argon2 import PasswordHasher

from callcenter.drain import drain
from callcenter.rulebook.check_cli import rules
from callcenter.settings import SettingsError, load
from callcenter.types import ContactId

DEFAULT_CONFIG = Path("config/callcenter.yaml")
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 8, 256

_config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The settings file; it names the others.",
)


# The commands of `rules` whose modules are imported when one is called: their libraries take longer to load than it
# takes to check the rules.
_LATER = {
    "test": "callcenter.rulebook.try_cli",
    "explain": "callcenter.rulebook.try_cli",
    "simulate": "callcenter.simulation.compare_cli",
    "publish": "callcenter.rulebook.publish_cli",
    "log": "callcenter.rulebook.publish_cli",
    "diff": "callcenter.rulebook.publish_cli",
    "rollback": "callcenter.rulebook.publish_cli",
}


class _Rules(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LATER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(_LATER[cmd_name]), cmd_name)
        return command


@click.group()
@click.version_option(package_name="callcenter")
def main() -> None:
    """Contact-center call routing for Asterisk."""


main.add_command(_Rules("rules", commands=rules.commands, help=rules.help))
main.add_command(drain)


@main.command()
@_config
def run(config: Path) -> None:
    """Run the daemon until SIGTERM or Ctrl-C."""
    from callcenter import process  # noqa: PLC0415 - it chooses the reactor, which no other command needs

    try:
        raise SystemExit(process.run(config))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@_config
def check(config: Path) -> None:
    """Check the settings: prints OK, or every mistake and exits with 1."""
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
    from callcenter.hindsight import lines_of, story_of  # noqa: PLC0415 - its libraries take long to load
    from callcenter.stores.journal import JournalCorruptError, JournalUnavailableError  # noqa: PLC0415
    from callcenter.stores.redis_server import RedisServerError  # noqa: PLC0415
    from callcenter.stores.snapshot import SnapshotError  # noqa: PLC0415

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
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline(MAX_PASSWORD_LENGTH + 2).rstrip("\r\n")
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise click.ClickException(f"a password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters")
    click.echo(PasswordHasher().hash(password))

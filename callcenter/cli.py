"""The command `callcenter`: run the daemon, check the settings, make a password hash."""

import sys
from pathlib import Path

import click
from argon2 import PasswordHasher

from callcenter.settings import SettingsError, load

DEFAULT_CONFIG = Path("config/callcenter.yaml")
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 8, 256

_config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The settings file; it names the others.",
)


@click.group()
@click.version_option(package_name="callcenter")
def main() -> None:
    """Contact-center call routing for Asterisk."""


@main.command()
@_config
def run(config: Path) -> None:
    """Run the daemon until SIGTERM or Ctrl-C."""
    from callcenter import daemon  # noqa: PLC0415 - it chooses the reactor, which no other command needs

    try:
        raise SystemExit(daemon.run(config))
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
    click.echo(f"OK: {len(made.agents)} agents, {len(made.queues)} queues, {len(made.rules)} rules")


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

"""`callcenter token create | list | revoke`: tokens for programs that use the API.

One idea: the daemon makes them, for whoever signs in and may; this only asks for it and shows what came of it.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from callcenter.daemon_client import DaemonClient, RefusedError
from callcenter.settings import SettingsError, load_settings

ADDRESS = "/api/v1/tokens"

_login = click.option(
    "--as",
    "login",
    required=True,
    help="The admin to sign in as; the password comes from CALLCENTER_PASSWORD, the prompt or standard input.",
)
_config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/callcenter.yaml"),
    show_default=True,
    help="The settings file.",
)


@click.group()
def token() -> None:
    """Tokens for programs that use the API."""


@token.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="A permission, such as see_floor; several times.")
@click.option("--queue-group", "groups", multiple=True, help="Only the queues of this group; several times.")
@click.option("--acts-for", help="The login that it stands for, at most with that login's permissions.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it is good.")
@click.option("--forever", is_flag=True, help="It never expires.")
@_login
@_config
def create(
    name: str,
    *,
    scopes: tuple[str, ...],
    groups: tuple[str, ...],
    acts_for: str | None,
    days: int,
    forever: bool,
    login: str,
    config: Path,
) -> None:
    """Make a token called NAME and print it. It is shown this once, and kept nowhere."""
    body = {
        "name": name,
        "scopes": list(scopes),
        "queue_groups": list(groups),
        "acts_for": acts_for,
        "expires_in_days": None if forever else days,
    }
    click.echo(_ask(login, config, "POST", ADDRESS, body)["secret"])


@token.command("list")
@click.option("--all", "shows_all", is_flag=True, help="Also those that are revoked or expired.")
@_login
@_config
def list_tokens(shows_all: bool, login: str, config: Path) -> None:
    """List the tokens, the newest first: id, name, scopes, when they expire, and when they were last used."""
    now_ms = time.time_ns() // 1_000_000
    for told in _ask(login, config, "GET", ADDRESS)["tokens"]:
        state = _state(told, now_ms)
        if shows_all or state == "":
            used = "never used" if told["last_used_ms"] is None else f"last used {_time(told['last_used_ms'])}"
            ends = "for ever" if told["expires_ms"] is None else f"until {_time(told['expires_ms'])}"
            whose = f" for {told['acts_for']}" if told["acts_for"] else ""
            groups = f" of {','.join(told['queue_groups'])}" if told["queue_groups"] else ""
            scopes = ",".join(told["scopes"])
            click.echo(f"{told['id']}  {told['name']}{whose}  {scopes}{groups}  {ends}, {used}{state}")


@token.command()
@click.argument("token_id", metavar="ID")
@_login
@_config
def revoke(token_id: str, login: str, config: Path) -> None:
    """Revoke the token with this ID (see `list`), at once and for good."""
    if not token_id.isalnum():
        raise click.ClickException(f"{token_id!r} is no id of a token; `callcenter token list` shows them")
    _ask(login, config, "DELETE", f"{ADDRESS}/{token_id}")
    click.echo(f"Token {token_id} is revoked.")


def _ask(login: str, config: Path, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        return DaemonClient(load_settings(config), config, login).ask(method, path, body)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    except RefusedError as error:
        raise click.ClickException("\n".join(error.lines)) from None


def _state(told: dict[str, Any], now_ms: int) -> str:
    if told["revoked_ms"] is not None:
        return ", revoked"
    return ", expired" if told["expires_ms"] is not None and told["expires_ms"] <= now_ms else ""


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")

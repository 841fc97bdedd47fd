"""The commands of `callcenter staff`: the staff as a table, out of the daemon and into it.

One idea: a table is tried before it counts, and what it would do is said row by row. Both go through the daemon, with
the rights of whoever signs in.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from callcenter.admin.versions import MAX_MESSAGE
from callcenter.daemon_client import DaemonClient, RefusedError
from callcenter.settings import SettingsError, load_settings

DEFAULT_CONFIG = Path("config/callcenter.yaml")
STANDARD = Path("-")

Option = Callable[[Callable[..., None]], Callable[..., None]]

_config: Option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The settings file.",
)
_login: Option = click.option(
    "--as",
    "login",
    required=True,
    help="Whom to sign in as; the password comes from CALLCENTER_PASSWORD, the prompt or standard input.",
)
_file: Option = click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))


def _line(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not value.isprintable() or len(value) > MAX_MESSAGE:
        raise click.BadParameter(f"It should be one line of at most {MAX_MESSAGE} printable characters")
    return value


@click.command("export")
@_file
@_login
@_config
def export_table(*, file: Path, login: str, config: Path) -> None:
    """Write the staff in force into FILE as CSV, or to standard output for `-`. Passwords are not in it."""
    raw = _asked(_daemon(config, login), "GET", "/api/v1/staff/agents.csv")
    if file == STANDARD:
        click.echo(raw, nl=False)
        return
    try:
        file.write_bytes(raw)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    people = raw.count(b"\r\n") - 1
    click.echo(f"{people} people are in {file}.", err=True)


@click.command("import")
@_file
@click.option("--dry-run", is_flag=True, help="Say what the table would change, and change nothing.")
@click.option("--prune", is_flag=True, help="Remove whom the table does not name.")
@click.option("-m", "--message", default="", callback=_line, help="What is new, for who reads the history.")
@_login
@_config
def import_table(*, file: Path, dry_run: bool, prune: bool, message: str, login: str, config: Path) -> None:
    """Take the staff from the CSV in FILE, all of it or nothing; `-` is standard input.

    Says row by row what is added, changed or removed. Whom the table does not name stays, unless there is --prune.
    """
    try:
        raw = sys.stdin.buffer.read() if file == STANDARD else file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from None
    daemon = _daemon(config, login)
    query = urlencode({"dry_run": "true", "prune": str(prune).lower()})
    told = json.loads(_asked(daemon, "POST", f"/api/v1/staff/import?{query}", raw))
    for row in told["rows"]:
        if row["what"] != "unchanged":
            click.echo(_row(row))
    if told["mistakes"]:
        lines = [_mistake(file, mistake) for mistake in told["mistakes"]]
        more = [f"  and {told['mistakes_left_off']} more"] if told["mistakes_left_off"] else []
        raise click.ClickException("\n".join(["Nothing is imported:", *lines, *more]))
    click.echo(", ".join(f"{count} {what}" for what, count in told["counts"].items()) + ".")
    if dry_run:
        click.echo("A dry run: nothing was changed.")
        return
    query = urlencode(
        {"dry_run": "false", "prune": str(prune).lower(), "message": message, "based_on": told["based_on"]}
    )
    done = json.loads(_asked(daemon, "POST", f"/api/v1/staff/import?{query}", raw))
    click.echo(f"Version {done['version']['number']} of the staff is in force.")


def _daemon(config: Path, login: str) -> DaemonClient:
    try:
        return DaemonClient(load_settings(config), config, login)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


def _asked(daemon: DaemonClient, method: str, path: str, raw: bytes | None = None) -> bytes:
    try:
        return daemon.ask_raw(method, path, raw)
    except RefusedError as error:
        raise click.ClickException("\n".join(error.lines)) from None


def _row(row: Mapping[str, Any]) -> str:
    place = f"row {row['row']}" if row["row"] else "no row"
    fields = "; ".join(f"{key}: {_shown(it['from'])} → {_shown(it['to'])}" for key, it in row["fields"].items())
    return f"{place}: {row['id']} {row['what']}" + (f": {fields}" if fields else "")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}:{level}" for name, level in value.items()) or "none"
    if isinstance(value, list):
        return " ".join(value) or "none"
    return "none" if value is None else str(value)


def _mistake(file: Path, mistake: Mapping[str, Any]) -> str:
    place = ":".join(str(part) for part in (file, mistake["row"] or "") if part)
    words = [place, mistake["column"], mistake["what"]]
    return "  " + ": ".join(word for word in words if word) + (f". {mistake['remedy']}" if mistake["remedy"] else "")

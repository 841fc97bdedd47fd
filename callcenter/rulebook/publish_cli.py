"""The commands of `callcenter rules` that publish rules, and that look at what was published.

One idea: a folder remembers from which version its rules were made, in a file `.published` beside them. So an admin who
publishes from a folder of an hour ago is told what others have published since, and overwrites nothing.

`publish` and `rollback` go through the daemon; `log` and `diff` read the database, and need no daemon.
"""

import asyncio
import contextlib
import http.client
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import make_url

from callcenter.admin import versions as rule_files
from callcenter.admin.versions import MAX_AUTHOR, MAX_MESSAGE, Files, RuleFilesError, RuleVersion
from callcenter.daemon_client import DaemonClient, RefusedError
from callcenter.rulebook.keeping import FILE_AUTHOR
from callcenter.settings import Settings, SettingsError, load_rules, load_settings
from callcenter.stores.database import DatabaseUnavailableError, default_url, open_database
from callcenter.stores.rule_versions import RuleVersions

DEFAULT_CONFIG = Path("config/callcenter.yaml")
FOLDER = "folder"

Option = Callable[[Callable[..., None]], Callable[..., None]]

_config: Option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The settings file.",
)


def _line(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    limit = MAX_MESSAGE if option.name == "message" else MAX_AUTHOR
    if value is not None and (not value.strip() or not value.isprintable() or len(value) > limit):
        raise click.BadParameter(f"It should be one line of 1 to {limit} printable characters")
    return value


_login: Option = click.option(
    "--as",
    "login",
    required=True,
    callback=_line,
    help="The supervisor to sign in as; the password comes from CALLCENTER_PASSWORD, the prompt or standard input.",
)
_message: Option = click.option(
    "-m", "--message", required=True, callback=_line, help="What is new, for who reads the log."
)
_reroute: Option = click.option(
    "--reroute-waiting", is_flag=True, help="Route contacts anew that wait already; without it they keep their route."
)


# ---- the commands


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@_message
@_login
@click.option("--author", callback=_line, help="Who wrote the rules, where that is not the supervisor.")
@_reroute
@click.option("--expect", type=click.IntRange(min=0), help="The version that these rules were made from.")
@_config
def publish(
    *,
    directory: Path | None,
    message: str,
    login: str,
    author: str | None,
    reroute_waiting: bool,
    expect: int | None,
    config: Path,
) -> None:
    """Put the rules in DIR, a folder or one file, in force at once; by default those that the settings name.

    They are checked first, and tried with their cases; with a mistake the old ones stay. Where others have published
    since these rules were made you are told, and nothing is overwritten.
    """
    with _mistakes_told():
        settings = load_settings(config)
        folder = directory or settings.routing
        mistakes = load_rules(config, folder).mistakes
        if mistakes:
            raise SettingsError(list(mistakes))
        daemon = _Daemon(settings, config, login)
        base = expect if expect is not None else _base(daemon, folder, folder.resolve() == settings.routing.resolve())
        files = rule_files.read(folder)
    body = {"message": message, "author": author, "based_on": base, "reroute_waiting": reroute_waiting}
    version = daemon.publish(files, body)
    click.echo(_in_force(version, base, reroute_waiting))
    try:
        _marker(folder).write_text(f"{version}\n")
    except OSError as error:
        click.echo(f"Note: {_marker(folder)} cannot be written ({error.strerror}); name --expect next time.", err=True)
    _tell_of_the_folder(settings, files)


@click.command()
@click.argument("number", type=click.IntRange(min=1))
@_message
@_login
@_reroute
@_config
def rollback(*, number: int, message: str, login: str, reroute_waiting: bool, config: Path) -> None:
    """Put the rules of version NUMBER in force again, as a new version. The files on disk are not touched."""
    with _mistakes_told():
        settings = load_settings(config)
        files = asyncio.run(_files_of(settings, number))
    daemon = _Daemon(settings, config, login)
    base = _newest(daemon.versions(1))
    body = {"message": message, "author": None, "based_on": base, "reroute_waiting": reroute_waiting}
    version = daemon.publish(files, body)
    click.echo(f"{_in_force(version, base, reroute_waiting)} It has the files of version {number}.")
    _tell_of_the_folder(settings, files)


@click.command()
@click.option("-n", "count", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@_config
def log(count: int, config: Path) -> None:
    """List the versions, the newest first: when (UTC), by whom, why, and which files changed (+ new, ~, - gone)."""
    with _mistakes_told():
        versions = asyncio.run(_latest(load_settings(config), count))
    if not versions:
        click.echo("No version has been kept yet: the daemon keeps the first one when it starts.", err=True)
    for version in versions:
        click.echo(f"{version.number:>4}  {_time(version.at_ms)}  {version.author}: {version.message}")
        click.echo(f"      {' '.join(version.changed) or 'no file changed'}")


@click.command()
@click.argument("a")
@click.argument("b")
@_config
def diff(a: str, b: str, config: Path) -> None:
    """Show what changed from A to B. Each is the number of a version, or `folder` for the files on disk."""
    with _mistakes_told():
        settings = load_settings(config)
        before, after = asyncio.run(_both(settings, a, b))
    lines = list(rule_files.diff(before, after, (_label(a), _label(b))))
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo("No difference.", err=True)


def _in_force(version: int, base: int, reroute: bool) -> str:
    words = f"Version {version} is in force" + ("." if version > base else " as before: no file has changed.")
    return f"{words} Contacts that wait were routed anew." if reroute else words


def _tell_of_the_folder(settings: Settings, published: Files) -> None:
    try:
        same = rule_files.digest(rule_files.read(settings.routing)) == rule_files.digest(published)
    except RuleFilesError:
        same = False
    if not same:
        click.echo(
            f"Note: {settings.routing} was not touched and holds other rules: the daemon takes those at its next "
            "reload, and at its next start if they are none that it has had before.",
            err=True,
        )


@contextlib.contextmanager
def _mistakes_told() -> Iterator[None]:
    try:
        yield
    except (SettingsError, RuleFilesError, DatabaseUnavailableError) as error:
        raise click.ClickException(str(error)) from None


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(" ", "seconds").removesuffix("+00:00")


# ---- what a folder was made from


def _marker(folder: Path) -> Path:
    return folder / ".published" if folder.is_dir() else folder.with_name(f".{folder.name}.published")


def _base(daemon: "_Daemon", folder: Path, is_the_daemons: bool) -> int:
    """The version that the folder remembers; the newest where it remembers none.

    What the daemon itself has read from this very folder since then is not news to it.
    """
    versions = daemon.versions(200)
    newest = _newest(versions)
    try:
        base = int(_marker(folder).read_text())
    except (OSError, ValueError):
        return newest
    newer = [version for version in versions if version["number"] > base]
    only_read = is_the_daemons and all(version["author"] == FILE_AUTHOR for version in newer)
    return newest if only_read else base


def _newest(versions: Sequence[dict[str, Any]]) -> int:
    return int(versions[0]["number"]) if versions else 0


# ---- the database


def _database_url(settings: Settings) -> str:
    """Where the versions are. To open a SQLite file that is not there would make it."""
    url = settings.database.url or default_url(settings.data_dir)
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite") and not Path(parsed.database or "").is_file():
        wrong = f"there is no database {parsed.database} yet"
        raise DatabaseUnavailableError(f"{wrong}: the daemon makes it at its start, and keeps the first version in it")
    return url


@contextlib.asynccontextmanager
async def _kept(settings: Settings) -> AsyncIterator[RuleVersions]:
    database = open_database(_database_url(settings))
    try:
        yield RuleVersions(database.engine)
    finally:
        await database.close()


async def _latest(settings: Settings, count: int) -> tuple[RuleVersion, ...]:
    async with _kept(settings) as versions:
        return await versions.latest(count)


async def _files_of(settings: Settings, number: int) -> Files:
    async with _kept(settings) as versions:
        files = await versions.files(number)
    if files is None:
        raise RuleFilesError(f"there is no version {number}; look at `callcenter rules log`")
    return files


async def _both(settings: Settings, a: str, b: str) -> tuple[Files, Files]:
    async def one(name: str) -> Files:
        if name == FOLDER:
            return rule_files.read(settings.routing)
        if not (name.isascii() and name.isdigit() and len(name) < 10):
            raise RuleFilesError(f"{name!r} is neither the number of a version nor `{FOLDER}`")
        return await _files_of(settings, int(name))

    return await one(a), await one(b)


def _label(name: str) -> str:
    return name if name == FOLDER else f"version {int(name)}"


# ---- the daemon


class _Daemon:
    """A supervisor's session, and what it asks for here."""

    def __init__(self, settings: Settings, config: Path, login: str) -> None:
        self._client = DaemonClient(settings, config, login)

    def versions(self, limit: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("GET", f"/api/v1/rules/versions?limit={limit}")["versions"]
        return found

    def publish(self, files: Files, body: dict[str, Any]) -> int:
        """The number of the version that is in force then."""
        return int(self._ask("POST", "/api/v1/rules", {"files": files, **body})["version"]["number"])

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            return self._client.ask(method, path, body)
        except RefusedError as error:
            raise click.ClickException("\n".join(_in_words(error))) from None


def _in_words(error: RefusedError) -> list[str]:
    told, lines = error.told, list(error.lines)
    try:
        if told is not None and error.status == http.client.UNPROCESSABLE_ENTITY and "mistakes" in told:
            lines = [
                "Not published, the rules in force stay:",
                *(f"  {line}" for line in told["mistakes"]),
                told["remedy"],
            ]
        elif told is not None and error.status == http.client.CONFLICT:
            newer = told["newer"]
            lines[1:1] = [f"  {it['number']:>4}  {_time(it['at_ms'])}  {it['author']}: {it['message']}" for it in newer]
            lines[0] = f"Not published. {lines[0]}"
    except (KeyError, TypeError):
        lines = [str(error)]
    return lines

"""The command `callcenter audit`: recounts the log, and says whether all that is told of it agrees.

It exits with 0 where all that was compared agrees, with 1 where something differs, and with 2 where it cannot be done.
"""

import asyncio
import contextlib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from callcenter.desktop.tls import trusting_only
from callcenter.reconcile.audit import Asked, Look, audit
from callcenter.reconcile.calls import RecordsError, read_cdr, read_cel
from callcenter.reconcile.findings import Findings
from callcenter.reconcile.metrics import Exposition, ExpositionError, read
from callcenter.reconcile.rows import Range
from callcenter.reconcile.told import lines_of, value_of
from callcenter.reports.intervals import RangeError, moment
from callcenter.settings import Settings, SettingsError, load_rules, load_settings
from callcenter.stores.database import DATABASE_ERRORS, DatabaseUnavailableError, in_short, open_existing

DIFFERS, CANNOT = 1, 2
HTTP_TIMEOUT_S = 10.0
_ENDS = 2  # of a range

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class CannotAudit(click.ClickException):
    exit_code = CANNOT


@click.command("audit")
@click.option("--from", "from_", help="Contacts that arrived then or later, such as 2026-11-01. Default: all.")
@click.option("--to", help="The first moment that is not in it. Default: all.")
@click.option("--zone", help="The time zone of --from and --to. Default: that of the rules.")
@click.option(
    "--metrics",
    multiple=True,
    help="The daemon's /metrics, an address or a file. Twice: as it was at --from, and at --to.",
)
@click.option("--cdr", type=_file, help="The PBX's call detail records, Asterisk's cdr-csv/Master.csv.")
@click.option("--cel", type=_file, help="The PBX's channel events, Asterisk's cel-custom/callcenter.csv.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/callcenter.yaml"),
    show_default=True,
    help="The settings file.",
)
def audit_log(  # noqa: PLR0917 - each is an option
    from_: str | None,
    to: str | None,
    zone: str | None,
    metrics: tuple[str, ...],
    cdr: Path | None,
    cel: Path | None,
    form: str,
    config: Path,
) -> None:
    """Recount the contact log from its segments and decisions, and compare it with itself, the reports, the metrics and
    the PBX's records of calls. Names each contact that differs.

    Who changed what is another log: see `audit log` on the admins' pages. The daemon may be running or not. Exits with
    1 where something differs, with 2 where it cannot be done.
    """
    if len(metrics) > _ENDS:
        raise click.UsageError("Give --metrics once, or twice: for both ends of the range.")
    ends = sum(end is not None for end in (from_, to))
    if metrics and ends != (_ENDS if len(metrics) == _ENDS else 0):
        words = "one --metrics has the totals of the whole log; a range needs two, one for each end"
        raise click.UsageError(f"Give --metrics twice with --from and --to, or once without them: {words}.")
    try:
        settings = load_settings(config)
        between = _range(config, from_, to, zone)
        findings = asyncio.run(_audit(settings, between, metrics, cdr, cel))
    except DATABASE_ERRORS as error:
        raise CannotAudit(f"the database cannot be used: {in_short(error)}") from None
    except (SettingsError, RangeError, DatabaseUnavailableError, ExpositionError, RecordsError) as error:
        raise CannotAudit(str(error)) from None
    if form == "json":
        click.echo(msgspec.json.encode(value_of(findings, between)))
    else:
        for line in lines_of(findings, between):
            click.echo(line)
    if findings.differences:
        raise SystemExit(DIFFERS)


def _range(config: Path, from_: str | None, to: str | None, zone: str | None) -> Range:
    if from_ is None and to is None:
        return (None, None)
    if zone is None:
        rules = load_rules(config).made
        if rules is None:
            raise RangeError("The rules have mistakes, so their time zone is not known. Name one with --zone")
        zone = rules.routing.timezone
    begun, ended = (None if text is None else moment(text, zone) for text in (from_, to))
    if begun is not None and ended is not None and ended <= begun:
        raise RangeError(f"{to} is not after {from_}. Give --to a later moment")
    return (begun, ended)


async def _audit(
    settings: Settings, between: Range, metrics: Sequence[str], cdr: Path | None, cel: Path | None
) -> Findings:
    with contextlib.ExitStack() as stack:
        records = [
            stack.enter_context(reading(source)) for reading, source in ((read_cdr, cdr), (read_cel, cel)) if source
        ]
        database = open_existing(settings.database.url, settings.data_dir)
        try:
            asked = Asked(
                now_ms=time.time_ns() // 1_000_000,
                from_ms=between[0],
                to_ms=between[1],
                looks=[_look(where, settings) for where in metrics],
                records=records,
                pbx=settings.pbx.name,
            )
            return await audit(database.engine, asked)
        finally:
            await database.close()


# ---- metrics


def _look(where: str, settings: Settings) -> Look:
    async def look() -> Exposition:
        return read(await asyncio.to_thread(_text, where, settings))

    return look


def _text(where: str, settings: Settings) -> str:
    """What is there. Raises ExpositionError."""
    try:
        if not where.startswith(("http://", "https://")):
            return Path(where).read_text(encoding="utf-8", errors="replace")
        tls = settings.http.tls
        context = trusting_only(tls.certificate_file) if tls is not None and where.startswith("https://") else None
        request = urllib.request.Request(where, headers={"Accept": "text/plain"})  # noqa: S310 - http or https
        with urllib.request.urlopen(request, timeout=HTTP_TIMEOUT_S, context=context) as answer:  # noqa: S310
            return bytes(answer.read()).decode(errors="replace")
    except urllib.error.URLError as error:
        raise ExpositionError(f"{where} does not answer: {error.reason}. Is the daemon running?") from None
    except (OSError, ValueError, ssl.SSLError) as error:
        raise ExpositionError(f"{where} cannot be read: {error}") from None

"""The command `callcenter report`: figures of queues, agents, dispositions and customers, from the log."""

import asyncio
import sys
import time
from pathlib import Path

import click

from callcenter.queues.service_level import USUAL, Formula
from callcenter.reports.asked import MAX_DAYS, MIN_DAYS, NO_GROUP, USUAL_DAYS, Asked, AskedError, Words, read
from callcenter.reports.columns import Kind
from callcenter.reports.exports import ParquetMissingError, csv_text, json_text, parquet_bytes
from callcenter.reports.intervals import By
from callcenter.reports.page import page_of
from callcenter.reports.report import Report
from callcenter.reports.service import report_of
from callcenter.reports.table import lines_of
from callcenter.settings import Settings, SettingsError, load_rules, load_settings
from callcenter.stores.database import DATABASE_ERRORS, DatabaseUnavailableError, in_short, open_existing

_FORMS = ("table", "csv", "json", "parquet", "html")
_BINARY = ("parquet",)


@click.command()
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.option("--from", "from_", help="Such as 2026-11-01 or 2026-11-01T08:30. Default: this day.")
@click.option("--to", help="The first moment that is not in it. Default: the end of the day that --from lies in.")
@click.option("--by", type=click.Choice([by.value for by in By]), help="The intervals. Default: the range as a whole.")
@click.option("--group", help=f"Any of queue,tier,entry,agent,disposition that the report has, or {NO_GROUP}.")
@click.option("--zone", help="The time zone of days and hours. Default: that of the rules.")
@click.option(
    "--formula",
    type=click.Choice([formula.value for formula in Formula]),
    default=USUAL.value,
    show_default=True,
    help="How the service level is reckoned.",
)
@click.option(
    "--within-days",
    type=click.IntRange(MIN_DAYS, MAX_DAYS),
    default=USUAL_DAYS,
    show_default=True,
    help="Who calls again within so many days calls for the same thing.",
)
@click.option("--format", "form", type=click.Choice(_FORMS), default="table", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/callcenter.yaml"),
    show_default=True,
    help="The settings file; it names the others.",
)
def report(*, form: str, out: Path | None, config: Path, **words: str | int | None) -> None:
    """Figures of queues, agents, dispositions or customers, by intervals and groups.

    The daemon may be running or not. docs/reports.md has the formula of each figure.
    """
    if form in _BINARY and out is None and sys.stdout.isatty():
        raise click.UsageError(f"The format {form} is nothing for a terminal. Name a file with --out.")
    try:
        settings = load_settings(config)
        question = Words(**words)  # type: ignore[arg-type]
        asked = read(question, zone=question.zone or _zone_of_rules(config), now_ms=_now_ms())
        made = asyncio.run(_read(settings, asked))
        data = _written(made, form)
    except DATABASE_ERRORS as error:
        raise click.ClickException(f"the database cannot be used: {in_short(error)}") from None
    except (SettingsError, AskedError, ParquetMissingError, DatabaseUnavailableError) as error:
        raise click.ClickException(str(error)) from None
    if out is None:
        click.echo(data, nl=False)
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror or error}") from None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _zone_of_rules(config: Path) -> str:
    rules = load_rules(config).made
    if rules is None:
        raise AskedError("The rules have mistakes, so their time zone is not known. Name one with --zone")
    return rules.routing.timezone


async def _read(settings: Settings, asked: Asked) -> Report:
    database = open_existing(settings.database.url, settings.data_dir)
    try:
        return await report_of(database.engine, asked)
    finally:
        await database.close()


def _written(made: Report, form: str) -> bytes:
    match form:
        case "csv":
            return csv_text(made).encode()
        case "json":
            return json_text(made).encode()
        case "parquet":
            return parquet_bytes(made)
        case "html":
            return page_of(made).encode()
        case _:
            return "".join(f"{line}\n" for line in lines_of(made)).encode()

"""`callcenter rules simulate`: what a candidate set of rules would do to a day's callers, before it is published."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from callcenter import settings
from callcenter.admin.load import Made
from callcenter.admin.yaml_source import Mistake
from callcenter.settings import SettingsError
from callcenter.simulation import compare_traffic
from callcenter.simulation.compare import calls_a_day, compare, days_by_default
from callcenter.simulation.compare_page import page_of
from callcenter.simulation.compare_table import as_json, lines_of
from callcenter.simulation.compare_traffic import TrafficError

MAX_DAYS = 100
_TICKS_AT_ONCE = 200  # a bar that is drawn anew for each caller would take longer than the callers


@click.command()
@click.option(
    "--candidate",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="The rules to try: a folder or a file.",
)
@click.option(
    "--traffic",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("rules/traffic.yaml"),
    show_default=True,
    help="What a day is like: who calls, how long, and who is at work.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/callcenter.yaml"),
    show_default=True,
    help="The settings file; it names the agents and the current rules.",
)
@click.option("--days", type=click.IntRange(1, MAX_DAYS), help="How many such days.  [default: 15,000 calls' worth]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with plots there.")
def simulate(*, candidate: Path, traffic: Path, config: Path, days: int | None, form: str, page: Path | None) -> None:
    """Compare candidate rules with the current ones, before they are published.

    Generated callers go through both in virtual time, the very same callers, and the table tells what became of them:
    service level, speed of answer, abandonment and occupancy by queue and tier, with the interval of each difference.
    """
    today = datetime.now(UTC).date()
    try:
        made, proposed = _rules(config, None), _rules(config, candidate).configuration
        current = made.configuration
        file = compare_traffic.load(traffic, current, proposed, today, made.default_region)
    except (SettingsError, TrafficError) as error:
        raise click.ClickException(str(error)) from None
    days = days or days_by_default(file)
    length = round(2 * days * calls_a_day(file))
    with click.progressbar(length=length, label="Calls", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        ticks = 0

        def tick() -> None:
            nonlocal ticks
            ticks += 1
            if ticks % _TICKS_AT_ONCE == 0:
                bar.update(_TICKS_AT_ONCE)

        day = compare_traffic.date_of(file, today)
        comparison = compare(current, proposed, file, day, days, tick=tick)
        bar.update(length)
    if page is not None:
        try:
            page.write_text(page_of(comparison, str(config), str(candidate)), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"the page cannot be written to {page}: {error.strerror}") from None
    if form == "json":
        click.echo(msgspec.json.encode(as_json(comparison)))
    else:
        for line in lines_of(comparison):
            click.echo(line)


def _rules(config: Path, routing: Path | None) -> Made:
    """What the rules there come to, with the agents of the settings."""
    read = settings.load_rules(config, routing)
    if read.made is None:
        raise SettingsError(list[Mistake](read.mistakes))
    return read.made

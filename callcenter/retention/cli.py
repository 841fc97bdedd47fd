"""The command `callcenter retention`: what the daemon does each day, at once."""

import asyncio
import getpass
import secrets
import time
from pathlib import Path
from typing import Any

import click
from sqlalchemy import insert

from callcenter.retention.bounds import bounds_of
from callcenter.retention.report import in_short as report_in_short
from callcenter.retention.report import lines_of
from callcenter.retention.run import Done, run
from callcenter.settings import Settings, SettingsError, load_settings
from callcenter.stores.database import DATABASE_ERRORS, DatabaseUnavailableError, in_short, open_existing
from callcenter.stores.tables import AuditRow

_DEFAULT_CONFIG = Path("config/callcenter.yaml")


@click.command()
@click.option("--dry-run", is_flag=True, help="Change nothing, and tell what would be done.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_DEFAULT_CONFIG,
    show_default=True,
    help="The settings file.",
)
def retention(dry_run: bool, config: Path) -> None:
    """Remove what is older than the settings `retention` say, as the daemon does each day.

    The daemon may be running. Where the command was cut off, done again it goes on.
    """
    try:
        settings = load_settings(config)
        if not settings.retention.anything:
            click.echo("Everything is kept for ever: the settings `retention` name no days.")
            return
        done = asyncio.run(_run(settings, dry_run))
    except (SettingsError, DatabaseUnavailableError) as error:
        raise click.ClickException(str(error)) from None
    except DATABASE_ERRORS as error:
        raise click.ClickException(f"not all could be done: {in_short(error)}") from None
    for line in lines_of(done, settings.retention):
        click.echo(line)


async def _run(settings: Settings, dry_run: bool) -> Done:
    database = open_existing(settings.database.url, settings.data_dir)
    now_ms = time.time_ns() // 1_000_000
    try:
        bounds = bounds_of(settings.retention, now_ms)
        done = await run(database.engine, settings.data_dir, bounds, now_ms=now_ms, dry_run=dry_run)
        if done.anything and not dry_run:
            async with database.engine.begin() as connection:
                await connection.execute(insert(AuditRow), _note(done, now_ms))
        return done
    finally:
        await database.close()


def _note(done: Done, now_ms: int) -> dict[str, Any]:
    """For the audit log: who has asked for it, and what has gone."""
    return {
        "id": secrets.token_hex(16),
        "at_ms": now_ms,
        "made_by": getpass.getuser(),
        "via": "command line",
        "address": "",
        "action": "retention",
        "subject": "",
        "before": None,
        "after": None,
        "outcome": report_in_short(done)[:500],
    }

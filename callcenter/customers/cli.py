"""The command `callcenter customers`: try how customers are found, and erase one."""

import asyncio
import contextlib
import getpass
import secrets
import time
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.crm.own import OwnTables
from callcenter.crm.records import Record, RecordError, Source, SourceError, record_of
from callcenter.crm.sources import open_source
from callcenter.customers import trial
from callcenter.customers.erasure import count_named
from callcenter.customers.erasure import erase as erase_rows
from callcenter.customers.report import Report, lines_of
from callcenter.customers.subject import SeveralError, Subject, subject_of
from callcenter.customers.traces import JournalTraces, in_files, in_journal
from callcenter.numbers import to_e164
from callcenter.settings import Loaded, SettingsError, load
from callcenter.stores.database import (
    DATABASE_ERRORS,
    DatabaseUnavailableError,
    in_short,
    open_existing,
)
from callcenter.stores.journal import JournalCorruptError, JournalUnavailableError
from callcenter.stores.record_stream import RecordsUnavailableError
from callcenter.stores.redis_server import RedisServerError
from callcenter.stores.tables import AuditRow

T = TypeVar("T")

_JOURNAL_ERRORS = (JournalUnavailableError, JournalCorruptError, RecordsUnavailableError, RedisServerError)
_DEFAULT_CONFIG = Path("config/callcenter.yaml")

_config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_DEFAULT_CONFIG,
    show_default=True,
    help="The settings file; it names the others.",
)


# ---- finding


@click.command()
@click.argument("number", required=False)
@click.option("--account", help="Ask by this account number instead.")
@_config
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def find(number: str | None, account: str | None, config: Path, form: str) -> None:
    """Ask the customer base of the settings who NUMBER is, as the daemon would, and show which column gave what.

    The daemon may be running or not, with these settings or others. Exits with 1 where nobody is found.
    """
    if (number is None) == (account is None):
        raise click.UsageError("Give a NUMBER, or --account.")
    loaded = _loaded(config)
    told = _run(_find(loaded, number, account))
    if form == "json":
        click.echo(msgspec.json.encode(told))
    else:
        for line in trial.lines_of(told):
            click.echo(line)
    if not told.customers:
        raise SystemExit(1)


async def _find(loaded: Loaded, number: str | None, account: str | None) -> trial.Trial:
    async with _source(loaded) as source:
        return await trial.ask(source, loaded.settings.crm, loaded.configuration, number, account)


@contextlib.asynccontextmanager
async def _source(loaded: Loaded) -> AsyncIterator[Source]:
    source = open_source(loaded.settings.crm)
    if source is not None:
        try:
            yield source
        finally:
            await source.close()
        return
    async with _database(loaded) as engine:
        own = OwnTables(engine)
        own.declare([attribute.name for attribute in loaded.configuration.attributes])
        yield own


@contextlib.asynccontextmanager
async def _database(loaded: Loaded) -> AsyncIterator[AsyncEngine]:
    database = open_existing(loaded.settings.database.url, loaded.settings.data_dir)
    try:
        yield database.engine
    finally:
        await database.close()


# ---- erasing


@click.command()
@click.argument("account_or_number")
@click.option("--dry-run", is_flag=True, help="Change nothing, and tell what would be done.")
@_config
def erase(account_or_number: str, dry_run: bool, config: Path) -> None:
    """Erase a customer: the record, and what the contact log and the files say of them. The statistics stay.

    What an existing CRM holds is not erased. The daemon may be running. Done again, it finds nothing more to do.
    """
    loaded = _loaded(config)
    for line in _run(_erase(loaded, account_or_number, dry_run)):
        click.echo(line)


async def _erase(loaded: Loaded, wanted: str, dry_run: bool) -> list[str]:
    crm = loaded.settings.crm
    asked, problem = await _ask_the_crm(loaded, wanted)
    async with _database(loaded) as engine:
        async with engine.connect() as connection:
            await connection.begin()
            subject = await subject_of(connection, wanted, crm.default_region, crm.name, asked)
            done = await erase_rows(connection, subject)
            audited = await count_named(connection, AuditRow.after, subject)
            if dry_run or not done.anything:
                await connection.rollback()
            else:
                await connection.execute(insert(AuditRow), _note(subject))
                await connection.commit()
        files = in_files(loaded.settings.data_dir, subject, dry_run=dry_run)
        journal: JournalTraces | str
        try:
            journal = await in_journal(loaded.settings, subject, engine)
        except _JOURNAL_ERRORS as error:
            journal = str(error)
    report = Report(subject, done, files, journal, audited, problem, dry_run)
    return list(lines_of(report, crm, loaded.settings.redis.snapshot_every))


async def _ask_the_crm(loaded: Loaded, wanted: str) -> tuple[list[Record], str | None]:
    """What an existing CRM says of an account or a number, for the keys and numbers by which we hold them."""
    crm = loaded.settings.crm
    if crm.source == "own":
        return [], None
    number = to_e164(wanted, crm.default_region)
    try:
        async with asyncio.timeout(crm.lookup_limit_s), _source(loaded) as source:
            raws = list(await source.by_account(wanted.strip()))
            if not raws and number is not None:
                raws = list(await source.by_number(number))
    except (SourceError, TimeoutError) as error:
        return [], str(error) or f"no answer within crm.lookup_limit_s ({crm.lookup_limit_s:g} s)"
    records: list[Record] = []
    for raw in raws:
        with contextlib.suppress(RecordError):
            records.append(record_of(raw, crm.tiers, crm.default_region))
    return records, None


def _note(subject: Subject) -> dict[str, Any]:
    """For the audit log: that somebody was erased, and not who."""
    return {
        "id": secrets.token_hex(16),
        "at_ms": time.time_ns() // 1_000_000,
        "made_by": getpass.getuser(),
        "via": "command line",
        "address": "",
        "action": "customers erase",
        "subject": f"customer {min(subject.ids, default='of no record')}",
        "before": None,
        "after": None,
        "outcome": "done",
    }


# ---- running


def _loaded(config: Path) -> Loaded:
    try:
        return load(config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except DATABASE_ERRORS as error:
        raise click.ClickException(f"the database cannot be used: {in_short(error)}") from None
    except (DatabaseUnavailableError, SourceError, SeveralError, trial.NoNumberError) as error:
        raise click.ClickException(str(error)) from None

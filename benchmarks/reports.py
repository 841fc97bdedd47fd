"""`make bench-reports`: how long a month by half-hours takes where the log has ten million contacts.

A year of a large center is made in PostgreSQL and in SQLite (see `report_log`), the project's own refresh works out the
figures of the weeks around the month that is reported, and then the real code of the reports is timed: warm, the median
of several; and cold, with the database's cache and the system's emptied of its files. A report is timed from the
question to the finished rows. Beside it: a day's figures worked out anew, and the writer of the log with and without
noting what has become stale.

PostgreSQL is a cluster of the benchmark's own on loopback, with its defaults and without fsync. All is removed at the
end.
"""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import statistics
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from unittest import mock

import click
import psycopg
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.report_log import DAY_MS, Connection, Year, build, make_stale
from benchmarks.report_writing import batches
from callcenter.reports.asked import Asked, Words, read
from callcenter.reports.service import report_of
from callcenter.stores import fact_rows
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import Database, open_database
from callcenter.stores.figures import refresh
from callcenter.stores.migrations import migrate
from lab.postgres import PostgresCluster, find_binaries

POSTGRESQL, SQLITE = "postgresql", "sqlite"
AIM_S = {POSTGRESQL: 2.0, SQLITE: 5.0}
UNTIL_MS = round(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1_000)
MONTH = ("2026-09-01", "2026-10-01")  # with contacts before and after it
ZONE = "Europe/Berlin"
FIGURES_FROM_MS = round(datetime(2026, 8, 25, tzinfo=UTC).timestamp() * 1_000)
FIGURES_TO_MS = round(datetime(2026, 10, 5, tzinfo=UTC).timestamp() * 1_000)
QUESTIONS = {
    "month": Words("queues", *MONTH, by="30m", group="none"),
    "month_by_queue": Words("queues", *MONTH, by="30m", group="queue"),
    "month_by_agent": Words("agents", *MONTH, by="day", group="agent"),
    "customers_of_month": Words("customers", *MONTH, by="day", group="queue"),
}
DAY = "2026-09-15"
FOLDER = Path(".local/bench-reports")
BATCHES, BATCH = 20, 200


@dataclass(slots=True)
class Seen:
    """Seconds by question, and what else was measured; `None` where it was not."""

    warm_s: dict[str, float] = field(default_factory=dict)
    cold_s: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    build_s: float = 0.0
    refresh_s: float = 0.0  # of all quarters that get figures
    refresh_day_s: float = 0.0
    records_per_s: dict[str, float] = field(default_factory=dict)
    bytes: int = 0


def connect_to(url: str) -> Connection:
    """Without a limit of time, and in a hurry: what breaks is made anew."""
    if url.startswith("sqlite"):
        lite = sqlite3.connect(str(make_url(url).database))
        lite.execute("PRAGMA synchronous=OFF")
        lite.execute("PRAGMA cache_size=-500000")
        return cast(Connection, lite)
    connection = psycopg.connect(url)
    connection.execute("SET maintenance_work_mem = '512MB'")
    return cast(Connection, connection)


class House(ABC):
    """A database for the benchmark, and how to empty its caches."""

    name: str
    dialect: Dialect

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    @abstractmethod
    def url(self) -> str: ...

    def connect(self) -> Connection:
        return connect_to(self.url)

    def forget(self) -> None:
        """Empty the caches of its files. Nobody is connected."""
        os.sync()
        for path in self.files():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def files(self) -> Sequence[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def close(self) -> None:  # noqa: B027 - what is a file needs no closing
        """End what serves it."""


class SqliteHouse(House):
    name = SQLITE
    dialect = sqlite.dialect()

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/log.sqlite3"


class PostgresHouse(House):
    name = POSTGRESQL
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

    def __init__(self, folder: Path) -> None:
        binaries = find_binaries()
        if binaries is None:
            raise click.ClickException("no PostgreSQL server was found (Debian: apt-get install postgresql)")
        self._cluster = PostgresCluster(binaries)
        super().__init__(self._cluster.directory)
        self._cluster.start()

    @property
    def url(self) -> str:
        return self._cluster.url()

    def forget(self) -> None:
        self._cluster.stop()
        super().forget()
        self._cluster.start()

    def close(self) -> None:
        self._cluster.remove()


async def measure(house: House, year: Year, rounds: int) -> Seen:
    seen = Seen()
    async with _opened(house) as database:
        await migrate(database.engine)
    began_s = time.monotonic()
    with contextlib.closing(house.connect()) as connection:
        build(connection, house.dialect, year, lambda words: click.echo(f"{house.name}: {words}", err=True))
        seen.build_s = time.monotonic() - began_s
        make_stale(connection, max(FIGURES_FROM_MS, year.from_ms), FIGURES_TO_MS)
    async with _opened(house) as database:
        began_s = time.monotonic()
        await refresh(database.engine, 0, UNTIL_MS)
        seen.refresh_s = time.monotonic() - began_s
        click.echo(f"{house.name}: figures after {seen.refresh_s:.0f} s", err=True)
    seen.bytes = sum(path.stat().st_size for path in house.files())
    await _time_reports(house, rounds, seen)
    seen.refresh_day_s = await _time_a_day(house)
    async with _opened(house) as database:
        seen.records_per_s = await _time_the_writer(database.engine)
    return seen


async def _time_reports(house: House, rounds: int, seen: Seen) -> None:
    for name, words in QUESTIONS.items():
        asked = read(words, zone=ZONE, now_ms=UNTIL_MS)
        house.forget()
        async with _opened(house) as database:
            seen.cold_s[name], _ = await _time_report(database.engine, asked)
            times = [await _time_report(database.engine, asked) for _ in range(rounds)]
        seen.warm_s[name] = statistics.median(seconds for seconds, _ in times)
        seen.rows[name] = times[0][1]


async def _time_report(engine: AsyncEngine, asked: Asked) -> tuple[float, int]:
    began_s = time.monotonic()
    report = await report_of(engine, asked)
    return time.monotonic() - began_s, len(report.rows)


async def _time_a_day(house: House) -> float:
    from_ms = round(datetime.fromisoformat(DAY).replace(tzinfo=UTC).timestamp() * 1_000)
    with contextlib.closing(house.connect()) as connection:
        make_stale(connection, from_ms, from_ms + DAY_MS)
    async with _opened(house) as database:
        began_s = time.monotonic()
        done = await refresh(database.engine, from_ms, from_ms + DAY_MS)
        assert done == 96, f"{done} quarters were refreshed"
        return time.monotonic() - began_s


async def _time_the_writer(engine: AsyncEngine) -> dict[str, float]:
    """Records a second, in turns with and without noting stale quarters."""
    spent_s = {"with_figures": 0.0, "without_figures": 0.0}

    async def nothing(*_: object) -> None:
        pass

    work = batches(UNTIL_MS, 2 * BATCHES, BATCH)
    for number, records in enumerate(work):
        way = "with_figures" if number % 2 else "without_figures"
        kept = mock.patch.object(fact_rows, "_note_stale", nothing) if way == "without_figures" else None
        with kept or contextlib.nullcontext():
            began_s = time.monotonic()
            async with engine.begin() as connection:
                await write_batch(connection, records, lambda caller: caller)
            spent_s[way] += time.monotonic() - began_s
    return {way: round(BATCHES * BATCH / seconds) for way, seconds in spent_s.items()}


@contextlib.asynccontextmanager
async def _opened(house: House) -> Any:
    database: Database = open_database(house.url)
    try:
        yield database
    finally:
        await database.close()


# ---- telling


def figures_of(seen: dict[str, Seen], year: Year) -> dict[str, Any]:
    """All in one object; the month's time is the longer one of those with and without queues."""
    found: dict[str, Any] = {
        f"{name}_s": round(max(one.warm_s["month"], one.warm_s["month_by_queue"]), 3) for name, one in seen.items()
    }
    found |= {"contacts": year.contacts, "days": year.days, "aims_s": {name: AIM_S[name] for name in seen}}
    found["met"] = all(found[f"{name}_s"] < AIM_S[name] for name in seen)
    for name, one in seen.items():
        found[name] = {
            "warm_s": {question: round(seconds, 3) for question, seconds in one.warm_s.items()},
            "cold_s": {question: round(seconds, 3) for question, seconds in one.cold_s.items()},
            "rows": one.rows,
            "build_s": round(one.build_s),
            "refresh_s": round(one.refresh_s),
            "refresh_day_s": round(one.refresh_day_s, 2),
            "records_per_s": one.records_per_s,
            "gigabytes": round(one.bytes / 1e9, 2),
        }
    return found


def table_of(seen: dict[str, Seen]) -> Iterator[str]:
    yield f"{'':<22}{'':<12}{'warm, s':>10}{'cold, s':>10}{'rows':>10}"
    for name, one in seen.items():
        for question in QUESTIONS:
            times = f"{one.warm_s[question]:>10.3f}{one.cold_s[question]:>10.3f}{one.rows[question]:>10,}"
            yield f"{question:<22}{name:<12}{times}"
        yield f"{'a day anew':<22}{name:<12}{one.refresh_day_s:>10.2f}"


@click.command()
@click.option("--contacts", type=click.IntRange(1_000, 100_000_000), default=10_000_000, show_default=True)
@click.option("--days", type=click.IntRange(70, 3_650), default=365, show_default=True)
@click.option("--only", type=click.Choice([POSTGRESQL, SQLITE]), help="Of the two databases this one.")
@click.option("--rounds", type=click.IntRange(1, 100), default=7, show_default=True, help="Warm reports of each kind.")
def main(contacts: int, days: int, only: str | None, rounds: int) -> None:
    """A month by half-hours, from a log of ten million contacts: minutes, and some 30 GB of disk for a while."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # it removes what it has made all the same
    year = Year(contacts, days, UNTIL_MS)
    seen: dict[str, Seen] = {}
    for kind in (PostgresHouse, SqliteHouse):
        if only in (None, kind.name):
            seen[kind.name] = _measure_in(kind, year, rounds)
    for line in table_of(seen):
        click.echo(line)
    click.echo(json.dumps(figures_of(seen, year)))


def _measure_in(kind: type[House], year: Year, rounds: int) -> Seen:
    FOLDER.mkdir(parents=True, exist_ok=True)
    _empty(FOLDER)
    house = kind(FOLDER.absolute())
    try:
        return asyncio.run(measure(house, year, rounds))
    finally:
        house.close()
        _empty(FOLDER)


def _empty(folder: Path) -> None:
    for path in folder.glob("log.sqlite3*"):
        path.unlink()


if __name__ == "__main__":
    main()
